! Generated from layers/fkb_length_normalization.fypp: edit that file and run tools/generate.py
!> Keras's `RMSNormalization`, y = scale x/sqrt(mean(x**2) + epsilon)
!> (https://arxiv.org/abs/1910.07467, equation 4), and `UnitNormalization`, y = x/sqrt(sum(x**2)),
!> of each sample over one axis or several.
!>
!> Keras 3 multiplies a unit vector's input by at most 1e12, Keras 2 by at most 1e6.
module fkb_length_normalization_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_length_kernels_dp, only: bounded_lengths, divide_by_lengths, length_backward, &
      mean_square_lengths
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, shape_t, storage_dimension
   use fkb_strided_kernels_dp, only: gather, scatter
   implicit none (type, external)
   private
   public :: length_normalization_t

   !> One of the two layers; the class is chosen by the prototype's `unit`. `RMSNormalization` has
   !> the weight scale, of the shape of the normalised axes.
   type, extends(unary_layer_t) :: length_normalization_t
      logical :: unit = .false.               !! `UnitNormalization`
      integer :: n_axes = 1                   !! normalised axes
      integer :: axes(max_rank) = -1          !! Keras's, in the order of the weight's shape
      real(dp) :: epsilon = 1e-6_dp           !! added to the mean of squares
      real(dp) :: most = 1e12_dp              !! largest 1/length of a unit vector's input
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type length_normalization_t

contains

   subroutine configure(self, config, error)
      class(length_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: i, at, least
      call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
      if (allocated(error)) return
      if (self%n_axes < 1) then
         call raise(error, fkb_err_argument, 'option "axis" is empty, expected at least one axis')
         return
      end if
      if (self%unit) then
         if (config%keras_major <= 2) self%most = 1e6_dp
         return
      end if
      ! Keras sorts the axes as they stand, negative ones before the others.
      do i = 1, self%n_axes - 1
         at = i - 1 + minloc(self%axes(i:self%n_axes), 1)
         least = self%axes(at)
         self%axes(at) = self%axes(i)
         self%axes(i) = least
      end do
      call config%get('epsilon', self%epsilon, error, default=1e-6_dp)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(length_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: extent(max_rank), stride(max_rank), n, columns
      logical :: marked(max_rank), in_place
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, marked, error)
      if (allocated(error)) return
      if (.not. self%unit) then
         call add_scale(self, in_shapes(1), plan, error)
         if (allocated(error)) return
      end if
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (allocated(error) .or. .not. in_shapes(1)%closed()) return
      call bring_forward(in_shapes(1), marked, extent, stride, n, columns, in_place)
      plan%settings = [extent, stride, n, columns, merge(1, 0, in_place)]
      plan%cache = 2*columns
      plan%fixed_scratch = 2*columns + 4*closed_count(in_shapes(1))
   end subroutine lay_out

   !> State the weight. Keras multiplies by it along the last axes, whatever axes it is made for.
   subroutine add_scale(self, in_shape, plan, error)
      class(length_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: scale
      integer :: dimension, i
      scale%rank = self%n_axes
      do i = 1, self%n_axes
         call storage_dimension(self%axes(i), in_shape%rank, dimension, error)
         if (allocated(error)) return
         scale%extent(self%n_axes + 1 - i) = in_shape%extent(dimension)
      end do
      if (.not. scale%closed() .or. scale%count() < 1) then
         call raise(error, fkb_err_argument, 'expected known extents of the normalised axes, '// &
                    'not '//in_shape%text())
      else if (any(scale%extent(:scale%rank) /= in_shape%extent(:scale%rank))) then
         call raise(error, fkb_err_unsupported, 'the weight "scale" has the shape '// &
                    scale%text()//', which Keras cannot multiply with the last axes of '// &
                    in_shape%text()//': normalise the last axes')
      else
         call plan%add_weight('scale', scale, initializer='ones')
      end if
   end subroutine add_scale

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(length_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, c, j
      logical :: in_place
      call view(plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      c = 2*columns
      do j = 1, size(x, 2)
         associate (inverse => scratch(:c), xj => scratch(c + 1:c + total), &
                    yj => scratch(c + total + 1:c + 2*total))
            if (in_place) then
               call lengths(self, n, columns, x(:, j), inverse)
               call divide_by_lengths(n, columns, inverse, x(:, j), y(:, j))
            else
               call gather(extent, stride, total, total, x(:, j), xj)
               call lengths(self, n, columns, xj, inverse)
               call divide_by_lengths(n, columns, inverse, xj, yj)
               call scatter(extent, stride, total, total, yj, y(:, j))
            end if
            if (size(cache) > 0) cache(c*(j - 1) + 1:c*j) = inverse
         end associate
         if (.not. self%unit) call multiply(size(weights), total/size(weights), weights, y(:, j))
      end do
   end subroutine apply

   !> 1/length of each column, with its slope.
   pure subroutine lengths(self, n, columns, x, inverse)
      class(length_normalization_t), intent(in) :: self
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(out) :: inverse(2, columns)
      if (self%unit) then
         call bounded_lengths(n, columns, 1/self%most**2, self%most, x, inverse)
      else
         call mean_square_lengths(n, columns, real(self%epsilon, wp), x, inverse)
      end if
   end subroutine lengths

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(length_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, c, j, w
      logical :: in_place
      call view(plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      c = 2*columns
      w = size(weights)
      do j = 1, size(x, 2)
         associate (inverse => cache(c*(j - 1) + 1:c*j), xj => scratch(:total), &
                    g => scratch(total + 1:2*total), gj => scratch(2*total + 1:3*total), &
                    other => scratch(3*total + 1:4*total))
            call gather(extent, stride, total, total, x(:, j), xj)
            g = dy(:, j)
            if (.not. self%unit) then
               call divide_by_lengths(n, columns, inverse, xj, gj)
               call scatter(extent, stride, total, total, gj, other)
               call add_products(w, total/w, g, other, dweights)
               call multiply(w, total/w, weights, g)
            end if
            call gather(extent, stride, total, total, g, gj)
            call length_backward(n, columns, inverse, xj, gj, other)
            call scatter(extent, stride, total, total, other, dx(:, j))
         end associate
      end do
   end subroutine apply_backward

   !> How to see a sample as columns of normalised values.
   pure subroutine view(plan, extent, stride, n, columns, in_place)
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: extent(max_rank), stride(max_rank), n, columns
      logical, intent(out) :: in_place
      extent = plan%settings(:max_rank)
      stride = plan%settings(max_rank + 1:2*max_rank)
      n = plan%settings(2*max_rank + 1)
      columns = plan%settings(2*max_rank + 2)
      in_place = plan%settings(2*max_rank + 3) == 1
   end subroutine view

   !> y = scale y
   pure subroutine multiply(n, columns, scale, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: scale(n)
      real(wp), intent(inout) :: y(n, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = y(:, j)*scale
      end do
   end subroutine multiply

   !> total = total + sum over the columns of a*b
   pure subroutine add_products(n, columns, a, b, total)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: a(n, columns), b(n, columns)
      real(wp), intent(inout) :: total(n)
      integer :: j
      do j = 1, columns
         total = total + a(:, j)*b(:, j)
      end do
   end subroutine add_products

   !> The Jacobian of x/length is symmetric.
   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(length_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dx(:, :)
      real(wp), intent(out), contiguous :: dy(:, :)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, c, j, w
      logical :: in_place
      call view(plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      c = 2*columns
      w = size(weights)
      do j = 1, size(x, 2)
         associate (inverse => cache(c*(j - 1) + 1:c*j), xj => scratch(:total), &
                    dxj => scratch(total + 1:2*total), dyj => scratch(2*total + 1:3*total), &
                    other => scratch(3*total + 1:4*total))
            call gather(extent, stride, total, total, x(:, j), xj)
            call gather(extent, stride, total, total, dx(:, j), dxj)
            call length_backward(n, columns, inverse, xj, dxj, dyj)
            call scatter(extent, stride, total, total, dyj, dy(:, j))
            if (self%unit) cycle
            call multiply(w, total/w, weights, dy(:, j))
            if (size(dweights) == 0) cycle
            call divide_by_lengths(n, columns, inverse, xj, dyj)
            call scatter(extent, stride, total, total, dyj, other)
            call multiply(w, total/w, dweights, other)
            dy(:, j) = dy(:, j) + other
         end associate
      end do
   end subroutine apply_tangent

end module fkb_length_normalization_dp
