! Generated from couple/fkb_coupler_move.fypp: edit that file and run tools/generate.py
!> Gathering the host's arrays into the buffers of an exchange, and scattering them back.
submodule(fkb_coupler_dp) fkb_coupler_move_dp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_exchange_dp, only: buffer_t
   use fkb_slot, only: described
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure begin
      integer :: i, n
      if (self%key == 0) then
         call raise(error, fkb_err_argument, 'no network is connected: call connect first')
      else if (columns < 0) then
         call raise(error, fkb_err_argument, 'the number of columns is negative')
      else if (present(mask) .and. present(points)) then
         call raise(error, fkb_err_argument, 'pass a mask or a list of points, not both')
      else if (present(mask)) then
         if (size(mask) /= columns) call raise(error, fkb_err_argument, 'the mask has '// &
            decimal(size(mask))//' values for '//decimal(columns)//' columns')
      end if
      if (allocated(error)) return
      exchange%columns = columns
      exchange%looked = .false.
      exchange%answered = .false.
      exchange%has_spread = .false.
      n = columns
      if (present(mask)) n = count(mask)
      if (present(points)) n = size(points)
      call make_room(self, exchange, n)
      exchange%active = n
      exchange%given = .false.
      if (allocated(exchange%taught)) exchange%taught = .false.
      if (allocated(exchange%class)) exchange%class = 0
      exchange%good(:n) = .true.
      if (present(points)) then
         call take_points(points, columns, exchange%at, exchange%marks, error)
         if (allocated(error)) exchange%active = 0
         return
      end if
      n = 0
      do i = 1, columns
         if (present(mask)) then
            if (.not. mask(i)) cycle
         end if
         n = n + 1
         exchange%at(n) = i
      end do
   end procedure begin

   !> The list of points as it stands, if it names different columns.
   subroutine take_points(points, columns, at, taken, error)
      integer, intent(in) :: points(:), columns
      integer, intent(inout) :: at(:)
      logical, allocatable, intent(inout) :: taken(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (allocated(taken)) then
         if (size(taken) < columns) deallocate (taken)
      end if
      if (.not. allocated(taken)) allocate (taken(columns))
      taken = .false.
      do i = 1, size(points)
         if (points(i) < 1 .or. points(i) > columns) then
            call raise(error, fkb_err_argument, 'point '//decimal(points(i))// &
               ' is none of the columns 1 to '//decimal(columns))
            return
         else if (taken(points(i))) then
            call raise(error, fkb_err_argument, 'point '//decimal(points(i))//' stands twice')
            return
         end if
         taken(points(i)) = .true.
         at(i) = points(i)
      end do
   end subroutine take_points

   !> Buffers for so many active columns.
   subroutine make_room(self, exchange, columns)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      integer, intent(in) :: columns
      integer :: k, n
      if (allocated(exchange%x)) then
         if (exchange%capacity >= columns .and. size(exchange%x, 1) == self%rows_in .and. &
            size(exchange%y, 1) == self%rows_out .and. fit(self%in_ends, exchange%from) .and. &
            fit(self%out_ends, exchange%to) .and. size(exchange%given) == size(self%slots)) then
            call exchange%tally%prepare(self%rows_in, self%rows_out, size(self%finish%budgets))
            return
         end if
      end if
      call exchange%forget()
      n = max(columns, exchange%capacity, 1)
      exchange%capacity = n
      allocate (exchange%x(self%rows_in, n), exchange%y(self%rows_out, n))
      allocate (exchange%own(self%rows_in, n))
      allocate (exchange%at(n), exchange%good(n), exchange%given(size(self%slots)))
      allocate (exchange%lower(self%rows_out), exchange%upper(self%rows_out))
      allocate (exchange%free(self%rows_out))
      allocate (exchange%part(max(maxval(self%in_ends%elements), maxval(self%out_ends%elements))))
      allocate (exchange%from(size(self%in_ends)), exchange%inputs(size(self%in_ends)))
      allocate (exchange%to(size(self%out_ends)), exchange%outputs(size(self%out_ends)))
      do k = 1, size(self%in_ends)
         allocate (exchange%from(k)%v(n*self%in_ends(k)%elements*self%in_ends(k)%places))
      end do
      do k = 1, size(self%out_ends)
         allocate (exchange%to(k)%v(n*self%out_ends(k)%elements*self%out_ends(k)%places))
      end do
      call exchange%tally%prepare(self%rows_in, self%rows_out, size(self%finish%budgets))

   contains

      pure logical function fit(ends, buffers)
         type(end_t), intent(in) :: ends(:)
         type(buffer_t), intent(in) :: buffers(:)
         integer :: i
         fit = size(ends) == size(buffers)
         if (.not. fit) return
         do i = 1, size(ends)
            fit = fit .and. &
               size(buffers(i)%v) == exchange%capacity*ends(i)%elements*ends(i)%places
         end do
      end function fit

   end subroutine make_room

   !> Whether an array may be given or taken now. `one_column`: a vector holds its levels.
   subroutine check_array(self, exchange, at, extents, is_output, asked, one_column, error)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(in) :: exchange
      integer, intent(in) :: at
      integer, intent(in) :: extents(:)              !! of the host's array
      logical, intent(in) :: is_output
      logical, intent(in) :: asked                   !! the network must have answered
      logical, intent(out) :: one_column
      type(error_t), allocatable, intent(out) :: error
      integer :: wanted(2)
      one_column = .false.
      if (at < 1 .or. at > size(self%slots)) then
         call raise(error, fkb_err_argument, 'there is no field with the number '//decimal(at))
         return
      end if
      associate (slot => self%slots(at))
         wanted = [slot%length, exchange%columns]
         if (slot%columns_first) wanted = wanted([2, 1])
         if (.not. allocated(exchange%given)) then
            call raise(error, fkb_err_argument, 'the exchange has not begun: call begin first')
         else if (slot%is_output .neqv. is_output) then
            call raise(error, fkb_err_argument, described(slot%name, slot%length, slot%unit)// &
               merge(' is given to the host', ' is what the host has', slot%is_output))
         else if (asked .and. .not. exchange%answered) then
            call raise(error, fkb_err_argument, 'the network has not been asked: call run first')
         else if (is_output .and. .not. slot%needed) then
            call raise(error, fkb_err_argument, 'the network has no field "'//slot%name//'"')
         else if (size(extents) == 1) then
            one_column = slot%length > 1
            if (extents(1) == exchange%columns .and. slot%length == 1) return
            if (extents(1) == slot%length .and. exchange%columns == 1) return
            call raise(error, fkb_err_argument, '"'//slot%name//'" has '//decimal(extents(1))// &
               ' values, '//decimal(slot%length)//' times '//decimal(exchange%columns)// &
               ' are expected')
         else if (any(extents /= wanted)) then
            call raise(error, fkb_err_argument, 'the array of "'//slot%name//'" has the shape ('// &
               decimal(extents(1))//', '//decimal(extents(2))//'), ('//decimal(wanted(1))//', '// &
               decimal(wanted(2))//') is expected')
         end if
      end associate
   end subroutine check_array

   module procedure give_1_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .false., .false., one_column, error)
      if (allocated(error)) return
      exchange%looked = .false.
      exchange%given(at) = .true.
      call gather_1_sp(self%slots(at), exchange%at(:exchange%active), one_column, values, &
         exchange%x)
   end procedure give_1_sp

   module procedure give_2_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .false., .false., one_column, error)
      if (allocated(error)) return
      exchange%looked = .false.
      exchange%given(at) = .true.
      call gather_2_sp(self%slots(at), exchange%at(:exchange%active), values, &
         exchange%x)
   end procedure give_2_sp

   module procedure teach_1_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .false., one_column, error)
      if (allocated(error)) return
      call make_truth(self, exchange)
      exchange%taught(at) = .true.
      call gather_1_sp(self%slots(at), exchange%at(:exchange%active), one_column, values, &
         exchange%truth)
   end procedure teach_1_sp

   module procedure teach_2_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .false., one_column, error)
      if (allocated(error)) return
      call make_truth(self, exchange)
      exchange%taught(at) = .true.
      call gather_2_sp(self%slots(at), exchange%at(:exchange%active), values, &
         exchange%truth)
   end procedure teach_2_sp

   subroutine gather_1_sp(slot, points, one_column, values, x)
      type(slot_t), intent(in) :: slot
      integer, intent(in) :: points(:)               !! (active)
      logical, intent(in) :: one_column
      real(sp), intent(in) :: values(:)
      real(dp), intent(inout) :: x(:, :)             !! (rows, columns)
      integer :: j
      do j = 1, size(points)
         if (one_column) then
            x(slot%rows, j) = real(values, dp)
         else
            x(slot%rows(1), j) = real(values(points(j)), dp)
         end if
      end do
   end subroutine gather_1_sp

   subroutine gather_2_sp(slot, points, values, x)
      type(slot_t), intent(in) :: slot
      integer, intent(in) :: points(:)               !! (active)
      real(sp), intent(in) :: values(:, :)
      real(dp), intent(inout) :: x(:, :)             !! (rows, columns)
      integer :: i, j, row
      if (slot%columns_first) then
         do i = 1, slot%length
            row = slot%rows(i)
            do j = 1, size(points)
               x(row, j) = real(values(points(j), i), dp)
            end do
         end do
      else if (slot%contiguous) then
         row = slot%rows(1)
         do j = 1, size(points)
            x(row:row + slot%length - 1, j) = real(values(:, points(j)), dp)
         end do
      else
         do j = 1, size(points)
            do i = 1, slot%length
               x(slot%rows(i), j) = real(values(i, points(j)), dp)
            end do
         end do
      end if
   end subroutine gather_2_sp

   module procedure take_1_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .true., one_column, error)
      if (.not. allocated(error)) call check_spread(exchange, error, spread)
      if (allocated(error)) return
      if (wants(spread)) then
         call scatter_1_sp(self%slots(at), exchange, exchange%spread, one_column, values)
      else
         call scatter_1_sp(self%slots(at), exchange, exchange%y, one_column, values)
      end if
   end procedure take_1_sp

   module procedure take_2_sp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .true., one_column, error)
      if (.not. allocated(error)) call check_spread(exchange, error, spread)
      if (allocated(error)) return
      if (wants(spread)) then
         call scatter_2_sp(self%slots(at), exchange, exchange%spread, values)
      else
         call scatter_2_sp(self%slots(at), exchange, exchange%y, values)
      end if
   end procedure take_2_sp

   subroutine scatter_1_sp(slot, exchange, y, one_column, values)
      type(slot_t), intent(in) :: slot
      type(exchange_t), intent(in) :: exchange
      real(dp), intent(in) :: y(:, :)                !! (rows, columns)
      logical, intent(in) :: one_column
      real(sp), intent(inout) :: values(:)
      integer :: j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         if (one_column) then
            values = real(y(slot%rows, j), sp)
         else
            values(exchange%at(j)) = real(y(slot%rows(1), j), sp)
         end if
      end do
   end subroutine scatter_1_sp

   subroutine scatter_2_sp(slot, exchange, y, values)
      type(slot_t), intent(in) :: slot
      type(exchange_t), intent(in) :: exchange
      real(dp), intent(in) :: y(:, :)                !! (rows, columns)
      real(sp), intent(inout) :: values(:, :)
      integer :: i, j
      associate (points => exchange%at)
         if (slot%columns_first) then
            do i = 1, slot%length
               do j = 1, exchange%active
                  if (exchange%good(j)) values(points(j), i) = real(y(slot%rows(i), j), sp)
               end do
            end do
         else
            do j = 1, exchange%active
               if (.not. exchange%good(j)) cycle
               do i = 1, slot%length
                  values(i, points(j)) = real(y(slot%rows(i), j), sp)
               end do
            end do
         end if
      end associate
   end subroutine scatter_2_sp

   module procedure give_1_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .false., .false., one_column, error)
      if (allocated(error)) return
      exchange%looked = .false.
      exchange%given(at) = .true.
      call gather_1_dp(self%slots(at), exchange%at(:exchange%active), one_column, values, &
         exchange%x)
   end procedure give_1_dp

   module procedure give_2_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .false., .false., one_column, error)
      if (allocated(error)) return
      exchange%looked = .false.
      exchange%given(at) = .true.
      call gather_2_dp(self%slots(at), exchange%at(:exchange%active), values, &
         exchange%x)
   end procedure give_2_dp

   module procedure teach_1_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .false., one_column, error)
      if (allocated(error)) return
      call make_truth(self, exchange)
      exchange%taught(at) = .true.
      call gather_1_dp(self%slots(at), exchange%at(:exchange%active), one_column, values, &
         exchange%truth)
   end procedure teach_1_dp

   module procedure teach_2_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .false., one_column, error)
      if (allocated(error)) return
      call make_truth(self, exchange)
      exchange%taught(at) = .true.
      call gather_2_dp(self%slots(at), exchange%at(:exchange%active), values, &
         exchange%truth)
   end procedure teach_2_dp

   subroutine gather_1_dp(slot, points, one_column, values, x)
      type(slot_t), intent(in) :: slot
      integer, intent(in) :: points(:)               !! (active)
      logical, intent(in) :: one_column
      real(dp), intent(in) :: values(:)
      real(dp), intent(inout) :: x(:, :)             !! (rows, columns)
      integer :: j
      do j = 1, size(points)
         if (one_column) then
            x(slot%rows, j) = real(values, dp)
         else
            x(slot%rows(1), j) = real(values(points(j)), dp)
         end if
      end do
   end subroutine gather_1_dp

   subroutine gather_2_dp(slot, points, values, x)
      type(slot_t), intent(in) :: slot
      integer, intent(in) :: points(:)               !! (active)
      real(dp), intent(in) :: values(:, :)
      real(dp), intent(inout) :: x(:, :)             !! (rows, columns)
      integer :: i, j, row
      if (slot%columns_first) then
         do i = 1, slot%length
            row = slot%rows(i)
            do j = 1, size(points)
               x(row, j) = real(values(points(j), i), dp)
            end do
         end do
      else if (slot%contiguous) then
         row = slot%rows(1)
         do j = 1, size(points)
            x(row:row + slot%length - 1, j) = real(values(:, points(j)), dp)
         end do
      else
         do j = 1, size(points)
            do i = 1, slot%length
               x(slot%rows(i), j) = real(values(i, points(j)), dp)
            end do
         end do
      end if
   end subroutine gather_2_dp

   module procedure take_1_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .true., one_column, error)
      if (.not. allocated(error)) call check_spread(exchange, error, spread)
      if (allocated(error)) return
      if (wants(spread)) then
         call scatter_1_dp(self%slots(at), exchange, exchange%spread, one_column, values)
      else
         call scatter_1_dp(self%slots(at), exchange, exchange%y, one_column, values)
      end if
   end procedure take_1_dp

   module procedure take_2_dp
      logical :: one_column
      call check_array(self, exchange, at, shape(values), .true., .true., one_column, error)
      if (.not. allocated(error)) call check_spread(exchange, error, spread)
      if (allocated(error)) return
      if (wants(spread)) then
         call scatter_2_dp(self%slots(at), exchange, exchange%spread, values)
      else
         call scatter_2_dp(self%slots(at), exchange, exchange%y, values)
      end if
   end procedure take_2_dp

   subroutine scatter_1_dp(slot, exchange, y, one_column, values)
      type(slot_t), intent(in) :: slot
      type(exchange_t), intent(in) :: exchange
      real(dp), intent(in) :: y(:, :)                !! (rows, columns)
      logical, intent(in) :: one_column
      real(dp), intent(inout) :: values(:)
      integer :: j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         if (one_column) then
            values = real(y(slot%rows, j), dp)
         else
            values(exchange%at(j)) = real(y(slot%rows(1), j), dp)
         end if
      end do
   end subroutine scatter_1_dp

   subroutine scatter_2_dp(slot, exchange, y, values)
      type(slot_t), intent(in) :: slot
      type(exchange_t), intent(in) :: exchange
      real(dp), intent(in) :: y(:, :)                !! (rows, columns)
      real(dp), intent(inout) :: values(:, :)
      integer :: i, j
      associate (points => exchange%at)
         if (slot%columns_first) then
            do i = 1, slot%length
               do j = 1, exchange%active
                  if (exchange%good(j)) values(points(j), i) = real(y(slot%rows(i), j), dp)
               end do
            end do
         else
            do j = 1, exchange%active
               if (.not. exchange%good(j)) cycle
               do i = 1, slot%length
                  values(i, points(j)) = real(y(slot%rows(i), j), dp)
               end do
            end do
         end if
      end associate
   end subroutine scatter_2_dp

   !> Room for what the host should get.
   subroutine make_truth(self, exchange)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      if (allocated(exchange%truth)) return
      allocate (exchange%truth(self%rows_out, exchange%capacity), source=0.0_dp)
      allocate (exchange%taught(size(self%slots)), source=.false.)
   end subroutine make_truth

   pure logical function wants(flag)
      logical, intent(in), optional :: flag
      wants = .false.
      if (present(flag)) wants = flag
   end function wants

   subroutine check_spread(exchange, error, spread)
      type(exchange_t), intent(in) :: exchange
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: spread
      if (wants(spread) .and. .not. exchange%has_spread) call raise(error, fkb_err_argument, &
         'only an ensemble has a spread')
   end subroutine check_spread

end submodule fkb_coupler_move_dp
