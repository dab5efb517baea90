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
module fkb_batch_normalization_dp
   use fkb_activation_kernels_dp, only: activate_in_place
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs, get_axes, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_normalization_kernels_dp, only: channel_backward, channel_moments, &
      channel_normalize, channel_sums
   use fkb_plan, only: plan_t
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, storage_dimension
   implicit none (type, external)
   private
   public :: batch_normalization_t

   !> Keras's `BatchNormalization`. Weights: gamma and beta where used, moving_mean and
   !> moving_variance, all of shape (channels).
   type, extends(unary_layer_t) :: batch_normalization_t
      integer :: axis = -1                 !! Keras's, of the channels
      real(dp) :: momentum = 0.99_dp       !! of the moving statistics
      real(dp) :: epsilon = 1e-3_dp        !! added to the variance
      logical :: center = .true.           !! whether there is a beta
      logical :: scale = .true.            !! whether there is a gamma
      logical :: keras_2 = .false.         !! moves the statistics as Keras 2 does
      logical :: may_fuse = .false.        !! Keras 2 and not float64
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: update
   end type batch_normalization_t

contains

   subroutine configure(self, config, error)
      class(batch_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axes(max_rank), n
      call get_axes(config, 'axis', axes, n, error, default=[-1])
      if (allocated(error)) return
      if (n /= 1) then
         call refuse_option(config, 'axis', 'expected one axis', error)
         return
      end if
      self%axis = axes(1)
      call config%get('momentum', self%momentum, error, default=0.99_dp)
      if (allocated(error)) return
      call config%get('epsilon', self%epsilon, error, default=1e-3_dp)
      if (allocated(error)) return
      call config%get('center', self%center, error, default=.true.)
      if (allocated(error)) return
      call config%get('scale', self%scale, error, default=.true.)
      if (allocated(error)) return
      self%keras_2 = config%keras_major <= 2
      self%may_fuse = .false.
      if (self%keras_2) self%may_fuse = .not. is_float64(config)
      call refuse_variants(config, error)
   end subroutine configure

   !> Whether the layer's dtype is real64.
   logical function is_float64(config)
      type(config_t), intent(in) :: config
      type(config_t) :: options
      type(error_t), allocatable :: error
      character(:), allocatable :: dtype
      options = config
      if (options%kind_of('dtype') == 'object') then
         call options%get('dtype.config.name', dtype, error, default='float32')
      else
         call options%get('dtype', dtype, error, default='float32')
      end if
      is_float64 = .false.
      if (.not. allocated(error)) is_float64 = dtype == 'float64'
   end function is_float64

   !> Refuse batch renormalisation, statistics over several replicas and virtual batches.
   subroutine refuse_variants(config, error)
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: renorm, synchronized
      call config%get('renorm', renorm, error, default=.false.)
      if (allocated(error)) return
      call config%get('synchronized', synchronized, error, default=.false.)
      if (allocated(error)) return
      if (renorm) then
         call refuse_option(config, 'renorm', 'batch renormalisation is not supported', error)
      else if (synchronized) then
         call refuse_option(config, 'synchronized', 'only false is supported', error)
      else if (config%has('virtual_batch_size')) then
         call refuse_option(config, 'virtual_batch_size', 'only null is supported', error)
      else
         call config%ignore('renorm_clipping renorm_momentum virtual_batch_size fused')
      end if
   end subroutine refuse_variants

   subroutine lay_out(self, in_shapes, plan, error)
      class(batch_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: dimension, channels
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call storage_dimension(self%axis, in_shapes(1)%rank, dimension, error)
      call add_context(error, 'option "axis"')
      if (allocated(error)) return
      channels = in_shapes(1)%extent(dimension)
      if (channels == open_extent) then
         call raise(error, fkb_err_argument, 'expected a known extent of the channel axis, not '// &
                    in_shapes(1)%text())
         return
      end if
      if (self%scale) call plan%add_weight('gamma', shape_of([channels]))
      if (self%center) call plan%add_weight('beta', shape_of([channels]))
      call plan%add_weight('moving_mean', shape_of([channels]), trainable=.false.)
      call plan%add_weight('moving_variance', shape_of([channels]), trainable=.false.)
      call add_output(plan, in_shapes(1), error)
      plan%fixed_cache = 3*channels
      plan%fixed_scratch = 4*channels
      plan%can_train = .true.
      plan%batch_coupled = .true.
      plan%infers_when_frozen = .true.
      plan%fuses_activation = .true.
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: inner, c, outer, n
      call split(self, plan, size(x), inner, c, outer)
      associate (mean => scratch(:c), inverse => scratch(c + 1:2*c), &
                 scale => scratch(2*c + 1:3*c), shift => scratch(3*c + 1:4*c))
         if (mode%training) then
            call channel_moments(inner, c, outer, x, mean, scale)
            inverse = 1/sqrt(scale + real(self%epsilon, wp))
            cache(:c) = mean
            cache(c + 1:2*c) = inverse
            cache(2*c + 1:3*c) = scale*unbiased(self, plan, real(inner, dp)*outer)
         else
            call moving_statistics(self, c, weights, mean, inverse)
         end if
         scale = inverse
         shift = 0
         if (self%scale) scale = inverse*weights(:c)
         if (self%center) shift = weights(n_gamma(self, c) + 1:n_gamma(self, c) + c)
         call channel_normalize(inner, c, outer, mean, scale, shift, x, y)
      end associate
      if (plan%activation /= 0) then
         n = max(plan%in_shapes(1)%extent(1), 1)
         call activate_in_place(plan%activation, real(plan%activation_parameters, wp), n, &
                                size(y)/n, y)
      end if
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(batch_normalization_t), intent(in) :: self
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
      logical :: coupled
      integer :: inner, c, outer, g
      real(wp) :: n
      call split(self, plan, size(x), inner, c, outer)
      coupled = mode%training
      n = real(inner, wp)*outer
      g = n_gamma(self, c)
      associate (sum_dy => scratch(:c), sum_dy_x => scratch(c + 1:2*c), &
                 mean => scratch(2*c + 1:3*c), inverse => scratch(3*c + 1:4*c))
         if (coupled) then
            mean = cache(:c)
            inverse = cache(c + 1:2*c)
         else
            call moving_statistics(self, c, weights, mean, inverse)
         end if
         call channel_sums(inner, c, outer, mean, x, dy, sum_dy, sum_dy_x)
         if (self%scale) dweights(:c) = dweights(:c) + sum_dy_x*inverse
         if (self%center) dweights(g + 1:g + c) = dweights(g + 1:g + c) + sum_dy
         if (coupled) then
            sum_dy = sum_dy*inverse/n
            sum_dy_x = sum_dy_x*inverse**3/n
         else
            sum_dy = 0
            sum_dy_x = 0
         end if
         if (self%scale) then
            sum_dy = sum_dy*weights(:c)
            sum_dy_x = sum_dy_x*weights(:c)
            inverse = inverse*weights(:c)
         end if
         call channel_backward(inner, c, outer, mean, inverse, sum_dy_x, sum_dy, x, dy, dx)
      end associate
   end subroutine apply_backward

   !> Move the moving statistics towards those of the batch.
   subroutine update(self, plan, weights, cache, mode)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(inout), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: cache(:)
      type(mode_t), intent(in) :: mode
      integer :: c, first
      if (.not. mode%training) return
      c = plan%weights(size(plan%weights))%shape%extent(1)
      first = n_fixed(self, c)
      call move(weights(first + 1:first + c), cache(:c))
      call move(weights(first + c + 1:first + 2*c), cache(2*c + 1:3*c))

   contains

      subroutine move(moving, batch)
         real(wp), intent(inout) :: moving(:)
         real(wp), intent(in) :: batch(:)
         if (self%keras_2) then
            moving = moving - (moving - batch)*real(real(1 - self%momentum, sp), wp)
         else
            moving = moving*real(self%momentum, wp) + batch*real(1 - self%momentum, wp)
         end if
      end subroutine move

   end subroutine update

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

   !> The tensor as (inner, channels, outer).
   subroutine split(self, plan, total, inner, channels, outer)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: total
      integer, intent(out) :: inner, channels, outer
      type(error_t), allocatable :: error
      integer :: dimension, i
      call storage_dimension(self%axis, plan%in_shapes(1)%rank, dimension, error)
      inner = 1
      do i = 1, dimension - 1
         inner = inner*plan%in_shapes(1)%extent(i)
      end do
      channels = plan%in_shapes(1)%extent(dimension)
      outer = total/max(inner*channels, 1)
   end subroutine split

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

   !> Whether Keras 2 uses the fused kernel: channels along axis 1 or the last one.
   pure logical function is_fused(self, plan)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer :: rank, axis
      rank = plan%in_shapes(1)%rank
      axis = self%axis
      if (axis < 0) axis = axis + rank + 1
      is_fused = self%may_fuse .and. (rank == 3 .or. rank == 4) .and. (axis == 1 .or. axis == rank)
   end function is_fused

   !> What the moving variance takes of the batch's.
   pure real(wp) function unbiased(self, plan, n) result(factor)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in) :: n               !! values of a channel
      factor = 1
      if (is_fused(self, plan)) factor = real(n/max(n - 1, 1.0_dp), wp)
   end function unbiased

end module fkb_batch_normalization_dp
