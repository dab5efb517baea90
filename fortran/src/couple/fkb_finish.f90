!> What is done to the outputs of a column after its limits: levels set to zero, fields kept
!> positive over a step, budgets closed.
module fkb_finish
   use fkb_budget, only: budget_t, read_budget, term_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_field, only: unlimited
   use fkb_json, only: json_next
   use fkb_kinds, only: dp
   use fkb_partner, only: find_partner, offered, paired
   use fkb_slot, only: slot_t, span_of_field_t
   use fkb_tally, only: count_kept, count_zeroed, tally_t
   use fkb_text, only: decimal, span_t
   implicit none (type, external)
   private
   public :: finish_t

   !> Everything by rows of the buffer of outputs.
   type :: finish_t
      logical :: idle = .true.                       !! nothing to do
      logical :: keeps_something = .false.           !! needs the step's length
      logical, allocatable :: zero(:)
      integer, allocatable :: kept(:)                !! row of the host's field, 0 for none
      real(dp), allocatable :: least(:)
      real(dp), allocatable :: minimum(:), maximum(:)
      integer, allocatable :: lower_from(:)          !! row of the host's field, 0: `minimum`
      integer, allocatable :: upper_from(:)          !! row of the host's field, 0: `maximum`
      type(budget_t), allocatable :: budgets(:)
   contains
      procedure :: prepare
      procedure :: add_budgets
      procedure :: apply
   end type finish_t

