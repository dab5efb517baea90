! Generated from train/fkb_rprop.fypp: edit that file and run tools/generate.py
!> Rprop for gradients of the whole data: iRprop- of Igel and Huesken (2003), Empirical evaluation
!> of the improved Rprop learning algorithms, Neurocomputing 50. Keras has no such optimizer.
module fkb_rprop_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_sp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_optimizer_values, only: option_member
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: rprop_t

   !> Each weight has a step size d of its own, at first the learning rate. Where the gradient keeps
   !> its sign, d = min(eta_plus d, step_max); where it changes, d = max(eta_minus d, step_min) and
   !> g = 0; then w = w - sign(g) d. Options by keyword: `rprop_t(learning_rate=0.01_dp)`.
   type, extends(optimizer_t) :: rprop_t
      real(dp) :: eta_minus = 0.5_dp             !! below 1
      real(dp) :: eta_plus = 1.2_dp              !! above 1
      real(dp) :: step_min = 1e-6_dp
      real(dp) :: step_max = 50
   contains
      procedure :: update
      procedure :: configure
      procedure :: default_rate
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type rprop_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(rprop_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last
      real(dp) :: factor
      real(wp) :: bounds(2), etas(2)
      integer :: at
      bounds = real([self%step_min, self%step_max], wp)
      etas = real([self%eta_minus, self%eta_plus], wp)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         call resilient_update(last - first + 1, real(self%rate_at(state)*factor, wp), etas, &
                               bounds, grad(first:last), state%slots(first:last, 1), &
                               state%slots(first:last, 2), params(first:last))
      end do
   end subroutine update

   pure subroutine resilient_update(n, rate, etas, bounds, g, size, before, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate               !! first step size
      real(wp), intent(in) :: etas(2), bounds(2)
      real(wp), intent(in) :: g(n)
      real(wp), intent(inout) :: size(n)         !! step sizes, 0 before the first step
      real(wp), intent(inout) :: before(n)       !! the last gradient, 0 where its sign has changed
      real(wp), intent(inout) :: w(n)
      real(wp) :: now
      integer(i8) :: i
      do i = 1, n
         if (.not. size(i) > 0) size(i) = rate
         now = g(i)
         if (now > 0 .and. before(i) > 0 .or. now < 0 .and. before(i) < 0) then
            size(i) = min(etas(2)*size(i), bounds(2))
         else if (now > 0 .and. before(i) < 0 .or. now < 0 .and. before(i) > 0) then
            size(i) = max(etas(1)*size(i), bounds(1))
            now = 0
         end if
         if (now > 0) w(i) = w(i) - size(i)
         if (now < 0) w(i) = w(i) + size(i)
         before(i) = now
      end do
   end subroutine resilient_update

   !> Read the options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(rprop_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (.not. allocated(error)) call read_value(config, 'eta_minus', self%eta_minus, error)
      if (.not. allocated(error)) call read_value(config, 'eta_plus', self%eta_plus, error)
      if (.not. allocated(error)) call read_value(config, 'step_min', self%step_min, error)
      if (.not. allocated(error)) call read_value(config, 'step_max', self%step_max, error)
      if (allocated(error)) return
      if (.not. (self%eta_minus > 0 .and. self%eta_minus < 1 .and. self%eta_plus > 1)) then
         call raise(error, fkb_err_argument, 'options "eta_minus" and "eta_plus" of the'// &
                    ' optimizer must lie between 0 and 1, and above 1')
      else if (.not. (self%step_min > 0 .and. self%step_min <= self%step_max)) then
         call raise(error, fkb_err_argument, 'options "step_min" and "step_max" of the'// &
                    ' optimizer must be positive and in ascending order')
      end if
   end subroutine configure

   subroutine read_value(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: default
      default = value
      call config%get(key, value, error, default=default)
   end subroutine read_value

   !> The first step size.
   pure real(dp) function default_rate(self)
      class(rprop_t), intent(in) :: self
      default_rate = 0.01_dp
   end function default_rate

   pure integer function slot_count(self) result(count)
      class(rprop_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(rprop_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'gradient'
      if (i == 1) name = 'step_size'
   end function slot_name

   !> The name in model files; Keras knows no such class, so that an exported model is not compiled.
   pure function keras_name(self) result(name)
      class(rprop_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Rprop'
   end function keras_name

   pure function keras_options(self) result(json)
      class(rprop_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('eta_minus', self%eta_minus)//option_member('eta_plus', &
         self%eta_plus)//option_member('step_min', self%step_min)//option_member('step_max', &
         self%step_max)
   end function keras_options

end module fkb_rprop_sp
