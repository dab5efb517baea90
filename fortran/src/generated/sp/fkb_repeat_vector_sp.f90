! Generated from layers/fkb_repeat_vector.fypp: edit that file and run tools/generate.py
!> Keras's `RepeatVector`: (features) to (features, n), n copies of the vector.
module fkb_repeat_vector_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_rank, refuse_option
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: repeat_vector_t

   !> Keras's `RepeatVector`.
   type, extends(unary_layer_t) :: repeat_vector_t
      integer :: n = 1     !! copies
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type repeat_vector_t

contains

   subroutine configure(self, config, error)
      class(repeat_vector_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('n', self%n, error)
      if (allocated(error)) return
      if (self%n < 1) call refuse_option(config, 'n', 'expected a positive integer', error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(repeat_vector_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_rank(in_shapes, 1, error)
      if (allocated(error)) return
      call add_output(plan, shape_of([in_shapes(1)%extent(1), self%n]), error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(repeat_vector_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, j, features
      features = size(x, 1)
      do j = 1, size(x, 2)
         do i = 0, self%n - 1
            y(i*features + 1:(i + 1)*features, j) = x(:, j)
         end do
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(repeat_vector_t), intent(in) :: self
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
      integer :: i, j, features
      features = size(x, 1)
      dx = dy(:features, :)
      do j = 1, size(x, 2)
         do i = 1, self%n - 1
            dx(:, j) = dx(:, j) + dy(i*features + 1:(i + 1)*features, j)
         end do
      end do
   end subroutine apply_backward

end module fkb_repeat_vector_sp
