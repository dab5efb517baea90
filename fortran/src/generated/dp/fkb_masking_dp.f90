! Generated from layers/fkb_masking.fypp: edit that file and run tools/generate.py
!> Keras's `Masking`: positions whose features all equal `mask_value` become zero.
!>
!> The mask itself is a node of its own where another layer takes it.
module fkb_masking_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_backward
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: masking_t

   !> Keras's `Masking`.
   type, extends(unary_layer_t) :: masking_t
      real(dp) :: mask_value = 0       !! what all features of a masked position are
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type masking_t

contains

   subroutine configure(self, config, error)
      class(masking_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('mask_value', self%mask_value, error, default=0.0_dp)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(masking_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (in_shapes(1)%rank < 1) then
         call raise(error, fkb_err_argument, 'expected an input with an axis of features')
         return
      end if
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_backward
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(masking_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call keep(self, plan, size(x), x, x, y)
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(masking_t), intent(in) :: self
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
      call keep(self, plan, size(x), x, dy, dx)
   end subroutine apply_backward

   !> y = v where a feature of x differs from the mask value, 0 elsewhere.
   subroutine keep(self, plan, total, x, v, y)
      class(masking_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: total
      real(wp), intent(in) :: x(total), v(total)
      real(wp), intent(out) :: y(total)
      real(wp) :: masked
      integer :: first, last, n
      masked = real(self%mask_value, wp)
      n = max(plan%in_shapes(1)%extent(1), 1)
      do first = 1, total, n
         last = first + n - 1
         ! A NaN differs from every mask value, so the test is that all are equal.
         if (all(x(first:last) >= masked .and. x(first:last) <= masked)) then
            y(first:last) = 0
         else
            y(first:last) = v(first:last)
         end if
      end do
   end subroutine keep

end module fkb_masking_dp
