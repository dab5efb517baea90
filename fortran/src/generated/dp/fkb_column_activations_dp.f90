! Generated from kernels/fkb_column_activations.fypp: edit that file and run tools/generate.py
!> Activations that work along the first dimension: softmax, log_softmax, sparsemax, glu.
!>
!> Sources: `keras.activations` and `keras.src.backend.tensorflow.nn` of Keras 3.15.
module fkb_column_activations_dp
   use fkb_kinds, only: wp => dp
   use fkb_math_dp, only: exp_values, log_values, sigmoid_values, sum_values, lanes
   implicit none (type, external)
   private
   public :: softmax, softmax_backward, log_softmax, log_softmax_backward
   public :: sparsemax, sparsemax_backward, glu, glu_backward
   public :: log_softmax_tangent, sparsemax_tangent, glu_tangent

contains

   !> y = exp(y - max y)/sum(exp(y - max y)) in each column
   pure subroutine softmax(n, batch, y)
      integer, intent(in) :: n, batch
      real(wp), intent(inout) :: y(n, batch)
      real(wp) :: top, total
      integer :: i, j
      do j = 1, batch
         top = largest(n, y(1, j))
         do i = 1, n
            y(i, j) = y(i, j) - top
         end do
         call exp_values(n, y(1, j))
         total = sum_values(n, y(1, j))
         do i = 1, n
            y(i, j) = y(i, j)/total
         end do
      end do
   end subroutine softmax

   !> d = y (d - sum(y d)) in each column
   pure subroutine softmax_backward(n, batch, y, d)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: y(n, batch)
      real(wp), intent(inout) :: d(n, batch)         !! in: gradient of y; out: gradient of x
      integer :: j
      do j = 1, batch
         d(:, j) = y(:, j)*d(:, j)
         d(:, j) = d(:, j) - y(:, j)*sum_values(n, d(1, j))
      end do
   end subroutine softmax_backward

   !> y = y - max y - log(sum(exp(y - max y))) in each column
   pure subroutine log_softmax(n, batch, y)
      integer, intent(in) :: n, batch
      real(wp), intent(inout) :: y(n, batch)
      real(wp) :: log_sum(1)
      integer :: j
      do j = 1, batch
         y(:, j) = y(:, j) - largest(n, y(1, j))
         log_sum = sum_of_exponentials(n, y(1, j))
         call log_values(1, log_sum)
         y(:, j) = y(:, j) - log_sum(1)
      end do
   end subroutine log_softmax

   !> d = d - exp(y) sum(d) in each column
   pure subroutine log_softmax_backward(n, batch, y, d)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: y(n, batch)
      real(wp), intent(inout) :: d(n, batch)         !! in: gradient of y; out: gradient of x
      real(wp) :: e(lanes), total
      integer :: count, first, j
      do j = 1, batch
         total = sum_values(n, d(1, j))
         do first = 1, n, lanes
            count = min(lanes, n - first + 1)
            e(:count) = y(first:first + count - 1, j)
            call exp_values(count, e)
            d(first:first + count - 1, j) = d(first:first + count - 1, j) - e(:count)*total
         end do
      end do
   end subroutine log_softmax_backward

   !> y = max(y - tau, 0) in each column. tau is Keras's, which is not that of Martins et al. 2016
   !> where more than one value is above the threshold: the cumulative sums are added up.
   pure subroutine sparsemax(n, batch, y)
      integer, intent(in) :: n, batch
      real(wp), intent(inout) :: y(n, batch)
      real(wp) :: bound, tau
      integer :: j, kept
      do j = 1, batch
         call sparsemax_threshold(n, y(1, j), bound, kept, tau)
         y(:, j) = merge(0.0_wp, y(:, j) - tau, y(:, j) < tau)
      end do
   end subroutine sparsemax

   !> d where y is not cut off, less the part that tau takes of it
   pure subroutine sparsemax_backward(n, batch, x, d)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)
      real(wp), intent(inout) :: d(n, batch)         !! in: gradient of y; out: gradient of x
      real(wp) :: bound, tau, total
      integer :: i, j, kept
      do j = 1, batch
         call sparsemax_threshold(n, x(1, j), bound, kept, tau)
         d(:, j) = merge(0.0_wp, d(:, j), x(:, j) < tau)
         total = sum_values(n, d(1, j))
         do i = 1, n
            if (x(i, j) <= bound) cycle
            d(i, j) = d(i, j) - total*sparsemax_weight(n, x(1, j), kept, i)/kept
         end do
      end do
   end subroutine sparsemax_backward

   !> y = a sigmoid(b), a the first and b the second half of a column of x
   pure subroutine glu(n, batch, x, y)
      integer, intent(in) :: n, batch                !! n even
      real(wp), intent(in) :: x(n, batch)
      real(wp), intent(out) :: y(n/2, batch)
      integer :: j
      do j = 1, batch
         y(:, j) = x(n/2 + 1:, j)
         call sigmoid_values(n/2, y(1, j))
         y(:, j) = x(:n/2, j)*y(:, j)
      end do
   end subroutine glu

   !> da = dy sigmoid(b), db = dy a sigmoid(b) (1 - sigmoid(b))
   pure subroutine glu_backward(n, batch, x, dy, dx)
      integer, intent(in) :: n, batch                !! n even
      real(wp), intent(in) :: x(n, batch), dy(n/2, batch)
      real(wp), intent(out) :: dx(n, batch)
      integer :: h, j
      h = n/2
      do j = 1, batch
         dx(:h, j) = x(h + 1:, j)
         call sigmoid_values(h, dx(1, j))
         dx(h + 1:, j) = dy(:, j)*x(:h, j)*dx(:h, j)*(1 - dx(:h, j))
         dx(:h, j) = dy(:, j)*dx(:h, j)
      end do
   end subroutine glu_backward

   !> d = d - sum(exp(y) d) in each column
   pure subroutine log_softmax_tangent(n, batch, y, d)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: y(n, batch)
      real(wp), intent(inout) :: d(n, batch)         !! in: direction of x; out: direction of y
      real(wp) :: e(lanes), total
      integer :: count, first, j
      do j = 1, batch
         total = 0
         do first = 1, n, lanes
            count = min(lanes, n - first + 1)
            e(:count) = y(first:first + count - 1, j)
            call exp_values(count, e)
            e(:count) = e(:count)*d(first:first + count - 1, j)
            total = total + sum_values(count, e)
         end do
         d(:, j) = d(:, j) - total
      end do
   end subroutine log_softmax_tangent

   !> d = d - dtau where x is not below Keras's tau, else 0
   pure subroutine sparsemax_tangent(n, batch, x, d)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)
      real(wp), intent(inout) :: d(n, batch)         !! in: direction of x; out: direction of y
      real(wp) :: bound, dtau, tau
      integer :: i, j, kept
      do j = 1, batch
         call sparsemax_threshold(n, x(1, j), bound, kept, tau)
         dtau = 0
         do i = 1, n
            if (x(i, j) > bound) dtau = dtau + d(i, j)*sparsemax_weight(n, x(1, j), kept, i)
         end do
         dtau = dtau/kept
         d(:, j) = merge(0.0_wp, d(:, j) - dtau, x(:, j) < tau)
      end do
   end subroutine sparsemax_tangent

   !> dy = da sigmoid(b) + a sigmoid(b) (1 - sigmoid(b)) db
   pure subroutine glu_tangent(n, batch, x, dx, dy)
      integer, intent(in) :: n, batch                !! n even
      real(wp), intent(in) :: x(n, batch), dx(n, batch)
      real(wp), intent(out) :: dy(n/2, batch)
      integer :: h, j
      h = n/2
      do j = 1, batch
         dy(:, j) = x(h + 1:, j)
         call sigmoid_values(h, dy(1, j))
         dy(:, j) = dy(:, j)*(dx(:h, j) + x(:h, j)*(1 - dy(:, j))*dx(h + 1:, j))
      end do
   end subroutine glu_tangent

   !> The largest value; NaN is passed over, as the subtraction that follows brings it in again
   pure real(wp) function largest(n, v)
      integer, intent(in) :: n
      real(wp), intent(in) :: v(n)
      real(wp) :: top(lanes)
      integer :: first, i
      top = v(1)
      do first = 1, n - lanes + 1, lanes
         do i = 1, lanes
            top(i) = merge(v(first + i - 1), top(i), v(first + i - 1) > top(i))
         end do
      end do
      do i = n - mod(n, lanes) + 1, n
         top(1) = merge(v(i), top(1), v(i) > top(1))
      end do
      do i = 1, lanes/2
         top(i) = merge(top(i + lanes/2), top(i), top(i + lanes/2) > top(i))
      end do
      do i = 1, lanes/4
         top(i) = merge(top(i + lanes/4), top(i), top(i + lanes/4) > top(i))
      end do
      largest = top(1)
      do i = 2, lanes/4
         largest = merge(top(i), largest, top(i) > largest)
      end do
   end function largest

   !> The sum of exp(v)
   pure real(wp) function sum_of_exponentials(n, v) result(total)
      integer, intent(in) :: n
      real(wp), intent(in) :: v(n)
      real(wp) :: e(lanes)
      integer :: count, first
      total = 0
      do first = 1, n, lanes
         count = min(lanes, n - first + 1)
         e(:count) = v(first:first + count - 1)
         call exp_values(count, e)
         total = total + sum_values(count, e)
      end do
   end function sum_of_exponentials

   !> The support, `v > bound`, by Michelot's iteration (leave out what lies below the threshold of
   !> the rest until nothing does; unlike the sorted form it needs no memory), and Keras's tau: the
   !> cumulative sums of the sorted support, added up, less 1, by its length
   pure subroutine sparsemax_threshold(n, v, bound, kept, tau)
      integer, intent(in) :: n
      real(wp), intent(in) :: v(n)
      real(wp), intent(out) :: bound, tau
      integer, intent(out) :: kept                   !! length of the support
      real(wp) :: total
      integer :: before, i
      bound = -huge(bound)
      kept = n + 1
      do
         before = kept
         kept = 0
         total = -1
         do i = 1, n
            if (v(i) <= bound) cycle
            kept = kept + 1
            total = total + v(i)
         end do
         if (kept == 0 .or. kept >= before) exit
         bound = total/kept
      end do
      tau = -1
      do i = 1, n
         if (v(i) <= bound) cycle
         tau = tau + v(i)*sparsemax_weight(n, v, kept, i)
      end do
      tau = tau/kept
   end subroutine sparsemax_threshold

   !> In how many cumulative sums of the sorted support a value of it stands
   pure integer function sparsemax_weight(n, v, kept, i) result(weight)
      integer, intent(in) :: n, kept, i
      real(wp), intent(in) :: v(n)
      weight = kept - count(v(:i - 1) >= v(i)) - count(v(i + 1:) > v(i))
   end function sparsemax_weight

end module fkb_column_activations_dp
