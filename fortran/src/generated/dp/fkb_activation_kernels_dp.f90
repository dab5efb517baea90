! Generated from kernels/fkb_activation_kernels.fypp: edit that file and run tools/generate.py
!> Activation functions and their derivatives on `(features, batch)` matrices.
!>
!> Formulas and the slopes at kinks are those of Keras 3.15 on TensorFlow (`keras.activations`),
!> but NaN always gives NaN. The functions that work value by value take the same bits for any
!> position and length.
module fkb_activation_kernels_dp
   use fkb_activations, only: act_celu, act_elu, act_exponential, act_gaussian, act_gelu, &
      act_gelu_approximate, act_glu, act_hard_shrink, act_hard_sigmoid, act_hard_sigmoid_keras2, &
      act_hard_silu, act_hard_tanh, act_leaky_relu, act_linear, act_log_sigmoid, act_log_softmax, &
      act_mish, act_relu, act_relu6, act_selu, act_sigmoid, act_silu, act_soft_shrink, &
      act_softmax, act_softplus, act_softsign, act_sparse_plus, act_sparse_sigmoid, &
      act_sparsemax, act_squareplus, act_step, act_tanh, act_tanh_shrink, act_threshold, &
      n_parameters, output_features
   use fkb_column_activations_dp, only: glu, glu_backward, log_softmax, log_softmax_backward, &
      softmax, softmax_backward, sparsemax, sparsemax_backward
   use fkb_kinds, only: sp, wp => dp
   use fkb_math_dp, only: lanes
   implicit none (type, external)
   private
   public :: activate, activate_in_place, activate_backward, activate_backward_in_place

   !> Groups of values that pass through an activation at a time; a chunk and its temporaries stay
   !> in the first-level cache.
   integer, parameter, public :: max_groups = 8
   integer, parameter :: chunk = lanes*max_groups

   !> sqrt(1/2) and the cubic coefficient of the approximate gelu, both rounded to real32 as
   !> TensorFlow does whatever the kind.
   real(wp), parameter, public :: sqrt_half = 0.70710678118654752440_sp
   real(wp), parameter, public :: gelu_cubic = 0.044715_sp
   !> sqrt(2/pi), 1/sqrt(pi)
   real(wp), parameter, public :: sqrt_two_over_pi = 0.79788456080286535588_wp
   real(wp), parameter, public :: inverse_sqrt_pi = 0.56418958354775628695_wp
   !> selu: scale and alpha of Klambauer et al. 2017.
   real(wp), parameter, public :: selu_scale = 1.0507009873554804934_wp
   real(wp), parameter, public :: selu_alpha = 1.6732632423543772848_wp

   interface
      !> v = f(v) for a function that works value by value
      pure module subroutine apply(id, parameters, groups, v)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: groups                     !! at most `max_groups`
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine apply

      !> d = f'(x) for a function that works value by value, from its input or from its output
      pure module subroutine derivative(id, parameters, groups, x, y, d)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: groups                     !! at most `max_groups`
         real(wp), intent(in) :: x(lanes, groups), y(lanes, groups)
         real(wp), intent(out) :: d(lanes, groups)
      end subroutine derivative
   end interface

