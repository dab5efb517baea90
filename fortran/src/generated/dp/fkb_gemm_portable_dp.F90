! Generated from kernels/fkb_gemm_portable.fypp: edit that file and run tools/generate.py
!> Matrix products in plain Fortran.
!>
!> Everything rests on a tile of c of `rows` by `columns` that stays in vector registers while
!> a panel of a and a panel of b run through it (Goto and van de Geijn 2008). Each element of c is
!> one chain of multiply-adds over ascending k that starts from what c holds, whatever the tile
!> and the path, so that a column of the result does not depend on its neighbours.
submodule(fkb_gemm_dp) fkb_gemm_portable_dp
   use fkb_gemm_columns_dp, only: add_column, add_columns, add_products, height
   use fkb_gemm_panels_dp, only: get_transposed, pack_panel, pack_rest, pack_transposed, &
      put_transposed
   use fkb_gemm_tiles_dp, only: add_half_tile, add_tile, add_tile_nt, columns, half, rows
   implicit none (type, external)
#ifndef FKB_BLAS

   !> Depth of the panel of a that stays in the first-level cache, and columns of b that meet it
   !> before the next panel comes.
   integer, parameter :: depth = 256, width = 256
   !> A panel of a is copied together where so many columns meet it: the longer the columns of a,
   !> the fewer of them the caches hold at a time. A transposed b, read across its columns, leaves
   !> less room.
   integer, parameter :: long = 8388608/storage_size(1.0_wp), long_nt = long/4
   !> Up to so many columns (or, in gemm_nt, so small a depth) there is nothing to gain from tiles.
   !> `add_column` needs the 32 vector registers of AVX-512.
#ifdef FKB_WIDE
   logical, parameter :: wide_registers = .true.
   integer, parameter :: few = 2 + 64/storage_size(1.0_wp), few_nt = 2, few_tn = 4
#else
   logical, parameter :: wide_registers = .false.
   integer, parameter :: few = 2, few_nt = 2, few_tn = 4
#endif
   !> Values of a that stay in the first-level cache.
   integer, parameter :: near = 262144/storage_size(1.0_wp)
   !> From so many columns on it is a, not b, that gemm_tn turns round, and where a is so small that
   !> turning b and c round costs more.
   integer, parameter :: many_tn = 128
   !> Up to so many rows the lanes of a tile are columns, if there are enough of them.
   integer, parameter :: low = 8

