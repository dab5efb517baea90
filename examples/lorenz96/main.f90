!> Coupled online learning in the Lorenz 96 model: a network that was trained on the wrong system
!! learns the right closure inside the running coarse model.
!!
!!     lorenz96 MODEL.fkb FOLDER [--units 50] [--statistics 500] [--window 30] [--seed 8]
!!        [--save-every 0] [--restart OLD_FOLDER]
!!
!! FOLDER gets the learned network, learned.fkb, what a run with --restart FOLDER goes on from, bit
!! for bit, and the CSV files that plot.py draws.
program lorenz96_online
   use, intrinsic :: iso_fortran_env, only: error_unit, int64
   use checkpoint, only: load_checkpoint, save_checkpoint
   use climate, only: climate_t, bin_width, correlation, fit_quartic, lowest, n_bins, rms
   use closures, only: closure_t, constant_closure_t, quartic_closure_t
   use coupled_learning, only: coupled_t
   use experiments, only: forecast_errors, lead_time, n_leads, record_truth, run_coarse, &
      run_truth, spin_up
   use fkb_dp, only: error_t, network_t, wp
   use lorenz96, only: dt_coarse, n_slow, parameters_t, truth_t
   use network_closure, only: learn_offline, network_closure_t
   use options, only: options_t, read_options
   use progress, only: progress_t
   use report, only: print_climate, print_leads, print_number, print_title, write_csv
   implicit none (type, external)

   !> As many forecasts are judged as such times fit into that of the statistics.
   real(wp), parameter :: forecast_interval = 10.0_wp
   !> Time between two entries of the learning history.
   real(wp), parameter :: history_interval = 0.5_wp
   !> Points of the curves B(X) that are written out.
   integer, parameter :: curve_points = 221
   real(wp), parameter :: curve_begin = -8.0_wp, curve_end = 14.0_wp

   type(options_t) :: asked
   type(error_t), allocatable :: error
   type(network_t), target :: net, offline_net
   type(truth_t) :: start
   type(constant_closure_t) :: none
   type(quartic_closure_t) :: fitted
   type(network_closure_t) :: network, offline
   type(climate_t) :: climates(6)
   real(wp), allocatable :: history(:, :), pairs(:, :), states(:, :, :)
   real(wp) :: curves(curve_points, 5), errors(0:n_leads, 6)
   integer :: i

   call read_options(asked)
   call net%load(asked%model, error)
   call check(error)
   network%net => net
   call start%start(parameters_t(), asked%seed, spin_up)
   curves(:, 1) = [(curve_begin + (curve_end - curve_begin)*(i - 1)/(curve_points - 1), &
      i=1, curve_points)]
   if (asked%dump > 0) then
      call dump_training(asked%dump)
      stop
   end if
   allocate (states(n_slow, 0:n_leads, max(1, nint(asked%statistics/forecast_interval))))
   call record_truth(start, states)
   errors(:, 1) = [(i*lead_time, i=0, n_leads)]
   offline%net => offline_net

   call print_title("The truth: two scales, 396 variables")
   call run_truth(start, asked%statistics, climates(1), pairs)
   fitted%curve = fit_quartic(pairs(:, 1), pairs(:, 2))
   call print_climate("truth", climates(1), "2.56 3.54 -3.14 8.46")
   call print_number("mean B", sum(pairs(:, 2))/size(pairs, 1), "-0.99")
   call print_number("correlation of X and B", correlation(pairs(:, 1), pairs(:, 2)), "-0.89")
   call print_number("scatter of B about its quartic in X", &
      rms(pairs(:, 2) - fitted%curve%evaluate(pairs(:, 1))), "0.52")

   call print_title("The coarse model: 36 variables, ten times the step")
   call judge(none, "no closure", "2.59 4.38", 2)
   call judge(fitted, "quartic fit to the truth", "as the truth", 3, 2)
   call judge(network, "network from the wrong system", "2.42 3.35", 4, 3)
   call offline_net%load(asked%model, error)
   call check(error)
   call learn_offline(offline_net, pairs, error)
   call check(error)
   call judge(offline, "network trained offline on the truth", "sd 3.51", 5, 4)
   call print_number("error of B(X): network from the wrong system", closure_error(network), &
      "0.54 to 0.68")
   call print_number("error of B(X): trained offline on the truth", closure_error(offline), &
      "0.055")

   call learn(history)

   call print_title("The coarse model again")
   call judge(network, "network after coupled learning", "2.61 3.56", 6, 5)
   call print_number("error of its B(X), mean of the last 10 units", late_mean(2), &
      "0.09 to 0.14")
   call print_number("rms(X coarse - X truth), last 10 units", late_mean(3), "0.03")
   call print_leads(errors, ["no closure              ", "quartic fit             ", &
      "network, wrong system   ", "network, offline        ", "network, coupled        "])
   call write_results()

