! Generated from train/fkb_lion.fypp: edit that file and run tools/generate.py
!> Lion (Chen et al. 2023). Keras 3: `Lion`.
module fkb_lion_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_moment_kernels_dp, only: lion_update
   use fkb_optimizer_values, only: option_member, read_share
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: lion_t

   !> w = w - r sign(beta_1 m + (1 - beta_1) g), m = beta_2 m + (1 - beta_2) g.
   !> Options by keyword: `lion_t(learning_rate=1e-4_dp)`.
   type, extends(optimizer_t) :: lion_t
      real(dp) :: beta_1 = 0.9_dp                !! above 0
      real(dp) :: beta_2 = 0.99_dp
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type lion_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(lion_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, beta_1, beta_2
      integer :: at
      beta_1 = real(rounded_to_single(self%beta_1), wp)     ! Keras casts both through real32
      beta_2 = real(rounded_to_single(self%beta_2), wp)
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         call lion_update(n, rate, beta_1, beta_2, grad(first:last), state%slots(first:last, 1), &
                          params(first:last))
      end do
   end subroutine update

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(lion_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_share(config, 'beta_1', self%beta_1, error)
      if (allocated(error)) return
      call read_share(config, 'beta_2', self%beta_2, error)
      if (allocated(error)) return
      if (.not. self%beta_1 > 0) call raise(error, fkb_err_argument, 'option "beta_1" of the'// &
         ' optimizer must be more than 0')
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(lion_t), intent(in) :: self
      count = 1
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(lion_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'momentum'
   end function slot_name

   pure function keras_name(self) result(name)
      class(lion_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Lion'
   end function keras_name

   pure function keras_options(self) result(json)
      class(lion_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_1', self%beta_1)//option_member('beta_2', self%beta_2)
   end function keras_options

end module fkb_lion_dp
