! Generated from layers/fkb_operation_places.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that take the values of one operand from other places: `Transpose`,
!> `Flip`, `Roll`, `Repeat`, `Tile`, `Pad`, `GetItem`, `Slice`, `Diagonal`, `Trace`, `Tril`, `Triu`,
!> `Rot90`, `Split`, `Unstack`.
!>
!> `lay_out` makes a map from places of the results to places of the input; the pass follows it.
module fkb_operation_places_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: expect_inputs, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_operations, only: place_diagonal, place_flip, place_get_item, place_moveaxis, &
      place_pad, place_repeat, place_roll, place_rot90, place_slice, place_split, &
      place_swapaxes, place_tile, place_trace, place_transpose, place_tril, place_triu, &
      place_unstack
   use fkb_place_kernels_dp, only: pick, pick_backward, pick_sum, pick_sum_backward
   use fkb_place_options, only: get_key, get_widths, index_t, max_parts
   use fkb_place_walks, only: pad_constant, pad_reflect, pad_symmetric
   use fkb_places, only: walk_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, shape_t
   implicit none (type, external)
   private
   public :: place_operation_t

   !> Most numbers in a list of an option.
   integer, parameter :: most_numbers = 512

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: place_operation_t
      integer :: id = 0                               !! one of the `place_*` constants
      integer :: n_axes = 0, n_numbers = 0, n_parts = 0
      integer :: axes(max_rank + 1) = 0               !! Keras's
      integer :: numbers(most_numbers) = 0            !! shifts, repeats, sizes, sections
      integer :: widths(2, max_rank + 1) = 0          !! of a padding, the batch first
      integer :: mode = pad_constant                  !! of a padding
      real(wp) :: fill = 0                            !! what padded places hold
      logical :: listed = .false.                     !! an option is a list, not a number
      type(index_t) :: parts(max_parts) = index_t()   !! of a key
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type place_operation_t

   interface

      !> The shapes of the results, and the map to them where the input's shape is closed.
      module subroutine plan_places(self, in_shape, plan, error)
         class(place_operation_t), intent(in) :: self
         type(shape_t), intent(in) :: in_shape
         type(plan_t), intent(inout) :: plan
         type(error_t), allocatable, intent(out) :: error
      end subroutine plan_places

      !> The same for what works on axes one by one: flips, shifts, repeats, paddings, slices.
      module subroutine plan_axes(self, in_shape, plan, error)
         class(place_operation_t), intent(in) :: self
         type(shape_t), intent(in) :: in_shape
         type(plan_t), intent(inout) :: plan
         type(error_t), allocatable, intent(out) :: error
      end subroutine plan_axes

      !> State the result, and the map of a walk where the input is closed.
      module subroutine finish(in_shape, out, walk, plan, error)
         type(shape_t), intent(in) :: in_shape, out
         type(walk_t), intent(in) :: walk
         type(plan_t), intent(inout) :: plan
         type(error_t), allocatable, intent(out) :: error
      end subroutine finish

   end interface

