!> A network in the place of a closure of the coupled model, which then changes.
!!
!!     zebiak_cane_closure CLOSURE.fkb FOLDER [--months 1200] [--warm 28] [--cold 40] ...
!!
!! Runs with the formula and with the network that learned it; then with the formula of the changed
!! constants (by default: cold water a quarter stronger), with the network that does not know of the
!! change, and with one that learns of it while the model runs. FOLDER, which must be there, gets
!! closure.csv, curves.csv, learning.csv and the network, closure_learned.fkb.
program zebiak_cane_closure
   use, intrinsic :: iso_fortran_env, only: error_unit
   use background, only: background_t
   use fkb_dp, only: error_t, network_t, workspace_t, wp
   use mean_state, only: make_background
   use network_closure, only: network_closure_t
   use options, only: options_t, read_options
   use series, only: deviation, period
   use subsurface, only: closure_t, tanh_closure_t
   use tables, only: write_csv
   use zebiak_cane, only: month_t, nino34, zebiak_cane_t
   implicit none (type, external)

   !> Months at the beginning of a run that statistics leave out.
   integer, parameter :: spin_up = 180
   integer, parameter :: points = 161
   real(wp), parameter :: depths(2) = [50.0_wp, 100.0_wp]

   type(options_t) :: asked
   type(background_t), allocatable :: mean
   type(network_t), target :: net, learner
   type(error_t), allocatable :: error
   type(tanh_closure_t) :: changed, formula
   type(network_closure_t), allocatable :: network
   real(wp), allocatable :: nino(:, :), rmse(:, :)
   real(wp) :: curves(points, 9)
   character(len=:), allocatable :: report
   integer :: i

   call read_options(asked, 2, "zebiak_cane_closure CLOSURE.fkb FOLDER")
   if (asked%months < spin_up + 120) asked%months = spin_up + 120
   changed = asked%closure
   if (same(changed, formula)) changed%cold = 1.25_wp*formula%cold
   call net%load(trim(asked%words(1)), error)
   call check(error)
   call learner%load(trim(asked%words(1)), error)
   call check(error)
   allocate (mean, nino(asked%months, 6), rmse(asked%months, 4))
   call make_background(mean)
   nino(:, 1) = [(i, i=1, asked%months)]
   rmse(:, 1) = nino(:, 1)
   curves(:, 1) = [(i - 81.0_wp, i=1, points)]
   print "(t46,a)", "Nino-3.4: deviation  period  error of Tsub, K"

   call run(formula, nino(:, 2))
   call show("formula", nino(:, 2))
   call with_network(net, formula, .false., nino(:, 3), rmse(:, 2))
   call show("network that learned it", nino(:, 3), rmse(:, 2))
   call run(changed, nino(:, 4))
   call show("formula with changed constants", nino(:, 4))
   call with_network(net, changed, .false., nino(:, 5), rmse(:, 3))
   call show("network as it was", nino(:, 5), rmse(:, 3))
   call with_network(learner, changed, .true., nino(:, 6), rmse(:, 4))
   call show("network that learns of the change", nino(:, 6), rmse(:, 4))
   print "(a,5f8.4)", "its error in years 1, 2, 5, 10 and the last: ", &
      (year_rmse(i), i=1, 2), year_rmse(5), year_rmse(10), year_rmse(asked%months/12)

   print "(2a)", "between the model and this network: ", report

   do i = 1, 2
      curves(:, 4*i - 2) = formula%at(curves(:, 1), depths(i))
      curves(:, 4*i - 1) = changed%at(curves(:, 1), depths(i))
      call ask(net, depths(i), curves(:, 4*i))
      call ask(learner, depths(i), curves(:, 4*i + 1))
   end do
   call write_csv(folder("closure.csv"), "month,formula,network,changed,frozen,learning", nino)
   call write_csv(folder("learning.csv"), "month,network,frozen,learning", rmse)
   call write_csv(folder("curves.csv"), "h,formula_50,changed_50,network_50,learned_50,"// &
      "formula_100,changed_100,network_100,learned_100", curves)

