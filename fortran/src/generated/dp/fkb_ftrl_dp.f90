! Generated from train/fkb_ftrl.fypp: edit that file and run tools/generate.py
!> Follow the regularised leader (McMahan et al. 2013). Keras 3: `Ftrl`.
module fkb_ftrl_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_accumulator_kernels_dp, only: ftrl_update
   use fkb_optimizer_values, only: option_member, read_positive, read_real
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: ftrl_t

   !> b = a + g^2, z = z + g + 2 s w - (b^p - a^p)/r w, q = b^p/r + 2 (l2 + beta/(2 r)),
   !> w = (clip(z, -l1, l1) - z)/q, a = b; p is minus the power of the learning rate.
   !> Options by keyword: `ftrl_t(learning_rate=1e-2_dp, l1_regularization_strength=1e-3_dp)`.
   type, extends(optimizer_t) :: ftrl_t
      real(dp) :: learning_rate_power = -0.5_dp             !! at most 0
      real(dp) :: initial_accumulator_value = 0.1_dp
      real(dp) :: l1_regularization_strength = 0
      real(dp) :: l2_regularization_strength = 0
      real(dp) :: l2_shrinkage_regularization_strength = 0
      real(dp) :: beta = 0
   contains
      procedure :: update
      procedure :: configure
      procedure :: prepare
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type ftrl_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(ftrl_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, l2
      integer :: at
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         l2 = real(self%l2_regularization_strength, wp) + (real(self%beta, wp)/(2*rate))
         call ftrl_update(n, rate, real(-self%learning_rate_power, wp), &
                          real(self%l1_regularization_strength, wp), 2*l2, &
                          real(2*self%l2_shrinkage_regularization_strength, wp), &
                          grad(first:last), state%slots(first:last, 1), &
                          state%slots(first:last, 2), params(first:last))
      end do
   end subroutine update

   !> The accumulators do not begin with zeros; Keras casts their value through real32.
   subroutine prepare(self, state, params, segments)
      class(ftrl_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      real(wp), intent(in) :: params(:)
      type(segment_t), intent(in) :: segments(:)
      call self%prepare_common(state, params, segments)
      state%slots(:, 1) = real(rounded_to_single(self%initial_accumulator_value), wp)
   end subroutine prepare

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(ftrl_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_real(config, 'learning_rate_power', self%learning_rate_power, error)
      if (allocated(error)) return
      call read_positive(config, 'initial_accumulator_value', &
                         self%initial_accumulator_value, error)
      if (allocated(error)) return
      call read_positive(config, 'l1_regularization_strength', &
                         self%l1_regularization_strength, error)
      if (allocated(error)) return
      call read_positive(config, 'l2_regularization_strength', &
                         self%l2_regularization_strength, error)
      if (allocated(error)) return
      call read_positive(config, 'l2_shrinkage_regularization_strength', &
                         self%l2_shrinkage_regularization_strength, error)
      if (allocated(error)) return
      call read_positive(config, 'beta', self%beta, error)
      if (allocated(error)) return
      if (self%learning_rate_power > 0) call raise(error, fkb_err_argument, 'option'// &
         ' "learning_rate_power" of the optimizer must not be more than 0')
      if (allocated(error)) return
      if (.not. self%rate() > 0) call raise(error, fkb_err_argument, 'option "learning_rate" of'// &
         ' the optimizer Ftrl must be more than 0')
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(ftrl_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(ftrl_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'accumulator'
      if (i == 2) name = 'linear'
   end function slot_name

   pure function keras_name(self) result(name)
      class(ftrl_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Ftrl'
   end function keras_name

   pure function keras_options(self) result(json)
      class(ftrl_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('learning_rate_power', self%learning_rate_power)// &
         option_member('initial_accumulator_value', self%initial_accumulator_value)// &
         option_member('l1_regularization_strength', self%l1_regularization_strength)// &
         option_member('l2_regularization_strength', self%l2_regularization_strength)// &
         option_member('l2_shrinkage_regularization_strength', &
                       self%l2_shrinkage_regularization_strength)// &
         option_member('beta', self%beta)
   end function keras_options

end module fkb_ftrl_dp
