!> How the pairs of the observation are cut into groups, and in which order a training sees them.
!!
!! The orders are a function of a seed alone, with the generator of the model, so that orders.py has
!! the same ones and a training in Keras goes through the same batches.
module elnino_groups
   use random, only: random_t
   use, intrinsic :: iso_fortran_env, only: real64
   implicit none (type, external)
   private
   public :: group_t, others, put_in_order

   !> Groups of the ten-fold cross-validation.
   integer, parameter, public :: n_groups = 10

   !> Pairs that follow one another.
   type :: group_t
      integer :: first = 1, last = 0
   contains
      procedure :: cut, length
   end type group_t

contains

   !> Become one of the groups, whose sizes differ by one at most: the longer ones come first.
   pure subroutine cut(self, pairs, number)
      class(group_t), intent(inout) :: self
      integer, intent(in) :: pairs !! Pairs in all.
      integer, intent(in) :: number !! Which group, from 1.
      integer :: longer, short
      short = pairs/n_groups
      longer = modulo(pairs, n_groups)
      self%first = 1 + (number - 1)*short + min(number - 1, longer)
      self%last = number*short + min(number, longer)
   end subroutine cut

   !> Pairs of the group.
   pure integer function length(self)
      class(group_t), intent(in) :: self
      length = self%last - self%first + 1
   end function length

   !> The pairs that are not in a group.
   pure function others(group, pairs) result(list)
      type(group_t), intent(in) :: group !! What is left out.
      integer, intent(in) :: pairs !! Pairs in all.
      integer :: list(pairs - group%last + group%first - 1)
      integer :: n
      list = [(n, n=1, group%first - 1), (n, n=group%last + 1, pairs)]
   end function others

   !> Put a list into the order of an epoch (Fisher & Yates, from the end).
   pure subroutine put_in_order(list, seed, epoch)
      integer, intent(inout) :: list(:) !! Gets the order.
      integer, intent(in) :: seed !! Of the training.
      integer, intent(in) :: epoch !! From 1.
      type(random_t) :: numbers
      real(real64) :: number
      integer :: held, n, place
      call numbers%seed(1000*seed + epoch)
      do n = size(list), 2, -1
         call numbers%uniform(number)
         place = 1 + int(n*number)
         held = list(n)
         list(n) = list(place)
         list(place) = held
      end do
   end subroutine put_in_order

end module elnino_groups
