! Generated from kernels/fkb_column_kernels.fypp: edit that file and run tools/generate.py
!> Operations from columns of values to columns: sums along the way, sorting, differences,
!> normalising, and their derivatives.
module fkb_column_kernels_dp
   use fkb_kinds, only: wp => dp
   use fkb_operations, only: column_argsort, column_cumprod, column_cumsum, column_diff, &
      column_normalize, column_one_hot, column_sort, column_top_k
   use fkb_reduction_kernels_dp, only: powers
   implicit none (type, external)
   private
   public :: transform, transform_backward, transform_tangent, sorted_places

contains

   !> y(:, j) = f(x(:, j)); the places of sorted values are needed for what sorts.
   pure subroutine transform(id, order, epsilon_, n, m, columns, x, places, y)
      integer, intent(in) :: id                       !! one of the `column_*` constants
      integer, intent(in) :: order                    !! of the norm that normalises
      real(wp), intent(in) :: epsilon_                !! the least norm
      integer, intent(in) :: n, m, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(in) :: places(n, columns)      !! from 0
      real(wp), intent(out) :: y(m, columns)
      integer :: i, j
      do j = 1, columns
         select case (id)
         case (column_cumsum)
            y(1:min(1, n), j) = x(1:min(1, n), j)
            do i = 2, n
               y(i, j) = y(i - 1, j) + x(i, j)
            end do
         case (column_cumprod)
            y(1:min(1, n), j) = x(1:min(1, n), j)
            do i = 2, n
               y(i, j) = y(i - 1, j)*x(i, j)
            end do
         case (column_sort, column_top_k)
            do i = 1, m
               y(i, j) = x(nint(places(i, j)) + 1, j)
            end do
         case (column_argsort)
            y(:, j) = places(:m, j)
         case (column_diff)
            y(:, j) = x(2:m + 1, j) - x(:m, j)
         case (column_one_hot)
            do i = 1, m
               y(i, j) = merge(1.0_wp, 0.0_wp, nint(aint(x(1, j))) == i - 1)
            end do
         case default
            y(:, j) = x(:, j)*factor(order, epsilon_, n, x(:, j))
         end select
      end do
   end subroutine transform

   !> dx(:, j) = the derivative of f(x(:, j)), times dy(:, j)
   pure subroutine transform_backward(id, order, epsilon_, n, m, columns, x, places, y, dy, dx)
      integer, intent(in) :: id                       !! one of the `column_*` constants
      integer, intent(in) :: order                    !! of the norm that normalises
      real(wp), intent(in) :: epsilon_                !! the least norm
      integer, intent(in) :: n, m, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(in) :: places(n, columns)      !! from 0
      real(wp), intent(in) :: y(m, columns), dy(m, columns)
      real(wp), intent(out) :: dx(n, columns)
      integer :: i, j
      dx = 0
      do j = 1, columns
         select case (id)
         case (column_cumsum)
            call sum_from_the_end(n, dy(1, j), dx(1, j))
         case (column_cumprod)
            call sum_from_the_end(n, dy(:, j)*y(:, j), dx(1, j))
            dx(:, j) = merge(0.0_wp, dx(:, j)/merge(1.0_wp, x(:, j), abs(x(:, j)) <= 0), &
                             abs(x(:, j)) <= 0)
         case (column_sort, column_top_k)
            do i = 1, m
               dx(nint(places(i, j)) + 1, j) = dy(i, j)
            end do
         case (column_diff)
            dx(2:m + 1, j) = dy(:, j)
            dx(:m, j) = dx(:m, j) - dy(:, j)
         case (column_normalize)
            call normalize_backward(order, epsilon_, n, x(1, j), dy(1, j), dx(1, j))
         case default
            continue
         end select
      end do
   end subroutine transform_backward

   pure subroutine sum_from_the_end(n, d, dx)
      integer, intent(in) :: n
      real(wp), intent(in) :: d(n)
      real(wp), intent(out) :: dx(n)
      integer :: i
      if (n > 0) dx(n) = d(n)
      do i = n - 1, 1, -1
         dx(i) = dx(i + 1) + d(i)
      end do
   end subroutine sum_from_the_end

   !> What normalises a column: 1/norm, or 1/epsilon where the norm is less.
   pure real(wp) function factor(order, epsilon_, n, x)
      integer, intent(in) :: order
      real(wp), intent(in) :: epsilon_
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(wp) :: total
      integer :: i
      total = 0
      do i = 1, n
         total = total + powers(real(order, wp), x(i))
      end do
      select case (order)
      case (1)
         factor = 1/max(total, epsilon_)
      case (2)
         factor = min(1/sqrt(total), 1/epsilon_)
      case default
         factor = 1/max(total**(1/real(order, wp)), epsilon_)
      end select
   end function factor

   pure subroutine normalize_backward(order, epsilon_, n, x, dy, dx)
      integer, intent(in) :: order
      real(wp), intent(in) :: epsilon_
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), dy(n)
      real(wp), intent(out) :: dx(n)
      real(wp) :: scale, along
      integer :: i
      scale = factor(order, epsilon_, n, x)
      dx = dy*scale
      if (scale >= 1/epsilon_) return
      along = 0
      do i = 1, n
         along = along + dy(i)*x(i)
      end do
      do i = 1, n
         if (abs(x(i)) > 0) dx(i) = dx(i) - along*scale*scale*sign(1.0_wp, x(i))* &
            (abs(x(i))*scale)**(order - 1)
      end do
   end subroutine normalize_backward

   !> Where the values of a column stand in ascending or descending order, from 0. Values that are
   !> equal keep their order. A merge sort without recursion.
   pure subroutine sorted_places(n, descending, x, places, keys, other_places, other_keys)
      integer, intent(in) :: n
      logical, intent(in) :: descending
      real(wp), intent(in) :: x(n)
      real(wp), intent(out) :: places(n)
      real(wp), intent(out) :: keys(n), other_places(n), other_keys(n)   !! to work in
      integer :: width, first, middle, last, i
      do i = 1, n
         places(i) = i - 1
      end do
      keys = merge(-x, x, descending)
      width = 1
      do while (width < n)
         do first = 1, n, 2*width
            middle = min(first + width - 1, n)
            last = min(first + 2*width - 1, n)
            call merge_runs(first, middle, last, n, keys, places, other_keys, other_places)
         end do
         keys = other_keys
         places = other_places
         width = 2*width
      end do
   end subroutine sorted_places

   !> Merge two sorted runs that follow each other.
   pure subroutine merge_runs(first, middle, last, n, keys, places, to_keys, to_places)
      integer, intent(in) :: first, middle, last, n
      real(wp), intent(in) :: keys(n), places(n)
      real(wp), intent(inout) :: to_keys(n), to_places(n)
      integer :: i, j, k, from
      i = first
      j = middle + 1
      do k = first, last
         from = i
         if (i > middle) then
            from = j
         else if (j <= last) then
            if (keys(j) < keys(i)) from = j
         end if
         to_keys(k) = keys(from)
         to_places(k) = places(from)
         if (from == i .and. i <= middle) then
            i = i + 1
         else
            j = j + 1
         end if
      end do
   end subroutine merge_runs

   !> dy(:, j) = the derivative of f(x(:, j)) along dx(:, j)
   pure subroutine transform_tangent(id, order, epsilon_, n, m, columns, x, places, dx, dy)
      integer, intent(in) :: id                       !! one of the `column_*` constants
      integer, intent(in) :: order                    !! of the norm that normalises
      real(wp), intent(in) :: epsilon_                !! the least norm
      integer, intent(in) :: n, m, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(in) :: places(n, columns)      !! from 0
      real(wp), intent(in) :: dx(n, columns)
      real(wp), intent(out) :: dy(m, columns)
      integer :: i, j
      select case (id)
      case (column_cumsum, column_diff, column_sort, column_top_k)
         call transform(id, order, epsilon_, n, m, columns, dx, places, dy)
      case (column_cumprod)
         do j = 1, columns
            call product_tangent(n, x(1, j), dx(1, j), dy(1, j))
         end do
      case (column_normalize)
         do j = 1, columns
            call normalize_tangent(order, epsilon_, n, x(1, j), dx(1, j), dy(1, j))
         end do
      case default
         do j = 1, columns
            do i = 1, m
               dy(i, j) = 0
            end do
         end do
      end select
   end subroutine transform_tangent

   !> Of the products along the way; as in backward, a factor of 0 counts as a constant.
   pure subroutine product_tangent(n, x, dx, dy)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), dx(n)
      real(wp), intent(out) :: dy(n)
      real(wp) :: running, slope
      integer :: i
      running = 1
      slope = 0
      do i = 1, n
         slope = slope*x(i)
         if (abs(x(i)) > 0) slope = slope + running*dx(i)
         running = running*x(i)
         dy(i) = slope
      end do
   end subroutine product_tangent

   pure subroutine normalize_tangent(order, epsilon_, n, x, dx, dy)
      integer, intent(in) :: order
      real(wp), intent(in) :: epsilon_
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), dx(n)
      real(wp), intent(out) :: dy(n)
      real(wp) :: scale, along
      integer :: i
      scale = factor(order, epsilon_, n, x)
      dy = dx*scale
      if (scale >= 1/epsilon_) return
      along = 0
      do i = 1, n
         if (abs(x(i)) > 0) along = along + dx(i)*sign(1.0_wp, x(i))*(abs(x(i))*scale)**(order - 1)
      end do
      dy = dy - along*scale*scale*x
   end subroutine normalize_tangent

end module fkb_column_kernels_dp
