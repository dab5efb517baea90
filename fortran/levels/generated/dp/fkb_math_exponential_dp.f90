! Generated from kernels/fkb_math_exponential.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_math_exponential_dp`, each compiled for several processors.
module fkb_math_exponential_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: exp_lanes
   public :: expm1_lanes
   public :: tanh_lanes
   public :: erf_lanes
   public :: sigmoid_lanes
   public :: softplus_lanes

   integer, parameter, public :: lanes = 32

   interface
      module pure subroutine exp_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine exp_lanes

      module pure subroutine expm1_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine expm1_lanes

      module pure subroutine tanh_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine tanh_lanes

      module pure subroutine sigmoid_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine sigmoid_lanes

      module pure subroutine softplus_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine softplus_lanes

      module pure subroutine erf_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine erf_lanes
   end interface

end module fkb_math_exponential_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_math_exponential_dp) fkb_math_exponential_levels_dp
   use fkb_math_exponential_dp_v1, only: exp_lanes_v1 => exp_lanes, expm1_lanes_v1 => expm1_lanes, &
      tanh_lanes_v1 => tanh_lanes, sigmoid_lanes_v1 => sigmoid_lanes, &
      softplus_lanes_v1 => softplus_lanes, erf_lanes_v1 => erf_lanes
   use fkb_math_exponential_dp_v3, only: exp_lanes_v3 => exp_lanes, expm1_lanes_v3 => expm1_lanes, &
      tanh_lanes_v3 => tanh_lanes, sigmoid_lanes_v3 => sigmoid_lanes, &
      softplus_lanes_v3 => softplus_lanes, erf_lanes_v3 => erf_lanes
   use fkb_math_exponential_dp_v4, only: exp_lanes_v4 => exp_lanes, expm1_lanes_v4 => expm1_lanes, &
      tanh_lanes_v4 => tanh_lanes, sigmoid_lanes_v4 => sigmoid_lanes, &
      softplus_lanes_v4 => softplus_lanes, erf_lanes_v4 => erf_lanes
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure exp_lanes
      select case (code_level)
      case (4)
         call exp_lanes_v4(groups, v)
      case (3)
         call exp_lanes_v3(groups, v)
      case default
         call exp_lanes_v1(groups, v)
      end select
   end procedure exp_lanes

   module procedure expm1_lanes
      select case (code_level)
      case (4)
         call expm1_lanes_v4(groups, v)
      case (3)
         call expm1_lanes_v3(groups, v)
      case default
         call expm1_lanes_v1(groups, v)
      end select
   end procedure expm1_lanes

   module procedure tanh_lanes
      select case (code_level)
      case (4)
         call tanh_lanes_v4(groups, v)
      case (3)
         call tanh_lanes_v3(groups, v)
      case default
         call tanh_lanes_v1(groups, v)
      end select
   end procedure tanh_lanes

   module procedure sigmoid_lanes
      select case (code_level)
      case (4)
         call sigmoid_lanes_v4(groups, v)
      case (3)
         call sigmoid_lanes_v3(groups, v)
      case default
         call sigmoid_lanes_v1(groups, v)
      end select
   end procedure sigmoid_lanes

   module procedure softplus_lanes
      select case (code_level)
      case (4)
         call softplus_lanes_v4(groups, v)
      case (3)
         call softplus_lanes_v3(groups, v)
      case default
         call softplus_lanes_v1(groups, v)
      end select
   end procedure softplus_lanes

   module procedure erf_lanes
      select case (code_level)
      case (4)
         call erf_lanes_v4(groups, v)
      case (3)
         call erf_lanes_v3(groups, v)
      case default
         call erf_lanes_v1(groups, v)
      end select
   end procedure erf_lanes

end submodule fkb_math_exponential_levels_dp
