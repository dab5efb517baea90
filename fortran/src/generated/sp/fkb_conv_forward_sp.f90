! Generated from kernels/fkb_conv_forward.fypp: edit that file and run tools/generate.py
!> Convolutions without patches over the bands of a batch: the plain sum and Winograd's transform.
module fkb_conv_forward_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: n_parameters
   use fkb_conv_bands, only: band_length, band_tall, band_wide, plan_bands
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length, conv_output
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_conv_windows_sp, only: convolve_band
   use fkb_conv_winograd_sp, only: convolve_tiles, is_tame, transform_kernels
   use fkb_kinds, only: wp => sp
   use fkb_winograd_plan, only: kernel_reals, plan_winograd, tile_outputs
   implicit none (type, external)
   private
   public :: forward_bands, forward_images, forward_winograd

contains

   !> The convolution of the bands, without patches.
   pure subroutine forward_bands(g, batch, kernel, packed, from, bias, x, activation, parameters, &
                                 y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(*)                      !! (channels_out, patch_rows)
      logical, intent(in) :: packed                          !! it is as `pack_windows` made it
      integer, intent(in) :: from                            !! one of `from_*`
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(*)
      integer :: band(band_length), columns, first, i, image, images, j, k, tall, wide
      call plan_bands(g, wide, tall, images)
      do image = 1, batch, images
         do k = 0, g(conv_output + 2) - 1
            do j = 0, g(conv_output + 1) - 1, tall
               do i = 0, g(conv_output) - 1, wide
                  band = [i, j, k, min(wide, g(conv_output) - i), &
                          min(tall, g(conv_output + 1) - j), min(images, batch - image + 1)]
                  columns = product(band(band_wide:))
                  first = 1 + i + g(conv_output)*(j + g(conv_output + 1)*k)
                  call convolve_band(g, band, columns, kernel, packed, from, bias, &
                                     x(1, 1, image), y(1, first, image), scratch)
                  call activate_in_place(activation, parameters, g(conv_channels_out), columns, &
                                         y(1, first, image))
               end do
            end do
         end do
      end do
   end subroutine forward_bands

   !> The convolution by Winograd's transform; an image with values that it cannot take is summed.
   pure subroutine forward_winograd(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                    scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      integer, intent(in) :: from                            !! one of `from_*`
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(*)
      logical :: tame
      tame = is_tame(size(kernel), kernel)
      if (tame) call transform_kernels(g, kernel, scratch)
      call forward_images(g, batch, kernel, .false., tame, scratch, from, bias, x, activation, &
                          parameters, y, scratch(kernel_reals(g) + 1))
   end subroutine forward_winograd

   !> The same with a kernel that is transformed already, if it could be.
   pure subroutine forward_images(g, batch, kernel, packed, tame, panels, from, bias, x, &
                                  activation, parameters, y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(*)                      !! (channels_out, patch_rows)
      logical, intent(in) :: packed                          !! it is as `pack_windows` made it
      logical, intent(in) :: tame                            !! whether it is transformed
      real(wp), intent(in) :: panels(*)                      !! of `transform_kernels`
      integer, intent(in) :: from                            !! one of `from_*`
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(*)
      integer :: image
      logical :: transformed
      do image = 1, batch
         transformed = tame
         if (tame) transformed = is_tame(size(x, 1)*size(x, 2), x(1, 1, image))
         if (transformed) then
            call transform_image(g, from, bias, x(1, 1, image), activation, parameters, &
                                 y(1, 1, image), panels, scratch)
         else
            call forward_bands(g, 1, kernel, packed, from, bias, x(1, 1, image), activation, &
                               parameters, y(1, 1, image), scratch)
         end if
      end do
   end subroutine forward_images

   !> The convolution of one image, band after band.
   pure subroutine transform_image(g, from, bias, x, activation, parameters, y, panels, scratch)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: from
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g))
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), g(conv_output), g(conv_output + 1), &
                                   g(conv_output + 2))
      real(wp), intent(in) :: panels(*)
      real(wp), intent(inout) :: scratch(*)
      integer :: band(band_length), j, k, outputs, tall, wide
      call plan_winograd(g, wide, tall)
      outputs = tile_outputs(g)
      do k = 0, g(conv_output + 2) - 1
         do j = 0, g(conv_output + 1) - 1, tall*outputs
            band = [0, j, k, g(conv_output), min(tall*outputs, g(conv_output + 1) - j), 1]
            call convolve_tiles(g, band, [wide, (band(band_tall) - 1)/outputs + 1], panels, from, &
                                bias, x, y(1, 1, j + 1, k + 1), scratch)
            call activate_in_place(activation, parameters, g(conv_channels_out), &
                                   product(band(band_wide:)), y(1, 1, j + 1, k + 1))
         end do
      end do
   end subroutine transform_image

end module fkb_conv_forward_sp
