!> L-BFGS for C; documented in fkb.h.
module fkb_c_search
   use, intrinsic :: iso_c_binding, only: c_associated, c_double, c_int, c_ptr
   use fkb_batch_source_dp, only: samples_dp_t => samples_t
   use fkb_batch_source_sp, only: samples_sp_t => samples_t
   use fkb_bridge_search_dp, only: minimize_dp => bridge_minimize
   use fkb_bridge_search_sp, only: minimize_sp => bridge_minimize
   use fkb_c_fit, only: attach_samples, c_samples_t
   use fkb_c_text, only: need, report
   use fkb_c_trainer, only: optional_text, trainer_handle_t, trainer_of
   use fkb_error, only: error_t
   implicit none (type, external)
   private

   !> `fkb_minimum` of fkb.h.
   type, bind(c) :: c_minimum_t
      integer(c_int) :: reason = 0, iterations = 0, evaluations = 0
      real(c_double) :: value = 0, largest_gradient = 0
   end type c_minimum_t

contains

   integer(c_int) function minimize(handle, samples, options, minimum, error_out) &
      result(code) bind(c, name='fkb_trainer_minimize')
      type(c_ptr), intent(in), value :: handle, options, error_out
      type(c_samples_t), intent(in), optional :: samples
      type(c_minimum_t), intent(inout), optional :: minimum
      type(trainer_handle_t), pointer :: trainer
      type(samples_sp_t) :: single
      type(samples_dp_t) :: double
      type(error_t), allocatable :: error
      type(c_minimum_t) :: reached
      character(:), allocatable :: text
      call need(c_associated(handle), 'trainer', error)
      call need(present(samples), 'set of samples', error)
      if (.not. allocated(error)) then
         trainer => trainer_of(handle)
         call attach_samples(trainer, samples, single, double, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      call optional_text(options, text)
      if (.not. allocated(text)) text = '{}'
      if (trainer%double) then
         call minimize_dp(trainer%double_trainer, double, text, trainer%double_search, error)
         associate (found => trainer%double_search)
            reached = c_minimum_t(int(found%reason, c_int), int(found%iteration, c_int), &
                                  int(found%evaluations, c_int), found%value, found%largest)
         end associate
      else
         call minimize_sp(trainer%single_trainer, single, text, trainer%single_search, error)
         associate (found => trainer%single_search)
            reached = c_minimum_t(int(found%reason, c_int), int(found%iteration, c_int), &
                                  int(found%evaluations, c_int), found%value, found%largest)
         end associate
      end if
      if (present(minimum)) minimum = reached
      code = report(error, error_out)
   end function minimize

end module fkb_c_search
