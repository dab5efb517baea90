! Generated from layers/fkb_softmax.fypp: edit that file and run tools/generate.py
!> Keras's `Softmax` over one axis or several, with a mask of what counts.
module fkb_softmax_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: act_softmax, n_parameters
   use fkb_attention_kernels_sp, only: masked_softmax, masked_softmax_backward, &
      masked_softmax_tangent
   use fkb_attention_plan, only: masks_clear, masks_lower, masks_lower_hard
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      mark_axes
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, strides_of
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: softmax_t

   !> Keras's `Softmax`.
   type, extends(layer_t) :: softmax_t
      integer :: n_axes = 1              !! axes whose values sum to 1
      integer :: axes(max_rank) = -1     !! Keras's
      integer :: mask_mode = masks_clear !! what happens to masked values
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: as_activation
   end type softmax_t

   !> Softmax takes no parameters.
   real(wp), parameter :: none(n_parameters) = 0

contains

   subroutine configure(self, config, error)
      class(softmax_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: robust
      call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
      if (allocated(error)) return
      if (self%n_axes < 1) then
         call raise(error, fkb_err_argument, 'option "axis" is empty, expected at least one axis')
         return
      end if
      call config%get('robust_masking', robust, error, default=.false.)
      if (config%keras_major <= 2) self%mask_mode = merge(masks_lower_hard, masks_lower, robust)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(softmax_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      logical :: marked(max_rank)
      integer :: mask
      mask = plan%input_of(1, 'mask')
      call expect_inputs(in_shapes, merge(2, 1, mask > 0), error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, marked, error)
      if (allocated(error)) return
      if (mask > 0) call check_mask(in_shapes(1), in_shapes(mask), error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%settings = [mask]
      plan%fixed_scratch = 3*closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> The mask has as many axes as the input, repeated where they are 1.
   subroutine check_mask(x, mask, error)
      type(shape_t), intent(in) :: x, mask
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = mask%rank == x%rank
      if (fits) fits = all(mask%extent == x%extent .or. mask%extent == 1 .or. &
                           mask%extent == open_extent .or. x%extent == open_extent)
      if (.not. fits) call raise(error, fkb_err_argument, 'the mask '//mask%text()// &
                                 ' cannot be repeated to the shape '//x%text())
   end subroutine check_mask

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(softmax_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank, 2), n, columns, total, j
      logical :: in_place, masked
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(x(1)%v, 1)
      masked = plan%settings(1) > 0
      if (in_place .and. .not. masked) then
         y(1)%v = x(1)%v
         call activate_in_place(act_softmax, none, n, columns*size(x(1)%v, 2), y(1)%v)
         return
      end if
      associate (p => scratch(:total), keep => scratch(total + 1:2*total))
         do j = 1, size(x(1)%v, 2)
            call gather(extent, stride(:, 1), total, total, x(1)%v(:, j), p)
            if (masked) call take_mask(extent, stride(:, 2), x(plan%settings(1))%v(:, j), keep)
            call masked_softmax(self%mask_mode, n, columns, masked, keep, p)
            call scatter(extent, stride(:, 1), total, total, p, y(1)%v(:, j))
         end do
      end associate
   end subroutine forward

   !> 1 where the mask keeps a value, 0 elsewhere, repeated to the input.
   subroutine take_mask(extent, stride, mask, keep)
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      real(wp), intent(in), contiguous :: mask(:)
      real(wp), intent(inout), contiguous :: keep(:)
      call gather(extent, stride, size(mask), size(keep), mask, keep)
      keep = merge(1.0_wp, 0.0_wp, keep > 0.5_wp)
   end subroutine take_mask

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(softmax_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank, 2), n, columns, total, j
      logical :: in_place, masked
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(y(1)%v, 1)
      masked = plan%settings(1) > 0
      if (masked) then
         if (associated(dx(plan%settings(1))%v)) dx(plan%settings(1))%v = 0
      end if
      if (.not. associated(dx(1)%v)) return
      associate (p => scratch(:total), keep => scratch(total + 1:2*total), &
                 d => scratch(2*total + 1:3*total))
         do j = 1, size(y(1)%v, 2)
            call gather(extent, stride(:, 1), total, total, y(1)%v(:, j), p)
            call gather(extent, stride(:, 1), total, total, dy(1)%v(:, j), d)
            if (masked) call take_mask(extent, stride(:, 2), x(plan%settings(1))%v(:, j), keep)
            call masked_softmax_backward(self%mask_mode, n, columns, masked, keep, p, d)
            call scatter(extent, stride(:, 1), total, total, d, dx(1)%v(:, j))
         end do
      end associate
   end subroutine backward

   !> How to see a sample as columns that sum to 1, and its mask likewise.
   subroutine view(self, plan, extent, stride, n, columns, in_place)
      class(softmax_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: extent(max_rank), stride(max_rank, 2), n, columns
      logical, intent(out) :: in_place
      type(error_t), allocatable :: error
      logical :: marked(max_rank)
      integer :: strides(max_rank), i, k, pass
      call mark_axes(self%axes(:self%n_axes), plan%in_shapes(1)%rank, marked, error)
      call bring_forward(plan%in_shapes(1), marked, extent, stride(:, 1), n, columns, in_place)
      stride(:, 2) = 0
      if (plan%settings(1) == 0) return
      strides = strides_of(plan%in_shapes(plan%settings(1)))
      k = 0
      do pass = 1, 2
         do i = 1, plan%in_shapes(1)%rank
            if (marked(i) .neqv. pass == 1) cycle
            k = k + 1
            stride(k, 2) = strides(i)
         end do
      end do
   end subroutine view

   !> Over the last axis only.
   subroutine as_activation(self, id, parameters)
      class(softmax_t), intent(in) :: self
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      id = 0
      parameters = 0
      if (self%n_axes == 1 .and. self%axes(1) == -1) id = act_softmax
   end subroutine as_activation

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(softmax_t), intent(in) :: self
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
      integer :: extent(max_rank), stride(max_rank, 2), n, columns, total, j
      logical :: in_place, masked
      call view(self, plan, extent, stride, n, columns, in_place)
      total = size(y(1)%v, 1)
      masked = plan%settings(1) > 0
      associate (p => scratch(:total), keep => scratch(total + 1:2*total), &
                 d => scratch(2*total + 1:3*total))
         do j = 1, size(y(1)%v, 2)
            call gather(extent, stride(:, 1), total, total, y(1)%v(:, j), p)
            call gather(extent, stride(:, 1), total, total, dx(1)%v(:, j), d)
            if (masked) call take_mask(extent, stride(:, 2), x(plan%settings(1))%v(:, j), keep)
            call masked_softmax_tangent(self%mask_mode, n, columns, masked, keep, p, d)
            call scatter(extent, stride(:, 1), total, total, d, dy(1)%v(:, j))
         end do
      end associate
   end subroutine tangent

end module fkb_softmax_sp
