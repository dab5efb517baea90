! Generated from kernels/fkb_merge_kernels.fypp: edit that file and run tools/generate.py
!> Products and extrema of several tensors in which masked values take no part, as Keras 3 has it.
!>
!> A mask has a value per element, 0 where it is masked; a tensor without a mask has ones.
!> Source: `Multiply._merge_function` and `Merge._apply_merge_op_and_or_mask` of Keras 3.15.
module fkb_merge_kernels_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_activation_kernels_dp, only: activate_in_place
   use fkb_activations, only: n_parameters
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: masked_product, masked_product_slope, masked_extremum, add_activated

   !> Values that are in the cache for the activation.
   integer, parameter :: near = 8192

contains

   !> y = activation(a + b)
   pure subroutine add_activated(n, columns, a, b, activation, parameters, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: a(n, columns), b(n, columns)
      integer, intent(in) :: activation               !! one of `act_*` but glu, 0 for none
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(n, columns)
      integer :: block, count, i, j
      block = max(near/max(n, 1), 1)
      do j = 1, columns, block
         count = min(block, columns - j + 1)
         do i = j, j + count - 1
            y(:, i) = a(:, i) + b(:, i)
         end do
         if (activation /= 0) call activate_in_place(activation, parameters, n, count, y(1, j))
      end do
   end subroutine add_activated

   !> y = product of the x that are not masked, 0 where all tensors have a mask and all are masked
   pure subroutine masked_product(n, m, masked, x, mask, y)
      integer, intent(in) :: n, m
      logical, intent(in) :: masked(m)                !! which tensors have a mask
      real(wp), intent(in) :: x(n, m), mask(n, m)
      real(wp), intent(out) :: y(n)
      y = 1
      call multiply(n, m, 0, masked, x, mask, y)
   end subroutine masked_product

   !> d = d times the derivative of the product with respect to tensor i
   pure subroutine masked_product_slope(n, m, i, masked, x, mask, d)
      integer, intent(in) :: n, m, i
      logical, intent(in) :: masked(m)
      real(wp), intent(in) :: x(n, m), mask(n, m)
      real(wp), intent(inout) :: d(n)
      where (abs(mask(:, i)) <= 0) d = 0
      call multiply(n, m, i, masked, x, mask, d)
   end subroutine masked_product_slope

   !> y = y times the x that are not masked, but for tensor i, and 0 where nothing is left
   pure subroutine multiply(n, m, i, masked, x, mask, y)
      integer, intent(in) :: n, m, i
      logical, intent(in) :: masked(m)
      real(wp), intent(in) :: x(n, m), mask(n, m)
      real(wp), intent(inout) :: y(n)
      logical :: left
      integer :: k, l
      do l = 1, n
         left = .not. all(masked)
         do k = 1, m
            if (abs(mask(l, k)) <= 0) cycle
            left = .true.
            if (k /= i) y(l) = y(l)*x(l, k)
         end do
         if (.not. left) y(l) = 0
      end do
   end subroutine multiply

   !> y = largest (`sign` 1) or smallest (-1) of the x that are not masked, and which tensor has it;
   !> the first one's where all are masked. Behind a tensor without a mask Keras takes no notice of
   !> the masks before it.
   pure subroutine masked_extremum(n, m, sign, masked, x, mask, y, winner)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: sign
      logical, intent(in) :: masked(m)
      real(wp), intent(in) :: x(n, m), mask(n, m)
      real(wp), intent(out) :: y(n)
      real(wp), intent(out) :: winner(n)
      logical :: valid
      integer :: i, k
      do k = 1, n
         y(k) = x(k, 1)
         winner(k) = 1
         valid = abs(mask(k, 1)) > 0
         do i = 2, m
            if (abs(mask(k, i)) > 0) then
               if (.not. (valid .and. (sign*y(k) >= sign*x(k, i) .or. ieee_is_nan(y(k))))) then
                  y(k) = x(k, i)
                  winner(k) = i
               end if
               valid = .true.
            end if
            valid = valid .or. .not. all(masked(:i))
         end do
      end do
   end subroutine masked_extremum

end module fkb_merge_kernels_dp
