!> Exact conversions between decimal and binary: powers of ten with 90 bits and their products.
!>
!> A number of 60 bits times a power of ten of 90 bits gives 150 bits, of which the first 89 are
!> right; that settles the rounding unless the value lies within 2**-29 or so of a tie. Then the
!> caller asks the compiler's own conversion. (The idea is W. D. Clinger's, "How to Read Floating
!> Point Numbers Accurately", PLDI 1990; the wide power that of D. Lemire, "Number Parsing at a
!> Gigabyte per Second", Softw. Pract. Exper. 51, 2021.) Integers stay below 2**63: limbs have 30
!> bits.
module fkb_decimal
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: powers_t, product_t, multiply, round_product

   !> The powers of ten in the table: 10**(-max_power) to 10**max_power.
   integer, parameter, public :: max_power = 345

   integer, parameter :: limb_bits = 30
   integer(i8), parameter :: limb_mask = 2_i8**limb_bits - 1
   !> 5**38 is the largest power of five below 2**90.
   integer, parameter :: last_exact = 38

   !> Powers of ten: 10**k is limbs(:, k) as a number of 90 bits, cut off, times 2**exponent(k).
   type :: powers_t
      integer(i8) :: limbs(3, -max_power:max_power) = 0_i8
      integer :: exponent(-max_power:max_power) = 0
   contains
      procedure :: fill
   end type powers_t

   !> The product of a 60-bit number and a power: (high*2**90 + middle*2**60 + ...)*2**(exponent).
   type :: product_t
      integer(i8) :: high = 0                   !! the first 59 or 60 bits
      integer(i8) :: middle = 0                 !! the next 30 bits
      logical :: rest = .false.                 !! whether any later bit is set
      logical :: exact = .false.                !! whether the power is exact
      integer :: exponent = 0                   !! binary exponent of the last bit of `high`
   end type product_t

contains

   !> Compute the table: from 1 upwards times ten, downwards by ten, with 120 bits.
   pure subroutine fill(self)
      class(powers_t), intent(inout) :: self
      integer(i8) :: limb(0:3)
      integer :: k, exponent
      limb = [0_i8, 0_i8, 0_i8, 2_i8**(limb_bits - 1)]
      exponent = 1 - 3*limb_bits
      do k = 0, max_power
         self%limbs(:, k) = limb(1:3)
         self%exponent(k) = exponent
         call times_ten(limb, exponent)
      end do
      limb = [0_i8, 0_i8, 0_i8, 2_i8**(limb_bits - 1)]
      exponent = 1 - 3*limb_bits
      do k = -1, -max_power, -1
         call by_ten(limb, exponent)
         self%limbs(:, k) = limb(1:3)
         self%exponent(k) = exponent
      end do
   end subroutine fill

   !> Multiply by ten, keep 120 bits.
   pure subroutine times_ten(limb, exponent)
      integer(i8), intent(inout) :: limb(0:3)
      integer, intent(inout) :: exponent
      integer(i8) :: carry
      integer :: i, shift
      carry = 0
      do i = 0, 3
         limb(i) = 10*limb(i) + carry
         carry = shiftr(limb(i), limb_bits)
         limb(i) = iand(limb(i), limb_mask)
      end do
      shift = merge(4, 3, carry >= 8)
      do i = 0, 2
         limb(i) = iand(shiftr(limb(i) + shiftl(limb(i + 1), limb_bits), shift), limb_mask)
      end do
      limb(3) = iand(shiftr(limb(3) + shiftl(carry, limb_bits), shift), limb_mask)
      exponent = exponent + shift
   end subroutine times_ten

   !> Divide by ten, keep 120 bits.
   pure subroutine by_ten(limb, exponent)
      integer(i8), intent(inout) :: limb(0:3)
      integer, intent(inout) :: exponent
      integer(i8) :: part, rest
      integer :: i, shift
      shift = merge(3, 4, limb(3) >= 5*2_i8**(limb_bits - 3))
      rest = 0
      do i = 3, 0, -1
         part = shiftl(rest, limb_bits) + limb(i)
         limb(i) = part
         rest = mod(part, 10_i8)
         limb(i) = part/10
      end do
      call shift_up(limb, rest, shift)
      exponent = exponent - shift
   end subroutine by_ten

   !> Shift a quotient by ten to 120 bits again; the remainder gives the bits that come in.
   pure subroutine shift_up(limb, rest, shift)
      integer(i8), intent(inout) :: limb(0:3)
      integer(i8), intent(in) :: rest
      integer, intent(in) :: shift
      integer(i8) :: carry
      integer :: i
      carry = shiftl(rest, shift)/10
      do i = 0, 3
         limb(i) = shiftl(limb(i), shift) + carry
         carry = shiftr(limb(i), limb_bits)
         limb(i) = iand(limb(i), limb_mask)
      end do
   end subroutine shift_up

   !> number*2**exponent*10**power, where number is positive and below 2**60.
   pure subroutine multiply(powers, number, exponent, power, product)
      type(powers_t), intent(in) :: powers
      integer(i8), intent(in) :: number         !! positive, below 2**60
      integer, intent(in) :: exponent           !! binary exponent of the number
      integer, intent(in) :: power              !! between -max_power and max_power
      type(product_t), intent(out) :: product
      integer(i8) :: a0, a1, low, next, middle, high
      integer :: shift
      shift = leadz(number) - 4
      a1 = shiftl(number, shift)
      a0 = iand(a1, limb_mask)
      a1 = shiftr(a1, limb_bits)
      associate (t => powers%limbs(:, power))
         low = a0*t(1)
         next = a0*t(2) + a1*t(1) + shiftr(low, limb_bits)
         middle = a0*t(3) + a1*t(2) + shiftr(next, limb_bits)
         high = a1*t(3) + shiftr(middle, limb_bits)
      end associate
      product%high = high
      product%middle = iand(middle, limb_mask)
      product%rest = iand(ior(low, next), limb_mask) /= 0
      product%exact = power >= 0 .and. power <= last_exact
      product%exponent = powers%exponent(power) + exponent - shift + 3*limb_bits
   end subroutine multiply

   !> product%high without its last `cut` bits, rounded to nearest, ties to even.
   pure subroutine round_product(product, cut, rounded, certain)
      type(product_t), intent(in) :: product
      integer, intent(in) :: cut                !! bits to drop, at least 1
      integer(i8), intent(out) :: rounded
      logical, intent(out) :: certain           !! false: too near to a tie to tell
      integer(i8) :: half, part
      certain = .true.
      rounded = 0
      if (cut > 61) return
      half = shiftl(1_i8, cut - 1)
      part = iand(product%high, 2*half - 1)
      if (cut < 61) rounded = shiftr(product%high, cut)
      if (part < half) then
         if (part == half - 1 .and. .not. product%exact) certain = product%middle < limb_mask - 2
      else if (part > half .or. product%middle > 0 .or. product%rest) then
         rounded = rounded + 1
      else
         certain = product%exact
         rounded = rounded + iand(rounded, 1_i8)
      end if
   end subroutine round_product

end module fkb_decimal