contains

   !> Run with a closure: Nino-3.4 in K.
   subroutine run(closure, index)
      class(closure_t), intent(in) :: closure
      real(wp), intent(out) :: index(:) !! (month).
      class(closure_t), allocatable :: mine
      type(zebiak_cane_t), allocatable :: model
      type(month_t) :: means
      integer :: n
      allocate (mine, source=closure)
      allocate (model)
      call model%init(asked%parameters, mean)
      do n = 1, size(index)
         call model%advance_month(mine, means)
         index(n) = nino34(means%sst)
      end do
   end subroutine run

   !> Run with a network: Nino-3.4, and the error of each month in K.
   subroutine with_network(any_net, teacher, learning, index, errors)
      type(network_t), intent(inout), target :: any_net
      type(tanh_closure_t), intent(in) :: teacher !! What would be right.
      logical, intent(in) :: learning
      real(wp), intent(out) :: index(:), errors(:) !! (month).
      type(zebiak_cane_t), allocatable :: model
      type(month_t) :: means
      integer :: n
      allocate (network, model)
      call model%init(asked%parameters, mean)
      call network%begin(any_net, teacher, learning)
      do n = 1, size(index)
         call model%advance_month(network, means)
         call check(network%error)
         index(n) = nino34(means%sst)
         errors(n) = network%take_rmse()
      end do
      if (learning) call network%coupler%report(network%exchange%tally, report)
      if (learning) call network%online%trainer%save(folder("closure_learned.fkb"), error)
      call check(error)
      if (learning) call network%online%clear()
      deallocate (network)
   end subroutine with_network

   !> What a network says at a mean depth, in K.
   subroutine ask(any_net, depth, temperature)
      type(network_t), intent(in), target :: any_net
      real(wp), intent(in) :: depth !! m.
      real(wp), intent(out) :: temperature(points)
      type(workspace_t) :: work
      real(wp) :: x(2, points), y(1, points)
      x(1, :) = curves(:, 1)
      x(2, :) = depth
      call any_net%predict(x, y, work, error)
      call check(error)
      temperature = y(1, :)
   end subroutine ask

   !> One line of the table.
   subroutine show(name, index, errors)
      character(len=*), intent(in) :: name
      real(wp), intent(in) :: index(:)
      real(wp), intent(in), optional :: errors(:)
      character(len=12) :: text
      text = ""
      if (present(errors)) then
         write (text, "(f8.4)") sqrt(sum(errors(spin_up + 1:)**2)/(size(errors) - spin_up))
      end if
      print "(2x,a,t56,f9.2,f8.2,4x,a)", name, deviation(index(spin_up + 1:)), &
         period(index(spin_up + 1:)), trim(text)
   end subroutine show

   !> Error of the network that learns in a year, K.
   real(wp) function year_rmse(year)
      integer, intent(in) :: year
      year_rmse = sqrt(sum(rmse(12*year - 11:12*year, 4)**2)/12)
   end function year_rmse

   !> Whether two closures have the same constants.
   pure logical function same(one, other)
      type(tanh_closure_t), intent(in) :: one, other
      same = maxval(abs([one%warm - other%warm, one%warm_depth - other%warm_depth, &
         one%cold - other%cold, one%cold_depth - other%cold_depth])) <= 0
   end function same

   !> A file in the folder for the results.
   function folder(name) result(path)
      character(len=*), intent(in) :: name
      character(len=:), allocatable :: path
      path = trim(asked%words(2))//"/"//name
   end function folder

   !> Stop with the text of an error.
   subroutine check(raised)
      type(error_t), allocatable, intent(in) :: raised
      if (.not. allocated(raised)) return
      write (error_unit, "(a)") "zebiak_cane_closure: "//raised%message
      stop 1, quiet=.true.
   end subroutine check

end program zebiak_cane_closure
