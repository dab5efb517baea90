!> Fields of the host that go with a field of the model: what it is the tendency of, the mass of its
!> levels, its limits.
module fkb_partner
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_field, only: order_unstated
   use fkb_slot, only: same_unit, slot_t, span_of_field_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: find_limits, find_partner, offered, paired

contains

   !> Find the fields of the host that limit those of the model. Raises an error where one is not
   !> offered, or of another length or unit. A field of one value limits all levels.
   subroutine find_limits(fields, is_output, slots, error)
      type(span_of_field_t), intent(inout) :: fields(:)
      logical, intent(in) :: is_output
      type(slot_t), intent(inout) :: slots(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: rows(:)
      integer :: f
      do f = 1, size(fields)
         if (allocated(fields(f)%about%minimum_of)) then
            call find_limit(fields(f), fields(f)%about%minimum_of, is_output, slots, rows, error)
            if (allocated(error)) return
            call move_alloc(rows, fields(f)%lower_rows)
         end if
         if (allocated(fields(f)%about%maximum_of)) then
            call find_limit(fields(f), fields(f)%about%maximum_of, is_output, slots, rows, error)
            if (allocated(error)) return
            call move_alloc(rows, fields(f)%upper_rows)
         end if
      end do
   end subroutine find_limits

   subroutine find_limit(field, name, is_output, slots, rows, error)
      type(span_of_field_t), intent(in) :: field
      character(*), intent(in) :: name               !! of the host's field
      logical, intent(in) :: is_output
      type(slot_t), intent(inout) :: slots(:)
      integer, allocatable, intent(out) :: rows(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: s
      s = offered(slots, name)
      if (s > 0) then
         if (.not. same_unit(field%about%unit, slots(s)%unit)) then
            call raise(error, fkb_err_argument, 'the limit "'//name//'" of "'// &
               field%about%name//'" has the unit "'//slots(s)%unit//'", not "'// &
               field%about%unit//'"')
            return
         else if (slots(s)%length == 1) then
            slots(s)%needed = .true.
            allocate (rows(field%rows()), source=slots(s)%rows(1))
            return
         end if
      end if
      call find_partner(field, name, is_output, slots, rows, error)
   end subroutine find_limit

   !> For each value of a field the row of another field of the host at the same level.
   subroutine find_partner(field, name, is_output, slots, rows, error)
      type(span_of_field_t), intent(in) :: field
      character(*), intent(in) :: name               !! of the host's field
      logical, intent(in) :: is_output               !! the field is one
      type(slot_t), intent(inout) :: slots(:)
      integer, allocatable, intent(out) :: rows(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: there(:)
      integer :: a, i, s
      s = offered(slots, name)
      do a = size(slots), 1, -1
         if ((slots(a)%is_output .eqv. is_output) .and. slots(a)%needed .and. &
            slots(a)%name == field%about%name) exit
      end do
      if (a == 0) then
         call raise(error, fkb_err_argument, 'the host must accept "'//field%about%name// &
            '", which goes with "'//name//'"')
         return
      end if
      if (s > 0) then
         if (slots(s)%length == field%rows()) then
            slots(s)%needed = .true.
            there = paired(slots(a), slots(s))
            allocate (rows(size(there)))
            do i = 1, size(rows)
               rows(i) = there(findloc(slots(a)%rows, field%row(i), dim=1))
            end do
            return
         end if
      end if
      call raise(error, fkb_err_argument, '"'//field%about%name//'" needs the field "'//name// &
         '" with '//decimal(field%rows())//' values, which the host does not offer')
   end subroutine find_partner

   !> The rows of one field of the host in the order of another.
   pure function paired(slot, other) result(rows)
      type(slot_t), intent(in) :: slot, other
      integer, allocatable :: rows(:)
      rows = other%rows
      if (slot%order /= order_unstated .and. other%order /= order_unstated .and. &
         slot%order /= other%order) rows = other%rows(size(other%rows):1:-1)
   end function paired

   !> The field of this name that the host offered last, 0 where there is none.
   pure integer function offered(slots, name) result(s)
      type(slot_t), intent(in) :: slots(:)
      character(*), intent(in) :: name
      do s = size(slots), 1, -1
         if (slots(s)%name == name .and. .not. slots(s)%is_output) return
      end do
   end function offered

end module fkb_partner
