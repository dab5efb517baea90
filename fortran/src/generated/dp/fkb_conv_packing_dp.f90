! Generated from kernels/fkb_conv_packing.fypp: edit that file and run tools/generate.py
!> Kernels of a convolution laid out as its passes need them, and rows of one group.
module fkb_conv_packing_dp
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_groups, conv_kernel, &
      conv_length
   use fkb_conv_tiles, only: patch_rows
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: add_groups, get_rows, pack_groups, pack_transposed, put_rows, turn_kernel

   !> Channels of a block that is transposed within the first-level cache.
   integer, parameter :: block = 16

contains

   !> packed = the kernels of the groups, one after another
   pure subroutine pack_groups(g, kernel, packed)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out)/g(conv_groups), g(conv_groups), &
                                     patch_rows(g))
      real(wp), intent(inout) :: packed(g(conv_channels_out)/g(conv_groups), patch_rows(g), &
                                        g(conv_groups))
      integer :: group
      do group = 1, g(conv_groups)
         packed(:, :, group) = kernel(:, group, :)
      end do
   end subroutine pack_groups

   !> dkernel += the kernels of the groups, one after another
   pure subroutine add_groups(g, packed, dkernel)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: packed(g(conv_channels_out)/g(conv_groups), patch_rows(g), &
                                     g(conv_groups))
      real(wp), intent(inout) :: dkernel(g(conv_channels_out)/g(conv_groups), g(conv_groups), &
                                         patch_rows(g))
      integer :: group
      do group = 1, g(conv_groups)
         dkernel(:, group, :) = dkernel(:, group, :) + packed(:, :, group)
      end do
   end subroutine add_groups

   !> packed = the transposed kernels of the groups, one after another
   pure subroutine pack_transposed(g, kernel, packed)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: packed(patch_rows(g), g(conv_channels_out))
      integer :: i, j
      do j = 1, g(conv_channels_out)
         do i = 1, patch_rows(g)
            packed(i, j) = kernel(j, i)
         end do
      end do
   end subroutine pack_transposed

   !> turned = the kernel with its taps in reverse and its channels exchanged
   pure subroutine turn_kernel(g, kernel, turned)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out), g(conv_channels_in), &
                                     product(g(conv_kernel:conv_kernel + 2)))
      real(wp), intent(inout) :: turned(g(conv_channels_in), g(conv_channels_out), &
                                        product(g(conv_kernel:conv_kernel + 2)))
      integer :: at, i, j, l, tap
      do tap = 1, size(kernel, 3)
         at = size(kernel, 3) + 1 - tap
         do j = 1, g(conv_channels_out), block
            do i = 1, g(conv_channels_in), block
               do l = j, min(j + block - 1, g(conv_channels_out))
                  turned(i:min(i + block - 1, g(conv_channels_in)), l, at) = &
                     kernel(l, i:min(i + block - 1, g(conv_channels_in)), tap)
               end do
            end do
         end do
      end do
   end subroutine turn_kernel

   !> part = rows first + 1 to first + some of whole
   pure subroutine get_rows(rows, first, some, columns, whole, part)
      integer, intent(in) :: rows, first, some, columns
      real(wp), intent(in) :: whole(rows, columns)
      real(wp), intent(inout) :: part(some, columns)
      integer :: j
      do j = 1, columns
         part(:, j) = whole(first + 1:first + some, j)
      end do
   end subroutine get_rows

   !> rows first + 1 to first + some of whole = part + beta times the same
   pure subroutine put_rows(rows, first, some, columns, part, beta, whole)
      integer, intent(in) :: rows, first, some, columns
      real(wp), intent(in) :: part(some, columns)
      real(wp), intent(in) :: beta
      real(wp), intent(inout) :: whole(rows, columns)
      integer :: j
      do j = 1, columns
         if (beta < 0.5_wp) then
            whole(first + 1:first + some, j) = part(:, j)
         else
            whole(first + 1:first + some, j) = whole(first + 1:first + some, j) + part(:, j)
         end if
      end do
   end subroutine put_rows

end module fkb_conv_packing_dp
