!> Train a network on the source: the free run of the coupled model.
!!
!!     elnino_pretrain FIRST.fkb SOURCE.nc FREE.fkb [--months 2400] [--epochs 12] [--rate 0.002]
!!        [--batch 8] [--seed 1]
program elnino_pretrain
   use, intrinsic :: iso_fortran_env, only: int64
   use elnino_months, only: read_pairs
   use elnino_options, only: options_t, read_options, stop_at
   use elnino_training, only: train
   use fkb_sp, only: dp, error_t, network_t, wp
   use forecast_network, only: frames
   implicit none (type, external)

   type(options_t) :: asked
   type(network_t), target :: net
   type(error_t), allocatable :: error
   real(wp), allocatable :: months(:, :), samples(:, :)
   real(dp), allocatable :: losses(:)
   integer(int64) :: began, now, rate
   integer :: n

   call read_options(asked, 3, "elnino_pretrain FIRST.fkb SOURCE.nc FREE.fkb")
   call net%load(trim(asked%words(1)), error)
   call stop_at(error)
   call read_pairs(trim(asked%words(2)), asked%months, samples, months, error)
   call stop_at(error)
   allocate (losses(asked%plan%epochs))
   call system_clock(began, rate)
   call train(net, samples, months(:, frames + 1:), [(n, n=1, size(samples, 2))], asked%plan, &
      losses, error)
   call stop_at(error)
   call system_clock(now)
   call net%save(trim(asked%words(3)), error)
   call stop_at(error)
   print "(a,i0,a,i0,a,f0.4,a,f0.4,a,f0.0,a)", "source: ", size(samples, 2), " pairs, ", &
      asked%plan%epochs, " epochs, one-month RMSE ", sqrt(losses(1)), " -> ", &
      sqrt(losses(size(losses))), ", ", real(now - began, dp)/real(rate, dp), " s"
end program elnino_pretrain
