!> Where the windows of pooling layers lie.
!>
!> The windows along an axis are two lists, as long as the output's axis: the first cell (from 1)
!> and the number of cells. Those of three axes stand one after the other, fastest axis first.
module fkb_windows
   use fkb_kinds, only: dp, sp
   implicit none (type, external)
   private
   public :: pooled_extent, pooling_windows, adaptive_windows

contains

   !> How many windows lie along an axis. Source: TensorFlow, `SAME` and `VALID` padding.
   pure integer function pooled_extent(n, window, stride, same) result(extent)
      integer, intent(in) :: n              !! cells along the axis
      integer, intent(in) :: window         !! cells of a window
      integer, intent(in) :: stride         !! between windows
      logical, intent(in) :: same           !! padding, else only whole windows
      if (same) then
         extent = (n - 1)/stride + 1
         if (n < 1) extent = 0
      else
         extent = 0
         if (n >= window) extent = (n - window)/stride + 1
      end if
   end function pooled_extent

   !> The windows of ordinary pooling; cells of the padding are not counted.
   pure subroutine pooling_windows(n, window, stride, same, n_out, windows)
      integer, intent(in) :: n, window, stride
      logical, intent(in) :: same
      integer, intent(in) :: n_out             !! `pooled_extent` of the others
      integer, intent(out) :: windows(n_out, 2)
      integer :: before, first, last, i
      before = 0
      if (same) before = max((n_out - 1)*stride + window - n, 0)/2
      do i = 1, n_out
         first = (i - 1)*stride - before + 1
         last = min(first + window - 1, n)
         windows(i, 1) = max(first, 1)
         windows(i, 2) = last - max(first, 1) + 1
      end do
   end subroutine pooling_windows

   !> The windows of adaptive pooling: from floor(i n/n_out) to ceiling((i + 1) n/n_out), in real32.
   !> Source: keras.src.backend.tensorflow.nn, `_compute_static_gather_indices` (Keras 3.15).
   pure subroutine adaptive_windows(n, n_out, windows)
      integer, intent(in) :: n, n_out
      integer, intent(out) :: windows(n_out, 2)
      integer :: first, last, i
      do i = 1, n_out
         first = floor(quotient(i - 1, n, n_out))
         last = min(ceiling(quotient(i, n, n_out)), n)
         windows(i, 1) = min(first, n - 1) + 1
         windows(i, 2) = last - windows(i, 1) + 1
      end do
   end subroutine adaptive_windows

   !> i n/m, both operations rounded to real32.
   pure real(sp) function quotient(i, n, m)
      integer, intent(in) :: i, n, m
      quotient = real(real(i, dp)*real(n, dp), sp)/real(m, sp)
   end function quotient

end module fkb_windows
