! Generated from layers/fkb_prelu.fypp: edit that file and run tools/generate.py
!> Keras's `PReLU`: y = max(x, 0) + alpha min(x, 0) with trained slopes.
module fkb_prelu_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, get_axes, mark_axes
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, shape_t, strides_of
   use fkb_strided_kernels_sp, only: gather, scatter_add
   implicit none (type, external)
   private
   public :: prelu_t

   !> Keras's `PReLU`. Weight: alpha, of the input's shape with 1 along shared axes.
   type, extends(unary_layer_t) :: prelu_t
      integer :: n_shared = 0               !! axes that share slopes
      integer :: shared_axes(max_rank) = 0  !! Keras's, from 1
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type prelu_t

contains

   subroutine configure(self, config, error)
      class(prelu_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%ignore('shared_axes')
      self%n_shared = 0
      if (.not. config%has('shared_axes')) return
      call get_axes(config, 'shared_axes', self%shared_axes, self%n_shared, error, default=[0])
      if (allocated(error)) return
      if (any(self%shared_axes(:self%n_shared) < 1)) then
         call raise(error, fkb_err_argument, 'option "shared_axes": expected axes from 1 on')
      end if
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(prelu_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      logical :: shared(max_rank)
      type(shape_t) :: alpha
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%shared_axes(:self%n_shared), in_shapes(1)%rank, shared, error)
      if (allocated(error)) return
      alpha = in_shapes(1)
      where (shared) alpha%extent = 1
      if (.not. alpha%closed()) then
         call raise(error, fkb_err_argument, 'expected known extents of the axes that are not '// &
                    'shared, not '//in_shapes(1)%text())
         return
      end if
      call plan%add_weight('alpha', alpha)
      call add_output(plan, in_shapes(1), error)
      plan%fixed_scratch = 2*closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(prelu_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n, j
      n = size(x, 1)
      call gather(plan%in_shapes(1)%extent, strides_of(plan%weights(1)%shape), size(weights), n, &
                  weights, scratch)
      do j = 1, size(x, 2)
         y(:, j) = merge(x(:, j)*scratch(:n), x(:, j), x(:, j) < 0)
      end do
   end subroutine apply

   !> The slope at 0 is 0, as in TensorFlow.
   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(prelu_t), intent(in) :: self
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
      integer :: n, j
      n = size(x, 1)
      associate (alpha => scratch(:n), dalpha => scratch(n + 1:2*n), stride => strides_of( &
                 plan%weights(1)%shape))
         call gather(plan%in_shapes(1)%extent, stride, size(weights), n, weights, alpha)
         dalpha = 0
         do j = 1, size(x, 2)
            dx(:, j) = merge(dy(:, j)*alpha, merge(dy(:, j), 0.0_wp, x(:, j) > 0), x(:, j) < 0)
            dalpha = dalpha + merge(dy(:, j)*x(:, j), 0.0_wp, x(:, j) < 0)
         end do
         call scatter_add(plan%in_shapes(1)%extent, stride, size(dweights), n, dalpha, dweights)
      end associate
   end subroutine apply_backward

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(prelu_t), intent(in) :: self
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
      integer :: n, j
      n = size(x, 1)
      associate (alpha => scratch(:n), dalpha => scratch(n + 1:2*n), stride => strides_of( &
                 plan%weights(1)%shape), extent => plan%in_shapes(1)%extent)
         call gather(extent, stride, size(weights), n, weights, alpha)
         dalpha = 0
         if (size(dweights) > 0) call gather(extent, stride, size(dweights), n, dweights, dalpha)
         do j = 1, size(x, 2)
            dy(:, j) = merge(dx(:, j)*alpha + x(:, j)*dalpha, &
                             merge(dx(:, j), 0.0_wp, x(:, j) > 0), x(:, j) < 0)
         end do
      end associate
   end subroutine apply_tangent

end module fkb_prelu_sp