contains

   subroutine configure(self, config, error)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: mode
      select case (self%id)
      case (place_transpose)
         call get_axes(self, config, 'axes', error)
      case (place_swapaxes)
         call get_pair(self, config, 'axis1', 'axis2', error)
      case (place_moveaxis)
         call get_axes(self, config, 'source', error)
         if (.not. allocated(error)) call get_numbers(self, config, 'destination', error)
      case (place_flip)
         call get_axes(self, config, 'axis', error)
      case (place_roll, place_repeat)
         call get_numbers(self, config, trim(merge('shift  ', 'repeats', &
            self%id == place_roll)), error)
         if (.not. allocated(error)) call get_axes(self, config, 'axis', error)
      case (place_tile)
         call get_numbers(self, config, 'repeats', error)
      case (place_pad)
         call get_widths(config, self%widths, self%n_parts, error)
         if (allocated(error)) return
         call config%get('mode', mode, error, default='constant')
         call set_mode(self, config, mode, error)
         if (.not. allocated(error)) call config%get('constant_values', self%fill, error, &
                                                     default=0.0_wp)
      case (place_get_item)
         call get_key(config, self%parts, self%n_parts, error)
      case (place_slice)
         call config%get_list('start_indices', self%axes, self%n_axes, error)
         if (.not. allocated(error)) call config%get_list('shape', self%numbers, self%n_numbers, &
                                                          error, null_value=-1)
      case default
         call configure_others(self, config, error)
      end select
   end subroutine configure

   subroutine configure_others(self, config, error)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      self%n_numbers = 1
      select case (self%id)
      case (place_diagonal, place_trace)
         call config%get('offset', self%numbers(1), error, default=0)
         if (.not. allocated(error)) call get_pair(self, config, 'axis1', 'axis2', error)
      case (place_tril, place_triu)
         call config%get('k', self%numbers(1), error, default=0)
      case (place_rot90)
         call config%get('k', self%numbers(1), error, default=1)
         if (.not. allocated(error)) call config%get_list('axes', self%axes, self%n_axes, error, &
                                                          default=[0, 1])
      case (place_split)
         call get_numbers(self, config, 'indices_or_sections', error)
         if (.not. allocated(error)) call get_axes(self, config, 'axis', error, default=0)
      case default
         call config%get('num', self%numbers(1), error, default=0)
         if (.not. allocated(error)) call get_axes(self, config, 'axis', error, default=0)
      end select
   end subroutine configure_others

   !> Read an option that names axes, which must be there.
   subroutine get_axes(self, config, key, error, default)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: default
      if (.not. config%has(key) .and. .not. present(default)) then
         call raise(error, fkb_err_argument, &
            'option "'//key//'" must name axes: without it the '// &
                    'batch is one too, which would mix its samples')
      else if (present(default)) then
         call config%get_list(key, self%axes, self%n_axes, error, default=[default])
      else
         call config%get_list(key, self%axes, self%n_axes, error)
      end if
   end subroutine get_axes

   subroutine get_pair(self, config, one, two, error)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: one, two
      type(error_t), allocatable, intent(out) :: error
      self%n_axes = 2
      call config%get(one, self%axes(1), error, default=0)
      if (.not. allocated(error)) call config%get(two, self%axes(2), error, default=1)
   end subroutine get_pair

   !> Read an option that is a number or a list of numbers.
   subroutine get_numbers(self, config, key, error)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      type(error_t), allocatable, intent(out) :: error
      self%listed = config%kind_of(key) == 'array'
      call config%get_list(key, self%numbers, self%n_numbers, error)
   end subroutine get_numbers

   subroutine set_mode(self, config, mode, error)
      class(place_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: mode
      type(error_t), allocatable, intent(out) :: error
      select case (mode)
      case ('constant')
         self%mode = pad_constant
      case ('reflect')
         self%mode = pad_reflect
      case ('symmetric')
         self%mode = pad_symmetric
      case default
         call refuse_option(config, 'mode', 'expected constant, reflect or symmetric', error)
      end select
   end subroutine set_mode

   subroutine lay_out(self, in_shapes, plan, error)
      class(place_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (.not. allocated(error)) call plan_places(self, in_shapes(1), plan, error)
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(place_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call pick_all(self, plan, self%fill, x(1)%v, y)
   end subroutine forward

   !> All outputs, with `fill` in places that no value of the input has.
   subroutine pick_all(self, plan, fill, x, y)
      class(place_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in) :: fill
      real(wp), intent(in), contiguous :: x(:, :)
      type(view_t), intent(in) :: y(:)
      integer :: i, n_x, n_y, batch, first
      n_x = size(x, 1)
      batch = size(x, 2)
      first = 1
      do i = 1, size(plan%out_shapes)
         n_y = size(y(i)%v, 1)
         if (self%id == place_trace) then
            call pick_sum(n_x, size(plan%settings)/max(n_y, 1), n_y, batch, plan%settings, x, &
                          y(1)%v)
         else
            call pick(n_x, n_y, batch, plan%settings(first:first + n_y - 1), fill, x, &
               y(i)%v)
         end if
         first = first + n_y
      end do
   end subroutine pick_all

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(place_operation_t), intent(in) :: self
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
      integer :: i, n_x, n_y, batch, first
      n_x = size(dx(1)%v, 1)
      batch = size(dx(1)%v, 2)
      first = 1
      dx(1)%v = 0
      do i = 1, size(plan%out_shapes)
         n_y = size(dy(i)%v, 1)
         if (self%id == place_trace) then
            call pick_sum_backward(n_x, size(plan%settings)/max(n_y, 1), n_y, batch, &
                                   plan%settings, dy(1)%v, dx(1)%v)
         else
            call pick_backward(n_x, n_y, batch, plan%settings(first:first + n_y - 1), dy(i)%v, &
                               dx(1)%v)
         end if
         first = first + n_y
      end do
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(place_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      call pick_all(self, plan, 0.0_wp, dx(1)%v, dy)
   end subroutine tangent

end module fkb_operation_places_dp
