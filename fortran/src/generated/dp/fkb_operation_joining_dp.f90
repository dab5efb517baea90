! Generated from layers/fkb_operation_joining.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that put operands side by side: `Concatenate`, `Stack`, `Hstack`.
module fkb_operation_joining_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_place_kernels_dp, only: put_rows, take_rows
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: max_rank, shape_t, storage_dimension
   use fkb_shape_rules, only: join_shapes
   implicit none (type, external)
   private
   public :: joining_operation_t

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: joining_operation_t
      logical :: stacks = .false.      !! along a new axis
      logical :: fixed = .false.       !! along axis 1, without an option
      integer :: axis = 0              !! Keras's
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
   end type joining_operation_t

contains

   subroutine configure(self, config, error)
      class(joining_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      self%axis = 1
      if (.not. self%fixed) call config%get('axis', self%axis, error, default=0)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(joining_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: i, along
      if (size(in_shapes) < 1) then
         call raise(error, fkb_err_argument, 'expected at least one operand')
         return
      end if
      do i = 1, size(in_shapes)
         if (plan%is_constant(i)) then
            call raise(error, fkb_err_argument, 'a constant has no batch to stand beside tensors')
            return
         end if
         if (i == 1) then
            call start(self, in_shapes(1), along, out, error)
         else
            call join_shapes(out, opened(self, in_shapes(i), along), along, error)
         end if
         if (allocated(error)) return
      end do
      call add_output(plan, out, error)
      plan%settings = [along]
      plan%can_train = .true.
      plan%tangent = tangent_forward
   end subroutine lay_out

   !> The dimension that operands are joined along, and the first of them within the result.
   subroutine start(self, shape, along, out, error)
      class(joining_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(out) :: along
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      integer :: rank
      along = 0
      rank = shape%rank + merge(1, 0, self%stacks)
      if (rank > max_rank) then
         call raise(error, fkb_err_argument, 'operands of shape '//shape%text()// &
                    ' cannot have another axis')
         return
      end if
      call storage_dimension(self%axis, rank, along, error)
      if (.not. allocated(error)) out = opened(self, shape, along)
   end subroutine start

   !> The shape of an operand within the result: with the new dimension of `Stack`.
   pure type(shape_t) function opened(self, shape, along) result(wide)
      class(joining_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: along
      wide = shape
      if (.not. self%stacks .or. shape%rank >= max_rank) return
      wide%rank = shape%rank + 1
      wide%extent(along + 1:wide%rank) = shape%extent(along:shape%rank)
      wide%extent(along) = 1
   end function opened

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(joining_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, first, rows, run
      run = product(plan%out_shapes(1)%extent(:plan%settings(1)))
      first = 1
      do i = 1, size(x)
         rows = rows_of(self, plan, i)
         if (rows > 0) call put_rows(run, rows, size(x(i)%v)/rows, first, x(i)%v, y(1)%v)
         first = first + rows
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(joining_operation_t), intent(in) :: self
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
      integer :: i, first, rows, run
      run = product(plan%out_shapes(1)%extent(:plan%settings(1)))
      first = 1
      do i = 1, size(dx)
         rows = rows_of(self, plan, i)
         if (rows > 0) call take_rows(run, rows, size(dx(i)%v)/rows, first, dy(1)%v, dx(i)%v)
         first = first + rows
      end do
   end subroutine backward

   !> Consecutive values of operand i in the result.
   pure integer function rows_of(self, plan, i) result(rows)
      class(joining_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i
      type(shape_t) :: part
      part = opened(self, plan%in_shapes(i), plan%settings(1))
      rows = product(part%extent(:plan%settings(1)))
   end function rows_of

end module fkb_operation_joining_dp
