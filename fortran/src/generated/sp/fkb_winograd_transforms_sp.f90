! Generated from kernels/fkb_winograd_transforms.fypp: edit that file and run tools/generate.py
!> Winograd's transforms along one axis, for the points 0, a, -a, b, -b and infinity.
!>
!> With a = sqrt(1/2) and b = sqrt(2) the rounding error is about that of the plain sum (Wang et al.
!> 2021 compare points); with whole numbers it would be several times as large. The product of the
!> polynomials is Toom's and Cook's, its transpose the convolution: Lavin and Gray 2016.
!> Each procedure works on `rows` values side by side.
module fkb_winograd_transforms_sp
   use fkb_gemm_tiles_sp, only: rows
   use fkb_kinds, only: wp => sp
   use fkb_winograd_plan, only: points
   implicit none (type, external)
   private
   public :: transform_input, transform_kernel, transform_output, spread_kernel, spread_output

   real(wp), parameter :: a = 0.70710678118654752440_wp, b = 1.41421356237309504880_wp

contains

   !> Values at the points, from six neighbours.
   pure subroutine transform_input(ldx, x, y)
      integer, intent(in) :: ldx
      real(wp), intent(in) :: x(ldx, points)          !! `rows` values of each neighbour
      real(wp), intent(out) :: y(rows, points)
      real(wp) :: even, odd
      integer :: i
      do i = 1, rows
         y(i, 1) = x(i, 1) - 2.5_wp*x(i, 3) + x(i, 5)
         even = x(i, 5) - 2*x(i, 3)
         odd = a*(x(i, 4) - 2*x(i, 2))
         y(i, 2) = even + odd
         y(i, 3) = even - odd
         even = x(i, 5) - 0.5_wp*x(i, 3)
         odd = b*(x(i, 4) - 0.5_wp*x(i, 2))
         y(i, 4) = even + odd
         y(i, 5) = even - odd
         y(i, 6) = x(i, 2) - 2.5_wp*x(i, 4) + x(i, 6)
      end do
   end subroutine transform_input

   !> Values at the points, from the taps, 3 or 5.
   pure subroutine transform_kernel(taps, ldx, x, y)
      integer, intent(in) :: taps, ldx
      real(wp), intent(in) :: x(ldx, taps)            !! `rows` values of each tap
      real(wp), intent(out) :: y(rows, points)
      real(wp), parameter :: near = -2.0_wp/3.0_wp, far = 1.0_wp/6.0_wp
      real(wp) :: even, odd, x4, x5
      integer :: i
      do i = 1, rows
         x4 = 0
         x5 = 0
         if (taps == 5) then
            x4 = x(i, 4)
            x5 = x(i, 5)
         end if
         y(i, 1) = x(i, 1)
         even = near*(x(i, 1) + 0.5_wp*x(i, 3) + 0.25_wp*x5)
         odd = near*a*(x(i, 2) + 0.5_wp*x4)
         y(i, 2) = even + odd
         y(i, 3) = even - odd
         even = far*(x(i, 1) + 2*x(i, 3) + 4*x5)
         odd = far*b*(x(i, 2) + 2*x4)
         y(i, 4) = even + odd
         y(i, 5) = even - odd
         y(i, 6) = x(i, taps)
      end do
   end subroutine transform_kernel

   !> Outputs, 4 or 2, from the products at the points.
   pure subroutine transform_output(outputs, ldx, x, y)
      integer, intent(in) :: outputs, ldx
      real(wp), intent(in) :: x(ldx, points)          !! `rows` values of each point
      real(wp), intent(out) :: y(rows, outputs)
      real(wp) :: near, far
      integer :: i
      if (outputs == 2) then
         do i = 1, rows
            y(i, 1) = x(i, 1) + (x(i, 2) + x(i, 3)) + (x(i, 4) + x(i, 5))
            y(i, 2) = a*(x(i, 2) - x(i, 3)) + b*(x(i, 4) - x(i, 5)) + x(i, 6)
         end do
      else
         do i = 1, rows
            near = x(i, 2) + x(i, 3)
            far = x(i, 4) + x(i, 5)
            y(i, 1) = x(i, 1) + near + far
            y(i, 3) = 0.5_wp*near + 2*far
            near = a*(x(i, 2) - x(i, 3))
            far = b*(x(i, 4) - x(i, 5))
            y(i, 2) = near + far
            y(i, 4) = 0.5_wp*near + 2*far + x(i, 6)
         end do
      end if
   end subroutine transform_output

   !> The transpose of `transform_output`.
   pure subroutine spread_output(outputs, ldx, x, y)
      integer, intent(in) :: outputs, ldx
      real(wp), intent(in) :: x(ldx, outputs)         !! `rows` values of each output
      real(wp), intent(out) :: y(rows, points)
      real(wp) :: even, odd, x3, x4
      integer :: i
      do i = 1, rows
         x3 = 0
         x4 = 0
         if (outputs == 4) then
            x3 = x(i, 3)
            x4 = x(i, 4)
         end if
         y(i, 1) = x(i, 1)
         even = x(i, 1) + 0.5_wp*x3
         odd = a*(x(i, 2) + 0.5_wp*x4)
         y(i, 2) = even + odd
         y(i, 3) = even - odd
         even = x(i, 1) + 2*x3
         odd = b*(x(i, 2) + 2*x4)
         y(i, 4) = even + odd
         y(i, 5) = even - odd
         y(i, 6) = x(i, outputs)
      end do
   end subroutine spread_output

   !> The transpose of `transform_kernel`.
   pure subroutine spread_kernel(taps, ldx, x, y)
      integer, intent(in) :: taps, ldx
      real(wp), intent(in) :: x(ldx, points)          !! `rows` values of each point
      real(wp), intent(out) :: y(rows, taps)
      real(wp), parameter :: near = -2.0_wp/3.0_wp, far = 1.0_wp/6.0_wp
      real(wp) :: even(2), odd(2)
      integer :: i
      do i = 1, rows
         even = [near*(x(i, 2) + x(i, 3)), far*(x(i, 4) + x(i, 5))]
         odd = [near*a*(x(i, 2) - x(i, 3)), far*b*(x(i, 4) - x(i, 5))]
         y(i, 1) = x(i, 1) + even(1) + even(2)
         y(i, 2) = odd(1) + odd(2)
         y(i, 3) = 0.5_wp*even(1) + 2*even(2)
         if (taps == 5) then
            y(i, 4) = 0.5_wp*odd(1) + 2*odd(2)
            y(i, 5) = 0.25_wp*even(1) + 4*even(2)
         end if
         y(i, taps) = y(i, taps) + x(i, 6)
      end do
   end subroutine spread_kernel

end module fkb_winograd_transforms_sp
