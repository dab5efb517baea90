!> One field as the host declares it, and where its values stand in the buffers of an exchange.
module fkb_slot
   use fkb_field, only: field_t, order_unstated, policy_error
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: slot_t, span_of_field_t, described, listed, same_unit

   !> A field of the host: what it gives to the network, or gets from it.
   type :: slot_t
      character(:), allocatable :: name
      character(:), allocatable :: unit
      integer :: length = 1                      !! values of a column, such as levels
      integer :: order = order_unstated          !! of the levels
      logical :: columns_first = .false.         !! arrays are (columns, levels)
      logical :: is_output = .false.             !! the host gets it
      logical :: required = .true.               !! an output that every network must have
      logical :: needed = .false.                !! the network takes it, or a limit needs it
      integer, allocatable :: rows(:)            !! (length), rows of the buffer; host's order
      logical :: contiguous = .false.            !! rows ascend one by one
   end type slot_t

   !> A field of the model in the buffer: `places` times `length` rows.
   type :: span_of_field_t
      type(field_t) :: about
      integer :: first = 1                       !! row of its first element at the first place
      integer :: places = 1                      !! all axes but the last together
      integer :: stride = 1                      !! rows from place to place
      integer :: outside = policy_error          !! as the file says, or the host
      integer :: not_finite = policy_error
      integer :: slot = 0                        !! of a field that only the host knows, else 0
      integer, allocatable :: lower_rows(:)      !! rows of the host's field that is the minimum
      integer, allocatable :: upper_rows(:)      !! rows of the host's field that is the maximum
   contains
      procedure :: rows => field_rows
      procedure :: row => field_row
      procedure :: moving => has_moving_limits
   end type span_of_field_t

   !> Policy of fields that are looked at only: what is not finite is counted, nothing happens.
   integer, parameter, public :: policy_count = 0

contains

   !> Values of a column.
   pure integer function field_rows(self)
      class(span_of_field_t), intent(in) :: self
      field_rows = self%places*self%about%length
   end function field_rows

   !> The row of value `i` of a column, from 1, elements before places.
   pure integer function field_row(self, i) result(row)
      class(span_of_field_t), intent(in) :: self
      integer, intent(in) :: i
      row = self%first + (i - 1)/self%about%length*self%stride + mod(i - 1, self%about%length)
   end function field_row

   !> Whether a limit is a field of the host, another one in each column.
   elemental logical function has_moving_limits(self) result(moving)
      class(span_of_field_t), intent(in) :: self
      moving = allocated(self%lower_rows) .or. allocated(self%upper_rows)
   end function has_moving_limits

   !> `"T" (30, K)`: how messages list a field.
   pure function described(name, length, unit) result(text)
      character(*), intent(in) :: name, unit
      integer, intent(in) :: length
      character(:), allocatable :: text
      text = '"'//name//'" ('//decimal(length)
      if (len(unit) > 0) text = text//', '//unit
      text = text//')'
   end function described

   !> A list of fields for messages.
   pure function listed(fields) result(text)
      type(span_of_field_t), intent(in) :: fields(:)
      character(:), allocatable :: text
      integer :: i
      text = ''
      do i = 1, size(fields)
         if (i > 1) text = text//', '
         text = text//described(fields(i)%about%name, fields(i)%rows(), fields(i)%about%unit)
      end do
   end function listed

   !> Whether the units of model and host agree; a model that states none fits any.
   pure logical function same_unit(model, host)
      character(*), intent(in) :: model, host
      same_unit = len_trim(model) == 0 .or. trim(adjustl(model)) == trim(adjustl(host))
   end function same_unit

end module fkb_slot
