! Generated from kernels/fkb_activation_values.fypp: edit that file and run tools/generate.py
!> Activations that work value by value, and their derivatives, on groups of values.
submodule(fkb_activation_kernels_dp) fkb_activation_values_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_math_dp, only: erf_lanes, exp_lanes, expm1_lanes, sigmoid_lanes, softplus_lanes, &
      tanh_lanes
   implicit none (type, external)
contains

   module procedure apply
      real(wp) :: t(lanes, max_groups)
      select case (id)
      case (act_relu)
         call relu(groups, parameters, v)
      case (act_relu6)
         v = clip(v, 0.0_wp, 6.0_wp)
      case (act_elu)
         t(:, :groups) = merge(v, 0.0_wp, v < 0)
         call expm1_lanes(groups, t)
         v = merge(parameters(1)*t(:, :groups), v, v < 0)
      case (act_selu)
         t(:, :groups) = merge(v, 0.0_wp, v < 0)
         call expm1_lanes(groups, t)
         v = selu_scale*merge(selu_alpha*t(:, :groups), v, v < 0)
      case (act_celu)
         t(:, :groups) = merge(v, 0.0_wp, v < 0)/parameters(1)
         call expm1_lanes(groups, t)
         v = merge(parameters(1)*t(:, :groups), v, v < 0)
      case (act_softplus)
         call softplus_lanes(groups, v)
      case (act_softsign)
         v = v/(1 + abs(v))
      case (act_silu)
         t(:, :groups) = v
         call sigmoid_lanes(groups, t)
         v = v*t(:, :groups)
      case (act_gelu)
         t(:, :groups) = sqrt_half*v
         call erf_lanes(groups, t)
         v = 0.5_wp*v*(1 + t(:, :groups))
      case (act_gelu_approximate)
         t(:, :groups) = sqrt_two_over_pi*(v + gelu_cubic*v*v*v)
         call tanh_lanes(groups, t)
         v = 0.5_wp*v*(1 + t(:, :groups))
      case (act_sigmoid)
         call sigmoid_lanes(groups, v)
      case (act_hard_sigmoid)
         v = clip(v + 3, 0.0_wp, 6.0_wp)/6
      case (act_hard_sigmoid_keras2)
         v = clip(0.2_wp*v + 0.5_wp, 0.0_wp, 1.0_wp)
      case (act_hard_silu)
         v = v*(clip(v + 3, 0.0_wp, 6.0_wp)/6)
      case (act_hard_tanh)
         v = clip(v, -1.0_wp, 1.0_wp)
      case (act_tanh)
         call tanh_lanes(groups, v)
      case (act_tanh_shrink)
         t(:, :groups) = v
         call tanh_lanes(groups, t)
         v = v - t(:, :groups)
      case (act_mish)
         call mish(groups, v)
      case (act_exponential)
         call exp_lanes(groups, v)
      case (act_log_sigmoid)
         v = -v
         call softplus_lanes(groups, v)
         v = -v
      case (act_gaussian)
         v = -v*v
         call exp_lanes(groups, v)
      case default
         call apply_pieces(id, parameters, groups, v)
      end select
   end procedure apply

   module procedure derivative
      real(wp) :: t(lanes, max_groups)
      select case (id)
      case (act_elu)
         if (parameters(1) < 0) then
            d = merge(1.0_wp, y + parameters(1), x > 0)
         else
            d = merge(1.0_wp, y + parameters(1), y > 0)
         end if
      case (act_selu)
         d = merge(y + selu_scale*selu_alpha, selu_scale, y < 0)
      case (act_celu)
         call celu_derivative(groups, parameters, x, y, d)
      case (act_softplus)
         d = -y
         call expm1_lanes(groups, d)
         d = -d
      case (act_log_sigmoid)
         d = y
         call expm1_lanes(groups, d)
         d = -d
      case (act_softsign)
         d = 1/((1 + abs(x))*(1 + abs(x)))
      case (act_silu)
         call silu_derivative(groups, x, d)
      case (act_gelu)
         d = sqrt_half*x
         call erf_lanes(groups, d)
         t(:, :groups) = -(sqrt_half*x)*(sqrt_half*x)
         call exp_lanes(groups, t)
         d = 0.5_wp*(1 + d) + sqrt_half*inverse_sqrt_pi*x*t(:, :groups)
      case (act_gelu_approximate)
         d = sqrt_two_over_pi*(x + gelu_cubic*x*x*x)
         call tanh_lanes(groups, d)
         d = 0.5_wp*(1 + d) + 0.5_wp*x*(1 - d*d)*sqrt_two_over_pi*(1 + 3*gelu_cubic*x*x)
      case (act_sigmoid)
         d = y*(1 - y)
      case (act_tanh)
         d = 1 - y*y
      case (act_tanh_shrink)
         d = x
         call tanh_lanes(groups, d)
         d = d*d
      case (act_mish)
         call mish_derivative(groups, x, d)
      case (act_exponential)
         d = y
      case (act_gaussian)
         d = -2*x*y
      case default
         call derivative_of_pieces(id, parameters, groups, x, y, d)
      end select
   end procedure derivative

   !> Activations made of straight pieces, and roots; an unknown number gives NaN.
   pure subroutine apply_pieces(id, parameters, groups, v)
      integer, intent(in) :: id
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      associate (threshold => parameters(1))
         select case (id)
         case (act_soft_shrink)
            v = merge(v - threshold, merge(v + threshold, v*0, v < -threshold), v > threshold)
         case (act_hard_shrink)
            v = merge(v*0, v, abs(v) <= threshold)
         case (act_threshold)
            v = merge(parameters(2), v, v <= threshold)
         case (act_sparse_plus)
            v = merge(0.0_wp, merge(0.25_wp*(v + 1)*(v + 1), v, v < 1), v <= -1)
         case (act_sparse_sigmoid)
            v = clip(0.5_wp*(v + 1), 0.0_wp, 1.0_wp)
         case (act_squareplus)
            v = (v + sqrt(v*v + parameters(1)))/2
         case (act_step)
            v = merge(1.0_wp, v*0, v > 0)
         case default
            v = ieee_value(v, ieee_quiet_nan)
         end select
      end associate
   end subroutine apply_pieces

   !> Their derivatives; at a kink the value that TensorFlow takes.
   pure subroutine derivative_of_pieces(id, parameters, groups, x, y, d)
      integer, intent(in) :: id
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: groups
      real(wp), intent(in) :: x(lanes, groups), y(lanes, groups)
      real(wp), intent(out) :: d(lanes, groups)
      associate (threshold => parameters(1))
         select case (id)
         case (act_relu)
            call relu_derivative(groups, parameters, x, d)
         case (act_relu6)
            d = indicator(y > 0 .and. y < 6)
         case (act_hard_sigmoid)
            d = indicator(y > 0 .and. y < 1)/6
         case (act_hard_sigmoid_keras2)
            ! In two steps, so that no fused multiply-add moves the corners at -2.5 and 2.5.
            d = 0.2_wp*x
            d = d + 0.5_wp
            d = 0.2_wp*indicator(d >= 0 .and. d <= 1)
         case (act_hard_silu)
            d = clip(x + 3, 0.0_wp, 6.0_wp)/6 + x*(indicator(x + 3 > 0 .and. x + 3 < 6)/6)
         case (act_hard_tanh)
            d = indicator(abs(x) <= 1)
         case (act_soft_shrink, act_hard_shrink)
            d = indicator(abs(x) > threshold)
         case (act_threshold)
            d = indicator(x > threshold)
         case (act_sparse_plus)
            d = clip(0.5_wp*(x + 1), 0.0_wp, 1.0_wp)
         case (act_sparse_sigmoid)
            d = 0.5_wp*indicator(abs(x) < 1)
         case (act_squareplus)
            d = 0.5_wp + 0.5_wp*x/sqrt(x*x + parameters(1))
         case (act_step)
            d = 0
         case default
            d = ieee_value(d, ieee_quiet_nan)
         end select
      end associate
   end subroutine derivative_of_pieces

   !> relu with slope, limit and threshold.
   pure subroutine relu(groups, parameters, v)
      integer, intent(in) :: groups
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: below(lanes, max_groups)
      associate (slope => parameters(1), limit => parameters(2), threshold => parameters(3))
         below(:, :groups) = merge(slope*(v - threshold), v*0, v < threshold)
         v = merge(0.0_wp, v, v <= threshold)
         if (limit >= 0) v = clip(v, 0.0_wp, limit)
         if (abs(slope) > 0) v = v + below(:, :groups)
      end associate
   end subroutine relu

   !> TensorFlow takes three ways: leaky relu (the slope holds at 0), relu6 (nothing passes at 6),
   !> and clipping (the limit itself passes, the threshold does not).
   pure subroutine relu_derivative(groups, parameters, x, d)
      integer, intent(in) :: groups
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: x(lanes, groups)
      real(wp), intent(out) :: d(lanes, groups)
      associate (slope => parameters(1), limit => parameters(2), threshold => parameters(3))
         d = indicator(x > threshold)
         if (limit >= 0) then
            d = merge(0.0_wp, d, x < 0)
            if (abs(limit - 6) > 0 .or. abs(threshold) > 0) then
               d = merge(0.0_wp, d, x > limit)
            else
               d = merge(0.0_wp, d, x >= limit)
            end if
         end if
         if (limit < 0 .and. .not. abs(threshold) > 0) then
            d = merge(d, slope, x > 0)
         else
            d = merge(slope, d, x < threshold)
         end if
      end associate
   end subroutine relu_derivative

   !> exp(x/alpha) below zero, 1 above, and their sum at zero, as TensorFlow has it.
   pure subroutine celu_derivative(groups, parameters, x, y, d)
      integer, intent(in) :: groups
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: x(lanes, groups), y(lanes, groups)
      real(wp), intent(out) :: d(lanes, groups)
      associate (alpha => parameters(1))
         if (alpha < 0) then
            d = merge(1.0_wp, 0.0_wp, x >= 0) + merge((y + alpha)/alpha, 0.0_wp, x <= 0)
         else
            d = merge(1.0_wp, 0.0_wp, y >= 0) + merge((y + alpha)/alpha, 0.0_wp, y <= 0)
         end if
      end associate
   end subroutine celu_derivative

   !> s (1 + x (1 - s)), s = sigmoid(x), with e = exp(-|x|)
   pure subroutine silu_derivative(groups, x, d)
      integer, intent(in) :: groups
      real(wp), intent(in) :: x(lanes, groups)
      real(wp), intent(out) :: d(lanes, groups)
      real(wp) :: e(lanes, max_groups), rest(lanes, max_groups)
      e(:, :groups) = -abs(x)
      call exp_lanes(groups, e)
      d = merge(1.0_wp, e(:, :groups), x > 0)
      rest(:, :groups) = merge(e(:, :groups), 1.0_wp, x > 0)
      e(:, :groups) = 1 + e(:, :groups)
      d = d/e(:, :groups)*(1 + x*(rest(:, :groups)/e(:, :groups)))
   end subroutine silu_derivative

   !> x w, w = tanh(log(1 + exp(x))). With e = exp(-|x|), w is p/(p + q) where p = 1 + 2e and
   !> q = 2e^2 for positive x, p = 2e + e^2 and q = 2 for negative x.
   pure subroutine mish(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: e(lanes, max_groups), p(lanes, max_groups), q(lanes, max_groups)
      e(:, :groups) = -abs(v)
      call exp_lanes(groups, e)
      call mish_fraction(groups, v, e, p, q)
      v = v*(p(:, :groups)/(p(:, :groups) + q(:, :groups)))
   end subroutine mish

   !> w + x sigmoid(x) (1 - w^2), where 1 - w is q/(p + q)
   pure subroutine mish_derivative(groups, x, d)
      integer, intent(in) :: groups
      real(wp), intent(in) :: x(lanes, groups)
      real(wp), intent(out) :: d(lanes, groups)
      real(wp) :: e(lanes, max_groups), p(lanes, max_groups), q(lanes, max_groups)
      e(:, :groups) = -abs(x)
      call exp_lanes(groups, e)
      call mish_fraction(groups, x, e, p, q)
      d = merge(1.0_wp, e(:, :groups), x > 0)
      d = d/(1 + e(:, :groups))
      q(:, :groups) = q(:, :groups)/(p(:, :groups) + q(:, :groups))
      d = (1 - q(:, :groups)) + x*d*q(:, :groups)*(2 - q(:, :groups))
   end subroutine mish_derivative

   !> p and q of mish
   pure subroutine mish_fraction(groups, x, e, p, q)
      integer, intent(in) :: groups
      real(wp), intent(in) :: x(lanes, groups), e(lanes, groups)
      real(wp), intent(out) :: p(lanes, groups), q(lanes, groups)
      p = e*(2 + e)
      q = 1 + 2*e
      p = merge(q, p, x > 0)
      q = 2*e*e
      q = merge(q, 2.0_wp, x > 0)
   end subroutine mish_fraction

   !> x, but not below low nor above high
   pure elemental real(wp) function clip(x, low, high)
      real(wp), intent(in) :: x, low, high
      clip = merge(low, x, x < low)
      clip = merge(high, clip, clip > high)
   end function clip

   !> 1 where true, else 0
   pure elemental real(wp) function indicator(condition)
      logical, intent(in) :: condition
      indicator = merge(1.0_wp, 0.0_wp, condition)
   end function indicator

end submodule fkb_activation_values_dp
