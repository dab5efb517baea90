! Generated from couple/fkb_coupler.fypp: edit that file and run tools/generate.py
!> The way between a host's fields and a network, by the names, units, steps and limits that stand
!> in the model file, so that another network needs no other Fortran.
!>
!>     call coupler%offer('T', 30, 'K', at_t)                     ! once: what the host has
!>     call coupler%accept('dT', 30, 'K/s', at_dt)
!>     call coupler%connect(net, error)                           ! for each network
!>     call coupler%begin(exchange, columns, error)               ! each step, in each thread
!>     call coupler%give(exchange, at_t, t, error)                ! t(levels, columns)
!>     call coupler%run(net, exchange, error)
!>     call coupler%take(exchange, at_dt, dt, error)
module fkb_coupler_dp
   use fkb_bank_dp, only: bank_t
   use fkb_column, only: column_rule_t
   use fkb_ensemble_dp, only: ensemble_state_t, ensemble_t
   use fkb_error, only: error_t
   use fkb_exchange_dp, only: exchange_t
   use fkb_finish, only: finish_t
   use fkb_gate_dp, only: gate_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_network_dp, only: network_t
   use fkb_online_dp, only: online_trainer_t
   use fkb_port, only: port_t
   use fkb_previous, only: previous_t
   use fkb_slot, only: slot_t, span_of_field_t
   use fkb_state_dp, only: state_t
   use fkb_tally, only: tally_t
   use fkb_trainer_dp, only: trainer_t
   implicit none (type, external)
   private
   public :: coupler_t

   !> Sizes of one input or output.
   type, public :: end_t
      integer :: first = 1                       !! row of the buffer
      integer :: places = 1                      !! all axes but the last together
      integer :: host_elements = 1               !! of the last axis in the host
      integer :: elements = 1                    !! of the last axis in the network
   end type end_t

   !> Describes a coupling. Read-only while it is used: one serves all threads.
   type :: coupler_t
      type(slot_t), allocatable :: slots(:)             !! the host's fields
      type(span_of_field_t), allocatable :: inputs(:)   !! the model's, of all inputs
      type(span_of_field_t), allocatable :: outputs(:)  !! the model's, of all outputs
      type(span_of_field_t), allocatable :: others(:)   !! the host's that are no inputs
      type(end_t), allocatable :: in_ends(:), out_ends(:)
      type(finish_t) :: finish                   !! zeros, positive fields, budgets
      integer :: rows_in = 0                     !! of the buffer of what the host gives
      integer :: rows_out = 0                    !! of the buffer of what the host gets
      integer, allocatable :: bank_rows(:)       !! row of each output of a bank
      integer(i8), private :: key = 0            !! of the network that is connected
   contains
      procedure :: offer, accept
      !> Match the fields of a network, an ensemble, a bank or a gate with those of the host:
      !> `call coupler%connect(net, error [, spare_outputs])`. Raises an error with both lists
      !> where names, lengths, units or orders do not fit, and for networks that work together and
      !> do not agree in their fields; the coupler then is not connected.
      generic :: connect => connect_network, connect_ensemble, connect_bank, connect_gate
      procedure :: connected
      procedure :: serves
      procedure :: set_policy
      procedure :: begin
      !> Ask what is connected: `call coupler%run(net, exchange, error [, ...])`.
      generic :: run => run_network, run_ensemble, run_bank, run_gate
      !> Let a network learn from an exchange whose truth was taught.
      generic :: learn => learn_online, learn_step
      procedure :: make_previous
      procedure :: report
      generic :: give => give_1_sp, give_1_dp, give_2_sp, give_2_dp
      generic :: take => take_1_sp, take_1_dp, take_2_sp, take_2_dp
      generic :: teach => teach_1_sp, teach_1_dp, teach_2_sp, teach_2_dp
      procedure, private :: connect_network, connect_ensemble, connect_bank, connect_gate
      procedure, private :: run_network, run_ensemble, run_bank, run_gate
      procedure, private :: learn_online, learn_step
      procedure, private :: give_1_sp, give_1_dp, give_2_sp, give_2_dp
      procedure, private :: take_1_sp, take_1_dp, take_2_sp, take_2_dp
      procedure, private :: teach_1_sp, teach_1_dp, teach_2_sp, teach_2_dp
   end type coupler_t

   interface

      !> Say that the host has a field that a network may use. What a network does not need may be
      !> offered too. Names are compared exactly; the one offered last counts.
      module subroutine offer(self, name, length, unit, at, order, columns_first)
         class(coupler_t), intent(inout) :: self
         character(*), intent(in) :: name
         integer, intent(in) :: length                  !! values of a column, such as levels
         character(*), intent(in) :: unit               !! as in the model file
         integer, intent(out) :: at                     !! how `give` names the field
         character(*), intent(in), optional :: order    !! `top_down` or `bottom_up`
         logical, intent(in), optional :: columns_first !! arrays are (columns, levels)
      end subroutine offer

      !> Say that the host takes a field from a network.
      module subroutine accept(self, name, length, unit, at, order, columns_first, required)
         class(coupler_t), intent(inout) :: self
         character(*), intent(in) :: name
         integer, intent(in) :: length                  !! values of a column, such as levels
         character(*), intent(in) :: unit               !! as in the model file
         integer, intent(out) :: at                     !! how `take` names the field
         character(*), intent(in), optional :: order    !! `top_down` or `bottom_up`
         logical, intent(in), optional :: columns_first !! arrays are (columns, levels)
         logical, intent(in), optional :: required      !! default true: a network must have it
      end subroutine accept

      module subroutine connect_network(self, net, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs !! outputs may be left untaken
      end subroutine connect_network

      module subroutine connect_ensemble(self, net, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(ensemble_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs !! outputs may be left untaken
      end subroutine connect_ensemble

      module subroutine connect_bank(self, net, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(bank_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs !! outputs may be left untaken
      end subroutine connect_bank

      module subroutine connect_gate(self, net, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(gate_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs !! outputs may be left untaken
      end subroutine connect_gate

      !> Whether a network is connected.
      pure logical module function connected(self)
         class(coupler_t), intent(in) :: self
      end function connected

      !> Whether the network that is connected has the field: `give` needs it, `take` gets it.
      pure logical module function serves(self, at)
         class(coupler_t), intent(in) :: self
         integer, intent(in) :: at                      !! from `offer` or `accept`
      end function serves

      !> What to do with values of a field of the model that are outside its limits or not finite,
      !> in place of what the file says: `error`, `clip`, `previous`, `host`. After `connect`.
      module subroutine set_policy(self, name, error, outside, not_finite)
         class(coupler_t), intent(inout) :: self
         character(*), intent(in) :: name               !! of a field of the model
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: outside
         character(*), intent(in), optional :: not_finite   !! all but `clip`
      end subroutine set_policy

      !> Begin an exchange for so many columns of the host, or for some of them: those of a mask,
      !> or a list. They are gathered into one batch; the other columns are never touched.
      module subroutine begin(self, exchange, columns, error, mask, points)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: columns                 !! of the host's arrays
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: mask(:)       !! (columns)
         integer, intent(in), optional :: points(:)     !! different columns, from 1
      end subroutine begin

      !> Ask the network. Raises an error where a field was not given, and where a value is wrong
      !> and the policy is `error`; state, previous values and results then are as before.
      module subroutine run_network(self, net, exchange, error, state, previous, dt, rule)
         class(coupler_t), intent(in), target :: self
         type(network_t), intent(in) :: net             !! the one that is connected
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional :: state          !! (n_state, columns)
         type(previous_t), intent(inout), optional :: previous    !! for the policy `previous`
         real(dp), intent(in), optional :: dt           !! the host's step, for fields kept positive
         class(column_rule_t), intent(in), optional :: rule       !! of the host's own
      end subroutine run_network

      !> The mean of an ensemble; the spread of its members, before limits, rules and budgets, is
      !> there with `take(..., spread=.true.)`. Noise goes by the numbers of the host's columns.
      module subroutine run_ensemble(self, net, exchange, error, previous, dt, rule, step, &
                                     first_column, state)
         class(coupler_t), intent(in), target :: self
         type(ensemble_t), intent(in) :: net            !! the one that is connected
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(inout), optional :: previous
         real(dp), intent(in), optional :: dt
         class(column_rule_t), intent(in), optional :: rule
         integer, intent(in), optional :: step          !! of the host, for noise; default 0
         integer, intent(in), optional :: first_column  !! global number of column 1, default 1
         type(ensemble_state_t), intent(inout), optional :: state    !! of all columns
      end subroutine run_ensemble

      module subroutine run_bank(self, net, exchange, error, previous, dt, rule)
         class(coupler_t), intent(in), target :: self
         type(bank_t), intent(in) :: net
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(inout), optional :: previous
         real(dp), intent(in), optional :: dt
         class(column_rule_t), intent(in), optional :: rule
      end subroutine run_bank

      module subroutine run_gate(self, net, exchange, error, previous, dt, rule)
         class(coupler_t), intent(in), target :: self
         type(gate_t), intent(in) :: net
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(inout), optional :: previous
         real(dp), intent(in), optional :: dt
         class(column_rule_t), intent(in), optional :: rule
      end subroutine run_gate

      !> Show the columns with their truth to a training in the simulation, which may make a step.
      !> Columns that are left to the host or whose truth is not finite are not shown. Limits of
      !> inputs act as in `run`, which may have been called before or not.
      module subroutine learn_online(self, trainer, exchange, error, time, previous)
         class(coupler_t), intent(in), target :: self
         type(online_trainer_t), intent(inout) :: trainer   !! of the network that is connected
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time         !! the host's, for a schedule
         type(previous_t), intent(in), optional :: previous
      end subroutine learn_online

      !> Make one training step with the columns. Raises an error where there is none to learn from.
      module subroutine learn_step(self, trainer, exchange, loss, error, previous)
         class(coupler_t), intent(in), target :: self
         type(trainer_t), intent(inout) :: trainer      !! of the network that is connected
         type(exchange_t), intent(inout), target :: exchange
         real(dp), intent(out) :: loss                  !! before the step
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(in), optional :: previous
      end subroutine learn_step

      !> Room for the last good values of so many columns.
      module subroutine make_previous(self, previous, columns, error)
         class(coupler_t), intent(in) :: self
         type(previous_t), intent(out) :: previous
         integer, intent(in) :: columns
         type(error_t), allocatable, intent(out) :: error
      end subroutine make_previous

      !> A text of several lines: what was changed, per field and level.
      module subroutine report(self, tally, text)
         class(coupler_t), intent(in) :: self
         type(tally_t), intent(in) :: tally             !! of one thread, or the sum of all
         character(:), allocatable, intent(out) :: text
      end subroutine report

      !> Give a field of one value a column, or all values of the only column.
      module subroutine give_1_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `offer`
         real(sp), intent(in) :: values(:)                !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine give_1_sp

      !> Give a field.
      module subroutine give_2_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `offer`
         real(sp), intent(in) :: values(:, :)             !! (levels, columns) or as offered
         type(error_t), allocatable, intent(out) :: error
      end subroutine give_2_sp

      !> Take a field of one value a column, or all values of the only column.
      module subroutine take_1_sp(self, exchange, at, values, error, spread)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(inout) :: values(:)             !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spread        !! that of an ensemble in place of the mean
      end subroutine take_1_sp

      !> Take a field. Columns that are not active, or left to the host, keep their values.
      module subroutine take_2_sp(self, exchange, at, values, error, spread)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(inout) :: values(:, :)          !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spread        !! that of an ensemble in place of the mean
      end subroutine take_2_sp

      !> Give the truth of a field that the network answers: of one value a column, or all values
      !> of the only column.
      module subroutine teach_1_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(in) :: values(:)                !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine teach_1_sp

      !> Give the truth of a field that the network answers.
      module subroutine teach_2_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(in) :: values(:, :)             !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
      end subroutine teach_2_sp

      !> Give a field of one value a column, or all values of the only column.
      module subroutine give_1_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `offer`
         real(dp), intent(in) :: values(:)                !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine give_1_dp

      !> Give a field.
      module subroutine give_2_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `offer`
         real(dp), intent(in) :: values(:, :)             !! (levels, columns) or as offered
         type(error_t), allocatable, intent(out) :: error
      end subroutine give_2_dp

      !> Take a field of one value a column, or all values of the only column.
      module subroutine take_1_dp(self, exchange, at, values, error, spread)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(inout) :: values(:)             !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spread        !! that of an ensemble in place of the mean
      end subroutine take_1_dp

      !> Take a field. Columns that are not active, or left to the host, keep their values.
      module subroutine take_2_dp(self, exchange, at, values, error, spread)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(inout) :: values(:, :)          !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spread        !! that of an ensemble in place of the mean
      end subroutine take_2_dp

      !> Give the truth of a field that the network answers: of one value a column, or all values
      !> of the only column.
      module subroutine teach_1_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(in) :: values(:)                !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine teach_1_dp

      !> Give the truth of a field that the network answers.
      module subroutine teach_2_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(in) :: values(:, :)             !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
      end subroutine teach_2_dp

      !> Sizes and fields of all inputs or all outputs, one after the other in the buffer.
      module subroutine list_ends(net, is_output, ends, fields, rows, error)
         type(network_t), intent(in) :: net
         logical, intent(in) :: is_output
         type(end_t), allocatable, intent(out) :: ends(:)
         type(span_of_field_t), allocatable, intent(out) :: fields(:)
         integer, intent(out) :: rows
         type(error_t), allocatable, intent(out) :: error
      end subroutine list_ends

      !> Match the fields that are listed with the host's, and find those that limits need.
      module subroutine fit_host(self, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs
      end subroutine fit_host

      !> The budgets of outputs.
      module subroutine add_budgets(self, ports, error)
         class(coupler_t), intent(inout) :: self
         type(port_t), intent(in) :: ports(:)
         type(error_t), allocatable, intent(out) :: error
      end subroutine add_budgets

      !> Connected: the host's other fields are known by now.
      module subroutine settle(self, key)
         class(coupler_t), intent(inout) :: self
         integer(i8), intent(in) :: key
      end subroutine settle

      !> Raises an error unless all is there that a run needs.
      module subroutine check_ready(self, key, exchange, error, previous)
         class(coupler_t), intent(in) :: self
         integer(i8), intent(in) :: key                 !! of what is to be asked
         type(exchange_t), intent(in) :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(in), optional :: previous
      end subroutine check_ready

      !> Where a field must stay positive the length of the step must be known.
      module subroutine check_step(self, error, dt)
         class(coupler_t), intent(in) :: self
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: dt
      end subroutine check_step

      !> What comes before a network is asked: the host's values are looked at.
      module subroutine open_run(self, exchange, with_rule, error, previous)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(inout) :: exchange
         logical, intent(in) :: with_rule               !! any field may count
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(in), optional :: previous
      end subroutine open_run

      !> What comes after: rules, limits, budgets, counts.
      module subroutine close_run(self, exchange, error, previous, dt, rule)
         class(coupler_t), intent(in), target :: self
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(previous_t), intent(inout), optional :: previous
         real(dp), intent(in), optional :: dt
         class(column_rule_t), intent(in), optional :: rule
      end subroutine close_run

   end interface

end module fkb_coupler_dp
