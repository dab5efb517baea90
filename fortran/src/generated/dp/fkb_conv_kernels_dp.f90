! Generated from kernels/fkb_conv_kernels.fypp: edit that file and run tools/generate.py
!> Convolutions over up to three spatial axes, forward and backward.
!>
!> The extents are the array `g` of `conv_geometry` in `fkb_conv_geometry`. Arrays lie as in Keras:
!>
!> - x: (channels_in, width, height, depth, batch) of the input, y the same of the output,
!> - kernel: (channels_out, channels_in/groups, taps of width, of height, of depth).
!>
!> `beta` is 0 or 1: 0 overwrites the result (which may hold anything, NaN too), 1 adds to it. A
!> transposed convolution is `conv_backward_input` forward, and `conv_forward` and
!> `conv_backward_kernel` with x and y exchanged backward. A depthwise convolution has as many
!> groups as input channels.
!>
!> Where a window takes enough products in one run, it is read where it lies; else a tile of output
!> positions becomes a matrix of patches in `scratch`, small enough for the cache, and is multiplied
!> with the kernel. Every value of a result has the same bits whatever the batch is, where columns
!> of `gemm_nn` have; only the sums over the batch of `conv_backward_kernel` depend on it.
module fkb_conv_kernels_dp
   use fkb_activation_kernels_dp, only: activate_in_place
   use fkb_activations, only: act_linear, n_parameters
   use fkb_conv_bands, only: takes_windows
   use fkb_conv_forward_dp, only: forward_bands, forward_winograd
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_groups, conv_length
   use fkb_conv_packing_dp, only: add_groups, get_rows, pack_groups, pack_transposed, &
      put_rows, turn_kernel
   use fkb_conv_patches_dp, only: gather_patches, scatter_patches
   use fkb_conv_reversal, only: reversed, takes_reversal
   use fkb_conv_tiles, only: at_part, at_patches, is_depthwise, is_grouped, is_pointwise, &
      patch_rows, plan_tiles, positions_in, positions_out
   use fkb_conv_windows_dp, only: from_bias, from_y, from_zero
   use fkb_conv_winograd_dp, only: is_tame
   use fkb_conv_winograd_gradient_dp, only: add_image, add_transformed
   use fkb_depthwise_kernels_dp, only: depthwise_backward_input, depthwise_backward_kernel, &
      depthwise_forward
   use fkb_gemm_dp, only: gemm_nn, gemm_nt
   use fkb_kinds, only: wp => dp
   use fkb_winograd_plan, only: kernel_reals, takes_winograd
   implicit none (type, external)
   private
   public :: conv_forward, conv_forward_activated, conv_backward_input, conv_backward_kernel
   public :: repeat_column, sum_to_bias

   real(wp), parameter :: no_parameters(n_parameters) = 0

