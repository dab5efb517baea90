!> Coupled online learning: the network trains inside the running coarse model.
!!
!! The truth is nudged towards the coarse model, so that both stay close and what the truth does
!! in one coarse step tells what the network should have said. Source: S. Rasp (2020), Geosci.
!! Model Dev. 13, 2185.
module coupled_learning
   use fkb_dp, only: error_t, network_t, trainer_t, workspace_t, wp
   use lorenz96, only: coarse_dynamics, dt_coarse, n_slow, steps_per_coarse, truth_t
   implicit none (type, external)
   private
   public :: coupled_t, network_closure

   !> Time scale of the nudging.
   real(wp), parameter :: tau = 0.1_wp

   !> A coarse model with a network, and the truth that runs beside it.
   type :: coupled_t
      !> The two-scale model.
      type(truth_t) :: truth
      !> Slow variables of the coarse model, (k).
      real(wp) :: x(n_slow) = 0.0_wp
      !> What the last steps taught, oldest overwritten first: (1, k + step*n_slow).
      real(wp), allocatable :: inputs(:, :), targets(:, :)
      !> Samples in inputs and targets.
      integer :: samples = 0
      type(workspace_t), private :: work
      integer, private :: steps = 0
   contains
      procedure :: begin, step
      procedure, private :: remember
   end type coupled_t

contains

   !> Start the coarse model from the truth.
   subroutine begin(self, truth, window)
      class(coupled_t), intent(inout) :: self
      type(truth_t), intent(in) :: truth !! Spun up.
      integer, intent(in) :: window !! Coarse steps whose samples make one batch, 1 or more.
      self%truth = truth
      self%x = truth%x
      self%steps = 0
      self%samples = 0
      allocate (self%inputs(1, n_slow*window), self%targets(1, n_slow*window))
   end subroutine begin

   !> One coarse step of both models and one training step.
   subroutine step(self, net, trainer, loss, error)
      class(coupled_t), intent(inout) :: self
      type(network_t), intent(inout), target :: net !! The closure, which the trainer trains.
      type(trainer_t), intent(inout) :: trainer !! Its trainer.
      real(wp), intent(out) :: loss !! Mean squared error over the window before the update.
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      real(wp), dimension(n_slow) :: b, difference, old_truth, resolved, target

      difference = self%x - self%truth%x
      old_truth = self%truth%x
      call self%truth%advance(steps_per_coarse, extra_forcing=difference/tau)
      resolved = coarse_dynamics(self%x, self%truth%parameters%forcing)
      ! What the truth did, less what the coarse model did by itself, less the nudging.
      target = (self%truth%x - old_truth - (resolved - self%x))/dt_coarse - difference/tau
      call self%remember(self%x, target)

      call network_closure(net, self%x, b, self%work, error)
      if (allocated(error)) return
      self%x = resolved + b*dt_coarse

      call trainer%step(self%inputs(:, :self%samples), self%targets(:, :self%samples), loss, error)
   end subroutine step

   !> Put the newest samples over the oldest.
   pure subroutine remember(self, input, target)
      class(coupled_t), intent(inout) :: self
      real(wp), intent(in) :: input(n_slow) !! X.
      real(wp), intent(in) :: target(n_slow) !! B.
      integer :: first
      first = 1 + modulo(self%steps*n_slow, size(self%inputs, 2))
      self%inputs(1, first:first + n_slow - 1) = input
      self%targets(1, first:first + n_slow - 1) = target
      self%steps = self%steps + 1
      self%samples = min(self%samples + n_slow, size(self%inputs, 2))
   end subroutine remember

   !> B(X) by the network, any number of grid points at once.
   subroutine network_closure(net, x, b, work, error)
      type(network_t), intent(in) :: net !! The closure: one input, one output.
      real(wp), intent(in) :: x(:) !! Slow variables.
      real(wp), intent(out) :: b(:) !! Their closure term.
      type(workspace_t), intent(inout) :: work !! Scratch.
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      real(wp) :: y(1, size(x))
      call net%predict(reshape(x, [1, size(x)]), y, work, error)
      b = y(1, :)
   end subroutine network_closure

end module coupled_learning
