! Generated from kernels/fkb_conv_forward.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_conv_forward_sp`, each compiled for several processors.
module fkb_conv_forward_sp
   use fkb_activations, only: n_parameters
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: forward_bands
   public :: forward_images
   public :: forward_winograd

   interface
      module pure subroutine forward_bands(g, batch, kernel, packed, from, bias, x, activation, parameters, &
                                    y, scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(*)
         logical, intent(in) :: packed
         integer, intent(in) :: from
         real(wp), intent(in) :: bias(*)
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine forward_bands

      module pure subroutine forward_winograd(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                       scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         integer, intent(in) :: from
         real(wp), intent(in) :: bias(*)
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine forward_winograd

      module pure subroutine forward_images(g, batch, kernel, packed, tame, panels, from, bias, x, &
                                     activation, parameters, y, scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(*)
         logical, intent(in) :: packed
         logical, intent(in) :: tame
         real(wp), intent(in) :: panels(*)
         integer, intent(in) :: from
         real(wp), intent(in) :: bias(*)
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine forward_images
   end interface

end module fkb_conv_forward_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_conv_forward_sp) fkb_conv_forward_levels_sp
   use fkb_conv_forward_sp_v1, only: forward_bands_v1 => forward_bands, &
      forward_winograd_v1 => forward_winograd, forward_images_v1 => forward_images
   use fkb_conv_forward_sp_v3, only: forward_bands_v3 => forward_bands, &
      forward_winograd_v3 => forward_winograd, forward_images_v3 => forward_images
   use fkb_conv_forward_sp_v4, only: forward_bands_v4 => forward_bands, &
      forward_winograd_v4 => forward_winograd, forward_images_v4 => forward_images
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure forward_bands
      select case (code_level)
      case (4)
         call forward_bands_v4(g, batch, kernel, packed, from, bias, x, activation, parameters, y, &
                               scratch)
      case (3)
         call forward_bands_v3(g, batch, kernel, packed, from, bias, x, activation, parameters, y, &
                               scratch)
      case default
         call forward_bands_v1(g, batch, kernel, packed, from, bias, x, activation, parameters, y, &
                               scratch)
      end select
   end procedure forward_bands

   module procedure forward_winograd
      select case (code_level)
      case (4)
         call forward_winograd_v4(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                  scratch)
      case (3)
         call forward_winograd_v3(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                  scratch)
      case default
         call forward_winograd_v1(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                  scratch)
      end select
   end procedure forward_winograd

   module procedure forward_images
      select case (code_level)
      case (4)
         call forward_images_v4(g, batch, kernel, packed, tame, panels, from, bias, x, activation, &
                                parameters, y, scratch)
      case (3)
         call forward_images_v3(g, batch, kernel, packed, tame, panels, from, bias, x, activation, &
                                parameters, y, scratch)
      case default
         call forward_images_v1(g, batch, kernel, packed, tame, panels, from, bias, x, activation, &
                                parameters, y, scratch)
      end select
   end procedure forward_images

end submodule fkb_conv_forward_levels_sp
