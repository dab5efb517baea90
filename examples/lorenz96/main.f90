!> Coupled online learning in the Lorenz 96 model: a network that was trained on the wrong system
!! learns the right closure inside the running coarse model.
!!
!!     lorenz96 MODEL.fkb FOLDER [--units 50] [--statistics 500] [--window 30] [--seed 8]
!!
!! FOLDER gets the learned network, learned.fkb, and the CSV files that plot.py draws.
program lorenz96_online
   use, intrinsic :: iso_fortran_env, only: error_unit, int64
   use climate, only: climate_t, quartic_t, bin_width, correlation, fit_quartic, lowest, n_bins, rms
   use coupled_learning, only: coupled_t, network_closure
   use fkb_dp, only: adam_t, error_t, mean_squared_error_t, network_t, trainer_t, workspace_t, wp
   use lorenz96, only: coarse_step, dt_coarse, n_slow, parameters_t, steps_per_coarse, truth_t
   use options, only: options_t, read_options
   use progress, only: progress_t
   use report, only: print_climate, print_number, print_title, write_csv
   implicit none (type, external)

   !> Time before statistics begin, and between two samples of the pairs (X, B).
   real(wp), parameter :: spin_up = 10.0_wp, sampling = 0.5_wp
   !> Time between two entries of the learning history.
   real(wp), parameter :: history_interval = 0.5_wp
   !> Points of the curves B(X) that are written out.
   integer, parameter :: curve_points = 221
   real(wp), parameter :: curve_begin = -8.0_wp, curve_end = 14.0_wp

   type(options_t) :: asked
   type(error_t), allocatable :: error
   type(network_t), target :: net
   type(workspace_t) :: work
   type(truth_t) :: start
   type(climate_t) :: truth_climate, bare_climate, wrong_climate, learned_climate
   type(quartic_t) :: curve
   real(wp), allocatable :: pairs(:, :), history(:, :)
   real(wp) :: curves(curve_points, 4)
   integer :: i

   call read_options(asked)
   call net%load(asked%model, error)
   call check(error)
   call start%start(parameters_t(), asked%seed, spin_up)
   if (asked%dump > 0) then
      call dump_training(asked%dump)
      stop
   end if

   call print_title("The truth: two scales, 396 variables")
   call run_truth(truth_climate, pairs)
   curve = fit_quartic(pairs(:, 1), pairs(:, 2))
   call print_climate("truth", truth_climate, "2.56 3.54 -3.14 8.46")
   call print_number("mean B", sum(pairs(:, 2))/size(pairs, 1), "-0.99")
   call print_number("correlation of X and B", correlation(pairs(:, 1), pairs(:, 2)), "-0.89")
   call print_number("scatter of B about its quartic in X", &
      rms(pairs(:, 2) - curve%evaluate(pairs(:, 1))), "0.52")

   call print_title("The coarse model: 36 variables, ten times the step")
   call run_coarse(.false., bare_climate)
   call print_climate("no closure", bare_climate, "2.59 4.38")
   call run_coarse(.true., wrong_climate)
   call print_climate("network from the wrong system", wrong_climate, "2.42 3.35")
   call print_number("error of the network B(X)", closure_error(), "0.54 to 0.68")
   curves(:, 1) = [(curve_begin + (curve_end - curve_begin)*(i - 1)/(curve_points - 1), &
      i=1, curve_points)]
   curves(:, 2) = curve%evaluate(curves(:, 1))
   call network_closure(net, curves(:, 1), curves(:, 3), work, error)
   call check(error)

   call learn(history)
   call network_closure(net, curves(:, 1), curves(:, 4), work, error)
   call check(error)

   call print_title("The coarse model again")
   call run_coarse(.true., learned_climate)
   call print_climate("network after coupled learning", learned_climate, "2.61 3.56")
   call print_number("error of its B(X), mean of the last 10 units", late_mean(2), "below 0.15")
   call print_number("rms(X coarse - X truth), last 10 units", late_mean(3), "0.03")
   call write_results()

