! Generated from kernels/fkb_gemm_columns.fypp: edit that file and run tools/generate.py
!> Products of a matrix and one column, which are as fast as memory delivers the matrix. A BLAS need
!> not be: OpenBLAS 0.3.21 takes seven times as long for 256 by 256 on a processor that it does not
!> know.
module fkb_gemm_columns_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: add_columns, add_products

   !> Partial sums of a product: the values in a 64-byte vector.
   integer, parameter :: lanes = 512/storage_size(1.0_wp)

contains

   !> c(m) = c + a(m,k) b, b with a stride; eight columns of a at a time, so that
   !> c is rarely stored.
   pure subroutine add_columns(m, k, a, stride, b, c)
      integer, intent(in) :: m, k, stride
      real(wp), intent(in) :: a(m, k), b(stride, k)
      real(wp), intent(inout) :: c(m)
      integer :: i, l
      do l = 1, k - 7, 8
         do i = 1, m
            c(i) = c(i) + a(i, l)*b(1, l) + a(i, l + 1)*b(1, l + 1) + a(i, l + 2)*b(1, l + 2) &
               + a(i, l + 3)*b(1, l + 3) + a(i, l + 4)*b(1, l + 4) + a(i, l + 5)*b(1, l + 5) &
               + a(i, l + 6)*b(1, l + 6) + a(i, l + 7)*b(1, l + 7)
         end do
      end do
      do l = k - mod(k, 8) + 1, k
         do i = 1, m
            c(i) = c(i) + a(i, l)*b(1, l)
         end do
      end do
   end subroutine add_columns

   !> c(m) = c + transpose(a(k,m)) b; four products at a time, each in `lanes` partial sums.
   pure subroutine add_products(m, k, a, b, c)
      integer, intent(in) :: m, k
      real(wp), intent(in) :: a(k, m), b(k)
      real(wp), intent(inout) :: c(m)
      real(wp) :: s1(lanes), s2(lanes), s3(lanes), s4(lanes)
      integer :: i, j, l
      do j = 1, m - 3, 4
         s1 = 0
         s2 = 0
         s3 = 0
         s4 = 0
         do l = 0, k - lanes, lanes
            do i = 1, lanes
               s1(i) = s1(i) + a(l + i, j)*b(l + i)
               s2(i) = s2(i) + a(l + i, j + 1)*b(l + i)
               s3(i) = s3(i) + a(l + i, j + 2)*b(l + i)
               s4(i) = s4(i) + a(l + i, j + 3)*b(l + i)
            end do
         end do
         do l = k - mod(k, lanes) + 1, k
            s1(1) = s1(1) + a(l, j)*b(l)
            s2(1) = s2(1) + a(l, j + 1)*b(l)
            s3(1) = s3(1) + a(l, j + 2)*b(l)
            s4(1) = s4(1) + a(l, j + 3)*b(l)
         end do
         c(j) = c(j) + folded(s1)
         c(j + 1) = c(j + 1) + folded(s2)
         c(j + 2) = c(j + 2) + folded(s3)
         c(j + 3) = c(j + 3) + folded(s4)
      end do
      do j = m - mod(m, 4) + 1, m
         s1 = 0
         do l = 0, k - lanes, lanes
            s1 = s1 + a(l + 1:l + lanes, j)*b(l + 1:l + lanes)
         end do
         do l = k - mod(k, lanes) + 1, k
            s1(1) = s1(1) + a(l, j)*b(l)
         end do
         c(j) = c(j) + folded(s1)
      end do
   end subroutine add_products

   !> The sum of partial sums, halves added first.
   pure real(wp) function folded(s)
      real(wp), intent(in) :: s(lanes)
      real(wp) :: t(lanes)
      integer :: length
      t = s
      length = lanes/2
      do while (length >= 1)
         t(:length) = t(:length) + t(length + 1:2*length)
         length = length/2
      end do
      folded = t(1)
   end function folded

end module fkb_gemm_columns_dp
