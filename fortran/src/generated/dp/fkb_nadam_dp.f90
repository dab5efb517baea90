! Generated from train/fkb_nadam.fypp: edit that file and run tools/generate.py
!> Nadam, Adam with Nesterov's momentum (Dozat 2016). Keras 3: `Nadam`.
module fkb_nadam_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_moment_kernels_dp, only: nadam_update
   use fkb_optimizer_state_dp, only: state_list_t
   use fkb_optimizer_values, only: option_member, read_below_one, read_positive
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: nadam_t

   !> u_t = beta_1 (1 - 0.5 0.96^t), p = u_1 u_2 ... u_t, m and v as Adam's,
   !> h = u_{t+1} m/(1 - p u_{t+1}) + (1 - u_t) g/(1 - p),
   !> w = w - r h/(sqrt(v/(1 - beta_2^t)) + epsilon). The product p is state.
   !> Options by keyword: `nadam_t(learning_rate=1e-3_dp)`.
   type, extends(optimizer_t) :: nadam_t
      real(dp) :: beta_1 = 0.9_dp
      real(dp) :: beta_2 = 0.999_dp
      real(dp) :: epsilon = 1e-7_dp
      real(dp) :: schedule_decay = 0.004_dp     !! of the old form: 0.96^(schedule_decay t)
      logical :: legacy = .false.               !! as Keras 2 before 2.11
   contains
      procedure :: update
      procedure :: configure
      procedure :: prepare
      procedure :: list_own
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type nadam_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(nadam_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, beta_1, beta_2, u(2), product, rest
      integer :: at
      integer(i8) :: t
      t = self%updates(state) + 1
      beta_1 = real(rounded_to_single(self%beta_1), wp)     ! Keras casts both through real32
      beta_2 = real(rounded_to_single(self%beta_2), wp)
      u(1) = beta_1*fading(self, t, rounded_to_single(0.96_dp))
      u(2) = beta_1*fading(self, t + 1, rounded_to_single(0.96_dp))
      if (self%keras_major == 2 .or. self%legacy) then
         state%extra(1) = state%extra(1)*u(1)
      else                                                  ! but not for their product
         state%extra(1) = (state%extra(1)*real(self%beta_1, wp))*fading(self, t, 0.96_dp)
      end if
      product = state%extra(1)
      rest = 1 - real(real(beta_2, dp)**real(t, dp), wp)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         call nadam_update(n, rate, [1 - beta_1, 1 - beta_2], u(2), 1 - (product*u(2)), 1 - u(1), &
                           1 - product, rest, real(self%epsilon, wp), grad(first:last), &
                           state%slots(first:last, 1), state%slots(first:last, 2), &
                           params(first:last))
      end do
   end subroutine update

   !> 1 - 0.5 base^t, in the old form with t times the decay of the schedule
   pure real(wp) function fading(self, t, base)
      class(nadam_t), intent(in) :: self
      integer(i8), intent(in) :: t
      real(dp), intent(in) :: base
      real(wp) :: power
      power = real(t, wp)
      if (self%legacy) power = real(self%schedule_decay, wp)*power
      fading = 1 - 0.5_wp*real(real(real(base, wp), dp)**real(power, dp), wp)
   end function fading

   !> The product begins with 1.
   subroutine prepare(self, state, params, segments)
      class(nadam_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      real(wp), intent(in) :: params(:)
      type(segment_t), intent(in) :: segments(:)
      call self%prepare_common(state, params, segments)
      state%extra = [1.0_wp]
   end subroutine prepare

   !> The product stands behind the slots.
   subroutine list_own(self, segments, list)
      class(nadam_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      type(state_list_t), intent(inout) :: list
      call self%list_slots(segments, list)
      call list%add_extra('u_product', 1_i8, shape_t(), 0)
   end subroutine list_own

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(nadam_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_1', self%beta_1, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_2', self%beta_2, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
      if (allocated(error) .or. .not. self%legacy) return
      call read_positive(config, 'schedule_decay', self%schedule_decay, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(nadam_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(nadam_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'momentum'
      if (i == 2) name = 'velocity'
   end function slot_name

   pure function keras_name(self) result(name)
      class(nadam_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Nadam'
      if (self%legacy) name = 'legacy>Nadam'
   end function keras_name

   pure function keras_options(self) result(json)
      class(nadam_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_1', self%beta_1)//option_member('beta_2', self%beta_2)// &
         option_member('epsilon', self%epsilon)
      if (self%legacy) json = json//option_member('schedule_decay', self%schedule_decay)
   end function keras_options

end module fkb_nadam_dp
