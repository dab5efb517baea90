!> Keras's initializers by their names and options: plain data, the same for both kinds.
module fkb_initializer_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8
   use fkb_object_config, only: object_from_json
   use fkb_shape, only: max_rank, shape_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: initializer_t, initializer_from_json, default_initializer, fans_of, scaled_variance

   !> What an initializer does.
   integer, parameter, public :: fill_constant = 1, fill_identity = 2, fill_uniform = 3, &
      fill_normal = 4, fill_truncated = 5, fill_scaled = 6, fill_orthogonal = 7

   !> What `fill_scaled` divides the variance by.
   integer, parameter, public :: by_fan_in = 1, by_fan_out = 2, by_mean_fan = 3

   !> The standard deviation of a standard normal variable that is cut at two of its deviations.
   real(dp), parameter, public :: truncated_deviation = 0.87962566103423978_dp

   !> An initializer. Safe to copy.
   type :: initializer_t
      integer :: fill = fill_constant          !! what it does
      real(dp) :: value = 0                    !! constant, gain, or scale of the variance
      real(dp) :: low = 0, high = 0            !! of uniform numbers
      real(dp) :: mean = 0, deviation = 1      !! of normal numbers
      integer :: mode = by_fan_in              !! of `fill_scaled`
      integer :: distribution = fill_truncated !! of `fill_scaled`: uniform, normal, truncated
      integer :: n_in = 0, n_out = 0           !! axes that count for the fans, 0: by the shape
      integer :: in_axes(max_rank) = 0         !! Keras's, from 0 or, from the last, -1
      integer :: out_axes(max_rank) = 0        !! Keras's
      logical :: has_seed = .false.            !! `seed` takes the place of the caller's
      integer(i8) :: seed = 0
   end type initializer_t

