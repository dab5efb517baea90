! Generated from train/fkb_optimizer_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_optimizer_kernels_sp`, each compiled for several processors.
module fkb_optimizer_kernels_sp
   use fkb_kinds, only: dp, i8, wp => sp
   implicit none (type, external)
   private
   public :: descend
   public :: descend_momentum
   public :: descend_nesterov
   public :: adam_update
   public :: amsgrad_update
   public :: clip_values
   public :: scale_values
   public :: decay_weights
   public :: square_sum
   public :: power_of
   public :: gather_gradient
   public :: add_gradient
   public :: average_weights

   interface
      module pure subroutine descend(n, rate, g, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, g(n)
         real(wp), intent(inout) :: w(n)
      end subroutine descend

      module pure subroutine descend_momentum(n, rate, momentum, g, m, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, momentum, g(n)
         real(wp), intent(inout) :: m(n), w(n)
      end subroutine descend_momentum

      module pure subroutine descend_nesterov(n, rate, momentum, g, m, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, momentum, g(n)
         real(wp), intent(inout) :: m(n), w(n)
      end subroutine descend_nesterov

      module pure subroutine adam_update(n, alpha, c1, c2, epsilon, g, m, v, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: alpha
         real(wp), intent(in) :: c1, c2
         real(wp), intent(in) :: epsilon, g(n)
         real(wp), intent(inout) :: m(n), v(n), w(n)
      end subroutine adam_update

      module pure subroutine amsgrad_update(n, alpha, c1, c2, epsilon, g, m, v, largest, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: alpha, c1, c2, epsilon, g(n)
         real(wp), intent(inout) :: m(n), v(n), largest(n), w(n)
      end subroutine amsgrad_update

      module pure real(wp) function power_of(beta, t)
         real(dp), intent(in) :: beta
         integer(i8), intent(in) :: t
      end function power_of

      module pure subroutine clip_values(n, bound, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: bound
         real(wp), intent(inout) :: g(n)
      end subroutine clip_values

      module pure subroutine scale_values(n, a, b, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: a, b
         real(wp), intent(inout) :: g(n)
      end subroutine scale_values

      module pure subroutine decay_weights(n, decay, rate, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: decay, rate
         real(wp), intent(inout) :: w(n)
      end subroutine decay_weights

      module pure subroutine gather_gradient(n, g, sum)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: g(n)
         real(wp), intent(inout) :: sum(n)
      end subroutine gather_gradient

      module pure subroutine add_gradient(n, sum, steps, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: sum(n), steps
         real(wp), intent(inout) :: g(n)
      end subroutine add_gradient

      module pure subroutine average_weights(n, momentum, w, average)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: momentum, w(n)
         real(wp), intent(inout) :: average(n)
      end subroutine average_weights

      module pure real(dp) function square_sum(n, g) result(total)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: g(n)
      end function square_sum
   end interface

end module fkb_optimizer_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_optimizer_kernels_sp) fkb_optimizer_kernels_levels_sp
   use fkb_optimizer_kernels_sp_v1, only: descend_v1 => descend, &
      descend_momentum_v1 => descend_momentum, descend_nesterov_v1 => descend_nesterov, &
      adam_update_v1 => adam_update, amsgrad_update_v1 => amsgrad_update, power_of_v1 => power_of, &
      clip_values_v1 => clip_values, scale_values_v1 => scale_values, &
      decay_weights_v1 => decay_weights, gather_gradient_v1 => gather_gradient, &
      add_gradient_v1 => add_gradient, average_weights_v1 => average_weights, &
      square_sum_v1 => square_sum
   use fkb_optimizer_kernels_sp_v3, only: descend_v3 => descend, &
      descend_momentum_v3 => descend_momentum, descend_nesterov_v3 => descend_nesterov, &
      adam_update_v3 => adam_update, amsgrad_update_v3 => amsgrad_update, power_of_v3 => power_of, &
      clip_values_v3 => clip_values, scale_values_v3 => scale_values, &
      decay_weights_v3 => decay_weights, gather_gradient_v3 => gather_gradient, &
      add_gradient_v3 => add_gradient, average_weights_v3 => average_weights, &
      square_sum_v3 => square_sum
   use fkb_optimizer_kernels_sp_v4, only: descend_v4 => descend, &
      descend_momentum_v4 => descend_momentum, descend_nesterov_v4 => descend_nesterov, &
      adam_update_v4 => adam_update, amsgrad_update_v4 => amsgrad_update, power_of_v4 => power_of, &
      clip_values_v4 => clip_values, scale_values_v4 => scale_values, &
      decay_weights_v4 => decay_weights, gather_gradient_v4 => gather_gradient, &
      add_gradient_v4 => add_gradient, average_weights_v4 => average_weights, &
      square_sum_v4 => square_sum
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure descend
      select case (code_level)
      case (4)
         call descend_v4(n, rate, g, w)
      case (3)
         call descend_v3(n, rate, g, w)
      case default
         call descend_v1(n, rate, g, w)
      end select
   end procedure descend

   module procedure descend_momentum
      select case (code_level)
      case (4)
         call descend_momentum_v4(n, rate, momentum, g, m, w)
      case (3)
         call descend_momentum_v3(n, rate, momentum, g, m, w)
      case default
         call descend_momentum_v1(n, rate, momentum, g, m, w)
      end select
   end procedure descend_momentum

   module procedure descend_nesterov
      select case (code_level)
      case (4)
         call descend_nesterov_v4(n, rate, momentum, g, m, w)
      case (3)
         call descend_nesterov_v3(n, rate, momentum, g, m, w)
      case default
         call descend_nesterov_v1(n, rate, momentum, g, m, w)
      end select
   end procedure descend_nesterov

   module procedure adam_update
      select case (code_level)
      case (4)
         call adam_update_v4(n, alpha, c1, c2, epsilon, g, m, v, w)
      case (3)
         call adam_update_v3(n, alpha, c1, c2, epsilon, g, m, v, w)
      case default
         call adam_update_v1(n, alpha, c1, c2, epsilon, g, m, v, w)
      end select
   end procedure adam_update

   module procedure amsgrad_update
      select case (code_level)
      case (4)
         call amsgrad_update_v4(n, alpha, c1, c2, epsilon, g, m, v, largest, w)
      case (3)
         call amsgrad_update_v3(n, alpha, c1, c2, epsilon, g, m, v, largest, w)
      case default
         call amsgrad_update_v1(n, alpha, c1, c2, epsilon, g, m, v, largest, w)
      end select
   end procedure amsgrad_update

   module procedure power_of
      select case (code_level)
      case (4)
         power_of = power_of_v4(beta, t)
      case (3)
         power_of = power_of_v3(beta, t)
      case default
         power_of = power_of_v1(beta, t)
      end select
   end procedure power_of

   module procedure clip_values
      select case (code_level)
      case (4)
         call clip_values_v4(n, bound, g)
      case (3)
         call clip_values_v3(n, bound, g)
      case default
         call clip_values_v1(n, bound, g)
      end select
   end procedure clip_values

   module procedure scale_values
      select case (code_level)
      case (4)
         call scale_values_v4(n, a, b, g)
      case (3)
         call scale_values_v3(n, a, b, g)
      case default
         call scale_values_v1(n, a, b, g)
      end select
   end procedure scale_values

   module procedure decay_weights
      select case (code_level)
      case (4)
         call decay_weights_v4(n, decay, rate, w)
      case (3)
         call decay_weights_v3(n, decay, rate, w)
      case default
         call decay_weights_v1(n, decay, rate, w)
      end select
   end procedure decay_weights

   module procedure gather_gradient
      select case (code_level)
      case (4)
         call gather_gradient_v4(n, g, sum)
      case (3)
         call gather_gradient_v3(n, g, sum)
      case default
         call gather_gradient_v1(n, g, sum)
      end select
   end procedure gather_gradient

   module procedure add_gradient
      select case (code_level)
      case (4)
         call add_gradient_v4(n, sum, steps, g)
      case (3)
         call add_gradient_v3(n, sum, steps, g)
      case default
         call add_gradient_v1(n, sum, steps, g)
      end select
   end procedure add_gradient

   module procedure average_weights
      select case (code_level)
      case (4)
         call average_weights_v4(n, momentum, w, average)
      case (3)
         call average_weights_v3(n, momentum, w, average)
      case default
         call average_weights_v1(n, momentum, w, average)
      end select
   end procedure average_weights

   module procedure square_sum
      select case (code_level)
      case (4)
         total = square_sum_v4(n, g)
      case (3)
         total = square_sum_v3(n, g)
      case default
         total = square_sum_v1(n, g)
      end select
   end procedure square_sum

end submodule fkb_optimizer_kernels_levels_sp
