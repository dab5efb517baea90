!> Methods for the whole data: L-BFGS and Rprop.
module test_full_batch
   use fkb_dp, only: adam_t, constrain_sign, error_t, full_batch_t, lbfgs_converged, &
      lbfgs_state_t, lbfgs_t, mean_squared_error_t, network_t, objective_t, optimizer_state_t, &
      rprop_t, segment_t, trainer_t
   use fkb_kinds, only: dp, i8
   use fkb_optimizer_dp, only: optimizer_t
   use fkb_optimizers_dp, only: optimizer_from_config
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use model_files, only: small_dense
   implicit none (type, external)
   private
   public :: collect

   !> Rosenbrock's function in many dimensions; beyond `wall` it has no value.
   type, extends(objective_t) :: valley_t
      real(dp) :: wall = 1e300_dp
      integer :: taken = 0
      integer :: hits = 0                       !! of the wall
   contains
      procedure :: evaluate => evaluate_valley
      procedure :: accepted => count_step
   end type valley_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'full_batch'
      call suite%add('L-BFGS finds the end of a curved valley', valley)
      call suite%add('a search that is interrupted goes on with the same bits', restart)
      call suite%add('a step into nothing is shortened', walls)
      call suite%add('a network is fitted until its gradient vanishes', fits_network)
      call suite%add('wrong options and constraints are refused', refusals)
      call suite%add('Rprop makes the steps of its paper', rprop_steps)
      call suite%add('Rprop fits a network', rprop_fits)
   end subroutine collect

   subroutine evaluate_valley(self, params, value, grad, error)
      class(valley_t), intent(inout) :: self
      real(dp), intent(in), contiguous :: params(:)
      real(dp), intent(out) :: value
      real(dp), intent(out), contiguous :: grad(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      value = 0
      grad = 0
      do i = 1, size(params) - 1
         value = value + 100*(params(i + 1) - params(i)**2)**2 + (1 - params(i))**2
         grad(i) = grad(i) - 400*params(i)*(params(i + 1) - params(i)**2) - 2*(1 - params(i))
         grad(i + 1) = grad(i + 1) + 200*(params(i + 1) - params(i)**2)
      end do
      if (.not. any(params > self%wall)) return
      value = huge(value)
      self%hits = self%hits + 1
   end subroutine evaluate_valley

   subroutine count_step(self)
      class(valley_t), intent(inout) :: self
      self%taken = self%taken + 1
   end subroutine count_step

   subroutine valley(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(valley_t) :: objective
      type(lbfgs_state_t) :: state
      type(error_t), allocatable :: error
      real(dp) :: x(20)
      x(1::2) = -1.2_dp
      x(2::2) = 1
      call minimize(lbfgs_t(max_iterations=500, gradient_tolerance=1e-9_dp), objective, x, state)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, state%reason, lbfgs_converged, 'reason')
      call check(failure, state%largest <= 1e-9_dp, 'gradient')
      call check_close(failure, x, spread(1.0_dp, 1, 20), 1e-8_dp, 'minimum')
      call check_equal(failure, objective%taken, state%iteration, 'steps')
      call check(failure, state%evaluations < 3*state%iteration, 'evaluations')

   contains

      subroutine minimize(lbfgs, objective, x, state)
         type(lbfgs_t), intent(in) :: lbfgs
         type(valley_t), intent(inout) :: objective
         real(dp), intent(inout) :: x(:)
         type(lbfgs_state_t), intent(inout) :: state
         call lbfgs%minimize(objective, x, state, error)
      end subroutine minimize

   end subroutine valley

   subroutine restart(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(valley_t) :: objective
      type(lbfgs_t) :: lbfgs
      type(lbfgs_state_t) :: copy, state, whole
      type(error_t), allocatable :: error
      real(dp) :: x(6), y(6)
      x = -1
      y = -1
      lbfgs = lbfgs_t(history=4, max_iterations=9)
      call lbfgs%minimize(objective, x, state, error)
      if (.not. allocated(error)) then
         copy = state
         call lbfgs%minimize(objective, x, copy, error)
      end if
      lbfgs%max_iterations = 18
      if (.not. allocated(error)) call lbfgs%minimize(objective, y, whole, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, copy%iteration, 18, 'steps')
      call check_close(failure, x, y, 0.0_dp, 'weights')
      call check_close(failure, copy%value, whole%value, 0.0_dp, 'value')
   end subroutine restart

   subroutine walls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(valley_t) :: objective
      type(lbfgs_t) :: lbfgs
      type(lbfgs_state_t) :: state
      type(error_t), allocatable :: error
      real(dp) :: x(2)
      x = [-1.2_dp, 1.0_dp]
      objective%wall = 1.2_dp
      lbfgs%max_iterations = 500
      call lbfgs%minimize(objective, x, state, error)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, objective%hits > 0, 'the search never met the wall')
      call check_close(failure, x, [1.0_dp, 1.0_dp], 1e-4_dp, 'minimum')
   end subroutine walls

   !> 40 samples of what a dense layer of two units computes: the loss goes to 0.
   subroutine make_data(x, y)
      real(dp), intent(out) :: x(3, 40), y(2, 40)
      integer :: i, j
      do j = 1, 40
         do i = 1, 3
            x(i, j) = sin(real(7*i*j + i, dp))
         end do
         y(1, j) = tanh(0.3_dp*x(1, j) - 0.7_dp*x(2, j) + 0.2_dp)
         y(2, j) = tanh(x(3, j) + 0.5_dp*x(1, j))
      end do
   end subroutine make_data

   subroutine fits_network(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(full_batch_t) :: objective
      type(lbfgs_t) :: lbfgs
      type(lbfgs_state_t) :: state
      type(error_t), allocatable :: error
      real(dp), target :: x(3, 40), y(2, 40)
      real(dp), allocatable :: params(:)
      call make_data(x, y)
      call small_dense('full_batch.fkb', 'tanh')
      call net%load('full_batch.fkb', error)
      if (.not. allocated(error)) call net%initialize(4, error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call objective%init(trainer, x, y, error)
      if (.not. allocated(error)) then
         params = net%params
         lbfgs%gradient_tolerance = 1e-8_dp
         call lbfgs%minimize(objective, params, state, error)
         net%params = params
      end if
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check_equal(failure, state%reason, lbfgs_converged, 'reason')
      call check(failure, state%value < 1e-13_dp, 'loss')
      call check_close(failure, net%params, [0.3_dp, 0.5_dp, -0.7_dp, 0.0_dp, 0.0_dp, 1.0_dp, &
                                             0.2_dp, 0.0_dp], 1e-6_dp, 'weights')
      call trainer%clear()
      call net%clear()
   end subroutine fits_network

   subroutine refusals(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(full_batch_t) :: objective
      type(valley_t) :: valley
      type(lbfgs_t) :: lbfgs
      type(lbfgs_state_t) :: state
      type(error_t), allocatable :: error
      class(optimizer_t), allocatable :: optimizer
      real(dp), target :: x(3, 40), y(2, 40)
      real(dp) :: w(3)
      w = 0
      lbfgs%history = 0
      call lbfgs%minimize(valley, w, state, error)
      call check(failure, allocated(error), 'no history')
      lbfgs%history = 3
      call lbfgs%minimize(valley, w, state, error)
      call lbfgs%minimize(valley, w(:2), state, error)
      call check(failure, allocated(error), 'a state of another length is taken')
      call make_data(x, y)
      call objective%init(trainer, x, y, error)
      call check(failure, allocated(error), 'a trainer without a network is taken')
      call small_dense('full_batch.fkb', 'tanh')
      call net%load('full_batch.fkb', error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      net%graph%segments(1)%constraint%kind = constrain_sign
      call objective%init(trainer, x, y, error)
      call check(failure, allocated(error), 'a constraint is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'd/kernel') > 0, error%message)
      call optimizer_from_config('{"class_name":"Rprop","config":{"eta_plus":0.9}}', optimizer, &
                                 error)
      call check(failure, allocated(error), 'an eta below 1 is taken')
      call trainer%clear()
      call net%clear()
   end subroutine refusals

   !> Gradients 1, 2, -1, -1, -1 of the first weight: steps 0.1, 0.12, none at the change, then
   !> 0.06 and 0.072.
   subroutine rprop_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(rprop_t) :: optimizer
      type(optimizer_state_t) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(1)
      real(dp), parameter :: gradients(5) = [1.0_dp, 2.0_dp, -1.0_dp, -1.0_dp, -1.0_dp]
      real(dp), parameter :: wanted(5) = [-0.1_dp, -0.22_dp, -0.22_dp, -0.16_dp, -0.088_dp]
      real(dp) :: g(2), w(2)
      integer :: i
      segments(1)%last = 2
      optimizer = rprop_t(learning_rate=0.1_dp)
      w = 0
      call optimizer%prepare(state, w, segments)
      do i = 1, 5
         g = [gradients(i), 0.0_dp]
         call optimizer%step(w, g, state, segments, error)
         if (allocated(error)) call fail(failure, error%message)
         call check_close(failure, w, [wanted(i), 0.0_dp], 1e-15_dp, 'weights')
      end do
      call check_equal(failure, int(state%iteration), 5, 'steps')
   end subroutine rprop_steps

   subroutine rprop_fits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      real(dp), target :: x(3, 40), y(2, 40)
      real(dp) :: loss
      integer :: i
      call make_data(x, y)
      call small_dense('full_batch.fkb', 'tanh')
      call net%load('full_batch.fkb', error)
      if (.not. allocated(error)) call net%initialize(4, error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), rprop_t(), error)
      do i = 1, 300
         if (allocated(error)) exit
         call trainer%step(x, y, loss, error)
      end do
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, loss < 1e-9_dp, 'loss')
      call trainer%clear()
      call net%clear()
   end subroutine rprop_fits

end module test_full_batch
