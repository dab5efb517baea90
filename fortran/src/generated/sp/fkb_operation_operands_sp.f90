! Generated from layers/fkb_operation_operands.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` on operands that are broadcast: arithmetic, comparisons, `Where`.
!>
!> Shapes are aligned at Keras's last axis, extents of 1 are repeated, gradients are summed back.
module fkb_operation_operands_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, closed_count
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_operand_kernels_sp, only: choose, combine, combine_backward, near
   use fkb_operations, only: operand_add, operand_full, operand_isclose, &
      operand_squared_difference, &
      operand_where
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: operator(==), shape_t, strides_of
   use fkb_shape_rules, only: widen_shape
   use fkb_strided_kernels_sp, only: gather, scatter_add
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: operand_operation_t

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: operand_operation_t
      integer :: id = operand_add           !! one of the `operand_*` constants
      logical :: equal_nan = .false.        !! option of `Isclose`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type operand_operation_t

contains

   subroutine configure(self, config, error)
      class(operand_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (self%id == operand_isclose) call config%get('equal_nan', self%equal_nan, error, &
                                                      default=.false.)
      if (self%id == operand_full) call config%ignore('dtype')
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(operand_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out, part
      integer :: i, rank
      if (size(in_shapes) /= operand_count(self)) then
         call raise(error, fkb_err_argument, 'expected '//decimal(operand_count(self))// &
                    ' operands, not '//decimal(size(in_shapes)))
         return
      end if
      call tensor_rank(plan, in_shapes, rank, error)
      if (allocated(error)) return
      do i = 1, size(in_shapes)
         part = in_shapes(i)
         if (part%rank == rank + 1 .and. part%extent(max(1, part%rank)) == 1) part%rank = rank
         if (part%rank > rank) then
            call raise(error, fkb_err_argument, 'a constant of shape '//in_shapes(i)%text()// &
                       ' would mix the samples of a batch')
         else
            call widen_shape(out, part, error)
         end if
         if (allocated(error)) return
      end do
      out%rank = rank
      if (self%id == operand_full .and. .not. out == in_shapes(1)) then
         call raise(error, fkb_err_argument, 'the value of shape '//in_shapes(2)%text()// &
                    ' does not fill '//in_shapes(1)%text())
         return
      end if
      call add_output(plan, out, error)
      plan%fixed_scratch = (size(in_shapes) + 1)*closed_count(out)
      plan%fixed_tangent_scratch = (size(in_shapes) + 2)*closed_count(out)
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> The rank of the operands that are tensors: one for all.
   subroutine tensor_rank(plan, in_shapes, rank, error)
      type(plan_t), intent(in) :: plan
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(out) :: rank
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      rank = -1
      do i = 1, size(in_shapes)
         if (plan%is_constant(i)) cycle
         if (rank < 0) rank = in_shapes(i)%rank
         if (in_shapes(i)%rank == rank) cycle
         call raise(error, fkb_err_argument, 'tensors of different rank would mix the samples '// &
                    'of a batch: reshape one of them')
         return
      end do
      if (rank < 0) call raise(error, fkb_err_argument, 'one operand must be a tensor')
   end subroutine tensor_rank

   pure integer function operand_count(self) result(n)
      class(operand_operation_t), intent(in) :: self
      n = 2
      if (self%id == operand_where) n = 3
      if (self%id == operand_isclose) n = 4
   end function operand_count

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(operand_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j, n
      n = size(y(1)%v, 1)
      if (self%id <= operand_squared_difference .and. all_alike(plan)) then
         do j = 1, size(y(1)%v, 2)
            call combine(self%id, n, x(1)%v(:, j), x(2)%v(:, j), y(1)%v(:, j))
         end do
         return
      end if
      do j = 1, size(y(1)%v, 2)
         call spread_all(plan, x, j, n, scratch)
         call compute(self, n, scratch, y(1)%v(:, j))
      end do
   end subroutine forward

   !> Whether all operands have the shape of the result.
   pure logical function all_alike(plan)
      type(plan_t), intent(in) :: plan
      integer :: i
      all_alike = .true.
      do i = 1, size(plan%in_shapes)
         all_alike = all_alike .and. plan%in_shapes(i) == plan%out_shapes(1)
      end do
   end function all_alike

   !> The result for one sample.
   subroutine compute(self, n, x, y)
      class(operand_operation_t), intent(in) :: self
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n, *)                 !! operands
      real(wp), intent(out) :: y(n)
      select case (self%id)
      case (operand_where)
         call choose(n, x(1, 1), x(1, 2), x(1, 3), y)
      case (operand_isclose)
         call near(n, x(1, 1), x(1, 2), x(1, 3), x(1, 4), self%equal_nan, y)
      case default
         call combine(self%id, n, x(1, 1), x(1, 2), y)
      end select
   end subroutine compute

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(operand_operation_t), intent(in) :: self
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
      integer :: i, j, n, used
      n = size(dy(1)%v, 1)
      used = size(x)*n
      do j = 1, size(dy(1)%v, 2)
         call spread_all(plan, x, j, n, scratch)
         do i = 1, size(dx)
            associate (d => scratch(used + 1:used + n), dxj => dx(i)%v(:, j))
               call differentiate(self, i, n, scratch, y(1)%v(:, j), dy(1)%v(:, j), d)
               if (plan%in_shapes(i) == plan%out_shapes(1)) then
                  dxj = d
               else
                  dxj = 0
                  call scatter_add(plan%out_shapes(1)%extent, strides_of(plan%in_shapes(i)), &
                                   size(dxj), n, d, dxj)
               end if
            end associate
         end do
      end do
   end subroutine backward

   !> d = dy times the derivative with respect to operand i
   subroutine differentiate(self, i, n, x, y, dy, d)
      class(operand_operation_t), intent(in) :: self
      integer, intent(in) :: i, n
      real(wp), intent(in) :: x(n, *)
      real(wp), intent(in) :: y(n), dy(n)
      real(wp), intent(out) :: d(n)
      select case (self%id)
      case (operand_where)
         if (i == 1) d = 0
         if (i == 2) d = merge(0.0_wp, dy, abs(x(:n, 1)) <= 0)
         if (i == 3) d = merge(dy, 0.0_wp, abs(x(:n, 1)) <= 0)
      case (operand_isclose)
         d = 0
      case default
         call combine_backward(self%id, i, n, x(1, 1), x(1, 2), y, dy, d)
      end select
   end subroutine differentiate

   !> All operands of sample j, repeated to the shape of the result.
   subroutine spread_all(plan, x, j, n, wide)
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: j, n
      real(wp), intent(inout) :: wide(n, *)
      integer :: i
      do i = 1, size(x)
         call spread_one(plan, x, i, j, n, wide(:, i))
      end do
   end subroutine spread_all

   !> Operand i of sample j, repeated to the shape of the result.
   subroutine spread_one(plan, x, i, j, n, wide)
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: i, j, n
      real(wp), intent(out) :: wide(n)
      if (plan%in_shapes(i) == plan%out_shapes(1)) then
         wide = x(i)%v(:, j)
      else if (size(x(i)%v, 1) == 1) then
         wide = x(i)%v(1, j)
      else
         call gather(plan%out_shapes(1)%extent, strides_of(plan%in_shapes(i)), size(x(i)%v, 1), &
                     n, x(i)%v(:, j), wide)
      end if
   end subroutine spread_one

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(operand_operation_t), intent(in) :: self
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
      integer :: i, j, n, used
      n = size(dy(1)%v, 1)
      used = size(x)*n
      do j = 1, size(dy(1)%v, 2)
         call spread_all(plan, x, j, n, scratch)
         dy(1)%v(:, j) = 0
         do i = 1, size(dx)
            associate (d => scratch(used + 1:used + n), slope => scratch(used + n + 1:used + 2*n))
               call spread_one(plan, dx, i, j, n, d)
               call differentiate(self, i, n, scratch, y(1)%v(:, j), d, slope)
               dy(1)%v(:, j) = dy(1)%v(:, j) + slope
            end associate
         end do
      end do
   end subroutine tangent

end module fkb_operation_operands_sp
