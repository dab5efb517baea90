!> An activation: y = x + sin(x)**2 (Ziyin, Hartwig and Ueda 2020, with a frequency of 1).
!>
!> An activation is a layer without weights. Registered under the name that Keras saves for the
!> function, it serves both `Dense(activation=snake)` and `Activation(snake)`.
module my_snake
   use FKB_KIND, only: config_t, error_t, mode_t, plan_t, shape_t, tangent_backward, &
      unary_layer_t, wp
   implicit none (type, external)
   private
   public :: snake_t

   !> `my_pkg>snake`: the function `snake` of my_pkg.py.
   type, extends(unary_layer_t) :: snake_t
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type snake_t

contains

   !> A function has no options.
   subroutine configure(self, config, error)
      class(snake_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
   end subroutine configure

   !> The output has the shape of the input.
   subroutine lay_out(self, in_shapes, plan, error)
      class(snake_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call plan%add_output(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_backward
   end subroutine lay_out

   !> y = x + sin(x)**2
   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(snake_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      y = x + sin(x)**2
   end subroutine apply

   !> dx = dy (1 + 2 sin(x) cos(x))
   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(snake_t), intent(in) :: self
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
      dx = dy*(1 + sin(2*x))
   end subroutine apply_backward

end module my_snake
