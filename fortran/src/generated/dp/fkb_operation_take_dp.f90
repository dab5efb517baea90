! Generated from layers/fkb_operation_take.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that take values at places which an operand names: `Take`,
!> `TakeAlongAxis`.
module fkb_operation_take_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, storage_dimension
   use fkb_take_kernels_dp, only: take, take_along, take_along_backward, take_backward
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: take_operation_t

   !> `Take`: the operand `indices` is a constant, or the values are a constant table.
   !> `TakeAlongAxis`: both have the same shape off the axis.
   type, extends(layer_t) :: take_operation_t
      logical :: along = .false.       !! the operation is `TakeAlongAxis`
      integer :: axis = 0              !! Keras's
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: check_input
   end type take_operation_t

contains

   subroutine configure(self, config, error)
      class(take_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (.not. config%has('axis')) then
         call raise(error, fkb_err_argument, 'option "axis" must name an axis: without it the '// &
                    'batch is one too, which would mix its samples')
         return
      end if
      call config%get('axis', self%axis, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(take_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: d
      call expect_inputs(in_shapes, 2, error)
      if (allocated(error)) return
      associate (x => in_shapes(1), places => in_shapes(2))
         if (plan%is_constant(1) .and. (self%axis == 0 .or. self%axis == -x%rank)) then
            d = x%rank
            if (d < 1) call raise(error, fkb_err_argument, 'the values must be a table')
         else
            call storage_dimension(self%axis, x%rank, d, error)
         end if
         if (allocated(error)) return
         if (self%along .and. any([plan%is_constant(1), plan%is_constant(2)])) then
            call raise(error, fkb_err_argument, 'values and indices must be tensors')
         else if (self%along) then
            call same_shapes(x, places, d, error)
            out = places
         else if (plan%is_constant(1) .eqv. plan%is_constant(2)) then
            call raise(error, fkb_err_argument, 'either the values or the indices must be '// &
                       'constant: else samples would be mixed')
         else if (x%rank + places%rank - 1 > max_rank) then
            call raise(error, fkb_err_argument, 'the result would have too many axes')
         else
            out%rank = x%rank + places%rank - 1
            out%extent(:d - 1) = x%extent(:d - 1)
            out%extent(d:d + places%rank - 1) = places%extent(:places%rank)
            out%extent(d + places%rank:out%rank) = x%extent(d + 1:x%rank)
         end if
      end associate
      if (allocated(error)) return
      call add_output(plan, out, error)
      plan%settings = [d]
      plan%checks_input = .true.
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> Values and places of `TakeAlongAxis` may differ along the axis only.
   subroutine same_shapes(x, places, along, error)
      type(shape_t), intent(in) :: x, places
      integer, intent(in) :: along
      type(error_t), allocatable, intent(out) :: error
      integer :: d
      logical :: fits
      fits = x%rank == places%rank
      do d = 1, x%rank
         if (d == along .or. x%extent(d) == open_extent .or. places%extent(d) == open_extent) cycle
         fits = fits .and. x%extent(d) == places%extent(d)
      end do
      if (.not. fits) call raise(error, fkb_err_argument, 'values of shape '//x%text()// &
         ' and indices of shape '//places%text()//' differ off the axis')
   end subroutine same_shapes

   !> Every place must exist.
   subroutine check_input(self, plan, x, error)
      class(take_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      n = plan%in_shapes(1)%extent(plan%settings(1))
      if (all(x(2)%v > -n - 1 .and. x(2)%v < n)) return
      call raise(error, fkb_err_argument, 'an index is beyond the '//decimal(n)//' values')
   end subroutine check_input

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(take_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: run, n, m, outer, j
      call sizes(self, plan, run, n, m, outer)
      do j = 1, size(y(1)%v, 2)
         if (self%along) then
            call take_along(run, n, m, outer, x(2)%v(:, j), x(1)%v(:, j), y(1)%v(:, j))
         else
            call take(run, n, m, outer, x(2)%v(:, j), x(1)%v(:, j), y(1)%v(:, j))
         end if
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(take_operation_t), intent(in) :: self
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
      integer :: run, n, m, outer, j
      call sizes(self, plan, run, n, m, outer)
      do j = 1, size(dy(1)%v, 2)
         if (self%along) then
            call take_along_backward(run, n, m, outer, x(2)%v(:, j), dy(1)%v(:, j), dx(1)%v(:, j))
         else
            call take_backward(run, n, m, outer, x(2)%v(:, j), dy(1)%v(:, j), dx(1)%v(:, j))
         end if
      end do
      dx(2)%v = 0
   end subroutine backward

   !> A sample of the values is (run, n, outer), of the result (run, m, outer).
   subroutine sizes(self, plan, run, n, m, outer)
      class(take_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: run, n, m, outer
      integer :: d
      d = plan%settings(1)
      associate (x => plan%in_shapes(1), places => plan%in_shapes(2))
         run = product(x%extent(:d - 1))
         n = x%extent(d)
         outer = product(x%extent(d + 1:x%rank))
         m = product(places%extent(:places%rank))
         if (self%along) m = places%extent(d)
      end associate
   end subroutine sizes

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(take_operation_t), intent(in) :: self
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
      integer :: run, n, m, outer, j
      call sizes(self, plan, run, n, m, outer)
      do j = 1, size(dy(1)%v, 2)
         if (self%along) then
            call take_along(run, n, m, outer, x(2)%v(:, j), dx(1)%v(:, j), dy(1)%v(:, j))
         else
            call take(run, n, m, outer, x(2)%v(:, j), dx(1)%v(:, j), dy(1)%v(:, j))
         end if
      end do
   end subroutine tangent

end module fkb_operation_take_dp
