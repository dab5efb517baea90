! Generated from train/fkb_decay_factor.fypp: edit that file and run tools/generate.py
!> Weights that an optimizer's decay leaves alone, or decays less.
module fkb_decay_factor_sp
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, raise
   use fkb_kinds, only: dp
   use fkb_network_sp, only: network_t
   use fkb_pattern, only: names_path
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: set_decay_factor

contains

   !> Multiply the weight decay of optimizers, for the weights that a pattern names, until it is set
   !> anew; no file has it. 0 is what Keras's `exclude_from_weight_decay` does.
   !> Raises an error where no weight fits the pattern.
   subroutine set_decay_factor(net, pattern, factor, error)
      type(network_t), intent(inout) :: net
      character(*), intent(in) :: pattern            !! `encoder`, `*/bias`; "" for all
      real(dp), intent(in) :: factor                 !! 0 or more, 1 at first
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      logical :: found
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      else if (.not. (factor >= 0 .and. factor <= huge(factor))) then
         call raise(error, fkb_err_argument, 'the factor of a weight decay must be finite and'// &
                    ' not negative')
         return
      end if
      found = .false.
      do i = 1, size(net%graph%segments)
         associate (part => net%graph%segments(i))
            if (.not. part%variable) cycle
            if (len(pattern) > 0) then
               if (.not. names_path(part%path, pattern)) cycle
            end if
            found = .true.
            part%decay_factor = factor
         end associate
      end do
      if (.not. found) call raise(error, fkb_err_unknown, 'no weight fits the pattern '// &
                                  quote(pattern))
   end subroutine set_decay_factor

end module fkb_decay_factor_sp
