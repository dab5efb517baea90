! Generated from kernels/fkb_gemm_panels.fypp: edit that file and run tools/generate.py
!> Parts of matrices in the order in which the tiles of a product read them, filled up with zeros.
module fkb_gemm_panels_dp
   use fkb_gemm_tiles_dp, only: columns, rows
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: pack_panel, pack_transposed, pack_rest, get_transposed, put_transposed

   !> Values that are turned round at a time: what both compilers make vectors of.
   integer, parameter :: run = 8

contains

   !> A panel of `rows` rows from a(filled,span).
   pure subroutine pack_panel(filled, span, lda, a, panel)
      integer, intent(in) :: filled, span, lda
      real(wp), intent(in) :: a(lda, span)
      real(wp), intent(inout) :: panel(rows, span)
      integer :: l
      if (filled == rows) then
         do l = 1, span
            panel(:, l) = a(:rows, l)
         end do
      else
         panel(filled + 1:, :) = 0
         panel(:filled, :) = a(:filled, :)
      end if
   end subroutine pack_panel

   !> A panel of `rows` rows from transpose(b(span,filled)).
   pure subroutine pack_transposed(filled, span, ldb, b, panel)
      integer, intent(in) :: filled, span, ldb
      real(wp), intent(in) :: b(ldb, filled)
      real(wp), intent(inout) :: panel(rows, span)
      integer :: j, l, whole
      whole = filled - mod(filled, run)
      do j = 1, whole, run
         do l = 1, span
            panel(j:j + run - 1, l) = b(l, j:j + run - 1)
         end do
      end do
      if (filled < rows) panel(whole + 1:, :) = 0
      do j = whole + 1, filled
         do l = 1, span
            panel(j, l) = b(l, j)
         end do
      end do
   end subroutine pack_transposed

   !> The last columns of op(b)(span,wide), too few for a tile, transposed; op is the transpose
   !> where marked.
   pure subroutine pack_rest(wide, span, b_transposed, ldb, b, rest)
      integer, intent(in) :: wide, span, ldb
      logical, intent(in) :: b_transposed
      real(wp), intent(in) :: b(ldb, *)
      real(wp), intent(inout) :: rest(columns, span)
      integer :: j, whole
      whole = wide - mod(wide, columns)
      if (whole == wide) return
      rest = 0
      do j = whole + 1, wide
         if (b_transposed) then
            rest(j - whole, :) = b(j, :span)
         else
            rest(j - whole, :) = b(:span, j)
         end if
      end do
   end subroutine pack_rest

   !> part = transpose(c(count,filled))
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
      if (count == columns) then
         do j = 1, filled
            c(:columns, j) = part(j, :)
         end do
      else
         do j = 1, filled
            c(:count, j) = part(j, :count)
         end do
      end if
   end subroutine put_transposed

end module fkb_gemm_panels_dp
