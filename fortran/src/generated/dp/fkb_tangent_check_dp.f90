! Generated from layers/fkb_tangent_check.fypp: edit that file and run tools/generate.py
!> Checks the forward derivative of a layer against its backward and against differences.
module fkb_tangent_check_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
   use fkb_error, only: error_t, fkb_err_numeric, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t, tensor_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: check_tangent

   !> What <J v, w> and <v, J' w> may differ by, of |J v| |w| + |v| |J' w|; sums are real64.
   logical, parameter :: accurate = epsilon(1.0_wp) < 1e-10_wp
   real(dp), parameter :: dot_tolerance = merge(1e-12_dp, 1e-5_dp, accurate)
   !> Step of the difference quotients, and what they may be off by, of the scale of the values; in
   !> real32 none are taken, because a step would reach over the kinks of piecewise functions.
   real(wp), parameter :: step = epsilon(1.0_wp)**(1/3.0_wp)
   real(wp), parameter :: difference_tolerance = 200*epsilon(1.0_wp)/step

contains

   !> The forward derivative in inference is finite, keeps to its memory, leaves the cache, is the
   !> adjoint of backward, with and without directions of the weights, and in real64 is what
   !> differences give.
   subroutine check_tangent(probe, check_x, error)
      type(layer_probe_t), intent(inout), target :: probe   !! filled
      logical, intent(in) :: check_x                        !! false for inputs that are indices
      type(error_t), allocatable, intent(out) :: error
      type(tensor_t), allocatable :: y_dot(:)
      logical :: with_weights
      integer :: i, pass
      do pass = 1, 2
         with_weights = pass == 2
         call probe%forward(mode_t(), with_cache=.true.)
         call probe%tangent(mode_t(), with_weights)
         y_dot = probe%y_dot
         call probe%tangent(mode_t(), with_weights)
         do i = 1, size(y_dot)
            call demand(all(ieee_is_finite(y_dot(i)%v)), 'the tangent of output '//decimal(i)// &
                        ' is not finite', error)
            call demand(all(abs(probe%y_dot(i)%v - y_dot(i)%v) <= 0), &
                        'a second tangent is another one: the cache has changed', error)
         end do
         call demand(probe%guards_hold(), 'tangent writes beyond its cache or scratch', error)
         if (.not. allocated(error)) call check_adjoint(probe, with_weights, error)
         if (.not. allocated(error) .and. accurate) then
            call check_differences(probe, y_dot, check_x, with_weights, error)
         end if
         if (allocated(error)) return
      end do
   end subroutine check_tangent

   !> <J v, w> = <v, J' w>
   subroutine check_adjoint(probe, with_weights, error)
      type(layer_probe_t), intent(inout), target :: probe
      logical, intent(in) :: with_weights
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: forward, reverse, sizes(4)
      integer :: i
      if (.not. probe%plan%can_train) return
      probe%gradient = 0
      call probe%backward(mode_t())
      forward = 0
      reverse = 0
      sizes = 0
      do i = 1, size(probe%y)
         forward = forward + dot(probe%y_dot(i)%v, probe%dy(i)%v)
         sizes(1) = sizes(1) + dot(probe%y_dot(i)%v, probe%y_dot(i)%v)
         sizes(2) = sizes(2) + dot(probe%dy(i)%v, probe%dy(i)%v)
      end do
      do i = 1, size(probe%x)
         reverse = reverse + dot(probe%x_dot(i)%v, probe%dx(i)%v)
         sizes(3) = sizes(3) + dot(probe%x_dot(i)%v, probe%x_dot(i)%v)
         sizes(4) = sizes(4) + dot(probe%dx(i)%v, probe%dx(i)%v)
      end do
      if (with_weights) then
         do i = 1, size(probe%gradient)
            reverse = reverse + real(probe%weights_dot(i), dp)*probe%gradient(i)
            sizes(3) = sizes(3) + real(probe%weights_dot(i), dp)**2
            if (abs(probe%weights_dot(i)) > 0) sizes(4) = sizes(4) + real(probe%gradient(i), dp)**2
         end do
      end if
      sizes = sqrt(sizes)
      call demand(abs(forward - reverse) <= dot_tolerance*(sizes(1)*sizes(2) + sizes(3)*sizes(4)), &
                  'the tangent is not the adjoint of backward'// &
                  trim(merge(' for the weights', '                ', with_weights))//': '// &
                  numbers(forward, reverse), error)
   end subroutine check_adjoint

   pure real(dp) function dot(a, b)
      real(wp), intent(in) :: a(:, :), b(:, :)
      dot = sum(real(a, dp)*real(b, dp))
   end function dot

   !> Differences of the fourth order along the direction.
   subroutine check_differences(probe, y_dot, check_x, with_weights, error)
      type(layer_probe_t), intent(inout), target :: probe
      type(tensor_t), intent(in) :: y_dot(:)
      logical, intent(in) :: check_x, with_weights
      type(error_t), allocatable, intent(out) :: error
      type(tensor_t), allocatable :: slope(:), x(:)
      real(wp), allocatable :: weights(:)
      real(wp), parameter :: factor(-2:2) = [1.0_wp, -8.0_wp, 0.0_wp, 8.0_wp, -1.0_wp]
      real(wp) :: scale
      integer :: i, m
      x = probe%x
      weights = probe%weights
      slope = y_dot
      do i = 1, size(slope)
         slope(i)%v = 0
      end do
      do m = -2, 2
         if (m == 0) cycle
         do i = 1, size(x)
            if (check_x .and. .not. probe%is_mask(i)) probe%x(i)%v = x(i)%v + &
               m*step*probe%x_dot(i)%v
         end do
         if (with_weights) probe%weights = weights + m*step*probe%weights_dot
         call probe%forward(mode_t())
         do i = 1, size(slope)
            slope(i)%v = slope(i)%v + factor(m)*probe%y(i)%v/(12*step)
         end do
      end do
      probe%x = x
      probe%weights = weights
      do i = 1, size(slope)
         scale = 1
         if (size(slope(i)%v) > 0) scale = max(scale, maxval(abs(slope(i)%v)))
         call demand(all(abs(slope(i)%v - y_dot(i)%v) <= difference_tolerance*scale), &
                     'the tangent of output '//decimal(i)//' is not that of differences'// &
                     worst(y_dot(i)%v, slope(i)%v), error)
      end do
   end subroutine check_differences

   !> `: 0.5 and 0.25`, where the two differ most.
   function worst(a, b) result(text)
      real(wp), intent(in) :: a(:, :), b(:, :)
      character(:), allocatable :: text
      integer :: at(2)
      at = maxloc(abs(a - b))
      text = ''
      if (all(at > 0)) text = ': '//numbers(real(a(at(1), at(2)), dp), real(b(at(1), at(2)), dp))
   end function worst

   function numbers(a, b) result(text)
      real(dp), intent(in) :: a, b
      character(:), allocatable :: text
      character(60) :: buffer
      write (buffer, '(es20.12,a,es20.12)') a, ' and ', b
      text = trim(adjustl(buffer))
   end function numbers

   subroutine demand(condition, message, error)
      logical, intent(in) :: condition
      character(*), intent(in) :: message
      type(error_t), allocatable, intent(inout) :: error
      if (.not. condition .and. .not. allocated(error)) call raise(error, fkb_err_numeric, message)
   end subroutine demand

end module fkb_tangent_check_dp
