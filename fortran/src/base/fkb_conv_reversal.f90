!> The derivative of a convolution to its input as a convolution of its own.
!>
!> With a stride of 1 it is the convolution of the derivative to the output with the kernel turned
!> round, its channels exchanged.
module fkb_conv_reversal
   use fkb_conv_bands, only: band_reals, takes_windows
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_dilation, conv_groups, &
      conv_input, conv_kernel, conv_length, conv_output, conv_padding, conv_stride
   use fkb_kinds, only: i8
   use fkb_winograd_plan, only: winograd_reals
   implicit none (type, external)
   private
   public :: reversed, reversed_reals, takes_reversal

contains

   !> The geometry of the convolution that the derivative to the input is.
   pure function reversed(g) result(r)
      integer, intent(in) :: g(conv_length)
      integer :: r(conv_length)
      r = g
      r(conv_input:conv_input + 2) = g(conv_output:conv_output + 2)
      r(conv_output:conv_output + 2) = g(conv_input:conv_input + 2)
      r(conv_padding:conv_padding + 2) = (g(conv_kernel:conv_kernel + 2) - 1) &
                                         *g(conv_dilation:conv_dilation + 2) &
                                         - g(conv_padding:conv_padding + 2)
      r(conv_channels_in) = g(conv_channels_out)
      r(conv_channels_out) = g(conv_channels_in)
   end function reversed

   !> Whether the derivative is taken that way: it needs no patches then.
   pure logical function takes_reversal(g)
      integer, intent(in) :: g(conv_length)
      integer :: r(conv_length)
      takes_reversal = .false.
      if (g(conv_groups) /= 1 .or. any(g(conv_stride:conv_stride + 2) /= 1)) return
      r = reversed(g)
      if (any(r(conv_padding:conv_padding + 2) < 0)) return
      takes_reversal = takes_windows(r)
   end function takes_reversal

   !> Reals of scratch: the kernel turned round, then what the convolution needs.
   pure integer(i8) function reversed_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      integer :: r(conv_length)
      reals = 0
      if (.not. takes_reversal(g)) return
      r = reversed(g)
      reals = g(conv_channels_out)*int(g(conv_channels_in), i8) &
              *product(g(conv_kernel:conv_kernel + 2)) + max(band_reals(r), winograd_reals(r))
   end function reversed_reals

end module fkb_conv_reversal
