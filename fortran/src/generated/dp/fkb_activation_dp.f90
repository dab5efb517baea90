! Generated from layers/fkb_activation.fypp: edit that file and run tools/generate.py
!> Keras's `Activation` and the layers that are one activation with options of their own: `ReLU`,
!> `LeakyReLU`, `ELU`, `ThresholdedReLU`.
module fkb_activation_dp
   use fkb_activation_kernels_dp, only: activate, activate_backward
   use fkb_activation_options, only: get_activation, get_activation_options
   use fkb_activation_tangents_dp, only: activate_tangent
   use fkb_activations, only: act_glu, act_linear, n_parameters, output_features, works_on_columns
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, shape_t
   implicit none (type, external)
   private
   public :: activation_t, activation_form_t

   !> Keras's `Activation`: the option `activation` names the function.
   type, extends(unary_layer_t) :: activation_t
      integer :: id = act_linear                  !! one of the `act_*` constants
      real(dp) :: parameters(n_parameters) = 0    !! of the activation
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
      procedure :: as_activation
   end type activation_t

   !> A layer whose class names the function and whose options are its parameters.
   type, extends(activation_t) :: activation_form_t
   contains
      procedure :: configure => configure_form
   end type activation_form_t

contains

   subroutine configure(self, config, error)
      class(activation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_activation(config, 'activation', self%id, self%parameters, error)
   end subroutine configure

   subroutine configure_form(self, config, error)
      class(activation_form_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_activation_options(config, config%class_name, self%id, self%parameters, error)
   end subroutine configure_form

   subroutine lay_out(self, in_shapes, plan, error)
      class(activation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      out = in_shapes(1)
      if (works_on_columns(self%id) .and. out%rank < 1) then
         call raise(error, fkb_err_argument, 'expected an input with an axis besides the batch')
         return
      end if
      if (self%id == act_glu .and. out%extent(1) /= open_extent) then
         if (mod(out%extent(1), 2) /= 0) then
            call raise(error, fkb_err_argument, 'glu expects an even extent of the last axis, '// &
                       'not '//out%text())
            return
         end if
         out%extent(1) = output_features(self%id, out%extent(1))
      end if
      call add_output(plan, out, error)
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%passes_through = self%id == act_linear
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(activation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n
      n = plan%in_shapes(1)%extent(1)
      call activate(self%id, real(self%parameters, wp), n, size(x)/max(n, 1), x, y)
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(activation_t), intent(in) :: self
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
      integer :: n
      n = plan%in_shapes(1)%extent(1)
      call activate_backward(self%id, real(self%parameters, wp), n, size(x)/max(n, 1), x, y, dy, dx)
   end subroutine apply_backward

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(activation_t), intent(in) :: self
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
      integer :: n
      n = plan%in_shapes(1)%extent(1)
      call activate_tangent(self%id, real(self%parameters, wp), n, size(x)/max(n, 1), x, y, dx, dy)
   end subroutine apply_tangent

   !> Any but glu, which changes the shape.
   subroutine as_activation(self, id, parameters)
      class(activation_t), intent(in) :: self
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      id = self%id
      if (id == act_glu) id = 0
      parameters = self%parameters
   end subroutine as_activation

end module fkb_activation_dp
