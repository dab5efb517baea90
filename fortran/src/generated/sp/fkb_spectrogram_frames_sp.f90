! Generated from layers/fkb_spectrogram_frames.fypp: edit that file and run tools/generate.py
!> Where the values of a spectrogram stand between input, convolutions and output.
submodule(fkb_spectrogram_sp) fkb_spectrogram_frames_sp
   use fkb_spectrogram_kernels_sp, only: spectrum_directions, spectrum_gradients, &
      spectrum_values
   implicit none (type, external)

contains

   module procedure separate
      integer :: b, c
      do b = 1, n%batch
         do c = 1, n%channels
            signal(:, c, b) = x(c, :, b)
         end do
      end do
   end procedure separate

   module procedure join
      integer :: b, c
      do b = 1, n%batch
         do c = 1, n%channels
            x(c, :, b) = signal(:, c, b)
         end do
      end do
   end procedure join

   module procedure show
      real(wp) :: v(n%rows)
      integer :: b, c, first, j
      do b = 1, n%batch
         do c = 1, n%channels
            do j = 1, n%frames
               call spectrum_values(mode, n%bins, re(:, j, c, b), im(:, j, c, b), v)
               first = 1 + (c - 1)*n%channel_step + (j - 1)*n%frame_step
               y(first:first + (n%rows - 1)*n%row_step:n%row_step, b) = v
            end do
         end do
      end do
   end procedure show

   module procedure show_backward
      real(wp) :: dv(n%rows)
      integer :: b, c, first, j
      do b = 1, n%batch
         do c = 1, n%channels
            do j = 1, n%frames
               first = 1 + (c - 1)*n%channel_step + (j - 1)*n%frame_step
               dv = dy(first:first + (n%rows - 1)*n%row_step:n%row_step, b)
               call spectrum_gradients(mode, n%bins, re(:, j, c, b), im(:, j, c, b), dv, &
                                       dre(:, j, c, b), dim(:, j, c, b))
            end do
         end do
      end do
   end procedure show_backward

   module procedure show_tangent
      real(wp) :: dv(n%rows)
      integer :: b, c, first, j
      do b = 1, n%batch
         do c = 1, n%channels
            do j = 1, n%frames
               call spectrum_directions(mode, n%bins, re(:, j, c, b), im(:, j, c, b), &
                                        dre(:, j, c, b), dim(:, j, c, b), dv)
               first = 1 + (c - 1)*n%channel_step + (j - 1)*n%frame_step
               dy(first:first + (n%rows - 1)*n%row_step:n%row_step, b) = dv
            end do
         end do
      end do
   end procedure show_tangent

end submodule fkb_spectrogram_frames_sp
