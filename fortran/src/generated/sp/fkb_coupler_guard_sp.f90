! Generated from couple/fkb_coupler_guard.fypp: edit that file and run tools/generate.py
!> What is done before and after a network is asked: values are looked at, rules, limits, budgets.
submodule(fkb_coupler_sp) fkb_coupler_guard_sp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
   use fkb_column, only: column_t
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_field, only: policy_previous
   use fkb_guard, only: guard
   use fkb_slot, only: policy_count
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure open_run
      real(dp) :: nothing(0)
      integer :: j
      if (exchange%looked) return
      exchange%good(:exchange%active) = .true.
      if (.not. self%finish%idle) exchange%own(:, :exchange%active) = &
         exchange%x(:, :exchange%active)
      do j = 1, exchange%active
         if (present(previous)) then
            call guard_inputs(self, exchange, j, with_rule, previous%inputs(:, exchange%at(j)), &
               previous%known(exchange%at(j)), error)
         else
            call guard_inputs(self, exchange, j, with_rule, nothing, .false., error)
         end if
         if (allocated(error)) return
      end do
      exchange%looked = .true.
   end procedure open_run

   !> Look at what the host gave in one column. Fields that are limits come before those that they
   !> limit.
   subroutine guard_inputs(self, exchange, j, with_rule, last, known, error)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      integer, intent(in) :: j
      logical, intent(in) :: with_rule
      real(dp), intent(in) :: last(:)                !! previous values, or none
      logical, intent(in) :: known
      type(error_t), allocatable, intent(out) :: error
      integer :: f
      associate (x => exchange%x(:, j), own => exchange%own(:, j))
         do f = 1, size(self%others)
            if (.not. exchange%given(self%others(f)%slot)) cycle
            if (self%others(f)%not_finite == policy_count .and. .not. with_rule) cycle
            call guard(self%others(f), x, own, last, known, exchange%tally%inputs, &
               exchange%good(j), error)
            if (allocated(error)) exit
         end do
         if (.not. allocated(error)) call guard_fields(self%inputs, .false., x, own, last, known, &
            exchange%tally%inputs, exchange%good(j), error)
         if (.not. allocated(error) .and. .not. self%finish%idle) then
            call repair(x, own)
            call guard_fields(self%inputs, .true., x, own, last, known, exchange%tally%inputs, &
               exchange%good(j), error)
            call repair(x, own)
         end if
      end associate
      if (allocated(error)) call add_context(error, 'column '//decimal(exchange%at(j)))
   end subroutine guard_inputs

   !> Look at the fields with moving limits, or at all others, of one column.
   subroutine guard_fields(fields, moving, x, own, last, known, counts, good, error)
      type(span_of_field_t), intent(in) :: fields(:)
      logical, intent(in) :: moving
      real(dp), intent(inout) :: x(:)
      real(dp), intent(in) :: own(:), last(:)
      logical, intent(in) :: known
      integer(i8), intent(inout) :: counts(:, :)
      logical, intent(inout) :: good
      type(error_t), allocatable, intent(out) :: error
      integer :: f
      do f = 1, size(fields)
         if (fields(f)%moving() .neqv. moving) cycle
         call guard(fields(f), x, own, last, known, counts, good, error)
         if (allocated(error)) return
      end do
   end subroutine guard_fields

   !> Where what the host gave is not finite, what the network is given counts.
   pure subroutine repair(x, own)
      real(dp), intent(in) :: x(:)
      real(dp), intent(inout) :: own(:)
      integer :: i
      do i = 1, size(own)
         if (.not. ieee_is_finite(own(i))) own(i) = x(i)
      end do
   end subroutine repair

   module procedure close_run
      real(dp) :: nothing(0)
      integer :: at, j
      exchange%looked = .false.
      exchange%tally%calls = exchange%tally%calls + 1
      exchange%tally%columns = exchange%tally%columns + exchange%active
      if (present(rule)) call apply_rule(self, exchange, rule)
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         at = exchange%at(j)
         if (present(previous)) then
            call guard_outputs(self, exchange, j, previous%outputs(:, at), previous%known(at), &
               error)
         else
            call guard_outputs(self, exchange, j, nothing, .false., error)
         end if
         if (allocated(error)) return
      end do
      if (.not. self%finish%idle) call finish_columns(self, exchange, dt)
      if (present(previous)) call keep(exchange, previous)
      exchange%tally%handed_back = exchange%tally%handed_back + &
         count(.not. exchange%good(:exchange%active))
      exchange%answered = .true.
   end procedure close_run

   subroutine guard_outputs(self, exchange, j, last, known, error)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      integer, intent(in) :: j
      real(dp), intent(in) :: last(:)
      logical, intent(in) :: known
      type(error_t), allocatable, intent(out) :: error
      logical :: moving
      integer :: k
      moving = .false.
      do k = 1, 2
         call guard_fields(self%outputs, moving, exchange%y(:, j), exchange%own(:, j), last, &
            known, exchange%tally%outputs, exchange%good(j), error)
         if (allocated(error)) then
            call add_context(error, 'column '//decimal(exchange%at(j)))
            return
         end if
         if (self%finish%idle) return
         moving = .true.
      end do
   end subroutine guard_outputs

   subroutine apply_rule(self, exchange, rule)
      class(coupler_t), intent(in), target :: self
      type(exchange_t), intent(inout), target :: exchange
      class(column_rule_t), intent(in) :: rule
      type(column_t) :: column
      integer :: j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         call column%show(exchange%at(j), exchange%x(:, j), exchange%y(:, j), &
            exchange%tally%outputs, self%slots, exchange%given)
         call rule%apply(column)
      end do
   end subroutine apply_rule

   !> Zeros, fields kept positive, budgets: for the host's own values, not for the limits that the
   !> network was given in their place.
   subroutine finish_columns(self, exchange, dt)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in), optional :: dt
      real(dp) :: step
      integer :: j
      step = 1
      if (present(dt)) step = dt
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         call self%finish%apply(exchange%own(:, j), exchange%y(:, j), step, exchange%tally, &
            exchange%lower, exchange%upper, exchange%free)
      end do
   end subroutine finish_columns

   !> What the next call goes on from: of columns that are left to the host, what was before.
   subroutine keep(exchange, previous)
      type(exchange_t), intent(in) :: exchange
      type(previous_t), intent(inout) :: previous
      integer :: at, j
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         at = exchange%at(j)
         previous%inputs(:, at) = exchange%x(:, j)
         previous%outputs(:, at) = exchange%y(:, j)
         previous%known(at) = .true.
      end do
   end subroutine keep

   module procedure check_ready
      integer :: s
      if (self%key == 0 .or. self%key /= key) then
         call raise(error, fkb_err_argument, 'another network is connected: call connect first')
      else if (.not. allocated(exchange%given)) then
         call raise(error, fkb_err_argument, 'the exchange has not begun: call begin first')
      else if (size(exchange%given) /= size(self%slots) .or. &
         size(exchange%x, 1) /= self%rows_in .or. size(exchange%y, 1) /= self%rows_out) then
         call raise(error, fkb_err_argument, 'the exchange is of another coupling: call begin')
      end if
      if (allocated(error)) return
      do s = 1, size(self%slots)
         if (self%slots(s)%is_output .or. .not. self%slots(s)%needed .or. exchange%given(s)) cycle
         call raise(error, fkb_err_argument, 'the field "'//self%slots(s)%name// &
            '" was not given')
         return
      end do
      if (present(previous)) then
         if (.not. allocated(previous%known)) then
            call raise(error, fkb_err_argument, 'there is no room for previous values: call '// &
               'make_previous first')
         else if (size(previous%known) /= exchange%columns .or. &
            size(previous%inputs, 1) /= self%rows_in .or. &
            size(previous%outputs, 1) /= self%rows_out) then
            call raise(error, fkb_err_argument, 'the previous values are of another coupling')
         end if
      else if (any(self%inputs%outside == policy_previous) .or. &
         any(self%inputs%not_finite == policy_previous) .or. &
         any(self%others%not_finite == policy_previous) .or. &
         any(self%outputs%outside == policy_previous) .or. &
         any(self%outputs%not_finite == policy_previous)) then
         call raise(error, fkb_err_argument, 'a policy is "previous": make room with '// &
            'make_previous and pass it as previous=')
      end if
   end procedure check_ready

   module procedure check_step
      if (present(dt)) then
         if (.not. (dt > 0 .and. dt <= huge(dt))) call raise(error, fkb_err_argument, &
            'dt must be positive')
      else if (self%finish%keeps_something) then
         call raise(error, fkb_err_argument, 'the model keeps a field above its least value: '// &
            'pass the length of the step as dt=')
      end if
   end procedure check_step

   module procedure make_previous
      if (self%key == 0) then
         call raise(error, fkb_err_argument, 'no network is connected: call connect first')
      else if (columns < 0) then
         call raise(error, fkb_err_argument, 'the number of columns is negative')
      else
         allocate (previous%inputs(self%rows_in, columns), source=0.0_dp)
         allocate (previous%outputs(self%rows_out, columns), source=0.0_dp)
         allocate (previous%known(columns), source=.false.)
      end if
   end procedure make_previous

end submodule fkb_coupler_guard_sp
