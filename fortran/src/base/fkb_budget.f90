!> A budget of a column that outputs must close, such as that of water or of energy:
!> sum of factor*<output> = sum of factor*<host's field>, where <> of a field on levels is its sum
!> weighted with the masses of the layers, and of a field of one value the value itself.
module fkb_budget
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: add_context, error_t, fkb_err_format, raise
   use fkb_json, only: json_next, json_real, json_string
   use fkb_kinds, only: dp
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: budget_t, term_t, read_budget

   !> One term: some rows of a buffer, with a factor and masses.
   type :: term_t
      character(:), allocatable :: name
      real(dp) :: factor = 0
      integer, allocatable :: rows(:)            !! of the buffer
      integer, allocatable :: masses(:)          !! rows of the host's buffer; empty: no masses
   end type term_t

   !> One budget.
   type :: budget_t
      character(:), allocatable :: name
      character(:), allocatable :: mass          !! the host's field with the masses, or empty
      character(:), allocatable :: adjust        !! the output that is shifted
      integer :: adjusted = 0                    !! its place in `terms`
      type(term_t), allocatable :: terms(:)      !! outputs
      type(term_t), allocatable :: sources(:)    !! fields of the host
   contains
      procedure :: close => close_budget
   end type budget_t

contains

   !> A budget from an object of the option `budgets`. Raises an error for unknown members.
   subroutine read_budget(json, budget, error)
      character(*), intent(in) :: json
      type(budget_t), intent(out) :: budget
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: options
      character(:), allocatable :: names, part
      integer :: i
      call config_from_json(json, options, error)
      if (.not. allocated(error)) call options%get('name', budget%name, error)
      if (.not. allocated(error)) call options%get('mass', budget%mass, error, default='')
      if (.not. allocated(error)) call options%get('adjust', budget%adjust, error)
      if (.not. allocated(error)) call options%get_raw('terms', part, error)
      if (.not. allocated(error)) call read_terms(part, budget%terms, error)
      if (.not. allocated(error)) call options%get_raw('sources', part, error, default='{}')
      if (.not. allocated(error)) call read_terms(part, budget%sources, error)
      if (allocated(error)) return
      call options%unread(names)
      if (len(names) > 0) call raise(error, fkb_err_format, 'unknown members '//names)
      do i = 1, size(budget%terms)
         if (budget%terms(i)%name == budget%adjust) budget%adjusted = i
      end do
      if (.not. allocated(error) .and. budget%adjusted == 0) call raise(error, fkb_err_format, &
         'adjust names "'//budget%adjust//'", which is none of the terms')
      if (allocated(error)) call add_context(error, 'budget "'//budget%name//'"')
   end subroutine read_budget

   !> An object of names and factors.
   subroutine read_terms(json, terms, error)
      character(*), intent(in) :: json
      type(term_t), allocatable, intent(out) :: terms(:)
      type(error_t), allocatable, intent(out) :: error
      type(term_t) :: new
      type(span_t) :: key, value
      integer :: position
      logical :: ok
      allocate (terms(0))
      if (json(1:1) /= '{') then
         call raise(error, fkb_err_format, 'terms and sources are objects of names and factors')
         return
      end if
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) return
         new%name = json_string(json(key%first:key%last))
         call json_real(json(value%first:value%last), new%factor, ok)
         if (.not. (ok .and. abs(new%factor) > 0)) then
            call raise(error, fkb_err_format, 'the factor of "'//new%name// &
               '" must be a number other than 0')
            return
         end if
         terms = [terms, new]
      end do
   end subroutine read_terms

   !> Shift the adjusted output by one number at all levels, as far as bounds let it; what a bounded
   !> level cannot take the others do.
   subroutine close_budget(self, x, y, lower, upper, free, imbalance, closed)
      class(budget_t), intent(in) :: self
      real(dp), intent(in) :: x(:)               !! column of the host's buffer
      real(dp), intent(inout) :: y(:)            !! column of outputs
      real(dp), intent(in) :: lower(:), upper(:) !! bounds of y
      logical, intent(inout) :: free(:)          !! scratch
      real(dp), intent(out) :: imbalance         !! before
      logical, intent(out) :: closed
      real(dp) :: capacity, limit, rest, shift
      logical :: bound
      integer :: i, n, row
      imbalance = total(self%terms, x, y) - total(self%sources, x, x)
      rest = -imbalance
      closed = .not. abs(imbalance) > 0
      n = size(self%terms(self%adjusted)%rows)
      free(:n) = .true.
      associate (term => self%terms(self%adjusted))
         do while (any(free(:n)) .and. .not. closed)
            capacity = 0
            do i = 1, n
               if (free(i)) capacity = capacity + term%factor*mass(term, x, i)
            end do
            if (.not. abs(capacity) > 0) exit
            shift = rest/capacity
            bound = .false.
            do i = 1, n
               row = term%rows(i)
               if (.not. free(i)) cycle
               if (y(row) + shift >= lower(row) .and. y(row) + shift <= upper(row)) cycle
               limit = min(max(y(row) + shift, lower(row)), upper(row))
               rest = rest - term%factor*mass(term, x, i)*(limit - y(row))
               y(row) = limit
               free(i) = .false.
               bound = .true.
            end do
            if (bound) cycle
            do i = 1, n
               if (free(i)) y(term%rows(i)) = y(term%rows(i)) + shift
            end do
            closed = .true.
         end do
      end associate
   end subroutine close_budget

   pure real(dp) function mass(term, x, i)
      type(term_t), intent(in) :: term
      real(dp), intent(in) :: x(:)
      integer, intent(in) :: i
      mass = 1
      if (size(term%masses) > 0) mass = x(term%masses(i))
   end function mass

   pure real(dp) function total(terms, x, values) result(sum_of_terms)
      type(term_t), intent(in) :: terms(:)
      real(dp), intent(in) :: x(:), values(:)
      integer :: i, t
      sum_of_terms = 0
      do t = 1, size(terms)
         do i = 1, size(terms(t)%rows)
            sum_of_terms = sum_of_terms + &
               terms(t)%factor*mass(terms(t), x, i)*values(terms(t)%rows(i))
         end do
      end do
   end function total

end module fkb_budget
