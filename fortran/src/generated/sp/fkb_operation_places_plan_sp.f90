! Generated from layers/fkb_operation_places_plan.fypp: edit that file and run tools/generate.py
!> Shapes and maps of the operations that take values from other places.
submodule(fkb_operation_places_sp) fkb_operation_places_plan_sp
   use fkb_error, only: add_context
   use fkb_layer_options, only: add_output, closed_count
   use fkb_place_walks, only: diagonal_walk, flip_walk, key_shape, key_walk, permute_walk
   use fkb_places, only: map_of, start_walk, walk_t
   use fkb_shape, only: open_extent, storage_dimension
   implicit none (type, external)

contains

   module subroutine plan_places(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      select case (self%id)
      case (place_split, place_unstack)
         call plan_parts(self, in_shape, plan, error)
      case (place_transpose, place_swapaxes, place_moveaxis)
         call plan_order(self, in_shape, plan, error)
      case (place_get_item)
         call plan_key(self, in_shape, plan, error)
      case (place_diagonal, place_trace)
         call plan_diagonal(self, in_shape, plan, error)
      case (place_tril, place_triu)
         call plan_triangle(self, in_shape, plan, error)
      case (place_rot90)
         call plan_turn(self, in_shape, plan, error)
      case default
         call plan_axes(self, in_shape, plan, error)
      end select
   end subroutine plan_places

   module subroutine finish(in_shape, out, walk, plan, error)
      type(shape_t), intent(in) :: in_shape, out
      type(walk_t), intent(in) :: walk
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call add_output(plan, out, error)
      if (allocated(error) .or. .not. in_shape%closed()) return
      allocate (plan%settings(out%count()))
      call map_of(walk, out, plan%settings)
   end subroutine finish

   !> Another order of the axes.
   subroutine plan_order(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: order(0:max_rank), from(max_rank), d, rank
      type(shape_t) :: out
      type(walk_t) :: walk
      rank = in_shape%rank
      call keras_order(self, rank, order, error)
      if (allocated(error)) return
      out = in_shape
      from = 1
      do d = 1, rank
         from(d) = rank + 1 - order(rank + 1 - d)
         out%extent(d) = in_shape%extent(from(d))
      end do
      if (in_shape%closed()) then
         call start_walk(in_shape, out, walk)
         call permute_walk(in_shape, from, walk)
      end if
      call finish(in_shape, out, walk, plan, error)
   end subroutine plan_order

   !> Keras's axes of the input in the order of the result, the batch counted.
   subroutine keras_order(self, rank, order, error)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: rank
      integer, intent(out) :: order(0:max_rank)
      type(error_t), allocatable, intent(out) :: error
      integer :: i, k, axes(0:max_rank), targets(0:max_rank)
      logical :: fits
      order = [(i, i=0, max_rank)]
      axes = modulo(self%axes, rank + 1)
      targets = modulo(self%numbers(:max_rank + 1), rank + 1)
      fits = all(abs(self%axes(:self%n_axes)*2 + 1) <= 2*rank + 1)
      select case (self%id)
      case (place_transpose)
         fits = fits .and. self%n_axes == rank + 1
         if (fits) order(:rank) = axes(:rank)
      case (place_swapaxes)
         order(axes(0)) = axes(1)
         order(axes(1)) = axes(0)
      case default
         fits = fits .and. self%n_axes == self%n_numbers .and. self%n_axes <= rank + 1
         if (fits) call move_axes(rank, self%n_axes, axes, targets, order)
      end select
      do i = 0, rank
         k = count(order(:rank) == i)
         fits = fits .and. k == 1
      end do
      if (.not. fits) then
         call raise(error, fkb_err_argument, 'the options name no order of the axes')
      else if (order(0) /= 0) then
         call raise(error, fkb_err_argument, 'the batch must stay the first axis: else samples '// &
                    'would be mixed')
      end if
   end subroutine keras_order

   !> Axes that are not named fill the places that are no targets, in their order.
   pure subroutine move_axes(rank, n, axes, targets, order)
      integer, intent(in) :: rank, n
      integer, intent(in) :: axes(0:max_rank), targets(0:max_rank)
      integer, intent(out) :: order(0:max_rank)
      integer :: place, axis, i
      order = -1
      do i = 0, n - 1
         order(targets(i)) = axes(i)
      end do
      axis = 0
      do place = 0, rank
         if (order(place) >= 0) cycle
         do while (any(axes(:n - 1) == axis))
            axis = axis + 1
         end do
         order(place) = axis
         axis = axis + 1
      end do
   end subroutine move_axes

   subroutine plan_key(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(index_t) :: whole(2*max_rank)
      type(shape_t) :: out
      type(walk_t) :: walk
      integer :: n
      call key_shape(in_shape, self%parts, self%n_parts, out, whole, n, error)
      if (allocated(error)) return
      if (in_shape%closed()) then
         call start_walk(in_shape, out, walk)
         call key_walk(in_shape, whole, n, walk)
      end if
      call finish(in_shape, out, walk, plan, error)
   end subroutine plan_key

   !> The dimensions of the matrices that `axis1` and `axis2` name.
   subroutine get_plane(self, in_shape, rows, columns, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      integer, intent(out) :: rows, columns
      type(error_t), allocatable, intent(out) :: error
      columns = 0
      call storage_dimension(self%axes(1), in_shape%rank, rows, error)
      if (.not. allocated(error)) call storage_dimension(self%axes(2), in_shape%rank, columns, &
         error)
      if (.not. allocated(error) .and. rows == columns) call raise(error, fkb_err_argument, &
         'two axes are the same')
      call add_context(error, 'the axes of the matrices')
   end subroutine get_plane

   subroutine plan_diagonal(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: rows, columns, d
      type(shape_t) :: out, inner
      type(walk_t) :: walk
      call get_plane(self, in_shape, rows, columns, error)
      if (allocated(error)) return
      out%rank = 1
      out%extent(1) = open_extent
      associate (k => self%numbers(1), m => in_shape%extent(rows), n => in_shape%extent(columns))
         if (m >= 0 .and. n >= 0) out%extent(1) = max(0, min(m + min(k, 0), n - max(k, 0)))
      end associate
      do d = 1, in_shape%rank
         if (d == rows .or. d == columns) cycle
         out%rank = out%rank + 1
         out%extent(out%rank) = in_shape%extent(d)
      end do
      inner = out
      if (in_shape%closed()) then
         call start_walk(in_shape, out, walk)
         call diagonal_walk(in_shape, rows, columns, self%numbers(1), walk)
      end if
      if (self%id == place_trace) then
         inner%rank = out%rank - 1
         inner%extent = [out%extent(2:), 1]
         call add_output(plan, inner, error)
         if (allocated(error) .or. .not. in_shape%closed()) return
         allocate (plan%settings(out%count()))
         call map_of(walk, out, plan%settings)
      else
         call finish(in_shape, out, walk, plan, error)
      end if
   end subroutine plan_diagonal

   !> The values on one side of a diagonal stay, the others become 0.
   subroutine plan_triangle(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: k, row, column
      if (in_shape%rank < 2) then
         call raise(error, fkb_err_argument, 'expected matrices, not '//in_shape%text()// &
                    ': else samples would be mixed')
         return
      end if
      call add_output(plan, in_shape, error)
      if (allocated(error) .or. .not. in_shape%closed()) return
      allocate (plan%settings(in_shape%count()))
      do k = 1, size(plan%settings)
         column = modulo(k - 1, in_shape%extent(1))
         row = modulo((k - 1)/in_shape%extent(1), in_shape%extent(2))
         plan%settings(k) = k
         if (self%id == place_tril .and. column - row > self%numbers(1)) plan%settings(k) = 0
         if (self%id == place_triu .and. column - row < self%numbers(1)) plan%settings(k) = 0
      end do
   end subroutine plan_triangle

   !> Quarter turns from the first axis towards the second.
   subroutine plan_turn(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: one, two, from(max_rank), turns, d
      type(shape_t) :: out
      type(walk_t) :: walk
      call get_plane(self, in_shape, one, two, error)
      if (allocated(error)) return
      turns = modulo(self%numbers(1), 4)
      from = [(d, d=1, max_rank)]
      if (mod(turns, 2) == 1) from([one, two]) = [two, one]
      out = in_shape
      out%extent(:in_shape%rank) = in_shape%extent(from(:in_shape%rank))
      if (in_shape%closed()) then
         call start_walk(in_shape, out, walk)
         call permute_walk(in_shape, from, walk)
         if (turns == 1 .or. turns == 2) call flip_walk(one, out%extent(one), walk)
         if (turns == 2 .or. turns == 3) call flip_walk(two, out%extent(two), walk)
      end if
      call finish(in_shape, out, walk, plan, error)
   end subroutine plan_turn

   !> Several results: parts along an axis.
   subroutine plan_parts(self, in_shape, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: along, i, n, first, last, whole, used
      integer, allocatable :: map(:)
      type(shape_t) :: out
      call storage_dimension(self%axes(1), in_shape%rank, along, error)
      if (allocated(error)) return
      whole = in_shape%extent(along)
      call count_parts(self, whole, n, error)
      if (allocated(error)) return
      allocate (map(closed_count(in_shape)))
      used = 0
      do i = 1, n
         call part_of(self, whole, n, i, first, last)
         out = in_shape
         out%extent(along) = last - first + 1
         if (in_shape%closed()) call map_part(in_shape, out, along, first, used, map)
         if (self%id == place_unstack) call drop_dimension(out, along)
         call add_output(plan, out, error)
         if (allocated(error)) return
      end do
      if (in_shape%closed()) plan%settings = map
   end subroutine plan_parts

   !> How many parts there are. The extent must be known.
   subroutine count_parts(self, whole, n, error)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: whole
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      integer :: i
      fits = whole /= open_extent
      n = whole
      if (self%id == place_unstack) then
         fits = fits .and. (self%numbers(1) == 0 .or. self%numbers(1) == whole)
      else if (self%listed) then
         n = self%n_numbers + 1
         do i = 1, self%n_numbers
            fits = fits .and. self%numbers(i) >= 0 .and. self%numbers(i) <= whole
            fits = fits .and. self%numbers(i) >= self%numbers(max(i - 1, 1))
         end do
      else
         n = self%numbers(1)
         if (n < 1) fits = .false.
         if (fits) fits = modulo(whole, n) == 0
      end if
      if (.not. fits) call raise(error, fkb_err_argument, &
         'the options do not say how to cut the '// &
                                 'axis, whose extent must be known')
   end subroutine count_parts

   !> First and last place of part i, from 1.
   subroutine part_of(self, whole, n, i, first, last)
      class(place_operation_t), intent(in) :: self
      integer, intent(in) :: whole, n, i
      integer, intent(out) :: first, last
      if (self%id == place_split .and. self%listed) then
         first = 1
         last = whole
         if (i > 1) first = self%numbers(i - 1) + 1
         if (i < n) last = self%numbers(i)
      else
         first = (i - 1)*(whole/n) + 1
         last = i*(whole/n)
      end if
   end subroutine part_of

   !> Append the map of one part.
   subroutine map_part(in_shape, out, along, first, used, map)
      type(shape_t), intent(in) :: in_shape, out
      integer, intent(in) :: along, first
      integer, intent(inout) :: used
      integer, intent(inout) :: map(:)
      type(walk_t) :: walk
      integer :: n
      n = int(out%count())
      call start_walk(in_shape, out, walk)
      walk%offset = (first - 1)*walk%stride(along)
      call map_of(walk, out, map(used + 1:used + n))
      used = used + n
   end subroutine map_part

   subroutine drop_dimension(shape, d)
      type(shape_t), intent(inout) :: shape
      integer, intent(in) :: d
      shape%extent(d:shape%rank - 1) = shape%extent(d + 1:shape%rank)
      shape%extent(shape%rank) = 1
      shape%rank = shape%rank - 1
   end subroutine drop_dimension

end submodule fkb_operation_places_plan_sp