contains

   !> y = conv(x, kernel) + beta y
   pure subroutine conv_forward(g, batch, kernel, x, beta, y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(in) :: beta                    !! 0 or 1
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)   !! `conv_scratch`
      real(wp) :: no_bias(0)
      call forward(g, batch, kernel, merge(from_zero, from_y, beta < 0.5_wp), no_bias, x, &
                   act_linear, no_parameters, y, scratch)
   end subroutine conv_forward

   !> y = activation(conv(x, kernel) + bias)
   pure subroutine conv_forward_activated(g, batch, kernel, bias, x, activation, parameters, y, &
                                          scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: bias(g(conv_channels_out))          !! zeros for none
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation                           !! one of `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)            !! of the activation
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)   !! `conv_scratch`
      call forward(g, batch, kernel, from_bias, bias, x, activation, parameters, y, scratch)
   end subroutine conv_forward_activated

   !> dx = transposed conv(dy, kernel) + beta dx
   pure subroutine conv_backward_input(g, batch, kernel, dy, beta, dx, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(in) :: beta                    !! 0 or 1
      real(wp), intent(inout) :: dx(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(inout) :: scratch(*)           !! `conv_scratch`
      real(wp) :: no_bias(0)
      if (takes_reversal(g)) then
         call turn_kernel(g, kernel, scratch)
         call forward(reversed(g), batch, scratch, merge(from_zero, from_y, beta < 0.5_wp), &
                      no_bias, dy, act_linear, no_parameters, dx, scratch(size(kernel) + 1))
      else
         call backward_tiles(g, batch, kernel, dy, beta, dx, scratch)
      end if
   end subroutine conv_backward_input

   !> dkernel += sum over the batch of dy times the patches of x
   pure subroutine conv_backward_kernel(g, batch, x, dy, dkernel, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: scratch(*)           !! `conv_scratch`
      if (takes_winograd(g)) then
         call gradient_winograd(g, batch, x, dy, dkernel, scratch)
      else
         call gradient_tiles(g, batch, x, dy, dkernel, scratch)
      end if
   end subroutine conv_backward_kernel

   !> dbias += sum of the columns of dy
   pure subroutine sum_to_bias(channels, columns, dy, dbias)
      integer, intent(in) :: channels, columns
      real(wp), intent(in) :: dy(channels, columns)
      real(wp), intent(inout) :: dbias(channels)
      integer :: j
      do j = 1, columns
         dbias = dbias + dy(:, j)
      end do
   end subroutine sum_to_bias

   !> y = bias in each of the columns
   pure subroutine repeat_column(channels, columns, bias, y)
      integer, intent(in) :: channels, columns
      real(wp), intent(in) :: bias(channels)
      real(wp), intent(inout) :: y(channels, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = bias
      end do
   end subroutine repeat_column

   !> y = activation(conv(x, kernel) + what the sums start from), in the way that suits it.
   pure subroutine forward(g, batch, kernel, from, bias, x, activation, parameters, y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      integer, intent(in) :: from                            !! one of `from_*`
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(*)
      if (takes_winograd(g)) then
         call forward_winograd(g, batch, kernel, from, bias, x, activation, parameters, y, scratch)
      else if (takes_windows(g) .and. .not. is_depthwise(g)) then
         call forward_bands(g, batch, kernel, .false., from, bias, x, activation, parameters, y, &
                            scratch)
      else
         call forward_tiles(g, batch, kernel, from, bias, x, activation, parameters, y, scratch)
      end if
   end subroutine forward

   !> The convolution of the tiles, of patches.
   pure subroutine forward_tiles(g, batch, kernel, from, bias, x, activation, parameters, y, &
                                 scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      integer, intent(in) :: from                            !! one of `from_*`
      real(wp), intent(in) :: bias(*)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      integer, intent(in) :: activation
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: columns, count, first, image, images, step
      real(wp) :: beta
      beta = merge(0.0_wp, 1.0_wp, from == from_zero)
      call plan_tiles(g, step, images)
      if (is_grouped(g)) call pack_groups(g, kernel, scratch)
      do image = 1, batch, images
         do first = 1, positions_out(g), step
            count = min(step, positions_out(g) - first + 1)
            columns = count*min(images, batch - image + 1)
            if (from == from_bias) then
               call repeat_column(g(conv_channels_out), columns, bias, y(1, first, image))
            end if
            call forward_tile(g, first, count, min(images, batch - image + 1), kernel, &
                              x(1, 1, image), beta, y(1, first, image), scratch)
            call activate_in_place(activation, parameters, g(conv_channels_out), columns, &
                                   y(1, first, image))
         end do
      end do
   end subroutine forward_tiles

   !> `conv_forward` of one tile: `count` positions of some images.
   pure subroutine forward_tile(g, first, count, images, kernel, x, beta, y, scratch)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), images)
      real(wp), intent(in) :: beta
      real(wp), intent(inout) :: y(g(conv_channels_out), count*images)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: columns, group, rows, some
      rows = patch_rows(g)
      columns = count*images
      some = g(conv_channels_out)/g(conv_groups)
      if (is_depthwise(g)) then
         call depthwise_forward(g, first, count, images, kernel, x, beta, y)
      else if (is_pointwise(g)) then
         call gemm_nn(some, columns, rows, kernel, x(1, first, 1), beta, y)
      else if (.not. is_grouped(g)) then
         call gather_tile(g, 1, first, count, images, x, scratch(1, at_patches(g)))
         call gemm_nn(some, columns, rows, kernel, scratch(1, at_patches(g)), beta, y)
      else
         do group = 1, g(conv_groups)
            call gather_tile(g, group, first, count, images, x, scratch(1, at_patches(g)))
            call gemm_nn(some, columns, rows, scratch(1, (group - 1)*some + 1), &
                         scratch(1, at_patches(g)), 0.0_wp, scratch(1, at_part(g)))
            call put_rows(g(conv_channels_out), (group - 1)*some, some, columns, &
                          scratch(1, at_part(g)), beta, y)
         end do
      end if
   end subroutine forward_tile

   !> `conv_backward_input` by patches that are scattered.
   pure subroutine backward_tiles(g, batch, kernel, dy, beta, dx, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(in) :: beta
      real(wp), intent(inout) :: dx(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: count, first, image, images, step
      call plan_tiles(g, step, images)
      if (.not. is_depthwise(g)) call pack_transposed(g, kernel, scratch)
      do image = 1, batch, images
         if (beta < 0.5_wp .and. .not. is_pointwise(g)) then
            dx(:, :, image:min(image + images - 1, batch)) = 0
         end if
         do first = 1, positions_out(g), step
            count = min(step, positions_out(g) - first + 1)
            call backward_tile(g, first, count, min(images, batch - image + 1), kernel, &
                               dy(1, first, image), beta, dx(1, 1, image), scratch)
         end do
      end do
   end subroutine backward_tiles

   !> `conv_backward_input` of one tile; dx is of whole images, and has been set to 0 where it is
   !> not added to.
   pure subroutine backward_tile(g, first, count, images, kernel, dy, beta, dx, scratch)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(in) :: dy(g(conv_channels_out), count*images)
      real(wp), intent(in) :: beta
      real(wp), intent(inout) :: dx(g(conv_channels_in), positions_in(g), images)
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: columns, group, rows, some
      rows = patch_rows(g)
      columns = count*images
      some = g(conv_channels_out)/g(conv_groups)
      if (is_depthwise(g)) then
         call depthwise_backward_input(g, first, count, images, kernel, dy, dx)
      else if (is_pointwise(g)) then
         call gemm_nn(rows, columns, some, scratch, dy, beta, dx(1, first, 1))
      else if (.not. is_grouped(g)) then
         call gemm_nn(rows, columns, some, scratch, dy, 0.0_wp, scratch(1, at_patches(g)))
         call scatter_tile(g, 1, first, count, images, scratch(1, at_patches(g)), dx)
      else
         do group = 1, g(conv_groups)
            call get_rows(g(conv_channels_out), (group - 1)*some, some, columns, dy, &
                          scratch(1, at_part(g)))
            call gemm_nn(rows, columns, some, scratch(1, (group - 1)*some + 1), &
                         scratch(1, at_part(g)), 0.0_wp, scratch(1, at_patches(g)))
            call scatter_tile(g, group, first, count, images, scratch(1, at_patches(g)), dx)
         end do
      end if
   end subroutine backward_tile

   !> `conv_backward_kernel` by Winograd's transform; an image that it cannot take is summed.
   pure subroutine gradient_winograd(g, batch, x, dy, dkernel, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: scratch(*)
      integer :: after, image
      after = int(kernel_reals(g)) + 1
      scratch(:after - 1) = 0
      do image = 1, batch
         if (is_tame(size(x, 1)*size(x, 2), x(1, 1, image)) .and. &
             is_tame(size(dy, 1)*size(dy, 2), dy(1, 1, image))) then
            call add_image(g, x(1, 1, image), dy(1, 1, image), scratch, scratch(after))
         else
            call gradient_tiles(g, 1, x(1, 1, image), dy(1, 1, image), dkernel, scratch(after))
         end if
      end do
      call add_transformed(g, scratch, dkernel)
   end subroutine gradient_winograd

   !> `conv_backward_kernel` by patches.
   pure subroutine gradient_tiles(g, batch, x, dy, dkernel, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
      real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: count, first, image, images, step
      if (is_grouped(g)) scratch(:, :g(conv_channels_out)) = 0
      call plan_tiles(g, step, images)
      do image = 1, batch, images
         do first = 1, positions_out(g), step
            count = min(step, positions_out(g) - first + 1)
            call kernel_tile(g, first, count, min(images, batch - image + 1), x(1, 1, image), &
                             dy(1, first, image), dkernel, scratch)
         end do
      end do
      if (is_grouped(g)) call add_groups(g, scratch, dkernel)
   end subroutine gradient_tiles

   !> `conv_backward_kernel` of one tile; with groups the sum goes to the kernels in scratch.
   pure subroutine kernel_tile(g, first, count, images, x, dy, dkernel, scratch)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), images)
      real(wp), intent(in) :: dy(g(conv_channels_out), count*images)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: scratch(patch_rows(g), *)
      integer :: columns, group, rows, some
      rows = patch_rows(g)
      columns = count*images
      some = g(conv_channels_out)/g(conv_groups)
      if (is_depthwise(g)) then
         call depthwise_backward_kernel(g, first, count, images, x, dy, dkernel)
      else if (is_pointwise(g)) then
         call gemm_nt(some, rows, columns, dy, x(1, first, 1), 1.0_wp, dkernel)
      else if (.not. is_grouped(g)) then
         call gather_tile(g, 1, first, count, images, x, scratch(1, at_patches(g)))
         call gemm_nt(some, rows, columns, dy, scratch(1, at_patches(g)), 1.0_wp, dkernel)
      else
         do group = 1, g(conv_groups)
            call gather_tile(g, group, first, count, images, x, scratch(1, at_patches(g)))
            call get_rows(g(conv_channels_out), (group - 1)*some, some, columns, dy, &
                          scratch(1, at_part(g)))
            call gemm_nt(some, rows, columns, scratch(1, at_part(g)), scratch(1, at_patches(g)), &
                         1.0_wp, scratch(1, (group - 1)*some + 1))
         end do
      end if
   end subroutine kernel_tile

   !> The patches of a group's channels in a tile, image after image.
   pure subroutine gather_tile(g, group, first, count, images, x, patches)
      integer, intent(in) :: g(conv_length), group, first, count, images
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), images)
      real(wp), intent(inout) :: patches(patch_rows(g), count, images)
      integer :: channels, image
      channels = g(conv_channels_in)/g(conv_groups)
      do image = 1, images
         call gather_patches(g, (group - 1)*channels + 1, channels, first - 1, count, &
                             x(1, 1, image), patches(1, 1, image))
      end do
   end subroutine gather_tile

   !> The derivative of `gather_tile`, added to dx.
   pure subroutine scatter_tile(g, group, first, count, images, patches, dx)
      integer, intent(in) :: g(conv_length), group, first, count, images
      real(wp), intent(in) :: patches(patch_rows(g), count, images)
      real(wp), intent(inout) :: dx(g(conv_channels_in), positions_in(g), images)
      integer :: channels, image
      channels = g(conv_channels_in)/g(conv_groups)
      do image = 1, images
         call scatter_patches(g, (group - 1)*channels + 1, channels, first - 1, count, &
                              patches(1, 1, image), dx(1, 1, image))
      end do
   end subroutine scatter_tile

end module fkb_conv_kernels_dp
