! Generated from layers/fkb_operation_columns.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` along axes: `Cumsum`, `Sort`, `TopK`, `Softmax`, `Normalize`, `OneHot`
!> and others.
!>
!> A sample is seen as columns along the axes that the operation works on.
module fkb_operation_columns_sp
   use fkb_activation_kernels_sp, only: activate, activate_backward
   use fkb_activation_tangents_sp, only: activate_tangent
   use fkb_activations, only: act_glu, act_log_softmax, act_softmax, act_sparsemax, n_parameters
   use fkb_column_kernels_sp, only: sorted_places, transform, transform_backward, &
      transform_tangent
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes, refuse_option
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_operations, only: column_argsort, column_cumsum, column_cumprod, column_diff, &
      column_glu, &
      column_log_softmax, column_normalize, column_one_hot, column_softmax, column_sort, &
      column_sparsemax, column_top_k
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, storage_dimension
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: column_operation_t

   !> Keras's default for the least norm.
   real(wp), parameter :: keras_epsilon = 1.0e-7_wp

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: column_operation_t
      integer :: id = column_cumsum         !! one of the `column_*` constants
      integer :: n_axes = 1
      integer :: axes(max_rank) = -1        !! Keras's
      integer :: count = 0                  !! of the largest values, or of classes
      integer :: order = 2                  !! of the norm that normalises
      real(wp) :: epsilon = keras_epsilon   !! the least norm
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type column_operation_t

   !> No activation here takes parameters.
   real(wp), parameter :: none(n_parameters) = 0
   !> As many values along an axis as real32 can number.
   integer, parameter :: most_places = 2**24

contains

   subroutine configure(self, config, error)
      class(column_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (self%id /= column_top_k) then
         if (config%kind_of('axis') == 'null' .or. (.not. config%has('axis') .and. &
             (self%id == column_cumsum .or. self%id == column_cumprod))) then
            call raise(error, fkb_err_argument, &
               'option "axis" must name an axis: without it the '// &
                       'batch is one too, which would mix its samples')
            return
         end if
         call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
         if (allocated(error)) return
      end if
      select case (self%id)
      case (column_cumsum, column_cumprod)
         call config%ignore('dtype')
      case (column_diff)
         call config%get('n', self%count, error, default=1)
         if (.not. allocated(error) .and. self%count /= 1) then
            call refuse_option(config, 'n', 'only differences of the first order are supported', &
                               error)
         end if
      case (column_normalize)
         call config%get('order', self%order, error, default=2)
         if (.not. allocated(error)) call config%get('epsilon', self%epsilon, error, &
                                                     default=keras_epsilon)
      case (column_top_k)
         call config%get('k', self%count, error)
         call config%ignore('sorted')
      case (column_one_hot)
         call config%get('num_classes', self%count, error)
         call config%ignore('dtype sparse')
      case default
         continue
      end select
      if (.not. allocated(error) .and. self%count < 0) call raise(error, fkb_err_argument, &
         'the option "k" or "num_classes" must not be negative')
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(column_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      logical :: marked(max_rank), new(max_rank)
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      marked = .false.
      out = in_shapes(1)
      if (self%id == column_one_hot) then
         call insert_axis(self, out, new, error)
      else
         call mark_axes(self%axes(:self%n_axes), out%rank, marked, error)
         new = marked
         if (.not. allocated(error)) call resize(self, out, marked, error)
      end if
      if (allocated(error)) return
      call add_output(plan, out, error)
      if (self%id == column_top_k .and. .not. allocated(error)) call add_output(plan, out, error)
      allocate (plan%settings(2*max_rank))
      plan%settings(:max_rank) = merge(1, 0, marked)
      plan%settings(max_rank + 1:) = merge(1, 0, new)
      plan%fixed_scratch = 6*closed_count(in_shapes(1)) + 2*closed_count(out)
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> A new axis for the classes of `OneHot`.
   subroutine insert_axis(self, out, new, error)
      class(column_operation_t), intent(in) :: self
      type(shape_t), intent(inout) :: out
      logical, intent(out) :: new(max_rank)
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      new = .false.
      if (out%rank >= max_rank) then
         call raise(error, fkb_err_argument, 'a tensor of shape '//out%text()// &
                    ' cannot have another axis')
         return
      end if
      call storage_dimension(self%axes(1), out%rank + 1, at, error)
      if (allocated(error)) return
      out%rank = out%rank + 1
      out%extent(at + 1:out%rank) = out%extent(at:out%rank - 1)
      out%extent(at) = self%count
      new(at) = .true.
   end subroutine insert_axis

   !> The extent of the axis that `Glu` halves, `Diff` shortens and `TopK` chooses from.
   subroutine resize(self, out, marked, error)
      class(column_operation_t), intent(in) :: self
      type(shape_t), intent(inout) :: out
      logical, intent(in) :: marked(max_rank)
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      at = findloc(marked, .true., 1)
      if (at == 0) then
         call raise(error, fkb_err_argument, 'the option "axis" names no axis')
         return
      end if
      associate (extent => out%extent(at))
         if (extent > most_places .and. (self%id == column_sort .or. self%id == column_top_k .or. &
                                         self%id == column_argsort)) then
            call raise(error, fkb_err_argument, 'an axis of '//out%text()//' is too long to sort')
         else if (self%id == column_top_k) then
            if (extent /= open_extent .and. extent < self%count) then
               call raise(error, fkb_err_argument, &
                  'there are not as many values as the option "k"'// &
                          ' asks for in the last axis of '//out%text())
            end if
            extent = self%count
         else if (self%id == column_glu .and. extent /= open_extent) then
            if (mod(extent, 2) /= 0) call raise(error, fkb_err_argument, &
               'an even extent is expected, not '//out%text())
            extent = extent/2
         else if (self%id == column_diff .and. extent /= open_extent) then
            extent = max(extent - 1, 0)
         end if
      end associate
   end subroutine resize

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(column_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank, 2), stride(max_rank, 2), n, m, columns, total, made, j
      call view(plan, extent, stride, n, m, columns)
      total = size(x(1)%v, 1)
      made = size(y(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         associate (xj => scratch(:total), places => scratch(total + 1:2*total), &
                    work => scratch(2*total + 1:5*total), yj => scratch(6*total + 1:6*total + made))
            call gather(extent(:, 1), stride(:, 1), total, total, x(1)%v(:, j), xj)
            call compute(self, n, m, columns, xj, places, work, yj)
            call scatter(extent(:, 2), stride(:, 2), made, made, yj, y(1)%v(:, j))
            if (self%id == column_top_k) then
               call transform(column_argsort, self%order, self%epsilon, n, m, columns, xj, &
                  places, yj)
               call scatter(extent(:, 2), stride(:, 2), made, made, yj, y(2)%v(:, j))
            end if
         end associate
      end do
   end subroutine forward

   !> The columns of one sample.
   subroutine compute(self, n, m, columns, x, places, work, y)
      class(column_operation_t), intent(in) :: self
      integer, intent(in) :: n, m, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(inout) :: places(n, columns), work(n, 3)
      real(wp), intent(out) :: y(m, columns)
      if (activation(self) > 0) then
         call activate(activation(self), none, n, columns, x, y)
      else
         call sort_all(self, n, columns, x, places, work)
         call transform(self%id, self%order, self%epsilon, n, m, columns, x, places, y)
      end if
   end subroutine compute

   !> The places of the sorted values of each column, for what needs them.
   subroutine sort_all(self, n, columns, x, places, work)
      class(column_operation_t), intent(in) :: self
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(inout) :: places(n, columns), work(n, 3)
      integer :: j
      if (self%id /= column_sort .and. self%id /= column_argsort .and. &
         self%id /= column_top_k) return
      do j = 1, columns
         call sorted_places(n, self%id == column_top_k, x(:, j), places(:, j), work(:, 1), &
                            work(:, 2), work(:, 3))
      end do
   end subroutine sort_all

   !> The activation kernel that does it, 0 for none.
   pure integer function activation(self) result(id)
      class(column_operation_t), intent(in) :: self
      select case (self%id)
      case (column_softmax)
         id = act_softmax
      case (column_log_softmax)
         id = act_log_softmax
      case (column_sparsemax)
         id = act_sparsemax
      case (column_glu)
         id = act_glu
      case default
         id = 0
      end select
   end function activation

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(column_operation_t), intent(in) :: self
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
      integer :: extent(max_rank, 2), stride(max_rank, 2), n, m, columns, total, made, j
      call view(plan, extent, stride, n, m, columns)
      total = size(x(1)%v, 1)
      made = size(y(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         associate (xj => scratch(:total), places => scratch(total + 1:2*total), &
                    work => scratch(2*total + 1:5*total), dxj => scratch(5*total + 1:6*total), &
                    yj => scratch(6*total + 1:6*total + made), &
                    dyj => scratch(6*total + made + 1:6*total + 2*made))
            call gather(extent(:, 1), stride(:, 1), total, total, x(1)%v(:, j), xj)
            call gather(extent(:, 2), stride(:, 2), made, made, y(1)%v(:, j), yj)
            call gather(extent(:, 2), stride(:, 2), made, made, dy(1)%v(:, j), dyj)
            if (activation(self) > 0) then
               call activate_backward(activation(self), none, n, columns, xj, yj, dyj, dxj)
            else
               call sort_all(self, n, columns, xj, places, work)
               call transform_backward(self%id, self%order, self%epsilon, n, m, columns, xj, &
                  places, &
                                       yj, dyj, dxj)
            end if
            call scatter(extent(:, 1), stride(:, 1), total, total, dxj, dx(1)%v(:, j))
         end associate
      end do
   end subroutine backward

   !> How to see a sample of the input and of the output as columns of n and m values.
   subroutine view(plan, extent, stride, n, m, columns)
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: extent(max_rank, 2), stride(max_rank, 2), n, m, columns
      logical :: in_place
      call bring_forward(plan%in_shapes(1), plan%settings(:max_rank) == 1, extent(:, 1), &
                         stride(:, 1), n, columns, in_place)
      call bring_forward(plan%out_shapes(1), plan%settings(max_rank + 1:) == 1, extent(:, 2), &
                         stride(:, 2), m, columns, in_place)
   end subroutine view

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(column_operation_t), intent(in) :: self
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
      integer :: extent(max_rank, 2), stride(max_rank, 2), n, m, columns, total, made, j
      call view(plan, extent, stride, n, m, columns)
      total = size(x(1)%v, 1)
      made = size(y(1)%v, 1)
      do j = 1, size(x(1)%v, 2)
         associate (xj => scratch(:total), places => scratch(total + 1:2*total), &
                    work => scratch(2*total + 1:5*total), dxj => scratch(5*total + 1:6*total), &
                    yj => scratch(6*total + 1:6*total + made), &
                    dyj => scratch(6*total + made + 1:6*total + 2*made))
            call gather(extent(:, 1), stride(:, 1), total, total, x(1)%v(:, j), xj)
            call gather(extent(:, 1), stride(:, 1), total, total, dx(1)%v(:, j), dxj)
            call gather(extent(:, 2), stride(:, 2), made, made, y(1)%v(:, j), yj)
            if (activation(self) > 0) then
               call activate_tangent(activation(self), none, n, columns, xj, yj, dxj, dyj)
            else
               call sort_all(self, n, columns, xj, places, work)
               call transform_tangent(self%id, self%order, self%epsilon, n, m, columns, xj, &
                                      places, dxj, dyj)
            end if
            call scatter(extent(:, 2), stride(:, 2), made, made, dyj, dy(1)%v(:, j))
         end associate
      end do
      if (self%id == column_top_k) dy(2)%v = 0
   end subroutine tangent

end module fkb_operation_columns_sp
