!> Products over named axes against plain sums, and their gradients.
module test_einsum
   use fkb_einsum, only: at_a, at_b, at_y, einsum_size, einsum_work, of_in_place, plan_einsum
   use fkb_einsum_equation, only: sample_equation
   use fkb_einsum_kernels_dp, only: einsum_backward_a, einsum_backward_b, einsum_forward
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'einsum'
      call suite%add('products over named axes are the plain sums', products_are_plain_sums)
      call suite%add('a dense layer needs no copy', dense_needs_no_copy)
      call suite%add('the equation of one sample has no batch', sample_has_no_batch)
      call suite%add('equations that do not fit are refused', misfits_are_refused)
   end subroutine collect

   subroutine products_are_plain_sums(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'bc,cd->bd', [3, 4], [4, 5])
      call one(failure, 'bc,dc->bd', [3, 4], [5, 4])
      call one(failure, 'cb,cd->bd', [4, 3], [4, 5])
      call one(failure, 'cb,dc->bd', [4, 3], [5, 4])
      call one(failure, 'bc,cd->db', [3, 4], [4, 5])
      call one(failure, 'bc,dc->db', [3, 4], [5, 4])
      call one(failure, 'cb,cd->db', [4, 3], [4, 5])
      call one(failure, 'cb,dc->db', [4, 3], [5, 4])
      call one(failure, 'bij,bjk->bik', [2, 3, 4], [2, 4, 5])
      call one(failure, 'ibj,kjb->kib', [2, 3, 4], [5, 4, 3])
      call one(failure, 'abc,cde->abde', [2, 3, 4], [4, 2, 3])
      call one(failure, 'abcd,cde->abe', [2, 3, 4, 2], [4, 2, 3])
      call one(failure, 'abcd,ce->abed', [2, 3, 4, 2], [4, 3])
      call one(failure, 'ab,ab->', [2, 3], [2, 3])
      call one(failure, 'a,b->ab', [4], [3])
      call one(failure, 'a,b->ba', [4], [3])
      call one(failure, 'ab,ab->ab', [4, 3], [4, 3])
      call one(failure, 'ab,c->b', [4, 3], [2])
      call one(failure, 'aab,bc->ac', [3, 3, 2], [2, 4])
      call one(failure, 'aa,bb->', [3, 3], [4, 4])
      call one(failure, 'abc,->cab', [2, 3, 4], [integer ::])
      call one(failure, 'aa,->a', [3], [integer ::], [3, 3])
      call one(failure, '89c,9cd->89d', [2, 3, 4], [1, 4, 5])
      call one(failure, '89c,9cd->89d', [2, 1, 4], [3, 4, 5])
   end subroutine products_are_plain_sums

   !> One equation, for tensors of Keras's shapes.
   subroutine one(failure, equation, keras_a, keras_b, other_a)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: equation
      integer, intent(in) :: keras_a(:), keras_b(:)
      integer, intent(in), optional :: other_a(:)       !! in place of `keras_a`
      real(dp), allocatable :: a(:), b(:), y(:), dy(:), da(:), db(:), work(:)
      integer :: settings(einsum_size)
      type(shape_t) :: shape_a, shape_b, out
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      shape_a = shape_of(keras_a(size(keras_a):1:-1))
      if (present(other_a)) shape_a = shape_of(other_a(size(other_a):1:-1))
      shape_b = shape_of(keras_b(size(keras_b):1:-1))
      call plan_einsum(equation, shape_a, shape_b, settings, out, error)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      a = values(int(shape_a%count()), 1)
      b = values(int(shape_b%count()), 2)
      dy = values(int(out%count()), 3)
      y = dy
      da = values(size(a), 4)
      db = values(size(b), 5)
      allocate (work(int(einsum_work(settings))))
      call einsum_forward(settings, size(a), size(b), size(y), a, b, y, work)
      call check_close(failure, y, plain(equation, shape_a, shape_b, out, a, b), 1e-14_dp, &
                       equation, scale=10.0_dp)
      call einsum_backward_a(settings, size(a), size(b), size(y), b, dy, 0.0_dp, da, work)
      call check_close(failure, sum(da*a), sum(dy*y), 1e-13_dp, equation//', first gradient', &
                       scale=10.0_dp)
      call einsum_backward_a(settings, size(a), size(b), size(y), b, dy, 1.0_dp, da, work)
      call check_close(failure, sum(da*a), 2*sum(dy*y), 1e-13_dp, equation//', added gradient', &
                       scale=10.0_dp)
      db = 1
      call einsum_backward_b(settings, size(a), size(b), size(y), a, dy, 1.0_dp, db, work)
      call check_close(failure, sum((db - 1)*b), sum(dy*y), 1e-13_dp, &
                       equation//', second gradient', scale=10.0_dp)
      call check_gradients(failure, equation, shape_a, shape_b, out, a, b, dy, da/2, db - 1)
   end subroutine one

   !> The product is linear in each operand: the gradient is the change for a unit of change.
   subroutine check_gradients(failure, equation, shape_a, shape_b, out, a, b, dy, da, db)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: equation
      type(shape_t), intent(in) :: shape_a, shape_b, out
      real(dp), intent(in) :: a(:), b(:), dy(:), da(:), db(:)
      real(dp) :: unit_a(size(a)), unit_b(size(b)), wanted_a(size(a)), wanted_b(size(b))
      integer :: i
      do i = 1, size(a)
         unit_a = 0
         unit_a(i) = 1
         wanted_a(i) = sum(dy*plain(equation, shape_a, shape_b, out, unit_a, b))
      end do
      do i = 1, size(b)
         unit_b = 0
         unit_b(i) = 1
         wanted_b(i) = sum(dy*plain(equation, shape_a, shape_b, out, a, unit_b))
      end do
      call check_close(failure, da, wanted_a, 1e-13_dp, equation//', gradient of the first', &
                       scale=10.0_dp)
      call check_close(failure, db, wanted_b, 1e-13_dp, equation//', gradient of the second', &
                       scale=10.0_dp)
   end subroutine check_gradients

   !> The sum over all values of all letters.
   function plain(equation, shape_a, shape_b, out, a, b) result(y)
      character(*), intent(in) :: equation
      type(shape_t), intent(in) :: shape_a, shape_b, out
      real(dp), intent(in) :: a(:), b(:)
      real(dp), allocatable :: y(:)
      integer :: extent(0:127), place(0:127), comma, arrow, i, at
      character(:), allocatable :: letters
      comma = index(equation, ',')
      arrow = index(equation, '->')
      extent = 1
      call note(equation(:comma - 1), shape_a)
      call note(equation(comma + 1:arrow - 1), shape_b)
      letters = equation(:comma - 1)//equation(comma + 1:arrow - 1)
      y = spread(0.0_dp, 1, int(out%count()))
      place = 0
      do
         at = place_of(equation(arrow + 2:), out)
         y(at) = y(at) + a(place_of(equation(:comma - 1), shape_a))* &
                 b(place_of(equation(comma + 1:arrow - 1), shape_b))
         do i = 1, len(letters)
            if (index(letters(:i - 1), letters(i:i)) > 0) cycle
            at = iachar(letters(i:i))
            place(at) = place(at) + 1
            if (place(at) < extent(at)) exit
            place(at) = 0
         end do
         if (i > len(letters)) exit
      end do

   contains

      subroutine note(part, shape)
         character(*), intent(in) :: part
         type(shape_t), intent(in) :: shape
         integer :: j
         do j = 1, len(part)
            associate (e => extent(iachar(part(j:j))))
               e = max(e, shape%extent(len(part) + 1 - j))
            end associate
         end do
      end subroutine note

      integer function place_of(part, shape)
         character(*), intent(in) :: part
         type(shape_t), intent(in) :: shape
         integer :: j
         place_of = 0
         do j = 1, len(part)
            associate (e => shape%extent(len(part) + 1 - j))
               place_of = place_of*e + mod(place(iachar(part(j:j))), e)
            end associate
         end do
         place_of = place_of + 1
      end function place_of

   end function plain

   !> Numbers between -1 and 1.
   pure function values(n, seed) result(v)
      integer, intent(in) :: n, seed
      real(dp) :: v(n)
      integer :: i
      v = [(sin(12.9898_dp*i + 78.233_dp*seed), i=1, n)]
   end function values

   subroutine dense_needs_no_copy(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: settings(einsum_size)
      type(shape_t) :: out
      type(error_t), allocatable :: error
      call plan_einsum('abc,cde->abde', shape_of([4, 3, 2]), shape_of([5, 2, 4]), settings, out, &
                       error)
      call check(failure, .not. allocated(error), 'the plan fails')
      call check_equal(failure, settings([at_a, at_b, at_y] + of_in_place), [1, 1, 1], &
                       'tensors in place')
      call check_equal(failure, out%text(), '(2, 3, 2, 5)', 'shape of the result')
   end subroutine dense_needs_no_copy

   subroutine sample_has_no_batch(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call expect('abc,cd->abd', 2, 2, .true., .false., 'bc,cd->bd')
      call expect('...c,cd->...d', 3, 2, .true., .false., '89c,cd->89d')
      call expect('ab...,bc->ac...', 3, 2, .true., .false., 'b89,bc->c89')
      call expect('bij, bjk -> bik', 2, 2, .true., .true., 'ij,jk->ik')
      call expect('...ij,...jk', 3, 3, .true., .true., '9ij,9jk->9ik')
      call expect('bij', 2, 0, .true., .false., 'ij,->ij')

   contains

      subroutine expect(equation, rank_a, rank_b, batch_a, batch_b, wanted)
         character(*), intent(in) :: equation, wanted
         integer, intent(in) :: rank_a, rank_b
         logical, intent(in) :: batch_a, batch_b
         character(:), allocatable :: inner
         type(error_t), allocatable :: error
         call sample_equation(equation, rank_a, rank_b, batch_a, batch_b, inner, error)
         if (allocated(error)) call fail(failure, error%message)
         if (.not. allocated(failure)) call check_equal(failure, inner, wanted, equation)
      end subroutine expect

   end subroutine sample_has_no_batch

   subroutine misfits_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      character(:), allocatable :: inner
      integer :: settings(einsum_size)
      type(shape_t) :: out
      call refused('bi,bj->ij', .true.)
      call refused('bi,bj->ijb', .true.)
      call refused('bi,cj->bij', .true.)
      call refused('bi,bj,jk->bk', .true.)
      call refused('bi2,bj->bj', .true.)
      call refused('bik,bj->bj', .true.)
      call refused('bb,bj->bj', .true.)
      call refused('...b,...->...b', .true.)
      call plan_einsum('ij,jk->ik', shape_of([3, 2]), shape_of([4, 2]), settings, out, error)
      call check(failure, allocated(error), 'extents that differ are taken')
      call plan_einsum('ij,jk->ii', shape_of([3, 2]), shape_of([4, 3]), settings, out, error)
      call check(failure, allocated(error), 'a letter twice in the output is taken')
      call plan_einsum('ij,jk->ix', shape_of([3, 2]), shape_of([4, 3]), settings, out, error)
      call check(failure, allocated(error), 'a letter from nowhere is taken')

   contains

      subroutine refused(equation, batch)
         character(*), intent(in) :: equation
         logical, intent(in) :: batch
         call sample_equation(equation, 1, 1, batch, batch, inner, error)
         call check(failure, allocated(error), equation//' is taken')
      end subroutine refused

   end subroutine misfits_are_refused

end module test_einsum
