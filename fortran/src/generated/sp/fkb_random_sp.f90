! Generated from kernels/fkb_random.fypp: edit that file and run tools/generate.py
!> Random numbers as a function of (seed, node, step, sample, element).
!>
!> Nothing is drawn from a state: the numbers of a sample are the same for any blocks, threads and
!> ranks, and backward can make them once more. The function is Threefry-2x32 with 20 rounds
!> (Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as 1, 2, 3); seed, node,
!> step and sample are hashed one after another into the key, the element is the counter.
!> Both kinds give the same numbers up to rounding.
module fkb_random_sp
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: uniform_values, normal_values, threefry

   !> 32 bits.
   integer(i8), parameter :: mask = 4294967295_i8
   !> Skein's parity constant.
   integer(i8), parameter :: parity = 466688986_i8
   integer, parameter :: rotations(8) = [13, 15, 26, 6, 17, 29, 16, 24]
   real(wp), parameter :: two_pi = 6.28318530717958647693_wp

contains

   !> Numbers in (0, 1), multiples of 2**-24.
   pure subroutine uniform_values(seed, node, step, sample, n, u)
      integer(i8), intent(in) :: seed, step
      integer, intent(in) :: node
      integer(i8), intent(in) :: sample     !! global number of the sample
      integer, intent(in) :: n
      real(wp), intent(out) :: u(n)
      integer(i8) :: key(2), word(2)
      integer :: i
      key = stream(seed, node, step, sample)
      do i = 1, n, 2
         word = threefry(key, [int(i/2, i8), 0_i8])
         u(i) = unit(word(1))
         if (i < n) u(i + 1) = unit(word(2))
      end do
   end subroutine uniform_values

   !> Numbers of the standard normal distribution (Box and Muller 1958).
   pure subroutine normal_values(seed, node, step, sample, n, z)
      integer(i8), intent(in) :: seed, step
      integer, intent(in) :: node
      integer(i8), intent(in) :: sample     !! global number of the sample
      integer, intent(in) :: n
      real(wp), intent(out) :: z(n)
      integer(i8) :: key(2), word(2)
      real(wp) :: radius, angle
      integer :: i
      key = stream(seed, node, step, sample)
      do i = 1, n, 2
         word = threefry(key, [int(i/2, i8), 0_i8])
         radius = sqrt(-2*log(unit(word(1))))
         angle = two_pi*unit(word(2))
         z(i) = radius*cos(angle)
         if (i < n) z(i + 1) = radius*sin(angle)
      end do
   end subroutine normal_values

   !> The key of one sample's numbers.
   pure function stream(seed, node, step, sample) result(key)
      integer(i8), intent(in) :: seed, step, sample
      integer, intent(in) :: node
      integer(i8) :: key(2)
      key = threefry(words(seed), words(int(node, i8)))
      key = threefry(key, words(step))
      key = threefry(key, words(sample))
   end function stream

   !> The lower and the upper 32 bits.
   pure function words(number)
      integer(i8), intent(in) :: number
      integer(i8) :: words(2)
      words = [iand(number, mask), ishft(number, -32)]
   end function words

   !> A number in (0, 1) from the upper 23 of 32 bits, exact in real32.
   pure real(wp) function unit(word)
      integer(i8), intent(in) :: word
      unit = (real(ishft(word, -9), wp) + 0.5_wp)/8388608
   end function unit

   !> Threefry-2x32-20: two words from a key and a counter, each of two words of 32 bits.
   pure function threefry(key, counter) result(x)
      integer(i8), intent(in) :: key(2), counter(2)
      integer(i8) :: x(2)
      integer(i8) :: keys(0:2)
      integer :: round, i
      keys(0:1) = key
      keys(2) = ieor(parity, ieor(key(1), key(2)))
      x = iand(counter + key, mask)
      do round = 1, 5
         do i = 1, 4
            x(1) = iand(x(1) + x(2), mask)
            x(2) = rotated(x(2), rotations(i + 4*mod(round - 1, 2)))
            x(2) = ieor(x(2), x(1))
         end do
         x(1) = iand(x(1) + keys(mod(round, 3)), mask)
         x(2) = iand(x(2) + keys(mod(round + 1, 3)) + round, mask)
      end do
   end function threefry

   !> 32 bits turned left.
   pure integer(i8) function rotated(word, by)
      integer(i8), intent(in) :: word
      integer, intent(in) :: by
      rotated = iand(ior(ishft(word, by), ishft(word, by - 32)), mask)
   end function rotated

end module fkb_random_sp