contains

   !> Run the truth: its climate, and pairs of X and B, (sample, 2).
   subroutine run_truth(statistics, samples)
      type(climate_t), intent(out) :: statistics
      real(wp), allocatable, intent(out) :: samples(:, :)
      type(truth_t) :: truth
      integer :: every, n, steps, stored
      truth = start
      steps = nint(asked%statistics/dt_coarse)
      every = nint(sampling/dt_coarse)
      allocate (samples(n_slow*(steps/every), 2))
      stored = 0
      do n = 1, steps
         call truth%advance(steps_per_coarse)
         call statistics%add(truth%x)
         if (modulo(n, every) /= 0) cycle
         samples(stored + 1:stored + n_slow, 1) = truth%x
         samples(stored + 1:stored + n_slow, 2) = truth%closure()
         stored = stored + n_slow
      end do
   end subroutine run_truth

   !> Run the coarse model by itself, with the network's closure or without any: its climate.
   subroutine run_coarse(with_network, statistics)
      logical, intent(in) :: with_network
      type(climate_t), intent(out) :: statistics
      real(wp) :: b(n_slow), x(n_slow)
      integer :: n
      x = start%x
      b = 0.0_wp
      do n = 1, nint((spin_up + asked%statistics)/dt_coarse)
         if (with_network) call network_closure(net, x, b, work, error)
         call check(error)
         call coarse_step(x, start%parameters%forcing, b)
         if (n*dt_coarse > spin_up) call statistics%add(x)
      end do
   end subroutine run_coarse

   !> Train the network inside the coarse model and save it. The history holds time, error of B(X),
   !! rms(X coarse - X truth) and loss, (entry, 4).
   subroutine learn(entries)
      real(wp), allocatable, intent(out) :: entries(:, :)
      type(coupled_t) :: coupled
      type(trainer_t) :: trainer
      type(progress_t) :: bar
      character(len=100) :: line
      real(wp) :: loss, losses, squares
      integer(int64) :: began, now, rate
      integer :: every, n, steps

      call trainer%init(net, mean_squared_error_t(), adam_t(learning_rate=1e-3_wp), error)
      call check(error)
      call coupled%begin(start, asked%window)
      steps = nint(asked%units/dt_coarse)
      every = nint(history_interval/dt_coarse)
      allocate (entries(0:steps/every, 4), source=0.0_wp)
      entries(0, 2) = closure_error()
      losses = 0.0_wp
      squares = 0.0_wp
      print "(/,a)", "Coupled online learning"
      call bar%begin(steps)
      call system_clock(began, rate)
      do n = 1, steps
         call coupled%step(net, trainer, loss, error)
         call check(error)
         losses = losses + loss
         squares = squares + rms(coupled%x - coupled%truth%x)**2
         if (modulo(n, every) == 0) then
            entries(n/every, :) = [n*dt_coarse, closure_error(), sqrt(squares/every), losses/every]
            losses = 0.0_wp
            squares = 0.0_wp
         end if
         if (bar%due(n)) then
            write (line, "(2x,a,f7.1,a,f7.1,a,f6.3,a,f6.3)") "time", n*dt_coarse, " of", &
               asked%units, "   error of B(X)", closure_error(), "   rms(X - truth)", &
               rms(coupled%x - coupled%truth%x)
            call bar%show(n, trim(line))
         end if
      end do
      call system_clock(now)
      print "(2x,i0,a,f6.1,a)", steps, " model steps, each with a training step, in", &
         real(now - began, wp)/rate, " s"
      ! With Adam's state, so that Keras can go on where Fortran stopped.
      call trainer%save(asked%folder//"/learned.fkb", error)
      call check(error)
      call trainer%clear()
   end subroutine learn

   !> Distance of the network from the truth's quartic, over the values that X takes in the truth.
   real(wp) function closure_error()
      integer, parameter :: every = 10
      real(wp) :: b((size(pairs, 1) - 1)/every + 1)
      call network_closure(net, pairs(::every, 1), b, work, error)
      call check(error)
      closure_error = rms(b - curve%evaluate(pairs(::every, 1)))
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
      real(wp) :: densities(n_bins, 5)
      densities(:, 1) = [(lowest + (i - 0.5_wp)*bin_width, i=1, n_bins)]
      densities(:, 2) = truth_climate%density()
      densities(:, 3) = bare_climate%density()
      densities(:, 4) = wrong_climate%density()
      densities(:, 5) = learned_climate%density()
      call write_csv(asked%folder//"/climate.csv", "x,truth,none,wrong,learned", densities)
      call write_csv(asked%folder//"/curves.csv", "x,quartic,wrong,learned", curves)
      call write_csv(asked%folder//"/learning.csv", "time,closure_error,distance,loss", history)
      call write_csv(asked%folder//"/pairs.csv", "x,b", pairs(::max(1, size(pairs, 1)/3000), :))
   end subroutine write_results

   !> Write the batches, losses and result of the first training steps, for verify_keras.py.
   subroutine dump_training(steps)
      integer, intent(in) :: steps
      type(coupled_t) :: coupled
      type(trainer_t) :: trainer
      real(wp), allocatable :: batches(:, :)
      real(wp) :: losses(steps, 2)
      integer :: last, n
      call trainer%init(net, mean_squared_error_t(), adam_t(learning_rate=1e-3_wp), error)
      call check(error)
      call coupled%begin(start, asked%window)
      allocate (batches(steps*n_slow*asked%window, 3))
      last = 0
      do n = 1, steps
         call coupled%step(net, trainer, losses(n, 2), error)
         call check(error)
         losses(n, 1) = n
         associate (samples => coupled%samples)
            batches(last + 1:last + samples, 1) = n
            batches(last + 1:last + samples, 2) = coupled%inputs(1, :samples)
            batches(last + 1:last + samples, 3) = coupled%targets(1, :samples)
            last = last + samples
         end associate
      end do
      curves(:, 1) = [(curve_begin + (curve_end - curve_begin)*(i - 1)/(curve_points - 1), &
         i=1, curve_points)]
      call network_closure(net, curves(:, 1), curves(:, 2), work, error)
      call check(error)
      call write_csv(asked%folder//"/batches.csv", "step,x,target", batches(:last, :))
      call write_csv(asked%folder//"/losses.csv", "step,loss", losses)
      call write_csv(asked%folder//"/result.csv", "x,b", curves(:, :2))
      call trainer%save(asked%folder//"/result.fkb", error)
      call check(error)
      call trainer%clear()
   end subroutine dump_training

   !> Stop with the text of an error.
   subroutine check(raised)
      type(error_t), allocatable, intent(in) :: raised
      if (.not. allocated(raised)) return
      write (error_unit, "(a)") "lorenz96: "//raised%message
      stop 1, quiet=.true.
   end subroutine check

end program lorenz96_online
