! Generated from kernels/fkb_gemm_panelled.fypp: edit that file and run tools/generate.py
!> Products with a matrix that is packed once for many: what a frozen network multiplies with.
!>
!> The matrix lies in strips of `tall` rows, column after column, filled up with zeros to whole
!> tiles: a tile finds its rows close together, and a product with one column reads memory in one
!> stream. After `depth` columns the next strip follows. Each element is one chain of multiply-adds
!> over ascending k that starts from what c holds, as in `fkb_gemm`: the bits are the same. With a
!> BLAS the matrix stays as it is, and `gemm_nn` multiplies.
module fkb_gemm_panelled_dp
   use fkb_gemm_panels_dp, only: pack_rest
   use fkb_gemm_tiles_dp, only: add_half_tile, add_tile, add_tile_nt, columns, half, rows
   use fkb_gemm_dp, only: columns_independent, gemm_nn
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: panelled_reals, pack_panels, add_panelled

   !> Columns of a strip that stay in the caches, and columns of b that meet them before the next
   !> ones come.
   integer, parameter :: depth = 256, width = 256
   !> Rows of a strip: as many vectors of a column of c as there are chains of sums.
   integer, parameter :: tall = 4*rows
   !> Up to so many columns of b there is nothing to gain from tiles, and columns of a strip that
   !> stay in the first-level cache meanwhile.
   integer, parameter :: few = 4, near = 64

