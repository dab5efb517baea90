! Generated from kernels/fkb_gemm_tiles.fypp: edit that file and run tools/generate.py
!> The innermost loops of a matrix product: tiles that stay in vector registers.
!>
!> A variable for each vector of c is how both compilers keep the tile in registers; a module of
!> its own keeps them from putting the loops into others, where there are too few registers. Each
!> element is one chain of multiply-adds over ascending k that starts from what c holds.
module fkb_gemm_tiles_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: add_tile, add_tile_nt, add_half_tile

   !> Size of the tile: two 64-byte vectors high and 8 columns wide keeps the multipliers of
   !> AVX-512 busy (measured: 97 % of the peak), and is the best that was found for AVX2 and SSE2
   !> too.
   integer, parameter, public :: half = 512/storage_size(1.0_wp), rows = 2*half, columns = 8

contains

   !> c(rows,columns) = c + a(rows,length) b(length,columns).
   pure subroutine add_tile(length, lda, a, ldb, b, ldc, c)
      integer, intent(in) :: length, lda, ldb, ldc
      real(wp), intent(in) :: a(lda, length), b(ldb, columns)
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
            u1(i) = u1(i) + a(i, l)*b(l, 1)
            u2(i) = u2(i) + a(i, l)*b(l, 2)
            u3(i) = u3(i) + a(i, l)*b(l, 3)
            u4(i) = u4(i) + a(i, l)*b(l, 4)
            u5(i) = u5(i) + a(i, l)*b(l, 5)
            u6(i) = u6(i) + a(i, l)*b(l, 6)
            u7(i) = u7(i) + a(i, l)*b(l, 7)
            u8(i) = u8(i) + a(i, l)*b(l, 8)
         end do
         do i = 1, half
            v1(i) = v1(i) + a(half + i, l)*b(l, 1)
            v2(i) = v2(i) + a(half + i, l)*b(l, 2)
            v3(i) = v3(i) + a(half + i, l)*b(l, 3)
            v4(i) = v4(i) + a(half + i, l)*b(l, 4)
            v5(i) = v5(i) + a(half + i, l)*b(l, 5)
            v6(i) = v6(i) + a(half + i, l)*b(l, 6)
            v7(i) = v7(i) + a(half + i, l)*b(l, 7)
            v8(i) = v8(i) + a(half + i, l)*b(l, 8)
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
   end subroutine add_tile

   !> c(rows,columns) = c + a(rows,length) transpose(b(columns,length))
   pure subroutine add_tile_nt(length, lda, a, ldb, b, ldc, c)
      integer, intent(in) :: length, lda, ldb, ldc
      real(wp), intent(in) :: a(lda, length), b(ldb, length)
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
            u1(i) = u1(i) + a(i, l)*b(1, l)
            u2(i) = u2(i) + a(i, l)*b(2, l)
            u3(i) = u3(i) + a(i, l)*b(3, l)
            u4(i) = u4(i) + a(i, l)*b(4, l)
            u5(i) = u5(i) + a(i, l)*b(5, l)
            u6(i) = u6(i) + a(i, l)*b(6, l)
            u7(i) = u7(i) + a(i, l)*b(7, l)
            u8(i) = u8(i) + a(i, l)*b(8, l)
         end do
         do i = 1, half
            v1(i) = v1(i) + a(half + i, l)*b(1, l)
            v2(i) = v2(i) + a(half + i, l)*b(2, l)
            v3(i) = v3(i) + a(half + i, l)*b(3, l)
            v4(i) = v4(i) + a(half + i, l)*b(4, l)
            v5(i) = v5(i) + a(half + i, l)*b(5, l)
            v6(i) = v6(i) + a(half + i, l)*b(6, l)
            v7(i) = v7(i) + a(half + i, l)*b(7, l)
            v8(i) = v8(i) + a(half + i, l)*b(8, l)
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
   end subroutine add_tile_nt

   !> c(half,columns) = c + a(half,length) b(length,columns)
   pure subroutine add_half_tile(length, lda, a, ldb, b, ldc, c)
      integer, intent(in) :: length, lda, ldb, ldc
      real(wp), intent(in) :: a(lda, length), b(ldb, columns)
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
            u1(i) = u1(i) + a(i, l)*b(l, 1)
            u2(i) = u2(i) + a(i, l)*b(l, 2)
            u3(i) = u3(i) + a(i, l)*b(l, 3)
            u4(i) = u4(i) + a(i, l)*b(l, 4)
            u5(i) = u5(i) + a(i, l)*b(l, 5)
            u6(i) = u6(i) + a(i, l)*b(l, 6)
            u7(i) = u7(i) + a(i, l)*b(l, 7)
            u8(i) = u8(i) + a(i, l)*b(l, 8)
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
   end subroutine add_half_tile

end module fkb_gemm_tiles_dp
