! Generated from kernels/fkb_length_kernels.fypp: edit that file and run tools/generate.py
!> Kernels of the layers that divide a column by its length: y = x/length.
!>
!> The length is sqrt(mean(x**2) + epsilon), or sqrt(sum(x**2)) with a lower bound.
module fkb_length_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: mean_square_lengths, bounded_lengths, divide_by_lengths, length_backward

contains

   !> 1/sqrt(mean(x**2) + epsilon) of each column, and what its derivative is scaled with.
   pure subroutine mean_square_lengths(n, columns, epsilon, x, inverse)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: epsilon
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(out) :: inverse(2, columns)     !! 1/length; slope, see `length_backward`
      integer :: j
      do j = 1, columns
         inverse(1, j) = 1/sqrt(real(sum(real(x(:, j), dp)**2)/n, wp) + epsilon)
         inverse(2, j) = 1/real(n, wp)
      end do
   end subroutine mean_square_lengths

   !> 1/sqrt(sum(x**2)) of each column. Where the sum is below `least`, 1/length is `most` and does
   !> not change with x.
   pure subroutine bounded_lengths(n, columns, least, most, x, inverse)
      integer, intent(in) :: n, columns
      real(dp), intent(in) :: least, most
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(out) :: inverse(2, columns)     !! 1/length; slope, see `length_backward`
      real(dp) :: total
      integer :: j
      do j = 1, columns
         total = sum(real(x(:, j), dp)**2)
         if (total > least) then
            inverse(1, j) = real(1/sqrt(total), wp)
            inverse(2, j) = 1
         else
            inverse(1, j) = real(most, wp)
            inverse(2, j) = 0
         end if
      end do
   end subroutine bounded_lengths

   !> y = x/length
   pure subroutine divide_by_lengths(n, columns, inverse, x, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: inverse(2, columns), x(n, columns)
      real(wp), intent(out) :: y(n, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = x(:, j)*inverse(1, j)
      end do
   end subroutine divide_by_lengths

   !> dx = dy/length - slope*x*sum(dy*x)/length**3
   pure subroutine length_backward(n, columns, inverse, x, dy, dx)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: inverse(2, columns), x(n, columns), dy(n, columns)
      real(wp), intent(out) :: dx(n, columns)
      real(wp) :: slope
      integer :: j
      do j = 1, columns
         slope = 0
         if (inverse(2, j) > 0) slope = inverse(2, j)*inverse(1, j)**2* &
            real(sum(real(dy(:, j)*(x(:, j)*inverse(1, j)), dp)), wp)
         dx(:, j) = inverse(1, j)*dy(:, j) - x(:, j)*slope
      end do
   end subroutine length_backward

end module fkb_length_kernels_sp
