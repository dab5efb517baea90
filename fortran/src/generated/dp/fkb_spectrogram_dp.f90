! Generated from layers/fkb_spectrogram.fypp: edit that file and run tools/generate.py
!> Keras's `STFTSpectrogram`: the short-time Fourier transform of each channel as convolutions.
!>
!> A sample is (channels, time). Each channel is convolved with the kernels of the real and of the
!> imaginary part, windowed cosines and sines that may be trained; the mode says what is shown.
module fkb_spectrogram_dp
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: conv_geometry, conv_output, pad_valid, window_extent, window_fits
   use fkb_conv_kernels_dp, only: conv_backward_input, conv_backward_kernel, conv_forward
   use fkb_conv_options, only: expect_channels, get_count, get_padding
   use fkb_conv_tiles, only: conv_scratch
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: i8, wp => dp
   use fkb_layer_options, only: add_output, get_data_format, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: shape_of, shape_t
   use fkb_spectrogram_modes, only: spectrum_imag, spectrum_log, spectrum_mode, spectrum_psd, &
      spectrum_real, spectrum_stft
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: spectrogram_t

   !> Weights: real_kernel and imag_kernel (bins, 1, frame_length), but for the part that the modes
   !> `real` and `imag` do without.
   type, extends(layer_t) :: spectrogram_t
      integer :: mode = spectrum_log       !! one of `spectrum_*`
      integer :: frame = 256               !! option `frame_length`
      integer :: step = 128                !! option `frame_step`
      integer :: bins = 129                !! frequencies: fft_length/2 + 1
      integer :: padding = pad_valid       !! one of `pad_*`
      logical :: expands = .false.         !! option `expand_dims`: an axis of its own for the bins
      logical :: channels_first = .false.  !! option `data_format`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
   end type spectrogram_t

   !> How many there are of what in a whole batch.
   type :: extents_t
      integer :: channels = 0, times = 0, frames = 0, bins = 0, batch = 0
      integer :: rows = 0             !! values of the output for each channel and frame
      integer :: channel_step = 0     !! in an output, from a channel to the next
      integer :: frame_step = 0       !! from a frame to the next
      integer :: row_step = 0         !! from a value to the next
      integer :: signal = 0           !! values of all inputs
      integer :: spectrum = 0         !! values of all real parts
   end type extents_t

   interface
      !> Bring the time steps of each channel together.
      pure module subroutine separate(n, x, signal)
         type(extents_t), intent(in) :: n
         real(wp), intent(in) :: x(n%channels, n%times, n%batch)
         real(wp), intent(inout) :: signal(n%times, n%channels, n%batch)
      end subroutine separate

      !> Bring the channels of each time step together: the inverse of `separate`.
      pure module subroutine join(n, signal, x)
         type(extents_t), intent(in) :: n
         real(wp), intent(in) :: signal(n%times, n%channels, n%batch)
         real(wp), intent(out) :: x(n%channels, n%times, n%batch)
      end subroutine join

      !> Write what the mode shows to its places in the output.
      pure module subroutine show(mode, n, re, im, y)
         integer, intent(in) :: mode
         type(extents_t), intent(in) :: n
         real(wp), intent(in), dimension(n%bins, n%frames, n%channels, n%batch) :: re, im
         real(wp), intent(out) :: y(n%rows*n%frames*n%channels, n%batch)
      end subroutine show

      !> The gradients of both parts from those of the output.
      pure module subroutine show_backward(mode, n, re, im, dy, dre, dim)
         integer, intent(in) :: mode
         type(extents_t), intent(in) :: n
         real(wp), intent(in), dimension(n%bins, n%frames, n%channels, n%batch) :: re, im
         real(wp), intent(in) :: dy(n%rows*n%frames*n%channels, n%batch)
         real(wp), intent(out), dimension(n%bins, n%frames, n%channels, n%batch) :: dre, dim
      end subroutine show_backward

      !> The directions of the output from those of both parts.
      pure module subroutine show_tangent(mode, n, re, im, dre, dim, dy)
         integer, intent(in) :: mode
         type(extents_t), intent(in) :: n
         real(wp), intent(in), dimension(n%bins, n%frames, n%channels, n%batch) :: re, im, dre, dim
         real(wp), intent(out) :: dy(n%rows*n%frames*n%channels, n%batch)
      end subroutine show_tangent
   end interface

