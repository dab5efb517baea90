! Generated from layers/fkb_softmax.fypp: edit that file and run tools/generate.py
!> Keras's `Softmax` over one axis or several.
module fkb_softmax_sp
   use fkb_activation_kernels_sp, only: activate_backward_in_place, activate_in_place
   use fkb_activations, only: act_softmax, n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t
   use fkb_shape, only: max_rank, shape_t
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: softmax_t

   !> Keras's `Softmax`.
   type, extends(unary_layer_t) :: softmax_t
      integer :: n_axes = 1              !! axes whose values sum to 1
      integer :: axes(max_rank) = -1     !! Keras's
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: as_activation
   end type softmax_t

   !> Softmax takes no parameters.
   real(wp), parameter :: none(n_parameters) = 0

contains

   subroutine configure(self, config, error)
      class(softmax_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
      if (allocated(error)) return
      if (self%n_axes < 1) call raise(error, fkb_err_argument, &
                                      'option "axis" is empty, expected at least one axis')
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(softmax_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      logical :: marked(max_rank)
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, marked, error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%fixed_scratch = 2*closed_count(in_shapes(1))
      plan%can_train = .true.
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(softmax_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, j
      logical :: in_place
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      if (in_place) then
         y = x
         call activate_in_place(act_softmax, none, n, columns*size(x, 2), y)
         return
      end if
      do j = 1, size(x, 2)
         call gather(extent, stride, total, total, x(:, j), scratch)
         call activate_in_place(act_softmax, none, n, columns, scratch)
         call scatter(extent, stride, total, total, scratch, y(:, j))
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(softmax_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank), n, columns, total, j
      logical :: in_place
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x, 1)
      do j = 1, size(x, 2)
         associate (yj => scratch(:total), d => scratch(total + 1:2*total))
            call gather(extent, stride, total, total, y(:, j), yj)
            call gather(extent, stride, total, total, dy(:, j), d)
            call activate_backward_in_place(act_softmax, none, n, columns, yj, yj, d)
            call scatter(extent, stride, total, total, d, dx(:, j))
         end associate
      end do
   end subroutine apply_backward

   !> How to see a sample as columns that sum to 1.
   subroutine view(self, plan, extent, stride, n, columns, in_place)
      class(softmax_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: extent(max_rank), stride(max_rank), n, columns
      logical, intent(out) :: in_place
      type(error_t), allocatable :: error
      logical :: marked(max_rank)
      call mark_axes(self%axes(:self%n_axes), plan%in_shapes(1)%rank, marked, error)
      call bring_forward(plan%in_shapes(1), marked, extent, stride, n, columns, in_place)
   end subroutine view

   !> Over the last axis only.
   subroutine as_activation(self, id, parameters)
      class(softmax_t), intent(in) :: self
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      id = 0
      parameters = 0
      if (self%n_axes == 1 .and. self%axes(1) == -1) id = act_softmax
   end subroutine as_activation

end module fkb_softmax_sp
