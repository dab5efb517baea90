!> Looks at the values of one field in one column: what is not finite or outside its limits.
module fkb_guard
   use fkb_error, only: error_t, fkb_err_numeric, raise
   use fkb_field, only: policy_clip, policy_error, policy_names, policy_previous
   use fkb_kinds, only: dp, i8
   use fkb_slot, only: span_of_field_t
   use fkb_tally, only: count_above, count_below, count_not_finite, count_replaced
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: guard

contains

   !> Apply the policies of a field to one column. `good` becomes false where the column is left to
   !> the host. Raises an error where the policy is `error`, and where a previous value is wanted
   !> and there is none.
   subroutine guard(field, x, previous, known, counts, good, error)
      type(span_of_field_t), intent(in) :: field
      real(dp), intent(inout) :: x(:)                !! (rows), the whole column
      real(dp), intent(in) :: previous(:)            !! (rows), or empty
      logical, intent(in) :: known                   !! there are previous values
      integer(i8), intent(inout) :: counts(:, :)     !! (n_counts, rows)
      logical, intent(inout) :: good
      type(error_t), allocatable, intent(inout) :: error
      integer :: a, b, p
      do p = 0, field%places - 1
         a = field%first + p*field%stride
         b = a + field%about%length - 1
         if (all_fine(field, x(a:b))) cycle
         call treat(field, a, x, previous, known, counts, good, error)
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

   subroutine treat(field, first, x, previous, known, counts, good, error)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: first                   !! row of the first level
      real(dp), intent(inout) :: x(:)
      real(dp), intent(in) :: previous(:)
      logical, intent(in) :: known
      integer(i8), intent(inout) :: counts(:, :)
      logical, intent(inout) :: good
      type(error_t), allocatable, intent(inout) :: error
      integer :: kind, level, policy, row
      do level = 1, field%about%length
         row = first + level - 1
         kind = found(field, level, x(row))
         if (kind == 0) cycle
         counts(kind, row) = counts(kind, row) + 1
         policy = field%outside
         if (kind == count_not_finite) policy = field%not_finite
         if (policy == policy_error .or. (policy == policy_previous .and. .not. known)) then
            call refuse(field, level, kind, x(row), policy, error)
            return
         else if (policy == policy_clip) then
            if (kind == count_below) x(row) = field%about%minimum(level)
            if (kind == count_above) x(row) = field%about%maximum(level)
         else if (policy == policy_previous) then
            x(row) = previous(row)
            counts(count_replaced, row) = counts(count_replaced, row) + 1
         else
            good = .false.
         end if
      end do
   end subroutine treat

   !> What is wrong with a value: a kind of count, 0 where nothing is.
   pure integer function found(field, level, value) result(kind)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: level
      real(dp), intent(in) :: value
      kind = 0
      if (.not. abs(value) <= huge(value)) then
         kind = count_not_finite
      else if (field%about%limited) then
         if (value < field%about%minimum(level)) kind = count_below
         if (value > field%about%maximum(level)) kind = count_above
      end if
   end function found

   subroutine refuse(field, level, kind, value, policy, error)
      type(span_of_field_t), intent(in) :: field
      integer, intent(in) :: level, kind, policy
      real(dp), intent(in) :: value
      type(error_t), allocatable, intent(inout) :: error
      character(24) :: number
      character(:), allocatable :: text
      write (number, '(es12.4)') value
      text = 'element '//decimal(level)//' of "'//field%about%name//'" is '// &
         trim(adjustl(number))
      select case (kind)
      case (count_not_finite)
         text = text//', not finite'
      case (count_below)
         write (number, '(es12.4)') field%about%minimum(level)
         text = text//', below its minimum '//trim(adjustl(number))
      case default
         write (number, '(es12.4)') field%about%maximum(level)
         text = text//', above its maximum '//trim(adjustl(number))
      end select
      if (policy == policy_previous) text = text//', and there is no previous value'
      text = text//' (policy "'//trim(policy_names(policy))//'")'
      call raise(error, fkb_err_numeric, text)
   end subroutine refuse

end module fkb_guard
