! Generated from kernels/fkb_math.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_math_sp`, each compiled for several processors.
module fkb_math_sp
   use fkb_kinds, only: wp => sp
   use fkb_math_exponential_sp, only: erf_lanes, exp_lanes, expm1_lanes, lanes, sigmoid_lanes, &
      softplus_lanes, tanh_lanes
   use fkb_math_logarithm_sp, only: log1p_lanes, log_lanes
   implicit none (type, external)
   private
   public :: exp_values
   public :: expm1_values
   public :: log_values
   public :: log1p_values
   public :: tanh_values
   public :: erf_values
   public :: sigmoid_values
   public :: softplus_values
   public :: sum_values
   public :: exp_lanes
   public :: expm1_lanes
   public :: log_lanes
   public :: log1p_lanes
   public :: tanh_lanes
   public :: erf_lanes
   public :: sigmoid_lanes
   public :: softplus_lanes
   public :: lanes

   interface
      module pure subroutine exp_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine exp_values

      module pure subroutine expm1_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine expm1_values

      module pure subroutine log_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine log_values

      module pure subroutine log1p_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine log1p_values

      module pure subroutine tanh_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine tanh_values

      module pure subroutine erf_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine erf_values

      module pure subroutine sigmoid_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine sigmoid_values

      module pure subroutine softplus_values(n, v)
         integer, intent(in) :: n
         real(wp), intent(inout) :: v(n)
      end subroutine softplus_values

      module pure real(wp) function sum_values(n, v) result(total)
         integer, intent(in) :: n
         real(wp), intent(in) :: v(n)
      end function sum_values
   end interface

end module fkb_math_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_math_sp) fkb_math_levels_sp
   use fkb_math_sp_v1, only: exp_values_v1 => exp_values, expm1_values_v1 => expm1_values, &
      log_values_v1 => log_values, log1p_values_v1 => log1p_values, tanh_values_v1 => tanh_values, &
      erf_values_v1 => erf_values, sigmoid_values_v1 => sigmoid_values, &
      softplus_values_v1 => softplus_values, sum_values_v1 => sum_values
   use fkb_math_sp_v3, only: exp_values_v3 => exp_values, expm1_values_v3 => expm1_values, &
      log_values_v3 => log_values, log1p_values_v3 => log1p_values, tanh_values_v3 => tanh_values, &
      erf_values_v3 => erf_values, sigmoid_values_v3 => sigmoid_values, &
      softplus_values_v3 => softplus_values, sum_values_v3 => sum_values
   use fkb_math_sp_v4, only: exp_values_v4 => exp_values, expm1_values_v4 => expm1_values, &
      log_values_v4 => log_values, log1p_values_v4 => log1p_values, tanh_values_v4 => tanh_values, &
      erf_values_v4 => erf_values, sigmoid_values_v4 => sigmoid_values, &
      softplus_values_v4 => softplus_values, sum_values_v4 => sum_values
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure exp_values
      select case (code_level)
      case (4)
         call exp_values_v4(n, v)
      case (3)
         call exp_values_v3(n, v)
      case default
         call exp_values_v1(n, v)
      end select
   end procedure exp_values

   module procedure expm1_values
      select case (code_level)
      case (4)
         call expm1_values_v4(n, v)
      case (3)
         call expm1_values_v3(n, v)
      case default
         call expm1_values_v1(n, v)
      end select
   end procedure expm1_values

   module procedure log_values
      select case (code_level)
      case (4)
         call log_values_v4(n, v)
      case (3)
         call log_values_v3(n, v)
      case default
         call log_values_v1(n, v)
      end select
   end procedure log_values

   module procedure log1p_values
      select case (code_level)
      case (4)
         call log1p_values_v4(n, v)
      case (3)
         call log1p_values_v3(n, v)
      case default
         call log1p_values_v1(n, v)
      end select
   end procedure log1p_values

   module procedure tanh_values
      select case (code_level)
      case (4)
         call tanh_values_v4(n, v)
      case (3)
         call tanh_values_v3(n, v)
      case default
         call tanh_values_v1(n, v)
      end select
   end procedure tanh_values

   module procedure erf_values
      select case (code_level)
      case (4)
         call erf_values_v4(n, v)
      case (3)
         call erf_values_v3(n, v)
      case default
         call erf_values_v1(n, v)
      end select
   end procedure erf_values

   module procedure sigmoid_values
      select case (code_level)
      case (4)
         call sigmoid_values_v4(n, v)
      case (3)
         call sigmoid_values_v3(n, v)
      case default
         call sigmoid_values_v1(n, v)
      end select
   end procedure sigmoid_values

   module procedure softplus_values
      select case (code_level)
      case (4)
         call softplus_values_v4(n, v)
      case (3)
         call softplus_values_v3(n, v)
      case default
         call softplus_values_v1(n, v)
      end select
   end procedure softplus_values

   module procedure sum_values
      select case (code_level)
      case (4)
         total = sum_values_v4(n, v)
      case (3)
         total = sum_values_v3(n, v)
      case default
         total = sum_values_v1(n, v)
      end select
   end procedure sum_values

end submodule fkb_math_levels_sp
