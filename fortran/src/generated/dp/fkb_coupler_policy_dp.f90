! Generated from couple/fkb_coupler_policy.fypp: edit that file and run tools/generate.py
!> Policies of the host in place of those in the model file.
submodule(fkb_coupler_dp) fkb_coupler_policy_dp
   use fkb_error, only: fkb_err_argument, fkb_err_unknown, raise
   use fkb_field, only: name_in, policy_clip, policy_names
   use fkb_text, only: quote
   implicit none (type, external)

contains

   module procedure set_policy
      logical :: found
      if (self%key == 0) then
         call raise(error, fkb_err_argument, 'no network is connected: call connect first')
         return
      end if
      found = .false.
      call set_in(self%inputs, name, found, error, outside, not_finite)
      if (.not. allocated(error)) call set_in(self%outputs, name, found, error, outside, not_finite)
      if (.not. allocated(error)) call set_in(self%others, name, found, error, outside, not_finite)
      if (.not. found .and. .not. allocated(error)) call raise(error, fkb_err_unknown, &
         'the network has no field '//quote(name))
   end procedure set_policy

   subroutine set_in(fields, name, found, error, outside, not_finite)
      type(span_of_field_t), intent(inout) :: fields(:)
      character(*), intent(in) :: name
      logical, intent(inout) :: found
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in), optional :: outside, not_finite
      integer :: f, policy
      do f = 1, size(fields)
         if (fields(f)%about%name /= name) cycle
         found = .true.
         if (present(outside)) then
            if (fields(f)%slot > 0) then
               call raise(error, fkb_err_argument, 'the field '//quote(name)// &
                  ' of the host has no limits')
               return
            end if
            policy = name_in(policy_names, outside)
            if (policy == 0) then
               call raise(error, fkb_err_argument, 'a policy is "error", "clip", "previous" or '// &
                  '"host", not '//quote(outside))
               return
            end if
            fields(f)%outside = policy
         end if
         if (present(not_finite)) then
            policy = name_in(policy_names, not_finite)
            if (policy == 0 .or. policy == policy_clip) then
               call raise(error, fkb_err_argument, 'the policy for values that are not finite '// &
                  'is "error", "previous" or "host", not '//quote(not_finite))
               return
            end if
            fields(f)%not_finite = policy
         end if
      end do
   end subroutine set_in

end submodule fkb_coupler_policy_dp
