!> A layer with a weight: y = gain scale tanh(x), one trained scale per feature.
!>
!> FKB_KIND is fkb_sp or fkb_dp, chosen in CMakeLists.txt: the same source serves both precisions.
module my_scale
   use FKB_KIND, only: config_t, error_t, fkb_err_argument, mode_t, plan_t, raise, shape_of, &
      shape_t, tangent_own, unary_layer_t, wp
   implicit none (type, external)
   private
   public :: scale_t

   !> `my_pkg>Scale`: the class `Scale` of my_pkg.py. Weight: scale, (features).
   type, extends(unary_layer_t) :: scale_t
      real(wp) :: gain = 1                  !! option `gain`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type scale_t

contains

   !> Read the options. What is not read here is refused when the model is loaded.
   subroutine configure(self, config, error)
      class(scale_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('gain', self%gain, error, default=1.0_wp)
   end subroutine configure

   !> State the output's shape, the weights and the memory that `apply` needs.
   !> Keras's last axis is `extent(1)` here.
   subroutine lay_out(self, in_shapes, plan, error)
      class(scale_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      if (size(in_shapes) /= 1) then
         call raise(error, fkb_err_argument, 'expected one input')
         return
      end if
      if (in_shapes(1)%extent(1) < 1) then
         call raise(error, fkb_err_argument, 'expected a known last axis, not '// &
                    in_shapes(1)%text())
         return
      end if
      call plan%add_weight('scale', shape_of(in_shapes(1)%extent(1:1)))
      call plan%add_output(in_shapes(1))
      plan%cache = in_shapes(1)%count()     ! tanh(x) is kept for apply_backward
      plan%can_train = .true.
      plan%tangent = tangent_own            ! apply_tangent is there
   end subroutine lay_out

   !> y = gain scale tanh(x)
   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(scale_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! (scale)
      real(wp), intent(in), contiguous :: x(:, :)            !! (features, batch)
      real(wp), intent(out), contiguous :: y(:, :)           !! (features, batch)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      y = tanh(x)
      if (size(cache) > 0) cache = reshape(y, [size(y)])     ! in inference there may be none
      call multiply(size(weights), size(y)/size(weights), self%gain*weights, y)
   end subroutine apply

   !> dx = dy gain scale (1 - tanh(x)**2), dscale = sum dy gain tanh(x)
   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(scale_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)        !! as apply left it
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)          !! to be overwritten
      real(wp), intent(inout), contiguous :: dweights(:)     !! to be added to
      type(mode_t), intent(in) :: mode
      dx = dy*(1 - reshape(cache, shape(dy))**2)
      call multiply(size(weights), size(dx)/size(weights), self%gain*weights, dx)
      call add_products(size(weights), size(dy)/size(weights), self%gain, dy, cache, dweights)
   end subroutine apply_backward

   !> dy = gain scale (1 - tanh(x)**2) dx + gain dscale tanh(x)
   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(scale_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)        !! direction, or of size 0
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)        !! as apply left it, to stay so
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dx(:, :)           !! direction of x
      real(wp), intent(out), contiguous :: dy(:, :)          !! to be overwritten
      type(mode_t), intent(in) :: mode
      dy = dx*(1 - reshape(cache, shape(dx))**2)
      call multiply(size(weights), size(dy)/size(weights), self%gain*weights, dy)
      if (size(dweights) > 0) call add_scaled(size(weights), size(dy)/size(weights), &
         self%gain*dweights, cache, dy)
   end subroutine apply_tangent

   !> y(:, j) = y(:, j) + factors t(:, j)
   pure subroutine add_scaled(features, columns, factors, t, y)
      integer, intent(in) :: features, columns
      real(wp), intent(in) :: factors(features)
      real(wp), intent(in) :: t(features, columns)           !! tanh(x)
      real(wp), intent(inout) :: y(features, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = y(:, j) + factors*t(:, j)
      end do
   end subroutine add_scaled

   !> y(:, j) = factors y(:, j): a matrix of any shape, seen as columns of features.
   pure subroutine multiply(features, columns, factors, y)
      integer, intent(in) :: features, columns
      real(wp), intent(in) :: factors(features)
      real(wp), intent(inout) :: y(features, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = factors*y(:, j)
      end do
   end subroutine multiply

   !> dscale = dscale + gain sum_j dy(:, j) t(:, j)
   pure subroutine add_products(features, columns, gain, dy, t, dscale)
      integer, intent(in) :: features, columns
      real(wp), intent(in) :: gain
      real(wp), intent(in) :: dy(features, columns)
      real(wp), intent(in) :: t(features, columns)           !! tanh(x)
      real(wp), intent(inout) :: dscale(features)
      integer :: j
      do j = 1, columns
         dscale = dscale + gain*dy(:, j)*t(:, j)
      end do
   end subroutine add_products

end module my_scale