contains

   !> The initializer that a Keras configuration means: a name, `"glorot_uniform"`, with or without
   !> quotes, or an object, `{"class_name":"RandomNormal","config":{"stddev":0.1}}`.
   !> Raises an error for an unknown name, and for options that are unknown or out of range.
   subroutine initializer_from_json(given, initializer, error)
      character(*), intent(in) :: given           !! JSON, or a bare name
      type(initializer_t), intent(out) :: initializer
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: name, unread
      call object_from_json(given, 'initializer', name, config, error)
      config%class_name = name
      if (allocated(error)) return
      call read_options(name(index(name, '>') + 1:), config, initializer, error)
      if (.not. allocated(error)) call read_seed(config, initializer, error)
      if (allocated(error)) return
      call config%ignore('dtype')                 ! Keras 2.1 to 2.3 write it
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'the initializer '// &
                                      quote(name)//' has no option '//unread)
   end subroutine initializer_from_json

   !> Read the options of one class. Keras knows classes also by their names in snake case.
   subroutine read_options(name, config, initializer, error)
      character(*), intent(in) :: name
      type(config_t), intent(inout) :: config
      type(initializer_t), intent(inout) :: initializer
      type(error_t), allocatable, intent(out) :: error
      select case (name)
      case ('Zeros', 'zeros', 'zero', 'ZerosV2')
         initializer%value = 0
      case ('Ones', 'ones', 'one', 'OnesV2')
         initializer%value = 1
      case ('Constant', 'constant', 'ConstantV2')
         call read_constant(config, initializer%value, error)
      case ('Identity', 'identity', 'IdentityInitializer', 'IdentityV2')
         initializer%fill = fill_identity
         call config%get('gain', initializer%value, error, default=1.0_dp)
      case ('Orthogonal', 'orthogonal', 'OrthogonalInitializer', 'OrthogonalV2')
         initializer%fill = fill_orthogonal
         call config%get('gain', initializer%value, error, default=1.0_dp)
      case ('RandomUniform', 'random_uniform', 'uniform', 'RandomUniformV2')
         initializer%fill = fill_uniform
         call config%get('minval', initializer%low, error, default=-0.05_dp)
         if (.not. allocated(error)) call config%get('maxval', initializer%high, error, &
                                                     default=0.05_dp)
      case ('RandomNormal', 'random_normal', 'normal', 'RandomNormalV2')
         call read_normal(config, fill_normal, initializer, error)
      case ('TruncatedNormal', 'truncated_normal', 'TruncatedNormalV2')
         call read_normal(config, fill_truncated, initializer, error)
      case ('VarianceScaling', 'variance_scaling', 'VarianceScalingV2')
         call read_scaling(config, initializer, error)
      case ('STFT', 'stft', 'STFTInitializer')
         call raise(error, fkb_err_unsupported, 'the initializer '//quote(name)//' is not '// &
                    'supported: make the kernels of STFTSpectrogram in Keras')
      case default
         call read_scaled(name, initializer, error)
      end select
   end subroutine read_options

   !> The classes that are `VarianceScaling` with fixed options.
   subroutine read_scaled(name, initializer, error)
      character(*), intent(in) :: name
      type(initializer_t), intent(inout) :: initializer
      type(error_t), allocatable, intent(out) :: error
      initializer%fill = fill_scaled
      initializer%value = 1
      initializer%mode = by_fan_in
      initializer%distribution = fill_truncated
      select case (name)
      case ('GlorotUniform', 'glorot_uniform', 'GlorotUniformV2', 'glorot_uniformV2')
         initializer%mode = by_mean_fan
         initializer%distribution = fill_uniform
      case ('GlorotNormal', 'glorot_normal', 'GlorotNormalV2', 'glorot_normalV2')
         initializer%mode = by_mean_fan
      case ('HeUniform', 'he_uniform', 'HeUniformV2', 'he_uniformV2')
         initializer%value = 2
         initializer%distribution = fill_uniform
      case ('HeNormal', 'he_normal', 'HeNormalV2', 'he_normalV2')
         initializer%value = 2
      case ('LecunUniform', 'lecun_uniform', 'LecunUniformV2', 'lecun_uniformV2')
         initializer%distribution = fill_uniform
      case ('LecunNormal', 'lecun_normal', 'LecunNormalV2', 'lecun_normalV2')
         continue
      case default
         call raise(error, fkb_err_unknown, 'the initializer '//quote(name)//' is not known: '// &
                    'use one of Keras''s, such as "glorot_uniform"')
      end select
   end subroutine read_scaled

   !> The value of `Constant`.
   subroutine read_constant(config, value, error)
      type(config_t), intent(inout) :: config
      real(dp), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      value = 0
      select case (config%kind_of('value'))
      case ('array', 'object')
         call raise(error, fkb_err_unsupported, 'option "value" of the initializer "Constant" '// &
                    'is not one number: give a number, and set the weights themselves')
      case default
         call config%get('value', value, error, default=0.0_dp)
      end select
   end subroutine read_constant

   subroutine read_normal(config, fill, initializer, error)
      type(config_t), intent(inout) :: config
      integer, intent(in) :: fill
      type(initializer_t), intent(inout) :: initializer
      type(error_t), allocatable, intent(out) :: error
      initializer%fill = fill
      call config%get('mean', initializer%mean, error, default=0.0_dp)
      if (.not. allocated(error)) call config%get('stddev', initializer%deviation, error, &
                                                  default=0.05_dp)
      if (allocated(error)) return
      if (initializer%deviation < 0) call raise(error, fkb_err_argument, 'option "stddev" of '// &
         'the initializer must not be negative')
   end subroutine read_normal

   !> The options of `VarianceScaling`.
   subroutine read_scaling(config, initializer, error)
      type(config_t), intent(inout) :: config
      type(initializer_t), intent(inout) :: initializer
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: mode, distribution
      initializer%fill = fill_scaled
      call config%get('scale', initializer%value, error, default=1.0_dp)
      if (.not. allocated(error)) call config%get('mode', mode, error, default='fan_in')
      if (.not. allocated(error)) call config%get('distribution', distribution, error, &
                                                  default='truncated_normal')
      if (.not. allocated(error)) call read_axes(config, 'input_axes', initializer%in_axes, &
                                                 initializer%n_in, error)
      if (.not. allocated(error)) call read_axes(config, 'output_axes', initializer%out_axes, &
                                                 initializer%n_out, error)
      if (allocated(error)) return
      if (.not. initializer%value > 0) then
         call raise(error, fkb_err_argument, 'option "scale" of the initializer must be positive')
         return
      end if
      select case (mode)
      case ('fan_in')
         initializer%mode = by_fan_in
      case ('fan_out')
         initializer%mode = by_fan_out
      case ('fan_avg')
         initializer%mode = by_mean_fan
      case default
         initializer%mode = 0
      end select
      select case (distribution)
      case ('uniform', 'Uniform')
         initializer%distribution = fill_uniform
      case ('normal', 'truncated_normal', 'Normal')
         initializer%distribution = fill_truncated
      case ('untruncated_normal')
         initializer%distribution = fill_normal
      case default
         initializer%distribution = 0
      end select
      if (initializer%mode == 0) then
         call raise(error, fkb_err_argument, 'option "mode" of the initializer is '// &
                    quote(mode)//', not "fan_in", "fan_out" or "fan_avg"')
      else if (initializer%distribution == 0) then
         call raise(error, fkb_err_argument, 'option "distribution" of the initializer is '// &
                    quote(distribution)//', not "uniform", "truncated_normal" or '// &
                    '"untruncated_normal"')
      end if
   end subroutine read_scaling

   !> Axes that count for a fan; null where the shape decides.
   subroutine read_axes(config, key, axes, n, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(out) :: axes(max_rank), n
      type(error_t), allocatable, intent(out) :: error
      axes = 0
      n = 0
      if (config%has(key)) then
         call config%get_list(key, axes, n, error)
      else
         call config%ignore(key)
      end if
   end subroutine read_axes

   !> An integer, null, or a serialised `SeedGenerator`.
   subroutine read_seed(config, initializer, error)
      type(config_t), intent(inout) :: config
      type(initializer_t), intent(inout) :: initializer
      type(error_t), allocatable, intent(out) :: error
      initializer%has_seed = config%has('seed')
      if (.not. initializer%has_seed) then
         call config%ignore('seed')
      else if (config%kind_of('seed') == 'object') then
         call config%get('seed.config.seed', initializer%seed, error)
      else
         call config%get('seed', initializer%seed, error)
      end if
   end subroutine read_seed

   !> What Keras's layers give a weight whose option names no initializer, by the option's name:
   !> `kernel` for `kernel_initializer`. Empty where there is no such rule.
   pure function default_initializer(options) result(name)
      character(*), intent(in) :: options
      character(:), allocatable :: name
      select case (options)
      case ('kernel', 'depthwise', 'pointwise')
         name = 'glorot_uniform'
      case ('recurrent')
         name = 'orthogonal'
      case ('bias', 'beta', 'moving_mean', 'alpha')
         name = 'zeros'
      case ('gamma', 'moving_variance')
         name = 'ones'
      case ('embeddings')
         name = 'uniform'
      case default
         name = ''
      end select
   end function default_initializer

   !> How many values go into one output and come out of one input. Source: `compute_fans` of
   !> Keras 3.15, keras/src/initializers/random_initializers.py.
   !> Raises an error for axes that the weight does not have.
   pure subroutine fans_of(initializer, shape, fan_in, fan_out, problem)
      type(initializer_t), intent(in) :: initializer
      type(shape_t), intent(in) :: shape              !! storage order: Keras's reversed
      real(dp), intent(out) :: fan_in, fan_out
      character(:), allocatable, intent(out) :: problem   !! allocated where an axis is none
      real(dp) :: taps
      fan_in = 1
      fan_out = 1
      if (initializer%n_in > 0 .and. initializer%n_out > 0) then
         call count_axes(shape, initializer%in_axes(:initializer%n_in), fan_in, problem)
         call count_axes(shape, initializer%out_axes(:initializer%n_out), fan_out, problem)
      else if (shape%rank == 1) then
         fan_in = shape%extent(1)
         fan_out = shape%extent(1)
      else if (shape%rank > 1) then
         taps = product(real(shape%extent(3:shape%rank), dp))
         fan_in = shape%extent(2)*taps
         fan_out = shape%extent(1)*taps
      end if
   end subroutine fans_of

   !> Multiply a fan by the extents of these axes.
   pure subroutine count_axes(shape, axes, fan, problem)
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: axes(:)
      real(dp), intent(inout) :: fan
      character(:), allocatable, intent(inout) :: problem
      integer :: axis, i
      do i = 1, size(axes)
         axis = axes(i)
         if (axis < 0) axis = axis + shape%rank
         if (axis < 0 .or. axis >= shape%rank) then
            problem = 'axis '//decimal(axes(i))//' is none of a weight of shape '//shape%text()
         else
            fan = fan*shape%extent(shape%rank - axis)
         end if
      end do
   end subroutine count_axes

   !> The variance that `VarianceScaling` aims at.
   pure real(dp) function scaled_variance(initializer, fan_in, fan_out) result(variance)
      type(initializer_t), intent(in) :: initializer
      real(dp), intent(in) :: fan_in, fan_out
      select case (initializer%mode)
      case (by_fan_in)
         variance = initializer%value/max(1.0_dp, fan_in)
      case (by_fan_out)
         variance = initializer%value/max(1.0_dp, fan_out)
      case default
         variance = initializer%value/max(1.0_dp, (fan_in + fan_out)/2)
      end select
   end function scaled_variance

end module fkb_initializer_options
