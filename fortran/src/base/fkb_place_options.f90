!> Options of operations that select and pad: the key of an index, and the widths of a padding.
module fkb_place_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_element, json_find, json_integer, json_kind, json_length, json_next
   use fkb_kinds, only: i8
   use fkb_layer_options, only: refuse_option
   use fkb_shape, only: max_rank
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: index_t, get_key, get_widths

   integer, parameter, public :: index_place = 1, index_slice = 2, index_new = 3, index_ellipsis = 4
   !> Most parts of a key: one per axis, new axes and an ellipsis.
   integer, parameter, public :: max_parts = 2*max_rank + 2
   !> A bound of a slice that is left out.
   integer, parameter, public :: no_bound = huge(1)

   !> One part of a key: an integer, a slice, a new axis or an ellipsis.
   type :: index_t
      integer :: kind = index_slice
      integer :: place = 0                                 !! of an integer
      integer :: bounds(3) = no_bound                      !! start, stop and step of a slice
   end type index_t

contains

   !> Read the option `key`: `1`, `null`, `{"slice":[start,stop,step]}`, `{"ellipsis":true}` or a
   !> list of them.
   subroutine get_key(config, parts, n, error)
      type(config_t), intent(inout) :: config
      type(index_t), intent(out) :: parts(max_parts)
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      type(span_t) :: key, part
      integer :: position
      logical :: ok
      n = 0
      call config%get_raw('key', json, error)
      if (allocated(error)) return
      if (json_kind(json) /= 'array') json = '['//json//']'
      ok = json_length(json) <= max_parts
      position = 0
      do while (ok)
         call json_next(json, position, key, part)
         if (position == 0) return
         n = n + 1
         call read_part(json(part%first:part%last), parts(n), ok)
      end do
      call refuse_option(config, 'key', 'expected integers, slices, nulls and one ellipsis', error)
   end subroutine get_key

   subroutine read_part(json, part, ok)
      character(*), intent(in) :: json
      type(index_t), intent(out) :: part
      logical, intent(out) :: ok
      type(span_t) :: bounds, item
      integer :: k
      ok = .true.
      select case (json_kind(json))
      case ('null')
         part%kind = index_new
      case ('number')
         part%kind = index_place
         call read_integer(json, part%place, ok)
      case ('object')
         bounds = json_find(json, 'slice')
         if (bounds%last < bounds%first) then
            part%kind = index_ellipsis
            ok = json == '{"ellipsis":true}'
            return
         end if
         associate (list => json(bounds%first:bounds%last))
            ok = json_kind(list) == 'array'
            if (ok) ok = json_length(list) == 3
            do k = 1, 3
               if (.not. ok) exit
               item = json_element(list, k - 1)
               if (list(item%first:item%last) == 'null') cycle
               call read_integer(list(item%first:item%last), part%bounds(k), ok)
            end do
         end associate
         if (part%bounds(3) == 0) ok = .false.
      case default
         ok = .false.
      end select
   end subroutine read_part

   subroutine read_integer(json, value, ok)
      character(*), intent(in) :: json
      integer, intent(out) :: value
      logical, intent(out) :: ok
      integer(i8) :: wide
      value = 0
      call json_integer(json, wide, ok)
      if (ok) ok = abs(wide) < huge(1)
      if (ok) value = int(wide)
   end subroutine read_integer

   !> Read the option `pad_width`: `[[before,after],...]` per axis, the batch first, or one pair or
   !> number for all.
   subroutine get_widths(config, widths, n, error)
      type(config_t), intent(inout) :: config
      integer, intent(out) :: widths(2, max_rank + 1)
      integer, intent(out) :: n                            !! pairs
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      type(span_t) :: key, part
      integer :: position
      logical :: ok
      widths = 0
      n = 0
      call config%get_raw('pad_width', json, error)
      if (allocated(error)) return
      if (json_kind(json) == 'number') json = '['//json//','//json//']'
      ok = json_kind(json) == 'array'
      if (ok) then
         part = json_element(json, 0)
         if (json_kind(json(part%first:part%last)) == 'number') json = '['//json//']'
         ok = json_length(json) <= max_rank + 1
      end if
      position = 0
      do while (ok)
         call json_next(json, position, key, part)
         if (position == 0) return
         n = n + 1
         call read_pair(json(part%first:part%last), widths(:, n), ok)
      end do
      call raise(error, fkb_err_argument, &
         'option "pad_width" must hold pairs of numbers that are '// &
                 'not negative')
   end subroutine get_widths

   subroutine read_pair(json, pair, ok)
      character(*), intent(in) :: json
      integer, intent(inout) :: pair(2)
      logical, intent(out) :: ok
      type(span_t) :: item
      integer :: k, n
      ok = json_kind(json) == 'array'
      if (.not. ok) return
      n = json_length(json)
      ok = n == 1 .or. n == 2
      do k = 1, n
         if (.not. ok) return
         item = json_element(json, k - 1)
         call read_integer(json(item%first:item%last), pair(k), ok)
         if (ok) ok = pair(k) >= 0
      end do
      if (n == 1) pair(2) = pair(1)
   end subroutine read_pair

end module fkb_place_options
