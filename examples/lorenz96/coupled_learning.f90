!> Coupled online learning: the network trains inside the running coarse model. **Where FKB
!! trains.**
!!
!! The truth is nudged towards the coarse model, so that both stay close and what the truth does
!! in one coarse step tells what the network should have said. Source: S. Rasp (2020), Geosci.
!! Model Dev. 13, 2185.
module coupled_learning
   use fkb_dp, only: adam_t, error_t, mean_squared_error_t, network_t, online_options_t, &
      online_trainer_t, wp
   use lorenz96, only: coarse_dynamics, dt_coarse, n_slow, steps_per_coarse, truth_t
   use network_closure, only: network_closure_t
   implicit none (type, external)
   private
   public :: coupled_t

   !> Time scale of the nudging.
   real(wp), parameter :: tau = 0.1_wp

   !> A coarse model with a network, and the truth that runs beside it.
   type :: coupled_t
      !> The two-scale model.
      type(truth_t) :: truth
      !> Slow variables of the coarse model, (k).
      real(wp) :: x(n_slow) = 0.0_wp
      !> Coarse steps so far.
      integer :: steps = 0
      !> Learns from the samples of the last steps.
      type(online_trainer_t) :: online
      type(network_closure_t), private :: network
   contains
      procedure :: begin, step
   end type coupled_t

contains

   !> Start the coarse model from the truth.
   subroutine begin(self, truth, net, window, error)
      class(coupled_t), intent(inout) :: self
      type(truth_t), intent(in) :: truth !! Spun up.
      type(network_t), intent(inout), target :: net !! The closure, which is trained.
      integer, intent(in) :: window !! Coarse steps whose samples make one batch, 1 or more.
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      self%truth = truth
      self%x = truth%x
      self%steps = 0
      self%network%net => net
      ! A batch is all that is kept.
      call self%online%init(net, mean_squared_error_t(), adam_t(learning_rate=1e-3_wp), &
         online_options_t(capacity=n_slow*window, batch_size=n_slow*window, seed=1), error)
   end subroutine begin

   !> One coarse step of both models and one training step.
   subroutine step(self, error)
      class(coupled_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      real(wp), dimension(n_slow) :: b, difference, input, old_truth, resolved, target

      input = self%x
      difference = self%x - self%truth%x
      old_truth = self%truth%x
      call self%truth%advance(steps_per_coarse, extra_forcing=difference/tau)
      resolved = coarse_dynamics(self%x, self%truth%parameters%forcing)
      ! What the truth did, less what the coarse model did by itself, less the nudging.
      target = (self%truth%x - old_truth - (resolved - self%x))/dt_coarse - difference/tau

      call self%network%find(self%x, b)
      if (allocated(self%network%error)) then
         allocate (error, source=self%network%error)
         return
      end if
      self%x = resolved + b*dt_coarse
      self%steps = self%steps + 1

      call self%online%observe(reshape(input, [1, n_slow]), reshape(target, [1, n_slow]), error)
   end subroutine step

end module coupled_learning
