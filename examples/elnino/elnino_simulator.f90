!> The forecasts of the simulator itself: the model of the source, or of the observation, started
!! from the states of the observation.
!!
!!     elnino_simulator OBSERVATION.nc NAME [--mu 1.05] [--noise 4] ...
!!
!! The observation runs once more, with the options that it was made with. At the end of each of its
!! months a copy of it, complete with currents and stress, goes on for twelve months without the
!! random wind, which nobody can know: with the parameters of the source (NAME_source.csv, .nc) and
!! with its own (NAME_own.csv, .nc). The second is the limit of what can be forecast.
program elnino_simulator
   use, intrinsic :: iso_fortran_env, only: real64
   use background, only: background_t
   use elnino_groups, only: group_t, n_groups
   use elnino_months, only: read_pairs
   use elnino_options, only: stop_at
   use elnino_scores, only: check_length, leads, n_scores, score
   use elnino_tables, only: add_forecasts, begin_forecasts, print_scores, write_scores
   use fkb_sp, only: error_t, fkb_err_file, raise, wp
   use forecast_network, only: frames, month_size, to_network
   use mean_state, only: make_background
   use nature, only: nature_t
   use netcdf_files, only: netcdf_file_t
   use options, only: options_t, read_options
   use subsurface, only: tanh_closure_t
   use zebiak_cane, only: month_t, parameters_t, zebiak_cane_t
   implicit none (type, external)

   character(len=6), parameter :: names(2) = ["source", "own   "]
   type(options_t) :: asked
   type(error_t), allocatable :: error
   type(netcdf_file_t) :: file
   real(wp), allocatable :: ahead(:, :, :, :), months(:, :), samples(:, :)
   real(real64) :: scores(n_groups, n_scores)
   type(group_t) :: group
   integer :: n, which

   call read_options(asked, 2, "elnino_simulator OBSERVATION.nc NAME")
   call read_pairs(trim(asked%words(1)), huge(1), samples, months, error)
   call stop_at(error)
   call check_length(size(samples, 2), error)
   call stop_at(error)
   allocate (ahead(month_size, size(samples, 2), leads, 2))
   call run_all()
   do which = 1, 2
      associate (name => trim(asked%words(2))//"_"//trim(names(which)))
         call begin_forecasts(file, name//".nc")
         do n = 1, n_groups
            call group%cut(size(samples, 2), n)
            scores(n, :) = score(group, ahead(:, group%first:group%last, :, which), months)
            call add_forecasts(file, group%first, ahead(:, group%first:group%last, :, which))
         end do
         call file%close()
         if (allocated(file%error)) call raise(error, fkb_err_file, file%error)
         call stop_at(error)
         call write_scores(name, scores)
         call print_scores(name, scores)
      end associate
   end do

contains

   !> Follow the observation, and let copies of it go on from each month.
   subroutine run_all()
      type(nature_t) :: world
      type(background_t), allocatable :: mean
      type(zebiak_cane_t), allocatable :: states(:)
      type(parameters_t) :: parameters(2)
      real(wp) :: month(month_size)
      integer, parameter :: most = 48
      integer :: first, pair, place, which
      allocate (mean, states(most))
      call make_background(mean)
      call world%begin(asked)
      parameters(2) = asked%parameters
      parameters%noise = 0.0_real64
      do n = 1, frames - 1
         call world%next(month)
      end do
      do first = 1, size(samples, 2), most
         do pair = first, min(first + most - 1, size(samples, 2))
            call world%next(month)
            ! The file has real32, as the network has.
            if (any(abs(month - months(:, pair + frames - 1)) > 1e-6_wp)) then
               call raise(error, fkb_err_file, trim(asked%words(1))//": a run with other options")
               call stop_at(error)
            end if
            states(pair - first + 1) = world%model
         end do
         !$omp parallel do default(none) schedule(dynamic) collapse(2) &
         !$omp shared(first, samples, states, mean, parameters, asked, ahead) private(place)
         do which = 1, 2
            do pair = first, min(first + most - 1, size(samples, 2))
               place = pair - first + 1
               call go_on(states(place), merge(tanh_closure_t(), asked%closure, which == 1), &
                  parameters(which), mean, ahead(:, pair, :, which))
            end do
         end do
         !$omp end parallel do
      end do
   end subroutine run_all

   !> Twelve months of a model with these parameters from the state of another.
   subroutine go_on(state, closure, parameters, mean, ahead)
      type(zebiak_cane_t), intent(in) :: state !! Where to begin.
      type(tanh_closure_t), intent(in) :: closure !! Subsurface temperature.
      type(parameters_t), intent(in) :: parameters !! Which model goes on.
      type(background_t), intent(in) :: mean !! The mean state.
      real(wp), intent(out) :: ahead(:, :) !! (month_size, lead).
      type(zebiak_cane_t), allocatable :: model
      type(tanh_closure_t) :: formula
      type(month_t) :: means
      integer :: lead
      allocate (model)
      formula = closure
      call model%init(parameters, mean)
      model%day = state%day
      model%sea = state%sea
      model%sst = state%sst
      do lead = 1, leads
         call model%advance_month(formula, means)
         ahead(:, lead) = to_network(means%sst, means%h)
      end do
   end subroutine go_on

end program elnino_simulator
