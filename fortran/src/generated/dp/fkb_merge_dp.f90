! Generated from layers/fkb_merge.fypp: edit that file and run tools/generate.py
!> Keras's merge layers that work value by value: `Add`, `Subtract`, `Multiply`, `Average`,
!> `Maximum`, `Minimum`.
!>
!> Inputs of another shape are repeated along extents of 1 and along missing leading Keras axes, and
!> their gradients are summed back. Where several inputs share the largest (smallest) value, the
!> first of them gets the gradient, as in TensorFlow. `Multiply`, `Maximum` and `Minimum` of Keras 3
!> leave masked values out: their argument `mask` is a list with a mask or null for each input.
module fkb_merge_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_activation_kernels_dp, only: activate_in_place
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_merge_kernels_dp, only: add_activated, masked_extremum, masked_product, &
      masked_product_slope
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: operator(==), max_rank, open_extent, shape_t, strides_of
   use fkb_shape_rules, only: widen_shape
   use fkb_strided_kernels_dp, only: gather, scatter_add
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: merge_t

   integer, parameter, public :: merge_add = 1, merge_subtract = 2, merge_multiply = 3, &
      merge_average = 4, merge_maximum = 5, merge_minimum = 6

   !> One of the merge layers; the class is chosen by the prototype's `operation`.
   type, extends(layer_t) :: merge_t
      integer :: operation = merge_add     !! one of the `merge_*` constants
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type merge_t

