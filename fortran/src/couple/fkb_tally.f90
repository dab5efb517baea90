!> Counts of all that was changed between host and network, per row of the buffers: one per thread,
!> added up when a report is wanted.
module fkb_tally
   use fkb_kinds, only: dp, i8
   implicit none (type, external)
   private
   public :: tally_t

   !> What is counted per row.
   integer, parameter, public :: count_not_finite = 1, count_below = 2, count_above = 3, &
      count_replaced = 4, count_zeroed = 5, count_kept = 6, count_by_rule = 7, n_counts = 7
   character(24), parameter, public :: count_names(n_counts) = [character(24) :: 'not finite', &
      'below its minimum', 'above its maximum', 'previous value taken', 'set to zero', &
      'kept positive', 'changed by a rule']

   !> Counts of one thread, or of all.
   type :: tally_t
      integer(i8) :: calls = 0
      integer(i8) :: columns = 0                      !! that the network was asked for
      integer(i8) :: handed_back = 0                  !! left to the host's own scheme
      integer(i8) :: learned = 0                      !! shown to a training
      integer(i8) :: not_learned = 0                  !! left to the host, or truth not finite
      integer(i8), allocatable :: inputs(:, :)        !! (n_counts, rows)
      integer(i8), allocatable :: outputs(:, :)       !! (n_counts, rows)
      integer(i8), allocatable :: closed(:)           !! per budget: columns whose budget was closed
      integer(i8), allocatable :: open(:)             !! per budget: columns where limits forbade it
      real(dp), allocatable :: largest(:)             !! per budget: largest imbalance before
      real(dp), allocatable :: total(:)               !! per budget: sum of imbalances before
   contains
      procedure :: prepare
      procedure :: add
      procedure :: reset
      procedure :: changed
   end type tally_t

contains

   !> Make room; counts stay where the sizes are right already, else they begin anew.
   subroutine prepare(self, rows_in, rows_out, budgets)
      class(tally_t), intent(inout) :: self
      integer, intent(in) :: rows_in, rows_out        !! of the buffers
      integer, intent(in) :: budgets
      if (allocated(self%inputs)) then
         if (size(self%inputs, 2) == rows_in .and. size(self%outputs, 2) == rows_out .and. &
            size(self%closed) == budgets) return
         deallocate (self%inputs, self%outputs, self%closed, self%open, self%largest, self%total)
      end if
      allocate (self%inputs(n_counts, rows_in), self%outputs(n_counts, rows_out))
      allocate (self%closed(budgets), self%open(budgets))
      allocate (self%largest(budgets), self%total(budgets))
      call self%reset()
   end subroutine prepare

   !> Begin to count anew.
   subroutine reset(self)
      class(tally_t), intent(inout) :: self
      self%calls = 0
      self%columns = 0
      self%handed_back = 0
      self%learned = 0
      self%not_learned = 0
      if (.not. allocated(self%inputs)) return
      self%inputs = 0
      self%outputs = 0
      self%closed = 0
      self%open = 0
      self%largest = 0
      self%total = 0
   end subroutine reset

   !> Add the counts of another thread for the same network and host.
   subroutine add(self, other)
      class(tally_t), intent(inout) :: self
      type(tally_t), intent(in) :: other
      if (.not. allocated(other%inputs)) return
      call self%prepare(size(other%inputs, 2), size(other%outputs, 2), size(other%closed))
      self%calls = self%calls + other%calls
      self%columns = self%columns + other%columns
      self%handed_back = self%handed_back + other%handed_back
      self%learned = self%learned + other%learned
      self%not_learned = self%not_learned + other%not_learned
      self%inputs = self%inputs + other%inputs
      self%outputs = self%outputs + other%outputs
      self%closed = self%closed + other%closed
      self%open = self%open + other%open
      self%largest = max(self%largest, other%largest)
      self%total = self%total + other%total
   end subroutine add

   !> How many values were changed or found wrong in all, whatever the reason.
   pure integer(i8) function changed(self)
      class(tally_t), intent(in) :: self
      changed = 0
      if (allocated(self%inputs)) changed = sum(self%inputs) + sum(self%outputs)
   end function changed

end module fkb_tally
