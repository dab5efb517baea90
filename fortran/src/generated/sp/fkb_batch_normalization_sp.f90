! Generated from layers/fkb_batch_normalization.fypp: edit that file and run tools/generate.py
!> Keras's `BatchNormalization`: y = gamma (x - mean)/sqrt(variance + epsilon) + beta, per channel.
!>
!> In training the statistics are those of the whole batch, and `update` moves the moving ones:
!> moving = momentum moving + (1 - momentum) batch. In inference the moving statistics are used;
!> the network runs the layer like that where its option `trainable` is false.
!>
!> Keras 2 computes inputs of rank 4 and 5 (the batch counted) with TensorFlow's fused kernel,
!> unless in float64: there the moving variance takes N/(N - 1) times the batch's. In all of Keras 2
!> `1 - momentum` is a real32.
!>
!> With batch renormalisation inference is the same. In training
!> y = gamma ((x - mean)/deviation r + d) + beta, with r and d of `fkb_renorm_kernels`, which count
!> as constants; Keras 2 has no fused kernel for it.
module fkb_batch_normalization_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp, wp => sp
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_masked_kernels_sp, only: masked_backward, masked_moments, spread_mask
   use fkb_normalization_kernels_sp, only: channel_backward, channel_moments, &
      channel_normalize, channel_sums, channel_tangent
   use fkb_plan, only: plan_t
   use fkb_renorm_kernels_sp, only: renorm_correction
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: batch_normalization_t

   !> Places in `plan%settings`: extents before the channels, channels, the input that is the mask
   !> (0 for none), whether Keras 3's guard stands in masked counts, and Keras 2's fused kernel.
   integer, parameter :: at_inner = 1, at_channels = 2, at_mask = 3, at_guard = 4, at_fused = 5
   !> Keras's `backend.epsilon()`.
   real(dp), parameter :: count_guard = 1e-7_dp

   !> A bound that no value of either kind is beyond.
   real(dp), parameter :: unbounded = real(huge(1.0_sp), dp)

   !> Keras's `BatchNormalization`. Weights: gamma and beta where used, moving_mean and
   !> moving_variance, with renorm moving_stddev, renorm_mean and renorm_stddev, all of shape
   !> (channels).
   type, extends(layer_t) :: batch_normalization_t
      integer :: axis = -1                 !! Keras's, of the channels
      real(dp) :: momentum = 0.99_dp       !! of the moving statistics
      real(dp) :: epsilon = 1e-3_dp        !! added to the variance
      logical :: center = .true.           !! whether there is a beta
      logical :: scale = .true.            !! whether there is a gamma
      logical :: renorm = .false.          !! batch renormalisation
      real(dp) :: renorm_momentum = 0.99_dp        !! of the statistics that r and d compare with
      real(dp) :: rmin = 0                 !! least r
      real(dp) :: rmax = unbounded         !! largest r
      real(dp) :: dmax = unbounded         !! largest magnitude of d
      real(dp) :: first_deviation = 1      !! what deviations begin with, -1: random
      logical :: keras_2 = .false.         !! moves the statistics as Keras 2 does
      logical :: may_fuse = .false.        !! Keras 2 and not float64
   contains
      procedure :: configure, lay_out
      procedure :: forward
      procedure :: backward, tangent
      procedure :: update, channel_scale
   end type batch_normalization_t

   interface
      module subroutine configure(self, config, error)
         class(batch_normalization_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine configure

      module subroutine lay_out(self, in_shapes, plan, error)
         class(batch_normalization_t), intent(in) :: self
         type(shape_t), intent(in) :: in_shapes(:)
         type(plan_t), intent(inout) :: plan
         type(error_t), allocatable, intent(out) :: error
      end subroutine lay_out
   end interface

contains

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: inner, c, outer, n
      call split(plan, size(x(1)%v), inner, c, outer)
      associate (mean => scratch(:c), inverse => scratch(c + 1:2*c), &
                 scale => scratch(2*c + 1:3*c), shift => scratch(3*c + 1:4*c))
         if (mode%training) then
            call batch_moments(plan, x, mean, scale, shift, scratch(4*c + 1:))
            inverse = 1/sqrt(scale + real(self%epsilon, wp))
            cache(:c) = mean
            cache(c + 1:2*c) = inverse
            cache(2*c + 1:3*c) = scale*unbiased(plan, real(inner, dp)*outer)
            cache(3*c + 1:4*c) = shift
            if (self%renorm) call correct(self, c, weights, cache)
         else
            call moving_statistics(self, c, weights, mean, inverse)
         end if
         scale = inverse
         shift = 0
         if (self%scale) scale = inverse*weights(:c)
         if (mode%training .and. self%renorm) then
            shift = cache(5*c + 1:6*c)
            if (self%scale) shift = shift*weights(:c)
            scale = scale*cache(4*c + 1:5*c)
         end if
         if (self%center) shift = shift + weights(n_gamma(self, c) + 1:n_gamma(self, c) + c)
         if (inner == 1) then
            call normalize_blocks(c, outer, mean, scale, shift, plan%activation, &
                                  real(plan%activation_parameters, wp), x(1)%v, y(1)%v)
            return
         end if
         call channel_normalize(inner, c, outer, mean, scale, shift, x(1)%v, y(1)%v)
      end associate
      if (plan%activation /= 0) then
         n = max(plan%in_shapes(1)%extent(1), 1)
         call activate_in_place(plan%activation, real(plan%activation_parameters, wp), n, &
                                size(y(1)%v)/n, y(1)%v)
      end if
   end subroutine forward

   !> y = activation((x - mean)*scale + shift), in blocks that are in cache for the activation
   pure subroutine normalize_blocks(c, columns, mean, scale, shift, activation, parameters, x, y)
      integer, intent(in) :: c, columns
      real(wp), intent(in) :: mean(c), scale(c), shift(c)
      integer, intent(in) :: activation               !! 0 for none
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: x(c, columns)
      real(wp), intent(inout) :: y(c, columns)
      integer, parameter :: most_reals = 8192
      integer :: block, count, j
      block = max(most_reals/max(c, 1), 1)
      do j = 1, columns, block
         count = min(block, columns - j + 1)
         call channel_normalize(1, c, count, mean, scale, shift, x(1, j), y(1, j))
         if (activation /= 0) call activate_in_place(activation, parameters, c, count, y(1, j))
      end do
   end subroutine normalize_blocks

   !> The correction of batch renormalisation: r and d, in the cache behind the batch's statistics.
   !> Keras rounds the epsilon of the least deviation to real32.
   subroutine correct(self, c, weights, cache)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: c
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(inout), contiguous :: cache(:)
      integer :: first
      first = n_fixed(self, c) + 3*c
      call renorm_correction(c, real([self%rmin, self%rmax, self%dmax], wp), &
         real(self%epsilon, wp), sqrt(real(rounded_to_single(self%epsilon), wp)), cache(:c), &
         cache(2*c + 1:3*c), weights(first + 1:first + c), weights(first + c + 1:first + 2*c), &
         cache(4*c + 1:5*c), cache(5*c + 1:6*c))
   end subroutine correct

   !> Mean, variance and number of values of each channel, of those alone that a mask keeps.
   subroutine batch_moments(plan, x, mean, variance, count, wide)
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      real(wp), intent(out), contiguous :: mean(:), variance(:), count(:)
      real(wp), intent(inout), contiguous :: wide(:)      !! room for a mask like x
      integer :: inner, c, outer, mask, n
      call split(plan, size(x(1)%v), inner, c, outer)
      mask = plan%settings(at_mask)
      if (mask == 0) then
         call channel_moments(inner, c, outer, x(1)%v, mean, variance)
         count = real(inner, wp)*outer
      else
         n = max(plan%in_shapes(1)%extent(1), 1)
         call spread_mask(n, size(x(1)%v)/n, x(mask)%v, wide)
         call masked_moments(inner, c, outer, guard(plan), wide, x(1)%v, mean, variance, count)
      end if
   end subroutine batch_moments

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(batch_normalization_t), intent(in) :: self
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
      integer :: inner, c, outer, n, i
      do i = 2, size(dx)
         dx(i)%v = 0
      end do
      call split(plan, size(x(1)%v), inner, c, outer)
      associate (sum_dy => scratch(:c), sum_dy_x => scratch(c + 1:2*c), &
                 mean => scratch(2*c + 1:3*c), inverse => scratch(3*c + 1:4*c), &
                 wide => scratch(4*c + 1:))
         if (mode%training) then
            mean = cache(:c)
            inverse = cache(c + 1:2*c)
         else
            call moving_statistics(self, c, weights, mean, inverse)
         end if
         call channel_sums(inner, c, outer, mean, x(1)%v, dy(1)%v, sum_dy, sum_dy_x)
         call add_gradients(self, c, inverse, cache, sum_dy, sum_dy_x, dweights, mode)
         if (mode%training) then
            associate (count => cache(3*c + 1:4*c))
               ! The guard makes the kept values' mean deviation mean*guard/count instead of 0.
               sum_dy_x = sum_dy_x*inverse**3/count
               sum_dy = sum_dy*inverse/count - sum_dy_x*mean*(real(guard(plan), wp)/count)
            end associate
         else
            sum_dy = 0
            sum_dy_x = 0
         end if
         if (self%renorm .and. mode%training) call multiply(cache(4*c + 1:5*c), &
            sum_dy, sum_dy_x, inverse)
         if (self%scale) call multiply(weights(:c), sum_dy, sum_dy_x, inverse)
         if (mode%training .and. plan%settings(at_mask) > 0) then
            n = max(plan%in_shapes(1)%extent(1), 1)
            call spread_mask(n, size(x(1)%v)/n, x(plan%settings(at_mask))%v, wide)
            call masked_backward(inner, c, outer, mean, inverse, sum_dy_x, sum_dy, wide, x(1)%v, &
                                 dy(1)%v, dx(1)%v)
         else
            call channel_backward(inner, c, outer, mean, inverse, sum_dy_x, sum_dy, x(1)%v, &
                                  dy(1)%v, dx(1)%v)
         end if
      end associate
   end subroutine backward

   !> Multiply three arrays by a factor of each channel.
   pure subroutine multiply(factor, a, b, c)
      real(wp), intent(in), contiguous :: factor(:)
      real(wp), intent(inout), contiguous :: a(:), b(:), c(:)
      a = a*factor
      b = b*factor
      c = c*factor
   end subroutine multiply

   !> Add the gradients of gamma and beta.
   subroutine add_gradients(self, c, inverse, cache, sum_dy, sum_dy_x, dweights, mode)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: c
      real(wp), intent(in), contiguous :: inverse(:), cache(:), sum_dy(:), sum_dy_x(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: g
      g = n_gamma(self, c)
      if (self%center) dweights(g + 1:g + c) = dweights(g + 1:g + c) + sum_dy
      if (.not. self%scale) return
      if (self%renorm .and. mode%training) then
         dweights(:c) = dweights(:c) + (sum_dy_x*inverse*cache(4*c + 1:5*c) + &
                                        sum_dy*cache(5*c + 1:6*c))
      else
         dweights(:c) = dweights(:c) + sum_dy_x*inverse
      end if
   end subroutine add_gradients

   !> Move the moving statistics towards those of the batch. With batch renormalisation the
   !> deviation moves, and the variance is made of it.
   subroutine update(self, plan, weights, cache, mode)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(inout), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: cache(:)
      type(mode_t), intent(in) :: mode
      real(wp) :: epsilon
      integer :: c, first
      if (.not. mode%training) return
      c = plan%weights(size(plan%weights))%shape%extent(1)
      first = n_fixed(self, c)
      epsilon = real(self%epsilon, wp)
      associate (mean => weights(first + 1:first + c), batch => cache(2*c + 1:3*c), &
                 variance => weights(first + c + 1:first + 2*c))
         call move(self, self%momentum, mean, cache(:c))
         if (.not. self%renorm) then
            call move(self, self%momentum, variance, batch)
            return
         end if
         associate (deviation => weights(first + 2*c + 1:first + 3*c))
            call move(self, self%momentum, deviation, sqrt(batch + epsilon))
            variance = max(deviation**2 - epsilon, 0.0_wp)
         end associate
         first = first + 3*c
         call move(self, self%renorm_momentum, weights(first + 1:first + c), cache(:c))
         call move(self, self%renorm_momentum, weights(first + c + 1:first + 2*c), &
                   sqrt(batch + epsilon))
      end associate
   end subroutine update

   !> moving = momentum moving + (1 - momentum) batch, as each Keras writes it
   subroutine move(self, momentum, moving, batch)
      class(batch_normalization_t), intent(in) :: self
      real(dp), intent(in) :: momentum
      real(wp), intent(inout) :: moving(:)
      real(wp), intent(in) :: batch(:)
      if (self%keras_2) then
         moving = moving - (moving - batch)*real(real(1 - momentum, sp), wp)
      else
         moving = moving*real(momentum, wp) + batch*real(1 - momentum, wp)
      end if
   end subroutine move

   !> The moving mean and 1/sqrt(moving variance + epsilon).
   subroutine moving_statistics(self, c, weights, mean, inverse)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: c
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(out), contiguous :: mean(:), inverse(:)
      integer :: first
      first = n_fixed(self, c)
      mean = weights(first + 1:first + c)
      inverse = 1/sqrt(weights(first + c + 1:first + 2*c) + real(self%epsilon, wp))
   end subroutine moving_statistics

   !> y = scale*x + shift with the moving statistics.
   subroutine channel_scale(self, plan, weights, scale, shift)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(out), contiguous :: scale(:), shift(:)
      associate (c => size(scale), n => n_gamma(self, size(scale)))
         call moving_statistics(self, c, weights, shift, scale)
         if (self%scale) scale = scale*weights(:c)
         shift = -shift*scale
         if (self%center) shift = shift + weights(n + 1:n + c)
      end associate
   end subroutine channel_scale

   !> The tensor as (inner, channels, outer).
   pure subroutine split(plan, total, inner, channels, outer)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: total
      integer, intent(out) :: inner, channels, outer
      inner = plan%settings(at_inner)
      channels = plan%settings(at_channels)
      outer = total/max(inner*channels, 1)
   end subroutine split

   !> What Keras 3 adds to the number of values that a mask keeps.
   pure real(dp) function guard(plan)
      type(plan_t), intent(in) :: plan
      guard = count_guard*plan%settings(at_guard)
   end function guard

   !> Elements of gamma.
   pure integer function n_gamma(self, channels) result(n)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: channels
      n = merge(channels, 0, self%scale)
   end function n_gamma

   !> Elements before the moving statistics.
   pure integer function n_fixed(self, channels) result(n)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: channels
      n = n_gamma(self, channels) + merge(channels, 0, self%center)
   end function n_fixed

   !> What the moving variance takes of the batch's.
   pure real(wp) function unbiased(plan, n) result(factor)
      type(plan_t), intent(in) :: plan
      real(dp), intent(in) :: n               !! values of a channel
      factor = 1
      if (plan%settings(at_fused) == 1) factor = real(n/max(n - 1, 1.0_dp), wp)
   end function unbiased

   !> With the moving statistics, which count as constants.
   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      integer :: inner, c, outer
      call split(plan, size(x(1)%v), inner, c, outer)
      associate (mean => scratch(:c), scale => scratch(c + 1:2*c), &
                 dscale => scratch(2*c + 1:3*c), dshift => scratch(3*c + 1:4*c))
         call moving_statistics(self, c, weights, mean, scale)
         scratch(2*c + 1:4*c) = 0
         if (size(dweights) > 0) then
            if (self%scale) dscale = scale*dweights(:c)
            if (self%center) dshift = dweights(n_gamma(self, c) + 1:n_gamma(self, c) + c)
         end if
         if (self%scale) scale = scale*weights(:c)
         call channel_tangent(inner, c, outer, mean, scale, dscale, dshift, x(1)%v, dx(1)%v, &
                              dy(1)%v)
      end associate
   end subroutine tangent

end module fkb_batch_normalization_sp
