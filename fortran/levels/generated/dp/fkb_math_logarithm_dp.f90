! Generated from kernels/fkb_math_logarithm.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_math_logarithm_dp`, each compiled for several processors.
module fkb_math_logarithm_dp
   use fkb_kinds, only: wp => dp
   use fkb_math_exponential_dp, only: lanes
   implicit none (type, external)
   private
   public :: log_lanes
   public :: log1p_lanes

   interface
      module pure subroutine log_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine log_lanes

      module pure subroutine log1p_lanes(groups, v)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine log1p_lanes
   end interface

end module fkb_math_logarithm_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_math_logarithm_dp) fkb_math_logarithm_levels_dp
   use fkb_math_logarithm_dp_v1, only: log_lanes_v1 => log_lanes, log1p_lanes_v1 => log1p_lanes
   use fkb_math_logarithm_dp_v3, only: log_lanes_v3 => log_lanes, log1p_lanes_v3 => log1p_lanes
   use fkb_math_logarithm_dp_v4, only: log_lanes_v4 => log_lanes, log1p_lanes_v4 => log1p_lanes
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure log_lanes
      select case (code_level)
      case (4)
         call log_lanes_v4(groups, v)
      case (3)
         call log_lanes_v3(groups, v)
      case default
         call log_lanes_v1(groups, v)
      end select
   end procedure log_lanes

   module procedure log1p_lanes
      select case (code_level)
      case (4)
         call log1p_lanes_v4(groups, v)
      case (3)
         call log1p_lanes_v3(groups, v)
      case default
         call log1p_lanes_v1(groups, v)
      end select
   end procedure log1p_lanes

end submodule fkb_math_logarithm_levels_dp
