! Generated from kernels/fkb_random.fypp: edit that file and run tools/generate.py
!> Random numbers as a function of (seed, node, step, sample, element).
!>
!> Nothing is drawn from a state: the numbers of a sample are the same for any blocks, threads and
!> ranks, and backward can make them once more. The function is Threefry-2x32 with 20 rounds
!> (Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as 1, 2, 3); seed, node,
!> step and sample are hashed one after another into the key, the element is the counter.
!> Both kinds give the same numbers up to rounding.
!>
!> Words of 32 bits stand in integers of 64, so that no sum overflows; the loops over `lanes`
!> counters become vector code.
module fkb_random_sp
   use fkb_kinds, only: i4, i8, wp => sp
   use fkb_math_sp, only: lanes, log_lanes
   implicit none (type, external)
   private
   public :: uniform_values, normal_values, threefry

   !> 32 bits.
   integer(i8), parameter :: mask = 4294967295_i8
   !> Skein's parity constant.
   integer(i8), parameter :: parity = 466688986_i8

contains

   !> Numbers in (0, 1), odd multiples of 2**-24.
   pure subroutine uniform_values(seed, node, step, sample, n, u)
      integer(i8), intent(in) :: seed, step
      integer, intent(in) :: node
      integer(i8), intent(in) :: sample     !! global number of the sample
      integer, intent(in) :: n
      real(wp), intent(out) :: u(n)
      integer(i8) :: key(2)
      real(wp) :: first(lanes), second(lanes)
      integer :: done
      key = stream(seed, node, step, sample)
      do done = 0, n - 1, 2*lanes
         call uniform_pairs(key, done/2, first, second)
         call interleave(min(2*lanes, n - done), first, second, u(done + 1))
      end do
   end subroutine uniform_values

   !> Numbers of the standard normal distribution (Box and Muller 1958).
   pure subroutine normal_values(seed, node, step, sample, n, z)
      integer(i8), intent(in) :: seed, step
      integer, intent(in) :: node
      integer(i8), intent(in) :: sample     !! global number of the sample
      integer, intent(in) :: n
      real(wp), intent(out) :: z(n)
      integer(i8) :: key(2)
      real(wp) :: cosine, first(lanes), second(lanes), sine, t
      integer :: done, i
      key = stream(seed, node, step, sample)
      do done = 0, n - 1, 2*lanes
         call uniform_pairs(key, done/2, first, second)
         call log_lanes(1, first)
         first = sqrt(-2*first)
         do i = 1, lanes
            ! The angle is 2 pi t + pi; sine and cosine are those of its half less a right angle.
            t = second(i) - 0.5_wp
            sine = t*sine_polynomial(t*t)
            cosine = cosine_polynomial(t*t)
            second(i) = -2*first(i)*sine*cosine
            first(i) = first(i)*(2*sine*sine - 1)
         end do
         call interleave(min(2*lanes, n - done), first, second, z(done + 1))
      end do
   end subroutine normal_values

   !> Uniform numbers of the counters from `start` on.
   pure subroutine uniform_pairs(key, start, first, second)
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: start
      real(wp), intent(out) :: first(lanes), second(lanes)
      integer(i8) :: x1(lanes), x2(lanes)
      integer :: i
      x1 = [(int(start + i - 1, i8), i=1, lanes)]
      x2 = 0
      call encrypt(key, lanes, x1, x2)
      first = unit(x1)
      second = unit(x2)
   end subroutine uniform_pairs

   !> The first n of first(1), second(1), first(2), ...
   pure subroutine interleave(n, first, second, values)
      integer, intent(in) :: n
      real(wp), intent(in) :: first(lanes), second(lanes)
      real(wp), intent(out) :: values(n)
      values(1::2) = first(:(n + 1)/2)
      values(2::2) = second(:n/2)
   end subroutine interleave

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
   elemental real(wp) function unit(word)
      integer(i8), intent(in) :: word
      unit = (real(int(shiftr(word, 9), i4), wp) + 0.5_wp)/8388608
   end function unit

   !> Threefry-2x32-20: two words from a key and a counter, each of two words of 32 bits.
   pure function threefry(key, counter) result(x)
      integer(i8), intent(in) :: key(2), counter(2)
      integer(i8) :: x(2)
      x = counter
      call encrypt(key, 1, x(1), x(2))
   end function threefry

   !> Threefry-2x32-20 of n counters (x1, x2) under one key, in place.
   pure subroutine encrypt(key, n, x1, x2)
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: n
      integer(i8), intent(inout) :: x1(n), x2(n)
      integer(i8) :: k1, k2, k3
      integer :: i
      k1 = key(1)
      k2 = key(2)
      k3 = ieor(parity, ieor(k1, k2))
      do i = 1, n
         x1(i) = iand(x1(i) + k1, mask)
         x2(i) = iand(x2(i) + k2, mask)
         call turn(x1(i), x2(i), 13)
         call turn(x1(i), x2(i), 15)
         call turn(x1(i), x2(i), 26)
         call turn(x1(i), x2(i), 6)
         x1(i) = iand(x1(i) + k2, mask)
         x2(i) = iand(x2(i) + k3 + 1, mask)
         call turn(x1(i), x2(i), 17)
         call turn(x1(i), x2(i), 29)
         call turn(x1(i), x2(i), 16)
         call turn(x1(i), x2(i), 24)
         x1(i) = iand(x1(i) + k3, mask)
         x2(i) = iand(x2(i) + k1 + 2, mask)
         call turn(x1(i), x2(i), 13)
         call turn(x1(i), x2(i), 15)
         call turn(x1(i), x2(i), 26)
         call turn(x1(i), x2(i), 6)
         x1(i) = iand(x1(i) + k1, mask)
         x2(i) = iand(x2(i) + k2 + 3, mask)
         call turn(x1(i), x2(i), 17)
         call turn(x1(i), x2(i), 29)
         call turn(x1(i), x2(i), 16)
         call turn(x1(i), x2(i), 24)
         x1(i) = iand(x1(i) + k2, mask)
         x2(i) = iand(x2(i) + k3 + 4, mask)
         call turn(x1(i), x2(i), 13)
         call turn(x1(i), x2(i), 15)
         call turn(x1(i), x2(i), 26)
         call turn(x1(i), x2(i), 6)
         x1(i) = iand(x1(i) + k3, mask)
         x2(i) = iand(x2(i) + k1 + 5, mask)
      end do
   end subroutine encrypt

   !> One round: add, turn 32 bits left, exclusive or.
   elemental subroutine turn(a, b, by)
      integer(i8), intent(inout) :: a, b
      integer, intent(in) :: by
      a = iand(a + b, mask)
      b = ieor(iand(ior(shiftl(b, by), shiftr(b, 32 - by)), mask), a)
   end subroutine turn

   !> sin(pi t)/t for z = t^2, |t| <= 1/2; error 1e-8 and 7e-19
   elemental real(wp) function sine_polynomial(z)
      real(wp), intent(in) :: z
      sine_polynomial = 0.07765940833_wp
      sine_polynomial = sine_polynomial*z - 0.59829216_wp
      sine_polynomial = sine_polynomial*z + 2.55007766_wp
      sine_polynomial = sine_polynomial*z - 5.16771009_wp
      sine_polynomial = sine_polynomial*z + 3.14159264_wp
   end function sine_polynomial

   !> cos(pi t) for z = t^2, |t| <= 1/2; error 2e-10 and 6e-21
   elemental real(wp) function cosine_polynomial(z)
      real(wp), intent(in) :: z
      cosine_polynomial = -0.02439671661_wp
      cosine_polynomial = cosine_polynomial*z + 0.234937559_wp
      cosine_polynomial = cosine_polynomial*z - 1.335212057_wp
      cosine_polynomial = cosine_polynomial*z + 4.058709164_wp
      cosine_polynomial = cosine_polynomial*z - 4.934802137_wp
      cosine_polynomial = cosine_polynomial*z + 0.9999999998_wp
   end function cosine_polynomial

end module fkb_random_sp
