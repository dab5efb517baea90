!> A network learns inside the running host: the truth is computed beside it, for the states that
!! the network's own run comes to, and the network learns what it should have said.
module online_correction
   use column_budgets, only: budget_t, enthalpy_budget, missing, water_budget
   use column_model, only: column_model_t
   use column_physics_interface, only: physics_output_t
   use column_vectors, only: n_inputs, n_outputs, pack_input, pack_output
   use fkb_sp, only: adam_t, composed_loss_t, dp, error_t, loss_t, mean_squared_error_t, &
      network_t, online_options_t, online_trainer_t, sp
   use truth_physics, only: truth_physics_t
   implicit none (type, external)
   private
   public :: correction_t

   !> What a budget that misses so many W/m2 adds to the loss is its weight.
   real(dp), parameter :: budget_unit = 100.0_dp

   !> Trains a network while the host runs.
   type :: correction_t
      type(online_trainer_t) :: online
      !> What the network's columns missed in the last step, root mean square in W/m2.
      real(dp) :: enthalpy = 0.0_dp, water = 0.0_dp
      type(truth_physics_t), private :: truth
      type(physics_output_t), private :: right
   contains
      procedure :: begin, learn
   end type correction_t

contains

   !> Begin to train a network, with budgets in the loss where their weight is not 0.
   subroutine begin(self, net, rate, conserve, error)
      class(correction_t), intent(inout) :: self
      type(network_t), intent(inout), target :: net !! The network that runs.
      real(dp), intent(in) :: rate !! Learning rate of Adam.
      real(dp), intent(in) :: conserve !! Weight of the budgets in the loss.
      type(error_t), allocatable, intent(out) :: error !! Whatever the trainer raises.
      class(loss_t), allocatable :: loss
      type(online_options_t) :: options
      if (conserve > 0) then
         call make_conserving_loss(net, conserve, loss)
      else
         allocate (mean_squared_error_t :: loss)
      end if
      options = online_options_t(capacity=16384, reservoir=.true., batch_size=128, newest=64, &
         steps_per_update=2, explosion=100.0_dp, seed=1)
      call self%online%init(net, loss, adam_t(learning_rate=rate), options, error)
   end subroutine begin

   !> The loss of the data and the two budgets. Coefficients turn from the host's values to the
   !! network's by the slopes of the file's transforms.
   subroutine make_conserving_loss(net, weight, loss)
      type(network_t), intent(in) :: net !! With one input and one output.
      real(dp), intent(in) :: weight !! Of each budget.
      class(loss_t), allocatable, intent(out) :: loss !! The sum.
      type(composed_loss_t), allocatable :: whole
      type(budget_t) :: budgets(2)
      real(dp) :: offset(n_inputs), slope(n_inputs), y_offset(n_outputs)
      integer :: i
      allocate (whole)
      call whole%begin(mean_squared_error_t())
      budgets = [enthalpy_budget(), water_budget()]
      slope = 1.0_dp
      call net%inputs(1)%scale(1, n_inputs, slope)
      offset = 0.0_dp
      call net%inputs(1)%invert(1, n_inputs, offset)
      y_offset = 0.0_dp
      call net%outputs(1)%apply(1, n_outputs, y_offset)
      do i = 1, size(budgets)
         associate (constant => sum(budgets(i)%input*offset) - sum(budgets(i)%output*y_offset))
            call net%outputs(1)%scale(1, n_outputs, budgets(i)%output)
            call whole%conserve(real(weight, sp), real(budgets(i)%output/budget_unit, sp), &
               input=real(-budgets(i)%input/slope/budget_unit, sp), &
               constant=real(constant/budget_unit, sp))
         end associate
      end do
      call move_alloc(whole, loss)
   end subroutine make_conserving_loss

   !> After a step of the host: compute the truth for what the network was asked, and learn.
   subroutine learn(self, model, error)
      class(correction_t), intent(inout) :: self
      type(column_model_t), intent(in) :: model !! After a step with the network.
      type(error_t), allocatable, intent(out) :: error !! Whatever the trainer raises.
      real(dp) :: said(n_outputs, size(model%gusts)), x(n_inputs, size(model%gusts))
      real(dp) :: y(n_outputs, size(model%gusts))
      integer :: columns
      columns = size(model%gusts)
      if (.not. allocated(self%right%dq)) call self%right%make(columns)
      call self%truth%run_chunk(1, 1, columns, model%asked, self%right)
      call pack_input(model%asked, 1, columns, x)
      call pack_output(self%right, 1, columns, y)
      call pack_output(model%answer, 1, columns, said)
      self%enthalpy = missing(enthalpy_budget(), x, said)
      self%water = missing(water_budget(), x, said)
      call self%online%observe(x, y, error, time=real(model%step_count, dp))
   end subroutine learn

end module online_correction
