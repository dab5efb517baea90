!> The fields of a bank: what its networks give under one name is one field, its levels in the order
!> of their places.
module fkb_joined_fields
   use fkb_alike, only: what_differs
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_field, only: field_t, unlimited
   use fkb_slot, only: span_of_field_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: join_fields

contains

   !> Join fields of elements that stand at places from 1, each at one. Raises an error where parts
   !> of a field contradict each other, and where its levels do not ascend with their places.
   subroutine join_fields(parts, owner, element, joined, rows, error)
      type(span_of_field_t), intent(in) :: parts(:)  !! of all networks
      integer, intent(in) :: owner(:)                !! (places), the part that each belongs to
      integer, intent(in) :: element(:)              !! (places), of its part, from 1
      type(span_of_field_t), allocatable, intent(out) :: joined(:)
      integer, allocatable, intent(out) :: rows(:)   !! (places), of the buffer
      type(error_t), allocatable, intent(out) :: error
      integer :: count, f, place, field_of(size(owner)), last(size(parts))
      type(span_of_field_t) :: list(size(parts))
      character(:), allocatable :: text
      allocate (rows(size(owner)))
      count = 0
      last = 0
      do place = 1, size(owner)
         associate (part => parts(owner(place))%about)
            if (element(place) <= last(owner(place))) then
               call raise(error, fkb_err_argument, 'the elements of "'//part%name//'" have '// &
                  'places that do not ascend: place '//decimal(place))
               return
            end if
            last(owner(place)) = element(place)
            do f = 1, count
               if (list(f)%about%name == part%name) exit
            end do
            if (f > count) then
               count = f
               call begin_field(part, list(f))
            end if
            text = what_differs(list(f)%about, part)
            if (len(text) > 0) then
               call raise(error, fkb_err_argument, 'the '//text//' of "'//part%name// &
                  '" is not the same in all networks that give it')
               return
            end if
            call add_level(part, element(place), list(f)%about)
            field_of(place) = f
            rows(place) = list(f)%about%length
         end associate
      end do
      do f = 2, count
         list(f)%first = list(f - 1)%first + list(f - 1)%about%length
      end do
      do place = 1, size(owner)
         rows(place) = rows(place) + list(field_of(place))%first - 1
      end do
      allocate (joined(count))
      do f = 1, count
         list(f)%stride = sum(list(:count)%about%length)
         joined(f) = list(f)
      end do
   end subroutine join_fields

   !> A field like this one without levels.
   subroutine begin_field(part, field)
      type(field_t), intent(in) :: part
      type(span_of_field_t), intent(out) :: field
      field%about = part
      field%about%first = 1
      field%about%length = 0
      field%about%limited = .false.
      if (allocated(part%minimum)) deallocate (field%about%minimum, field%about%maximum)
      if (allocated(part%zero)) deallocate (field%about%zero)
      allocate (field%about%minimum(0), field%about%maximum(0), field%about%zero(0))
      field%outside = part%outside
      field%not_finite = part%not_finite
   end subroutine begin_field

   subroutine add_level(part, level, field)
      type(field_t), intent(in) :: part
      integer, intent(in) :: level
      type(field_t), intent(inout) :: field
      field%length = field%length + 1
      if (part%limited) then
         field%limited = .true.
         field%minimum = [field%minimum, part%minimum(level)]
         field%maximum = [field%maximum, part%maximum(level)]
      else
         field%minimum = [field%minimum, -unlimited]
         field%maximum = [field%maximum, unlimited]
      end if
      if (allocated(part%zero)) then
         field%zero = [field%zero, part%zero(level)]
      else
         field%zero = [field%zero, .false.]
      end if
   end subroutine add_level

end module fkb_joined_fields
