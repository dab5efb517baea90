!> From which cells of an axis a resized axis is computed, and with which weights.
!>
!> Every weight is what TensorFlow 2.21 computes in real32, whatever the kind of the network: each
!> operation is rounded, because a network was trained with these weights. Cells are counted from 1.
module fkb_interpolation
   use fkb_kinds, only: dp
   use fkb_rounding, only: s => rounded_to_single
   implicit none (type, external)
   private
   public :: interpolation_of, nearest_cells, most_taps, taps_along

   integer, parameter, public :: by_nearest = 1, by_bilinear = 2, by_bicubic = 3, by_area = 4, &
      by_lanczos3 = 5, by_lanczos5 = 6, by_gaussian = 7, by_mitchell = 8

   !> Further kernels of TensorFlow's `ScaleAndTranslate`, for reduction without aliasing.
   integer, parameter :: by_triangle = 9, by_keys = 10

   integer, parameter :: table_size = 1024        !! steps in which the bicubic kernel is tabulated
   real(dp), parameter :: smallest_sum = 1000*1.17549435e-38_dp

contains

   !> The constant of a name in Keras, 0 for one that is unknown.
   pure integer function interpolation_of(name) result(method)
      character(*), intent(in) :: name           !! such as `bilinear`
      select case (name)
      case ('nearest')
         method = by_nearest
      case ('bilinear')
         method = by_bilinear
      case ('bicubic')
         method = by_bicubic
      case ('area')
         method = by_area
      case ('lanczos3')
         method = by_lanczos3
      case ('lanczos5')
         method = by_lanczos5
      case ('gaussian')
         method = by_gaussian
      case ('mitchellcubic')
         method = by_mitchell
      case default
         method = 0
      end select
   end function interpolation_of

   !> The nearest cells. Source: `ResizeNearestNeighbor` with half-pixel centers; with a whole
   !> factor each cell is repeated.
   pure subroutine nearest_cells(n_in, n_out, cells)
      integer, intent(in) :: n_in, n_out
      integer, intent(out) :: cells(n_out)
      real(dp) :: scale
      integer :: o
      if (mod(n_out, n_in) == 0) then
         cells = [((o - 1)/(n_out/n_in) + 1, o=1, n_out)]
         return
      end if
      scale = s(real(n_in, dp)/n_out)
      do o = 1, n_out
         cells(o) = min(floor(s((o - 0.5_dp)*scale)), n_in - 1) + 1
      end do
   end subroutine nearest_cells

   !> The largest number of cells that one cell of the output is made of.
   pure integer function most_taps(method, antialias, n_in, n_out) result(taps)
      integer, intent(in) :: method              !! one of the `by_*` constants
      logical, intent(in) :: antialias           !! widen the kernel where the axis is reduced
      integer, intent(in) :: n_in, n_out
      select case (kernel_of(method, antialias))
      case (by_bilinear)
         taps = 2
      case (by_bicubic)
         taps = 4
      case (by_area)
         taps = n_in/n_out + 3
      case default
         taps = 2*ceiling(radius_of(kernel_of(method, antialias))* &
                          kernel_scale(antialias, n_in, n_out)) + 1
      end select
      taps = min(taps, n_in)
   end function most_taps

   !> First cell, number of cells and weights of each cell of the output.
   pure subroutine taps_along(method, antialias, n_in, n_out, taps, first, count, weights)
      integer, intent(in) :: method              !! one of the `by_*` constants but `by_nearest`
      logical, intent(in) :: antialias
      integer, intent(in) :: n_in, n_out
      integer, intent(in) :: taps                !! `most_taps` of the others
      integer, intent(out) :: first(n_out), count(n_out)
      real(dp), intent(out) :: weights(taps, n_out)   !! 0 beyond `count`
      integer :: o
      weights = 0
      do o = 1, n_out
         associate (w => weights(:, o))
            select case (kernel_of(method, antialias))
            case (by_bilinear)
               call bilinear_taps(n_in, n_out, o - 1, first(o), count(o), w)
            case (by_bicubic)
               call bicubic_taps(n_in, n_out, o - 1, first(o), count(o), w)
            case (by_area)
               call area_taps(n_in, n_out, o - 1, first(o), count(o), w)
            case default
               call kernel_taps(kernel_of(method, antialias), &
                                kernel_scale(antialias, n_in, n_out), n_in, n_out, o - 1, &
                                first(o), count(o), w)
            end select
         end associate
      end do
   end subroutine taps_along

   !> Which kernel TensorFlow takes.
   pure integer function kernel_of(method, antialias) result(kernel)
      integer, intent(in) :: method
      logical, intent(in) :: antialias
      kernel = method
      if (antialias .and. method == by_bilinear) kernel = by_triangle
      if (antialias .and. method == by_bicubic) kernel = by_keys
   end function kernel_of

   !> Source: tensorflow/core/kernels/image/resize_bilinear_op.cc, `compute_interpolation_weights`.
   pure subroutine bilinear_taps(n_in, n_out, o, first, count, w)
      integer, intent(in) :: n_in, n_out, o
      integer, intent(out) :: first, count
      real(dp), intent(inout) :: w(:)
      real(dp) :: at, lerp
      integer :: upper
      at = location(n_in, n_out, o)
      first = max(floor(at), 0) + 1
      upper = min(ceiling(at), n_in - 1) + 1
      count = upper - first + 1
      lerp = s(at - floor(at))
      w(1) = 1
      if (count < 2) return
      w(1) = 1 - lerp
      w(2) = lerp
   end subroutine bilinear_taps

   !> Source: tensorflow/core/kernels/image/resize_bicubic_op.cc, `GetWeightsAndIndices` with Keys's
   !> kernel: weights beyond the image are dropped and the others sum up to 1.
   pure subroutine bicubic_taps(n_in, n_out, o, first, count, w)
      integer, intent(in) :: n_in, n_out, o
      integer, intent(out) :: first, count
      real(dp), intent(inout) :: w(:)
      real(dp) :: at, all_four(-1:2)
      integer :: cell, offset, last
      at = location(n_in, n_out, o)
      cell = floor(at)
      offset = nearest_even(s(at - cell)*table_size)
      all_four = [s(far_part(offset)), s(near_part(offset)), s(near_part(table_size - offset)), &
                  s(far_part(table_size - offset))]
      first = max(cell - 1, 0)
      last = min(cell + 2, n_in - 1)
      count = last - first + 1
      w(:count) = all_four(first - cell:last - cell)
      call normalize(w(:count))
      first = first + 1
   end subroutine bicubic_taps

   !> The kernel from 0 to 1 at i/1024, a = -1/2.
   pure real(dp) function near_part(i) result(value)
      integer, intent(in) :: i
      real(dp) :: x
      x = real(i, dp)/table_size
      value = (1.5_dp*x - 2.5_dp)*x*x + 1
   end function near_part

   !> The kernel from 1 to 2 at 1 + i/1024, a = -1/2.
   pure real(dp) function far_part(i) result(value)
      integer, intent(in) :: i
      real(dp) :: x
      x = real(i, dp)/table_size + 1
      value = ((-0.5_dp*x + 2.5_dp)*x - 4)*x + 2
   end function far_part

   !> Source: tensorflow/core/kernels/image/resize_area_op.cc.
   pure subroutine area_taps(n_in, n_out, o, first, count, w)
      integer, intent(in) :: n_in, n_out, o
      integer, intent(out) :: first, count
      real(dp), intent(inout) :: w(:)
      real(dp) :: scale, from, to, part
      integer :: cell, start, end, at
      scale = s(real(n_in, dp)/n_out)
      from = s(o*scale)
      to = s((o + 1)*scale)
      start = floor(from)
      end = ceiling(to)
      first = min(start, n_in - 1) + 1
      count = min(end, n_in) - first + 1
      do cell = start, end - 1
         part = 1
         if (cell == start .or. cell == end - 1) part = share(real(cell, dp))
         at = min(cell, n_in - 1) + 1 - first + 1
         w(at) = w(at) + part/scale
      end do

   contains

      !> How much of a cell lies within.
      pure real(dp) function share(begin)
         real(dp), intent(in) :: begin
         if (begin < from) then
            share = s(begin + 1 - from)
            if (begin + 1 > to) share = scale
         else
            share = 1
            if (begin + 1 > to) share = s(to - begin)
         end if
      end function share

   end subroutine area_taps

   !> Source: tensorflow/core/kernels/image/scale_and_translate_op.cc, `ComputeSpansCore`.
   pure subroutine kernel_taps(kernel, wide, n_in, n_out, o, first, count, w)
      integer, intent(in) :: kernel
      real(dp), intent(in) :: wide               !! factor of the kernel's width
      integer, intent(in) :: n_in, n_out, o
      integer, intent(out) :: first, count
      real(dp), intent(inout) :: w(:)
      real(dp) :: at, reach, narrow
      integer :: last, i
      at = s((o + 0.5_dp)*inverse_scale(n_in, n_out))
      reach = s(radius_of(kernel)*wide)
      narrow = s(1/wide)
      first = min(max(ceiling(s(s(at - reach) - 0.5_dp)), 0), n_in - 1) + 1
      last = min(max(floor(s(s(at + reach) - 0.5_dp)), 0), n_in - 1) + 1
      count = min(last - first + 1, size(w))
      do i = 1, count
         w(i) = kernel_at(kernel, s(s(s(first + i - 2 + 0.5_dp) - at)*narrow))
      end do
      call normalize(w(:count))
   end subroutine kernel_taps

   !> Source: tensorflow/core/kernels/image/sampling_kernels.h.
   pure real(dp) function kernel_at(kernel, place) result(value)
      integer, intent(in) :: kernel
      real(dp), intent(in) :: place
      real(dp) :: x, r
      x = abs(place)
      r = radius_of(kernel)
      value = 0
      select case (kernel)
      case (by_lanczos3, by_lanczos5)
         if (x <= r) value = lanczos(x, r)
      case (by_gaussian)
         if (x < r) value = exp(-2*x*x)
      case (by_mitchell)
         if (x < 1) then
            value = cubic(x, [7/6.0_dp, -2.0_dp, 0.0_dp, 8/9.0_dp])
         else if (x < 2) then
            value = cubic(x, [-7/18.0_dp, 2.0_dp, -10/3.0_dp, 16/9.0_dp])
         end if
      case (by_keys)
         if (x < 1) then
            value = cubic(x, [1.5_dp, -2.5_dp, 0.0_dp, 1.0_dp])
         else if (x < 2) then
            value = cubic(x, [-0.5_dp, 2.5_dp, -4.0_dp, 2.0_dp])
         end if
      case default
         value = max(1 - x, 0.0_dp)
      end select
      value = s(value)
   end function kernel_at

   !> A polynomial, coefficients and operations rounded to real32.
   pure real(dp) function cubic(x, c) result(value)
      real(dp), intent(in) :: x
      real(dp), intent(in) :: c(4)               !! of x**3 to x**0
      integer :: i
      value = s(c(1))
      do i = 2, 4
         value = s(s(value*x) + s(c(i)))
      end do
   end function cubic

   !> sinc(x) sinc(x/r), pi rounded to real32.
   pure real(dp) function lanczos(x, r) result(value)
      real(dp), intent(in) :: x, r
      real(dp), parameter :: pi = 3.1415927410125732_dp
      value = 1
      if (x > s(1e-3_dp)) value = r*sin(s(pi*x))*sin(s(s(pi*x)/r))/(pi*pi*x*x)
   end function lanczos

   !> Half of the width of a kernel.
   pure real(dp) function radius_of(kernel) result(radius)
      integer, intent(in) :: kernel
      select case (kernel)
      case (by_lanczos3)
         radius = 3
      case (by_lanczos5)
         radius = 5
      case (by_gaussian)
         radius = 1.5_dp
      case (by_mitchell, by_keys)
         radius = 2
      case default
         radius = 1
      end select
   end function radius_of

   !> How much wider a kernel is that takes in all cells of a reduced axis.
   pure real(dp) function kernel_scale(antialias, n_in, n_out) result(wide)
      logical, intent(in) :: antialias
      integer, intent(in) :: n_in, n_out
      wide = 1
      if (antialias) wide = max(inverse_scale(n_in, n_out), 1.0_dp)
   end function kernel_scale

   !> 1/(n_out/n_in), both rounded.
   pure real(dp) function inverse_scale(n_in, n_out)
      integer, intent(in) :: n_in, n_out
      inverse_scale = s(1/s(real(n_out, dp)/n_in))
   end function inverse_scale

   !> Where the centre of an output's cell lies among the centres of the input's, from 0.
   pure real(dp) function location(n_in, n_out, o)
      integer, intent(in) :: n_in, n_out, o
      location = s(s((o + 0.5_dp)*s(real(n_in, dp)/n_out)) - 0.5_dp)
   end function location

   !> Make weights sum up to 1.
   pure subroutine normalize(w)
      real(dp), intent(inout) :: w(:)
      real(dp) :: total
      integer :: i
      total = 0
      do i = 1, size(w)
         total = s(total + w(i))
      end do
      if (abs(total) < smallest_sum) return
      total = s(1/total)
      do i = 1, size(w)
         w(i) = s(w(i)*total)
      end do
   end subroutine normalize

   !> The nearest integer, of two as near the even one.
   pure integer function nearest_even(x) result(n)
      real(dp), intent(in) :: x
      n = floor(x)
      if (x - n > 0.5_dp) then
         n = n + 1
      else if (x - n >= 0.5_dp) then
         n = n + modulo(n, 2)
      end if
   end function nearest_even

end module fkb_interpolation