contains

   subroutine configure(self, config, error)
      class(spectrogram_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: name
      call config%get('mode', name, error, default='log')
      if (allocated(error)) return
      self%mode = spectrum_mode(name)
      if (self%mode == 0) then
         call refuse_option(config, 'mode', 'expected log, magnitude, psd, real, imag, angle '// &
                            'or stft', error)
         return
      end if
      call read_lengths(self, config, error)
      if (allocated(error)) return
      call get_padding(config, .false., self%padding, error)
      if (allocated(error)) return
      call config%get('expand_dims', self%expands, error, default=.false.)
      if (allocated(error)) return
      call get_data_format(config, self%channels_first, error)
      if (allocated(error)) return
      call config%ignore('window periodic scaling')     ! the kernels hold what they made
   end subroutine configure

   !> The lengths of frames, steps and of the transform. A missing step is half a frame, a missing
   !> length of the transform the next power of two.
   subroutine read_lengths(self, config, error)
      class(spectrogram_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: length, power
      call get_count(config, 'frame_length', self%frame, error, default=256)
      if (allocated(error)) return
      call get_count(config, 'frame_step', self%step, error, default=max(self%frame/2, 1))
      if (allocated(error)) return
      if (self%step > self%frame .or. (self%frame == 1 .and. .not. config%has('frame_step'))) then
         call refuse_option(config, 'frame_step', 'expected 1 to frame_length = '// &
                            decimal(self%frame), error)
         return
      end if
      if (self%frame > 2**30) then
         call refuse_option(config, 'frame_length', 'expected at most 2^30', error)
         return
      end if
      power = 1
      do while (power < self%frame)
         power = 2*power
      end do
      call get_count(config, 'fft_length', length, error, default=power)
      if (allocated(error)) return
      if (length < self%frame) then
         call refuse_option(config, 'fft_length', 'expected at least frame_length = '// &
                            decimal(self%frame), error)
         return
      end if
      self%bins = length/2 + 1
      if (self%bins < 2 .and. self%mode == spectrum_psd) then
         call refuse_option(config, 'fft_length', 'mode psd needs two frequencies', error)
      end if
   end subroutine read_lengths

   subroutine lay_out(self, in_shapes, plan, error)
      class(spectrogram_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: channels, frames, rows
      integer(i8) :: signal, spectrum
      call expect_channels(in_shapes, 1, error)
      if (allocated(error)) return
      channels = in_shapes(1)%extent(1)
      if (.not. window_fits(in_shapes(1)%extent(2), self%frame, self%step, 1, &
                            max(channels, 2*self%bins))) then
         call raise(error, fkb_err_unsupported, 'frames of '//decimal(self%frame)//' values '// &
                    'and '//decimal(self%bins)//' frequencies are more than can be counted')
         return
      end if
      frames = window_extent(in_shapes(1)%extent(2), self%frame, self%step, 1, self%padding)
      if (frames == 0) then
         call raise(error, fkb_err_argument, 'a frame of '//decimal(self%frame)//' is longer '// &
                    'than the '//decimal(in_shapes(1)%extent(2))//' time steps of the input')
         return
      end if
      rows = self%bins
      if (self%mode == spectrum_stft) rows = 2*self%bins
      call add_output(plan, output_shape(self, rows, channels, frames), error)
      if (allocated(error)) return
      if (self%mode /= spectrum_imag) call add_kernel('real_kernel')
      if (self%mode /= spectrum_real) call add_kernel('imag_kernel')
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (.not. in_shapes(1)%closed()) return
      plan%settings = conv_geometry([in_shapes(1)%extent(2), 1, 1], [self%frame, 1, 1], &
         [self%step, 1, 1], [1, 1, 1], self%padding, 1, self%bins, 1)
      signal = in_shapes(1)%count()
      spectrum = int(self%bins, i8)*channels*frames
      plan%cache = 2*spectrum
      plan%scratch = 2*signal + 2*spectrum
      plan%fixed_scratch = conv_scratch(plan%settings)
   contains
      subroutine add_kernel(name)
         character(*), intent(in) :: name
         call plan%add_weight(name, shape_of([self%bins, 1, self%frame]), &
                              initializer='keep_values')
      end subroutine add_kernel
   end subroutine lay_out

   !> The shape of the output. Where channels stand first in the file, the network brings the first
   !> axis to the second place afterwards; the axes stand as that needs it.
   pure function output_shape(self, rows, channels, frames) result(shape)
      class(spectrogram_t), intent(in) :: self
      integer, intent(in) :: rows, channels, frames
      type(shape_t) :: shape
      if (.not. self%expands) then
         shape = shape_of([rows*channels, frames])
      else if (self%channels_first) then
         shape = shape_of([frames, rows, channels])
      else
         shape = shape_of([channels, rows, frames])
      end if
   end function output_shape

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(spectrogram_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      type(extents_t) :: n
      integer :: spectrum, work                       ! where they begin in scratch
      n = extents_of(self, plan, size(x(1)%v, 2))
      spectrum = n%signal + 1
      work = spectrum + 2*n%spectrum
      call separate(n, x(1)%v, scratch)
      call transform(self, plan, n, weights, scratch, 0.0_wp, scratch(spectrum:work - 1), &
                     scratch(work:))
      call show(self%mode, n, scratch(spectrum:), scratch(spectrum + n%spectrum:), y(1)%v)
      if (size(cache) > 0) cache(:2*n%spectrum) = scratch(spectrum:work - 1)
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(spectrogram_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      type(extents_t) :: n
      integer :: dre, dim, dsignal, work, images, kernel, imag
      n = extents_of(self, plan, size(x(1)%v, 2))
      dsignal = n%signal + 1
      dre = dsignal + n%signal
      dim = dre + n%spectrum
      work = dim + n%spectrum
      images = n%channels*n%batch
      kernel = self%bins*self%frame
      imag = size(weights) - kernel + 1               ! where its kernel begins
      call separate(n, x(1)%v, scratch)
      call show_backward(self%mode, n, cache, cache(n%spectrum + 1:), dy(1)%v, scratch(dre:), &
                         scratch(dim:))
      scratch(dsignal:dre - 1) = 0
      if (self%mode /= spectrum_imag) then
         call conv_backward_kernel(plan%settings, images, scratch, scratch(dre:), dweights, &
                                   scratch(work:))
         call conv_backward_input(plan%settings, images, weights, scratch(dre:), 1.0_wp, &
                                  scratch(dsignal:), scratch(work:))
      end if
      if (self%mode /= spectrum_real) then
         call conv_backward_kernel(plan%settings, images, scratch, scratch(dim:), &
                                   dweights(imag:), scratch(work:))
         call conv_backward_input(plan%settings, images, weights(imag:), scratch(dim:), 1.0_wp, &
                                  scratch(dsignal:), scratch(work:))
      end if
      if (associated(dx(1)%v)) call join(n, scratch(dsignal:), dx(1)%v)
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(spectrogram_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      type(extents_t) :: n
      integer :: spectrum, work
      n = extents_of(self, plan, size(x(1)%v, 2))
      spectrum = n%signal + 1
      work = spectrum + 2*n%spectrum
      call separate(n, dx(1)%v, scratch)
      call transform(self, plan, n, weights, scratch, 0.0_wp, scratch(spectrum:work - 1), &
                     scratch(work:))
      if (size(dweights) > 0) then
         call separate(n, x(1)%v, scratch)
         call transform(self, plan, n, dweights, scratch, 1.0_wp, scratch(spectrum:work - 1), &
                        scratch(work:))
      end if
      call show_tangent(self%mode, n, cache, cache(n%spectrum + 1:), scratch(spectrum:), &
                        scratch(spectrum + n%spectrum:), dy(1)%v)
   end subroutine tangent

   pure logical function wants_channels_last(self) result(wants)
      class(spectrogram_t), intent(in) :: self
      wants = self%channels_first
   end function wants_channels_last

   pure function extents_of(self, plan, batch) result(n)
      class(spectrogram_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: batch
      type(extents_t) :: n
      n%channels = plan%in_shapes(1)%extent(1)
      n%times = plan%in_shapes(1)%extent(2)
      n%frames = plan%settings(conv_output)
      n%bins = self%bins
      n%batch = batch
      n%rows = self%bins
      if (self%mode == spectrum_stft) n%rows = 2*self%bins
      n%signal = n%channels*n%times*batch
      n%spectrum = n%bins*n%frames*n%channels*batch
      if (.not. self%expands) then
         n%row_step = 1
         n%channel_step = n%rows
         n%frame_step = n%rows*n%channels
      else if (self%channels_first) then
         n%frame_step = 1
         n%row_step = n%frames
         n%channel_step = n%frames*n%rows
      else
         n%channel_step = 1
         n%row_step = n%channels
         n%frame_step = n%channels*n%rows
      end if
   end function extents_of

   !> The real parts and then the imaginary parts of all frames; one that the mode does not use
   !> stays as it is.
   subroutine transform(self, plan, n, kernels, signal, beta, spectrum, work)
      class(spectrogram_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(extents_t), intent(in) :: n
      real(wp), intent(in), contiguous :: kernels(:)  !! as the weights lie
      real(wp), intent(in) :: signal(n%signal)
      real(wp), intent(in) :: beta                    !! 0 or 1: add to the spectrum
      real(wp), intent(inout) :: spectrum(n%spectrum, 2)
      real(wp), intent(inout), contiguous :: work(:)
      integer :: imag
      imag = size(kernels) - self%bins*self%frame + 1
      if (self%mode /= spectrum_imag) then
         call conv_forward(plan%settings, n%channels*n%batch, kernels, signal, beta, &
                           spectrum(:, 1), work)
      end if
      if (self%mode /= spectrum_real) then
         call conv_forward(plan%settings, n%channels*n%batch, kernels(imag:), signal, beta, &
                           spectrum(:, 2), work)
      end if
   end subroutine transform

end module fkb_spectrogram_dp
