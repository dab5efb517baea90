!> What resizing an image comes down to: which cells are taken, and how they are weighed.
!>
!> The settings are: taps of both axes; extents of the window; whether the image is cut or padded to
!> the window; the cells of the image for the cells of the window along axis 1, 2 and a third of
!> extent 1 (0: padding); first cells and numbers of cells for the cells of the output along axis 1;
!> the same along axis 2. Without taps the window is the output. The factors are the weights of axis
!> 1, then those of axis 2. Axis 1 is Keras's width.
module fkb_resize_plan
   use fkb_interpolation, only: by_nearest, most_taps, nearest_cells, taps_along
   use fkb_kinds, only: dp, i8
   implicit none (type, external)
   private
   public :: choose_window, plan_resize

   !> What is done with an image of another aspect ratio: it is stretched; the largest window of the
   !> output's ratio is cut out; it is padded to that ratio; a window of the output's size is cut
   !> out if there is one, else the largest.
   integer, parameter, public :: fit_stretch = 1, fit_crop = 2, fit_pad = 3, fit_center = 4

   integer, parameter, public :: n_header = 5     !! settings before the lists

contains

   !> Fill settings and factors.
   pure subroutine plan_resize(method, antialias, n, window, begin, goal, settings, factors)
      integer, intent(in) :: method               !! one of the `by_*` constants
      logical, intent(in) :: antialias
      integer, intent(in) :: n(2)                 !! cells of the image
      integer, intent(in) :: window(2), begin(2)  !! as `choose_window` has them
      integer, intent(in) :: goal(2)              !! cells of the output
      integer, allocatable, intent(out) :: settings(:)
      real(dp), allocatable, intent(out) :: factors(:)
      integer :: taps(2), first, w1
      if (all(window == goal) .or. method == by_nearest) then
         allocate (settings(n_header + sum(goal) + 1), factors(0))
         settings(:n_header) = [0, 0, goal, 1]
         call window_cells(n, window, begin, goal, settings(n_header + 1:))
         return
      end if
      taps = [most_taps(method, antialias, window(1), goal(1)), &
              most_taps(method, antialias, window(2), goal(2))]
      allocate (settings(n_header + sum(window) + 1 + 2*sum(goal)))
      allocate (factors(taps(1)*goal(1) + taps(2)*goal(2)))
      settings(:n_header) = [taps, window, merge(0, 1, all(window == n))]
      call window_cells(n, window, begin, window, settings(n_header + 1:))
      first = n_header + sum(window) + 2
      w1 = taps(1)*goal(1)
      call taps_along(method, antialias, window(1), goal(1), taps(1), settings(first:), &
                      settings(first + goal(1):), factors)
      first = first + 2*goal(1)
      call taps_along(method, antialias, window(2), goal(2), taps(2), settings(first:), &
                      settings(first + goal(2):), factors(w1 + 1:))
   end subroutine plan_resize

   !> The part of an image that is resized. Source: keras.src.backend.tensorflow.image, `resize`,
   !> and keras.utils.image_utils, `smart_resize` (Keras 3.15 and 2.15).
   pure subroutine choose_window(fit, n, goal, window, begin)
      integer, intent(in) :: fit                  !! one of the `fit_*` constants
      integer, intent(in) :: n(2), goal(2)        !! cells of the image and of the output
      integer, intent(out) :: window(2)           !! its extents
      integer, intent(out) :: begin(2)            !! cells before it, negative in the padding
      integer(i8), parameter :: most = 500000000
      integer :: fitting(2)
      fitting = [int(min(int(n(2), i8)*goal(1)/goal(2), most)), &
                 int(min(int(n(1), i8)*goal(2)/goal(1), most))]
      window = n
      begin = 0
      select case (fit)
      case (fit_crop)
         window = max(min(n, fitting), 1)
         begin = (n - window)/2
      case (fit_pad)
         begin = -((max(n, fitting) - n)/2)
         window = n - 2*begin
      case (fit_center)
         window = goal
         if (any(n < goal)) window = max(min(n, fitting), 1)
         begin = (n - window)/2
      case default
         window = n
      end select
   end subroutine choose_window

   !> The cells of the image for each of `count` cells, the nearest ones of the window.
   pure subroutine window_cells(n, window, begin, count, cells)
      integer, intent(in) :: n(2), window(2), begin(2), count(2)
      integer, intent(out) :: cells(count(1) + count(2) + 1)
      integer :: axis, first, last
      last = 0
      do axis = 1, 2
         first = last + 1
         last = last + count(axis)
         associate (some => cells(first:last))
            call nearest_cells(window(axis), count(axis), some)
            some = some + begin(axis)
            where (some < 1 .or. some > n(axis)) some = 0
         end associate
      end do
      cells(last + 1) = 1
   end subroutine window_cells

end module fkb_resize_plan
