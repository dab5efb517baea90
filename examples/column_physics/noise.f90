!> Random numbers, one sequence per column: the same for any number of threads and ranks.
module noise
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use column_grid, only: pi
   implicit none (type, external)
   private
   public :: draw_normal, first_state

   integer(int64), parameter :: modulus = 2147483647_int64, multiplier = 48271_int64

contains

   !> Where the sequence of a column begins.
   elemental integer(int64) function first_state(column, seed)
      integer, intent(in) :: column !! Number on the ring, from 1.
      integer, intent(in) :: seed !! Of the run.
      integer :: i
      first_state = 1 + modulo(int(column, int64)*69621_int64 + int(seed, int64)*16807_int64, &
         modulus - 1)
      do i = 1, 20
         first_state = modulo(multiplier*first_state, modulus)
      end do
   end function first_state

   !> The next normal deviates of a sequence, mean 0, variance 1, by Box and Muller's formula.
   !! Source of the generator: Park, Miller & Stockmeyer (1993), Commun. ACM 36(7), 108.
   pure subroutine draw_normal(state, values)
      integer(int64), intent(inout) :: state !! State of the sequence, 1 to 2**31 - 2.
      real(wp), intent(out) :: values(:) !! Deviates.
      real(wp) :: angle, radius
      integer :: i
      do i = 1, size(values), 2
         state = modulo(multiplier*state, modulus)
         radius = sqrt(-2*log(real(state, wp)/real(modulus, wp)))
         state = modulo(multiplier*state, modulus)
         angle = 2*pi*real(state, wp)/real(modulus, wp)
         values(i) = radius*cos(angle)
         if (i < size(values)) values(i + 1) = radius*sin(angle)
      end do
   end subroutine draw_normal

end module noise
