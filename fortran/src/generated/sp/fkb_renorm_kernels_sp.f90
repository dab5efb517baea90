! Generated from kernels/fkb_renorm_kernels.fypp: edit that file and run tools/generate.py
!> What batch renormalisation does to normalised values in training (Ioffe, 2017, arXiv:1702.03275,
!> algorithm 1; Keras's `BatchNormalization._renorm_correction_and_moments`).
module fkb_renorm_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: renorm_correction

contains

   !> r = deviation/kept deviation and d = (mean - kept mean)/kept deviation of each channel, within
   !> bounds, where the batch's deviation is sqrt(variance + epsilon).
   pure subroutine renorm_correction(channels, bounds, epsilon, least, mean, variance, kept_mean, &
                                     kept_deviation, r, d)
      integer, intent(in) :: channels
      real(wp), intent(in) :: bounds(3)                 !! least and largest r, largest abs(d)
      real(wp), intent(in) :: epsilon
      real(wp), intent(in) :: least                     !! kept deviation
      real(wp), intent(in) :: mean(channels), variance(channels)              !! of the batch
      real(wp), intent(in) :: kept_mean(channels), kept_deviation(channels)   !! of those before
      real(wp), intent(out) :: r(channels), d(channels)
      real(wp) :: kept
      integer :: c
      do c = 1, channels
         kept = max(kept_deviation(c), least)
         r(c) = min(max(sqrt(variance(c) + epsilon)/kept, bounds(1)), bounds(2))
         d(c) = min(max((mean(c) - kept_mean(c))/kept, -bounds(3)), bounds(3))
      end do
   end subroutine renorm_correction

end module fkb_renorm_kernels_sp
