! Generated from layers/fkb_operation_places_axes.fypp: edit that file and run tools/generate.py
!> Shapes and maps of the operations that work on axes one by one.
submodule(fkb_operation_places_sp) fkb_operation_places_axes_sp
   use fkb_place_walks, only: flip_walk, pad_walk, repeat_walk, roll_walk, tile_walk
   use fkb_places, only: start_walk, walk_t
   use fkb_shape, only: open_extent, storage_dimension
   implicit none (type, external)

contains

   !> What works on axes one by one: flips, shifts, repeats, paddings, slices.
   module subroutine plan_axes(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      type(walk_t) :: walk
      integer :: i, d, n
      out = in_shape
      n = self%n_axes
      if (self%id == place_tile) n = self%n_numbers
      if (self%id == place_pad .or. self%id == place_slice) n = in_shape%rank + 1
      call check_counts(self, in_shape, error)
      if (allocated(error)) return
      do i = 1, n
         call dimension_of(self, in_shape%rank, i, d, error)
         if (allocated(error)) return
         if (d > 0) call resize(self, i, out%extent(d), error)
         if (allocated(error)) return
      end do
      if (in_shape%closed()) then
         call start_walk(in_shape, out, walk)
         if (self%id == place_roll) call start_walk(in_shape, in_shape, walk)
         do i = 1, n
            call dimension_of(self, in_shape%rank, i, d, error)
            if (d > 0) call walk_axis(self, i, d, in_shape%extent(d), walk)
         end do
      end if
      call finish(in_shape, out, walk, plan, error)
   end subroutine plan_axes

   !> The dimension of the number i of an option; 0 for the batch, where it is left alone.
   subroutine dimension_of(self, rank, i, d, error)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: rank, i
      integer, intent(out) :: d
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      logical :: alone
      select case (self%id)
      case (place_tile)
         axis = rank + 1 - self%n_numbers + i - 1
         alone = self%numbers(i) == 1
      case (place_pad)
         axis = i - 1
         alone = all(self%widths(:, min(i, self%n_parts)) == 0)
      case (place_slice)
         axis = i - 1
         alone = self%axes(i) == 0 .and. self%numbers(i) == open_extent
      case default
         call storage_dimension(self%axes(i), rank, d, error)
         return
      end select
      d = rank + 1 - axis
      if (axis /= 0) return
      d = 0
      if (.not. alone) call raise(error, fkb_err_argument, 'the batch must be left as it is: '// &
                                  'else samples would be mixed')
   end subroutine dimension_of

   !> Whether an option has as many numbers as the operation needs.
   subroutine check_counts(self, in_shape, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = .true.
      associate (all_axes => in_shape%rank + 1)
         select case (self%id)
         case (place_roll)
            fits = self%n_numbers == self%n_axes .or. (self%n_numbers == 1 .and. .not. self%listed)
         case (place_repeat)
            fits = self%n_axes == 1 .and. self%n_numbers > 0 .and. &
               all(self%numbers(:self%n_numbers) >= 0)
         case (place_tile)
            fits = self%n_numbers <= all_axes .and. all(self%numbers(:self%n_numbers) >= 0)
         case (place_pad)
            fits = self%n_parts == 1 .or. self%n_parts == all_axes
         case (place_slice)
            fits = self%n_axes == all_axes .and. self%n_numbers == all_axes
         case default
            continue
         end select
      end associate
      if (.not. fits) call raise(error, fkb_err_argument, 'the options do not have as many '// &
                                 'numbers as '//in_shape%text()//' needs')
   end subroutine check_counts

   !> The extent of an axis in the result.
   subroutine resize(self, i, extent, error)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: i                          !! of the option
      integer, intent(inout) :: extent
      type(error_t), allocatable, intent(out) :: error
      integer :: pair(2), most
      logical :: fits
      fits = .true.
      if (extent == open_extent) then
         if (self%id == place_repeat) fits = self%n_numbers == 1
         if (self%id == place_slice) fits = self%axes(i) == 0 .and. self%numbers(i) == open_extent
      else
         select case (self%id)
         case (place_repeat)
            fits = self%n_numbers == 1 .or. self%n_numbers == extent
            if (self%n_numbers == 1) extent = product_of(extent, self%numbers(1))
            if (self%n_numbers > 1) extent = sum(self%numbers(:self%n_numbers))
         case (place_tile)
            extent = product_of(extent, self%numbers(i))
         case (place_pad)
            pair = self%widths(:, min(i, self%n_parts))
            most = extent
            if (self%mode == pad_reflect) most = extent - 1
            if (self%mode /= pad_constant) fits = maxval(pair) <= most
            fits = fits .and. maxval(pair) < 2**29
            if (fits) extent = extent + sum(pair)
         case (place_slice)
            most = extent - self%axes(i)
            if (self%numbers(i) /= open_extent) most = self%numbers(i)
            fits = self%axes(i) >= 0 .and. most >= 0 .and. most <= extent - self%axes(i)
            extent = most
         case default
            continue
         end select
      end if
      if (.not. fits) call raise(error, fkb_err_argument, &
         'the options do not fit the extents of '// &
                                 'the input')
   end subroutine resize

   !> A product, at most the largest integer.
   pure integer function product_of(a, b)
      integer, intent(in) :: a, b
      product_of = huge(1)
      if (real(a)*real(b) < 2.0e9) product_of = a*b
   end function product_of

   !> How the walk goes along one axis.
   subroutine walk_axis(self, i, d, extent, walk)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: i, d, extent
      type(walk_t), intent(inout) :: walk
      integer :: k
      select case (self%id)
      case (place_flip)
         call flip_walk(d, extent, walk)
      case (place_roll)
         call roll_walk(d, extent, self%numbers(min(i, self%n_numbers)), walk)
      case (place_repeat)
         call repeat_walk(d, extent, self%numbers(:self%n_numbers), walk)
      case (place_tile)
         call tile_walk(d, extent, walk)
      case (place_pad)
         k = min(i, self%n_parts)
         call pad_walk(d, extent, self%widths(1, k), self%widths(2, k), self%mode, walk)
      case default
         walk%offset = walk%offset + self%axes(i)*walk%stride(d)
      end select
   end subroutine walk_axis

end submodule fkb_operation_places_axes_sp
