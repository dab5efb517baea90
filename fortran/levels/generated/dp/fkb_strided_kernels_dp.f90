! Generated from kernels/fkb_strided_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_strided_kernels_dp`, each compiled for several processors.
module fkb_strided_kernels_dp
   use fkb_kinds, only: wp => dp
   use fkb_shape, only: max_rank
   implicit none (type, external)
   private
   public :: gather
   public :: scatter
   public :: scatter_add

   interface
      module pure subroutine gather(extent, stride, n_x, n_y, x, y)
         integer, intent(in) :: extent(max_rank), stride(max_rank)
         integer, intent(in) :: n_x, n_y
         real(wp), intent(in) :: x(n_x)
         real(wp), intent(out) :: y(n_y)
      end subroutine gather

      module pure subroutine scatter(extent, stride, n_x, n_y, y, x)
         integer, intent(in) :: extent(max_rank), stride(max_rank)
         integer, intent(in) :: n_x, n_y
         real(wp), intent(in) :: y(n_y)
         real(wp), intent(inout) :: x(n_x)
      end subroutine scatter

      module pure subroutine scatter_add(extent, stride, n_x, n_y, y, x)
         integer, intent(in) :: extent(max_rank), stride(max_rank)
         integer, intent(in) :: n_x, n_y
         real(wp), intent(in) :: y(n_y)
         real(wp), intent(inout) :: x(n_x)
      end subroutine scatter_add
   end interface

end module fkb_strided_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_strided_kernels_dp) fkb_strided_kernels_levels_dp
   use fkb_strided_kernels_dp_v1, only: gather_v1 => gather, scatter_v1 => scatter, &
      scatter_add_v1 => scatter_add
   use fkb_strided_kernels_dp_v3, only: gather_v3 => gather, scatter_v3 => scatter, &
      scatter_add_v3 => scatter_add
   use fkb_strided_kernels_dp_v4, only: gather_v4 => gather, scatter_v4 => scatter, &
      scatter_add_v4 => scatter_add
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure gather
      select case (code_level)
      case (4)
         call gather_v4(extent, stride, n_x, n_y, x, y)
      case (3)
         call gather_v3(extent, stride, n_x, n_y, x, y)
      case default
         call gather_v1(extent, stride, n_x, n_y, x, y)
      end select
   end procedure gather

   module procedure scatter
      select case (code_level)
      case (4)
         call scatter_v4(extent, stride, n_x, n_y, y, x)
      case (3)
         call scatter_v3(extent, stride, n_x, n_y, y, x)
      case default
         call scatter_v1(extent, stride, n_x, n_y, y, x)
      end select
   end procedure scatter

   module procedure scatter_add
      select case (code_level)
      case (4)
         call scatter_add_v4(extent, stride, n_x, n_y, y, x)
      case (3)
         call scatter_add_v3(extent, stride, n_x, n_y, y, x)
      case default
         call scatter_add_v1(extent, stride, n_x, n_y, y, x)
      end select
   end procedure scatter_add

end submodule fkb_strided_kernels_levels_dp
