! Generated from kernels/fkb_conv_packed.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_conv_packed_sp`, each compiled for several processors.
module fkb_conv_packed_sp
   use fkb_activations, only: n_parameters
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: conv_packed_reals
   public :: pack_conv
   public :: conv_forward_packed

   interface
      module pure integer(i8) function conv_packed_reals(g) result(reals)
         integer, intent(in) :: g(conv_length)
      end function conv_packed_reals

      module pure subroutine pack_conv(g, kernel, packed)
         integer, intent(in) :: g(conv_length)
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(inout) :: packed(*)
      end subroutine pack_conv

      module pure subroutine conv_forward_packed(g, batch, packed, bias, x, activation, parameters, y, &
                                          scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: packed(*)
         real(wp), intent(in) :: bias(g(conv_channels_out))
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_forward_packed
   end interface

end module fkb_conv_packed_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_conv_packed_sp) fkb_conv_packed_levels_sp
   use fkb_conv_packed_sp_v1, only: conv_packed_reals_v1 => conv_packed_reals, &
      pack_conv_v1 => pack_conv, conv_forward_packed_v1 => conv_forward_packed
   use fkb_conv_packed_sp_v3, only: conv_packed_reals_v3 => conv_packed_reals, &
      pack_conv_v3 => pack_conv, conv_forward_packed_v3 => conv_forward_packed
   use fkb_conv_packed_sp_v4, only: conv_packed_reals_v4 => conv_packed_reals, &
      pack_conv_v4 => pack_conv, conv_forward_packed_v4 => conv_forward_packed
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure conv_packed_reals
      select case (code_level)
      case (4)
         reals = conv_packed_reals_v4(g)
      case (3)
         reals = conv_packed_reals_v3(g)
      case default
         reals = conv_packed_reals_v1(g)
      end select
   end procedure conv_packed_reals

   module procedure pack_conv
      select case (code_level)
      case (4)
         call pack_conv_v4(g, kernel, packed)
      case (3)
         call pack_conv_v3(g, kernel, packed)
      case default
         call pack_conv_v1(g, kernel, packed)
      end select
   end procedure pack_conv

   module procedure conv_forward_packed
      select case (code_level)
      case (4)
         call conv_forward_packed_v4(g, batch, packed, bias, x, activation, parameters, y, scratch)
      case (3)
         call conv_forward_packed_v3(g, batch, packed, bias, x, activation, parameters, y, scratch)
      case default
         call conv_forward_packed_v1(g, batch, packed, bias, x, activation, parameters, y, scratch)
      end select
   end procedure conv_forward_packed

end submodule fkb_conv_packed_levels_sp
