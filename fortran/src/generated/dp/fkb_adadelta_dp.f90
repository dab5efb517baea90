! Generated from train/fkb_adadelta.fypp: edit that file and run tools/generate.py
!> Adadelta (Zeiler 2012). Keras 3: `Adadelta`.
module fkb_adadelta_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_accumulator_kernels_dp, only: adadelta_update
   use fkb_optimizer_values, only: option_member, read_positive, read_share
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: adadelta_t

   !> a = rho a + (1 - rho) g^2, u = sqrt(d + epsilon) g/sqrt(a + epsilon),
   !> d = rho d + (1 - rho) u^2, w = w - r u.
   !> Options by keyword: `adadelta_t(learning_rate=1.0_dp)`, the rate of the paper.
   type, extends(optimizer_t) :: adadelta_t
      real(dp) :: rho = 0.95_dp
      real(dp) :: epsilon = 1e-7_dp
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type adadelta_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(adadelta_t), intent(in) :: self
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
         call adadelta_update(n, rate, real(self%rho, wp), real(1 - self%rho, wp), &
                              real(self%epsilon, wp), grad(first:last), &
                              state%slots(first:last, 1), state%slots(first:last, 2), &
                              params(first:last))
      end do
   end subroutine update

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(adadelta_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_share(config, 'rho', self%rho, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon', self%epsilon, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(adadelta_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(adadelta_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'accumulated_grad'
      if (i == 2) name = 'accumulated_delta_var'
   end function slot_name

   pure function keras_name(self) result(name)
      class(adadelta_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Adadelta'
   end function keras_name

   pure function keras_options(self) result(json)
      class(adadelta_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('rho', self%rho)//option_member('epsilon', self%epsilon)
   end function keras_options

end module fkb_adadelta_dp
