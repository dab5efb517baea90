! Generated from layers/fkb_constant.fypp: edit that file and run tools/generate.py
!> A node whose output is the same for every sample: a constant operand of an operation.
!>
!> The loader makes it; no model file has it. Its input only tells how many samples there are.
module fkb_constant_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_kind, json_length, json_next
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_zero
   use fkb_shape, only: max_rank, shape_of, shape_t
   use fkb_text, only: shortened, span_t
   implicit none (type, external)
   private
   public :: constant_t

   !> The values stand in the network's flat vector, from the option `value`.
   type, extends(layer_t) :: constant_t
      integer :: rank = 0                    !! of the constant
      integer :: extents(max_rank) = 1       !! storage order
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
   end type constant_t

contains

   !> Read a number or nested lists of numbers.
   subroutine configure(self, config, error)
      class(constant_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json, flat
      type(span_t) :: first
      integer :: extents(max_rank + 1), rank
      logical :: regular
      call config%get_raw('value', json, error)
      if (allocated(error)) return
      rank = 0
      first = span_t(1, len(json))
      do while (json_kind(json(first%first:first%last)) == 'array' .and. rank <= max_rank)
         rank = rank + 1
         extents(rank) = json_length(json(first%first:first%last))
         if (extents(rank) == 0) exit
         associate (inner => json_element(json(first%first:first%last), 0))
            first = span_t(first%first + inner%first - 1, first%first + inner%last - 1)
         end associate
      end do
      flat = ''
      regular = rank <= max_rank
      if (regular) call flatten(json, extents(:rank), 1, flat, regular)
      if (.not. regular) then
         call raise(error, fkb_err_unsupported, 'the constant '//shortened(json)// &
            ' is no number and no regular list of numbers')
         return
      end if
      self%rank = rank
      self%extents(:rank) = extents(rank:1:-1)
      call config%set('value', '['//flat(2:)//']')
      call config%ignore('value')
   end subroutine configure

   !> Append all numbers with a comma before each; `regular` becomes false for uneven lists and
   !> values that are no numbers.
   recursive subroutine flatten(json, extents, depth, flat, regular)
      character(*), intent(in) :: json
      integer, intent(in) :: extents(:)
      integer, intent(in) :: depth
      character(:), allocatable, intent(inout) :: flat
      logical, intent(inout) :: regular
      type(span_t) :: key, part
      integer :: position
      if (depth <= size(extents)) then
         regular = regular .and. json_kind(json) == 'array'
         if (regular) regular = json_length(json) == extents(depth) .and. extents(depth) > 0
         if (.not. regular) return
         position = 0
         do
            call json_next(json, position, key, part)
            if (position == 0) return
            call flatten(json(part%first:part%last), extents, depth + 1, flat, regular)
         end do
      end if
      select case (json)
      case ('true')
         flat = flat//',1'
      case ('false')
         flat = flat//',0'
      case default
         regular = regular .and. json_kind(json) == 'number'
         flat = flat//','//json
      end select
   end subroutine flatten

   subroutine lay_out(self, in_shapes, plan, error)
      class(constant_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: shape
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      shape = shape_of(self%extents(:self%rank))
      call plan%add_weight('value', shape, from_option=.true.)
      call add_output(plan, shape, error)
      plan%can_train = .true.
      plan%tangent = tangent_zero
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(constant_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      do j = 1, size(y(1)%v, 2)
         y(1)%v(:, j) = weights
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(constant_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      dx(1)%v = 0
   end subroutine backward

end module fkb_constant_dp
