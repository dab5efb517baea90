! Generated from train/fkb_adam.fypp: edit that file and run tools/generate.py
!> Adam (Kingma and Ba 2015), in Keras 3's form: `Adam`, and `AdamW` with a weight decay.
module fkb_adam_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_optimizer_kernels_dp, only: adam_update, amsgrad_update, power_of
   use fkb_optimizer_values, only: option_member, read_below_one, read_flag, read_positive
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: adam_t

   !> m = m + (g - m)(1 - beta_1), v = v + (g^2 - v)(1 - beta_2),
   !> w = w - a m/(sqrt(v) + epsilon), a = r sqrt(1 - beta_2^t)/(1 - beta_1^t).
   !> Options by keyword: `adam_t(learning_rate=1e-3_wp)`.
   type, extends(optimizer_t) :: adam_t
      real(dp) :: beta_1 = 0.9_dp
      real(dp) :: beta_2 = 0.999_dp
      real(dp) :: epsilon = 1e-7_dp
      logical :: amsgrad = .false.              !! the largest v so far instead of v
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: slot_is_apart
      procedure :: keras_name
      procedure :: keras_options
   end type adam_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(adam_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: alpha, c1, c2, epsilon, power_1, power_2
      integer :: at
      power_1 = power_of(self%beta_1, self%updates(state) + 1)
      power_2 = power_of(self%beta_2, self%updates(state) + 1)
      c1 = real(1 - self%beta_1, wp)
      c2 = real(1 - self%beta_2, wp)
      epsilon = real(self%epsilon, wp)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         alpha = (real(self%rate_at(state)*factor, wp)*sqrt(1 - power_2))/(1 - power_1)
         if (self%amsgrad) then
            call amsgrad_update(n, alpha, c1, c2, epsilon, grad(first:last), &
                                state%slots(first:last, 1), state%slots(first:last, 2), &
                                state%slots(first:last, 3), params(first:last))
         else
            call adam_update(n, alpha, c1, c2, epsilon, grad(first:last), &
                             state%slots(first:last, 1), state%slots(first:last, 2), &
                             params(first:last))
         end if
      end do
   end subroutine update

   !> Read Keras's options; those that are absent have Keras's defaults.
   subroutine configure(self, config, error)
      class(adam_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_1', self%beta_1, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_2', self%beta_2, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
      if (allocated(error)) return
      call read_flag(config, 'amsgrad', self%amsgrad, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(adam_t), intent(in) :: self
      count = merge(3, 2, self%amsgrad)
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(adam_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      select case (i)
      case (1)
         name = 'momentum'
      case (2)
         name = 'velocity'
      case default
         name = 'velocity_hat'
      end select
   end function slot_name

   !> Keras makes the third slot after the other two of all weights.
   pure logical function slot_is_apart(self, i)
      class(adam_t), intent(in) :: self
      integer, intent(in) :: i
      slot_is_apart = i == 3
   end function slot_is_apart

   pure function keras_name(self) result(name)
      class(adam_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Adam'
   end function keras_name

   pure function keras_options(self) result(json)
      class(adam_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_1', self%beta_1)//option_member('beta_2', self%beta_2)// &
         option_member('epsilon', self%epsilon)//option_member('amsgrad', self%amsgrad)
   end function keras_options

end module fkb_adam_dp