contains

   subroutine configure(self, config, error)
      class(merge_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(merge_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: i, n
      n = size(in_shapes)
      if (allocated(plan%roles)) n = count(plan%roles%argument >= 0)
      if (self%operation == merge_subtract) then
         call expect_inputs(in_shapes(:n), 2, error)
         if (allocated(error)) return
      else if (n < 1) then
         call raise(error, fkb_err_argument, 'expected at least one input')
         return
      end if
      out = in_shapes(1)
      do i = 2, n
         call widen_shape(out, in_shapes(i), error)
         if (allocated(error)) return
      end do
      call find_masks(self, in_shapes, n, out%rank, plan, error)
      if (allocated(error)) return
      call add_output(plan, out, error)
      plan%fixed_scratch = 3*closed_count(out)
      if (any(plan%settings > 0)) plan%fixed_scratch = (2*n + 3)*closed_count(out)
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%fuses_activation = .true.
   end subroutine lay_out

   !> The settings of the plan: per input the place of its mask, 0 where it has none.
   subroutine find_masks(self, in_shapes, n, rank, plan, error)
      class(merge_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(in) :: n, rank               !! inputs that are no masks; of the output
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: d, i, next
      allocate (plan%settings(n), source=0)
      if (n == size(in_shapes)) return
      if (is_linear(self)) then
         call raise(error, fkb_err_argument, 'only Multiply, Maximum and Minimum take masks')
         return
      end if
      next = n
      do i = 1, n
         if (next == size(in_shapes)) exit
         if (plan%call%kind_of('mask.'//decimal(i - 1)) == 'null') cycle
         next = next + 1
         plan%settings(i) = next
         associate (x => in_shapes(i), mask => in_shapes(next))
            d = min(mask%rank, max_rank - 1)
            if (x%rank == rank .and. mask%rank == rank - 1) then
               if (all(x%extent(2:d + 1) == mask%extent(:d) .or. x%extent(2:d + 1) == open_extent &
                       .or. mask%extent(:d) == open_extent)) cycle
            end if
            call raise(error, fkb_err_argument, 'a mask of shape '//mask%text()// &
                       ' is not one for the last axis of '//x%text())
         end associate
         return
      end do
      if (next < size(in_shapes)) call raise(error, fkb_err_argument, &
                                             'there are more masks than inputs')
   end subroutine find_masks

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: channels, n
      n = size(y(1)%v, 1)
      channels = max(plan%out_shapes(1)%extent(1), 1)
      if (any(plan%settings > 0)) then
         call forward_masked(self, plan, x, n, size(plan%settings), y(1)%v, scratch)
      else if (self%operation == merge_add .and. size(x) == 2 .and. size(x(1)%v) == size(y(1)%v) &
               .and. size(x(min(2, size(x)))%v) == size(y(1)%v)) then
         call add_activated(channels, size(y(1)%v)/channels, x(1)%v, x(2)%v, plan%activation, &
                            real(plan%activation_parameters, wp), y(1)%v)
         return
      else
         call forward_plain(self, plan, x, n, y(1)%v, scratch)
      end if
      if (plan%activation /= 0) call activate_in_place(plan%activation, &
         real(plan%activation_parameters, wp), channels, size(y(1)%v)/channels, y(1)%v)
   end subroutine forward

   !> Without masks.
   subroutine forward_plain(self, plan, x, n, y, scratch)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: n                     !! values of a sample
      real(wp), intent(inout), contiguous :: y(:, :), scratch(:)
      integer :: i, j
      do i = 1, size(x)
         if (plan%in_shapes(i) == plan%out_shapes(1)) then
            call combine(self%operation, i, size(y), x(i)%v, y)
         else
            do j = 1, size(y, 2)
               call spread_column(plan, i, x(i)%v(:, j), scratch(:n))
               call combine(self%operation, i, n, scratch, y(:, j))
            end do
         end if
      end do
      if (self%operation == merge_average) y = y/size(x)
   end subroutine forward_plain

   !> Products and extrema of what is not masked.
   subroutine forward_masked(self, plan, x, n, m, y, work)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: n, m                  !! values of a sample, inputs that are no masks
      real(wp), intent(inout) :: y(:, :)
      real(wp), intent(inout) :: work(n, 2*m + 1)
      integer :: j
      do j = 1, size(y, 2)
         call spread_masked(plan, x, j, n, m, work, work(:, m + 1:))
         if (self%operation == merge_multiply) then
            call masked_product(n, m, plan%settings > 0, work, work(1, m + 1), y(:, j))
         else
            call masked_extremum(n, m, direction(self), plan%settings > 0, work, work(1, m + 1), &
                                 y(:, j), work(1, 2*m + 1))
         end if
      end do
   end subroutine forward_masked

   !> 1 for the largest value, -1 for the smallest.
   pure real(wp) function direction(self)
      class(merge_t), intent(in) :: self
      direction = merge(1.0_wp, -1.0_wp, self%operation == merge_maximum)
   end function direction

   !> One sample of all inputs and of their masks, repeated to the shape of the output.
   subroutine spread_masked(plan, x, j, n, m, wide, mask)
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: j, n, m
      real(wp), intent(inout) :: wide(n, m), mask(n, m)
      integer :: extent(max_rank), stride(max_rank), i
      do i = 1, m
         call spread_column(plan, i, x(i)%v(:, j), wide(:, i))
         mask(:, i) = 1
         if (plan%settings(i) == 0) cycle
         associate (given => plan%in_shapes(plan%settings(i)), v => x(plan%settings(i))%v)
            extent = plan%out_shapes(1)%extent
            stride = strides_of(given)
            stride = [0, stride(:max_rank - 1)]
            call gather(extent, stride, size(v, 1), n, v(:, j), mask(:, i))
         end associate
      end do
   end subroutine spread_masked

   !> y = y op x, for the input number i
   pure subroutine combine(operation, i, n, x, y)
      integer, intent(in) :: operation, i, n
      real(wp), intent(in) :: x(n)
      real(wp), intent(inout) :: y(n)
      if (i == 1) then
         y = x
         return
      end if
      select case (operation)
      case (merge_subtract)
         y = y - x
      case (merge_multiply)
         y = y*x
      case (merge_maximum)
         y = merge(y, x, y >= x .or. ieee_is_nan(y))
      case (merge_minimum)
         y = merge(y, x, y <= x .or. ieee_is_nan(y))
      case default
         y = y + x
      end select
   end subroutine combine

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), i, j, n
      n = size(dy(1)%v, 1)
      do i = 1, size(dx)
         if (i > size(plan%settings)) then
            dx(i)%v = 0                              ! a mask
            cycle
         end if
         if (is_linear(self) .and. plan%in_shapes(i) == plan%out_shapes(1)) then
            dx(i)%v = dy(1)%v*factor(self, i, size(x))
            cycle
         end if
         call walk(plan, i, extent, stride)
         do j = 1, size(dy(1)%v, 2)
            associate (d => scratch(:n), dxj => dx(i)%v(:, j))
               d = dy(1)%v(:, j)
               call differentiate(self, plan, x, y(1)%v(:, j), i, j, n, scratch(n + 1:), d)
               if (plan%in_shapes(i) == plan%out_shapes(1)) then
                  dxj = d
               else
                  dxj = 0
                  call scatter_add(extent, stride, size(dxj), n, d, dxj)
               end if
            end associate
         end do
      end do
   end subroutine backward

   !> Whether the derivative does not depend on the inputs.
   pure logical function is_linear(self)
      class(merge_t), intent(in) :: self
      is_linear = self%operation == merge_add .or. self%operation == merge_subtract &
         .or. self%operation == merge_average
   end function is_linear

   !> The derivative with respect to input i of n where it is a constant.
   pure real(wp) function factor(self, i, n)
      class(merge_t), intent(in) :: self
      integer, intent(in) :: i, n
      factor = 1
      if (self%operation == merge_average) factor = 1/real(n, wp)
      if (self%operation == merge_subtract .and. i == 2) factor = -1
   end function factor

   !> d = d times the derivative of column j of the output with respect to input i
   subroutine differentiate(self, plan, x, y, i, j, n, work, d)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: i, j, n
      real(wp), intent(in) :: y(n)
      real(wp), intent(inout) :: work(n, *)
      real(wp), intent(inout) :: d(n)
      integer :: k, m
      m = size(plan%settings)
      if (any(plan%settings > 0)) then
         call differentiate_masked(self, plan, x, i, j, n, m, work, d)
         return
      end if
      select case (self%operation)
      case (merge_multiply)
         do k = 1, m
            if (k == i) cycle
            call spread_column(plan, k, x(k)%v(:, j), work(:, 1))
            d = d*work(:, 1)
         end do
      case (merge_maximum, merge_minimum)
         call spread_column(plan, i, x(i)%v(:, j), work(:, 1))
         d = merge(d, 0.0_wp, work(:, 1) >= y .and. work(:, 1) <= y)
         do k = 1, i - 1
            call spread_column(plan, k, x(k)%v(:, j), work(:, 2))
            d = merge(0.0_wp, d, work(:, 2) >= y .and. work(:, 2) <= y)
         end do
      case default
         d = d*factor(self, i, m)
      end select
   end subroutine differentiate

   !> The same where masked values are left out.
   subroutine differentiate_masked(self, plan, x, i, j, n, m, work, d)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: i, j, n, m
      real(wp), intent(inout) :: work(n, 2*m + 2)
      real(wp), intent(inout) :: d(n)
      call spread_masked(plan, x, j, n, m, work, work(:, m + 1:))
      if (self%operation == merge_multiply) then
         call masked_product_slope(n, m, i, plan%settings > 0, work, work(1, m + 1), d)
      else
         call masked_extremum(n, m, direction(self), plan%settings > 0, work, work(1, m + 1), &
                              work(1, 2*m + 2), work(1, 2*m + 1))
         where (nint(work(:, 2*m + 1)) /= i) d = 0
      end if
   end subroutine differentiate_masked

   !> One sample of input i, repeated to the shape of the output.
   subroutine spread_column(plan, i, x, wide)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i
      real(wp), intent(in), contiguous :: x(:)
      real(wp), intent(out), contiguous :: wide(:)
      integer :: extent(max_rank), stride(max_rank)
      if (plan%in_shapes(i) == plan%out_shapes(1)) then
         wide = x
      else
         call walk(plan, i, extent, stride)
         call gather(extent, stride, size(x), size(wide), x, wide)
      end if
   end subroutine spread_column

   !> How to walk input i in the output's order.
   subroutine walk(plan, i, extent, stride)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i
      integer, intent(out) :: extent(max_rank), stride(max_rank)
      extent = plan%out_shapes(1)%extent
      stride = strides_of(plan%in_shapes(i))
   end subroutine walk

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(merge_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      integer :: i, j, n
      n = size(dy(1)%v, 1)
      dy(1)%v = 0
      do i = 1, size(plan%settings)
         do j = 1, size(dy(1)%v, 2)
            associate (d => scratch(:n))
               call spread_column(plan, i, dx(i)%v(:, j), d)
               call differentiate(self, plan, x, y(1)%v(:, j), i, j, n, scratch(n + 1:), d)
               dy(1)%v(:, j) = dy(1)%v(:, j) + d
            end associate
         end do
      end do
   end subroutine tangent

end module fkb_merge_dp
