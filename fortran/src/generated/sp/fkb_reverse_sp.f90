! Generated from layers/fkb_reverse.fypp: edit that file and run tools/generate.py
!> Reverses the time steps of a sequence: what Bidirectional does to its second layer's output.
!>
!> The loader makes it; no model file has it. Time is the slowest axis of a sample.
module fkb_reverse_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: reverse_t

   !> y(..., t) = x(..., steps + 1 - t)
   type, extends(unary_layer_t) :: reverse_t
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type reverse_t

contains

   subroutine configure(self, config, error)
      class(reverse_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(reverse_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (in_shapes(1)%rank < 1) then
         call raise(error, fkb_err_argument, 'expected a sequence, not '//in_shapes(1)%text())
         return
      end if
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(reverse_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call reverse(size(x, 1)/steps(plan), steps(plan), size(x, 2), x, y)
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(reverse_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      call reverse(size(x, 1)/steps(plan), steps(plan), size(x, 2), dy, dx)
   end subroutine apply_backward

   pure integer function steps(plan)
      type(plan_t), intent(in) :: plan
      steps = max(1, plan%in_shapes(1)%extent(plan%in_shapes(1)%rank))
   end function steps

   pure subroutine reverse(n, steps, batch, x, y)
      integer, intent(in) :: n, steps, batch
      real(wp), intent(in) :: x(n, steps, batch)
      real(wp), intent(out) :: y(n, steps, batch)
      integer :: j, t
      do j = 1, batch
         do t = 1, steps
            y(:, t, j) = x(:, steps + 1 - t, j)
         end do
      end do
   end subroutine reverse

end module fkb_reverse_sp
