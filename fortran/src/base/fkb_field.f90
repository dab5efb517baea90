!> A field of an input or output: some elements of the last axis that belong together, such as the
!> levels of one variable, with what the host must know about them.
module fkb_field
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_format, raise
   use fkb_kinds, only: dp
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: field_t, read_field, name_in

   !> What happens with a value that is not finite, or outside its limits.
   integer, parameter, public :: policy_error = 1     !! the call fails, nothing changes
   integer, parameter, public :: policy_clip = 2      !! the limit takes its place
   integer, parameter, public :: policy_previous = 3  !! the last good value of the column does
   integer, parameter, public :: policy_host = 4      !! the host's own scheme serves the column
   character(8), parameter, public :: policy_names(4) = [character(8) :: 'error', 'clip', &
      'previous', 'host']

   !> In which direction levels are counted.
   integer, parameter, public :: order_unstated = 0, order_top_down = 1, order_bottom_up = 2
   character(9), parameter, public :: order_names(2) = [character(9) :: 'top_down', 'bottom_up']

   !> No limit.
   real(dp), parameter, public :: unlimited = huge(1.0_dp)

   !> One field. The default is one element without limits.
   type :: field_t
      character(:), allocatable :: name
      character(:), allocatable :: unit          !! empty where none is stated
      integer :: first = 1                       !! its first element of the last axis
      integer :: length = 1                      !! elements, such as levels
      integer :: order = order_unstated          !! of the levels
      integer :: outside = policy_clip           !! with values outside the limits
      integer :: not_finite = policy_error       !! with NaN and infinities
      logical :: limited = .false.               !! there is a minimum or a maximum
      real(dp), allocatable :: minimum(:)        !! (length), the host's unit
      real(dp), allocatable :: maximum(:)        !! (length), the host's unit
      character(:), allocatable :: minimum_of    !! field of the host that is the minimum
      character(:), allocatable :: maximum_of    !! field of the host that is the maximum
      logical, allocatable :: zero(:)            !! (length), levels that are set to 0
      character(:), allocatable :: keeps         !! field that x + this*dt must keep positive
      real(dp) :: least = 0                      !! what x + this*dt must not go below
   end type field_t

