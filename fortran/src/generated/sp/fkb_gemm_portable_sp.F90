! Generated from kernels/fkb_gemm_portable.fypp: edit that file and run tools/generate.py
!> Matrix products in plain Fortran.
!>
!> Everything rests on a tile of c of `rows` by `columns` that stays in vector registers while
!> a panel of a and a panel of b run through it (Goto and van de Geijn 2008). Each element of c is
!> one chain of multiply-adds over ascending k that starts from what c holds, whatever the tile
!> and the path, so that a column of the result does not depend on its neighbours.
submodule(fkb_gemm_sp) fkb_gemm_portable_sp
   use fkb_gemm_columns_sp, only: add_columns, add_products
   use fkb_gemm_panels_sp, only: get_transposed, pack_panel, pack_rest, pack_transposed, &
      put_transposed
   use fkb_gemm_tiles_sp, only: add_half_tile, add_tile, add_tile_nt, columns, half, rows
   implicit none (type, external)
#ifndef FKB_BLAS

   !> Depth of the panel of a that stays in the first-level cache, and columns of b that meet it
   !> before the next panel comes.
   integer, parameter :: depth = 256, width = 256
   !> A panel of a is copied together where so many columns meet it: the longer the columns of a,
   !> the fewer of them the caches hold at a time.
   integer, parameter :: long = 65536
   !> Up to so many columns (or, in gemm_nt, so small a depth) there is nothing to gain from tiles.
   integer, parameter :: few = 2, few_tn = 4
   !> From so many columns on it is a, not b, that gemm_tn turns round.
   integer, parameter :: many_tn = 128
   !> Up to so many rows the lanes of a tile are columns, if there are enough of them.
   integer, parameter :: low = 8

contains

   module procedure columns_independent
      independent = .true.
   end procedure columns_independent

   module procedure gemm_nn
      integer :: j
      if (n > few .and. m > low .and. k > 0) then
         call multiply(m, n, k, m, a, .false., k, b, .false., beta < 0.5_wp, c)
      else if (n > few) then
         if (beta < 0.5_wp) c = 0
         call multiply_turned(m, n, k, m, a, .false., b, c)
      else
         if (beta < 0.5_wp) c = 0
         do j = 1, n
            call add_columns(m, k, a, 1, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_nn

   module procedure gemm_nn_from
      integer :: j
      if (n > few .and. m > low .and. k > 0) then
         call multiply(m, n, k, m, a, .false., k, b, .false., .true., c, start)
         return
      end if
      do j = 1, n
         c(:, j) = start
      end do
      if (n > few) then
         call multiply_turned(m, n, k, m, a, .false., b, c)
      else
         do j = 1, n
            call add_columns(m, k, a, 1, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_nn_from

   module procedure gemm_nt
      integer :: j
      if (k > few .and. n > few) then
         call multiply(m, n, k, m, a, .false., n, b, .true., beta < 0.5_wp, c)
      else
         if (beta < 0.5_wp) c = 0
         do j = 1, n
            call add_columns(m, k, a, n, b(j, 1), c(1, j))
         end do
      end if
   end procedure gemm_nt

   module procedure gemm_tn
      integer :: j
      if (n > many_tn .and. m > low .and. k > 0) then
         call multiply(m, n, k, k, a, .true., k, b, .false., beta < 0.5_wp, c)
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

   !> c = s + op(a) op(b), op the transpose where marked, in parts that suit the caches. s is c or,
   !> where `fresh`, `start` in every column (without it, zero). k is positive.
   pure subroutine multiply(m, n, k, lda, a, a_transposed, ldb, b, b_transposed, fresh, c, start)
      integer, intent(in) :: m, n, k, lda, ldb
      logical, intent(in) :: a_transposed, b_transposed, fresh
      real(wp), intent(in) :: a(lda, *), b(ldb, *)
      real(wp), intent(inout) :: c(m, n)
      real(wp), intent(in), optional :: start(m)
      real(wp) :: origin(rows), panel(rows, depth), rest(columns, depth)
      integer :: at, filled, i, j, l, next, span, wide
      origin = 0
      do j = 1, n, width
         wide = min(width, n - j + 1)
         do l = 1, k, depth
            span = min(depth, k - l + 1)
            at = merge(j, l, b_transposed)
            next = merge(l, j, b_transposed)
            call pack_rest(wide, span, b_transposed, ldb, b(at, next), rest)
            do i = 1, m, rows
               filled = min(rows, m - i + 1)
               if (present(start)) origin(:filled) = start(i:i + filled - 1)
               if (a_transposed) then
                  call pack_transposed(filled, span, lda, a(l, i), panel)
               else if (mod(filled, half) > 0 .or. wide*lda >= long) then
                  call pack_panel(filled, span, lda, a(i, l), panel)
               else
                  call add_row(filled, wide, span, lda, a(i, l), b_transposed, ldb, b(at, next), &
                               rest, fresh .and. l == 1, origin, m, c(i, j))
                  cycle
               end if
               call add_row(filled, wide, span, rows, panel, b_transposed, ldb, b(at, next), &
                            rest, fresh .and. l == 1, origin, m, c(i, j))
            end do
         end do
      end do
   end subroutine multiply

   !> A row of tiles, of which the upper `filled` rows count; `rest` holds the columns of op(b)
   !> that fill no tile.
   pure subroutine add_row(filled, wide, span, lda, a, b_transposed, ldb, b, rest, fresh, origin, &
                           ldc, c)
      integer, intent(in) :: filled, wide, span, lda, ldb, ldc
      logical, intent(in) :: b_transposed, fresh
      real(wp), intent(in) :: a(lda, span), b(ldb, *), rest(columns, span), origin(rows)
      real(wp), intent(inout) :: c(ldc, wide)
      real(wp) :: part(rows, columns)
      integer :: count, i, j
      do j = 1, wide, columns
         count = min(columns, wide - j + 1)
         if (fresh) then
            do i = j, j + count - 1
               c(:filled, i) = origin(:filled)
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
end submodule fkb_gemm_portable_sp
