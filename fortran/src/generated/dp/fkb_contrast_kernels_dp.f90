! Generated from kernels/fkb_contrast_kernels.fypp: edit that file and run tools/generate.py
!> Stretches the values of every channel to a given range.
module fkb_contrast_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: stretch, stretch_backward, stretch_tangent

contains

   !> y = v0 + (v1 - v0)(x - low)/(high - low), low and high those of the channel; a channel of
   !> equal values stays as it is.
   pure subroutine stretch(c, n, v0, v1, x, low, high, y)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: v0, v1
      real(wp), intent(in) :: x(c, n)
      real(wp), intent(out) :: low(c), high(c)      !! to work in
      real(wp), intent(out) :: y(c, n)
      integer :: i
      call find_range(c, n, x, low, high)
      do i = 1, n
         y(:, i) = min(max((x(:, i) - low)/(high - low), 0.0_wp), 1.0_wp)*(v1 - v0) + v0
         y(:, i) = merge(y(:, i), x(:, i), high > low)
      end do
   end subroutine stretch

   !> dx of `stretch`; cells that share the lowest or highest value share its gradient.
   pure subroutine stretch_backward(c, n, v0, v1, x, dy, low, high, work, dx)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: v0, v1
      real(wp), intent(in) :: x(c, n), dy(c, n)
      real(wp), intent(out) :: low(c), high(c), work(c, 5)   !! to work in
      real(wp), intent(out) :: dx(c, n)
      integer :: i
      call find_range(c, n, x, low, high)
      associate (slope => work(:, 1), to_low => work(:, 2), to_high => work(:, 3), &
                 n_low => work(:, 4), n_high => work(:, 5))
         slope = merge((v1 - v0)/merge(high - low, 1.0_wp, high > low), 0.0_wp, high > low)
         work(:, 2:) = 0
         do i = 1, n
            to_low = to_low + dy(:, i)*slope*(x(:, i) - high)/merge(high - low, 1.0_wp, high > low)
            to_high = to_high - dy(:, i)*slope*(x(:, i) - low)/merge(high - low, 1.0_wp, high > low)
            n_low = n_low + merge(1.0_wp, 0.0_wp, x(:, i) <= low)
            n_high = n_high + merge(1.0_wp, 0.0_wp, x(:, i) >= high)
         end do
         do i = 1, n
            dx(:, i) = dy(:, i)*slope
            dx(:, i) = dx(:, i) + merge(to_low/max(n_low, 1.0_wp), 0.0_wp, x(:, i) <= low)
            dx(:, i) = dx(:, i) + merge(to_high/max(n_high, 1.0_wp), 0.0_wp, x(:, i) >= high)
            dx(:, i) = merge(dx(:, i), dy(:, i), high > low)
         end do
      end associate
   end subroutine stretch_backward

   !> dy of `stretch` from dx; cells that share the lowest or highest value count by their mean.
   pure subroutine stretch_tangent(c, n, v0, v1, x, dx, low, high, work, dy)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: v0, v1
      real(wp), intent(in) :: x(c, n), dx(c, n)
      real(wp), intent(out) :: low(c), high(c), work(c, 5)   !! to work in
      real(wp), intent(out) :: dy(c, n)
      integer :: i
      call find_range(c, n, x, low, high)
      associate (width => work(:, 1), dlow => work(:, 2), dhigh => work(:, 3), &
                 n_low => work(:, 4), n_high => work(:, 5))
         width = merge(high - low, 1.0_wp, high > low)
         work(:, 2:) = 0
         do i = 1, n
            dlow = dlow + merge(dx(:, i), 0.0_wp, x(:, i) <= low)
            dhigh = dhigh + merge(dx(:, i), 0.0_wp, x(:, i) >= high)
            n_low = n_low + merge(1.0_wp, 0.0_wp, x(:, i) <= low)
            n_high = n_high + merge(1.0_wp, 0.0_wp, x(:, i) >= high)
         end do
         dlow = dlow/max(n_low, 1.0_wp)
         dhigh = dhigh/max(n_high, 1.0_wp)
         do i = 1, n
            dy(:, i) = (v1 - v0)/width*(dx(:, i) + ((x(:, i) - high)*dlow - &
               (x(:, i) - low)*dhigh)/width)
            dy(:, i) = merge(dy(:, i), dx(:, i), high > low)
         end do
      end associate
   end subroutine stretch_tangent

   !> The lowest and highest value of each channel.
   pure subroutine find_range(c, n, x, low, high)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: x(c, n)
      real(wp), intent(out) :: low(c), high(c)
      integer :: i
      low = x(:, 1)
      high = x(:, 1)
      do i = 2, n
         low = min(low, x(:, i))
         high = max(high, x(:, i))
      end do
   end subroutine find_range

end module fkb_contrast_kernels_dp
