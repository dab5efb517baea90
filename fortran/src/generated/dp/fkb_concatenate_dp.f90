! Generated from layers/fkb_concatenate.fypp: edit that file and run tools/generate.py
!> Keras's `Concatenate` along any axis but the batch.
module fkb_concatenate_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_place_kernels_dp, only: put_rows, take_rows
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: shape_t, storage_dimension
   use fkb_shape_rules, only: join_shapes
   implicit none (type, external)
   private
   public :: concatenate_t

   !> Keras's `Concatenate`.
   type, extends(layer_t) :: concatenate_t
      integer :: axis = -1     !! Keras's
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
   end type concatenate_t

contains

   subroutine configure(self, config, error)
      class(concatenate_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('axis', self%axis, error, default=-1)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(concatenate_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: i, along
      if (size(in_shapes) < 1) then
         call raise(error, fkb_err_argument, 'expected at least one input')
         return
      end if
      out = in_shapes(1)
      call storage_dimension(self%axis, out%rank, along, error)
      if (allocated(error)) return
      do i = 2, size(in_shapes)
         call join_shapes(out, in_shapes(i), along, error)
         if (allocated(error)) return
      end do
      call add_output(plan, out, error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(concatenate_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, first, rows, run
      run = run_length(self, plan%out_shapes(1))
      first = 1
      do i = 1, size(x)
         rows = run_length(self, plan%in_shapes(i))
         if (rows > 0) call put_rows(run, rows, size(x(i)%v)/rows, first, x(i)%v, y(1)%v)
         first = first + rows
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(concatenate_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: i, first, rows, run
      run = run_length(self, plan%out_shapes(1))
      first = 1
      do i = 1, size(dx)
         rows = run_length(self, plan%in_shapes(i))
         if (rows > 0) call take_rows(run, rows, size(dx(i)%v)/rows, first, dy(1)%v, dx(i)%v)
         first = first + rows
      end do
   end subroutine backward

   !> Consecutive values of one tensor in the output: all dimensions up to the concatenated one.
   integer function run_length(self, shape) result(length)
      class(concatenate_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      type(error_t), allocatable :: error
      integer :: along, i
      call storage_dimension(self%axis, shape%rank, along, error)
      length = 1
      do i = 1, along
         length = length*shape%extent(i)
      end do
   end function run_length

end module fkb_concatenate_dp
