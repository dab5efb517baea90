! Generated from layers/fkb_alpha_dropout.fypp: edit that file and run tools/generate.py
!> Keras's `AlphaDropout`: dropout that keeps mean and variance of values that come from selu.
!>
!> In training y = a (x mask - alpha' (1 - mask)) + b, alpha' = alpha scale of selu,
!> a = ((1 - rate)(1 + rate alpha'^2))^(-1/2), b = a alpha' rate (Klambauer et al. 2017).
module fkb_alpha_dropout_sp
   use fkb_dropout_sp, only: dropout_t, noise_mask
   use fkb_error, only: error_t
   use fkb_config, only: config_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_sp, only: mode_t
   use fkb_layer_options, only: refuse_option
   use fkb_plan, only: plan_t
   implicit none (type, external)
   private
   public :: alpha_dropout_t

   !> What selu tends to for large negative values, the sign apart.
   real(dp), parameter :: saturation = 1.6732632423543772848_dp*1.0507009873554804934_dp

   !> Keras's `AlphaDropout`.
   type, extends(dropout_t) :: alpha_dropout_t
   contains
      procedure :: configure
      procedure :: apply
      procedure :: apply_backward
   end type alpha_dropout_t

contains

   subroutine configure(self, config, error)
      class(alpha_dropout_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%dropout_t%configure(config, error)
      if (allocated(error) .or. self%rate < 1) return
      if (config%keras_major <= 2) then
         self%rate = 0
      else
         call refuse_option(config, 'rate', 'nothing would be left, expected less than 1', error)
      end if
   end subroutine configure

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(alpha_dropout_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      real(wp) :: a, b
      integer :: n, j
      if (.not. mode%training .or. self%rate <= 0) then
         y = x
         return
      end if
      n = size(x, 1)
      a = real(scale_of(self), wp)
      b = real(scale_of(self)*saturation*self%rate, wp)
      do j = 1, size(x, 2)
         call noise_mask(self, plan, mode, j, n, scratch(:n), scratch(n + 1:2*n))
         y(:, j) = a*(x(:, j)*scratch(:n) - real(saturation, wp)*(1 - scratch(:n))) + b
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(alpha_dropout_t), intent(in) :: self
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
      integer :: n, j
      if (.not. mode%training .or. self%rate <= 0) then
         dx = dy
         return
      end if
      n = size(x, 1)
      do j = 1, size(x, 2)
         call noise_mask(self, plan, mode, j, n, scratch(:n), scratch(n + 1:2*n))
         dx(:, j) = dy(:, j)*(scratch(:n)*real(scale_of(self), wp))
      end do
   end subroutine apply_backward

   !> The factor a.
   pure real(dp) function scale_of(self)
      class(alpha_dropout_t), intent(in) :: self
      scale_of = 1/sqrt((1 - self%rate)*(1 + self%rate*saturation**2))
   end function scale_of

end module fkb_alpha_dropout_sp