contains

   !> Climate and forecasts of the coarse model with a closure, and the closure's curve.
   subroutine judge(closure, name, reference, place, curve)
      class(closure_t), intent(inout) :: closure
      character(len=*), intent(in) :: name, reference !! For the table.
      integer, intent(in) :: place !! Of the results; 1 is that of the truth.
      integer, intent(in), optional :: curve !! Column of the curves.
      call run_coarse(start, closure, asked%statistics, climates(place))
      call forecast_errors(closure, start%parameters%forcing, states, errors(:, place))
      if (present(curve)) call closure%find(curves(:, 1), curves(:, curve))
      call check(network%error)
      call check(offline%error)
      call print_climate(name, climates(place), reference)
   end subroutine judge

   !> Train the network inside the coarse model and save it. The history holds time, error of B(X),
   !! rms(X coarse - X truth) and loss, (entry, 4).
   subroutine learn(entries)
      real(wp), allocatable, intent(out) :: entries(:, :)
      type(coupled_t) :: coupled
      type(progress_t) :: bar
      character(len=100) :: line
      real(wp) :: losses, squares
      integer(int64) :: began, now, rate
      integer :: every, n, saved, steps

      call begin(coupled)
      steps = nint(asked%units/dt_coarse)
      every = nint(history_interval/dt_coarse)
      saved = nint(asked%save_every/dt_coarse)
      allocate (entries(0:steps/every, 4), source=0.0_wp)
      entries(0, :2) = [coupled%steps*dt_coarse, closure_error(network)]
      losses = 0.0_wp
      squares = 0.0_wp
      print "(/,a)", "Coupled online learning"
      call bar%begin(steps)
      call system_clock(began, rate)
      do n = 1, steps
         call coupled%step(error)
         call check(error)
         losses = losses + coupled%online%loss
         squares = squares + rms(coupled%x - coupled%truth%x)**2
         if (modulo(n, every) == 0) then
            entries(n/every, :) = [coupled%steps*dt_coarse, closure_error(network), &
               sqrt(squares/every), losses/every]
            losses = 0.0_wp
            squares = 0.0_wp
         end if
         if (saved > 0) then
            if (modulo(n, saved) == 0) call save(coupled)
         end if
         if (bar%due(n)) then
            write (line, "(2x,a,f7.1,a,f7.1,a,f6.3,a,f6.3)") "time", n*dt_coarse, " of", &
               asked%units, "   error of B(X)", closure_error(network), "   rms(X - truth)", &
               rms(coupled%x - coupled%truth%x)
            call bar%show(n, trim(line))
         end if
      end do
      call system_clock(now)
      print "(2x,i0,a,f6.1,a)", steps, " model steps, each with a training step, in", &
         real(now - began, wp)/rate, " s"
      ! With Adam's state, so that Keras can go on where Fortran stopped.
      call coupled%online%trainer%save(asked%folder//"/learned.fkb", error)
      call check(error)
      call save(coupled)
      call coupled%online%clear()
   end subroutine learn

   !> Begin a coupled run, or go on with one.
   subroutine begin(coupled)
      type(coupled_t), intent(inout) :: coupled
      character(len=:), allocatable :: message
      call coupled%begin(start, net, asked%window, error)
      call check(error)
      if (.not. allocated(asked%restart)) return
      call load_checkpoint(coupled, asked%restart, message)
      call stop_with(message)
   end subroutine begin

   !> Write what the next run goes on from.
   subroutine save(coupled)
      type(coupled_t), intent(in) :: coupled
      character(len=:), allocatable :: message
      call save_checkpoint(coupled, asked%folder, message)
      call stop_with(message)
   end subroutine save

   !> Distance of a network from the truth's quartic, over the values that X takes in the truth.
   real(wp) function closure_error(closure)
      type(network_closure_t), intent(inout) :: closure
      integer, parameter :: every = 10
      real(wp) :: b((size(pairs, 1) - 1)/every + 1)
      call closure%find(pairs(::every, 1), b)
      call check(closure%error)
      closure_error = rms(b - fitted%curve%evaluate(pairs(::every, 1)))
   end function closure_error

   !> Mean of a column of the history over its last 10 time units.
   real(wp) function late_mean(column)
      integer, intent(in) :: column
      integer :: first
      first = max(0, ubound(history, 1) - nint(10.0_wp/history_interval) + 1)
      late_mean = sum(history(first:, column))/size(history(first:, column))
   end function late_mean

   !> Write the CSV files.
   subroutine write_results()
      character(len=*), parameter :: names = "truth,none,quartic,wrong,offline,learned"
      real(wp) :: densities(n_bins, 7)
      densities(:, 1) = [(lowest + (i - 0.5_wp)*bin_width, i=1, n_bins)]
      do i = 1, 6
         densities(:, 1 + i) = climates(i)%density()
      end do
      call write_csv(asked%folder//"/climate.csv", "x,"//names, densities)
      call write_csv(asked%folder//"/curves.csv", "x,quartic,wrong,offline,learned", curves)
      call write_csv(asked%folder//"/forecasts.csv", "time"//names(6:), errors)
      call write_csv(asked%folder//"/learning.csv", "time,closure_error,distance,loss", history)
      call write_csv(asked%folder//"/pairs.csv", "x,b", pairs(::max(1, size(pairs, 1)/3000), :))
   end subroutine write_results

   !> Write the batches, losses and result of the first training steps, for verify_keras.py.
   subroutine dump_training(steps)
      integer, intent(in) :: steps
      type(coupled_t) :: coupled
      real(wp), allocatable :: batches(:, :)
      real(wp) :: losses(steps, 2)
      integer :: last, n
      call begin(coupled)
      allocate (batches(steps*n_slow*asked%window, 3))
      last = 0
      do n = 1, steps
         call coupled%step(error)
         call check(error)
         losses(n, :) = [real(n, wp), coupled%online%loss]
         associate (buffer => coupled%online%buffer)
            batches(last + 1:last + buffer%held, 1) = n
            batches(last + 1:last + buffer%held, 2) = buffer%x(1, :buffer%held)
            batches(last + 1:last + buffer%held, 3) = buffer%y(1, :buffer%held)
            last = last + buffer%held
         end associate
      end do
      call network%find(curves(:, 1), curves(:, 2))
      call check(network%error)
      call write_csv(asked%folder//"/batches.csv", "step,x,target", batches(:last, :))
      call write_csv(asked%folder//"/losses.csv", "step,loss", losses)
      call write_csv(asked%folder//"/result.csv", "x,b", curves(:, :2))
      call coupled%online%trainer%save(asked%folder//"/result.fkb", error)
      call check(error)
      call coupled%online%clear()
   end subroutine dump_training

   !> Stop with the text of an error.
   subroutine check(raised)
      type(error_t), allocatable, intent(in) :: raised
      if (allocated(raised)) call stop_with(raised%message)
   end subroutine check

   !> Stop with a sentence, where there is one.
   subroutine stop_with(message)
      character(len=:), allocatable, intent(in) :: message
      if (.not. allocated(message)) return
      write (error_unit, "(a)") "lorenz96: "//message
      stop 1, quiet=.true.
   end subroutine stop_with

end program lorenz96_online
