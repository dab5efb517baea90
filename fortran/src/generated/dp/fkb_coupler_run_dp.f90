! Generated from couple/fkb_coupler_run.fypp: edit that file and run tools/generate.py
!> Asking the network: guards, steps, the network, steps, guards.
submodule(fkb_coupler_dp) fkb_coupler_run_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
   use fkb_column, only: column_t
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_exchange_dp, only: buffer_t
   use fkb_field, only: policy_previous
   use fkb_guard, only: guard
   use fkb_host_dp, only: host_t
   use fkb_port, only: port_t
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure run
      integer :: k
      exchange%answered = .false.
      call check_ready(self, net, exchange, error, state, previous)
      if (.not. allocated(error)) call check_step(self, error, dt)
      if (allocated(error)) return
      exchange%tally%calls = exchange%tally%calls + 1
      exchange%tally%columns = exchange%tally%columns + exchange%active
      exchange%good(:exchange%active) = .true.
      if (.not. self%finish%idle) exchange%own(:, :exchange%active) = &
         exchange%x(:, :exchange%active)
      call guard_columns(self%inputs, exchange%x, exchange%tally%inputs, .false.)
      if (allocated(error)) return
      do k = 1, size(self%in_ends)
         call pack_input(net%inputs(k), self%in_ends(k), exchange%x, &
            exchange%good(:exchange%active), exchange%part, exchange%from(k)%v)
         call connect_array(self%in_ends(k), exchange%active, exchange%from(k), exchange%inputs(k))
      end do
      do k = 1, size(self%out_ends)
         call connect_array(self%out_ends(k), exchange%active, exchange%to(k), exchange%outputs(k))
      end do
      call ask(net, exchange, error, state)
      if (allocated(error)) return
      do k = 1, size(self%out_ends)
         call unpack_output(net%outputs(k), self%out_ends(k), exchange%to(k)%v, &
            exchange%active, exchange%part, exchange%y)
      end do
      if (present(rule)) call apply_rule(self, exchange, rule)
      call guard_columns(self%outputs, exchange%y, exchange%tally%outputs, .true.)
      if (allocated(error)) return
      if (.not. self%finish%idle) call finish_columns(self, exchange, dt)
      call keep(exchange, state, previous)
      exchange%tally%handed_back = exchange%tally%handed_back + &
         count(.not. exchange%good(:exchange%active))
      exchange%answered = .true.

   contains

      !> Look at all fields of all active columns.
      subroutine guard_columns(fields, x, counts, of_outputs)
         type(span_of_field_t), intent(in) :: fields(:)
         real(dp), intent(inout) :: x(:, :)
         integer(i8), intent(inout) :: counts(:, :)
         logical, intent(in) :: of_outputs
         real(dp) :: nothing(0)
         integer :: f, j
         do j = 1, exchange%active
            if (of_outputs .and. .not. exchange%good(j)) cycle
            do f = 1, size(fields)
               if (.not. present(previous)) then
                  call guard(fields(f), x(:, j), nothing, .false., counts, exchange%good(j), error)
               else if (of_outputs) then
                  call guard(fields(f), x(:, j), previous%outputs(:, exchange%at(j)), &
                     previous%known(exchange%at(j)), counts, exchange%good(j), error)
               else
                  call guard(fields(f), x(:, j), previous%inputs(:, exchange%at(j)), &
                     previous%known(exchange%at(j)), counts, exchange%good(j), error)
               end if
               if (allocated(error)) then
                  call add_context(error, 'column '//decimal(exchange%at(j)))
                  return
               end if
            end do
         end do
      end subroutine guard_columns

   end procedure run

   !> Where a field must stay positive the length of the step must be known.
   subroutine check_step(self, error, dt)
      class(coupler_t), intent(in) :: self
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: dt
      if (present(dt)) then
         if (.not. (dt > 0 .and. dt <= huge(dt))) call raise(error, fkb_err_argument, &
            'dt must be positive')
      else if (self%finish%keeps_something) then
         call raise(error, fkb_err_argument, 'the model keeps a field above its least value: '// &
            'pass the length of the step as dt=')
      end if
   end subroutine check_step

   subroutine apply_rule(self, exchange, rule)
      class(coupler_t), intent(in), target :: self
      type(exchange_t), intent(inout), target :: exchange
      class(column_rule_t), intent(in) :: rule
      type(column_t) :: column
      integer :: j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         call column%show(exchange%at(j), exchange%x(:, j), exchange%y(:, j), &
            exchange%tally%outputs, self%slots, exchange%given)
         call rule%apply(column)
      end do
   end subroutine apply_rule

   !> Zeros, fields kept positive, budgets: for the host's own values, not for the limits that the
   !> network was given in their place; where they are not finite, for what it was given.
   subroutine finish_columns(self, exchange, dt)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in), optional :: dt
      real(dp) :: step
      integer :: i, j
      step = 1
      if (present(dt)) step = dt
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         do i = 1, self%rows_in
            if (.not. ieee_is_finite(exchange%own(i, j))) exchange%own(i, j) = exchange%x(i, j)
         end do
         call self%finish%apply(exchange%own(:, j), exchange%y(:, j), step, exchange%tally, &
            exchange%lower, exchange%upper, exchange%free)
      end do
   end subroutine finish_columns

   subroutine check_ready(self, net, exchange, error, state, previous)
      class(coupler_t), intent(in) :: self
      type(network_t), intent(in) :: net
      type(exchange_t), intent(in) :: exchange
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(in), optional :: state
      type(previous_t), intent(in), optional :: previous
      integer :: s
      if (self%key == 0 .or. self%key /= net%graph%key) then
         call raise(error, fkb_err_argument, 'another network is connected: call connect first')
      else if (.not. allocated(exchange%given)) then
         call raise(error, fkb_err_argument, 'the exchange has not begun: call begin first')
      else if (size(exchange%given) /= size(self%slots) .or. &
         size(exchange%x, 1) /= self%rows_in .or. size(exchange%y, 1) /= self%rows_out) then
         call raise(error, fkb_err_argument, 'the exchange is of another coupling: call begin')
      end if
      if (allocated(error)) return
      do s = 1, size(self%slots)
         if (self%slots(s)%is_output .or. .not. self%slots(s)%needed .or. exchange%given(s)) cycle
         call raise(error, fkb_err_argument, 'the field "'//self%slots(s)%name// &
            '" was not given')
         return
      end do
      if (present(state)) then
         if (state%columns() /= exchange%columns) call raise(error, fkb_err_argument, &
            'the state has '//decimal(state%columns())//' columns, the host '// &
            decimal(exchange%columns))
      else if (net%keeps_state()) then
         call raise(error, fkb_err_argument, 'the network has stateful layers: make a state '// &
            'with net%make_state and pass it as state=')
      end if
      if (allocated(error)) return
      if (present(previous)) then
         if (.not. allocated(previous%known)) then
            call raise(error, fkb_err_argument, 'there is no room for previous values: call '// &
               'make_previous first')
         else if (size(previous%known) /= exchange%columns .or. &
            size(previous%inputs, 1) /= self%rows_in .or. &
            size(previous%outputs, 1) /= self%rows_out) then
            call raise(error, fkb_err_argument, 'the previous values are of another coupling')
         end if
      else if (any(self%inputs%outside == policy_previous) .or. &
         any(self%inputs%not_finite == policy_previous) .or. &
         any(self%outputs%outside == policy_previous) .or. &
         any(self%outputs%not_finite == policy_previous)) then
         call raise(error, fkb_err_argument, 'a policy is "previous": make room with '// &
            'make_previous and pass it as previous=')
      end if
   end subroutine check_ready

   !> Through the input's steps into the network's kind. A column that is left to the host becomes
   !> zeros, so that the batch is as long as ever and the others get the same bits.
   subroutine pack_input(port, here, x, good, part, v)
      type(port_t), intent(in) :: port
      type(end_t), intent(in) :: here
      real(dp), intent(in), contiguous :: x(:, :)    !! (rows, columns)
      logical, intent(in) :: good(:)                 !! (columns)
      real(dp), intent(inout), contiguous :: part(:)
      real(wp), intent(inout), contiguous :: v(:)
      integer :: at, i, j, n, p, row
      n = here%elements
      at = 0
      do j = 1, size(good)
         do p = 0, here%places - 1
            if (good(j)) then
               row = here%first + p*here%host_elements
               if (allocated(port%chosen)) then
                  do i = 1, n
                     part(i) = x(row - 1 + port%chosen(i), j)
                  end do
               else
                  part(:n) = x(row:row + n - 1, j)
               end if
               call port%apply(1, n, part)
               v(at + 1:at + n) = real(part(:n), wp)
            else
               v(at + 1:at + n) = 0
            end if
            at = at + n
         end do
      end do
   end subroutine pack_input

   subroutine unpack_output(port, here, v, columns, part, y)
      type(port_t), intent(in) :: port
      type(end_t), intent(in) :: here
      real(wp), intent(in), contiguous :: v(:)
      integer, intent(in) :: columns
      real(dp), intent(inout), contiguous :: part(:)
      real(dp), intent(inout), contiguous :: y(:, :) !! (rows, columns)
      integer :: at, j, n, p, row
      n = here%elements
      at = 0
      do j = 1, columns
         do p = 0, here%places - 1
            row = here%first + p*here%host_elements
            part(:n) = real(v(at + 1:at + n), dp)
            call port%apply(1, n, part)
            y(row:row + n - 1, j) = part(:n)
            at = at + n
         end do
      end do
   end subroutine unpack_output

   subroutine connect_array(here, columns, buffer, host)
      type(end_t), intent(in) :: here
      integer, intent(in) :: columns
      type(buffer_t), intent(in), target :: buffer
      type(host_t), intent(inout) :: host
      integer :: n
      n = here%elements*here%places
      host%d(1:n, 1:columns) => buffer%v(:n*columns)
   end subroutine connect_array

   !> Run the network, with the state of the active columns.
   subroutine ask(net, exchange, error, state)
      type(network_t), intent(in) :: net
      type(exchange_t), intent(inout), target :: exchange
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(in), optional :: state
      integer :: n, rows
      if (exchange%active == 0) return
      if (.not. present(state)) then
         call net%run(exchange%inputs, exchange%outputs, exchange%work, error, raw=.true.)
         return
      end if
      rows = size(state%values, 1)
      n = exchange%active
      if (allocated(exchange%state%values)) then
         if (any(shape(exchange%state%values) /= [rows, n])) deallocate (exchange%state%values)
      end if
      if (.not. allocated(exchange%state%values)) allocate (exchange%state%values(rows, n))
      exchange%state%values = state%values(:, exchange%at(:n))
      call net%run(exchange%inputs, exchange%outputs, exchange%work, error, raw=.true., &
         state=exchange%state)
   end subroutine ask

   !> What the next call goes on from: of columns that are left to the host, what was before.
   subroutine keep(exchange, state, previous)
      type(exchange_t), intent(in) :: exchange
      type(state_t), intent(inout), optional :: state
      type(previous_t), intent(inout), optional :: previous
      integer :: at, j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         at = exchange%at(j)
         if (present(state)) state%values(:, at) = exchange%state%values(:, j)
         if (.not. present(previous)) cycle
         previous%inputs(:, at) = exchange%x(:, j)
         previous%outputs(:, at) = exchange%y(:, j)
         previous%known(at) = .true.
      end do
   end subroutine keep

   module procedure make_previous
      if (self%key == 0) then
         call raise(error, fkb_err_argument, 'no network is connected: call connect first')
      else if (columns < 0) then
         call raise(error, fkb_err_argument, 'the number of columns is negative')
      else
         allocate (previous%inputs(self%rows_in, columns), source=0.0_dp)
         allocate (previous%outputs(self%rows_out, columns), source=0.0_dp)
         allocate (previous%known(columns), source=.false.)
      end if
   end procedure make_previous

end submodule fkb_coupler_run_dp