contains

   !> From the fields of the outputs. Raises an error where a field that must stay positive is not
   !> offered, or of another length.
   subroutine prepare(self, rows, fields, slots, error)
      class(finish_t), intent(inout) :: self
      integer, intent(in) :: rows
      type(span_of_field_t), intent(in) :: fields(:) !! of the outputs
      type(slot_t), intent(inout) :: slots(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: partner(:)
      integer :: f, i, row
      if (allocated(self%zero)) deallocate (self%zero, self%kept, self%least, self%minimum, &
         self%maximum, self%lower_from, self%upper_from, self%budgets)
      allocate (self%zero(rows), source=.false.)
      allocate (self%kept(rows), source=0)
      allocate (self%least(rows), source=0.0_dp)
      allocate (self%minimum(rows), source=-unlimited)
      allocate (self%maximum(rows), source=unlimited)
      allocate (self%lower_from(rows), source=0)
      allocate (self%upper_from(rows), source=0)
      allocate (self%budgets(0))
      do f = 1, size(fields)
         associate (about => fields(f)%about)
            if (allocated(about%keeps)) then
               call find_partner(fields(f), about%keeps, .true., slots, partner, error)
               if (allocated(error)) return
            end if
            do i = 1, fields(f)%rows()
               row = fields(f)%row(i)
               if (allocated(about%zero)) self%zero(row) = about%zero(mod(i - 1, about%length) + 1)
               if (about%limited) self%minimum(row) = about%minimum(mod(i - 1, about%length) + 1)
               if (about%limited) self%maximum(row) = about%maximum(mod(i - 1, about%length) + 1)
               if (allocated(fields(f)%lower_rows)) self%lower_from(row) = fields(f)%lower_rows(i)
               if (allocated(fields(f)%upper_rows)) self%upper_from(row) = fields(f)%upper_rows(i)
               if (.not. allocated(about%keeps)) cycle
               self%kept(row) = partner(i)
               self%least(row) = about%least
            end do
         end associate
      end do
      self%keeps_something = any(self%kept > 0)
      self%idle = .not. (any(self%zero) .or. self%keeps_something)
   end subroutine prepare

   !> Budgets of one output, from its option.
   subroutine add_budgets(self, json, fields, slots, error)
      class(finish_t), intent(inout) :: self
      character(*), intent(in) :: json               !! a list of objects, or empty
      type(span_of_field_t), intent(in) :: fields(:) !! of the outputs
      type(slot_t), intent(inout) :: slots(:)
      type(error_t), allocatable, intent(out) :: error
      type(budget_t), allocatable :: longer(:)
      type(budget_t) :: new
      type(span_t) :: key, value
      integer :: i, n, position
      if (len(json) == 0) return
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) return
         call read_budget(json(value%first:value%last), new, error)
         if (allocated(error)) return
         do i = 1, size(new%terms)
            call place_output(new%terms(i), new, fields, slots, error)
            if (allocated(error)) return
         end do
         do i = 1, size(new%sources)
            call place_source(new%sources(i), new, slots, error)
            if (allocated(error)) return
         end do
         n = size(self%budgets)
         allocate (longer(n + 1))
         longer(:n) = self%budgets
         longer(n + 1) = new
         call move_alloc(longer, self%budgets)
         self%idle = .false.
      end do
   end subroutine add_budgets

   subroutine place_output(term, budget, fields, slots, error)
      type(term_t), intent(inout) :: term
      type(budget_t), intent(in) :: budget
      type(span_of_field_t), intent(in) :: fields(:)
      type(slot_t), intent(inout) :: slots(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: f, i
      do f = 1, size(fields)
         if (fields(f)%about%name == term%name) exit
      end do
      if (f > size(fields)) then
         call raise(error, fkb_err_argument, 'budget "'//budget%name//'": no output gives "'// &
            term%name//'"')
         return
      end if
      term%rows = [(fields(f)%row(i), i=1, fields(f)%rows())]
      if (size(term%rows) > 1 .and. len(budget%mass) > 0) then
         call find_partner(fields(f), budget%mass, .true., slots, term%masses, error)
      else
         allocate (term%masses(0))
      end if
   end subroutine place_output

   subroutine place_source(term, budget, slots, error)
      type(term_t), intent(inout) :: term
      type(budget_t), intent(in) :: budget
      type(slot_t), intent(inout) :: slots(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: m, s
      s = offered(slots, term%name)
      if (s == 0) then
         call raise(error, fkb_err_argument, 'budget "'//budget%name//'": the host does not '// &
            'offer "'//term%name//'"')
         return
      end if
      slots(s)%needed = .true.
      term%rows = slots(s)%rows
      allocate (term%masses(0))
      if (size(term%rows) == 1 .or. len(budget%mass) == 0) return
      m = offered(slots, budget%mass)
      if (m > 0) then
         if (slots(m)%length == slots(s)%length) then
            slots(m)%needed = .true.
            term%masses = paired(slots(s), slots(m))
            return
         end if
      end if
      call raise(error, fkb_err_argument, 'budget "'//budget%name//'": the host does not '// &
         'offer "'//budget%mass//'" with '//decimal(slots(s)%length)//' values')
   end subroutine place_source

   !> Finish one column.
   subroutine apply(self, x, y, dt, tally, lower, upper, free)
      class(finish_t), intent(in) :: self
      real(dp), intent(in) :: x(:)                   !! column of what the host gave
      real(dp), intent(inout) :: y(:)                !! column of what it gets
      real(dp), intent(in) :: dt                     !! length of the step
      type(tally_t), intent(inout) :: tally
      real(dp), intent(inout) :: lower(:), upper(:)  !! scratch, as many as y
      logical, intent(inout) :: free(:)              !! scratch, as many as y
      real(dp) :: imbalance
      logical :: closed
      integer :: b, row
      lower = self%minimum
      upper = self%maximum
      do row = 1, size(y)
         if (self%lower_from(row) > 0) lower(row) = x(self%lower_from(row))
         if (self%upper_from(row) > 0) upper(row) = x(self%upper_from(row))
         if (self%kept(row) > 0) then
            lower(row) = max(lower(row), (self%least(row) - x(self%kept(row)))/dt)
            upper(row) = max(upper(row), lower(row))
            if (y(row) < lower(row)) then
               y(row) = lower(row)
               tally%outputs(count_kept, row) = tally%outputs(count_kept, row) + 1
            end if
         end if
         if (self%zero(row)) then
            if (abs(y(row)) > 0) tally%outputs(count_zeroed, row) = &
               tally%outputs(count_zeroed, row) + 1
            y(row) = 0
            lower(row) = 0
            upper(row) = 0
         end if
      end do
      do b = 1, size(self%budgets)
         call self%budgets(b)%close(x, y, lower, upper, free, imbalance, closed)
         if (closed) then
            tally%closed(b) = tally%closed(b) + 1
         else
            tally%open(b) = tally%open(b) + 1
         end if
         tally%largest(b) = max(tally%largest(b), abs(imbalance))
         tally%total(b) = tally%total(b) + imbalance
      end do
   end subroutine apply

end module fkb_finish
