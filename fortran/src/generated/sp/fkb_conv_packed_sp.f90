! Generated from kernels/fkb_conv_packed.fypp: edit that file and run tools/generate.py
!> Convolutions forward with a kernel that is packed once for many calls.
!>
!> What is packed is what `fkb_conv_kernels` would make of the kernel in each call: panels for
!> the windows, and before them the kernel at Winograd's points; with them stands whether all values
!> could be transformed. A kernel that no call would pack stays as it is. The bits are the same.
module fkb_conv_packed_sp
   use fkb_activations, only: n_parameters
   use fkb_conv_bands, only: takes_windows
   use fkb_conv_forward_sp, only: forward_bands, forward_images
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_kernels_sp, only: conv_forward_activated
   use fkb_conv_tiles, only: is_depthwise, patch_rows, positions_in, positions_out
   use fkb_conv_windows_sp, only: from_bias, pack_windows, window_reals
   use fkb_conv_winograd_sp, only: is_tame, transform_kernels
   use fkb_kinds, only: i8, wp => sp
   use fkb_winograd_plan, only: kernel_reals, takes_winograd
   implicit none (type, external)
   private
   public :: conv_packed_reals, pack_conv, conv_forward_packed

   !> Reals before a transformed kernel, the first of which tells whether there is one: a vector.
   integer, parameter :: head = 16

contains

   !> Reals of the packed kernel.
   pure integer(i8) function conv_packed_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      reals = transformed_reals(g)
      if (has_panels(g)) then
         reals = reals + window_reals(g)
      else
         reals = reals + int(g(conv_channels_out), i8)*patch_rows(g)
      end if
   end function conv_packed_reals

   !> Pack a kernel.
   pure subroutine pack_conv(g, kernel, packed)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: packed(*)            !! `conv_packed_reals`
      integer(i8) :: at
      logical :: tame
      if (takes_winograd(g)) then
         tame = is_tame(size(kernel), kernel)
         packed(:head) = merge(1, 0, tame)
         if (tame) call transform_kernels(g, kernel, packed(head + 1))
      end if
      at = transformed_reals(g) + 1
      if (has_panels(g)) then
         call pack_windows(g, kernel, packed(at))
      else
         call copy(size(kernel), kernel, packed(at))
      end if
   end subroutine pack_conv

   !> y = activation(conv(x, kernel) + bias)
   pure subroutine conv_forward_packed(g, batch, packed, bias, x, activation, parameters, y, &
                                       scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: packed(*)               !! as `pack_conv` made it of the kernel
      real(wp), intent(in) :: bias(g(conv_channels_out))
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation               !! one of `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(*)           !! `conv_scratch`
      if (takes_winograd(g)) then
         call forward_images(g, batch, packed(transformed_reals(g) + 1), has_panels(g), &
                             packed(1) > 0.5_wp, packed(head + 1), from_bias, bias, x, activation, &
                             parameters, y, scratch)
      else if (takes_windows(g) .and. .not. is_depthwise(g)) then
         call forward_bands(g, batch, packed, has_panels(g), from_bias, bias, x, activation, &
                            parameters, y, scratch)
      else
         call conv_forward_activated(g, batch, packed, bias, x, activation, parameters, y, scratch)
      end if
   end subroutine conv_forward_packed

   !> Whether the windows are multiplied with panels.
   pure logical function has_panels(g)
      integer, intent(in) :: g(conv_length)
      has_panels = takes_windows(g) .and. .not. is_depthwise(g) .and. window_reals(g) > 0
   end function has_panels

   !> Reals of the kernel at Winograd's points, with the head.
   pure integer(i8) function transformed_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      reals = 0
      if (takes_winograd(g)) reals = head + kernel_reals(g)
   end function transformed_reals

   pure subroutine copy(n, from, to)
      integer, intent(in) :: n
      real(wp), intent(in) :: from(n)
      real(wp), intent(inout) :: to(n)
      to = from
   end subroutine copy

end module fkb_conv_packed_sp
