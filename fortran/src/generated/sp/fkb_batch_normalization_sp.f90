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
module fkb_batch_normalization_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp, wp => sp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, get_axes, &
      refuse_option
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_masked_kernels_sp, only: masked_backward, masked_moments, spread_mask
   use fkb_normalization_kernels_sp, only: channel_backward, channel_moments, &
      channel_normalize, channel_sums, channel_tangent
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, storage_dimension
   implicit none (type, external)
   private
   public :: batch_normalization_t

   !> Places in `plan%settings`: extents before the channels, channels, the input that is the mask
   !> (0 for none), whether Keras 3's guard stands in masked counts, and Keras 2's fused kernel.
   integer, parameter :: at_inner = 1, at_channels = 2, at_mask = 3, at_guard = 4, at_fused = 5
   !> Keras's `backend.epsilon()`.
   real(dp), parameter :: count_guard = 1e-7_dp

   !> Keras's `BatchNormalization`. Weights: gamma and beta where used, moving_mean and
   !> moving_variance, all of shape (channels).
   type, extends(layer_t) :: batch_normalization_t
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
      procedure :: forward
      procedure :: backward
      procedure :: tangent
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

   !> Refuse renormalisation and virtual batches. Synchronised statistics are those of one process.
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
      integer :: dimension, channels, mask, i
      mask = plan%input_of(2, 'mask')
      call expect_inputs(in_shapes, merge(2, 1, mask > 0), error)
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
      if (mask > 0) call check_mask(in_shapes(1), in_shapes(mask), error)
      if (allocated(error)) return
      if (self%scale) call plan%add_weight('gamma', shape_of([channels]))
      if (self%center) call plan%add_weight('beta', shape_of([channels]))
      call plan%add_weight('moving_mean', shape_of([channels]), trainable=.false.)
      call plan%add_weight('moving_variance', shape_of([channels]), trainable=.false.)
      call add_output(plan, in_shapes(1), error)
      plan%settings = [1, channels, mask, merge(1, 0, mask > 0 .and. .not. self%keras_2), 0]
      do i = 1, dimension - 1
         plan%settings(at_inner) = plan%settings(at_inner)*in_shapes(1)%extent(i)
      end do
      if (is_fused(self, in_shapes(1)%rank)) then
         plan%settings(at_mask) = 0      ! the fused kernel takes no notice of it
         plan%settings(at_fused) = 1
      end if
      plan%fixed_cache = 4*channels
      plan%fixed_scratch = 4*channels
      if (plan%settings(at_mask) > 0) plan%scratch = closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%batch_coupled = .true.
      plan%infers_when_frozen = .true.
      plan%fuses_activation = .true.
   end subroutine lay_out

   !> Raise an error unless the mask has the input's shape without the last Keras axis.
   subroutine check_mask(in_shape, mask, error)
      type(shape_t), intent(in) :: in_shape, mask
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      integer :: i
      fits = mask%rank == in_shape%rank - 1
      do i = 1, min(mask%rank, in_shape%rank - 1)
         if (mask%extent(i) /= in_shape%extent(i + 1) .and. mask%extent(i) /= open_extent &
             .and. in_shape%extent(i + 1) /= open_extent) fits = .false.
      end do
      if (.not. fits) call raise(error, fkb_err_argument, 'a mask of shape '//mask%text()// &
                                 ' does not fit the input of shape '//in_shape%text())
   end subroutine check_mask

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
         else
            call moving_statistics(self, c, weights, mean, inverse)
         end if
         scale = inverse
         shift = 0
         if (self%scale) scale = inverse*weights(:c)
         if (self%center) shift = weights(n_gamma(self, c) + 1:n_gamma(self, c) + c)
         call channel_normalize(inner, c, outer, mean, scale, shift, x(1)%v, y(1)%v)
      end associate
      if (plan%activation /= 0) then
         n = max(plan%in_shapes(1)%extent(1), 1)
         call activate_in_place(plan%activation, real(plan%activation_parameters, wp), n, &
                                size(y(1)%v)/n, y(1)%v)
      end if
   end subroutine forward

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
      integer :: inner, c, outer, g, n, i
      do i = 2, size(dx)
         dx(i)%v = 0
      end do
      call split(plan, size(x(1)%v), inner, c, outer)
      g = n_gamma(self, c)
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
         if (self%scale) dweights(:c) = dweights(:c) + sum_dy_x*inverse
         if (self%center) dweights(g + 1:g + c) = dweights(g + 1:g + c) + sum_dy
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
         if (self%scale) then
            sum_dy = sum_dy*weights(:c)
            sum_dy_x = sum_dy_x*weights(:c)
            inverse = inverse*weights(:c)
         end if
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

   !> Whether Keras 2 uses the fused kernel: channels along axis 1 or the last one.
   pure logical function is_fused(self, rank)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: rank             !! of a sample
      integer :: axis
      axis = self%axis
      if (axis < 0) axis = axis + rank + 1
      is_fused = self%may_fuse .and. (rank == 3 .or. rank == 4) .and. (axis == 1 .or. axis == rank)
   end function is_fused

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
