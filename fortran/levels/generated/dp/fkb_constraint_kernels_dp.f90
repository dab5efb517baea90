! Generated from kernels/fkb_constraint_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_constraint_kernels_dp`, each compiled for several processors.
module fkb_constraint_kernels_dp
   use fkb_kinds, only: dp, i8, wp => dp
   implicit none (type, external)
   private
   public :: drop_negatives
   public :: sum_squares
   public :: scale_groups

   interface
      module pure subroutine drop_negatives(n, w)
         integer(i8), intent(in) :: n
         real(wp), intent(inout) :: w(n)
      end subroutine drop_negatives

      module pure subroutine sum_squares(rank, extent, stride, groups, w, sums)
         integer, intent(in) :: rank
         integer, intent(in) :: extent(rank)
         integer(i8), intent(in) :: stride(rank)
         integer(i8), intent(in) :: groups
         real(wp), intent(in) :: w(*)
         real(dp), intent(out) :: sums(groups)
      end subroutine sum_squares

      module pure subroutine scale_groups(rank, extent, stride, groups, factors, w)
         integer, intent(in) :: rank
         integer, intent(in) :: extent(rank)
         integer(i8), intent(in) :: stride(rank)
         integer(i8), intent(in) :: groups
         real(wp), intent(in) :: factors(groups)
         real(wp), intent(inout) :: w(*)
      end subroutine scale_groups
   end interface

end module fkb_constraint_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_constraint_kernels_dp) fkb_constraint_kernels_levels_dp
   use fkb_constraint_kernels_dp_v1, only: drop_negatives_v1 => drop_negatives, &
      sum_squares_v1 => sum_squares, scale_groups_v1 => scale_groups
   use fkb_constraint_kernels_dp_v3, only: drop_negatives_v3 => drop_negatives, &
      sum_squares_v3 => sum_squares, scale_groups_v3 => scale_groups
   use fkb_constraint_kernels_dp_v4, only: drop_negatives_v4 => drop_negatives, &
      sum_squares_v4 => sum_squares, scale_groups_v4 => scale_groups
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure drop_negatives
      select case (code_level)
      case (4)
         call drop_negatives_v4(n, w)
      case (3)
         call drop_negatives_v3(n, w)
      case default
         call drop_negatives_v1(n, w)
      end select
   end procedure drop_negatives

   module procedure sum_squares
      select case (code_level)
      case (4)
         call sum_squares_v4(rank, extent, stride, groups, w, sums)
      case (3)
         call sum_squares_v3(rank, extent, stride, groups, w, sums)
      case default
         call sum_squares_v1(rank, extent, stride, groups, w, sums)
      end select
   end procedure sum_squares

   module procedure scale_groups
      select case (code_level)
      case (4)
         call scale_groups_v4(rank, extent, stride, groups, factors, w)
      case (3)
         call scale_groups_v3(rank, extent, stride, groups, factors, w)
      case default
         call scale_groups_v1(rank, extent, stride, groups, factors, w)
      end select
   end procedure scale_groups

end submodule fkb_constraint_kernels_levels_dp
