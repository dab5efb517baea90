! Generated from layers/fkb_operation_shape.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that hand their values on, under another shape or the same: `Reshape`,
!> `ExpandDims`, `Squeeze`, `Copy` and the parts of real numbers.
module fkb_operation_shape_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_identity_dp, only: identity_t
   use fkb_kinds, only: i8
   use fkb_layer_options, only: add_output, expect_inputs, get_axes, mark_axes
   use fkb_operations, only: shape_expand, shape_reshape, shape_squeeze
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: max_rank, open_extent, shape_t
   implicit none (type, external)
   private
   public :: shape_operation_t

   !> One of these operations; the prototype says which.
   type, extends(identity_t) :: shape_operation_t
      integer :: id = 0                          !! one of the `shape_*` constants, or a copy
      integer :: n = 0
      integer :: numbers(max_rank + 1) = 0       !! Keras's axes, or its shape with the batch
      logical :: all_axes = .false.              !! `Squeeze` without the option `axis`
   contains
      procedure :: configure
      procedure :: lay_out
   end type shape_operation_t

contains

   subroutine configure(self, config, error)
      class(shape_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      select case (self%id)
      case (shape_reshape)
         call config%get_list('newshape', self%numbers, self%n, error, null_value=-1)
         if (allocated(error)) return
         if (self%n < 1 .or. self%numbers(1) /= -1 .or. count(self%numbers(2:self%n) == -1) > 1 &
             .or. any(self%numbers(:self%n) < -1)) then
            call raise(error, fkb_err_argument, 'option "newshape" must begin with -1 or null, '// &
                       'the batch, and leave at most one other size open')
         end if
      case (shape_expand, shape_squeeze)
         self%all_axes = .not. config%has('axis')
         if (self%all_axes .and. self%id == shape_expand) then
            call raise(error, fkb_err_argument, 'option "axis" is missing')
            return
         end if
         call get_axes(config, 'axis', self%numbers(:max_rank), self%n, error, default=[0])
      case default
         continue
      end select
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(shape_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      out = in_shapes(1)
      select case (self%id)
      case (shape_reshape)
         call reshape_to(self, in_shapes(1), out, error)
      case (shape_expand)
         call expand(self, in_shapes(1), out, error)
      case (shape_squeeze)
         call squeeze(self, in_shapes(1), out, error)
      case default
         continue
      end select
      if (.not. allocated(error)) call add_output(plan, out, error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .true.
   end subroutine lay_out

   !> The new shape, its open size computed.
   subroutine reshape_to(self, in_shape, out, error)
      class(shape_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: known
      integer :: i
      out%rank = self%n - 1
      out%extent(:out%rank) = self%numbers(self%n:2:-1)
      if (.not. in_shape%closed()) return
      known = 1
      do i = 1, out%rank
         if (out%extent(i) /= open_extent) known = min(known*out%extent(i), huge(1) + 1_i8)
      end do
      do i = 1, out%rank
         if (out%extent(i) == open_extent .and. known > 0) then
            out%extent(i) = int(min(in_shape%count()/known, int(huge(1), i8)))
         end if
      end do
      if (out%closed() .and. out%count() == in_shape%count()) return
      call raise(error, fkb_err_argument, 'a sample of shape '//in_shape%text()// &
                 ' does not fill '//out%text()//': other shapes would mix the samples of a batch')
   end subroutine reshape_to

   !> New dimensions of extent 1.
   subroutine expand(self, in_shape, out, error)
      class(shape_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      logical :: new(max_rank)
      integer :: d, from
      out%rank = in_shape%rank + self%n
      if (out%rank > max_rank) then
         call raise(error, fkb_err_argument, 'a tensor of shape '//in_shape%text()// &
                    ' cannot have so many axes')
         return
      end if
      call mark_axes(self%numbers(:self%n), out%rank, new, error)
      from = 0
      do d = 1, out%rank
         out%extent(d) = 1
         if (new(d)) cycle
         from = from + 1
         out%extent(d) = in_shape%extent(from)
      end do
   end subroutine expand

   !> The shape without dimensions of extent 1.
   subroutine squeeze(self, in_shape, out, error)
      class(shape_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      logical :: dropped(max_rank)
      integer :: d
      if (self%all_axes) then
         dropped = in_shape%extent == 1
      else
         call mark_axes(self%numbers(:self%n), in_shape%rank, dropped, error)
         if (allocated(error)) return
      end if
      do d = 1, in_shape%rank
         if (dropped(d) .and. in_shape%extent(d) /= 1 .and. in_shape%extent(d) /= open_extent) then
            call raise(error, fkb_err_argument, 'option "axis" names an axis of '// &
                       in_shape%text()//' whose extent is not 1')
            return
         end if
         if (dropped(d)) cycle
         out%rank = out%rank + 1
         out%extent(out%rank) = in_shape%extent(d)
      end do
   end subroutine squeeze

end module fkb_operation_shape_dp
