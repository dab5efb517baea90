!> What `STFTSpectrogram` shows of a spectrum: the values of its option `mode`.
module fkb_spectrogram_modes
   implicit none (type, external)
   private
   public :: spectrum_mode

   integer, parameter, public :: spectrum_log = 1         !! logarithm of the magnitude
   integer, parameter, public :: spectrum_magnitude = 2
   integer, parameter, public :: spectrum_psd = 3         !! one-sided power
   integer, parameter, public :: spectrum_real = 4        !! real part
   integer, parameter, public :: spectrum_imag = 5        !! imaginary part
   integer, parameter, public :: spectrum_angle = 6       !! phase
   integer, parameter, public :: spectrum_stft = 7        !! real part, then imaginary part

contains

   !> One of `spectrum_*` for a name, 0 for an unknown one.
   pure integer function spectrum_mode(name) result(mode)
      character(*), intent(in) :: name
      character(9), parameter :: names(7) = [character(9) :: 'log', 'magnitude', 'psd', 'real', &
         'imag', 'angle', 'stft']
      integer :: i
      mode = 0
      do i = 1, size(names)
         if (name == trim(names(i))) mode = i
      end do
   end function spectrum_mode

end module fkb_spectrogram_modes