contains

   module procedure columns_independent
      independent = .true.
   end procedure columns_independent

   module procedure gemm_nn
      if (n > few .and. m > low .and. k > 0) then
         call multiply(m, n, k, m, a, .false., k, b, .false., beta < 0.5_wp, m, c)
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (n > few) then
         call multiply_turned(m, n, k, m, a, .false., b, c)
      else
         call multiply_slim(m, n, k, a, b, c)
      end if
   end procedure gemm_nn

   module procedure gemm_nt
      integer :: j
      if (k > few_nt .and. n > few_nt) then
         call multiply(m, n, k, m, a, .false., n, b, .true., beta < 0.5_wp, m, c)
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (k == 1) then
         do j = 1, n
            c(:, j) = c(:, j) + a(:, 1)*b(j, 1)
         end do
      else
         do j = 1, n
            call add_columns(m, k, m, a, n, b(j, 1), c(1, j))
         end do
      end if
   end procedure gemm_nt

   module procedure gemm_tn
      integer :: j
      if ((n > many_tn .or. n*(m + k) > m*k) .and. n > few_tn .and. m > low .and. k > 0) then
         call multiply(m, n, k, k, a, .true., k, b, .false., beta < 0.5_wp, m, c)
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (n > few_tn) then
         call multiply_turned(m, n, k, k, a, .true., b, c)
      else
         do j = 1, n
            call add_products(m, k, a, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_tn

   !> c = c + a b for few columns. A slice of a is read once from afar, and then from the
   !> first-level cache.
   pure subroutine multiply_slim(m, n, k, a, b, c)
      integer, intent(in) :: m, n, k
      real(wp), intent(in) :: a(m, k), b(k, n)
      real(wp), intent(inout) :: c(m, n)
      integer :: i, j, l, slice, span, whole
      whole = 0
      if (wide_registers) whole = m - mod(m, height)
      slice = max(8, near/max(1, whole))
      if (n == 1 .and. whole == height) slice = max(k, 1)
      do l = 1, merge(k, 0, whole > 0), slice
         span = min(slice, k - l + 1)
         do j = 1, n
            do i = 1, whole, height
               call add_column(span, m, a(i, l), b(l, j), c(i, j))
            end do
         end do
      end do
      if (whole == m) return
      if (n > few_nt .and. m - whole > low) then
         call multiply(m - whole, n, k, m, a(whole + 1, 1), .false., k, b, .false., .false., m, &
                       c(whole + 1, 1))
      else
         do j = 1, n
            call add_columns(m - whole, k, m, a(whole + 1, 1), 1, b(1, j), c(whole + 1, j))
         end do
      end if
   end subroutine multiply_slim

   !> c = s + op(a) op(b), op the transpose where marked, in parts that suit the caches. s is c or,
   !> where `fresh`, zero. k is positive.
   pure subroutine multiply(m, n, k, lda, a, a_transposed, ldb, b, b_transposed, fresh, &
                            ldc, c)
      integer, intent(in) :: m, n, k, lda, ldb, ldc
      logical, intent(in) :: a_transposed, b_transposed, fresh
      real(wp), intent(in) :: a(lda, *), b(ldb, *)
      real(wp), intent(inout) :: c(ldc, n)
      integer :: j, l, span, wide
      do j = 1, n, width
         wide = min(width, n - j + 1)
         do l = 1, k, depth
            span = min(depth, k - l + 1)
            call add_part(m, wide, span, lda, &
                          a(merge(l, 1, a_transposed), merge(1, l, a_transposed)), a_transposed, &
                          ldb, b(merge(j, l, b_transposed), merge(l, j, b_transposed)), &
                          b_transposed, fresh .and. l == 1, ldc, c(1, j))
         end do
      end do
   end subroutine multiply

   !> The same for one part. A panel of a that is copied meets all columns of b; else eight columns
   !> of b meet all of a, and the tiles follow each other as c lies in memory.
   pure subroutine add_part(tall, wide, span, lda, a, a_transposed, ldb, b, b_transposed, fresh, &
                            ldc, c)
      integer, intent(in) :: tall, wide, span, lda, ldb, ldc
      logical, intent(in) :: a_transposed, b_transposed, fresh
      real(wp), intent(in) :: a(lda, *), b(ldb, *)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: panel(rows, depth), rest(columns, depth)
      integer :: count, filled, i, j, strip
      logical :: copied
      copied = a_transposed .or. wide*lda >= merge(long_nt, long, b_transposed)
      strip = merge(wide, columns, copied .or. tall <= rows)
      filled = mod(tall, rows)
      if (.not. copied .and. mod(filled, half) > 0) then
         call pack_panel(filled, span, lda, a(tall - filled + 1, 1), panel)
      end if
      call pack_rest(wide, span, b_transposed, ldb, b, rest)
      do j = 1, wide, strip
         count = min(strip, wide - j + 1)
         do i = 1, tall, rows
            filled = min(rows, tall - i + 1)
            if (a_transposed) then
               call pack_transposed(filled, span, lda, a(1, i), panel)
            else if (copied) then
               call pack_panel(filled, span, lda, a(i, 1), panel)
            end if
            if (copied .or. mod(filled, half) > 0) then
               call add_row(filled, count, span, rows, panel, ldb, &
                            b(merge(j, 1, b_transposed), merge(1, j, b_transposed)), &
                            b_transposed, rest, fresh, ldc, c(i, j))
            else
               call add_row(filled, count, span, lda, a(i, 1), ldb, &
                            b(merge(j, 1, b_transposed), merge(1, j, b_transposed)), &
                            b_transposed, rest, fresh, ldc, c(i, j))
            end if
         end do
      end do
   end subroutine add_part

   !> A row of tiles, of which the upper `filled` rows count; `rest` holds the columns of op(b)
   !> that fill no tile.
   pure subroutine add_row(filled, wide, span, lda, a, ldb, b, b_transposed, rest, fresh, &
                           ldc, c)
      integer, intent(in) :: filled, wide, span, lda, ldb, ldc
      logical, intent(in) :: b_transposed, fresh
      real(wp), intent(in) :: a(lda, span), b(ldb, *), rest(columns, span)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: part(rows, columns)
      integer :: count, i, j
      do j = 1, wide, columns
         count = min(columns, wide - j + 1)
         if (fresh) then
            do i = j, j + count - 1
               c(:filled, i) = 0
            end do
         end if
         if (count == columns .and. filled == rows) then
            if (b_transposed) then
               call add_tile_nt(span, lda, a, ldb, b(j, 1), ldc, c(1, j))
            else
               call add_tile(span, lda, a, ldb, b(1, j), ldc, c(1, j))
            end if
         else if (count == columns .and. filled == half .and. .not. b_transposed) then
            call add_half_tile(span, lda, a, ldb, b(1, j), ldc, c(1, j))
         else
            part = 0
            part(:filled, :count) = c(:filled, j:j + count - 1)
            if (count < columns) then
               call add_tile_nt(span, lda, a, columns, rest, rows, part)
            else if (b_transposed) then
               call add_tile_nt(span, lda, a, ldb, b(j, 1), rows, part)
            else if (filled > half) then
               call add_tile(span, lda, a, ldb, b(1, j), rows, part)
            else
               call add_half_tile(span, lda, a, ldb, b(1, j), rows, part)
            end if
            c(:filled, j:j + count - 1) = part(:filled, :count)
         end if
      end do
   end subroutine add_row

   !> c = c + op(a) b, op the transpose where marked, computed as its transpose: the lanes of a tile
   !> are columns of c, so that b is what has to be turned round.
   pure subroutine multiply_turned(m, n, k, lda, a, a_transposed, b, c)
      integer, intent(in) :: m, n, k, lda
      logical, intent(in) :: a_transposed
      real(wp), intent(in) :: a(lda, *), b(k, n)
      real(wp), intent(inout) :: c(m, n)
      real(wp) :: panel(rows, depth), part(rows, columns), rest(columns, depth)
      integer :: count, filled, i, j, l, span
      do l = 1, k, depth
         span = min(depth, k - l + 1)
         call pack_rest(m, span, .not. a_transposed, lda, &
                        a(merge(l, 1, a_transposed), merge(1, l, a_transposed)), rest)
         do j = 1, n, rows
            filled = min(rows, n - j + 1)
            call pack_transposed(filled, span, k, b(l, j), panel)
            do i = 1, m, columns
               count = min(columns, m - i + 1)
               call get_transposed(count, filled, m, c(i, j), part)
               if (count < columns) then
                  call add_tile_nt(span, rows, panel, columns, rest, rows, part)
               else if (.not. a_transposed) then
                  call add_tile_nt(span, rows, panel, lda, a(i, l), rows, part)
               else if (filled > half) then
                  call add_tile(span, rows, panel, lda, a(l, i), rows, part)
               else
                  call add_half_tile(span, rows, panel, lda, a(l, i), rows, part)
               end if
               call put_transposed(count, filled, part, m, c(i, j))
            end do
         end do
      end do
   end subroutine multiply_turned

#endif
end submodule fkb_gemm_portable_dp
