! Generated from kernels/fkb_conv_windows.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_conv_windows_sp`, each compiled for several processors.
module fkb_conv_windows_sp
   use fkb_conv_bands, only: band_images, band_length
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_input, conv_kernel, &
      conv_length
   use fkb_conv_tiles, only: patch_rows
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: convolve_band
   public :: copy_source
   public :: pack_windows
   public :: window_reals

   integer, parameter, public :: from_zero = 0, from_y = 1, from_bias = 2

   interface
      module pure subroutine convolve_band(g, band, count, kernel, packed, from, bias, x, y, scratch)
         integer, intent(in) :: g(conv_length)
         integer, intent(in) :: band(band_length)
         integer, intent(in) :: count
         real(wp), intent(in) :: kernel(*)
         logical, intent(in) :: packed
         integer, intent(in) :: from
         real(wp), intent(in) :: bias(*)
         real(wp), intent(in) :: x(*)
         real(wp), intent(inout) :: y(g(conv_channels_out), count)
         real(wp), intent(inout) :: scratch(*)
      end subroutine convolve_band

      module pure subroutine copy_source(g, band, extents, x, source)
         integer, intent(in) :: g(conv_length), band(band_length), extents(2)
         real(wp), intent(in) :: x(g(conv_channels_in), g(conv_input), g(conv_input + 1), &
                                   g(conv_input + 2), band(band_images))
         real(wp), intent(out) :: source(g(conv_channels_in), extents(1), extents(2), &
                                         g(conv_kernel + 2), band(band_images))
      end subroutine copy_source

      module pure integer(i8) function window_reals(g) result(reals)
         integer, intent(in) :: g(conv_length)
      end function window_reals

      module pure subroutine pack_windows(g, kernel, panels)
         integer, intent(in) :: g(conv_length)
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(inout) :: panels(*)
      end subroutine pack_windows
   end interface

end module fkb_conv_windows_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_conv_windows_sp) fkb_conv_windows_levels_sp
   use fkb_conv_windows_sp_v1, only: convolve_band_v1 => convolve_band, &
      copy_source_v1 => copy_source, window_reals_v1 => window_reals, &
      pack_windows_v1 => pack_windows
   use fkb_conv_windows_sp_v3, only: convolve_band_v3 => convolve_band, &
      copy_source_v3 => copy_source, window_reals_v3 => window_reals, &
      pack_windows_v3 => pack_windows
   use fkb_conv_windows_sp_v4, only: convolve_band_v4 => convolve_band, &
      copy_source_v4 => copy_source, window_reals_v4 => window_reals, &
      pack_windows_v4 => pack_windows
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure convolve_band
      select case (code_level)
      case (4)
         call convolve_band_v4(g, band, count, kernel, packed, from, bias, x, y, scratch)
      case (3)
         call convolve_band_v3(g, band, count, kernel, packed, from, bias, x, y, scratch)
      case default
         call convolve_band_v1(g, band, count, kernel, packed, from, bias, x, y, scratch)
      end select
   end procedure convolve_band

   module procedure copy_source
      select case (code_level)
      case (4)
         call copy_source_v4(g, band, extents, x, source)
      case (3)
         call copy_source_v3(g, band, extents, x, source)
      case default
         call copy_source_v1(g, band, extents, x, source)
      end select
   end procedure copy_source

   module procedure window_reals
      select case (code_level)
      case (4)
         reals = window_reals_v4(g)
      case (3)
         reals = window_reals_v3(g)
      case default
         reals = window_reals_v1(g)
      end select
   end procedure window_reals

   module procedure pack_windows
      select case (code_level)
      case (4)
         call pack_windows_v4(g, kernel, panels)
      case (3)
         call pack_windows_v3(g, kernel, panels)
      case default
         call pack_windows_v1(g, kernel, panels)
      end select
   end procedure pack_windows

end submodule fkb_conv_windows_levels_sp
