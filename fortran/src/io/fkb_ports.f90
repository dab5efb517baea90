!> Makes ports from the `input` and `output` blocks of a document.
!>
!> Steps are brought into the order in which they run: elements are chosen first, and the operands
!> of the steps that stood before the choice are chosen with them. The results are the same bits.
module fkb_ports
   use fkb_config, only: config_t
   use fkb_document, only: document_t
   use fkb_document_parts, only: buffer_of, file_port_t => port_t, in_integers, in_singles, &
      select_kind => step_select, tensor_t, values_t
   use fkb_error, only: add_context, error_t, fkb_err_format, fkb_err_numeric, raise
   use fkb_json, only: json_integer, json_kind, json_length, json_next, json_real
   use fkb_kinds, only: dp, i8
   use fkb_port_curves, only: read_curve
   use fkb_port_fields, only: check_budgets, read_fields
   use fkb_port, only: port_t, step_divide, step_multiply, step_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal, span_t
   implicit none (type, external)
   private
   public :: read_ports

contains

   !> The ports of a network; those that the file does not describe change nothing.
   !> Raises an error where lengths do not fit the network's shapes.
   subroutine read_ports(document, values, in_shapes, out_shapes, inputs, outputs, error)
      type(document_t), intent(in) :: document
      type(values_t), intent(in) :: values
      type(shape_t), intent(in) :: in_shapes(:)         !! of the network's inputs
      type(shape_t), intent(in) :: out_shapes(:)        !! of the network's outputs
      type(port_t), allocatable, intent(out) :: inputs(:), outputs(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: i, k
      allocate (inputs(size(in_shapes)), outputs(size(out_shapes)))
      do i = 1, document%port_count
         associate (given => document%ports(i))
            k = given%position + 1
            if (k > merge(size(outputs), size(inputs), given%is_output)) then
               call raise(error, fkb_err_format, 'the model has no such position', given%line)
            else if (given%is_output) then
               call read_port(document, values, given, out_shapes(k), outputs(k), error)
            else
               call read_port(document, values, given, in_shapes(k), inputs(k), error)
            end if
            if (allocated(error)) then
               call add_context(error, trim(merge('output', 'input ', given%is_output))//' '// &
                  decimal(given%position))
               if (error%line == 0) error%line = given%line
               return
            end if
         end associate
      end do
   end subroutine read_ports

   subroutine read_port(document, values, given, shape, port, error)
      type(document_t), intent(in) :: document
      type(values_t), intent(in) :: values
      type(file_port_t), intent(in) :: given
      type(shape_t), intent(in) :: shape
      type(port_t), intent(inout) :: port
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: options
      integer :: elements, i, n_steps
      port%name = document%text%get(given%name)
      elements = shape%extent(1)
      call document%options_config(given%options, options)
      call options%get('size', port%host_elements, error, default=elements)
      if (.not. allocated(error)) call options%get_raw('budgets', port%budgets, error, default='')
      if (.not. allocated(error)) call check_budgets(port%budgets, error)
      if (.not. allocated(error)) call read_fields(options, given%is_output, port%host_elements, &
         port, error)
      if (allocated(error)) return
      if (port%host_elements < 1 .and. given%steps%count() > 0) then
         call raise(error, fkb_err_format, 'steps need a last axis of known length')
         return
      end if
      allocate (port%steps(given%steps%count()))
      n_steps = 0
      do i = given%steps%first, given%steps%last
         if (document%steps(i)%kind == select_kind) then
            call choose(document%text%get(document%steps(i)%json), port, n_steps, error)
         else
            n_steps = n_steps + 1
            port%steps(n_steps)%kind = document%steps(i)%kind
            if (document%steps(i)%kind > select_kind) then
               call read_curve(document%text%get(document%steps(i)%json), &
                  document%steps(i)%kind, current_elements(port), port%steps(n_steps), error)
            else if (document%steps(i)%tensor > 0) then
               call operand(document%tensors(document%steps(i)%tensor), values, &
                  current_elements(port), port%steps(n_steps)%values, error)
            else
               call number(document%text%get(document%steps(i)%json), &
                  port%steps(n_steps)%values, error)
            end if
            if (.not. allocated(error)) call check_inverse(port%steps(n_steps), given%is_output, &
               error)
         end if
         if (allocated(error)) then
            if (error%line == 0) error%line = document%steps(i)%line
            return
         end if
      end do
      port%steps = port%steps(:n_steps)
      if (current_elements(port) /= elements .and. elements > 0) call raise(error, &
         fkb_err_format, 'the steps give '//decimal(current_elements(port))// &
         ' elements, the network has '//decimal(elements))
   end subroutine read_port

   pure integer function current_elements(port) result(n)
      type(port_t), intent(in) :: port
      n = port%host_elements
      if (allocated(port%chosen)) n = size(port%chosen)
   end function current_elements

   !> Compose a choice of elements with what was chosen before, and choose from all operands.
   subroutine choose(json, port, n_steps, error)
      character(*), intent(in) :: json
      type(port_t), intent(inout) :: port
      integer, intent(in) :: n_steps
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: picked(:)
      logical, allocatable :: taken(:)
      type(span_t) :: key, value
      integer(i8) :: at
      integer :: i, position
      logical :: ok
      allocate (picked(json_length(json)))
      allocate (taken(0:current_elements(port) - 1), source=.false.)
      position = 0
      do i = 1, size(picked)
         call json_next(json, position, key, value)
         call json_integer(json(value%first:value%last), at, ok)
         ok = ok .and. at >= 0 .and. at < current_elements(port)
         if (ok) ok = .not. taken(at)
         if (.not. ok) then
            call raise(error, fkb_err_format, 'select '//json(value%first:value%last)// &
               ' is not another element from 0 to '//decimal(current_elements(port) - 1))
            return
         end if
         taken(at) = .true.
         picked(i) = int(at) + 1
      end do
      do i = 1, n_steps
         if (size(port%steps(i)%values) > 1) port%steps(i)%values = port%steps(i)%values(picked)
         if (allocated(port%steps(i)%acts)) port%steps(i)%acts = port%steps(i)%acts(picked)
      end do
      if (allocated(port%chosen)) picked = port%chosen(picked)
      call move_alloc(picked, port%chosen)
   end subroutine choose

   subroutine operand(tensor, values, elements, numbers, error)
      type(tensor_t), intent(in) :: tensor
      type(values_t), intent(in) :: values
      integer, intent(in) :: elements
      real(dp), allocatable, intent(out) :: numbers(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last
      if (tensor%rank /= 1 .or. tensor%count /= elements) then
         call raise(error, fkb_err_format, 'the step has '//decimal(tensor%count)// &
            ' values, '//decimal(elements)//' are expected')
         return
      end if
      first = tensor%offset + 1
      last = tensor%offset + tensor%count
      if (buffer_of(tensor%dtype) == in_integers) then
         numbers = real(values%integers(first:last), dp)
      else if (buffer_of(tensor%dtype) == in_singles) then
         numbers = real(values%singles(first:last), dp)
      else
         numbers = values%doubles(first:last)
      end if
   end subroutine operand

   subroutine number(json, numbers, error)
      character(*), intent(in) :: json
      real(dp), allocatable, intent(out) :: numbers(:)
      type(error_t), allocatable, intent(out) :: error
      logical :: ok
      allocate (numbers(1))
      call json_real(json, numbers(1), ok)
      if (.not. ok) call raise(error, fkb_err_format, 'a step needs a number, not '//json)
   end subroutine number

   !> Division by zero is never meant, and targets go back through an output's steps.
   subroutine check_inverse(step, is_output, error)
      type(step_t), intent(in) :: step
      logical, intent(in) :: is_output
      type(error_t), allocatable, intent(out) :: error
      if (all(abs(step%values) > 0)) return
      if (step%kind == step_divide) then
         call raise(error, fkb_err_numeric, 'a step divides by zero')
      else if (step%kind == step_multiply .and. is_output) then
         call raise(error, fkb_err_numeric, 'a step multiplies an output by zero')
      end if
   end subroutine check_inverse

end module fkb_ports
