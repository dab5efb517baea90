! Generated from train/fkb_full_batch.fypp: edit that file and run tools/generate.py
!> The loss of a trainer over all its data as a function of the weights, for methods such as L-BFGS.
module fkb_full_batch_sp
   use fkb_constraint_options, only: constrain_nothing
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_numeric, fkb_err_unsupported, raise
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, sp, wp => sp
   use fkb_objective_sp, only: objective_t
   use fkb_preparation_sp, only: refuse_preparation
   use fkb_trainer_sp, only: trainer_t
   implicit none (type, external)
   private
   public :: full_batch_t

   !> Begin with `init`; the trainer and the arrays must outlive it and have the `target` attribute.
   type, extends(objective_t) :: full_batch_t
      type(trainer_t), pointer, private :: trainer => null()
      type(host_t), allocatable, private :: inputs(:), targets(:), weights(:)
   contains
      !> Begin: `call objective%init(trainer, x, y_true, error)`.
      generic :: init => init_sp, init_dp, init_hosts
      procedure :: evaluate
      procedure :: accepted
      procedure, private :: init_sp, init_dp, init_hosts
   end type full_batch_t

contains

   !> Begin with the host's arrays, one per input and output.
   !> Raises an error where weights have constraints, or change before a step, which such methods
   !> do not follow.
   subroutine init_hosts(self, trainer, inputs, targets, error, weights)
      class(full_batch_t), intent(inout) :: self
      type(trainer_t), intent(in), target :: trainer
      type(host_t), intent(in) :: inputs(:), targets(:)
      type(error_t), allocatable, intent(out) :: error
      type(host_t), intent(in), optional :: weights(:)   !! of samples, as `gradient_hosts` has them
      integer :: i
      if (.not. associated(trainer%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
         return
      end if
      call refuse_preparation(trainer%net%graph, error)
      if (allocated(error)) return
      do i = 1, size(trainer%net%graph%segments)
         associate (part => trainer%net%graph%segments(i))
            if (.not. part%trainable .or. part%constraint%kind == constrain_nothing) cycle
            call raise(error, fkb_err_unsupported, 'the weight "'//part%path//'" has a'// &
                       ' constraint, which a search over all data does not follow: train it'// &
                       ' with steps of an optimizer')
            return
         end associate
      end do
      self%trainer => trainer
      self%inputs = inputs
      self%targets = targets
      if (allocated(self%weights)) deallocate (self%weights)
      if (present(weights)) self%weights = weights
   end subroutine init_hosts

   subroutine init_sp(self, trainer, x, y_true, error)
      class(full_batch_t), intent(inout) :: self
      type(trainer_t), intent(in), target :: trainer
      real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: inputs(1), targets(1)
      inputs(1)%s => x
      targets(1)%s => y_true
      call self%init(trainer, inputs, targets, error)
   end subroutine init_sp

   subroutine init_dp(self, trainer, x, y_true, error)
      class(full_batch_t), intent(inout) :: self
      type(trainer_t), intent(in), target :: trainer
      real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: inputs(1), targets(1)
      inputs(1)%d => x
      targets(1)%d => y_true
      call self%init(trainer, inputs, targets, error)
   end subroutine init_dp

   !> The loss with its penalties. Where it is not finite, the value is `huge`.
   subroutine evaluate(self, params, value, grad, error)
      class(full_batch_t), intent(inout) :: self
      real(wp), intent(in), contiguous :: params(:)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:)
      type(error_t), allocatable, intent(out) :: error
      value = huge(value)
      grad = 0
      call self%trainer%net%can_train(error)
      if (allocated(error)) return
      self%trainer%net%params = params
      call self%trainer%gradient_hosts(self%inputs, self%targets, value, error, self%weights)
      if (.not. allocated(error)) then
         grad = self%trainer%grad
      else if (error%code == fkb_err_numeric) then
         value = huge(value)
         deallocate (error)
      end if
   end subroutine evaluate

   !> Moving statistics follow, once for each step.
   subroutine accepted(self)
      class(full_batch_t), intent(inout) :: self
      call self%trainer%settle()
   end subroutine accepted

end module fkb_full_batch_sp
