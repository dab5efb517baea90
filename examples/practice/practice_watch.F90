!> Callbacks that add to the table of epochs what a course wants to see.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module practice_watch
   use FKB_KIND, only: callback_t, dp, error_t, logs_t, network_t, training_t, workspace_t, wp
   use practice_networks, only: build_probe
   implicit none (type, external)
   private
   public :: dead_units_t, learning_rate_t, weights_t

   !> The learning rate of the epoch's last step.
   type, extends(callback_t) :: learning_rate_t
   contains
      procedure :: on_epoch_end => log_learning_rate
   end type learning_rate_t

   !> The first two weights: a path through a valley.
   type, extends(callback_t) :: weights_t
   contains
      procedure :: on_epoch_end => log_weights
   end type weights_t

   !> The part of the hidden units that are 0 for every sample of the training: their gradient is 0
   !> too, and no step wakes them.
   type, extends(callback_t) :: dead_units_t
      integer :: layers = 1                        !! hidden ones
      real(wp), allocatable :: x(:, :)             !! (inputs, samples)
      real(wp), allocatable, private :: values(:, :)
      type(network_t), private :: probe
      type(workspace_t), private :: work
   contains
      procedure :: on_train_begin => look_inside
      procedure :: on_epoch_end => log_dead_units
   end type dead_units_t

contains

   subroutine log_learning_rate(self, training, epoch, logs, error)
      class(learning_rate_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      call logs%set('learning_rate', training%learning_rate())
   end subroutine log_learning_rate

   subroutine log_weights(self, training, epoch, logs, error)
      class(weights_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      call logs%set('weight_1', real(training%net%params(1), dp))
      call logs%set('weight_2', real(training%net%params(2), dp))
   end subroutine log_weights

   subroutine look_inside(self, training, error)
      class(dead_units_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      call build_probe(training%net, self%layers, self%probe, error)
      if (allocated(error)) return
      allocate (self%values(self%probe%output_features(1), size(self%x, 2)))
   end subroutine look_inside

   subroutine log_dead_units(self, training, epoch, logs, error)
      class(dead_units_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      call self%probe%copy_weights(training%net, 'hidden_*', error)
      if (.not. allocated(error)) call self%probe%predict(self%x, self%values, self%work, error)
      if (allocated(error)) return
      associate (dead => count(all(.not. abs(self%values) > 0, dim=2)))
         call logs%set('dead', real(dead, dp)/size(self%values, 1))
      end associate
   end subroutine log_dead_units

end module practice_watch
