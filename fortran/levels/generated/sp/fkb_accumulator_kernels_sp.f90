! Generated from train/fkb_accumulator_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_accumulator_kernels_sp`, each compiled for several processors.
module fkb_accumulator_kernels_sp
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: rmsprop_increment
   public :: centered_increment
   public :: subtract_increment
   public :: subtract_momentum
   public :: adagrad_update
   public :: adadelta_update
   public :: ftrl_update

   interface
      module pure subroutine rmsprop_increment(n, rate, rho, rest, epsilon, outside, v, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, rho, epsilon
         real(wp), intent(in) :: rest
         logical, intent(in) :: outside
         real(wp), intent(inout) :: v(n), g(n)
      end subroutine rmsprop_increment

      module pure subroutine centered_increment(n, rate, rho, rest, epsilon, outside, v, a, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, rho, rest, epsilon
         logical, intent(in) :: outside
         real(wp), intent(inout) :: v(n), a(n), g(n)
      end subroutine centered_increment

      module pure subroutine subtract_increment(n, d, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: d(n)
         real(wp), intent(inout) :: w(n)
      end subroutine subtract_increment

      module pure subroutine subtract_momentum(n, momentum, d, m, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: momentum, d(n)
         real(wp), intent(inout) :: m(n), w(n)
      end subroutine subtract_momentum

      module pure subroutine adagrad_update(n, rate, epsilon, outside, g, a, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, epsilon, g(n)
         logical, intent(in) :: outside
         real(wp), intent(inout) :: a(n), w(n)
      end subroutine adagrad_update

      module pure subroutine adadelta_update(n, rate, rho, rest, epsilon, g, a, d, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, rho, epsilon, g(n)
         real(wp), intent(in) :: rest
         real(wp), intent(inout) :: a(n), d(n), w(n)
      end subroutine adadelta_update

      module pure subroutine ftrl_update(n, rate, power, l1, l2_twice, shrinkage_twice, g, a, z, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, l1, g(n)
         real(wp), intent(in) :: power
         real(wp), intent(in) :: l2_twice, shrinkage_twice
         real(wp), intent(inout) :: a(n), z(n), w(n)
      end subroutine ftrl_update
   end interface

end module fkb_accumulator_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_accumulator_kernels_sp) fkb_accumulator_kernels_levels_sp
   use fkb_accumulator_kernels_sp_v1, only: rmsprop_increment_v1 => rmsprop_increment, &
      centered_increment_v1 => centered_increment, subtract_increment_v1 => subtract_increment, &
      subtract_momentum_v1 => subtract_momentum, adagrad_update_v1 => adagrad_update, &
      adadelta_update_v1 => adadelta_update, ftrl_update_v1 => ftrl_update
   use fkb_accumulator_kernels_sp_v3, only: rmsprop_increment_v3 => rmsprop_increment, &
      centered_increment_v3 => centered_increment, subtract_increment_v3 => subtract_increment, &
      subtract_momentum_v3 => subtract_momentum, adagrad_update_v3 => adagrad_update, &
      adadelta_update_v3 => adadelta_update, ftrl_update_v3 => ftrl_update
   use fkb_accumulator_kernels_sp_v4, only: rmsprop_increment_v4 => rmsprop_increment, &
      centered_increment_v4 => centered_increment, subtract_increment_v4 => subtract_increment, &
      subtract_momentum_v4 => subtract_momentum, adagrad_update_v4 => adagrad_update, &
      adadelta_update_v4 => adadelta_update, ftrl_update_v4 => ftrl_update
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure rmsprop_increment
      select case (code_level)
      case (4)
         call rmsprop_increment_v4(n, rate, rho, rest, epsilon, outside, v, g)
      case (3)
         call rmsprop_increment_v3(n, rate, rho, rest, epsilon, outside, v, g)
      case default
         call rmsprop_increment_v1(n, rate, rho, rest, epsilon, outside, v, g)
      end select
   end procedure rmsprop_increment

   module procedure centered_increment
      select case (code_level)
      case (4)
         call centered_increment_v4(n, rate, rho, rest, epsilon, outside, v, a, g)
      case (3)
         call centered_increment_v3(n, rate, rho, rest, epsilon, outside, v, a, g)
      case default
         call centered_increment_v1(n, rate, rho, rest, epsilon, outside, v, a, g)
      end select
   end procedure centered_increment

   module procedure subtract_increment
      select case (code_level)
      case (4)
         call subtract_increment_v4(n, d, w)
      case (3)
         call subtract_increment_v3(n, d, w)
      case default
         call subtract_increment_v1(n, d, w)
      end select
   end procedure subtract_increment

   module procedure subtract_momentum
      select case (code_level)
      case (4)
         call subtract_momentum_v4(n, momentum, d, m, w)
      case (3)
         call subtract_momentum_v3(n, momentum, d, m, w)
      case default
         call subtract_momentum_v1(n, momentum, d, m, w)
      end select
   end procedure subtract_momentum

   module procedure adagrad_update
      select case (code_level)
      case (4)
         call adagrad_update_v4(n, rate, epsilon, outside, g, a, w)
      case (3)
         call adagrad_update_v3(n, rate, epsilon, outside, g, a, w)
      case default
         call adagrad_update_v1(n, rate, epsilon, outside, g, a, w)
      end select
   end procedure adagrad_update

   module procedure adadelta_update
      select case (code_level)
      case (4)
         call adadelta_update_v4(n, rate, rho, rest, epsilon, g, a, d, w)
      case (3)
         call adadelta_update_v3(n, rate, rho, rest, epsilon, g, a, d, w)
      case default
         call adadelta_update_v1(n, rate, rho, rest, epsilon, g, a, d, w)
      end select
   end procedure adadelta_update

   module procedure ftrl_update
      select case (code_level)
      case (4)
         call ftrl_update_v4(n, rate, power, l1, l2_twice, shrinkage_twice, g, a, z, w)
      case (3)
         call ftrl_update_v3(n, rate, power, l1, l2_twice, shrinkage_twice, g, a, z, w)
      case default
         call ftrl_update_v1(n, rate, power, l1, l2_twice, shrinkage_twice, g, a, z, w)
      end select
   end procedure ftrl_update

end submodule fkb_accumulator_kernels_levels_sp
