! Generated from network/fkb_network_memory.fypp: edit that file and run tools/generate.py
!> Where values live in a workspace.
!>
!> Inference runs in blocks of columns: values share memory as soon as nobody reads them any
!> more, nodes that change nothing are skipped, and an activation is fused into the node before.
!> Training keeps every value, a gradient beside it, and every node's cache.
submodule(fkb_network_sp:fkb_network_inner_sp) fkb_network_memory_sp
   use fkb_activations, only: n_parameters
   use fkb_program_sp, only: always_training
   use fkb_error, only: fkb_err_argument, raise
   use fkb_shape, only: operator(==)
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Bytes that the activations of a block should not exceed; where that makes fewer than
   !> `least_block` columns, as many as stay within `large_bytes`.
   integer(i8), parameter :: block_bytes = 524288_i8, large_bytes = 8388608_i8
   integer, parameter :: least_block = 16, largest_block = 4096
   !> Values begin at multiples of this many reals.
   integer(i8), parameter :: grain = 16_i8

contains

   module procedure prepare
      logical :: for_training
      integer :: columns
      for_training = .false.
      if (present(training)) for_training = training
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      if (net%frozen%on .and. for_training) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call "thaw" '// &
            'before training and derivatives')
         return
      end if
      if (fits(self, net, in_shapes, batch, for_training)) return
      call self%clear()
      call close_shapes(self, net%graph, in_shapes, error)
      if (.not. allocated(error) .and. net%frozen%on) call use_packed(self, net, error)
      if (.not. allocated(error)) then
         if (for_training) then
            columns = max(1, batch)
            call keep_all(self, net%graph, columns, error)
         else
            call fuse(self, net)
            call share(self, net%graph, batch, columns, error)
         end if
      end if
      if (allocated(error)) then
         call self%clear()
         return
      end if
      self%capacity = columns
      self%holds_block = .not. for_training .and. columns >= block_columns(self)
      self%training = for_training
      self%key = net%graph%key
   end procedure prepare

   module procedure clear_workspace
      self%key = 0
      self%capacity = 0
      self%holds_block = .false.
      self%columns = 0
      if (allocated(self%in_shapes)) deallocate (self%in_shapes)
      if (allocated(self%shapes)) deallocate (self%shapes)
      if (allocated(self%plans)) deallocate (self%plans)
      if (allocated(self%folds)) deallocate (self%folds)
      if (allocated(self%runs)) deallocate (self%runs)
      if (allocated(self%place)) deallocate (self%place)
      if (allocated(self%offset)) deallocate (self%offset)
      if (allocated(self%cache_first)) deallocate (self%cache_first)
      if (allocated(self%first_x)) deallocate (self%first_x, self%first_y)
      if (allocated(self%x_value)) deallocate (self%x_value, self%y_value)
      if (allocated(self%x)) deallocate (self%x, self%y, self%dx, self%dy, self%given)
      if (allocated(self%values)) deallocate (self%values)
      if (allocated(self%grads)) deallocate (self%grads)
      if (allocated(self%part)) deallocate (self%part)
      if (allocated(self%seed)) deallocate (self%seed)
      if (allocated(self%seed_first)) deallocate (self%seed_first, self%seeded, self%on_logits)
      if (allocated(self%reached)) deallocate (self%reached)
      if (allocated(self%cache)) deallocate (self%cache)
      if (allocated(self%scratch)) deallocate (self%scratch)
   end procedure clear_workspace

   !> Whether the workspace serves already.
   pure logical function fits(self, net, in_shapes, batch, for_training)
      class(workspace_t), intent(in) :: self
      type(network_t), intent(in) :: net
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(in) :: batch
      logical, intent(in) :: for_training
      integer :: i
      fits = self%key == net%graph%key .and. (self%training .eqv. for_training)
      if (.not. fits) return
      fits = size(self%in_shapes) == size(in_shapes)
      if (.not. fits) return
      do i = 1, size(in_shapes)
         fits = fits .and. self%in_shapes(i) == in_shapes(i)
      end do
      if (for_training) then
         fits = fits .and. self%capacity >= batch
      else
         fits = fits .and. (self%capacity >= batch .or. self%holds_block)
      end if
   end function fits

   !> Tell the nodes of a frozen network which of them get packed weights.
   subroutine use_packed(self, net, error)
      class(workspace_t), intent(inout) :: self
      type(network_t), intent(in) :: net
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, size(self%plans)
         if (net%frozen%first(i) == 0) cycle
         self%plans(i)%is_packed = .true.
         if (self%plans(i)%packed_reals == net%graph%nodes(i)%plan%packed_reals) cycle
         call raise(error, fkb_err_argument, net%graph%node_name(i)//' packs '// &
            decimal(self%plans(i)%packed_reals)//' values for these shapes, '// &
            decimal(net%graph%nodes(i)%plan%packed_reals)//' when it was frozen')
         return
      end do
   end subroutine use_packed

   !> Skip what inference does not change and fuse activations into the nodes before them.
   subroutine fuse(self, net)
      class(workspace_t), intent(inout) :: self
      type(network_t), intent(in) :: net
      real(dp) :: parameters(n_parameters)
      integer :: before, i, id, root, v
      logical :: skips
      associate (graph => net%graph)
         do i = 1, size(graph%nodes)
            associate (node => graph%nodes(i), layer => graph%layers(graph%nodes(i)%layer)%layer)
               skips = self%plans(i)%passes_through .and. node%call_mode /= always_training
               if (net%frozen%on) skips = skips .or. net%frozen%folded(i)
               if (skips) then
                  self%runs(i) = .false.
                  self%place(node%outputs(1)) = self%place(node%inputs(1))
                  cycle
               end if
               call layer%as_activation(id, parameters)
               if (id == 0 .or. size(node%inputs) /= 1) cycle
               v = node%inputs(1)
               root = v
               if (net%frozen%on) root = before_folded(net, v)
               before = graph%values(root)%producer
               if (before == 0 .or. graph%values(v)%consumers /= 1) cycle
               if (.not. self%plans(before)%fuses_activation) cycle
               if (self%plans(before)%activation /= 0) cycle
               if (graph%nodes(before)%fold /= node%fold) cycle
               if (size(graph%nodes(before)%outputs) > 1) cycle
               self%plans(before)%activation = id
               self%plans(before)%activation_parameters = parameters
               self%runs(i) = .false.
               self%place([v, root]) = node%outputs(1)
            end associate
         end do
      end associate
      do i = 1, size(self%place)
         self%place(i) = self%place(self%place(i))
      end do
   end subroutine fuse

   !> The value that a folded node reads, where one makes this value.
   pure integer function before_folded(net, value) result(root)
      type(network_t), intent(in) :: net
      integer, intent(in) :: value
      root = value
      if (net%graph%values(value)%producer == 0) return
      if (.not. net%frozen%folded(net%graph%values(value)%producer)) return
      root = net%graph%nodes(net%graph%values(value)%producer)%inputs(1)
   end function before_folded

   !> Columns of a block, so that the values of a block stay in cache.
   pure integer function block_columns(self) result(columns)
      class(workspace_t), intent(in) :: self
      integer(i8) :: bytes, wanted
      bytes = max(1_i8, self%column_reals*storage_size(1.0_wp)/8)
      wanted = min(int(largest_block, i8), block_bytes/bytes)
      if (wanted >= least_block) then
         columns = int(wanted - mod(wanted, int(least_block, i8)))
      else
         columns = int(max(1_i8, min(int(least_block, i8), large_bytes/bytes)))
      end if
   end function block_columns

   !> Memory for inference: a value's slot is free again after its last reader.
   subroutine share(self, graph, batch, columns, error)
      class(workspace_t), intent(inout) :: self
      type(program_t), intent(in) :: graph
      integer, intent(in) :: batch
      integer, intent(out) :: columns              !! of a block
      type(error_t), allocatable, intent(out) :: error
      integer :: first(size(graph%values)), last(size(graph%values)), slot(size(graph%values))
      integer(i8) :: slot_reals(size(graph%values)), slot_first(size(graph%values))
      integer :: slot_end(size(graph%values))
      integer :: best, i, k, n_slots, v
      call lifetimes(self, graph, first, last)
      n_slots = 0
      slot = 0
      do i = 0, size(graph%nodes)
         do v = 1, size(graph%values)
            if (first(v) /= i .or. self%place(v) /= v) cycle
            best = 0
            do k = 1, n_slots
               if (slot_end(k) >= i) cycle
               if (best == 0) best = k
               if (abs(slot_reals(k) - self%shapes(v)%count()) < &
                  abs(slot_reals(best) - self%shapes(v)%count())) best = k
            end do
            if (best == 0) then
               n_slots = n_slots + 1
               best = n_slots
               slot_reals(best) = 0
            end if
            slot(v) = best
            slot_end(best) = last(v)
            slot_reals(best) = max(slot_reals(best), self%shapes(v)%count())
         end do
      end do
      self%column_reals = sum(slot_reals(:n_slots))
      columns = min(block_columns(self), max(1, batch))
      slot_first(1) = 0
      do k = 1, n_slots - 1
         slot_first(k + 1) = slot_first(k) + padded(slot_reals(k)*columns)
      end do
      do v = 1, size(graph%values)
         if (slot(v) > 0) self%offset(v) = slot_first(slot(v))
      end do
      call reserve(self, slot_first(n_slots) + padded(slot_reals(n_slots)*columns), &
         most(self, columns, .true.), most(self, columns, .false.), error)
      allocate (self%cache_first(size(graph%nodes)), source=1_i8)
   end subroutine share

   !> The node that first writes and the one that last reads each place.
   subroutine lifetimes(self, graph, first, last)
      class(workspace_t), intent(in) :: self
      type(program_t), intent(in) :: graph
      integer, intent(out) :: first(:), last(:)
      integer :: i, k, v
      first = -1
      last = 0
      do k = 1, size(graph%inputs)
         first(graph%inputs(k)) = 0
      end do
      do k = 1, size(graph%states)
         first(graph%states(k)%before) = 0
      end do
      do i = 1, size(graph%nodes)
         if (.not. self%runs(i)) cycle
         do k = self%first_x(i), self%first_x(i + 1) - 1
            last(self%place(self%x_value(k))) = i
         end do
         do k = self%first_y(i), self%first_y(i + 1) - 1
            v = self%place(self%y_value(k))
            if (first(v) < 0) first(v) = i
            last(v) = max(last(v), i)
         end do
      end do
      do k = 1, size(graph%outputs)
         last(self%place(graph%outputs(k))) = size(graph%nodes) + 1
      end do
      do k = 1, size(graph%states)
         last(self%place(graph%states(k)%after)) = size(graph%nodes) + 1
      end do
   end subroutine lifetimes

   !> Memory for training: nothing is shared.
   subroutine keep_all(self, graph, columns, error)
      class(workspace_t), intent(inout) :: self
      type(program_t), intent(in) :: graph
      integer, intent(in) :: columns
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: at, cached, parts, widest
      integer :: i, k
      at = 0
      do i = 1, size(graph%values)
         self%offset(i) = at
         at = at + padded(self%shapes(i)%count()*columns)
      end do
      allocate (self%cache_first(size(graph%nodes)))
      cached = 0
      widest = 0
      do i = 1, size(graph%nodes)
         self%cache_first(i) = cached + 1
         cached = cached + padded(self%plans(i)%cache*columns*self%folds(i) + &
            self%plans(i)%fixed_cache)
         parts = 0
         do k = self%first_x(i), self%first_x(i + 1) - 1
            parts = parts + padded(self%shapes(self%x_value(k))%count()*columns)
         end do
         widest = max(widest, parts)
      end do
      call reserve(self, at, cached, max(most(self, columns, .false.), tangent_scratch(self, &
         columns)), error)
      if (allocated(error)) return
      allocate (self%seed_first(size(graph%outputs)))
      allocate (self%seeded(size(graph%outputs)), self%on_logits(size(graph%outputs)))
      allocate (self%reached(size(graph%values)), source=.false.)
      self%seeded = .false.
      self%on_logits = .false.
      cached = 0
      do k = 1, size(graph%outputs)
         self%seed_first(k) = cached
         cached = cached + padded(self%shapes(graph%outputs(k))%count()*columns)
      end do
      call take_room(self%grads, at, error)
      if (.not. allocated(error)) call take_room(self%part, widest, error)
      if (.not. allocated(error)) call take_room(self%seed, cached, error)
   end subroutine keep_all

   subroutine reserve(self, n_values, n_cache, n_scratch, error)
      class(workspace_t), intent(inout) :: self
      integer(i8), intent(in) :: n_values, n_cache, n_scratch
      type(error_t), allocatable, intent(out) :: error
      call take_room(self%values, n_values, error)
      if (.not. allocated(error)) call take_room(self%cache, n_cache, error)
      if (.not. allocated(error)) call take_room(self%scratch, n_scratch, error)
   end subroutine reserve

   subroutine take_room(memory, n, error)
      real(wp), allocatable, intent(out) :: memory(:)
      integer(i8), intent(in) :: n
      type(error_t), allocatable, intent(out) :: error
      integer :: stat
      allocate (memory(n), stat=stat)
      if (stat /= 0) call raise(error, fkb_err_argument, 'not enough memory for '//decimal(n)// &
         ' values')
   end subroutine take_room

   !> The largest cache or scratch of any node in inference, in reals.
   pure integer(i8) function most(self, columns, of_cache)
      class(workspace_t), intent(in) :: self
      integer, intent(in) :: columns
      logical, intent(in) :: of_cache
      integer :: i
      most = 0
      do i = 1, size(self%plans)
         associate (plan => self%plans(i))
            if (of_cache) then
               if (plan%spares_cache) cycle
               most = max(most, plan%cache*columns*self%folds(i) + plan%fixed_cache)
            else
               most = max(most, plan%scratch*columns*self%folds(i) + plan%fixed_scratch)
            end if
         end associate
      end do
   end function most

   !> The largest scratch of any node for its forward derivative.
   pure integer(i8) function tangent_scratch(self, columns) result(most)
      class(workspace_t), intent(in) :: self
      integer, intent(in) :: columns
      integer :: i
      most = 0
      do i = 1, size(self%plans)
         associate (plan => self%plans(i))
            most = max(most, plan%tangent_scratch*columns*self%folds(i) + &
               plan%fixed_tangent_scratch)
         end associate
      end do
   end function tangent_scratch

   pure integer(i8) function padded(n)
      integer(i8), intent(in) :: n
      padded = (n + grain - 1)/grain*grain
   end function padded

end submodule fkb_network_memory_sp
