! Generated from layers/fkb_operation_cross.fypp: edit that file and run tools/generate.py
!> `Cross` of `keras.ops`: vector products of vectors of two or three components along one axis.
!>
!> All other axes are broadcast. Vectors of two components lie in the plane; of two such vectors the
!> result is the third component alone.
module fkb_operation_cross_dp
   use fkb_config, only: config_t
   use fkb_cross_kernels_dp, only: cross_add, cross_backward
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, storage_dimension, strides_of
   implicit none (type, external)
   private
   public :: cross_operation_t

   !> Places in `plan%settings`, before the maps: the steps and the sizes of a, b and y.
   integer, parameter :: n_head = 6

   !> The operation `Cross`.
   type, extends(layer_t) :: cross_operation_t
      integer :: axes(3) = -1               !! options `axisa`, `axisb`, `axisc`: Keras's axes
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type cross_operation_t

contains

   subroutine configure(self, config, error)
      class(cross_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      call config%get('axisa', self%axes(1), error, default=-1)
      if (.not. allocated(error)) call config%get('axisb', self%axes(2), error, default=-1)
      if (.not. allocated(error)) call config%get('axisc', self%axes(3), error, default=-1)
      if (allocated(error) .or. .not. config%has('axis')) return
      call config%get('axis', axis, error)
      if (.not. allocated(error)) self%axes = axis
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(cross_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: lead, rest(2), out
      integer :: at(3), i, sizes(3), rank
      call expect_inputs(in_shapes, 2, error)
      if (allocated(error)) return
      rank = -1
      do i = 1, 2
         if (.not. plan%is_constant(i)) rank = max(rank, in_shapes(i)%rank)
      end do
      do i = 1, 2
         call find_vector(self%axes(i), in_shapes(i), plan%is_constant(i), rank, at(i), rest(i), &
                          error)
         if (allocated(error)) return
         sizes(i) = in_shapes(i)%extent(at(i))
      end do
      call widen(rest, lead, error)
      if (allocated(error)) return
      sizes(3) = merge(1, 3, all(sizes(:2) == 2))
      at(3) = 0
      if (sizes(3) == 3) call storage_dimension(self%axes(3), lead%rank + 1, at(3), error)
      if (allocated(error)) return
      out = lead
      if (at(3) > 0) out = with_dimension(lead, at(3), 3)
      call add_output(plan, out, error)
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (allocated(error) .or. .not. out%closed()) return
      call make_maps(in_shapes, lead, out, at, sizes, plan)
   end subroutine lay_out

   !> The dimension with the components, and the shape without it.
   subroutine find_vector(axis, shape, constant, rank, at, rest, error)
      integer, intent(in) :: axis                  !! Keras's
      type(shape_t), intent(in) :: shape           !! of an operand
      logical, intent(in) :: constant
      integer, intent(in) :: rank                  !! of the operands that are tensors
      integer, intent(out) :: at
      type(shape_t), intent(out) :: rest
      type(error_t), allocatable, intent(out) :: error
      at = 1
      if (.not. constant) then
         call storage_dimension(axis, shape%rank, at, error)
         if (allocated(error)) return
      else if (axis >= -shape%rank .and. axis < shape%rank) then
         at = shape%rank - modulo(axis, max(shape%rank, 1))
      else
         at = 0
      end if
      rest = shape
      if (at > 0) then
         rest%extent(at:max_rank - 1) = shape%extent(at + 1:)
         rest%extent(max_rank) = 1
         rest%rank = shape%rank - 1
         if (constant .and. rest%rank == rank .and. rest%extent(max(rank, 1)) == 1) then
            rest%rank = rank - 1
         end if
         if (any(shape%extent(at) == [2, 3]) .and. rest%rank < rank .and. &
             (constant .or. shape%rank == rank)) return
      end if
      call raise(error, fkb_err_argument, 'expected vectors of 2 or 3 components in tensors of '// &
                 'one rank, not '//shape%text())
   end subroutine find_vector

   !> The shape that both shapes can be repeated to.
   subroutine widen(parts, out, error)
      type(shape_t), intent(in) :: parts(2)
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      integer :: d
      out = parts(1)
      out%rank = max(parts(1)%rank, parts(2)%rank)
      do d = 1, out%rank
         associate (one => parts(1)%extent(d), two => parts(2)%extent(d))
            fits = one == two .or. any([one, two] == 1) .or. any([one, two] == open_extent)
            out%extent(d) = max(one, two)
            if (one == 1) out%extent(d) = two
            if (two == 1) out%extent(d) = one
         end associate
         if (fits) cycle
         call raise(error, fkb_err_argument, 'vectors in the shapes '//parts(1)%text()//' and '// &
                    parts(2)%text()//' do not fit together')
         return
      end do
   end subroutine widen

   !> A shape with one more dimension.
   pure function with_dimension(shape, at, extent) result(more)
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: at, extent
      type(shape_t) :: more
      more = shape
      more%rank = shape%rank + 1
      more%extent(at + 1:) = shape%extent(at:max_rank - 1)
      more%extent(at) = extent
   end function with_dimension

   !> Steps, sizes and the place of the first component of each vector.
   subroutine make_maps(in_shapes, lead, out, at, sizes, plan)
      type(shape_t), intent(in) :: in_shapes(2), lead, out
      integer, intent(in) :: at(3), sizes(3)
      type(plan_t), intent(inout) :: plan
      type(shape_t) :: whole(3)
      integer :: d, i, k, n, place, index, stride(max_rank, 3), step(3)
      whole = [in_shapes, out]
      n = int(lead%count())
      allocate (plan%settings(n_head + 3*n), source=1)
      step = 1
      do i = 1, 3
         stride(:, i) = strides_of(whole(i))
         if (at(i) == 0) cycle
         step(i) = stride(at(i), i)
         stride(at(i):max_rank - 1, i) = stride(at(i) + 1:, i)
         stride(max_rank, i) = 0
      end do
      plan%settings(:n_head) = [step, sizes]
      do i = 1, 3
         do k = 1, n
            index = k - 1
            place = 1
            do d = 1, lead%rank
               place = place + modulo(index, lead%extent(d))*stride(d, i)
               index = index/lead%extent(d)
            end do
            plan%settings(n_head + (i - 1)*n + k) = place
         end do
      end do
   end subroutine make_maps

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(cross_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      y(1)%v = 0
      call add_products(plan, x(1)%v, x(2)%v, y(1)%v)
   end subroutine forward

   !> y = y + a x b, sample by sample
   subroutine add_products(plan, a, b, y)
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: a(:, :), b(:, :)
      real(wp), intent(inout), contiguous :: y(:, :)
      integer :: j, n
      n = (size(plan%settings) - n_head)/3
      do j = 1, size(y, 2)
         call cross_add(n, size(a, 1), size(b, 1), size(y, 1), plan%settings(1:3), &
                        plan%settings(4:6), plan%settings(n_head + 1:), a(:, j), b(:, j), y(:, j))
      end do
   end subroutine add_products

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(cross_operation_t), intent(in) :: self
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
      integer :: j, n
      n = (size(plan%settings) - n_head)/3
      do j = 1, size(dy(1)%v, 2)
         dx(1)%v(:, j) = 0
         dx(2)%v(:, j) = 0
         call cross_backward(n, size(x(1)%v, 1), size(x(2)%v, 1), size(dy(1)%v, 1), &
                             plan%settings(1:3), plan%settings(4:6), plan%settings(n_head + 1:), &
                             x(1)%v(:, j), x(2)%v(:, j), dy(1)%v(:, j), dx(1)%v(:, j), &
                             dx(2)%v(:, j))
      end do
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(cross_operation_t), intent(in) :: self
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
      dy(1)%v = 0
      call add_products(plan, dx(1)%v, x(2)%v, dy(1)%v)
      call add_products(plan, x(1)%v, dx(2)%v, dy(1)%v)
   end subroutine tangent

end module fkb_operation_cross_dp
