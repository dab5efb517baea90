! Generated from kernels/fkb_conv_window_tiles.fypp: edit that file and run tools/generate.py
!> The innermost loops of a convolution without patches: tiles that stay in vector registers.
!>
!> The columns of the tile read from places of their own, the windows of eight output positions.
!> As in `fkb_gemm_tiles`, each element is one chain of multiply-adds over ascending l that starts
!> from what c holds, and a module of its own keeps the loops apart.
module fkb_conv_window_tiles_dp
   use fkb_gemm_tiles_dp, only: columns, half, rows
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: add_window_tile, add_narrow_window_tile, add_half_window_tile, add_dots

   !> Columns of a narrow tile.
   integer, parameter, public :: narrow = columns - 1

contains

   !> c(rows,j) = c + a(rows,length) b_j(length), for each of the columns
   pure subroutine add_window_tile(length, a, b1, b2, b3, b4, b5, b6, b7, b8, ldc, c)
      integer, intent(in) :: length, ldc
      real(wp), intent(in) :: a(rows, length)
      real(wp), intent(in) :: b1(length), b2(length), b3(length), b4(length)
      real(wp), intent(in) :: b5(length), b6(length), b7(length), b8(length)
      real(wp), intent(inout) :: c(ldc, columns)
      real(wp) :: u1(half), u2(half), u3(half), u4(half), u5(half), u6(half), u7(half), u8(half)
      real(wp) :: v1(half), v2(half), v3(half), v4(half), v5(half), v6(half), v7(half), v8(half)
      integer :: i, l
      u1 = c(:half, 1)
      u2 = c(:half, 2)
      u3 = c(:half, 3)
      u4 = c(:half, 4)
      u5 = c(:half, 5)
      u6 = c(:half, 6)
      u7 = c(:half, 7)
      u8 = c(:half, 8)
      v1 = c(half + 1:rows, 1)
      v2 = c(half + 1:rows, 2)
      v3 = c(half + 1:rows, 3)
      v4 = c(half + 1:rows, 4)
      v5 = c(half + 1:rows, 5)
      v6 = c(half + 1:rows, 6)
      v7 = c(half + 1:rows, 7)
      v8 = c(half + 1:rows, 8)
      do l = 1, length
         do i = 1, half
            u1(i) = u1(i) + a(i, l)*b1(l)
            u2(i) = u2(i) + a(i, l)*b2(l)
            u3(i) = u3(i) + a(i, l)*b3(l)
            u4(i) = u4(i) + a(i, l)*b4(l)
            u5(i) = u5(i) + a(i, l)*b5(l)
            u6(i) = u6(i) + a(i, l)*b6(l)
            u7(i) = u7(i) + a(i, l)*b7(l)
            u8(i) = u8(i) + a(i, l)*b8(l)
         end do
         do i = 1, half
            v1(i) = v1(i) + a(half + i, l)*b1(l)
            v2(i) = v2(i) + a(half + i, l)*b2(l)
            v3(i) = v3(i) + a(half + i, l)*b3(l)
            v4(i) = v4(i) + a(half + i, l)*b4(l)
            v5(i) = v5(i) + a(half + i, l)*b5(l)
            v6(i) = v6(i) + a(half + i, l)*b6(l)
            v7(i) = v7(i) + a(half + i, l)*b7(l)
            v8(i) = v8(i) + a(half + i, l)*b8(l)
         end do
      end do
      c(:half, 1) = u1
      c(:half, 2) = u2
      c(:half, 3) = u3
      c(:half, 4) = u4
      c(:half, 5) = u5
      c(:half, 6) = u6
      c(:half, 7) = u7
      c(:half, 8) = u8
      c(half + 1:rows, 1) = v1
      c(half + 1:rows, 2) = v2
      c(half + 1:rows, 3) = v3
      c(half + 1:rows, 4) = v4
      c(half + 1:rows, 5) = v5
      c(half + 1:rows, 6) = v6
      c(half + 1:rows, 7) = v7
      c(half + 1:rows, 8) = v8
   end subroutine add_window_tile

   !> The same for one column less: the 49 positions of an image of 7 x 7 are seven such tiles.
   pure subroutine add_narrow_window_tile(length, a, b1, b2, b3, b4, b5, b6, b7, ldc, c)
      integer, intent(in) :: length, ldc
      real(wp), intent(in) :: a(rows, length)
      real(wp), intent(in) :: b1(length), b2(length), b3(length), b4(length)
      real(wp), intent(in) :: b5(length), b6(length), b7(length)
      real(wp), intent(inout) :: c(ldc, narrow)
      real(wp) :: u1(half), u2(half), u3(half), u4(half), u5(half), u6(half), u7(half)
      real(wp) :: v1(half), v2(half), v3(half), v4(half), v5(half), v6(half), v7(half)
      integer :: i, l
      u1 = c(:half, 1)
      u2 = c(:half, 2)
      u3 = c(:half, 3)
      u4 = c(:half, 4)
      u5 = c(:half, 5)
      u6 = c(:half, 6)
      u7 = c(:half, 7)
      v1 = c(half + 1:rows, 1)
      v2 = c(half + 1:rows, 2)
      v3 = c(half + 1:rows, 3)
      v4 = c(half + 1:rows, 4)
      v5 = c(half + 1:rows, 5)
      v6 = c(half + 1:rows, 6)
      v7 = c(half + 1:rows, 7)
      do l = 1, length
         do i = 1, half
            u1(i) = u1(i) + a(i, l)*b1(l)
            u2(i) = u2(i) + a(i, l)*b2(l)
            u3(i) = u3(i) + a(i, l)*b3(l)
            u4(i) = u4(i) + a(i, l)*b4(l)
            u5(i) = u5(i) + a(i, l)*b5(l)
            u6(i) = u6(i) + a(i, l)*b6(l)
            u7(i) = u7(i) + a(i, l)*b7(l)
         end do
         do i = 1, half
            v1(i) = v1(i) + a(half + i, l)*b1(l)
            v2(i) = v2(i) + a(half + i, l)*b2(l)
            v3(i) = v3(i) + a(half + i, l)*b3(l)
            v4(i) = v4(i) + a(half + i, l)*b4(l)
            v5(i) = v5(i) + a(half + i, l)*b5(l)
            v6(i) = v6(i) + a(half + i, l)*b6(l)
            v7(i) = v7(i) + a(half + i, l)*b7(l)
         end do
      end do
      c(:half, 1) = u1
      c(:half, 2) = u2
      c(:half, 3) = u3
      c(:half, 4) = u4
      c(:half, 5) = u5
      c(:half, 6) = u6
      c(:half, 7) = u7
      c(half + 1:rows, 1) = v1
      c(half + 1:rows, 2) = v2
      c(half + 1:rows, 3) = v3
      c(half + 1:rows, 4) = v4
      c(half + 1:rows, 5) = v5
      c(half + 1:rows, 6) = v6
      c(half + 1:rows, 7) = v7
   end subroutine add_narrow_window_tile

   !> The same for the upper half of the rows; the others stay as they are.
   pure subroutine add_half_window_tile(length, a, b1, b2, b3, b4, b5, b6, b7, b8, ldc, c)
      integer, intent(in) :: length, ldc
      real(wp), intent(in) :: a(rows, length)
      real(wp), intent(in) :: b1(length), b2(length), b3(length), b4(length)
      real(wp), intent(in) :: b5(length), b6(length), b7(length), b8(length)
      real(wp), intent(inout) :: c(ldc, columns)
      real(wp) :: u1(half), u2(half), u3(half), u4(half), u5(half), u6(half), u7(half), u8(half)
      integer :: i, l
      u1 = c(:half, 1)
      u2 = c(:half, 2)
      u3 = c(:half, 3)
      u4 = c(:half, 4)
      u5 = c(:half, 5)
      u6 = c(:half, 6)
      u7 = c(:half, 7)
      u8 = c(:half, 8)
      do l = 1, length
         do i = 1, half
            u1(i) = u1(i) + a(i, l)*b1(l)
            u2(i) = u2(i) + a(i, l)*b2(l)
            u3(i) = u3(i) + a(i, l)*b3(l)
            u4(i) = u4(i) + a(i, l)*b4(l)
            u5(i) = u5(i) + a(i, l)*b5(l)
            u6(i) = u6(i) + a(i, l)*b6(l)
            u7(i) = u7(i) + a(i, l)*b7(l)
            u8(i) = u8(i) + a(i, l)*b8(l)
         end do
      end do
      c(:half, 1) = u1
      c(:half, 2) = u2
      c(:half, 3) = u3
      c(:half, 4) = u4
      c(:half, 5) = u5
      c(:half, 6) = u6
      c(:half, 7) = u7
      c(:half, 8) = u8
   end subroutine add_half_window_tile

   !> c(j) = c + a(length) b_j(length), for each of the columns: one row of the output, whose sums
   !> run in `half` chains side by side.
   pure subroutine add_dots(length, a, b1, b2, b3, b4, b5, b6, b7, b8, c)
      integer, intent(in) :: length
      real(wp), intent(in) :: a(length)
      real(wp), intent(in) :: b1(length), b2(length), b3(length), b4(length)
      real(wp), intent(in) :: b5(length), b6(length), b7(length), b8(length)
      real(wp), intent(inout) :: c(columns)
      real(wp) :: s1(0:half - 1), s2(0:half - 1), s3(0:half - 1), s4(0:half - 1)
      real(wp) :: s5(0:half - 1), s6(0:half - 1), s7(0:half - 1), s8(0:half - 1)
      integer :: i, l, whole
      whole = length - mod(length, half)
      s1 = 0
      s2 = 0
      s3 = 0
      s4 = 0
      s5 = 0
      s6 = 0
      s7 = 0
      s8 = 0
      do l = 1, whole, half
         do i = 0, half - 1
            s1(i) = s1(i) + a(l + i)*b1(l + i)
            s2(i) = s2(i) + a(l + i)*b2(l + i)
            s3(i) = s3(i) + a(l + i)*b3(l + i)
            s4(i) = s4(i) + a(l + i)*b4(l + i)
            s5(i) = s5(i) + a(l + i)*b5(l + i)
            s6(i) = s6(i) + a(l + i)*b6(l + i)
            s7(i) = s7(i) + a(l + i)*b7(l + i)
            s8(i) = s8(i) + a(l + i)*b8(l + i)
         end do
      end do
      do l = whole + 1, length
         s1(0) = s1(0) + a(l)*b1(l)
         s2(0) = s2(0) + a(l)*b2(l)
         s3(0) = s3(0) + a(l)*b3(l)
         s4(0) = s4(0) + a(l)*b4(l)
         s5(0) = s5(0) + a(l)*b5(l)
         s6(0) = s6(0) + a(l)*b6(l)
         s7(0) = s7(0) + a(l)*b7(l)
         s8(0) = s8(0) + a(l)*b8(l)
      end do
      c(1) = c(1) + sum_of(s1)
      c(2) = c(2) + sum_of(s2)
      c(3) = c(3) + sum_of(s3)
      c(4) = c(4) + sum_of(s4)
      c(5) = c(5) + sum_of(s5)
      c(6) = c(6) + sum_of(s6)
      c(7) = c(7) + sum_of(s7)
      c(8) = c(8) + sum_of(s8)
   end subroutine add_dots

   !> The sum of the chains.
   pure real(wp) function sum_of(s)
      real(wp), intent(in) :: s(half)
      real(wp) :: t(half/2)
      integer :: i
      do i = 1, half/2
         t(i) = s(i) + s(half/2 + i)
      end do
      do i = 1, half/4
         t(i) = t(i) + t(half/4 + i)
      end do
      sum_of = sum(t(:half/4))
   end function sum_of

end module fkb_conv_window_tiles_dp