contains

   !> Reals of a packed matrix.
   pure integer(i8) function panelled_reals(m, k) result(reals)
      integer, intent(in) :: m, k
      reals = int(m, i8)*k
      if (columns_independent()) reals = int((m + rows - 1)/rows*rows, i8)*k
   end function panelled_reals

   !> Pack a(m,k).
   pure subroutine pack_panels(m, k, a, panels)
      integer, intent(in) :: m, k
      real(wp), intent(in) :: a(m, k)
      real(wp), intent(inout) :: panels(*)            !! `panelled_reals`
      integer(i8) :: at
      integer :: filled, i, j, l, lda
      if (.not. columns_independent()) then
         panels(:int(m, i8)*k) = reshape(a, [m*k])
         return
      end if
      at = 1
      do l = 1, k, depth
         do i = 1, m, tall
            filled = min(tall, m - i + 1)
            lda = (filled + rows - 1)/rows*rows
            do j = l, min(l + depth - 1, k)
               panels(at:at + filled - 1) = a(i:i + filled - 1, j)
               panels(at + filled:at + lda - 1) = 0
               at = at + lda
            end do
         end do
      end do
   end subroutine pack_panels

   !> c(m,n) = c + a(m,k) b(k,n)
   pure subroutine add_panelled(m, n, k, panels, b, c)
      integer, intent(in) :: m, n, k
      real(wp), intent(in) :: panels(*)               !! as `pack_panels` made them of a
      real(wp), intent(in) :: b(k, n)
      real(wp), intent(inout) :: c(m, n)
      integer(i8) :: at
      integer :: j, l, span
      if (.not. columns_independent()) then
         call gemm_nn(m, n, k, panels, b, 1.0_wp, c)
         return
      end if
      do j = 1, n, width
         at = 1
         do l = 1, k, depth
            span = min(depth, k - l + 1)
            if (n > few) then
               call add_part(m, min(width, n - j + 1), span, panels(at), k, b(l, j), c(1, j))
            else
               call add_few(m, n, span, panels(at), k, b(l, 1), c)
            end if
            at = at + int((m + rows - 1)/rows*rows, i8)*span
         end do
      end do
   end subroutine add_panelled

   !> c = c + a b for some columns of a, which meet many columns of b.
   pure subroutine add_part(m, n, span, strips, ldb, b, c)
      integer, intent(in) :: m, n, span, ldb
      real(wp), intent(in) :: strips(*), b(ldb, n)
      real(wp), intent(inout) :: c(m, n)
      real(wp) :: rest(columns, depth)
      integer :: at, filled, i, lda, whole
      whole = n - mod(n, columns)
      call pack_rest(n, span, .false., ldb, b, rest)
      do i = 1, m, rows
         filled = min(rows, m - i + 1)
         call find_tile(m, span, i, at, lda)
         if (filled == rows) then
            call add_whole_row(whole, span, lda, strips(at), ldb, b, m, c(i, 1))
         else
            call add_low_row(filled, whole, span, lda, strips(at), ldb, b, m, c(i, 1))
         end if
         if (whole < n) call add_rest(filled, n - whole, span, lda, strips(at), rest, m, &
                                      c(i, whole + 1))
      end do
   end subroutine add_part

   !> Where the tiles of a row begin in the strips, and the rows of its strip.
   pure subroutine find_tile(m, span, row, at, lda)
      integer, intent(in) :: m, span, row
      integer, intent(out) :: at, lda
      integer :: before
      before = (row - 1)/tall*tall
      lda = (min(tall, m - before) + rows - 1)/rows*rows
      at = before*span + row - before
   end subroutine find_tile

   !> A row of whole tiles.
   pure subroutine add_whole_row(n, span, lda, a, ldb, b, ldc, c)
      integer, intent(in) :: n, span, lda, ldb, ldc
      real(wp), intent(in) :: a(lda, span), b(ldb, *)
      real(wp), intent(inout) :: c(ldc, *)
      integer :: j
      do j = 1, n, columns
         call add_tile(span, lda, a, ldb, b(1, j), ldc, c(1, j))
      end do
   end subroutine add_whole_row

   !> A row of tiles of which the upper `filled` rows count.
   pure subroutine add_low_row(filled, n, span, lda, a, ldb, b, ldc, c)
      integer, intent(in) :: filled, n, span, lda, ldb, ldc
      real(wp), intent(in) :: a(lda, span), b(ldb, *)
      real(wp), intent(inout) :: c(ldc, *)
      real(wp) :: part(rows, columns)
      integer :: j
      part = 0
      do j = 1, n, columns
         part(:filled, :) = c(:filled, j:j + columns - 1)
         if (filled > half) then
            call add_tile(span, lda, a, ldb, b(1, j), rows, part)
         else
            call add_half_tile(span, lda, a, ldb, b(1, j), rows, part)
         end if
         c(:filled, j:j + columns - 1) = part(:filled, :)
      end do
   end subroutine add_low_row

   !> The columns of b that fill no tile.
   pure subroutine add_rest(filled, wide, span, lda, a, rest, ldc, c)
      integer, intent(in) :: filled, wide, span, lda, ldc
      real(wp), intent(in) :: a(lda, span), rest(columns, span)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: part(rows, columns)
      part = 0
      part(:filled, :wide) = c(:filled, :)
      call add_tile_nt(span, lda, a, columns, rest, rows, part)
      c(:filled, :) = part(:filled, :wide)
   end subroutine add_rest

   !> c = c + a b for few columns. Some columns of a strip are read once from afar, and then from
   !> the first-level cache.
   pure subroutine add_few(m, n, span, strips, ldb, b, c)
      integer, intent(in) :: m, n, span, ldb
      real(wp), intent(in) :: strips(*), b(ldb, n)
      real(wp), intent(inout) :: c(m, n)
      integer :: at, count, filled, i, j, l, lda, length
      length = span
      if (n > 1) length = near
      do i = 1, m, tall
         filled = min(tall, m - i + 1)
         call find_tile(m, span, i, at, lda)
         do l = 1, span, length
            count = min(length, span - l + 1)
            do j = 1, n
               if (filled == tall) then
                  call add_strip(count, strips(at), b(l, j), c(i, j))
               else
                  call add_low_strip(filled, count, lda, strips(at), b(l, j), c(i, j))
               end if
            end do
            at = at + lda*count
         end do
      end do
   end subroutine add_few

   !> The last strip, which is lower.
   pure subroutine add_low_strip(filled, length, lda, a, b, c)
      integer, intent(in) :: filled, length, lda
      real(wp), intent(in) :: a(lda, length), b(length)
      real(wp), intent(inout) :: c(filled)
      real(wp) :: part(rows)
      integer :: i, upper
      do i = 1, filled, rows
         upper = min(rows, filled - i + 1)
         part(:upper) = c(i:i + upper - 1)
         part(upper + 1:) = 0
         call add_tile_column(length, lda, a(i, 1), b, part)
         c(i:i + upper - 1) = part(:upper)
      end do
   end subroutine add_low_strip

   !> c = c + a b for the rows of one tile.
   pure subroutine add_tile_column(length, lda, a, b, c)
      integer, intent(in) :: length, lda
      real(wp), intent(in) :: a(lda, length), b(length)
      real(wp), intent(inout) :: c(rows)
      real(wp) :: u1(half), u2(half)
      integer :: i, l
      u1 = c(:half)
      u2 = c(half + 1:)
      do l = 1, length
         do i = 1, half
            u1(i) = u1(i) + a(i, l)*b(l)
            u2(i) = u2(i) + a(half + i, l)*b(l)
         end do
      end do
      c(:half) = u1
      c(half + 1:) = u2
   end subroutine add_tile_column

   !> c = c + a b for a strip; a variable for each vector keeps c in registers.
   pure subroutine add_strip(length, a, b, c)
      integer, intent(in) :: length
      real(wp), intent(in) :: a(half, 8, length), b(length)
      real(wp), intent(inout) :: c(half, 8)
      real(wp), dimension(half) :: u1, u2, u3, u4, u5, u6, u7, u8
      integer :: i, l
      u1 = c(:, 1)
      u2 = c(:, 2)
      u3 = c(:, 3)
      u4 = c(:, 4)
      u5 = c(:, 5)
      u6 = c(:, 6)
      u7 = c(:, 7)
      u8 = c(:, 8)
      do l = 1, length
         do i = 1, half
            u1(i) = u1(i) + a(i, 1, l)*b(l)
            u2(i) = u2(i) + a(i, 2, l)*b(l)
            u3(i) = u3(i) + a(i, 3, l)*b(l)
            u4(i) = u4(i) + a(i, 4, l)*b(l)
            u5(i) = u5(i) + a(i, 5, l)*b(l)
            u6(i) = u6(i) + a(i, 6, l)*b(l)
            u7(i) = u7(i) + a(i, 7, l)*b(l)
            u8(i) = u8(i) + a(i, 8, l)*b(l)
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

end module fkb_gemm_panelled_dp