contains

   !> y = f(x)
   pure subroutine activate(id, parameters, n, batch, x, y)
      integer, intent(in) :: id                            !! one of the `act_*` constants
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)
      real(wp), intent(out) :: y(output_features(id, n), batch)
      if (id == act_glu) then
         call glu(n, batch, x, y)
      else
         y = x
         call activate_in_place(id, parameters, n, batch, y)
      end if
   end subroutine activate

   !> y = f(y); not for glu, whose output has another size
   pure subroutine activate_in_place(id, parameters, n, batch, y)
      integer, intent(in) :: id                            !! one of the `act_*` constants but glu
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(inout) :: y(n, batch)
      select case (id)
      case (act_linear)
         continue
      case (act_relu)
         if (plain_relu(parameters)) then
            call scale_negative(n*batch, 0.0_wp, y)
         else
            call apply_in_chunks(id, parameters, n*batch, y)
         end if
      case (act_leaky_relu)
         call scale_negative(n*batch, parameters(1), y)
      case (act_softmax)
         call softmax(n, batch, y)
      case (act_log_softmax)
         call log_softmax(n, batch, y)
      case (act_sparsemax)
         call sparsemax(n, batch, y)
      case default
         call apply_in_chunks(id, parameters, n*batch, y)
      end select
   end subroutine activate_in_place

   !> dx = f'(x) dy
   pure subroutine activate_backward(id, parameters, n, batch, x, y, dy, dx)
      integer, intent(in) :: id                            !! one of the `act_*` constants
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)                  !! or y, see `backward_needs_input`
      real(wp), intent(in) :: y(output_features(id, n), batch)
      real(wp), intent(in) :: dy(output_features(id, n), batch)
      real(wp), intent(out) :: dx(n, batch)
      if (id == act_glu) then
         call glu_backward(n, batch, x, dy, dx)
      else
         dx = dy
         call activate_backward_in_place(id, parameters, n, batch, x, y, dx)
      end if
   end subroutine activate_backward

   !> d = f'(x) d; not for glu
   pure subroutine activate_backward_in_place(id, parameters, n, batch, x, y, d)
      integer, intent(in) :: id                            !! one of the `act_*` constants but glu
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)                  !! or y, see `backward_needs_input`
      real(wp), intent(in) :: y(n, batch)
      real(wp), intent(inout) :: d(n, batch)               !! in: gradient of y; out: gradient of x
      select case (id)
      case (act_linear)
         continue
      case (act_relu)
         if (plain_relu(parameters)) then
            call scale_where_not_positive(n*batch, 0.0_wp, y, d)
         else
            call multiply_in_chunks(id, parameters, n*batch, x, y, d)
         end if
      case (act_leaky_relu)
         if (parameters(1) < 0) then
            call scale_where_not_positive(n*batch, parameters(1), x, d)
         else
            call scale_where_not_positive(n*batch, parameters(1), y, d)
         end if
      case (act_softmax)
         call softmax_backward(n, batch, y, d)
      case (act_log_softmax)
         call log_softmax_backward(n, batch, y, d)
      case (act_sparsemax)
         call sparsemax_backward(n, batch, x, d)
      case default
         call multiply_in_chunks(id, parameters, n*batch, x, y, d)
      end select
   end subroutine activate_backward_in_place

   !> Whether relu is max(x, 0).
   pure logical function plain_relu(parameters)
      real(wp), intent(in) :: parameters(n_parameters)
      plain_relu = parameters(2) < 0 .and. .not. any(abs(parameters([1, 3])) > 0)
   end function plain_relu

   !> v = slope v where v < 0
   pure subroutine scale_negative(n, slope, v)
      integer, intent(in) :: n
      real(wp), intent(in) :: slope
      real(wp), intent(inout) :: v(n)
      integer :: i
      if (abs(slope) > 0) then
         do i = 1, n
            v(i) = merge(slope*v(i), v(i), v(i) < 0)
         end do
      else
         do i = 1, n
            v(i) = merge(0.0_wp, v(i), v(i) < 0)
         end do
      end if
   end subroutine scale_negative

   !> d = slope d where not v > 0
   pure subroutine scale_where_not_positive(n, slope, v, d)
      integer, intent(in) :: n
      real(wp), intent(in) :: slope, v(n)
      real(wp), intent(inout) :: d(n)
      integer :: i
      do i = 1, n
         d(i) = merge(d(i), slope*d(i), v(i) > 0)
      end do
   end subroutine scale_where_not_positive

   !> v = f(v), in place for whole groups, in a padded buffer for the rest
   pure subroutine apply_in_chunks(id, parameters, n, v)
      integer, intent(in) :: id
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      real(wp) :: rest(lanes)
      integer :: first, whole
      whole = n - mod(n, lanes)
      do first = 1, whole, chunk
         call apply(id, parameters, min(max_groups, (whole - first + 1)/lanes), v(first))
      end do
      if (whole == n) return
      rest(:n - whole) = v(whole + 1:)
      rest(n - whole + 1:) = 1
      call apply(id, parameters, 1, rest)
      v(whole + 1:) = rest(:n - whole)
   end subroutine apply_in_chunks

   !> d = f'(x) d, for whole groups on the arrays themselves, for the rest in padded buffers
   pure subroutine multiply_in_chunks(id, parameters, n, x, y, d)
      integer, intent(in) :: id
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), y(n)
      real(wp), intent(inout) :: d(n)
      real(wp) :: slope(chunk), rest_x(lanes), rest_y(lanes)
      integer :: count, first, whole
      whole = n - mod(n, lanes)
      do first = 1, whole, chunk
         count = min(chunk, whole - first + 1)
         call derivative(id, parameters, count/lanes, x(first), y(first), slope)
         d(first:first + count - 1) = slope(:count)*d(first:first + count - 1)
      end do
      if (whole == n) return
      rest_x = 1
      rest_y = 1
      rest_x(:n - whole) = x(whole + 1:)
      rest_y(:n - whole) = y(whole + 1:)
      call derivative(id, parameters, 1, rest_x, rest_y, slope)
      d(whole + 1:) = slope(:n - whole)*d(whole + 1:)
   end subroutine multiply_in_chunks

end module fkb_activation_kernels_dp
