! Generated from kernels/fkb_gemm_columns.fypp: edit that file and run tools/generate.py
!> Products of a matrix and one column, which are as fast as memory delivers the matrix. A BLAS need
!> not be: OpenBLAS 0.3.21 takes seven times as long for 256 by 256 on a processor that it does not
!> know.
module fkb_gemm_columns_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: add_column, add_columns, add_products

   !> Partial sums of a product: the values in a 64-byte vector.
   integer, parameter :: lanes = 512/storage_size(1.0_wp)
   !> Rows of `add_column`: as many vectors as stay in registers.
   integer, parameter, public :: height = 16*lanes

contains

   !> c(m) = c + a(m,k) b, b with a stride; eight columns of a at a time, so that
   !> c is rarely stored.
   pure subroutine add_columns(m, k, lda, a, stride, b, c)
      integer, intent(in) :: m, k, lda, stride
      real(wp), intent(in) :: a(lda, k), b(stride, k)
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

   !> c(height) = c + a(height,length) b(length)
   pure subroutine add_column(length, lda, a, b, c)
      integer, intent(in) :: length, lda
      real(wp), intent(in) :: a(lda, length), b(length)
      real(wp), intent(inout) :: c(height)
      real(wp) :: u1(lanes), u2(lanes), u3(lanes), u4(lanes)
      real(wp) :: u5(lanes), u6(lanes), u7(lanes), u8(lanes)
      real(wp) :: u9(lanes), u10(lanes), u11(lanes), u12(lanes)
      real(wp) :: u13(lanes), u14(lanes), u15(lanes), u16(lanes)
      integer :: i, l
      u1 = c(:lanes)
      u2 = c(lanes + 1:2*lanes)
      u3 = c(2*lanes + 1:3*lanes)
      u4 = c(3*lanes + 1:4*lanes)
      u5 = c(4*lanes + 1:5*lanes)
      u6 = c(5*lanes + 1:6*lanes)
      u7 = c(6*lanes + 1:7*lanes)
      u8 = c(7*lanes + 1:8*lanes)
      u9 = c(8*lanes + 1:9*lanes)
      u10 = c(9*lanes + 1:10*lanes)
      u11 = c(10*lanes + 1:11*lanes)
      u12 = c(11*lanes + 1:12*lanes)
      u13 = c(12*lanes + 1:13*lanes)
      u14 = c(13*lanes + 1:14*lanes)
      u15 = c(14*lanes + 1:15*lanes)
      u16 = c(15*lanes + 1:16*lanes)
      do l = 1, length
         do i = 1, lanes
            u1(i) = u1(i) + a(i, l)*b(l)
            u2(i) = u2(i) + a(lanes + i, l)*b(l)
            u3(i) = u3(i) + a(2*lanes + i, l)*b(l)
            u4(i) = u4(i) + a(3*lanes + i, l)*b(l)
            u5(i) = u5(i) + a(4*lanes + i, l)*b(l)
            u6(i) = u6(i) + a(5*lanes + i, l)*b(l)
            u7(i) = u7(i) + a(6*lanes + i, l)*b(l)
            u8(i) = u8(i) + a(7*lanes + i, l)*b(l)
            u9(i) = u9(i) + a(8*lanes + i, l)*b(l)
            u10(i) = u10(i) + a(9*lanes + i, l)*b(l)
            u11(i) = u11(i) + a(10*lanes + i, l)*b(l)
            u12(i) = u12(i) + a(11*lanes + i, l)*b(l)
            u13(i) = u13(i) + a(12*lanes + i, l)*b(l)
            u14(i) = u14(i) + a(13*lanes + i, l)*b(l)
            u15(i) = u15(i) + a(14*lanes + i, l)*b(l)
            u16(i) = u16(i) + a(15*lanes + i, l)*b(l)
         end do
      end do
      c(:lanes) = u1
      c(lanes + 1:2*lanes) = u2
      c(2*lanes + 1:3*lanes) = u3
      c(3*lanes + 1:4*lanes) = u4
      c(4*lanes + 1:5*lanes) = u5
      c(5*lanes + 1:6*lanes) = u6
      c(6*lanes + 1:7*lanes) = u7
      c(7*lanes + 1:8*lanes) = u8
      c(8*lanes + 1:9*lanes) = u9
      c(9*lanes + 1:10*lanes) = u10
      c(10*lanes + 1:11*lanes) = u11
      c(11*lanes + 1:12*lanes) = u12
      c(12*lanes + 1:13*lanes) = u13
      c(13*lanes + 1:14*lanes) = u14
      c(14*lanes + 1:15*lanes) = u15
      c(15*lanes + 1:16*lanes) = u16
   end subroutine add_column

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
