! Generated from train/fkb_trainer_ranks.fypp: edit that file and run tools/generate.py
!> A batch that is spread over ranks: what they agree on before a pass, and the sums after it.
submodule(fkb_trainer_dp:fkb_trainer_inner_dp) fkb_trainer_ranks_dp
   use fkb_error, only: fkb_err_argument, fkb_err_unsupported, raise
   use fkb_loss_dp, only: reduce_mean, reduce_sum
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure reduce_over
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
      else if (reduction%ranks < 1 .or. reduction%rank < 0 .or. &
               reduction%rank >= reduction%ranks) then
         call raise(error, fkb_err_argument, 'rank '//decimal(reduction%rank)//' of '// &
                    decimal(reduction%ranks)//' ranks: has the reduction been begun?')
      else if (reduction%ranks > 1 .and. self%net%has_batch_coupling()) then
         call raise(error, fkb_err_unsupported, 'a layer couples the samples of a batch, such'// &
                    ' as BatchNormalization: its batch cannot be spread over ranks; freeze it')
      else if (reduction%ranks > 1 .and. is_coupled(self)) then
         call raise(error, fkb_err_unsupported, 'a loss or the mask of an output couples the'// &
                    ' samples of a batch, which cannot be spread over ranks then')
      else
         if (allocated(self%reduction)) deallocate (self%reduction)
         allocate (self%reduction, source=reduction)
      end if
   end procedure reduce_over

   module procedure agree_on_batch
      real(dp), allocatable :: values(:)
      real(dp) :: divisor
      integer :: k
      cut%total = cut%batch
      cut%before = 0
      if (allocated(self%reduction)) then
         associate (rank => self%reduction%rank, ranks => self%reduction%ranks)
            allocate (values(0:ranks), source=0.0_dp)
            values(rank) = cut%batch
            if (allocated(error)) values(ranks) = 1
            call self%reduction%add_values(values)
            call raise_for_others(nint(values(ranks)), error)
            cut%total = nint(sum(values(:ranks - 1)))
            cut%before = nint(sum(values(:rank - 1)))
         end associate
      end if
      if (allocated(error)) return
      do k = 1, size(self%losses)
         if (.not. allocated(self%losses(k)%loss)) cycle
         if (allocated(self%reduction)) then
            call self%losses(k)%loss%list_sums(values)
            if (size(values) > 0) then
               call self%reduction%add_values(values)
               call self%losses(k)%loss%take_sums(values)
            end if
         end if
         divisor = divisor_of(self, k, cut)
         self%goals(k)%normaliser = divisor
         self%goals(k)%factor = self%losses(k)%weight/divisor
      end do
   end procedure agree_on_batch

   !> What the loss of output `k` is divided by: over all ranks where it is a sum of weights.
   real(dp) function divisor_of(self, k, cut) result(divisor)
      type(trainer_t), intent(in), target :: self
      integer, intent(in) :: k
      type(cut_t), intent(in) :: cut
      real(wp), pointer, contiguous :: mask(:, :), weights(:, :)
      real(dp) :: values(1)
      associate (goal => self%goals(k), loss => self%losses(k)%loss)
         weights => columns_of(goal%weights, goal%positions, 1, cut%batch)
         if (goal%masked) then
            mask => columns_of(goal%mask, goal%positions, 1, cut%batch)
            divisor = loss%normaliser(goal%shape, cut%total, weights*mask, mask)
         else
            divisor = loss%normaliser(goal%shape, cut%total, weights)
         end if
         if (.not. allocated(self%reduction) .or. loss%reduction == reduce_sum) return
         if (loss%reduction == reduce_mean .and. .not. goal%masked) return
      end associate
      values(1) = divisor
      if (divisor >= huge(divisor)) values(1) = 0      ! no weight on this rank
      call self%reduction%add_values(values)
      divisor = values(1)
      if (.not. abs(divisor) > 0) divisor = huge(divisor)
   end function divisor_of

   module procedure sum_over_ranks
      real(dp), allocatable :: values(:)
      self%samples = cut%total
      if (.not. allocated(self%reduction)) return
      values = [loss, 0.0_dp, self%output_losses]
      if (allocated(error)) values(:2) = [0.0_dp, 1.0_dp]
      call self%reduction%add_values(values)
      call raise_for_others(nint(values(2)), error)
      if (allocated(error)) return
      loss = values(1)
      self%output_losses = values(3:)
      if (cut%training) call self%reduction%add_gradient(self%grad)
   end procedure sum_over_ranks

   module procedure ask_ranks
      real(dp) :: values(size(flags) + 1)
      some = flags
      every = flags
      if (.not. allocated(self%reduction)) return
      values = merge(1.0_dp, 0.0_dp, [flags, allocated(error)])
      call self%reduction%add_values(values)
      call raise_for_others(nint(values(size(values))), error)
      some = values(:size(flags)) > 0
      every = nint(values(:size(flags))) == self%reduction%ranks
   end procedure ask_ranks

   !> Stop where another rank had to stop: the step is made on all of them, or on none.
   subroutine raise_for_others(failed, error)
      integer, intent(in) :: failed
      type(error_t), allocatable, intent(inout) :: error
      if (failed == 0 .or. allocated(error)) return
      call raise(error, fkb_err_argument, 'nothing was changed: '//decimal(failed)// &
                 ' of the other ranks had an error')
   end subroutine raise_for_others

end submodule fkb_trainer_ranks_dp
