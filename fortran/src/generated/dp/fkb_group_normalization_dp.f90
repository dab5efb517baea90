! Generated from layers/fkb_group_normalization.fypp: edit that file and run tools/generate.py
!> Keras's `GroupNormalization`: y = gamma (x - mean)/sqrt(variance + epsilon) + beta, the mean and
!> the biased variance of each sample over a group of channels and all other axes
!> (https://arxiv.org/abs/1803.08494, equation 7).
module fkb_group_normalization_dp
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_group_kernels_dp, only: group_backward, group_forward, group_sums, &
      group_tangent
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs, get_axes, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, storage_dimension
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: group_normalization_t

   !> Keras's `GroupNormalization`. Weights: gamma and beta where used, of shape (channels).
   !> Settings: inner extent, channels of a group, groups, outer extent.
   type, extends(unary_layer_t) :: group_normalization_t
      integer :: groups = 32               !! groups of channels; -1: one for each channel
      integer :: axis = -1                 !! Keras's, of the channels
      real(dp) :: epsilon = 1e-3_dp        !! added to the variance
      logical :: center = .true.           !! whether there is a beta
      logical :: scale = .true.            !! whether there is a gamma
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type group_normalization_t

contains

   subroutine configure(self, config, error)
      class(group_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axes(max_rank), n
      call config%get('groups', self%groups, error, default=32)
      if (allocated(error)) return
      if (self%groups < 1 .and. self%groups /= -1) then
         call refuse_option(config, 'groups', 'expected a positive integer or -1', error)
         return
      end if
      call get_axes(config, 'axis', axes, n, error, default=[-1])
      if (allocated(error)) return
      if (n /= 1) then
         call refuse_option(config, 'axis', 'expected one axis', error)
         return
      end if
      self%axis = axes(1)
      call config%get('epsilon', self%epsilon, error, default=1e-3_dp)
      if (allocated(error)) return
      call config%get('center', self%center, error, default=.true.)
      if (allocated(error)) return
      call config%get('scale', self%scale, error, default=.true.)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(group_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: channels, dimension, groups
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
      groups = self%groups
      if (groups == -1) groups = channels
      if (groups < 1 .or. groups > channels .or. modulo(channels, max(groups, 1)) /= 0) then
         call raise(error, fkb_err_argument, 'option "groups" is '//decimal(groups)// &
                    ', which does not divide the '//decimal(channels)//' channels')
         return
      end if
      if (self%scale) call plan%add_weight('gamma', shape_of([channels]))
      if (self%center) call plan%add_weight('beta', shape_of([channels]))
      call add_output(plan, in_shapes(1), error)
      if (allocated(error)) return
      plan%cache = 2*groups
      plan%scratch = 2*groups
      plan%fixed_scratch = 3*channels
      plan%fixed_tangent_scratch = 4*channels
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (.not. in_shapes(1)%closed()) return
      associate (extent => in_shapes(1)%extent)
         plan%settings = [product(extent(:dimension - 1)), channels/groups, groups, &
                          product(extent(dimension + 1:))]
      end associate
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(group_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: channels, first, groups, j, moments
      groups = plan%settings(3)
      channels = plan%settings(2)*groups
      moments = 2*groups*size(x, 2)
      associate (gamma => scratch(moments + 1:moments + channels), &
                 beta => scratch(moments + channels + 1:moments + 2*channels))
         call factors(self, channels, weights, gamma, beta)
         do j = 1, size(x, 2)
            first = 2*groups*(j - 1)
            call group_forward(plan%settings(1), plan%settings(2), groups, plan%settings(4), &
                               real(self%epsilon, wp), gamma, beta, x(:, j), y(:, j), &
                               scratch(first + 1:first + 2*groups))
         end do
      end associate
      if (size(cache) >= moments) cache(:moments) = scratch(:moments)
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(group_normalization_t), intent(in) :: self
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
      integer :: channels, first, groups, j
      groups = plan%settings(3)
      channels = plan%settings(2)*groups
      associate (gamma => scratch(:channels), dgamma => scratch(channels + 1:2*channels), &
                 dbeta => scratch(2*channels + 1:3*channels), settings => plan%settings)
         call factors(self, channels, weights, gamma, dbeta)
         dgamma = 0
         dbeta = 0
         do j = 1, size(x, 2)
            first = 2*groups*(j - 1)
            associate (moments => cache(first + 1:first + 2*groups))
               call group_sums(settings(1), settings(2), groups, settings(4), x(:, j), moments, &
                               dy(:, j), dgamma, dbeta)
               call group_backward(settings(1), settings(2), groups, settings(4), gamma, x(:, j), &
                                   moments, dy(:, j), dx(:, j))
            end associate
         end do
         first = 0
         if (self%scale) then
            dweights(:channels) = dweights(:channels) + dgamma
            first = channels
         end if
         if (self%center) dweights(first + 1:first + channels) = &
            dweights(first + 1:first + channels) + dbeta
      end associate
   end subroutine apply_backward

   !> gamma and beta, 1 and 0 where there are none.
   pure subroutine factors(self, channels, weights, gamma, beta)
      class(group_normalization_t), intent(in) :: self
      integer, intent(in) :: channels
      real(wp), intent(in) :: weights(:)
      real(wp), intent(out) :: gamma(channels), beta(channels)
      integer :: first
      gamma = 1
      beta = 0
      first = 0
      if (self%scale) then
         gamma = weights(:channels)
         first = channels
      end if
      if (self%center) beta = weights(first + 1:first + channels)
   end subroutine factors

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(group_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dx(:, :)
      real(wp), intent(out), contiguous :: dy(:, :)
      type(mode_t), intent(in) :: mode
      integer :: channels, first, groups, j
      groups = plan%settings(3)
      channels = plan%settings(2)*groups
      associate (gamma => scratch(:channels), beta => scratch(channels + 1:2*channels), &
                 dgamma => scratch(2*channels + 1:3*channels), &
                 dbeta => scratch(3*channels + 1:4*channels), settings => plan%settings)
         call factors(self, channels, weights, gamma, beta)
         dgamma = 0
         dbeta = 0
         if (size(dweights) > 0) then
            call factors(self, channels, dweights, dgamma, dbeta)
            if (.not. self%scale) dgamma = 0
         end if
         do j = 1, size(x, 2)
            first = 2*groups*(j - 1)
            call group_tangent(settings(1), settings(2), groups, settings(4), gamma, dgamma, &
                               dbeta, x(:, j), cache(first + 1:first + 2*groups), dx(:, j), &
                               dy(:, j))
         end do
      end associate
   end subroutine apply_tangent

end module fkb_group_normalization_dp
