!> A network as the closure of the coarse model: **where FKB predicts**.
module network_closure
   use closures, only: closure_t
   use fkb_dp, only: adam_t, error_t, mean_squared_error_t, network_t, trainer_t, workspace_t, wp
   implicit none (type, external)
   private
   public :: learn_offline, network_closure_t

   !> B(X) is what a network says: one input, one output.
   type, extends(closure_t) :: network_closure_t
      type(network_t), pointer :: net => null()
      !> What the network raised first.
      type(error_t), allocatable :: error
      type(workspace_t), private :: work
   contains
      procedure :: find
   end type network_closure_t

contains

   !> B(X) of any number of grid points at once.
   subroutine find(self, x, b)
      class(network_closure_t), intent(inout) :: self
      real(wp), intent(in) :: x(:) !! Slow variables.
      real(wp), intent(out) :: b(:) !! Their closure term.
      real(wp) :: y(1, size(x))
      b = 0.0_wp
      if (allocated(self%error)) return
      call self%net%predict(reshape(x, [1, size(x)]), y, self%work, self%error)
      b = y(1, :)
   end subroutine find

   !> Forget what the network knows and learn the pairs of the truth, which nobody has of the real
   !! world: the upper bound of what a closure of this form can do.
   subroutine learn_offline(net, pairs, error)
      type(network_t), intent(inout), target :: net !! The network.
      real(wp), intent(in) :: pairs(:, :) !! X and B, (sample, 2).
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      integer, parameter :: batch = 360, epochs = 30, samples = 36000
      type(trainer_t) :: trainer
      integer :: n
      n = min(samples, size(pairs, 1))
      call net%initialize(1, error)
      if (.not. allocated(error)) then
         call trainer%init(net, mean_squared_error_t(), adam_t(learning_rate=1e-3_wp), error)
      end if
      if (allocated(error)) return
      call trainer%fit(reshape(pairs(:n, 1), [1, n]), reshape(pairs(:n, 2), [1, n]), epochs, &
         batch, error, seed=1)
      call trainer%clear()
   end subroutine learn_offline

end module network_closure
