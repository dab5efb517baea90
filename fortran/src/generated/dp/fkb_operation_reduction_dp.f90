! Generated from layers/fkb_operation_reduction.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that reduce axes: `Sum`, `Max`, `Argmax`, `Logsumexp`, `Norm`,
!> `Moments` and others.
module fkb_operation_reduction_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_operations, only: reduce_count, reduce_max, reduce_mean, reduce_min, reduce_moments, &
      reduce_norm, reduce_prod, reduce_sum, reduce_var
   use fkb_plan, only: plan_t, tangent_own
   use fkb_reduction_kernels_dp, only: reduce, reduce_backward
   use fkb_shape, only: max_rank, shape_t
   use fkb_strided_kernels_dp, only: gather, scatter
   implicit none (type, external)
   private
   public :: reduction_operation_t

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: reduction_operation_t
      integer :: id = reduce_sum            !! one of the `reduce_*` constants
      integer :: n_axes = 0                 !! that are reduced
      integer :: axes(max_rank) = 0         !! Keras's
      logical :: keepdims = .false.         !! reduced axes stay, with extent 1
      logical :: bounded = .false.          !! `Max` and `Min` have the option `initial`
      real(wp) :: initial = 0               !! another value of the maximum or minimum
      real(wp) :: order = 2                 !! of `Norm`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type reduction_operation_t

