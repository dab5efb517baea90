!> Forecasts of a coupled model by a network that was trained on another one.
!!
!!     zebiak_cane_forecast MODEL.fkb FOLDER [--months 1200] [--epochs 60] [--history 39]
!!        [--mu 1.25] ...
!!
!! The coupled model of the options is run as nature. Forecasts of 12 months begin from each of its
!! months. With --epochs the network is also tuned on the years of nature before these, and one of
!! the same architecture learns from those years alone, both for so many epochs and at the same
!! rates. FOLDER, which must be there, gets skill.csv, example.csv with forecasts of Nino-3.4, and
!! these networks, tuned.fkb and history.fkb.
program zebiak_cane_forecast
   use, intrinsic :: iso_fortran_env, only: error_unit, real64
   use fkb_sp, only: adam_t, error_t, mean_squared_error_t, network_t, trainer_t, workspace_t
   use forecast_network, only: forecast, frames, make_samples, month_size, sample_size, wp
   use nature, only: nature_t, nino34_of
   use options, only: options_t, read_options
   use series, only: correlation
   use tables, only: write_csv
   implicit none (type, external)

   integer, parameter :: leads = 12, batch = 16
   character(len=*), parameter :: header = "lead,persistence_r,persistence_rmse,frozen_r,"// &
      "frozen_rmse,history_r,history_rmse,tuned_r,tuned_rmse"

   type(options_t) :: asked
   type(nature_t) :: world
   type(network_t), target :: net
   type(error_t), allocatable :: error
   real(wp), allocatable :: history(:, :), months(:, :)
   real(real64) :: skill(leads, 9)
   integer :: lead

   call read_options(asked, 2, "zebiak_cane_forecast MODEL.fkb FOLDER")
   call net%load(trim(asked%words(1)), error)
   call check()
   if (asked%epochs == 0) asked%history = 0
   allocate (history(month_size, 12*asked%history), months(month_size, asked%months))
   call world%begin(asked)
   call world%run(history)
   call world%run(months)
   skill = 0
   skill(:, 1) = [(real(lead, real64), lead=1, leads)]
   call persist(skill(:, 2:3))
   print "(t33,a)", "correlation of Nino-3.4 at months            one-month"
   print "(t33,a)", "   1     3     6     9    12      RMSE"
   call show("persistence", skill(:, 2:3))
   call judge(net, skill(:, 4:5), trim(asked%words(2))//"/example.csv")
   call show("trained on the other model", skill(:, 4:5))
   if (asked%epochs > 0) then
      call net%initialize(1, error)
      call check()
      call learn("history.fkb")
      call judge(net, skill(:, 6:7))
      call show("trained on the history alone", skill(:, 6:7))
      call net%load(trim(asked%words(1)), error)
      call check()
      call learn("tuned.fkb")
      call judge(net, skill(:, 8:9))
      call show("the first, tuned on the history", skill(:, 8:9))
   end if
   call write_csv(trim(asked%words(2))//"/skill.csv", header, skill)

contains

   !> Train the network on the history: the rate falls to a tenth for the last third.
   subroutine learn(file)
      character(len=*), intent(in) :: file !! Gets the network.
      real(wp), parameter :: rate = 2e-3_wp
      type(trainer_t) :: trainer
      real(wp), allocatable :: samples(:, :)
      allocate (samples(sample_size, size(history, 2) - frames))
      call make_samples(history, 0, samples)
      call trainer%init(net, mean_squared_error_t(), adam_t(learning_rate=rate), error)
      call check()
      call trainer%fit(samples, history(:, frames + 1:), asked%epochs - asked%epochs/3, batch, &
         error, seed=1)
      call check()
      trainer%optimizer%learning_rate = rate/10
      call trainer%fit(samples, history(:, frames + 1:), asked%epochs/3, batch, error, seed=2)
      call check()
      call trainer%clear()
      call net%save(trim(asked%words(2))//"/"//file, error)
      call check()
   end subroutine learn

   !> Correlation of Nino-3.4 and error of all values at each lead, (lead, 2).
   subroutine judge(network, result, example)
      type(network_t), intent(in) :: network
      real(real64), intent(out) :: result(leads, 2)
      character(len=*), intent(in), optional :: example !! File for some forecasts.
      type(workspace_t) :: work
      real(wp), allocatable :: ahead(:, :, :), samples(:, :)
      real(real64), allocatable :: index(:, :)
      integer :: n, starts
      starts = size(months, 2) - frames - leads + 1
      allocate (samples(sample_size, size(months, 2) - frames), ahead(month_size, starts, leads))
      call make_samples(months, 0, samples)
      call forecast(network, samples(:, :starts), work, ahead, error)
      call check()
      allocate (index(starts, leads))
      do n = 1, leads
         index(:, n) = nino34_of(ahead(:, :, n))
         associate (truth => months(:, frames + n:frames + n + starts - 1))
            result(n, 1) = correlation(index(:, n), nino34_of(truth))
            result(n, 2) = sqrt(sum((real(ahead(:, :, n) - truth, real64))**2)/size(truth))
         end associate
      end do
      if (present(example)) call write_example(example, index)
   end subroutine judge

   !> The same for the forecast that nothing changes.
   subroutine persist(result)
      real(real64), intent(out) :: result(leads, 2)
      integer :: n, starts
      starts = size(months, 2) - frames - leads + 1
      do n = 1, leads
         associate (truth => months(:, frames + n:frames + n + starts - 1), &
            now => months(:, frames:frames + starts - 1))
            result(n, 1) = correlation(nino34_of(now), nino34_of(truth))
            result(n, 2) = sqrt(sum((real(now - truth, real64))**2)/size(truth))
         end associate
      end do
   end subroutine persist

   !> Nino-3.4 of nature, and of the forecasts that began 1 to 12 months before.
   subroutine write_example(path, index)
      character(len=*), intent(in) :: path
      real(real64), intent(in) :: index(:, :) !! (start, lead).
      real(real64) :: table(size(index, 1) - leads, leads + 2), truth(size(months, 2))
      character(len=*), parameter :: names = "month,nature,lead_1,lead_2,lead_3,lead_4,lead_5,"// &
         "lead_6,lead_7,lead_8,lead_9,lead_10,lead_11,lead_12"
      integer :: month, n, row
      truth = nino34_of(months)
      do row = 1, size(table, 1)
         month = frames + leads + row - 1
         table(row, :2) = [real(month, real64), truth(month)]
         do n = 1, leads
            table(row, 2 + n) = index(month - frames - n + 1, n)
         end do
      end do
      call write_csv(path, names, table)
   end subroutine write_example

   !> One line of the table.
   subroutine show(name, result)
      character(len=*), intent(in) :: name
      real(real64), intent(in) :: result(leads, 2)
      print "(2x,a,t33,5f6.2,f10.4)", name, result([1, 3, 6, 9, 12], 1), result(1, 2)
   end subroutine show

   !> Stop with the text of an error.
   subroutine check()
      if (.not. allocated(error)) return
      write (error_unit, "(a)") "zebiak_cane_forecast: "//error%message
      stop 1, quiet=.true.
   end subroutine check

end program zebiak_cane_forecast
