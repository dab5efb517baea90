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
module fkb_coupler_sp
   use fkb_column, only: column_rule_t
   use fkb_error, only: error_t
   use fkb_exchange_sp, only: exchange_t
   use fkb_finish, only: finish_t
   use fkb_kinds, only: dp, i8, sp, wp => sp
   use fkb_network_sp, only: network_t
   use fkb_previous, only: previous_t
   use fkb_slot, only: slot_t, span_of_field_t
   use fkb_state_sp, only: state_t
   use fkb_tally, only: tally_t
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
      type(end_t), allocatable :: in_ends(:), out_ends(:)
      type(finish_t) :: finish                   !! zeros, positive fields, budgets
      integer :: rows_in = 0                     !! of the buffer of what the host gives
      integer :: rows_out = 0                    !! of the buffer of what the host gets
      integer(i8), private :: key = 0            !! of the network that is connected
   contains
      procedure :: offer, accept
      procedure :: connect, connected
      procedure :: serves
      procedure :: set_policy
      procedure :: begin
      procedure :: run
      procedure :: make_previous
      procedure :: report
      generic :: give => give_1_sp, give_1_dp, give_2_sp, give_2_dp
      generic :: take => take_1_sp, take_1_dp, take_2_sp, take_2_dp
      procedure, private :: give_1_sp, give_1_dp, give_2_sp, give_2_dp
      procedure, private :: take_1_sp, take_1_dp, take_2_sp, take_2_dp
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

      !> Match the fields of the network with those of the host. Raises an error with both lists
      !> where names, lengths, units or orders do not fit; the coupler then is not connected.
      module subroutine connect(self, net, error, spare_outputs)
         class(coupler_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: spare_outputs !! outputs may be left untaken
      end subroutine connect

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
      module subroutine run(self, net, exchange, error, state, previous, dt, rule)
         class(coupler_t), intent(in), target :: self
         type(network_t), intent(in) :: net             !! the one that is connected
         type(exchange_t), intent(inout), target :: exchange
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional :: state          !! (n_state, columns)
         type(previous_t), intent(inout), optional :: previous    !! for the policy `previous`
         real(dp), intent(in), optional :: dt           !! the host's step, for fields kept positive
         class(column_rule_t), intent(in), optional :: rule       !! of the host's own
      end subroutine run

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
      module subroutine take_1_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(inout) :: values(:)             !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine take_1_sp

      !> Take a field. Columns that are not active, or left to the host, keep their values.
      module subroutine take_2_sp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(sp), intent(inout) :: values(:, :)          !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
      end subroutine take_2_sp

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
      module subroutine take_1_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(inout) :: values(:)             !! (columns), or (levels) of one
         type(error_t), allocatable, intent(out) :: error
      end subroutine take_1_dp

      !> Take a field. Columns that are not active, or left to the host, keep their values.
      module subroutine take_2_dp(self, exchange, at, values, error)
         class(coupler_t), intent(in) :: self
         type(exchange_t), intent(in) :: exchange
         integer, intent(in) :: at                      !! from `accept`
         real(dp), intent(inout) :: values(:, :)          !! (levels, columns) or as accepted
         type(error_t), allocatable, intent(out) :: error
      end subroutine take_2_dp

   end interface

end module fkb_coupler_sp
