!> The fields of a port, from its options `fields`, `elements` and `unit`.
module fkb_port_fields
   use fkb_budget, only: budget_t, read_budget
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: add_context, error_t, fkb_err_format, raise
   use fkb_field, only: field_t, read_field
   use fkb_json, only: json_kind, json_length, json_next, json_string
   use fkb_kinds, only: i8
   use fkb_port, only: port_t
   use fkb_text, only: decimal, span_t
   implicit none (type, external)
   private
   public :: read_fields, check_budgets

contains

   !> Without `fields` every element that has a name is a field, and without names the whole port
   !> is one. Raises an error where lengths do not fit.
   subroutine read_fields(options, is_output, elements, port, error)
      type(config_t), intent(inout) :: options
      logical, intent(in) :: is_output
      integer, intent(in) :: elements                !! of the host's last axis, -1: open
      type(port_t), intent(inout) :: port
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      if (options%has('fields')) then
         call options%get_raw('fields', json, error)
         if (allocated(error)) return
         if (elements < 0) then
            call raise(error, fkb_err_format, 'fields need a last axis of known length')
            return
         end if
         call list_fields(json, is_output, elements, port%fields, error)
         if (allocated(error)) return
         if (sum(int(port%fields%length, i8)) /= elements) call raise(error, &
            fkb_err_format, 'the fields have '//decimal(sum(int(port%fields%length, i8)))// &
            ' elements, '//decimal(elements)//' are expected')
      else if (options%has('elements')) then
         call options%get_raw('elements', json, error)
         if (.not. allocated(error)) call name_elements(json, elements, port, error)
      else
         allocate (port%fields(1))
         port%fields(1)%name = port%name
         port%fields(1)%length = max(elements, 1)
      end if
      if (.not. allocated(error)) call set_units(options, port, error)
   end subroutine read_fields

   !> Read the budgets of an output, for what is wrong with them. Raises the error of the first.
   subroutine check_budgets(json, error)
      character(*), intent(in) :: json               !! a list of objects, or empty
      type(error_t), allocatable, intent(out) :: error
      type(budget_t) :: budget
      type(span_t) :: key, value
      integer :: position
      if (len(json) == 0) return
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) return
         call refuse_nulls(json(value%first:value%last), error)
         if (.not. allocated(error)) call read_budget(json(value%first:value%last), budget, error)
         if (allocated(error)) return
      end do
   end subroutine check_budgets

   subroutine list_fields(json, is_output, most, fields, error)
      character(*), intent(in) :: json
      logical, intent(in) :: is_output
      integer, intent(in) :: most                    !! elements of the last axis
      type(field_t), allocatable, intent(out) :: fields(:)
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: options
      type(span_t) :: key, value
      integer :: first, i, k, position
      allocate (fields(json_length(json)))
      if (json_kind(json) /= 'array' .or. size(fields) == 0) then
         call raise(error, fkb_err_format, 'fields must be a list of objects')
         return
      end if
      position = 0
      first = 1
      do i = 1, size(fields)
         call json_next(json, position, key, value)
         call config_from_json(json(value%first:value%last), options, error)
         if (.not. allocated(error)) call refuse_nulls(json(value%first:value%last), error)
         if (.not. allocated(error)) call read_field(options, is_output, most, &
            fields(i), error)
         if (.not. allocated(error)) then
            do k = 1, i - 1
               if (fields(k)%name == fields(i)%name) call raise(error, fkb_err_format, &
                  'the name "'//fields(i)%name//'" stands twice')
            end do
         end if
         if (allocated(error)) then
            call add_context(error, 'field '//decimal(i - 1))
            return
         end if
         fields(i)%first = first
         first = first + fields(i)%length
      end do
   end subroutine list_fields

   subroutine refuse_nulls(json, error)
      character(*), intent(in) :: json               !! an object
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: key, value
      integer :: position
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) return
         if (json(value%first:value%last) == 'null') then
            call raise(error, fkb_err_format, json(key%first:key%last)//' is null')
            return
         end if
      end do
   end subroutine refuse_nulls

   subroutine name_elements(json, elements, port, error)
      character(*), intent(in) :: json
      integer, intent(in) :: elements
      type(port_t), intent(inout) :: port
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: key, value
      integer :: i, position
      if (elements >= 0 .and. json_length(json) /= elements) then
         call raise(error, fkb_err_format, 'elements has '//decimal(json_length(json))// &
            ' names, '//decimal(elements)//' are expected')
         return
      end if
      allocate (port%fields(json_length(json)))
      position = 0
      do i = 1, size(port%fields)
         call json_next(json, position, key, value)
         port%fields(i)%name = json_string(json(value%first:value%last))
         port%fields(i)%first = i
      end do
   end subroutine name_elements

   !> The port's unit, one for all or one for each element, where the field states none.
   subroutine set_units(options, port, error)
      type(config_t), intent(inout) :: options
      type(port_t), intent(inout) :: port
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: key, value
      character(:), allocatable :: json
      integer :: element, i, position
      json = '""'
      if (options%has('unit')) call options%get_raw('unit', json, error)
      if (allocated(error)) return
      do i = 1, size(port%fields)
         if (allocated(port%fields(i)%unit)) then
            if (len(port%fields(i)%unit) > 0) cycle
         end if
         if (json_kind(json) == 'string') then
            port%fields(i)%unit = json_string(json)
            cycle
         end if
         port%fields(i)%unit = ''
         position = 0
         do element = 1, port%fields(i)%first
            call json_next(json, position, key, value)
            if (position == 0) exit
         end do
         if (position > 0) port%fields(i)%unit = json_string(json(value%first:value%last))
      end do
   end subroutine set_units

end module fkb_port_fields
