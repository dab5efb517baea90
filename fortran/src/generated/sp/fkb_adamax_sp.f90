! Generated from train/fkb_adamax.fypp: edit that file and run tools/generate.py
!> Adamax, Adam with the largest gradient for its root mean square (Kingma and Ba 2015). Keras 3:
!> `Adamax`.
module fkb_adamax_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_sp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_moment_kernels_sp, only: adamax_update
   use fkb_optimizer_kernels_sp, only: power_of
   use fkb_optimizer_values, only: option_member, read_below_one, read_positive
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: adamax_t

   !> m = m + (g - m)(1 - beta_1), u = max(beta_2 u, |g|),
   !> w = w - r m/((1 - beta_1^t)(u + epsilon)).
   !> Options by keyword: `adamax_t(learning_rate=1e-3_dp)`.
   type, extends(optimizer_t) :: adamax_t
      real(dp) :: beta_1 = 0.9_dp
      real(dp) :: beta_2 = 0.999_dp
      real(dp) :: epsilon = 1e-7_dp
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type adamax_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(adamax_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, rest
      integer :: at
      rest = 1 - power_of(self%beta_1, self%updates(state) + 1)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         call adamax_update(n, rate, real(1 - self%beta_1, wp), real(self%beta_2, wp), rest, &
                            real(self%epsilon, wp), grad(first:last), &
                            state%slots(first:last, 1), state%slots(first:last, 2), &
                            params(first:last))
      end do
   end subroutine update

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(adamax_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_1', self%beta_1, error)
      if (allocated(error)) return
      call read_below_one(config, 'beta_2', self%beta_2, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(adamax_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(adamax_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'momentum'
      if (i == 2) name = 'norm'
   end function slot_name

   pure function keras_name(self) result(name)
      class(adamax_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Adamax'
   end function keras_name

   pure function keras_options(self) result(json)
      class(adamax_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_1', self%beta_1)//option_member('beta_2', self%beta_2)// &
         option_member('epsilon', self%epsilon)
   end function keras_options

end module fkb_adamax_sp