contains

   !> A field from one object of the option `fields`. Raises an error for unknown keys, values of a
   !> wrong kind, and lists of a wrong length.
   subroutine read_field(options, is_output, most, field, error)
      type(config_t), intent(inout) :: options
      logical, intent(in) :: is_output           !! of an output: more keys
      integer, intent(in) :: most                !! elements of the last axis
      type(field_t), intent(out) :: field        !! all but `first`
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: names, word
      call options%get('name', field%name, error)
      if (.not. allocated(error)) call read_length(options, most, field%length, error)
      if (.not. allocated(error)) call options%get('unit', field%unit, error, default='')
      if (.not. allocated(error)) call options%get('order', word, error, default='unstated')
      if (.not. allocated(error)) then
         if (len(field%name) == 0) call raise(error, fkb_err_format, 'a field needs a name')
      end if
      if (.not. allocated(error)) then
         field%order = name_in(order_names, word)
         if (field%order == 0 .and. options%has('order')) call raise(error, fkb_err_format, &
            'order is "top_down" or "bottom_up", not '//quote(word))
      end if
      if (.not. allocated(error)) call read_limits(options, field, error)
      if (.not. allocated(error)) call read_policies(options, field, error)
      if (.not. allocated(error) .and. is_output) call read_output_keys(options, field, error)
      if (allocated(error)) return
      call options%unread(names)
      if (len(names) > 0) call raise(error, fkb_err_format, 'unknown keys '//names)
   end subroutine read_field

   !> The length, at least 1 and written as an integer.
   subroutine read_length(options, most, length, error)
      type(config_t), intent(inout) :: options
      integer, intent(in) :: most
      integer, intent(out) :: length
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      length = 1
      call options%get_raw('length', json, error, default='1')
      if (allocated(error)) return
      if (verify(json, '0123456789') == 0) call options%get('length', length, error, default=1)
      if (allocated(error)) return
      if (verify(json, '0123456789') > 0 .or. length < 1) then
         call raise(error, fkb_err_format, 'its length must be an integer of at least 1')
      else if (length > most) then
         call raise(error, fkb_err_format, 'its length '//decimal(length)//' is more than the '// &
            decimal(most)//' elements of the last axis')
      end if
   end subroutine read_length

   !> Where a name stands in a list, 0 where it does not.
   pure integer function name_in(names, name) result(at)
      character(*), intent(in) :: names(:), name
      do at = size(names), 1, -1
         if (names(at) == name) return
      end do
   end function name_in

   subroutine read_limits(options, field, error)
      type(config_t), intent(inout) :: options
      type(field_t), intent(inout) :: field
      type(error_t), allocatable, intent(out) :: error
      field%limited = options%has('minimum') .or. options%has('maximum')
      if (.not. field%limited) return
      allocate (field%minimum(field%length), source=-unlimited)
      allocate (field%maximum(field%length), source=unlimited)
      call read_limit(options, 'minimum', field%minimum, field%minimum_of, error)
      if (.not. allocated(error)) call read_limit(options, 'maximum', field%maximum, &
         field%maximum_of, error)
      if (allocated(error)) return
      if (any(field%minimum > field%maximum)) call raise(error, fkb_err_format, &
         'a minimum is above its maximum')
   end subroutine read_limits

   !> Numbers, or the name of a field of the host.
   subroutine read_limit(options, key, profile, name, error)
      type(config_t), intent(inout) :: options
      character(*), intent(in) :: key
      real(dp), intent(inout) :: profile(:)
      character(:), allocatable, intent(out) :: name
      type(error_t), allocatable, intent(out) :: error
      if (.not. options%has(key)) return
      if (options%kind_of(key) /= 'string') then
         call read_profile(options, key, profile, error)
         return
      end if
      call options%get(key, name, error)
      if (allocated(error)) return
      if (len(name) == 0) call raise(error, fkb_err_format, key//' names no field')
   end subroutine read_limit

   !> One number for all levels, or one for each.
   subroutine read_profile(options, key, profile, error)
      type(config_t), intent(inout) :: options
      character(*), intent(in) :: key
      real(dp), intent(inout) :: profile(:)
      type(error_t), allocatable, intent(out) :: error
      logical :: listed
      integer :: n
      listed = options%kind_of(key) == 'array'
      call options%get_list(key, profile, n, error)
      if (allocated(error)) return
      if (.not. listed) then
         profile = profile(1)
      else if (n /= size(profile)) then
         call raise(error, fkb_err_format, key//' has '//decimal(n)//' values, '// &
            decimal(size(profile))//' are expected')
      end if
   end subroutine read_profile

   subroutine read_policies(options, field, error)
      type(config_t), intent(inout) :: options
      type(field_t), intent(inout) :: field
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: word
      call options%get('outside', word, error, default='clip')
      if (allocated(error)) return
      field%outside = name_in(policy_names, word)
      if (field%outside == 0) then
         call raise(error, fkb_err_format, 'outside is "error", "clip", "previous" or "host", '// &
            'not '//quote(word))
      else if (options%has('outside') .and. .not. field%limited) then
         call raise(error, fkb_err_format, 'outside needs a minimum or a maximum')
      end if
      if (.not. allocated(error)) call options%get('not_finite', word, error, default='error')
      if (allocated(error)) return
      field%not_finite = name_in(policy_names, word)
      if (field%not_finite == 0 .or. field%not_finite == policy_clip) call raise(error, &
         fkb_err_format, 'not_finite is "error", "previous" or "host", not '//quote(word))
   end subroutine read_policies

   subroutine read_output_keys(options, field, error)
      type(config_t), intent(inout) :: options
      type(field_t), intent(inout) :: field
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      integer :: levels(field%length), n
      if (options%has('zero')) then
         call options%get_raw('zero', json, error)
         if (allocated(error)) return
         if (verify(json, '[0123456789,]') > 0) then
            call raise(error, fkb_err_format, 'zero must be a list of levels')
            return
         end if
         call options%get_list('zero', levels, n, error)
         if (allocated(error)) return
         if (any(levels(:n) < 0 .or. levels(:n) >= field%length)) then
            call raise(error, fkb_err_format, 'zero lists levels from 0 to '// &
               decimal(field%length - 1))
            return
         end if
         allocate (field%zero(field%length), source=.false.)
         field%zero(levels(:n) + 1) = .true.
      end if
      if (.not. options%has('keeps')) return
      call options%get('keeps', field%keeps, error)
      if (.not. allocated(error)) call options%get('least', field%least, error, default=0.0_dp)
   end subroutine read_output_keys

end module fkb_field
