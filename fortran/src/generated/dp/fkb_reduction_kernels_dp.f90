! Generated from kernels/fkb_reduction_kernels.fypp: edit that file and run tools/generate.py
!> Reductions of columns of values to one value each, and their derivatives.
!>
!> Derivatives are TensorFlow's: values that share the maximum or minimum share its gradient
!> equally, and what counts or points has none. Sums run in the order of the column.
module fkb_reduction_kernels_dp
   use fkb_kinds, only: wp => dp
   use fkb_math_dp, only: exp_values
   use fkb_operations, only: reduce_all, reduce_amax, reduce_amin, reduce_any, reduce_argmax, &
      reduce_argmin, reduce_count, reduce_logsumexp, reduce_max, reduce_mean, reduce_min, &
      reduce_norm, reduce_prod, reduce_ptp, reduce_std, reduce_sum, reduce_var
   implicit none (type, external)
   private
   public :: reduce, reduce_backward, powers

contains

   !> y(j) = f(x(:, j))
   pure subroutine reduce(id, order, n, columns, x, y)
      integer, intent(in) :: id                       !! one of the `reduce_*` constants
      real(wp), intent(in) :: order                   !! of a norm
      integer, intent(in) :: n, columns
      real(wp), intent(inout) :: x(n, columns)        !! left changed by `reduce_logsumexp`
      real(wp), intent(out) :: y(columns)
      integer :: j
      do j = 1, columns
         select case (id)
         case (reduce_sum)
            y(j) = total(n, x(:, j))
         case (reduce_mean)
            y(j) = total(n, x(:, j))/n
         case (reduce_max, reduce_amax)
            y(j) = maxval(x(:, j))
         case (reduce_min, reduce_amin)
            y(j) = minval(x(:, j))
         case (reduce_prod)
            y(j) = product(x(:, j))
         case (reduce_any)
            y(j) = merge(1.0_wp, 0.0_wp, .not. all(abs(x(:, j)) <= 0))
         case (reduce_all)
            y(j) = merge(0.0_wp, 1.0_wp, any(abs(x(:, j)) <= 0))
         case (reduce_std)
            y(j) = sqrt(variance(n, x(:, j)))
         case (reduce_var)
            y(j) = variance(n, x(:, j))
         case (reduce_ptp)
            y(j) = maxval(x(:, j)) - minval(x(:, j))
         case (reduce_argmax)
            y(j) = maxloc(x(:, j), 1) - 1
         case (reduce_argmin)
            y(j) = minloc(x(:, j), 1) - 1
         case (reduce_count)
            y(j) = n - count(abs(x(:, j)) <= 0)
         case (reduce_logsumexp)
            call log_sum_exp(n, x(1, j), y(j))
         case default
            y(j) = norm(order, n, x(:, j))
         end select
      end do
   end subroutine reduce

   pure real(wp) function total(n, x)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      integer :: i
      total = 0
      do i = 1, n
         total = total + x(i)
      end do
   end function total

   !> Biased, from the differences to the mean.
   pure real(wp) function variance(n, x)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(wp) :: mean
      integer :: i
      mean = total(n, x)/n
      variance = 0
      do i = 1, n
         variance = variance + (x(i) - mean)**2
      end do
      variance = variance/n
   end function variance

   !> y = log(sum(exp(x))); x = exp(x - max x)
   pure subroutine log_sum_exp(n, x, y)
      integer, intent(in) :: n
      real(wp), intent(inout) :: x(n)
      real(wp), intent(out) :: y
      real(wp) :: largest
      largest = maxval(x)
      if (.not. abs(largest) <= huge(largest)) largest = 0
      x = x - largest
      call exp_values(n, x)
      y = largest + log(total(n, x))
   end subroutine log_sum_exp

   !> The vector norm of an order: 0 counts what is not 0.
   pure real(wp) function norm(order, n, x)
      real(wp), intent(in) :: order
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      integer :: i
      norm = 0
      do i = 1, n
         norm = norm + powers(order, x(i))
      end do
      if (order > 2 .or. order < 2) then
         if (order > 1 .or. order < 1) then
            if (abs(order) > 0) norm = norm**(1/order)
         end if
      else
         norm = sqrt(norm)
      end if
   end function norm

   !> |x|**order, with 0 for 0 where the order is 0
   elemental real(wp) function powers(order, x) result(y)
      real(wp), intent(in) :: order, x
      if (.not. (order > 2 .or. order < 2)) then
         y = x*x
      else if (.not. (order > 1 .or. order < 1)) then
         y = abs(x)
      else if (abs(order) <= 0) then
         y = merge(0.0_wp, 1.0_wp, abs(x) <= 0)
      else
         y = abs(x)**order
      end if
   end function powers

   !> dx(:, j) = dy(j) times the derivative of f(x(:, j))
   pure subroutine reduce_backward(id, order, n, columns, x, y, dy, dx)
      integer, intent(in) :: id                       !! one of the `reduce_*` constants
      real(wp), intent(in) :: order                   !! of a norm
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(in) :: y(columns), dy(columns)
      real(wp), intent(out) :: dx(n, columns)
      integer :: j
      do j = 1, columns
         select case (id)
         case (reduce_sum)
            dx(:, j) = dy(j)
         case (reduce_mean)
            dx(:, j) = dy(j)/n
         case (reduce_max, reduce_amax)
            call share(n, x(1, j), maxval(x(:, j)), dy(j), dx(1, j))
         case (reduce_min, reduce_amin)
            call share(n, x(1, j), minval(x(:, j)), dy(j), dx(1, j))
         case (reduce_prod)
            call product_backward(n, x(1, j), dy(j), dx(1, j))
         case (reduce_std)
            dx(:, j) = (x(:, j) - total(n, x(:, j))/n)*(dy(j)/(n*y(j)))
         case (reduce_var)
            dx(:, j) = (x(:, j) - total(n, x(:, j))/n)*(2*dy(j)/n)
         case (reduce_ptp)
            call share(n, x(1, j), maxval(x(:, j)), dy(j), dx(1, j))
            call take_share(n, x(1, j), minval(x(:, j)), dy(j), dx(1, j))
         case (reduce_logsumexp)
            dx(:, j) = x(:, j) - y(j)
            call exp_values(n, dx(1, j))
            dx(:, j) = dx(:, j)*dy(j)
         case (reduce_norm)
            call norm_backward(order, n, x(1, j), y(j), dy(j), dx(1, j))
         case default
            dx(:, j) = 0
         end select
      end do
   end subroutine reduce_backward

   !> d is shared equally by all that equal `chosen`, the others get nothing.
   pure subroutine share(n, x, chosen, d, dx)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), chosen, d
      real(wp), intent(out) :: dx(n)
      integer :: same
      same = count(x <= chosen .and. x >= chosen)
      dx = merge(d/same, 0.0_wp, x <= chosen .and. x >= chosen)
   end subroutine share

   pure subroutine take_share(n, x, chosen, d, dx)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), chosen, d
      real(wp), intent(inout) :: dx(n)
      integer :: same
      same = count(x <= chosen .and. x >= chosen)
      dx = dx - merge(d/same, 0.0_wp, x <= chosen .and. x >= chosen)
   end subroutine take_share

   !> dx(i) = d times the product of the others, zeros among them or not
   pure subroutine product_backward(n, x, d, dx)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), d
      real(wp), intent(out) :: dx(n)
      real(wp) :: running
      integer :: i
      running = d
      do i = 1, n
         dx(i) = running
         running = running*x(i)
      end do
      running = 1
      do i = n, 1, -1
         dx(i) = dx(i)*running
         running = running*x(i)
      end do
   end subroutine product_backward

   pure subroutine norm_backward(order, n, x, y, d, dx)
      real(wp), intent(in) :: order
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), y, d
      real(wp), intent(out) :: dx(n)
      integer :: i
      if (.not. (order > 2 .or. order < 2)) then
         dx = x*(d/y)
      else if (abs(order) <= 0) then
         dx = 0
      else
         do i = 1, n
            dx(i) = 0
            if (abs(x(i)) > 0) dx(i) = sign(1.0_wp, x(i))*d*(abs(x(i))/y)**(order - 1)
         end do
      end if
   end subroutine norm_backward

end module fkb_reduction_kernels_dp
