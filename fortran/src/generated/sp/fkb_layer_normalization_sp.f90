! Generated from layers/fkb_layer_normalization.fypp: edit that file and run tools/generate.py
!> Keras's `LayerNormalization`: y = gamma (x - mean)/sqrt(variance + epsilon) + beta, the mean and
!> the biased variance of each sample over one axis or several.
module fkb_layer_normalization_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_normalization_kernels_sp, only: column_backward, column_normalize, &
      column_repeat, column_tangent
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, storage_dimension
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: layer_normalization_t

   !> Keras's `LayerNormalization`. Weights: gamma and beta where used, of the shape of the
   !> normalised axes. With `rms_scaling`: y = gamma x/sqrt(variance + epsilon).
   type, extends(unary_layer_t) :: layer_normalization_t
      integer :: n_axes = 1                   !! normalised axes
      integer :: axes(max_rank) = -1          !! Keras's, in the order of the weights' shape
      real(dp) :: epsilon = 1e-3_dp           !! added to the variance
      logical :: center = .true.              !! whether there is a beta
      logical :: scale = .true.               !! whether there is a gamma
      logical :: rms_scaling = .false.        !! without the mean and without beta
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type layer_normalization_t

contains

   subroutine configure(self, config, error)
      class(layer_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
      if (allocated(error)) return
      if (self%n_axes < 1) then
         call raise(error, fkb_err_argument, 'option "axis" is empty, expected at least one axis')
         return
      end if
      if (config%keras_major >= 3) call sort(self%axes(:self%n_axes))
      call config%get('epsilon', self%epsilon, error, default=1e-3_dp)
      if (allocated(error)) return
      call config%get('center', self%center, error, default=.true.)
      if (allocated(error)) return
      call config%get('scale', self%scale, error, default=.true.)
      if (allocated(error)) return
      call config%get('rms_scaling', self%rms_scaling, error, default=.false.)
      if (self%rms_scaling) then
         self%center = .false.
         self%scale = .true.
      end if
   end subroutine configure

   !> Ascending, as Keras 3 sorts the axes (negative ones before the others).
   pure subroutine sort(axes)
      integer, intent(inout) :: axes(:)
      integer :: i, at, least
      do i = 1, size(axes) - 1
         at = i - 1 + minloc(axes(i:), 1)
         least = axes(at)
         axes(at) = axes(i)
         axes(i) = least
      end do
   end subroutine sort

   subroutine lay_out(self, in_shapes, plan, error)
      class(layer_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      logical :: marked(max_rank)
      type(shape_t) :: shape
      integer :: i, dimension, n
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, marked, error)
      if (allocated(error)) return
      shape%rank = self%n_axes
      do i = 1, self%n_axes
         call storage_dimension(self%axes(i), in_shapes(1)%rank, dimension, error)
         shape%extent(self%n_axes + 1 - i) = in_shapes(1)%extent(dimension)
      end do
      if (.not. shape%closed() .or. shape%count() < 1) then
         call raise(error, fkb_err_argument, 'expected known extents of the normalised axes, '// &
                    'not '//in_shapes(1)%text())
         return
      end if
      if (self%scale) call plan%add_weight('gamma', shape)
      if (self%center) call plan%add_weight('beta', shape)
      call add_output(plan, in_shapes(1), error)
      n = int(shape%count())
      plan%cache = 2*(closed_count(in_shapes(1))/n)
      plan%scratch = plan%cache
      plan%fixed_scratch = 4*closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(layer_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, batch, first, at, j
      logical :: in_place
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      batch = size(x, 2)
      first = 2*columns*batch
      do j = 1, batch
         at = 2*columns*(j - 1)
         associate (moments => scratch(at + 1:at + 2*columns), &
                    xj => scratch(first + 1:first + total), &
                    yj => scratch(first + total + 1:first + 2*total))
            if (in_place) then
               call normalize(x(:, j), y(:, j), moments)
            else
               call gather(extent, stride, total, total, x(:, j), xj)
               call normalize(xj, yj, moments)
               call scatter(extent, stride, total, total, yj, y(:, j))
            end if
         end associate
      end do
      if (size(cache) >= first) cache(:first) = scratch(:first)

   contains

      subroutine normalize(xj, yj, moments)
         real(wp), intent(in), contiguous :: xj(:)
         real(wp), intent(out), contiguous :: yj(:)
         real(wp), intent(out), contiguous :: moments(:)
         call column_normalize(n, columns, real(self%epsilon, wp), .not. self%rms_scaling, &
                               xj, yj, moments)
         if (self%scale) call multiply(n, columns, weights, yj)
         if (self%center) call increase(n, columns, weights(merge(n, 0, self%scale) + 1:), yj)
      end subroutine normalize

   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(layer_normalization_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank), n, columns, total, first, at, j
      logical :: in_place
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      first = 2*columns*size(x, 2)
      do j = 1, size(x, 2)
         at = 2*columns*(j - 1)
         associate (moments => cache(at + 1:at + 2*columns), &
                    xj => scratch(first + 1:first + total), &
                    dyj => scratch(first + total + 1:first + 2*total), &
                    normal => scratch(first + 2*total + 1:first + 3*total), &
                    dxj => scratch(first + 3*total + 1:first + 4*total))
            call gather(extent, stride, total, total, x(:, j), xj)
            call gather(extent, stride, total, total, dy(:, j), dyj)
            call differentiate(self, n, columns, weights, xj, moments, dyj, normal, dxj, dweights)
            call scatter(extent, stride, total, total, dxj, dx(:, j))
         end associate
      end do
   end subroutine apply_backward

   !> One sample whose normalised axes come first; dy is overwritten.
   subroutine differentiate(self, n, columns, gamma, x, moments, dy, normal, dx, dweights)
      class(layer_normalization_t), intent(in) :: self
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: gamma(n), x(n, columns), moments(2, columns)
      real(wp), intent(inout) :: dy(n, columns)
      real(wp), intent(out) :: normal(n, columns), dx(n, columns)
      real(wp), intent(inout) :: dweights(*)
      integer :: first, j
      first = merge(n, 0, self%scale)
      if (self%center) then
         do j = 1, columns
            dweights(first + 1:first + n) = dweights(first + 1:first + n) + dy(:, j)
         end do
      end if
      call column_repeat(n, columns, .not. self%rms_scaling, x, moments, normal)
      if (self%scale) then
         do j = 1, columns
            dweights(:n) = dweights(:n) + dy(:, j)*normal(:, j)
            dy(:, j) = dy(:, j)*gamma
         end do
      end if
      call column_backward(n, columns, .not. self%rms_scaling, x, moments, normal, dy, dx)
   end subroutine differentiate

   !> How to see a sample as columns of normalised values.
   subroutine view(self, plan, extent, stride, n, columns, in_place)
      class(layer_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: extent(max_rank), stride(max_rank), n, columns
      logical, intent(out) :: in_place
      type(error_t), allocatable :: error
      logical :: marked(max_rank)
      call mark_axes(self%axes(:self%n_axes), plan%in_shapes(1)%rank, marked, error)
      call bring_forward(plan%in_shapes(1), marked, extent, stride, n, columns, in_place)
   end subroutine view

   !> y = gamma y
   pure subroutine multiply(n, columns, gamma, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: gamma(n)
      real(wp), intent(inout) :: y(n, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = y(:, j)*gamma
      end do
   end subroutine multiply

   !> y = y + beta
   pure subroutine increase(n, columns, beta, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: beta(n)
      real(wp), intent(inout) :: y(n, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = y(:, j) + beta
      end do
   end subroutine increase

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(layer_normalization_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank), n, columns, total, first, at, j
      logical :: in_place
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      first = 2*columns*size(x, 2)
      do j = 1, size(x, 2)
         at = 2*columns*(j - 1)
         associate (moments => cache(at + 1:at + 2*columns), &
                    xj => scratch(first + 1:first + total), &
                    dxj => scratch(first + total + 1:first + 2*total), &
                    normal => scratch(first + 2*total + 1:first + 3*total), &
                    dyj => scratch(first + 3*total + 1:first + 4*total))
            call gather(extent, stride, total, total, x(:, j), xj)
            call gather(extent, stride, total, total, dx(:, j), dxj)
            call column_repeat(n, columns, .not. self%rms_scaling, xj, moments, normal)
            call column_tangent(n, columns, .not. self%rms_scaling, xj, moments, normal, dxj, dyj)
            if (self%scale) call multiply(n, columns, weights, dyj)
            if (size(dweights) > 0) then
               if (self%scale) call add_products(n, columns, dweights, normal, dyj)
               if (self%center) call increase(n, columns, dweights(merge(n, 0, self%scale) + 1:), &
                                              dyj)
            end if
            call scatter(extent, stride, total, total, dyj, dy(:, j))
         end associate
      end do
   end subroutine apply_tangent

   !> y = y + gamma x
   pure subroutine add_products(n, columns, gamma, x, y)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: gamma(n), x(n, columns)
      real(wp), intent(inout) :: y(n, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = y(:, j) + gamma*x(:, j)
      end do
   end subroutine add_products

end module fkb_layer_normalization_sp
