!> Looks at the values of one field in one column: what is not finite or outside its limits.
module fkb_guard
   use fkb_error, only: error_t, fkb_err_numeric, raise
   use fkb_field, only: policy_clip, policy_error, policy_names, policy_previous
   use fkb_kinds, only: dp, i8
   use fkb_slot, only: policy_count, span_of_field_t
   use fkb_tally, only: count_above, count_below, count_not_finite, count_replaced
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: guard

contains

   !> Apply the policies of a field to one column. `good` becomes false where the column is left to
   !> the host. Raises an error where the policy is `error`, where a previous value is wanted and
   !> there is none, and where a field of the host that is a limit is not finite or crosses another.
   subroutine guard(field, x, own, previous, known, counts, good, error)
      type(span_of_field_t), intent(in) :: field
      real(dp), intent(inout) :: x(:)                !! (rows), the whole column
      real(dp), intent(in) :: own(:)                 !! (rows), what the host gave, for its limits
      real(dp), intent(in) :: previous(:)            !! (rows), or empty
      logical, intent(in) :: known                   !! there are previous values
      integer(i8), intent(inout) :: counts(:, :)     !! (n_counts, rows)
      logical, intent(inout) :: good
      type(error_t), allocatable, intent(inout) :: error
      integer :: a, b, p
      do p = 0, field%places - 1
         a = field%first + p*field%stride
         b = a + field%about%length - 1
         if (.not. field%moving()) then
            if (all_fine(field, x(a:b))) cycle
         end if
         call treat(field, p, x, own, previous, known, counts, good, error)
         if (allocated(error)) return
      end do
   end subroutine guard

   !> Whether nothing needs to be done, which is nearly always so.
   pure logical function all_fine(field, x) result(fine)
      type(span_of_field_t), intent(in) :: field
      real(dp), intent(in) :: x(:)
      fine = all(abs(x) <= huge(x))
      if (fine .and. field%about%limited) fine = all(x >= field%about%minimum .and. &
         x <= field%about%maximum)
   end function all_fine

   subroutine treat(field, place, x, own, previous, known, counts, good, error)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: place                   !! from 0
      real(dp), intent(inout) :: x(:)
      real(dp), intent(in) :: own(:), previous(:)
      logical, intent(in) :: known
      integer(i8), intent(inout) :: counts(:, :)
      logical, intent(inout) :: good
      type(error_t), allocatable, intent(inout) :: error
      real(dp) :: limits(2)
      integer :: kind, level, policy, row
      do level = 1, field%about%length
         row = field%first + place*field%stride + level - 1
         call find_limits(field, place, level, own, good, limits, error)
         if (allocated(error)) return
         kind = found(x(row), limits)
         if (kind == 0) cycle
         counts(kind, row) = counts(kind, row) + 1
         policy = field%outside
         if (kind == count_not_finite) policy = field%not_finite
         if (policy == policy_error .or. (policy == policy_previous .and. .not. known)) then
            call refuse(field, level, kind, x(row), limits, policy, error)
            return
         else if (policy == policy_clip) then
            if (kind == count_below) x(row) = limits(1)
            if (kind == count_above) x(row) = limits(2)
         else if (policy == policy_previous) then
            x(row) = previous(row)
            counts(count_replaced, row) = counts(count_replaced, row) + 1
         else if (policy /= policy_count) then
            good = .false.
         end if
      end do
   end subroutine treat

   !> The minimum and the maximum of a level in this column.
   subroutine find_limits(field, place, level, own, good, limits, error)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: place, level
      real(dp), intent(in) :: own(:)
      logical, intent(in) :: good                    !! else wrong limits do not matter
      real(dp), intent(out) :: limits(2)
      type(error_t), allocatable, intent(inout) :: error
      integer :: i
      limits = [-huge(limits), huge(limits)]
      if (field%about%limited) limits = [field%about%minimum(level), field%about%maximum(level)]
      if (.not. field%moving()) return
      i = place*field%about%length + level
      if (allocated(field%lower_rows)) limits(1) = own(field%lower_rows(i))
      if (allocated(field%upper_rows)) limits(2) = own(field%upper_rows(i))
      if (all(abs(limits) <= huge(limits)) .and. limits(1) <= limits(2)) return
      if (good) call raise(error, fkb_err_numeric, 'the limits of element '//decimal(level)// &
         ' of "'//field%about%name//'" are '//number(limits(1))//' and '//number(limits(2)))
      limits = [-huge(limits), huge(limits)]
   end subroutine find_limits

   !> What is wrong with a value: a kind of count, 0 where nothing is.
   pure integer function found(value, limits) result(kind)
      real(dp), intent(in) :: value
      real(dp), intent(in) :: limits(2)
      kind = 0
      if (.not. abs(value) <= huge(value)) then
         kind = count_not_finite
      else if (value < limits(1)) then
         kind = count_below
      else if (value > limits(2)) then
         kind = count_above
      end if
   end function found

   subroutine refuse(field, level, kind, value, limits, policy, error)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: level, kind, policy
      real(dp), intent(in) :: value, limits(2)
      type(error_t), allocatable, intent(inout) :: error
      character(:), allocatable :: text
      text = 'element '//decimal(level)//' of "'//field%about%name//'" is '//number(value)
      select case (kind)
      case (count_not_finite)
         text = text//', not finite'
      case (count_below)
         text = text//', below its minimum '//number(limits(1))
      case default
         text = text//', above its maximum '//number(limits(2))
      end select
      if (policy == policy_previous) text = text//', and there is no previous value'
      text = text//' (policy "'//trim(policy_names(policy))//'")'
      call raise(error, fkb_err_numeric, text)
   end subroutine refuse

   function number(value) result(text)
      real(dp), intent(in) :: value
      character(:), allocatable :: text
      character(24) :: buffer
      write (buffer, '(es12.4)') value
      text = trim(adjustl(buffer))
   end function number

end module fkb_guard
