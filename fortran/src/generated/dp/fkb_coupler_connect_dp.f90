! Generated from couple/fkb_coupler_connect.fypp: edit that file and run tools/generate.py
!> Matching the fields of a network with those of a host.
submodule(fkb_coupler_dp) fkb_coupler_connect_dp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_field, only: name_in, order_names, order_unstated, policy_error
   use fkb_partner, only: find_limits
   use fkb_shape, only: shape_t
   use fkb_slot, only: described, listed, policy_count, same_unit
   use fkb_text, only: decimal, quote
   implicit none (type, external)

contains

   module procedure offer
      type(slot_t) :: slot
      slot%name = name
      slot%unit = unit
      slot%length = length
      if (present(order)) slot%order = name_in(order_names, order)
      if (present(order) .and. slot%order == order_unstated) slot%order = -1
      if (present(columns_first)) slot%columns_first = columns_first
      call add_slot(self, slot, at)
   end procedure offer

   module procedure accept
      call self%offer(name, length, unit, at, order, columns_first)
      self%slots(at)%is_output = .true.
      if (present(required)) self%slots(at)%required = required
   end procedure accept

   subroutine add_slot(self, slot, at)
      class(coupler_t), intent(inout) :: self
      type(slot_t), intent(in) :: slot
      integer, intent(out) :: at
      type(slot_t), allocatable :: longer(:)
      self%key = 0
      if (.not. allocated(self%slots)) allocate (self%slots(0))
      at = size(self%slots) + 1
      allocate (longer(at))
      longer(:at - 1) = self%slots
      longer(at) = slot
      call move_alloc(longer, self%slots)
   end subroutine add_slot

   module procedure connected
      connected = self%key /= 0
   end procedure connected

   module procedure serves
      serves = self%slots(at)%needed
   end procedure serves

   module procedure connect_network
      self%key = 0
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      call list_ends(net, .false., self%in_ends, self%inputs, self%rows_in, error)
      if (.not. allocated(error)) call list_ends(net, .true., self%out_ends, self%outputs, &
         self%rows_out, error)
      if (.not. allocated(error)) call fit_host(self, error, spare_outputs)
      if (.not. allocated(error)) call add_budgets(self, net%outputs, error)
      if (.not. allocated(error)) call settle(self, net%graph%key)
   end procedure connect_network

   module procedure fit_host
      character(:), allocatable :: wrong
      logical :: spare
      integer :: i
      if (.not. allocated(self%slots)) allocate (self%slots(0))
      do i = 1, size(self%slots)
         self%slots(i)%needed = .false.
      end do
      spare = .false.
      if (present(spare_outputs)) spare = spare_outputs
      wrong = ''
      call match(self, self%inputs, .false., .false., wrong)
      call match(self, self%outputs, .true., spare, wrong)
      call find_unanswered(self, wrong)
      if (len(wrong) > 0) then
         call raise(error, fkb_err_argument, 'the host does not fit the network: '//wrong//'. '// &
            'The network takes '//listed(self%inputs)//'; the host offers '// &
            host_list(self%slots, .false.)//'. The network gives '//listed(self%outputs)// &
            '; the host accepts '//host_list(self%slots, .true.))
         return
      end if
      call place_others(self)
      call find_limits(self%inputs, .false., self%slots, error)
      if (.not. allocated(error)) call find_limits(self%outputs, .true., self%slots, error)
      if (.not. allocated(error)) call self%finish%prepare(self%rows_out, self%outputs, &
         self%slots, error)
      if (allocated(error)) return
      self%finish%idle = self%finish%idle .and. .not. (any(self%inputs%moving()) .or. &
         any(self%outputs%moving()))
   end procedure fit_host

   module procedure add_budgets
      integer :: i
      do i = 1, size(ports)
         if (.not. allocated(ports(i)%budgets)) cycle
         call self%finish%add_budgets(ports(i)%budgets, self%outputs, self%slots, error)
         if (allocated(error)) return
      end do
   end procedure add_budgets

   !> A field that something needs must be finite; of the others it is counted where a rule of the
   !> host may look at them.
   module procedure settle
      integer :: f
      do f = 1, size(self%others)
         self%others(f)%not_finite = merge(policy_error, policy_count, &
            self%slots(self%others(f)%slot)%needed)
      end do
      self%key = key
   end procedure settle

   !> Rows for what the host offers besides: limits, budgets and rules may need it.
   subroutine place_others(self)
      type(coupler_t), intent(inout) :: self
      integer :: i, n, s
      if (allocated(self%others)) deallocate (self%others)
      n = 0
      do s = 1, size(self%slots)
         if (.not. (self%slots(s)%is_output .or. self%slots(s)%needed)) n = n + 1
      end do
      allocate (self%others(n))
      n = 0
      do s = 1, size(self%slots)
         associate (slot => self%slots(s))
            if (slot%is_output .or. slot%needed) cycle
            slot%rows = [(self%rows_in + i, i=1, slot%length)]
            slot%contiguous = .true.
            n = n + 1
            self%others(n)%about%name = slot%name
            self%others(n)%about%unit = slot%unit
            self%others(n)%about%length = slot%length
            self%others(n)%first = self%rows_in + 1
            self%others(n)%stride = slot%length
            self%others(n)%slot = s
            self%rows_in = self%rows_in + slot%length
         end associate
      end do
   end subroutine place_others

   module procedure list_ends
      if (is_output) then
         call list_ports(net, net%outputs, net%graph%outputs, 'output', ends, fields, rows, error)
      else
         call list_ports(net, net%inputs, net%graph%inputs, 'input', ends, fields, rows, error)
      end if
   end procedure list_ends

   !> Sizes and fields of all inputs or all outputs, one after the other in the buffer.
   subroutine list_ports(net, ports, values, side, ends, fields, rows, error)
      type(network_t), intent(in) :: net
      type(port_t), intent(in) :: ports(:)
      integer, intent(in) :: values(:)               !! of the graph
      character(*), intent(in) :: side
      type(end_t), allocatable, intent(out) :: ends(:)
      type(span_of_field_t), allocatable, intent(out) :: fields(:)
      integer, intent(out) :: rows
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: shape
      integer :: k, n
      rows = 0
      n = 0
      do k = 1, size(ports)
         n = n + 1
         if (allocated(ports(k)%fields)) n = n - 1 + size(ports(k)%fields)
      end do
      allocate (ends(size(ports)), fields(n))
      n = 0
      do k = 1, size(ports)
         shape = net%graph%values(values(k))%shape
         if (net%keeps_state()) where (shape%extent(:shape%rank) < 0) shape%extent(:shape%rank) = 1
         if (.not. shape%closed() .or. shape%rank < 1) then
            call raise(error, fkb_err_argument, side//' '//decimal(k - 1)//' has the open '// &
               'shape '//shape%text()//': a coupling needs to know its size')
            return
         end if
         ends(k)%first = rows + 1
         ends(k)%elements = shape%extent(1)
         ends(k)%places = int(shape%count())/max(1, shape%extent(1))
         ends(k)%host_elements = shape%extent(1)
         if (allocated(ports(k)%chosen)) ends(k)%host_elements = ports(k)%host_elements
         call place_fields(ports(k), ends(k), side//' '//decimal(k - 1), fields, n)
         rows = rows + ends(k)%places*ends(k)%host_elements
      end do
   end subroutine list_ports

   !> The fields of one port; a port that the file does not describe is one field.
   subroutine place_fields(port, here, label, fields, n)
      type(port_t), intent(in) :: port
      type(end_t), intent(in) :: here
      character(*), intent(in) :: label
      type(span_of_field_t), intent(inout) :: fields(:)
      integer, intent(inout) :: n                    !! fields so far
      integer :: i, many
      many = 1
      if (allocated(port%fields)) many = size(port%fields)
      do i = 1, many
         n = n + 1
         associate (field => fields(n))
            if (allocated(port%fields)) then
               field%about = port%fields(i)
            else
               field%about%name = label
               field%about%unit = ''
            end if
            if (many == 1) field%about%length = here%host_elements
            field%first = here%first + field%about%first - 1
            field%places = here%places
            field%stride = here%host_elements
            field%outside = field%about%outside
            field%not_finite = field%about%not_finite
         end associate
      end do
   end subroutine place_fields

   !> Find the host's field for each of the model's, and where its values stand.
   subroutine match(self, fields, is_output, spare, wrong)
      class(coupler_t), intent(inout) :: self
      type(span_of_field_t), intent(in) :: fields(:)
      logical, intent(in) :: is_output
      logical, intent(in) :: spare                   !! fields may be left
      character(:), allocatable, intent(inout) :: wrong
      integer :: f, g, s
      do f = 1, size(fields)
         associate (field => fields(f))
            do g = 1, f - 1
               if (fields(g)%about%name == field%about%name) call complain(wrong, &
                  quote(field%about%name)//' stands twice in the model')
            end do
            s = slot_of(self%slots, field%about%name, is_output)
            if (s == 0) then
               if (.not. (is_output .and. spare)) call complain(wrong, quote(field%about%name)// &
                  trim(merge(' is not accepted', ' is not offered ', is_output)))
            else if (self%slots(s)%length /= field%rows()) then
               call complain(wrong, quote(field%about%name)//' has '// &
                  decimal(self%slots(s)%length)//' values a column in the host and '// &
                  decimal(field%rows())//' in the model')
            else if (.not. same_unit(field%about%unit, self%slots(s)%unit)) then
               call complain(wrong, 'the unit of '//quote(field%about%name)//' is "'// &
                  self%slots(s)%unit//'" in the host and "'//field%about%unit//'" in the model')
            else if (self%slots(s)%order < 0) then
               call complain(wrong, 'the order of '//quote(field%about%name)// &
                  ' must be top_down or bottom_up')
            else
               call place_slot(field, self%slots(s))
            end if
         end associate
      end do
   end subroutine match

   !> The host's field of a name that was declared last, 0 where there is none.
   pure integer function slot_of(slots, name, is_output) result(s)
      type(slot_t), intent(in) :: slots(:)
      character(*), intent(in) :: name
      logical, intent(in) :: is_output
      do s = size(slots), 1, -1
         if (slots(s)%name == name .and. (slots(s)%is_output .eqv. is_output)) return
      end do
   end function slot_of

   !> Rows of the buffer for the host's values, upside down where host and model count levels in
   !> opposite directions.
   subroutine place_slot(field, slot)
      type(span_of_field_t), intent(in) :: field
      type(slot_t), intent(inout) :: slot
      integer :: i, level, n, rows(slot%length)
      logical :: flip
      n = field%about%length
      flip = field%about%order /= order_unstated .and. slot%order /= order_unstated .and. &
         field%about%order /= slot%order
      do i = 1, slot%length
         level = mod(i - 1, n) + 1
         if (flip) level = n + 1 - level
         rows(i) = field%row((i - 1)/n*n + level)
      end do
      slot%rows = rows
      slot%contiguous = all(rows == [(rows(1) + i - 1, i=1, slot%length)])
      slot%needed = .true.
   end subroutine place_slot

   !> Fields that the host must get and no output gives.
   subroutine find_unanswered(self, wrong)
      class(coupler_t), intent(in) :: self
      character(:), allocatable, intent(inout) :: wrong
      integer :: f, s
      do s = 1, size(self%slots)
         associate (slot => self%slots(s))
            if (.not. slot%is_output .or. .not. slot%required .or. slot%needed) cycle
            do f = 1, size(self%outputs)
               if (self%outputs(f)%about%name == slot%name) exit
            end do
            if (f > size(self%outputs)) call complain(wrong, 'no output gives '//quote(slot%name))
         end associate
      end do
   end subroutine find_unanswered

   subroutine complain(wrong, text)
      character(:), allocatable, intent(inout) :: wrong
      character(*), intent(in) :: text
      if (len(wrong) > 0) wrong = wrong//'; '
      wrong = wrong//text
   end subroutine complain

   function host_list(slots, is_output) result(text)
      type(slot_t), intent(in) :: slots(:)
      logical, intent(in) :: is_output
      character(:), allocatable :: text
      integer :: i
      text = ''
      do i = 1, size(slots)
         if (slots(i)%is_output .neqv. is_output) cycle
         if (len(text) > 0) text = text//', '
         text = text//described(slots(i)%name, slots(i)%length, slots(i)%unit)
      end do
      if (len(text) == 0) text = 'nothing'
   end function host_list

end submodule fkb_coupler_connect_dp
