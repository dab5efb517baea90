!> The equations of `Matmul`, `Dot`, `Inner`, `Tensordot`, `Einsum` and `Kron` for one sample, such
!> as `ab,bc->ac`.
!>
!> Tensors have a batch, which is the first axis of the result; constants have none. An axis of
!> extent 1 that is broadcast gets a letter of its own, which is summed over.
module fkb_product_equations
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_shape, only: max_rank, shape_t
   implicit none (type, external)
   private
   public :: matmul_equation, contraction_equation, kronecker_equation

   character(*), parameter :: letters = 'abcdefghijklmnopqrstuvwxyz'

contains

   !> The product of matrices in the last two axes, over all others together.
   subroutine matmul_equation(one, two, constant, transposed, equation, error)
      type(shape_t), intent(in) :: one, two          !! of one sample, of a constant its own
      logical, intent(in) :: constant(2)             !! which of them is a constant
      logical, intent(in) :: transposed(2)           !! whose last two axes are exchanged
      character(:), allocatable, intent(out) :: equation
      type(error_t), allocatable, intent(out) :: error
      character(max_rank) :: a, b
      character(:), allocatable :: y
      integer :: i, outer_a, outer_b, outer
      equation = ''
      call check_ranks(one, two, constant, error)
      if (allocated(error)) return
      a = 'yz'
      b = 'zx'
      if (one%rank == 1) a = 'z'
      if (two%rank == 1) b = 'z'
      if (transposed(1) .and. one%rank > 1) a = 'zy'
      if (transposed(2) .and. two%rank > 1) b = 'xz'
      y = ''
      if (one%rank > 1) y = 'y'
      if (two%rank > 1) y = y//'x'
      outer_a = max(one%rank - 2, 0)
      outer_b = max(two%rank - 2, 0)
      outer = max(outer_a, outer_b)
      do i = 1, outer
         if (i <= outer_a) a = outer_letter(one, two, outer_b, i, 'a')//trim(a)
         if (i <= outer_b) b = outer_letter(two, one, outer_a, i, 'n')//trim(b)
         y = letters(i:i)//y
      end do
      equation = trim(a)//','//trim(b)//'->'//y
   end subroutine matmul_equation

   !> The letter of outer axis i, counted from the matrices: its own where it is 1 and broadcast.
   pure character(1) function outer_letter(shape, other, other_outer, i, first) result(letter)
      type(shape_t), intent(in) :: shape, other
      integer, intent(in) :: other_outer, i
      character(1), intent(in) :: first              !! where letters of their own begin
      integer :: own
      letter = letters(i:i)
      if (i > other_outer) return
      if (shape%extent(i + 2) /= 1 .or. other%extent(i + 2) == 1) return
      own = index(letters, first) + merge(6, 0, first == 'a') + i
      letter = letters(own:own)
   end function outer_letter

   !> A batch of matrices, or of vectors beside a constant matrix.
   subroutine check_ranks(one, two, constant, error)
      type(shape_t), intent(in) :: one, two
      logical, intent(in) :: constant(2)
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      if (all(constant)) then
         fits = .false.
      else if (constant(2)) then
         fits = two%rank >= 1 .and. one%rank >= 1 .and. (two%rank <= 2 .or. two%rank <= one%rank)
      else if (constant(1)) then
         fits = one%rank >= 1 .and. two%rank >= 2 .and. one%rank <= max(2, two%rank)
      else
         fits = one%rank >= 2 .and. one%rank == two%rank
      end if
      if (max(one%rank, two%rank) > max_rank) fits = .false.
      if (.not. fits) call raise(error, fkb_err_argument, 'the product of '//one%text()//' and '// &
                                 two%text()//' would mix the samples of a batch')
   end subroutine check_ranks

   !> The sum over axes of both operands; the result has the others, those of the first in front.
   subroutine contraction_equation(rank_a, rank_b, n, axes_a, axes_b, equation)
      integer, intent(in) :: rank_a, rank_b
      integer, intent(in) :: n                       !! axes that are summed
      integer, intent(in) :: axes_a(:), axes_b(:)    !! of one sample, Keras's order, from 0
      character(:), allocatable, intent(out) :: equation
      character(rank_a) :: a
      character(rank_b) :: b
      character(:), allocatable :: y
      integer :: i
      a = letters(:rank_a)
      b = letters(rank_a + 1:rank_a + rank_b)
      do i = 1, n
         b(axes_b(i) + 1:axes_b(i) + 1) = a(axes_a(i) + 1:axes_a(i) + 1)
      end do
      y = ''
      do i = 1, rank_a
         if (any(axes_a(:n) == i - 1)) cycle
         y = y//a(i:i)
      end do
      do i = 1, rank_b
         if (any(axes_b(:n) == i - 1)) cycle
         y = y//b(i:i)
      end do
      equation = a//','//b//'->'//y
   end subroutine contraction_equation

   !> All products of two values, whose axes stand in pairs; a leading axis of 1 that a constant has
   !> in the place of the batch is summed.
   subroutine kronecker_equation(rank_a, rank_b, rank, equation)
      integer, intent(in) :: rank_a, rank_b
      integer, intent(in) :: rank                    !! of the operands that are tensors
      character(:), allocatable, intent(out) :: equation
      character(rank_a) :: a
      character(rank_b) :: b
      character(:), allocatable :: y
      integer :: i
      a = letters(:rank_a)
      b = letters(rank_a + 1:rank_a + rank_b)
      y = ''
      do i = rank, 1, -1                             ! counted from the last axis
         if (i <= rank_a) y = y//a(rank_a + 1 - i:rank_a + 1 - i)
         if (i <= rank_b) y = y//b(rank_b + 1 - i:rank_b + 1 - i)
      end do
      equation = a//','//b//'->'//y
   end subroutine kronecker_equation

end module fkb_product_equations
