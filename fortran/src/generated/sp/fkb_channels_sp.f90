! Generated from network/fkb_channels.fypp: edit that file and run tools/generate.py
!> Calls a layer; around a layer whose channels stand first go permutations, so that layers see
!> channels last only.
module fkb_channels_sp
   use fkb_builder_sp, only: add_box, add_node, builder_t, call_t
   use fkb_calls_sp, only: add_input
   use fkb_error, only: error_t
   use fkb_program_sp, only: program_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: call_layer

contains

   !> Add a node, with permutations around it where the layer's channels stand first.
   subroutine call_layer(graph, builder, box, call, made, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: box
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: turned
      integer :: channels, i
      if (.not. graph%layers(box)%layer%wants_channels_last() .or. size(call%inputs) == 0) then
         call add_node(graph, builder, box, call, made, error)
         return
      end if
      turned = call
      channels = builder%values(call%inputs(1))%shape%rank - call%fold - &
         graph%layers(box)%layer%axes_before_channels()
      do i = 1, size(call%inputs)
         call turn(graph, builder, box, channels, .true., call, turned%inputs(i), error)
         if (allocated(error)) return
      end do
      call add_node(graph, builder, box, turned, made, error)
      if (allocated(error)) return
      do i = 1, size(made)
         call turn(graph, builder, box, channels, .false., call, made(i), error)
         if (allocated(error)) return
      end do
   end subroutine call_layer

   !> Bring storage dimension `channels` to the first place, or back. A value with fewer axes
   !> stays as it is.
   subroutine turn(graph, builder, like, channels, forth, call, value, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: like                        !! the layer that is served
      integer, intent(in) :: channels
      logical, intent(in) :: forth
      type(call_t), intent(in) :: call
      integer, intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: plain
      character(:), allocatable :: dims
      integer, allocatable :: outputs(:)
      integer :: axis, box, from, rank
      rank = builder%values(value)%shape%rank - call%fold
      if (rank < channels .or. channels < 2) return
      dims = ''
      do axis = 1, rank                                  ! Keras's axes count from the other end
         from = rank + 1 - axis
         if (forth) then
            if (from == 1) then
               from = channels
            else if (from <= channels) then
               from = from - 1
            end if
         else if (from == channels) then
            from = 1
         else if (from < channels) then
            from = from + 1
         end if
         dims = dims//','//decimal(rank + 1 - from)
      end do
      call add_box(graph, builder, like, 'Permute', '{"dims":['//dims(2:)//']}', box, error)
      if (allocated(error)) return
      allocate (plain%inputs(0), plain%roles(0))
      call add_input(plain, value, 0, '')
      plain%mode = call%mode
      plain%fold = call%fold
      call add_node(graph, builder, box, plain, outputs, error)
      if (.not. allocated(error)) value = outputs(1)
   end subroutine turn

end module fkb_channels_sp
