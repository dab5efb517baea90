! Generated from network/fkb_network_freeze.fypp: edit that file and run tools/generate.py
!> A network frozen for inference, and thawed.
submodule(fkb_network_sp) fkb_network_freeze_sp
   use, intrinsic :: iso_c_binding, only: c_intptr_t, c_loc
   use fkb_error, only: fkb_err_argument, raise
   use fkb_packing, only: vector_reals
   use fkb_program_sp, only: always_training
   implicit none (type, external)

   !> Prime that takes keys of frozen networks away from all others, and what folding adds.
   integer(i8), parameter :: away = 36028797018963911_i8, when_folded = 7_i8

contains

   module procedure freeze
      integer, allocatable :: scaled_by(:)
      logical :: folds
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      call self%thaw()
      folds = .true.
      if (present(fold)) folds = fold
      allocate (scaled_by(size(self%graph%nodes)), source=0)
      if (folds) call find_scales(self%graph, scaled_by)
      allocate (self%frozen%folded(size(scaled_by)), source=.false.)
      self%frozen%folded(pack(scaled_by, scaled_by > 0)) = .true.
      call make_room(self%graph, scaled_by, self%frozen, error)
      if (allocated(error)) then
         self%frozen = frozen_t()
         return
      end if
      call pack_nodes(self%graph, self%params, scaled_by, self%frozen)
      call move_alloc(self%params, self%frozen%weights)
      self%frozen%on = .true.
      self%frozen%key = self%graph%key
      self%graph%key = ieor(self%graph%key, away)
      if (any(self%frozen%folded)) self%graph%key = self%graph%key + when_folded
   end procedure freeze

   module procedure thaw
      type(frozen_t) :: none
      if (self%frozen%on) then
         if (allocated(self%params)) deallocate (self%params)
         call move_alloc(self%frozen%weights, self%params)
         self%graph%key = self%frozen%key
      end if
      self%frozen = none
   end procedure thaw

   !> Per node that can be packed with the scale of the one node that reads it: that node.
   subroutine find_scales(graph, scaled_by)
      type(program_t), intent(in) :: graph
      integer, intent(inout) :: scaled_by(:)
      integer :: before, i
      do i = 1, size(graph%nodes)
         associate (node => graph%nodes(i))
            if (.not. node%plan%scales_channels .or. size(node%inputs) /= 1) cycle
            if (node%call_mode == always_training) cycle
            before = graph%values(node%inputs(1))%producer
            if (before == 0 .or. graph%values(node%inputs(1))%consumers /= 1) cycle
            associate (packs => graph%nodes(before))
               if (packs%plan%packed_reals == 0 .or. .not. packs%plan%packs_scale) cycle
               if (size(packs%outputs) /= 1 .or. packs%fold /= node%fold) cycle
               if (packs%call_mode == always_training) cycle
               if (scaled_by(before) == 0) scaled_by(before) = i
            end associate
         end associate
      end do
   end subroutine find_scales

   !> The place of each node's part. Calls of a layer that pack the same share it.
   subroutine make_room(graph, scaled_by, frozen, error)
      type(program_t), intent(in) :: graph
      integer, intent(in) :: scaled_by(:)
      type(frozen_t), intent(inout), target :: frozen
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: at
      integer :: i, like, skip, stat
      allocate (frozen%first(size(scaled_by)), frozen%last(size(scaled_by)))
      at = 0
      do i = 1, size(scaled_by)
         frozen%first(i) = 0
         frozen%last(i) = -1
         if (graph%nodes(i)%plan%packed_reals == 0) cycle
         if (graph%nodes(i)%call_mode == always_training) cycle
         like = twin(graph, scaled_by, i)
         if (like > 0) then
            frozen%first(i) = frozen%first(like)
            frozen%last(i) = frozen%last(like)
         else
            frozen%first(i) = at + 1
            frozen%last(i) = at + graph%nodes(i)%plan%packed_reals
            at = (frozen%last(i) + vector_reals - 1)/vector_reals*vector_reals
         end if
      end do
      allocate (frozen%packed(at + vector_reals), stat=stat)
      if (stat /= 0) then
         call raise(error, fkb_err_argument, 'not enough memory for packed weights')
         return
      end if
      skip = to_vector(frozen%packed)
      where (frozen%first > 0) frozen%first = frozen%first + skip
      where (frozen%first > 0) frozen%last = frozen%last + skip
   end subroutine make_room

   !> Reals before the first one that begins a vector in memory.
   integer function to_vector(memory) result(skip)
      real(wp), intent(in), target :: memory(:)
      integer(c_intptr_t) :: bytes, first
      bytes = storage_size(memory)/8
      first = transfer(c_loc(memory(1)), first)
      skip = int(mod(64 - mod(first, 64_c_intptr_t), 64_c_intptr_t)/bytes)
   end function to_vector

   !> An earlier call of the same layer that packs the same, 0 where there is none.
   integer function twin(graph, scaled_by, node)
      type(program_t), intent(in) :: graph
      integer, intent(in) :: scaled_by(:), node
      associate (this => graph%nodes(node))
         do twin = 1, node - 1
            if (graph%nodes(twin)%layer /= this%layer) cycle
            if (scaled_by(twin) > 0 .or. scaled_by(node) > 0) cycle
            if (graph%nodes(twin)%plan%packed_reals /= this%plan%packed_reals) cycle
            if (allocated(this%plan%settings)) then
               if (.not. allocated(graph%nodes(twin)%plan%settings)) cycle
               if (size(this%plan%settings) /= size(graph%nodes(twin)%plan%settings)) cycle
               if (any(this%plan%settings /= graph%nodes(twin)%plan%settings)) cycle
            end if
            return
         end do
      end associate
      twin = 0
   end function twin

   !> Let the layers pack their weights.
   subroutine pack_nodes(graph, params, scaled_by, frozen)
      type(program_t), intent(in) :: graph
      real(wp), intent(in), contiguous :: params(:)
      integer, intent(in) :: scaled_by(:)
      type(frozen_t), intent(inout) :: frozen
      real(wp), allocatable :: scale(:), shift(:)
      integer :: channels, i
      frozen%packed = 0
      do i = 1, size(scaled_by)
         if (frozen%first(i) == 0 .or. any(frozen%first(:i - 1) == frozen%first(i))) cycle
         associate (plan => graph%nodes(i)%plan, box => graph%layers(graph%nodes(i)%layer))
            channels = plan%out_shapes(1)%extent(1)
            allocate (scale(channels), source=1.0_wp)
            allocate (shift(channels), source=0.0_wp)
            if (scaled_by(i) > 0) call get_scale(graph, params, scaled_by(i), scale, shift)
            call box%layer%pack(plan, params(box%first:box%last), scale, shift, &
               frozen%packed(frozen%first(i):frozen%last(i)))
            deallocate (scale, shift)
         end associate
      end do
   end subroutine pack_nodes

   !> The scale of a node.
   subroutine get_scale(graph, params, node, scale, shift)
      type(program_t), intent(in) :: graph
      real(wp), intent(in), contiguous :: params(:)
      integer, intent(in) :: node
      real(wp), intent(inout), contiguous :: scale(:), shift(:)
      associate (box => graph%layers(graph%nodes(node)%layer))
         call box%layer%channel_scale(graph%nodes(node)%plan, params(box%first:box%last), scale, &
            shift)
      end associate
   end subroutine get_scale

end submodule fkb_network_freeze_sp
