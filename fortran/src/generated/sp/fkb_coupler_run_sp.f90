! Generated from couple/fkb_coupler_run.fypp: edit that file and run tools/generate.py
!> Asking a network: guards, steps, the network, steps, guards.
submodule(fkb_coupler_sp) fkb_coupler_run_sp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_exchange_sp, only: buffer_t
   use fkb_host_sp, only: host_t
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure run_network
      integer :: k
      exchange%answered = .false.
      call check_ready(self, net%graph%key, exchange, error, previous)
      if (.not. allocated(error)) call check_state(net, exchange, error, state)
      if (.not. allocated(error)) call check_step(self, error, dt)
      if (.not. allocated(error)) call open_run(self, exchange, present(rule), error, previous)
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
      call close_run(self, exchange, error, previous, dt, rule)
      if (.not. allocated(error) .and. present(state)) call keep_state(exchange, state)
   end procedure run_network

   subroutine check_state(net, exchange, error, state)
      type(network_t), intent(in) :: net
      type(exchange_t), intent(in) :: exchange
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(in), optional :: state
      if (present(state)) then
         if (state%columns() /= exchange%columns) call raise(error, fkb_err_argument, &
            'the state has '//decimal(state%columns())//' columns, the host '// &
            decimal(exchange%columns))
      else if (net%keeps_state()) then
         call raise(error, fkb_err_argument, 'the network has stateful layers: make a state '// &
            'with net%make_state and pass it as state=')
      end if
   end subroutine check_state

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
      host%s(1:n, 1:columns) => buffer%v(:n*columns)
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

   !> The new state; of columns that are left to the host, what was before.
   subroutine keep_state(exchange, state)
      type(exchange_t), intent(in) :: exchange
      type(state_t), intent(inout) :: state
      integer :: j
      do j = 1, exchange%active
         if (exchange%good(j)) state%values(:, exchange%at(j)) = exchange%state%values(:, j)
      end do
   end subroutine keep_state

end submodule fkb_coupler_run_sp
