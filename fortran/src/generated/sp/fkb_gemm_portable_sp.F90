! Generated from kernels/fkb_gemm_portable.fypp: edit that file and run tools/generate.py
!> Matrix products in plain Fortran.
!>
!> Everything rests on a tile of c of `rows` by `columns` that stays in vector registers while
!> a panel of a and a panel of b run through it (Goto and van de Geijn 2008). Each element of c is
!> one chain of multiply-adds over ascending k that starts from what c holds, whatever the tile
!> and the path, so that a column of the result does not depend on its neighbours.
submodule(fkb_gemm_sp) fkb_gemm_portable_sp
   implicit none (type, external)
#ifndef FKB_BLAS

   !> Size of the tile: 16 by 8 fills the registers of AVX-512, and is not slow on smaller ones.
   integer, parameter :: rows = 16, columns = 8
   !> Depth of a panel, and panels of b that are packed together: 32 kB in real32.
   integer, parameter :: depth = 256, panels = 4
   !> Up to so many columns (or, in gemm_nt, so small a depth) there is nothing to gain from
   !> tiles.
   integer, parameter :: few = 3
   !> From so many columns on, copying a panel of a pays.
   integer, parameter :: many = 64

contains

   module procedure gemm_nn
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (n > few) then
         call multiply(m, n, k, .false., m, a, .false., k, b, c)
      else
         do j = 1, n
            call add_columns(m, k, a, 1, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_nn

   module procedure gemm_nt
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (k > few) then
         call multiply(m, n, k, .false., m, a, .true., n, b, c)
      else
         do j = 1, n
            call add_columns(m, k, a, n, b(j, 1), c(1, j))
         end do
      end if
   end procedure gemm_nt

   module procedure gemm_tn
      integer :: j
      if (beta < 0.5_wp) c = 0
      if (n > few) then
         call multiply(m, n, k, .true., k, a, .false., k, b, c)
      else
         do j = 1, n
            call add_products(m, k, a, b(1, j), c(1, j))
         end do
      end if
   end procedure gemm_tn

   !> c = c + op(a) op(b), op the transpose where marked
   pure subroutine multiply(m, n, k, a_transposed, lda, a, b_transposed, ldb, b, c)
      integer, intent(in) :: m, n, k, lda, ldb
      logical, intent(in) :: a_transposed, b_transposed
      real(wp), intent(in) :: a(lda, *), b(ldb, *)
      real(wp), intent(inout) :: c(m, n)
      real(wp) :: a_panel(rows, depth), b_panels(columns, depth, panels)
      logical :: pack
      integer :: i, j, l, height, length, width
      do l = 1, k, depth
         length = min(depth, k - l + 1)
         do j = 1, n, columns*panels
            width = min(columns*panels, n - j + 1)
            if (b_transposed) then
               call pack_rows(width, length, ldb, b(j, l), b_panels)
            else
               call pack_columns(columns, width, length, ldb, b(l, j), b_panels)
            end if
            do i = 1, m, rows
               height = min(rows, m - i + 1)
               pack = n >= many .or. height < rows
               if (a_transposed) then
                  call pack_columns(rows, height, length, lda, a(l, i), a_panel)
                  call add_tiles(height, width, length, rows, a_panel, b_panels, m, c(i, j))
               else if (pack) then
                  a_panel(height + 1:, :length) = 0
                  call copy(height, length, lda, a(i, l), a_panel)
                  call add_tiles(height, width, length, rows, a_panel, b_panels, m, c(i, j))
               else
                  call add_tiles(height, width, length, lda, a(i, l), b_panels, m, c(i, j))
               end if
            end do
         end do
      end do
   end subroutine multiply

   !> Add the product of one panel of a and up to `panels` panels of b to c.
   pure subroutine add_tiles(height, width, length, lda, a, b, ldc, c)
      integer, intent(in) :: height, width, length, lda, ldc
      real(wp), intent(in) :: a(lda, length), b(columns, depth, panels)
      real(wp), intent(inout) :: c(ldc, width)
      real(wp) :: part(rows, columns)
      integer :: j, panel
      panel = 0
      do j = 1, width, columns
         panel = panel + 1
         if (height == rows .and. width - j + 1 >= columns) then
            call add_tile(length, lda, a, b(1, 1, panel), ldc, c(1, j))
         else
            part = 0
            call copy(height, min(columns, width - j + 1), ldc, c(1, j), part)
            call add_tile(length, lda, a, b(1, 1, panel), rows, part)
            c(:height, j:min(j + columns - 1, width)) = part(:height, :min(columns, width - j + 1))
         end if
      end do
   end subroutine add_tiles

   !> c(rows,columns) = c + a(rows,length) transpose(b(columns,length)); a column of c to a
   !> variable, which is how both compilers keep it in registers.
   pure subroutine add_tile(length, lda, a, b, ldc, c)
      integer, intent(in) :: length, lda, ldc
      real(wp), intent(in) :: a(lda, length), b(columns, length)
      real(wp), intent(inout) :: c(ldc, columns)
      real(wp) :: c1(rows), c2(rows), c3(rows), c4(rows)
      real(wp) :: c5(rows), c6(rows), c7(rows), c8(rows)
      integer :: i, l
      c1 = c(:rows, 1)
      c2 = c(:rows, 2)
      c3 = c(:rows, 3)
      c4 = c(:rows, 4)
      c5 = c(:rows, 5)
      c6 = c(:rows, 6)
      c7 = c(:rows, 7)
      c8 = c(:rows, 8)
      do l = 1, length
         do i = 1, rows
            c1(i) = c1(i) + a(i, l)*b(1, l)
            c2(i) = c2(i) + a(i, l)*b(2, l)
            c3(i) = c3(i) + a(i, l)*b(3, l)
            c4(i) = c4(i) + a(i, l)*b(4, l)
            c5(i) = c5(i) + a(i, l)*b(5, l)
            c6(i) = c6(i) + a(i, l)*b(6, l)
            c7(i) = c7(i) + a(i, l)*b(7, l)
            c8(i) = c8(i) + a(i, l)*b(8, l)
         end do
      end do
      c(:rows, 1) = c1
      c(:rows, 2) = c2
      c(:rows, 3) = c3
      c(:rows, 4) = c4
      c(:rows, 5) = c5
      c(:rows, 6) = c6
      c(:rows, 7) = c7
      c(:rows, 8) = c8
   end subroutine add_tile

   !> target(height,length) = source
   pure subroutine copy(height, length, ld, source, target)
      integer, intent(in) :: height, length, ld
      real(wp), intent(in) :: source(ld, length)
      real(wp), intent(inout) :: target(rows, length)
      target(:height, :) = source(:height, :)
   end subroutine copy

   !> Panels of b from transpose(b(width,length)), the last one filled up with zeros.
   pure subroutine pack_rows(width, length, ld, b, packed)
      integer, intent(in) :: width, length, ld
      real(wp), intent(in) :: b(ld, length)
      real(wp), intent(inout) :: packed(columns, depth, panels)
      integer :: count, j, l, panel
      panel = 0
      do j = 1, width, columns
         panel = panel + 1
         count = min(columns, width - j + 1)
         if (count == columns) then
            do l = 1, length
               packed(:, l, panel) = b(j:j + columns - 1, l)
            end do
         else
            packed(:, :length, panel) = 0
            packed(:count, :length, panel) = b(j:width, :)
         end if
      end do
   end subroutine pack_rows

   !> Panels of `size` rows from source(length,width) transposed, filled up with zeros.
   pure subroutine pack_columns(size, width, length, ld, source, packed)
      integer, intent(in) :: size, width, length, ld
      real(wp), intent(in) :: source(ld, width)
      real(wp), intent(inout) :: packed(size, depth, *)
      integer :: count, i, j, l, panel
      panel = 0
      do j = 1, width, size
         panel = panel + 1
         count = min(size, width - j + 1)
         if (count < size) packed(:, :length, panel) = 0
         do i = 1, count
            do l = 1, length
               packed(i, l, panel) = source(l, j + i - 1)
            end do
         end do
      end do
   end subroutine pack_columns

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

   !> c(m) = c + transpose(a(k,m)) b; four products at a time, each in `rows` partial sums.
   pure subroutine add_products(m, k, a, b, c)
      integer, intent(in) :: m, k
      real(wp), intent(in) :: a(k, m), b(k)
      real(wp), intent(inout) :: c(m)
      real(wp) :: s1(rows), s2(rows), s3(rows), s4(rows)
      integer :: i, j, l
      do j = 1, m - 3, 4
         s1 = 0
         s2 = 0
         s3 = 0
         s4 = 0
         do l = 0, k - rows, rows
            do i = 1, rows
               s1(i) = s1(i) + a(l + i, j)*b(l + i)
               s2(i) = s2(i) + a(l + i, j + 1)*b(l + i)
               s3(i) = s3(i) + a(l + i, j + 2)*b(l + i)
               s4(i) = s4(i) + a(l + i, j + 3)*b(l + i)
            end do
         end do
         do l = k - mod(k, rows) + 1, k
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
         do l = 0, k - rows, rows
            s1 = s1 + a(l + 1:l + rows, j)*b(l + 1:l + rows)
         end do
         do l = k - mod(k, rows) + 1, k
            s1(1) = s1(1) + a(l, j)*b(l)
         end do
         c(j) = c(j) + folded(s1)
      end do
   end subroutine add_products

   !> The sum of partial sums, halves added first.
   pure real(wp) function folded(s)
      real(wp), intent(in) :: s(rows)
      real(wp) :: t(rows/2)
      t = s(:rows/2) + s(rows/2 + 1:)
      t(:rows/4) = t(:rows/4) + t(rows/4 + 1:)
      folded = (t(1) + t(3)) + (t(2) + t(4))
   end function folded

#endif
end submodule fkb_gemm_portable_sp