contains

   subroutine configure(self, config, error)
      class(reduction_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(4) :: key
      key = merge('axes', 'axis', self%id == reduce_moments)
      if (.not. config%has(key)) then
         call raise(error, fkb_err_argument, &
            'option "'//key//'" must name axes: without it the '// &
                    'batch is reduced too, which would mix its samples')
         return
      end if
      call get_axes(config, key, self%axes, self%n_axes, error, default=[0])
      if (allocated(error)) return
      if (self%id /= reduce_count) call config%get('keepdims', self%keepdims, error, &
                                                   default=.false.)
      if (allocated(error)) return
      select case (self%id)
      case (reduce_max, reduce_min)
         self%bounded = config%has('initial')
         call config%get('initial', self%initial, error, default=0.0_wp)
      case (reduce_norm)
         call get_order(self, config, error)
      case (reduce_prod)
         call config%ignore('dtype')
      case (reduce_moments)
         call config%ignore('synchronized')
      case default
         continue
      end select
   end subroutine configure

   !> The order of a norm: of matrices there is the Frobenius norm only.
   subroutine get_order(self, config, error)
      class(reduction_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: euclidean
      euclidean = .not. config%has('ord')
      if (config%kind_of('ord') == 'string') then
         call refuse_option(config, 'ord', 'leave it out for the Frobenius norm, the only norm '// &
                            'of matrices that is supported', error)
      else if (self%n_axes > 1 .and. .not. euclidean) then
         call refuse_option(config, 'ord', 'of matrices only the Frobenius norm is supported, '// &
                            'null', error)
      else
         call config%get('ord', self%order, error, default=2.0_wp)
      end if
   end subroutine get_order

   subroutine lay_out(self, in_shapes, plan, error)
      class(reduction_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      logical :: marked(max_rank)
      integer :: i
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, marked, error)
      if (allocated(error)) return
      do i = 1, in_shapes(1)%rank
         if (marked(i) .and. .not. self%keepdims) cycle
         out%rank = out%rank + 1
         out%extent(out%rank) = merge(1, in_shapes(1)%extent(i), marked(i))
      end do
      call add_output(plan, out, error)
      if (self%id == reduce_moments .and. .not. allocated(error)) call add_output(plan, out, error)
      plan%settings = merge(1, 0, marked)
      plan%fixed_scratch = 2*closed_count(in_shapes(1)) + closed_count(out)
      plan%fixed_tangent_scratch = 3*closed_count(in_shapes(1)) + closed_count(out)
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(reduction_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, columns, total, j
      logical :: in_place
      call bring_forward(plan%in_shapes(1), plan%settings == 1, extent, stride, n, columns, &
         in_place)
      total = size(x(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         call gather(extent, stride, total, total, x(1)%v(:, j), scratch)
         if (self%id == reduce_moments) then
            call reduce(reduce_mean, self%order, n, columns, scratch, y(1)%v(:, j))
            call reduce(reduce_var, self%order, n, columns, scratch, y(2)%v(:, j))
         else
            call reduce(self%id, self%order, n, columns, scratch, y(1)%v(:, j))
         end if
      end do
      if (.not. self%bounded) return
      if (self%id == reduce_max) y(1)%v = max(y(1)%v, self%initial)
      if (self%id == reduce_min) y(1)%v = min(y(1)%v, self%initial)
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(reduction_operation_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank), n, columns, total, j
      logical :: in_place
      call bring_forward(plan%in_shapes(1), plan%settings == 1, extent, stride, n, columns, &
         in_place)
      total = size(x(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         associate (xj => scratch(:total), d => scratch(total + 1:2*total), &
                    dyj => scratch(2*total + 1:2*total + columns))
            call gather(extent, stride, total, total, x(1)%v(:, j), xj)
            dyj = dy(1)%v(:, j)
            if (self%bounded) call drop_beyond(self, n, columns, xj, dyj)
            if (self%id == reduce_moments) then
               call moments_backward(n, columns, xj, y(1)%v(:, j), dy(1)%v(:, j), &
                                     dy(2)%v(:, j), d)
            else
               call reduce_backward(self%id, self%order, n, columns, xj, y(1)%v(:, j), dyj, d)
            end if
            call scatter(extent, stride, total, total, d, dx(1)%v(:, j))
         end associate
      end do
   end subroutine backward

   !> No gradient where the option `initial` is the maximum or minimum.
   subroutine drop_beyond(self, n, columns, x, dy)
      class(reduction_operation_t), intent(in) :: self
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(inout) :: dy(columns)
      integer :: j
      do j = 1, columns
         if (self%id == reduce_max .and. all(x(:, j) < self%initial)) dy(j) = 0
         if (self%id == reduce_min .and. all(x(:, j) > self%initial)) dy(j) = 0
      end do
   end subroutine drop_beyond

   !> d = the gradient of x from those of its mean and its variance
   subroutine moments_backward(n, columns, x, mean, dmean, dvariance, d)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: x(n, columns), mean(columns), dmean(columns), dvariance(columns)
      real(wp), intent(out) :: d(n, columns)
      integer :: j
      do j = 1, columns
         d(:, j) = (dmean(j) + 2*(x(:, j) - mean(j))*dvariance(j))/n
      end do
   end subroutine moments_backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(reduction_operation_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank), n, columns, total, j
      logical :: in_place
      call bring_forward(plan%in_shapes(1), plan%settings == 1, extent, stride, n, columns, &
         in_place)
      total = size(x(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         associate (xj => scratch(:total), d => scratch(total + 1:2*total), &
                    one => scratch(2*total + 1:2*total + columns), &
                    dxj => scratch(2*total + columns + 1:3*total + columns))
            call gather(extent, stride, total, total, x(1)%v(:, j), xj)
            call gather(extent, stride, total, total, dx(1)%v(:, j), dxj)
            one = 1
            if (self%bounded) call drop_beyond(self, n, columns, xj, one)
            if (self%id == reduce_moments) then
               call reduce_backward(reduce_mean, self%order, n, columns, xj, y(1)%v(:, j), one, d)
               call sum_slopes(n, columns, d, dxj, dy(1)%v(:, j))
               call reduce_backward(reduce_var, self%order, n, columns, xj, y(2)%v(:, j), one, d)
               call sum_slopes(n, columns, d, dxj, dy(2)%v(:, j))
            else
               call reduce_backward(self%id, self%order, n, columns, xj, y(1)%v(:, j), one, d)
               call sum_slopes(n, columns, d, dxj, dy(1)%v(:, j))
            end if
         end associate
      end do
   end subroutine tangent

   !> dy = sum of slope*dx over each column
   pure subroutine sum_slopes(n, columns, slope, dx, dy)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: slope(n, columns), dx(n, columns)
      real(wp), intent(out) :: dy(columns)
      integer :: j
      do j = 1, columns
         dy(j) = sum(slope(:, j)*dx(:, j))
      end do
   end subroutine sum_slopes

end module fkb_operation_reduction_dp
