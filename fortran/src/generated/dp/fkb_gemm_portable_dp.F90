! Generated from kernels/fkb_gemm_portable.fypp: edit that file and run tools/generate.py
!> Matrix products in plain Fortran.
!>
!> Everything rests on a tile of c of `rows` by `columns` that stays in vector registers while
!> a panel of a and a panel of b run through it (Goto and van de Geijn 2008). Each element of c is
!> one chain of multiply-adds over ascending k that starts from what c holds, whatever the tile
!> and the path, so that a column of the result does not depend on its neighbours.
submodule(fkb_gemm_dp) fkb_gemm_portable_dp
   use fkb_gemm_columns_dp, only: add_columns, add_products
   use fkb_gemm_tiles_dp, only: add_half_tile, add_tile, add_tile_nt, columns, half, rows
   implicit none (type, external)
#ifndef FKB_BLAS

   !> Depth and height of the part of a that stays in the second-level cache (256 kB), and columns
   !> of b that meet it before the next part comes.
   integer, parameter :: depth = 256, height = 8*rows, width = 128
   !> Up to so many columns (or, in gemm_nt, so small a depth) there is nothing to gain from tiles.
   integer, parameter :: few = 2, few_tn = 4

contains

   module procedure columns_independent
      independent = .true.
   end procedure columns_independent

   module procedure gemm_nn
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (n > few) then
         call multiply(m, n, k, a, .false., k, b, c)
      else
         do j = 1, n
            call add_columns(m, k, a, 1, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_nn

   module procedure gemm_nt
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (k > few .and. n > few) then
         call multiply(m, n, k, a, .true., n, b, c)
      else
         do j = 1, n
            call add_columns(m, k, a, n, b(j, 1), c(1, j))
         end do
      end if
   end procedure gemm_nt

   module procedure gemm_tn
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (n > few_tn) then
         call multiply_transposed(m, n, k, a, b, c)
      else
         do j = 1, n
            call add_products(m, k, a, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_tn

   !> c = c + a op(b), op the transpose where marked, in parts that suit the caches.
   pure subroutine multiply(m, n, k, a, b_transposed, ldb, b, c)
      integer, intent(in) :: m, n, k, ldb
      logical, intent(in) :: b_transposed
      real(wp), intent(in) :: a(m, k), b(ldb, *)
      real(wp), intent(inout) :: c(m, n)
      real(wp) :: rest(columns, depth)
      integer :: i, j, l, span, tall, wide
      do l = 1, k, depth
         span = min(depth, k - l + 1)
         do i = 1, m, height
            tall = min(height, m - i + 1)
            do j = 1, n, width
               wide = min(width, n - j + 1)
               if (b_transposed) then
                  call pack_rest_nt(wide, span, ldb, b(j, l), rest)
                  call add_part(tall, wide, span, m, a(i, l), .true., ldb, b(j, l), rest, &
                                m, c(i, j))
               else
                  call pack_rest(wide, span, ldb, b(l, j), rest)
                  call add_part(tall, wide, span, m, a(i, l), .false., ldb, b(l, j), rest, &
                                m, c(i, j))
               end if
            end do
         end do
      end do
   end subroutine multiply

   !> c(tall,wide) = c + a(tall,span) op(b), tile by tile. `rest` holds the columns of op(b) that
   !> fill no tile.
   pure subroutine add_part(tall, wide, span, lda, a, b_transposed, ldb, b, rest, ldc, c)
      integer, intent(in) :: tall, wide, span, lda, ldb, ldc
      logical, intent(in) :: b_transposed
      real(wp), intent(in) :: a(lda, span), b(ldb, *), rest(columns, span)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: panel(rows, depth)
      integer :: i, whole
      whole = tall - mod(tall, rows)
      do i = 1, whole, rows
         call add_row(rows, wide, span, lda, a(i, 1), b_transposed, ldb, b, rest, ldc, c(i, 1))
      end do
      if (whole == tall) return
      panel(tall - whole + 1:, :span) = 0
      panel(:tall - whole, :span) = a(whole + 1:tall, :)
      call add_row(tall - whole, wide, span, rows, panel, b_transposed, ldb, b, rest, ldc, &
                   c(whole + 1, 1))
   end subroutine add_part

   !> A row of tiles, of which the upper `filled` rows count.
   pure subroutine add_row(filled, wide, span, lda, a, b_transposed, ldb, b, rest, ldc, c)
      integer, intent(in) :: filled, wide, span, lda, ldb, ldc
      logical, intent(in) :: b_transposed
      real(wp), intent(in) :: a(lda, span), b(ldb, *), rest(columns, span)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: part(rows, columns)
      integer :: count, j
      do j = 1, wide, columns
         count = min(columns, wide - j + 1)
         if (filled == rows .and. count == columns) then
            if (b_transposed) then
               call add_tile_nt(span, lda, a, ldb, b(j, 1), ldc, c(1, j))
            else
               call add_tile(span, lda, a, ldb, b(1, j), ldc, c(1, j))
            end if
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

   !> c = c + transpose(a) b, computed as its transpose: the lanes of a tile are columns of c, so
   !> that only b, the smaller matrix, has to be turned round.
   pure subroutine multiply_transposed(m, n, k, a, b, c)
      integer, intent(in) :: m, n, k
      real(wp), intent(in) :: a(k, m), b(k, n)
      real(wp), intent(inout) :: c(m, n)
      real(wp) :: panel(rows, depth), part(rows, columns), rest(columns, depth)
      integer :: count, filled, i, j, l, span
      do l = 1, k, depth
         span = min(depth, k - l + 1)
         call pack_rest(m, span, k, a(l, 1), rest)
         do j = 1, n, rows
            filled = min(rows, n - j + 1)
            call pack_transposed(filled, span, k, b(l, j), panel)
            do i = 1, m, columns
               count = min(columns, m - i + 1)
               call get_transposed(count, filled, m, c(i, j), part)
               if (count < columns) then
                  call add_tile_nt(span, rows, panel, columns, rest, rows, part)
               else if (filled > half) then
                  call add_tile(span, rows, panel, k, a(l, i), rows, part)
               else
                  call add_half_tile(span, rows, panel, k, a(l, i), rows, part)
               end if
               call put_transposed(count, filled, part, m, c(i, j))
            end do
         end do
      end do
   end subroutine multiply_transposed

   !> The last columns of b(span,wide), too few for a tile, transposed and filled up with zeros.
   pure subroutine pack_rest(wide, span, ldb, b, rest)
      integer, intent(in) :: wide, span, ldb
      real(wp), intent(in) :: b(ldb, wide)
      real(wp), intent(inout) :: rest(columns, span)
      integer :: j, whole
      whole = wide - mod(wide, columns)
      if (whole == wide) return
      rest = 0
      do j = whole + 1, wide
         rest(j - whole, :) = b(:span, j)
      end do
   end subroutine pack_rest

   !> The last rows of b(wide,span), too few for a tile, filled up with zeros.
   pure subroutine pack_rest_nt(wide, span, ldb, b, rest)
      integer, intent(in) :: wide, span, ldb
      real(wp), intent(in) :: b(ldb, span)
      real(wp), intent(inout) :: rest(columns, span)
      integer :: whole
      whole = wide - mod(wide, columns)
      if (whole == wide) return
      rest = 0
      rest(:wide - whole, :) = b(whole + 1:wide, :)
   end subroutine pack_rest_nt

   !> A panel of `rows` rows from transpose(b(span,filled)), filled up with zeros.
   pure subroutine pack_transposed(filled, span, ldb, b, panel)
      integer, intent(in) :: filled, span, ldb
      real(wp), intent(in) :: b(ldb, filled)
      real(wp), intent(inout) :: panel(rows, span)
      integer :: j, l
      if (filled < rows) panel = 0
      do j = 1, filled
         do l = 1, span
            panel(j, l) = b(l, j)
         end do
      end do
   end subroutine pack_transposed

   !> part = transpose(c(count,filled)), filled up with zeros
   pure subroutine get_transposed(count, filled, ldc, c, part)
      integer, intent(in) :: count, filled, ldc
      real(wp), intent(in) :: c(ldc, filled)
      real(wp), intent(out) :: part(rows, columns)
      integer :: j
      if (count < columns .or. filled < rows) part = 0
      do j = 1, filled
         part(j, :count) = c(:count, j)
      end do
   end subroutine get_transposed

   !> c(count,filled) = transpose(part)
   pure subroutine put_transposed(count, filled, part, ldc, c)
      integer, intent(in) :: count, filled, ldc
      real(wp), intent(in) :: part(rows, columns)
      real(wp), intent(inout) :: c(ldc, filled)
      integer :: j
      do j = 1, filled
         c(:count, j) = part(j, :count)
      end do
   end subroutine put_transposed

#endif
end submodule fkb_gemm_portable_dp
