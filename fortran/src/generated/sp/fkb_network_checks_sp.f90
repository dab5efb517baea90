! Generated from network/fkb_network_checks.fypp: edit that file and run tools/generate.py
!> What a call of a network needs of the host's arrays.
submodule(fkb_network_sp:fkb_network_inner_sp) fkb_network_checks_sp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure check_arrays
      integer :: k
      logical :: same
      batch = 0
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
      else if (self%frozen%on .and. allocated(self%params)) then
         call raise(error, fkb_err_argument, 'the weights of a frozen network were assigned: '// &
            'call "thaw" before it')
      else if (size(inputs) /= size(self%inputs) .or. size(outputs) /= size(self%outputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(self%inputs))// &
            ' inputs and '//decimal(size(self%outputs))//' outputs, '//decimal(size(inputs))// &
            ' and '//decimal(size(outputs))//' arrays were given')
      else
         batch = inputs(1)%batch()
         same = .true.
         do k = 1, size(inputs)
            same = same .and. inputs(k)%batch() == batch
         end do
         do k = 1, size(outputs)
            same = same .and. outputs(k)%batch() == batch
         end do
         if (.not. same) call raise(error, fkb_err_argument, &
            'the arrays have different numbers of samples (their last dimension)')
         if (same .and. outputs_overlap(inputs, outputs)) call raise(error, fkb_err_argument, &
            'the memory of an output is also that of another array')
      end if
   end procedure check_arrays

   !> Whether writing an output changes an input or another output.
   logical function outputs_overlap(inputs, outputs) result(overlap)
      type(host_t), intent(in) :: inputs(:), outputs(:)
      integer :: i, k
      overlap = .false.
      do k = 1, size(outputs)
         do i = 1, size(inputs)
            overlap = overlap .or. outputs(k)%overlaps(inputs(i))
         end do
         do i = 1, k - 1
            overlap = overlap .or. outputs(k)%overlaps(outputs(i))
         end do
      end do
   end function outputs_overlap

   module procedure check_sizes
      integer :: k, n
      do k = 1, size(inputs)
         n = ports(k)%features(work%in_shapes(k))
         if (inputs(k)%features() == n) cycle
         call raise(error, fkb_err_argument, 'input '//decimal(k)//' takes '//decimal(n)// &
            ' values a sample, '//decimal(inputs(k)%features())//' were given')
         return
      end do
      do k = 1, size(outputs)
         n = int(work%shapes(self%graph%outputs(k))%count())
         if (outputs(k)%features() == n) cycle
         call raise(error, fkb_err_argument, 'output '//decimal(k)//' gives '//decimal(n)// &
            ' values a sample, the array has room for '//decimal(outputs(k)%features()))
         return
      end do
   end procedure check_sizes

end submodule fkb_network_checks_sp
