!> Whether networks that stand in one place say the same of their fields.
module fkb_alike
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_field, only: field_t
   use fkb_slot, only: listed, span_of_field_t
   implicit none (type, external)
   private
   public :: check_alike, what_differs

contains

   !> Raises an error that tells the first difference between the fields of two networks.
   subroutine check_alike(here, here_name, there, there_name, side, error)
      type(span_of_field_t), intent(in) :: here(:), there(:)
      character(*), intent(in) :: here_name, there_name
      character(*), intent(in) :: side               !! `input` or `output`
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text, verb
      integer :: f
      verb = ' takes '
      if (side == 'output') verb = ' gives '
      if (listed(here) /= listed(there)) then
         call raise(error, fkb_err_argument, here_name//verb//listed(here)//', '//there_name// &
            verb//listed(there))
         return
      end if
      do f = 1, size(here)
         text = what_differs(here(f)%about, there(f)%about)
         if (len(text) == 0) text = which_levels_differ(here(f)%about, there(f)%about)
         if (len(text) == 0) cycle
         call raise(error, fkb_err_argument, 'the '//text//' of '//side//' "'// &
            here(f)%about%name//'" is not the same in '//here_name//' and in '//there_name)
         return
      end do
   end subroutine check_alike

   !> What is not the same in two fields besides names, lengths and levels; empty for nothing.
   pure function what_differs(a, b) result(text)
      type(field_t), intent(in) :: a, b
      character(:), allocatable :: text
      text = ''
      if (a%unit /= b%unit) text = 'unit'
      if (a%order /= b%order) text = 'order'
      if (a%outside /= b%outside) text = 'policy "outside"'
      if (a%not_finite /= b%not_finite) text = 'policy "not_finite"'
      if (abs(a%least - b%least) > 0) text = 'least value'
      if (other_name(a%keeps, b%keeps)) text = 'field to keep'
      if (other_name(a%minimum_of, b%minimum_of)) text = 'minimum'
      if (other_name(a%maximum_of, b%maximum_of)) text = 'maximum'
   end function what_differs

   pure function which_levels_differ(a, b) result(text)
      type(field_t), intent(in) :: a, b
      character(:), allocatable :: text
      text = ''
      if (a%limited .neqv. b%limited) then
         text = 'limit'
      else if (a%limited) then
         if (any(abs(a%minimum - b%minimum) > 0)) text = 'minimum'
         if (any(abs(a%maximum - b%maximum) > 0)) text = 'maximum'
      end if
      if (allocated(a%zero) .neqv. allocated(b%zero)) then
         text = 'list "zero"'
      else if (allocated(a%zero)) then
         if (any(a%zero .neqv. b%zero)) text = 'list "zero"'
      end if
   end function which_levels_differ

   pure logical function other_name(a, b) result(other)
      character(:), allocatable, intent(in) :: a, b
      other = allocated(a) .neqv. allocated(b)
      if (allocated(a) .and. allocated(b)) other = a /= b
   end function other_name

end module fkb_alike
