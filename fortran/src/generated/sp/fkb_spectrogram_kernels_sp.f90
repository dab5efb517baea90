! Generated from kernels/fkb_spectrogram_kernels.fypp: edit that file and run tools/generate.py
!> What a spectrogram shows of the real and the imaginary part of a spectrum, and derivatives.
!>
!> Formulas: `keras.layers.STFTSpectrogram`, in Keras's source `stft_spectrogram.py`.
module fkb_spectrogram_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   use fkb_spectrogram_modes, only: spectrum_angle, spectrum_imag, &
      spectrum_magnitude, spectrum_psd, spectrum_real, spectrum_stft
   implicit none (type, external)
   private
   public :: spectrum_values, spectrum_gradients, spectrum_directions

   real(wp), parameter :: least = real(1e-7_dp, wp)   !! `keras.backend.epsilon()`

contains

   !> Values that a mode shows, (size(v)): as many as bins, in mode `stft` twice as many.
   pure subroutine spectrum_values(mode, bins, re, im, v)
      integer, intent(in) :: mode                     !! one of `spectrum_*`
      integer, intent(in) :: bins                     !! frequencies
      real(wp), intent(in) :: re(bins), im(bins)      !! one that the mode does not use is not read
      real(wp), intent(out) :: v(*)
      select case (mode)
      case (spectrum_real)
         v(:bins) = re
      case (spectrum_imag)
         v(:bins) = im
      case (spectrum_stft)
         v(:bins) = re
         v(bins + 1:2*bins) = im
      case (spectrum_angle)
         v(:bins) = atan2(im, re)
      case (spectrum_psd)
         v(:bins) = re*re + im*im
         v(2:bins - 1) = v(2:bins - 1) + v(2:bins - 1)
      case (spectrum_magnitude)
         v(:bins) = sqrt(max(re*re + im*im, least))
      case default
         v(:bins) = log(max(sqrt(max(re*re + im*im, least)), least))
      end select
   end subroutine spectrum_values

   !> Gradients of both parts from the gradients of the values.
   pure subroutine spectrum_gradients(mode, bins, re, im, dv, dre, dim)
      integer, intent(in) :: mode                     !! one of `spectrum_*`
      integer, intent(in) :: bins
      real(wp), intent(in) :: re(bins), im(bins)
      real(wp), intent(in) :: dv(*)                   !! as `v` of `spectrum_values`
      real(wp), intent(out) :: dre(bins), dim(bins)   !! one that the mode does not use is 0
      dre = 0
      dim = 0
      select case (mode)
      case (spectrum_real)
         dre = dv(:bins)
      case (spectrum_imag)
         dim = dv(:bins)
      case (spectrum_stft)
         dre = dv(:bins)
         dim = dv(bins + 1:2*bins)
      case default
         call partial_derivatives(mode, bins, re, im, dre, dim)
         dre = dre*dv(:bins)
         dim = dim*dv(:bins)
      end select
   end subroutine spectrum_gradients

   !> Directions of the values from those of both parts.
   pure subroutine spectrum_directions(mode, bins, re, im, dre, dim, dv)
      integer, intent(in) :: mode                     !! one of `spectrum_*`
      integer, intent(in) :: bins
      real(wp), intent(in) :: re(bins), im(bins), dre(bins), dim(bins)
      real(wp), intent(out) :: dv(*)                  !! as `v` of `spectrum_values`
      real(wp) :: by_re(bins), by_im(bins)
      select case (mode)
      case (spectrum_real, spectrum_imag, spectrum_stft)
         call spectrum_values(mode, bins, dre, dim, dv)
      case default
         call partial_derivatives(mode, bins, re, im, by_re, by_im)
         dv(:bins) = by_re*dre + by_im*dim
      end select
   end subroutine spectrum_directions

   !> Derivatives of each value by its own real and imaginary part. Where a power is below the
   !> least one the value is constant.
   pure subroutine partial_derivatives(mode, bins, re, im, by_re, by_im)
      integer, intent(in) :: mode                     !! `angle`, `psd`, `magnitude` or `log`
      integer, intent(in) :: bins
      real(wp), intent(in) :: re(bins), im(bins)
      real(wp), intent(out) :: by_re(bins), by_im(bins)
      real(wp) :: power(bins), factor(bins)
      power = re*re + im*im
      select case (mode)
      case (spectrum_angle)
         by_re = -im/power
         by_im = re/power
         return
      case (spectrum_psd)
         factor = 2
         factor(2:bins - 1) = 4
      case (spectrum_magnitude)
         factor = merge(1/sqrt(max(power, least)), 0.0_wp, power >= least)
      case default
         factor = merge(1/max(power, least), 0.0_wp, power >= least)
      end select
      by_re = factor*re
      by_im = factor*im
   end subroutine partial_derivatives

end module fkb_spectrogram_kernels_sp
