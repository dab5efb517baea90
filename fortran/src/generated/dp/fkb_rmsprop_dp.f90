! Generated from train/fkb_rmsprop.fypp: edit that file and run tools/generate.py
!> RMSprop (Tieleman and Hinton 2012). Keras 3: `RMSprop`.
module fkb_rmsprop_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_accumulator_kernels_dp, only: centered_increment, rmsprop_increment, &
      subtract_increment, subtract_momentum
   use fkb_optimizer_values, only: option_member, read_flag, read_positive, read_share
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: rmsprop_t

   !> v = rho v + (1 - rho) g^2, d = r g/sqrt(v + epsilon), w = w - d; centered with v - a^2 for v,
   !> a = rho a + (1 - rho) g; with momentum m = mu m + d, w = w - m. Keras 2's old form without
   !> momentum has its epsilon outside the root, and casts rho and momentum through real32.
   !> Options by keyword: `rmsprop_t(learning_rate=1e-3_dp, rho=0.9_dp)`.
   type, extends(optimizer_t) :: rmsprop_t
      real(dp) :: rho = 0.9_dp
      real(dp) :: momentum = 0                  !! from 0, no momentum and no state of it, to 1
      real(dp) :: epsilon = 1e-7_dp
      logical :: centered = .false.
      logical :: legacy = .false.               !! as Keras 2 before 2.11: sqrt(v) + epsilon
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: slot_is_apart
      procedure :: keras_name
      procedure :: keras_options
   end type rmsprop_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(rmsprop_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, rho, rest, epsilon
      integer :: at
      logical :: outside
      rho = real(self%rho, wp)
      rest = real(1 - self%rho, wp)
      outside = self%legacy .and. .not. self%momentum > 0
      epsilon = real(self%epsilon, wp)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         if (self%centered) then
            call centered_increment(n, rate, rho, rest, epsilon, outside, &
                                    state%slots(first:last, 1), &
                                    state%slots(first:last, self%slot_count()), grad(first:last))
         else
            call rmsprop_increment(n, rate, rho, rest, epsilon, outside, &
                                   state%slots(first:last, 1), grad(first:last))
         end if
         if (self%momentum > 0) then
            call subtract_momentum(n, real(self%momentum, wp), grad(first:last), &
                                   state%slots(first:last, 2), params(first:last))
         else
            call subtract_increment(n, grad(first:last), params(first:last))
         end if
      end do
   end subroutine update

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(rmsprop_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_share(config, 'rho', self%rho, error)
      if (allocated(error)) return
      call read_share(config, 'momentum', self%momentum, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
      if (allocated(error)) return
      call read_flag(config, 'centered', self%centered, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(rmsprop_t), intent(in) :: self
      count = 1 + merge(1, 0, self%momentum > 0) + merge(1, 0, self%centered)
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(rmsprop_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      if (i == 1) then
         name = 'velocity'
      else if (i == 2 .and. self%momentum > 0) then
         name = 'momentum'
      else
         name = 'average_gradient'
      end if
   end function slot_name

   !> Keras makes one slot of all weights after the other.
   pure logical function slot_is_apart(self, i) result(apart)
      class(rmsprop_t), intent(in) :: self
      integer, intent(in) :: i
      apart = i > 1
   end function slot_is_apart

   pure function keras_name(self) result(name)
      class(rmsprop_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'RMSprop'
      if (self%legacy) name = 'legacy>RMSprop'
   end function keras_name

   pure function keras_options(self) result(json)
      class(rmsprop_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('rho', self%rho)//option_member('momentum', self%momentum)// &
         option_member('epsilon', self%epsilon)//option_member('centered', self%centered)
   end function keras_options

end module fkb_rmsprop_dp
