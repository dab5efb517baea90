!> The principal axes of a small covariance matrix.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module practice_axes
   use FKB_KIND, only: wp
   implicit none (type, external)
   private
   public :: principal_axes

   integer, parameter :: most_sweeps = 50

contains

   !> Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations (Golub and Van Loan,
   !> Matrix Computations, section 8.5), the largest value first. The largest part of each vector
   !> is positive, so that numpy's `eigh` gives the same after the same rule.
   subroutine principal_axes(matrix, variances, axes)
      real(wp), intent(in) :: matrix(:, :)
      real(wp), allocatable, intent(out) :: variances(:)    !! falling
      real(wp), allocatable, intent(out) :: axes(:, :)      !! (axis, part)
      real(wp), allocatable :: a(:, :)
      integer :: i, j, n, sweep
      n = size(matrix, 1)
      a = matrix
      allocate (axes(n, n), source=0.0_wp)
      do i = 1, n
         axes(i, i) = 1
      end do
      do sweep = 1, most_sweeps
         if (beside(a) <= epsilon(1.0_wp)**2*sum(a**2)) exit
         do i = 1, n - 1
            do j = i + 1, n
               call rotate(a, axes, i, j)
            end do
         end do
      end do
      variances = [(a(i, i), i=1, n)]
      call sort(variances, axes)
      do i = 1, n
         axes(i, :) = sign(1.0_wp, axes(i, maxloc(abs(axes(i, :)), dim=1)))*axes(i, :)
      end do
   end subroutine principal_axes

   !> The sum of squares beside the diagonal.
   pure real(wp) function beside(a)
      real(wp), intent(in) :: a(:, :)
      integer :: i, j
      beside = 0
      do j = 2, size(a, 2)
         do i = 1, j - 1
            beside = beside + 2*a(i, j)**2
         end do
      end do
   end function beside

   !> Turn axes i and j so that a(i, j) becomes 0.
   pure subroutine rotate(a, axes, i, j)
      real(wp), intent(inout) :: a(:, :), axes(:, :)
      integer, intent(in) :: i, j
      real(wp) :: c, s, t, tau
      if (.not. abs(a(i, j)) > 0) return
      tau = (a(j, j) - a(i, i))/(2*a(i, j))
      t = sign(1.0_wp, tau)/(abs(tau) + sqrt(1 + tau**2))
      c = 1/sqrt(1 + t**2)
      s = t*c
      call turn(a(:, i), a(:, j), c, s)
      call turn(a(i, :), a(j, :), c, s)
      call turn(axes(i, :), axes(j, :), c, s)
   end subroutine rotate

   pure subroutine turn(x, y, c, s)
      real(wp), intent(inout) :: x(:), y(:)
      real(wp), intent(in) :: c, s
      real(wp) :: z(size(x))
      z = c*x - s*y
      y = s*x + c*y
      x = z
   end subroutine turn

   !> The largest value first.
   pure subroutine sort(values, rows)
      real(wp), intent(inout) :: values(:), rows(:, :)
      real(wp) :: row(size(rows, 2)), value
      integer :: best, i
      do i = 1, size(values) - 1
         best = i - 1 + maxloc(values(i:), dim=1)
         value = values(i)
         row = rows(i, :)
         values(i) = values(best)
         rows(i, :) = rows(best, :)
         values(best) = value
         rows(best, :) = row
      end do
   end subroutine sort

end module practice_axes
