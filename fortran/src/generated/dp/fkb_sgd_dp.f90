! Generated from train/fkb_sgd.fypp: edit that file and run tools/generate.py
!> Gradient descent with or without momentum. Keras 3: `SGD`.
module fkb_sgd_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_optimizer_kernels_dp, only: descend, descend_momentum, descend_nesterov
   use fkb_optimizer_values, only: option_member, read_flag, read_share
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: sgd_t

   !> w = w - r g; with momentum m = mu m - r g, w = w + m, or w = w + mu m - r g (Nesterov).
   !> Options by keyword: `sgd_t(learning_rate=0.01_wp, momentum=0.9_wp)`.
   type, extends(optimizer_t) :: sgd_t
      real(dp) :: momentum = 0                  !! from 0, no momentum and no state, to 1
      logical :: nesterov = .false.
   contains
      procedure :: update
      procedure :: configure
      procedure :: default_rate
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type sgd_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(sgd_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, n
      real(dp) :: factor
      real(wp) :: rate, momentum
      integer :: at
      momentum = real(rounded_to_single(self%momentum), wp)     ! Keras casts it through real32
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         n = last - first + 1
         rate = real(self%rate_at(state)*factor, wp)
         if (self%slot_count() == 0) then
            call descend(n, rate, grad(first:last), params(first:last))
         else if (self%nesterov) then
            call descend_nesterov(n, rate, momentum, grad(first:last), state%slots(first:last, 1), &
                                  params(first:last))
         else
            call descend_momentum(n, rate, momentum, grad(first:last), state%slots(first:last, 1), &
                                  params(first:last))
         end if
      end do
   end subroutine update

   !> Read Keras's options; `learning_rate` is 0.01 where it is absent.
   subroutine configure(self, config, error)
      class(sgd_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_share(config, 'momentum', self%momentum, error)
      if (allocated(error)) return
      call read_flag(config, 'nesterov', self%nesterov, error)
   end subroutine configure

   !> Keras's default.
   pure real(dp) function default_rate(self)
      class(sgd_t), intent(in) :: self
      default_rate = 0.01_dp
   end function default_rate

   pure integer function slot_count(self) result(count)
      class(sgd_t), intent(in) :: self
      count = merge(1, 0, abs(self%momentum) > 0)
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(sgd_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'momentum'
   end function slot_name

   pure function keras_name(self) result(name)
      class(sgd_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'SGD'
   end function keras_name

   pure function keras_options(self) result(json)
      class(sgd_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('momentum', self%momentum)//option_member('nesterov', self%nesterov)
   end function keras_options

end module fkb_sgd_dp
