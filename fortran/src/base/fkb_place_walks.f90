!> The walks of the operations that select, repeat, turn and pad: shapes of results, and where each
!> value comes from.
!>
!> Dimensions are storage dimensions. A shape may be open where only its result is asked for.
module fkb_place_walks
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_places, only: place_strides, walk_t
   use fkb_place_options, only: index_ellipsis, index_new, index_place, index_t, no_bound
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: permute_walk, flip_walk, roll_walk, repeat_walk, tile_walk, pad_walk, diagonal_walk
   public :: key_shape, key_walk

   integer, parameter, public :: pad_constant = 1, pad_reflect = 2, pad_symmetric = 3

contains

   !> Dimension d of the result is dimension from(d) of the input.
   pure subroutine permute_walk(in_shape, from, walk)
      type(shape_t), intent(in) :: in_shape
      integer, intent(in) :: from(max_rank)
      type(walk_t), intent(inout) :: walk
      integer :: stride(max_rank), d
      stride = place_strides(in_shape)
      do d = 1, in_shape%rank
         walk%stride(d) = stride(from(d))
      end do
   end subroutine permute_walk

   !> Dimension d is walked backwards.
   pure subroutine flip_walk(d, extent, walk)
      integer, intent(in) :: d, extent
      type(walk_t), intent(inout) :: walk
      integer :: i
      do i = 1, extent
         walk%table(i, d) = extent - i
      end do
   end subroutine flip_walk

   !> The values of dimension d move `shift` places on.
   pure subroutine roll_walk(d, extent, shift, walk)
      integer, intent(in) :: d, extent, shift
      type(walk_t), intent(inout) :: walk
      integer :: i
      do i = 1, extent
         walk%table(i, d) = modulo(walk%table(i, d) - shift, extent)
      end do
   end subroutine roll_walk

   !> Value i of dimension d stands times(i) times, or all times(1) times where it is one number.
   pure subroutine repeat_walk(d, extent, times, walk)
      integer, intent(in) :: d, extent
      integer, intent(in) :: times(:)
      type(walk_t), intent(inout) :: walk
      integer :: i, k, n
      n = 0
      do i = 1, extent
         do k = 1, times(min(i, size(times)))
            n = n + 1
            walk%table(n, d) = i - 1
         end do
      end do
   end subroutine repeat_walk

   !> Dimension d is walked from the beginning again and again.
   pure subroutine tile_walk(d, extent, walk)
      integer, intent(in) :: d, extent
      type(walk_t), intent(inout) :: walk
      integer :: i
      if (extent < 1) return
      do i = 1, size(walk%table, 1)
         walk%table(i, d) = modulo(i - 1, extent)
      end do
   end subroutine tile_walk

   !> `before` places that do not exist, or mirror the first ones, stand before dimension d.
   pure subroutine pad_walk(d, extent, before, after, mode, walk)
      integer, intent(in) :: d, extent, before, after, mode
      type(walk_t), intent(inout) :: walk
      integer :: i, place
      do i = 1, before + extent + after
         place = i - 1 - before
         if (place >= 0 .and. place < extent) then
            walk%table(i, d) = place
         else if (mode == pad_constant) then
            walk%table(i, d) = -1
         else
            if (place < 0) place = -place - merge(1, 0, mode == pad_symmetric)
            if (place >= extent) place = 2*extent - place - merge(1, 2, mode == pad_symmetric)
            walk%table(i, d) = place
         end if
      end do
   end subroutine pad_walk

   !> Dimension 1 of the result is the diagonal of two dimensions, the others follow.
   pure subroutine diagonal_walk(in_shape, rows, columns, offset, walk)
      type(shape_t), intent(in) :: in_shape
      integer, intent(in) :: rows, columns          !! dimensions
      integer, intent(in) :: offset                 !! above the main diagonal
      type(walk_t), intent(inout) :: walk
      integer :: stride(max_rank), d, n
      stride = place_strides(in_shape)
      walk%stride(1) = stride(rows) + stride(columns)
      n = 1
      do d = 1, in_shape%rank
         if (d == rows .or. d == columns) cycle
         n = n + 1
         walk%stride(n) = stride(d)
      end do
      walk%offset = merge(offset*stride(columns), -offset*stride(rows), offset >= 0)
   end subroutine diagonal_walk

   !> The result's shape for a key, and the parts without the batch: one per axis, slowest first,
   !> the ellipsis written out.
   subroutine key_shape(in_shape, parts, n, out, whole, n_whole, error)
      type(shape_t), intent(in) :: in_shape
      type(index_t), intent(in) :: parts(:)         !! as the option has them, the batch first
      integer, intent(in) :: n
      type(shape_t), intent(out) :: out
      type(index_t), intent(out) :: whole(2*max_rank)
      integer, intent(out) :: n_whole
      type(error_t), allocatable, intent(out) :: error
      type(index_t) :: written(4*max_rank)
      integer :: i, k, missing, total, reversed(2*max_rank), d
      n_whole = 0
      missing = in_shape%rank + 1 - count(parts(:n)%kind /= index_new .and. &
                                          parts(:n)%kind /= index_ellipsis)
      if (missing < 0 .or. count(parts(:n)%kind == index_ellipsis) > 1) then
         call raise(error, fkb_err_argument, 'option "key" has too many indices for '// &
                    in_shape%text())
         return
      end if
      total = 0
      do i = 1, n
         if (parts(i)%kind == index_ellipsis) then
            total = total + missing
            missing = 0
         else
            total = total + 1
            written(total) = parts(i)
         end if
      end do
      total = total + missing
      if (total - 1 > 2*max_rank .or. takes_part(written(1))) then
         call raise(error, fkb_err_argument, 'option "key" must begin with the whole batch: '// &
                    'else samples would be mixed')
         return
      end if
      n_whole = total - 1
      whole(:n_whole) = written(2:total)
      d = in_shape%rank + 1
      k = 0
      do i = 1, n_whole
         if (whole(i)%kind /= index_new) d = d - 1
         if (whole(i)%kind == index_place) then
            call check_place(whole(i)%place, in_shape%extent(d), error)
            if (allocated(error)) return
            cycle
         end if
         k = k + 1
         if (k > max_rank) exit
         reversed(k) = 1
         if (whole(i)%kind /= index_new) reversed(k) = length_of(whole(i), in_shape%extent(d))
      end do
      if (k > max_rank) then
         call raise(error, fkb_err_argument, 'option "key" makes too many axes')
         return
      end if
      out%rank = k
      out%extent(:k) = reversed(k:1:-1)
   end subroutine key_shape

   !> Whether a part does something else than taking all of an axis.
   pure logical function takes_part(part)
      type(index_t), intent(in) :: part
      takes_part = part%kind == index_place .or. part%kind == index_new
      if (takes_part) return
      takes_part = (part%bounds(1) /= no_bound .and. part%bounds(1) /= 0) .or. &
         part%bounds(2) /= no_bound .or. (part%bounds(3) /= no_bound .and. part%bounds(3) /= 1)
   end function takes_part

   subroutine check_place(place, extent, error)
      integer, intent(in) :: place, extent
      type(error_t), allocatable, intent(out) :: error
      if (extent == open_extent) return
      if (place < -extent .or. place >= extent) call raise(error, fkb_err_argument, &
         'option "key" has the index '//decimal(place)//' where there are '//decimal(extent)// &
         ' values')
   end subroutine check_place

   !> How many values a slice takes of an axis; -1 where the axis is open.
   pure integer function length_of(part, extent) result(length)
      type(index_t), intent(in) :: part
      integer, intent(in) :: extent
      integer :: first, last, step
      length = open_extent
      if (extent == open_extent) return
      call bounds_of(part, extent, first, last, step)
      length = max(0, (last - first + step)/step)
   end function length_of

   !> First and last place, from 0, and step of a slice, as Python has them.
   pure subroutine bounds_of(part, extent, first, last, step)
      type(index_t), intent(in) :: part
      integer, intent(in) :: extent
      integer, intent(out) :: first, last, step
      integer :: stop
      step = part%bounds(3)
      if (step == no_bound) step = 1
      first = part%bounds(1)
      if (first == no_bound) then
         first = merge(0, extent - 1, step > 0)
      else
         if (first < 0) first = first + extent
         first = merge(min(max(first, 0), extent), min(max(first, -1), extent - 1), step > 0)
      end if
      stop = part%bounds(2)
      if (stop == no_bound) then
         stop = merge(extent, -1, step > 0)
      else
         if (stop < 0) stop = stop + extent
         stop = merge(min(max(stop, 0), extent), min(max(stop, -1), extent - 1), step > 0)
      end if
      last = stop - sign(1, step)
      if ((last - first)*sign(1, step) < 0) last = first - step
   end subroutine bounds_of

   !> How the parts of a key, slowest first, walk through the input.
   pure subroutine key_walk(in_shape, whole, n_whole, walk)
      type(shape_t), intent(in) :: in_shape         !! closed
      type(index_t), intent(in) :: whole(:)
      integer, intent(in) :: n_whole
      type(walk_t), intent(inout) :: walk
      integer :: stride(max_rank), i, d, k, first, last, step, place
      stride = place_strides(in_shape)
      walk%stride = 0
      d = 0
      k = 0
      do i = n_whole, 1, -1
         if (whole(i)%kind == index_new) then
            k = k + 1
            walk%table(1, k) = 0
            cycle
         end if
         d = d + 1
         if (whole(i)%kind == index_place) then
            place = whole(i)%place
            if (place < 0) place = place + in_shape%extent(d)
            walk%offset = walk%offset + place*stride(d)
            cycle
         end if
         k = k + 1
         call bounds_of(whole(i), in_shape%extent(d), first, last, step)
         walk%offset = walk%offset + first*stride(d)
         walk%stride(k) = step*stride(d)
      end do
   end subroutine key_walk

end module fkb_place_walks
