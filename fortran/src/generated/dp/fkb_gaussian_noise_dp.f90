! Generated from layers/fkb_gaussian_noise.fypp: edit that file and run tools/generate.py
!> Keras's `GaussianNoise`, y = x + stddev z, and `GaussianDropout`, y = x (1 + stddev z) with
!> stddev = sqrt(rate/(1 - rate)), in training; z is a standard normal number per value.
!>
!> The random numbers are a function of seed, node, step, sample and value; backward repeats them.
module fkb_gaussian_noise_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_identity_dp, only: identity_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: closed_count, get_rate, refuse_option
   use fkb_layer_dp, only: mode_t
   use fkb_plan, only: plan_t
   use fkb_random_dp, only: normal_values
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: gaussian_noise_t, gaussian_dropout_t

   !> Keras's `GaussianNoise`.
   type, extends(identity_t) :: gaussian_noise_t
      real(dp) :: stddev = 0     !! of the noise
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
   end type gaussian_noise_t

   !> Keras's `GaussianDropout`.
   type, extends(gaussian_noise_t) :: gaussian_dropout_t
   contains
      procedure :: configure => configure_dropout
      procedure :: apply => apply_dropout
      procedure :: apply_backward => apply_dropout_backward
   end type gaussian_dropout_t

contains

   subroutine configure(self, config, error)
      class(gaussian_noise_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_rate(config, 'stddev', self%stddev, error, largest=huge(1.0_dp))
      if (.not. allocated(error)) call config%ignore('seed')
   end subroutine configure

   subroutine configure_dropout(self, config, error)
      class(gaussian_dropout_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: rate
      call get_rate(config, 'rate', rate, error, largest=1.0_dp)
      if (allocated(error)) return
      call config%ignore('seed')
      if (rate < 1) then
         self%stddev = sqrt(rate/(1 - rate))
      else if (config%keras_major <= 2) then
         self%stddev = 0
      else
         call refuse_option(config, 'rate', 'the noise would be infinite, expected less than 1', &
                            error)
      end if
   end subroutine configure_dropout

   subroutine lay_out(self, in_shapes, plan, error)
      class(gaussian_noise_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call self%identity_t%lay_out(in_shapes, plan, error)
      if (allocated(error)) return
      plan%fixed_scratch = closed_count(in_shapes(1))
      plan%random = self%stddev > 0
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(gaussian_noise_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      y = x
      if (.not. mode%training .or. self%stddev <= 0) return
      do j = 1, size(x, 2)
         call make_noise(mode, j, size(x, 1), scratch)
         y(:, j) = x(:, j) + real(self%stddev, wp)*scratch(:size(x, 1))
      end do
   end subroutine apply

   subroutine apply_dropout(self, plan, weights, x, y, cache, scratch, mode)
      class(gaussian_dropout_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call multiply(self, mode, x, scratch, y)
   end subroutine apply_dropout

   subroutine apply_dropout_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, &
                                     mode)
      class(gaussian_dropout_t), intent(in) :: self
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
      call multiply(self, mode, dy, scratch, dx)
   end subroutine apply_dropout_backward

   !> y = x times the noise of each value
   subroutine multiply(self, mode, x, scratch, y)
      class(gaussian_dropout_t), intent(in) :: self
      type(mode_t), intent(in) :: mode
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(out), contiguous :: y(:, :)
      integer :: j
      y = x
      if (.not. mode%training .or. self%stddev <= 0) return
      do j = 1, size(x, 2)
         call make_noise(mode, j, size(x, 1), scratch)
         y(:, j) = x(:, j)*(1 + real(self%stddev, wp)*scratch(:size(x, 1)))
      end do
   end subroutine multiply

   !> Standard normal numbers of column j.
   subroutine make_noise(mode, j, n, noise)
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: j, n
      real(wp), intent(inout), contiguous :: noise(:)
      call normal_values(mode%seed, mode%node, mode%step, mode%first_sample + j - 1, n, noise(:n))
   end subroutine make_noise

end module fkb_gaussian_noise_dp
