!> Cross-validation: ten networks, each of which learns from all groups of the observation but one.
!! The networks are trained **in parallel threads**, each by a trainer of its own.
!!
!!     elnino_folds START.fkb OBSERVATION.nc NAME [--epochs 12] [--rate 0.002] [--batch 8]
!!        [--seed 1]
!!
!! All begin with the weights of START: first weights for HIS, pre-trained ones for TRANS. Writes
!! NAME_01.fkb to NAME_10.fkb.
program elnino_folds
   use, intrinsic :: iso_fortran_env, only: int64
   use elnino_groups, only: group_t, n_groups, others
   use elnino_months, only: read_pairs
   use elnino_options, only: options_t, read_options, stop_at
   use elnino_training, only: train
   use fkb_sp, only: dp, error_t, network_t, wp
   use forecast_network, only: frames
   implicit none (type, external)

   type(options_t) :: asked
   type(network_t) :: start
   type(error_t), allocatable :: error
   real(wp), allocatable :: months(:, :), samples(:, :)
   real(dp) :: losses(n_groups)
   integer(int64) :: began, now, rate
   integer :: n

   call read_options(asked, 3, "elnino_folds START.fkb OBSERVATION.nc NAME")
   call start%load(trim(asked%words(1)), error)
   call stop_at(error)
   call read_pairs(trim(asked%words(2)), asked%months, samples, months, error)
   call stop_at(error)
   call system_clock(began, rate)
   !$omp parallel do default(none) shared(asked, start, samples, months, losses) schedule(dynamic)
   do n = 1, n_groups
      call learn_without(n, asked, start, samples, months, losses(n))
   end do
   !$omp end parallel do
   call system_clock(now)
   print "(a,i0,a,2(f0.4,a),f0.0,a)", trim(asked%words(3))//": ", asked%plan%epochs, &
      " epochs, one-month RMSE in training ", sqrt(minval(losses)), " to ", sqrt(maxval(losses)), &
      ", ", real(now - began, dp)/real(rate, dp), " s"

contains

   !> Train the network of one group on the others, and save it.
   subroutine learn_without(number, asked, start, samples, months, loss)
      integer, intent(in) :: number !! Of the group.
      type(options_t), intent(in) :: asked !! What the user asked for.
      type(network_t), intent(in) :: start !! First weights.
      real(wp), intent(in) :: samples(:, :), months(:, :) !! Of the observation.
      real(dp), intent(out) :: loss !! Of the last epoch.
      type(network_t), target :: net
      type(error_t), allocatable :: error
      type(group_t) :: group
      real(dp) :: losses(asked%plan%epochs)
      character(len=7) :: ending
      call group%cut(size(samples, 2), number)
      call net%copy(start)
      call train(net, samples, months(:, frames + 1:), others(group, size(samples, 2)), &
         asked%plan, losses, error)
      call stop_at(error)
      loss = losses(size(losses))
      write (ending, "(a,i2.2,a)") "_", number, ".fkb"
      call net%save(trim(asked%words(3))//ending, error)
      call stop_at(error)
      call net%clear()
   end subroutine learn_without

end program elnino_folds
