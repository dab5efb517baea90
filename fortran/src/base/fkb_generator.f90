!> A generator of whole numbers whose state is two integers: what has to go on after a restart.
!>
!> Combined multiplicative generator. Source: P. L'Ecuyer (1988), Communications of the ACM 31.
module fkb_generator
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: generator_t

   !> Moduli of the random numbers.
   integer(i8), parameter :: modulus(2) = [2147483563_i8, 2147483399_i8]

   !> A stream of random numbers. Safe to copy; `state` is all there is.
   type :: generator_t
      integer(i8) :: state(2) = [12345_i8, 67890_i8]
   contains
      procedure :: start
      procedure :: below
      procedure :: shuffle
   end type generator_t

contains

   !> Begin the stream of a seed and a number, such as that of an epoch.
   pure subroutine start(self, seed, number)
      class(generator_t), intent(inout) :: self
      integer(i8), intent(in) :: seed
      integer, intent(in) :: number
      integer :: i
      self%state(1) = 1 + modulo(modulo(seed, modulus(1))*7919 + 12345, modulus(1) - 1)
      self%state(2) = 1 + modulo(67890 + 104729_i8*number, modulus(2) - 1)
      do i = 1, 16
         call advance(self%state)
      end do
   end subroutine start

   !> The next number, from 1 to `n`.
   integer function below(self, n) result(number)
      class(generator_t), intent(inout) :: self
      integer, intent(in) :: n               !! at least 1
      call advance(self%state)
      number = 1 + int(modulo(modulo(self%state(1) - self%state(2), modulus(1)), int(n, i8)))
   end function below

   !> Put numbers into a random order (Fisher and Yates).
   subroutine shuffle(self, order)
      class(generator_t), intent(inout) :: self
      integer, intent(inout) :: order(:)
      integer :: i, j, swap
      do i = size(order), 2, -1
         j = self%below(i)
         swap = order(i)
         order(i) = order(j)
         order(j) = swap
      end do
   end subroutine shuffle

   pure subroutine advance(state)
      integer(i8), intent(inout) :: state(2)
      state(1) = modulo(40014*state(1), modulus(1))
      state(2) = modulo(40692*state(2), modulus(2))
   end subroutine advance

end module fkb_generator
