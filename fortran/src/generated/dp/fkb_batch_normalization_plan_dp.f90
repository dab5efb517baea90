! Generated from layers/fkb_batch_normalization_plan.fypp: edit that file and run tools/generate.py
!> The options and the plan of batch normalisation.
submodule(fkb_batch_normalization_dp) fkb_batch_normalization_plan_dp
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_initializer_options, only: fill_constant, initializer_from_json, initializer_t
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, get_axes, &
      refuse_option
   use fkb_plan, only: keep_values, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, storage_dimension
   implicit none (type, external)

contains

   module procedure configure
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
      call read_renorm(self, config, error)
      if (allocated(error)) return
      self%keras_2 = config%keras_major <= 2
      if (self%keras_2) self%may_fuse = .not. (is_float64(config) .or. self%renorm)
      call refuse_variants(config, error)
   end procedure configure

   !> Batch renormalisation and the bounds of its correction; without it Keras takes no notice of
   !> them. As in Keras 2, a least r above the largest one is the largest.
   subroutine read_renorm(self, config, error)
      class(batch_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(*), parameter :: bounds = 'renorm_clipping', keys(3) = ['rmin', 'rmax', 'dmax']
      integer :: known, i
      call config%get('renorm', self%renorm, error, default=.false.)
      if (allocated(error)) return
      if (.not. self%renorm) then
         call config%ignore('renorm_clipping renorm_momentum')
         return
      end if
      call read_deviation(self, config)
      call config%get('renorm_momentum', self%renorm_momentum, error, default=0.99_dp)
      if (allocated(error) .or. .not. config%has(bounds)) return
      if (config%kind_of(bounds) /= 'object') then
         call refuse_option(config, bounds, 'expected an object', error)
         return
      end if
      call config%get(bounds//'.rmin', self%rmin, error, default=0.0_dp)
      if (.not. allocated(error)) call config%get(bounds//'.rmax', self%rmax, error, &
         default=unbounded)
      if (.not. allocated(error)) call config%get(bounds//'.dmax', self%dmax, error, &
         default=unbounded)
      if (allocated(error)) return
      known = 0
      do i = 1, size(keys)
         if (config%kind_of(bounds//'.'//keys(i)) /= 'missing') known = known + 1
      end do
      call config%ignore(bounds)
      if (known < config%count(bounds)) call refuse_option(config, bounds, &
         'expected rmin, rmax and dmax at most', error)
   end subroutine read_renorm

   !> What the deviations begin with: the root of a constant that the variance begins with.
   subroutine read_deviation(self, config)
      class(batch_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(initializer_t) :: initializer
      type(error_t), allocatable :: unknown
      character(:), allocatable :: json
      self%first_deviation = -1
      call config%get_raw('moving_variance_initializer', json, unknown, default='"ones"')
      if (.not. allocated(unknown)) call initializer_from_json(json, initializer, unknown)
      if (allocated(unknown)) return
      if (initializer%fill == fill_constant .and. initializer%value >= 0) then
         self%first_deviation = sqrt(initializer%value)
      end if
   end subroutine read_deviation

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

   !> Refuse virtual batches. Synchronised statistics are those of one process.
   subroutine refuse_variants(config, error)
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: synchronized
      call config%get('synchronized', synchronized, error, default=.false.)
      if (allocated(error)) return
      if (config%has('virtual_batch_size')) then
         call refuse_option(config, 'virtual_batch_size', 'only null is supported', error)
      else
         call config%ignore('virtual_batch_size fused')
      end if
   end subroutine refuse_variants

   module procedure lay_out
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
      if (self%renorm) call add_renorm(self, plan, channels)
      call add_output(plan, in_shapes(1), error)
      plan%settings = [1, channels, mask, merge(1, 0, mask > 0 .and. .not. self%keras_2), 0]
      do i = 1, dimension - 1
         plan%settings(at_inner) = plan%settings(at_inner)*in_shapes(1)%extent(i)
      end do
      if (is_fused(self, in_shapes(1)%rank)) then
         plan%settings(at_mask) = 0      ! the fused kernel takes no notice of it
         plan%settings(at_fused) = 1
      end if
      plan%fixed_cache = merge(6, 4, self%renorm)*channels
      plan%fixed_scratch = 4*channels
      if (plan%settings(at_mask) > 0) plan%scratch = closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%batch_coupled = .true.
      plan%infers_when_frozen = .true.
      plan%scales_channels = dimension == 1
      plan%once_in_training = self%renorm
      plan%fuses_activation = .true.
   end procedure lay_out

   !> What batch renormalisation keeps for its training. Deviations begin with the root of what the
   !> variance begins with; where that is random, they keep the file's values.
   subroutine add_renorm(self, plan, channels)
      class(batch_normalization_t), intent(in) :: self
      type(plan_t), intent(inout) :: plan
      integer, intent(in) :: channels
      type(shape_t) :: shape
      character(:), allocatable :: deviation
      character(24) :: value
      shape = shape_of([channels])
      deviation = keep_values
      if (self%first_deviation >= 0) then
         write (value, '(es24.16e3)') self%first_deviation
         deviation = '{"class_name":"Constant","config":{"value":'//trim(adjustl(value))//'}}'
      end if
      call plan%add_weight('moving_stddev', shape, trainable=.false., initializer=deviation)
      call plan%add_weight('renorm_mean', shape, trainable=.false.)
      plan%weights(size(plan%weights))%initial = 'moving_mean'
      call plan%add_weight('renorm_stddev', shape, trainable=.false., initializer=deviation)
   end subroutine add_renorm

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

   !> Whether Keras 2 uses the fused kernel: channels along axis 1 or the last one.
   pure logical function is_fused(self, rank)
      class(batch_normalization_t), intent(in) :: self
      integer, intent(in) :: rank             !! of a sample
      integer :: axis
      axis = self%axis
      if (axis < 0) axis = axis + rank + 1
      is_fused = self%may_fuse .and. (rank == 3 .or. rank == 4) .and. (axis == 1 .or. axis == rank)
   end function is_fused

end submodule fkb_batch_normalization_plan_dp
