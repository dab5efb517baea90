! Generated from train/fkb_lamb.fypp: edit that file and run tools/generate.py
!> Lamb (You et al. 2020): Adam with steps as long as the weight. Keras 3: `Lamb`.
module fkb_lamb_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_sp, only: optimizer_state_t, optimizer_t
   use fkb_moment_kernels_sp, only: lamb_direction
   use fkb_optimizer_kernels_sp, only: descend, power_of, square_sum
   use fkb_optimizer_values, only: option_member, read_below_one, read_positive
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: lamb_t

   !> u = m'/(sqrt(v') + epsilon) with Adam's m and v without their bias, w = w - r u |w|/|u| for
   !> every weight.
   !> Options by keyword: `lamb_t(learning_rate=1e-3_dp)`.
   type, extends(optimizer_t) :: lamb_t
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
   end type lamb_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(lamb_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      real(wp) :: c1, c2, rest_1, rest_2, w_norm, u_norm, ratio
      integer :: i
      c1 = real(1 - self%beta_1, wp)
      c2 = real(1 - self%beta_2, wp)
      rest_1 = 1 - power_of(self%beta_1, self%updates(state) + 1)
      rest_2 = 1 - power_of(self%beta_2, self%updates(state) + 1)
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last, &
                    n => segments(i)%last - segments(i)%first + 1)
            call lamb_direction(n, c1, c2, rest_1, rest_2, real(self%epsilon, wp), &
                                state%slots(first:last, 1), state%slots(first:last, 2), &
                                grad(first:last))
            w_norm = real(sqrt(square_sum(n, params(first:last))), wp)
            u_norm = real(sqrt(square_sum(n, grad(first:last))), wp)
            ratio = 1
            if (w_norm > 0 .and. u_norm > 0) ratio = w_norm/u_norm
            ratio = ratio*real(self%rate_at(state)*segments(i)%rate_factor, wp)
            call descend(n, ratio, grad(first:last), params(first:last))
         end associate
      end do
   end subroutine update

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(lamb_t), intent(inout) :: self
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
      class(lamb_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(lamb_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'momentum'
      if (i == 2) name = 'velocity'
   end function slot_name

   pure function keras_name(self) result(name)
      class(lamb_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Lamb'
   end function keras_name

   pure function keras_options(self) result(json)
      class(lamb_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_1', self%beta_1)//option_member('beta_2', self%beta_2)// &
         option_member('epsilon', self%epsilon)
   end function keras_options

end module fkb_lamb_sp
