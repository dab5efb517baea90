! Generated from kernels/fkb_renorm_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_renorm_kernels_dp`, each compiled for several processors.
module fkb_renorm_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: renorm_correction

   interface
      module pure subroutine renorm_correction(channels, bounds, epsilon, least, mean, variance, kept_mean, &
                                        kept_deviation, r, d)
         integer, intent(in) :: channels
         real(wp), intent(in) :: bounds(3)
         real(wp), intent(in) :: epsilon
         real(wp), intent(in) :: least
         real(wp), intent(in) :: mean(channels), variance(channels)
         real(wp), intent(in) :: kept_mean(channels), kept_deviation(channels)
         real(wp), intent(out) :: r(channels), d(channels)
      end subroutine renorm_correction
   end interface

end module fkb_renorm_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_renorm_kernels_dp) fkb_renorm_kernels_levels_dp
   use fkb_renorm_kernels_dp_v1, only: renorm_correction_v1 => renorm_correction
   use fkb_renorm_kernels_dp_v3, only: renorm_correction_v3 => renorm_correction
   use fkb_renorm_kernels_dp_v4, only: renorm_correction_v4 => renorm_correction
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure renorm_correction
      select case (code_level)
      case (4)
         call renorm_correction_v4(channels, bounds, epsilon, least, mean, variance, kept_mean, &
                                   kept_deviation, r, d)
      case (3)
         call renorm_correction_v3(channels, bounds, epsilon, least, mean, variance, kept_mean, &
                                   kept_deviation, r, d)
      case default
         call renorm_correction_v1(channels, bounds, epsilon, least, mean, variance, kept_mean, &
                                   kept_deviation, r, d)
      end select
   end procedure renorm_correction

end submodule fkb_renorm_kernels_levels_dp
