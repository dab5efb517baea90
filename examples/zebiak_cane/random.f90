!> Random numbers whose state is one integer, so that a restart can hold it.
module random
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   implicit none (type, external)
   private
   public :: random_t

   !> The minimal standard generator. Source: Park, Miller & Stockmeyer (1993), Commun. ACM 36(7).
   integer(int64), parameter :: modulus = 2147483647_int64, multiplier = 48271_int64

   !> A stream of numbers.
   type :: random_t
      !> 1 to modulus - 1.
      integer(int64) :: state = 1
   contains
      procedure :: seed, uniform, normal
   end type random_t

contains

   !> Begin the stream of a seed.
   pure subroutine seed(self, number)
      class(random_t), intent(inout) :: self
      integer, intent(in) :: number !! Any number.
      real(wp) :: discarded
      integer :: n
      self%state = 1 + modulo(int(number, int64)*16807_int64 + 12345_int64, modulus - 1)
      do n = 1, 20
         call self%uniform(discarded)
      end do
   end subroutine seed

   !> The next number in (0, 1).
   pure subroutine uniform(self, value)
      class(random_t), intent(inout) :: self
      real(wp), intent(out) :: value !! The number.
      self%state = modulo(multiplier*self%state, modulus)
      value = real(self%state, wp)/real(modulus, wp)
   end subroutine uniform

   !> The next number of a normal distribution with deviation 1 (Box & Muller 1958).
   pure subroutine normal(self, value)
      class(random_t), intent(inout) :: self
      real(wp), intent(out) :: value !! The number.
      real(wp), parameter :: pi = acos(-1.0_wp)
      real(wp) :: angle, radius
      call self%uniform(radius)
      call self%uniform(angle)
      value = sqrt(-2*log(radius))*cos(2*pi*angle)
   end subroutine normal

end module random
