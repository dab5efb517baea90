! Generated from kernels/fkb_gemm_packed.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_gemm_packed_dp`, each compiled for several processors.
module fkb_gemm_packed_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: packed_size
   public :: pack_rows
   public :: add_packed

   integer, parameter :: lanes = 512/storage_size(1.0_wp), strip = 8*lanes

   interface
      module pure integer(i8) function packed_size(m, k)
         integer, intent(in) :: m, k
      end function packed_size

      module pure subroutine pack_rows(m, k, a, packed)
         integer, intent(in) :: m, k
         real(wp), intent(in) :: a(m, k)
         real(wp), intent(out) :: packed(strip, k, (m + strip - 1)/strip)
      end subroutine pack_rows

      module pure subroutine add_packed(m, k, packed, b, c)
         integer, intent(in) :: m, k
         real(wp), intent(in) :: packed(strip, k, *)
         real(wp), intent(in) :: b(k)
         real(wp), intent(inout) :: c(m)
      end subroutine add_packed
   end interface

end module fkb_gemm_packed_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_gemm_packed_dp) fkb_gemm_packed_levels_dp
   use fkb_gemm_packed_dp_v1, only: packed_size_v1 => packed_size, pack_rows_v1 => pack_rows, &
      add_packed_v1 => add_packed
   use fkb_gemm_packed_dp_v3, only: packed_size_v3 => packed_size, pack_rows_v3 => pack_rows, &
      add_packed_v3 => add_packed
   use fkb_gemm_packed_dp_v4, only: packed_size_v4 => packed_size, pack_rows_v4 => pack_rows, &
      add_packed_v4 => add_packed
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure packed_size
      select case (code_level)
      case (4)
         packed_size = packed_size_v4(m, k)
      case (3)
         packed_size = packed_size_v3(m, k)
      case default
         packed_size = packed_size_v1(m, k)
      end select
   end procedure packed_size

   module procedure pack_rows
      select case (code_level)
      case (4)
         call pack_rows_v4(m, k, a, packed)
      case (3)
         call pack_rows_v3(m, k, a, packed)
      case default
         call pack_rows_v1(m, k, a, packed)
      end select
   end procedure pack_rows

   module procedure add_packed
      select case (code_level)
      case (4)
         call add_packed_v4(m, k, packed, b, c)
      case (3)
         call add_packed_v3(m, k, packed, b, c)
      case default
         call add_packed_v1(m, k, packed, b, c)
      end select
   end procedure add_packed

end submodule fkb_gemm_packed_levels_dp
