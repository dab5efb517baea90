! Generated from couple/fkb_coupler_groups.fypp: edit that file and run tools/generate.py
!> Networks that work together in the place of one: the host's values go to all of them.
submodule(fkb_coupler_dp) fkb_coupler_groups_dp
   use fkb_alike, only: check_alike
   use fkb_crew_dp, only: grow, network_box_t
   use fkb_error, only: fkb_err_argument, fkb_err_unsupported, raise
   use fkb_joined_fields, only: join_fields
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Of ensembles, banks and gates, so that none is taken for another.
   integer(i8), parameter :: ensemble_salt = 11, bank_salt = 12, gate_salt = 13

contains

   module procedure connect_ensemble
      self%key = 0
      if (net%members() == 0) call raise(error, fkb_err_argument, &
         'the ensemble has no member: load or add some')
      if (.not. allocated(error)) call list_inputs(self, net%boxes, error)
      if (.not. allocated(error)) call list_outputs(self, net%boxes, error)
      if (.not. allocated(error)) call fit_host(self, error, spare_outputs)
      if (.not. allocated(error)) call add_all_budgets(self, net%boxes, error)
      if (.not. allocated(error)) call settle(self, key_of(net%boxes, ensemble_salt))
   end procedure connect_ensemble

   module procedure connect_gate
      self%key = 0
      if (.not. allocated(net%boxes)) then
         call raise(error, fkb_err_argument, 'the gate has no classifier')
      else if (net%outputs() == 0) then
         call raise(error, fkb_err_argument, 'no class of the gate is served by a network')
      end if
      if (.not. allocated(error)) call list_inputs(self, net%boxes, error)
      if (.not. allocated(error)) call list_outputs(self, net%boxes(2:), error)
      if (.not. allocated(error)) call fit_host(self, error, spare_outputs)
      if (.not. allocated(error)) call add_all_budgets(self, net%boxes(2:), error)
      if (.not. allocated(error)) call settle(self, key_of(net%boxes, gate_salt))
   end procedure connect_gate

   module procedure connect_bank
      self%key = 0
      call net%check(error)
      if (.not. allocated(error)) call list_inputs(self, net%boxes, error)
      if (.not. allocated(error)) call list_joined(self, net, error)
      if (.not. allocated(error)) call fit_host(self, error, spare_outputs)
      if (.not. allocated(error)) call add_all_budgets(self, net%boxes, error)
      if (.not. allocated(error)) call settle(self, key_of_bank(net))
   end procedure connect_bank

   !> The inputs of the first network, and that those of the others are the same.
   subroutine list_inputs(self, boxes, error)
      class(coupler_t), intent(inout) :: self
      type(network_box_t), intent(in) :: boxes(:)
      type(error_t), allocatable, intent(out) :: error
      type(end_t), allocatable :: ends(:)
      type(span_of_field_t), allocatable :: fields(:)
      integer :: k, rows
      call list_ends(boxes(1)%net, .false., self%in_ends, self%inputs, self%rows_in, error)
      do k = 2, size(boxes)
         if (.not. allocated(error)) call list_ends(boxes(k)%net, .false., ends, fields, rows, &
            error)
         if (.not. allocated(error)) call check_alike(self%inputs, boxes(1)%name, fields, &
            boxes(k)%name, 'input', error)
         if (allocated(error)) return
      end do
   end subroutine list_inputs

   !> The outputs of the first network, and that those of the others are the same.
   subroutine list_outputs(self, boxes, error)
      class(coupler_t), intent(inout) :: self
      type(network_box_t), intent(in) :: boxes(:)
      type(error_t), allocatable, intent(out) :: error
      type(end_t), allocatable :: ends(:)
      type(span_of_field_t), allocatable :: fields(:)
      integer :: k, rows
      call list_ends(boxes(1)%net, .true., self%out_ends, self%outputs, self%rows_out, error)
      do k = 2, size(boxes)
         if (.not. allocated(error)) call list_ends(boxes(k)%net, .true., ends, fields, rows, &
            error)
         if (.not. allocated(error)) call check_alike(self%outputs, boxes(1)%name, fields, &
            boxes(k)%name, 'output', error)
         if (allocated(error)) return
      end do
   end subroutine list_outputs

   !> The outputs of a bank: fields of one name are one.
   subroutine list_joined(self, net, error)
      class(coupler_t), intent(inout) :: self
      type(bank_t), intent(in) :: net
      type(error_t), allocatable, intent(out) :: error
      type(span_of_field_t), allocatable :: fields(:), parts(:)
      integer, allocatable :: places(:)
      integer :: element(net%outputs()), owner(net%outputs())
      integer :: f, i, k, n, rows
      allocate (parts(0))
      do k = 1, net%networks()
         call list_ends(net%boxes(k)%net, .true., self%out_ends, fields, rows, error)
         if (allocated(error)) return
         call net%places_of(k, places)
         if (self%out_ends(1)%places > 1) then
            call raise(error, fkb_err_unsupported, net%boxes(k)%name//' gives an output of '// &
               'several axes: in the coupling of a bank outputs have one')
            return
         end if
         n = size(parts)
         call append_fields(parts, fields)
         do f = 1, size(fields)
            do i = 1, fields(f)%about%length
               owner(places(fields(f)%row(i))) = n + f
               element(places(fields(f)%row(i))) = i
            end do
         end do
      end do
      call join_fields(parts, owner, element, self%outputs, self%bank_rows, error)
      self%rows_out = net%outputs()
      self%out_ends(1)%elements = self%rows_out
      self%out_ends(1)%host_elements = self%rows_out
   end subroutine list_joined

   subroutine append_fields(parts, fields)
      type(span_of_field_t), allocatable, intent(inout) :: parts(:)
      type(span_of_field_t), intent(in) :: fields(:)
      type(span_of_field_t), allocatable :: longer(:)
      allocate (longer(size(parts) + size(fields)))
      longer(:size(parts)) = parts
      longer(size(parts) + 1:) = fields
      call move_alloc(longer, parts)
   end subroutine append_fields

   !> The budgets of all networks, those that several state once.
   subroutine add_all_budgets(self, boxes, error)
      class(coupler_t), intent(inout) :: self
      type(network_box_t), intent(in) :: boxes(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: i, k
      do k = 1, size(boxes)
         if (.not. allocated(boxes(k)%net%outputs(1)%budgets)) cycle
         do i = 1, k - 1
            if (.not. allocated(boxes(i)%net%outputs(1)%budgets)) cycle
            if (boxes(i)%net%outputs(1)%budgets == boxes(k)%net%outputs(1)%budgets) exit
         end do
         if (i < k) cycle
         call add_budgets(self, boxes(k)%net%outputs, error)
         if (allocated(error)) return
      end do
   end subroutine add_all_budgets

   !> A number that tells groups of networks apart.
   pure integer(i8) function key_of(boxes, salt) result(key)
      type(network_box_t), intent(in) :: boxes(:)
      integer(i8), intent(in) :: salt
      integer :: k
      key = salt
      do k = 1, size(boxes)
         key = mixed(key, boxes(k)%net%graph%key)
      end do
   end function key_of

   integer(i8) function key_of_bank(net) result(key)
      type(bank_t), intent(in) :: net
      integer, allocatable :: places(:)
      integer :: i, k
      key = key_of(net%boxes, bank_salt)
      do k = 1, net%networks()
         call net%places_of(k, places)
         do i = 1, size(places)
            key = mixed(key, int(places(i), i8))
         end do
      end do
   end function key_of_bank

   pure integer(i8) function mixed(key, more)
      integer(i8), intent(in) :: key, more
      mixed = mod(key*127_i8 + more + 1_i8, 36028797018963913_i8)
   end function mixed

   module procedure run_ensemble
      real(dp), pointer, contiguous :: x(:, :)
      integer(i8) :: key
      integer :: n
      exchange%has_spread = .false.
      key = 0
      if (net%members() > 0) key = key_of(net%boxes, ensemble_salt)
      call ready(self, key, exchange, error, previous, dt)
      if (.not. allocated(error)) call take_states(net, exchange, error, state)
      if (.not. allocated(error)) call open_run(self, exchange, present(rule), error, previous)
      if (allocated(error)) return
      n = exchange%active
      if (.not. allocated(exchange%spread)) allocate (exchange%spread, source=exchange%y)
      call make_batch(self, exchange, x)
      if (n > 0 .and. present(state)) then
         call net%predict(x, exchange%y(:, :n), exchange%ensemble_work, error, &
            spread=exchange%spread(:, :n), step=step, first_column=first_column, &
            columns=exchange%at(:n), state=exchange%ensemble_state)
      else if (n > 0) then
         call net%predict(x, exchange%y(:, :n), exchange%ensemble_work, error, &
            spread=exchange%spread(:, :n), step=step, first_column=first_column, &
            columns=exchange%at(:n))
      end if
      if (allocated(error)) return
      exchange%has_spread = .true.
      call close_run(self, exchange, error, previous, dt, rule)
      if (.not. allocated(error) .and. present(state)) call give_states(exchange, state)
   end procedure run_ensemble

   !> The states of the active columns.
   subroutine take_states(net, exchange, error, state)
      type(ensemble_t), intent(in) :: net
      type(exchange_t), intent(inout) :: exchange
      type(error_t), allocatable, intent(out) :: error
      type(ensemble_state_t), intent(in), optional :: state
      integer :: c, j, k
      if (.not. present(state)) then
         if (net%keeps_state()) call raise(error, fkb_err_argument, 'the ensemble has stateful '// &
            'members: make a state with ensemble%make_state and pass it as state=')
         return
      else if (state%columns /= exchange%columns) then
         call raise(error, fkb_err_argument, 'the state has '//decimal(state%columns)// &
            ' columns, the host '//decimal(exchange%columns))
         return
      end if
      call net%make_state(exchange%ensemble_state, exchange%active, error)
      if (allocated(error)) return
      if (size(state%networks) /= size(exchange%ensemble_state%networks)) then
         call raise(error, fkb_err_argument, 'the state is of another ensemble')
         return
      end if
      do k = 1, size(state%networks)
         if (.not. allocated(exchange%ensemble_state%networks(k)%values)) cycle
         if (state%networks(k)%columns() /= exchange%columns*net%copies(k) .or. &
            size(state%networks(k)%parts) /= size(exchange%ensemble_state%networks(k)%parts)) then
            call raise(error, fkb_err_argument, 'the state is of another ensemble')
            return
         end if
         do c = 0, net%copies(k) - 1
            do j = 1, exchange%active
               exchange%ensemble_state%networks(k)%values(:, c*exchange%active + j) = &
                  state%networks(k)%values(:, c*exchange%columns + exchange%at(j))
            end do
         end do
      end do
   end subroutine take_states

   !> The new states; of columns that are left to the host, what was before.
   subroutine give_states(exchange, state)
      type(exchange_t), intent(in) :: exchange
      type(ensemble_state_t), intent(inout) :: state
      integer :: c, j, k
      if (exchange%active == 0) return
      do k = 1, size(state%networks)
         if (.not. allocated(state%networks(k)%values)) cycle
         do c = 0, state%networks(k)%columns()/exchange%columns - 1
            do j = 1, exchange%active
               if (exchange%good(j)) state%networks(k)%values(:, c*exchange%columns + &
                  exchange%at(j)) = exchange%ensemble_state%networks(k)%values(:, &
                  c*exchange%active + j)
            end do
         end do
      end do
   end subroutine give_states

   module procedure run_bank
      real(dp), pointer, contiguous :: x(:, :), y(:, :)
      integer(i8) :: key
      integer :: n
      key = 0
      if (net%networks() > 0) key = key_of_bank(net)
      call ready(self, key, exchange, error, previous, dt)
      if (.not. allocated(error)) call open_run(self, exchange, present(rule), error, previous)
      if (allocated(error)) return
      n = exchange%active
      call make_batch(self, exchange, x)
      call grow(exchange%batch_out, self%rows_out*exchange%capacity)
      y(1:self%rows_out, 1:n) => exchange%batch_out(:self%rows_out*n)
      if (n > 0) call net%predict(x, y, exchange%bank_work, error)
      if (allocated(error)) return
      exchange%y(self%bank_rows, :n) = y
      call close_run(self, exchange, error, previous, dt, rule)
   end procedure run_bank

   module procedure run_gate
      real(dp), pointer, contiguous :: x(:, :)
      integer(i8) :: key
      integer :: n
      key = 0
      if (allocated(net%boxes)) key = key_of(net%boxes, gate_salt)
      call ready(self, key, exchange, error, previous, dt)
      if (.not. allocated(error)) call open_run(self, exchange, present(rule), error, previous)
      if (allocated(error)) return
      n = exchange%active
      call make_batch(self, exchange, x)
      if (.not. allocated(exchange%class)) allocate (exchange%class(exchange%capacity))
      if (n > 0) call net%predict(x, exchange%y(:, :n), exchange%gate_work, error, &
         exchange%class(:n))
      if (allocated(error)) return
      call close_run(self, exchange, error, previous, dt, rule)
   end procedure run_gate

   subroutine ready(self, key, exchange, error, previous, dt)
      class(coupler_t), intent(in) :: self
      integer(i8), intent(in) :: key
      type(exchange_t), intent(inout) :: exchange
      type(error_t), allocatable, intent(out) :: error
      type(previous_t), intent(in), optional :: previous
      real(dp), intent(in), optional :: dt
      exchange%answered = .false.
      call check_ready(self, key, exchange, error, previous)
      if (.not. allocated(error)) call check_step(self, error, dt)
   end subroutine ready

   !> The host's values of the active columns. A column that is left to the host becomes zeros, so
   !> that the batch is as long as ever.
   subroutine make_batch(self, exchange, x)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout), target :: exchange
      real(dp), pointer, contiguous, intent(out) :: x(:, :)   !! (features in, active)
      integer :: features, j
      features = self%in_ends(1)%places*self%in_ends(1)%host_elements
      call grow(exchange%batch_in, features*exchange%capacity)
      x(1:features, 1:exchange%active) => exchange%batch_in(:features*exchange%active)
      do j = 1, exchange%active
         x(:, j) = 0
         if (exchange%good(j)) x(:, j) = exchange%x(:features, j)
      end do
   end subroutine make_batch

end submodule fkb_coupler_groups_dp
