! Generated from train/fkb_adagrad.fypp: edit that file and run tools/generate.py
!> Adagrad (Duchi, Hazan and Singer 2011). Keras 3: `Adagrad`.
module fkb_adagrad_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_accumulator_kernels_dp, only: adagrad_update
   use fkb_optimizer_values, only: option_member, read_positive
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: adagrad_t

   !> a = a + g^2, w = w - r g/sqrt(a + epsilon); in Keras 2's old form r g/(sqrt(a) + epsilon).
   !> Options by keyword: `adagrad_t(learning_rate=1e-2_dp)`.
   type, extends(optimizer_t) :: adagrad_t
      real(dp) :: initial_accumulator_value = 0.1_dp
      real(dp) :: epsilon = 1e-7_dp
      logical :: legacy = .false.               !! as Keras 2 before 2.11: sqrt(a) + epsilon
   contains
      procedure :: update
      procedure :: configure
      procedure :: prepare
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type adagrad_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(adagrad_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate
      integer :: at
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         call adagrad_update(n, rate, real(self%epsilon, wp), self%legacy, grad(first:last), &
                             state%slots(first:last, 1), params(first:last))
      end do
   end subroutine update

   !> The accumulators do not begin with zeros; Keras 3 casts their value through real32.
   subroutine prepare(self, state, params, segments)
      class(adagrad_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      real(wp), intent(in) :: params(:)
      type(segment_t), intent(in) :: segments(:)
      real(dp) :: value
      call self%prepare_common(state, params, segments)
      value = self%initial_accumulator_value
      if (self%keras_major /= 2) value = rounded_to_single(value)
      state%slots(:, 1) = real(value, wp)
   end subroutine prepare

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(adagrad_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_positive(config, 'initial_accumulator_value', self%initial_accumulator_value, &
                         error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(adagrad_t), intent(in) :: self
      count = 1
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(adagrad_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'accumulator'
   end function slot_name

   pure function keras_name(self) result(name)
      class(adagrad_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Adagrad'
      if (self%legacy) name = 'legacy>Adagrad'
   end function keras_name

   pure function keras_options(self) result(json)
      class(adagrad_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('initial_accumulator_value', self%initial_accumulator_value)// &
         option_member('epsilon', self%epsilon)
   end function keras_options

end module fkb_adagrad_dp
