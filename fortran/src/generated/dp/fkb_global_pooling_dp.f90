! Generated from layers/fkb_global_pooling.fypp: edit that file and run tools/generate.py
!> Keras's `GlobalMaxPooling1D`, `GlobalAveragePooling1D` and their forms for two and three axes:
!> maximum or mean over all cells of a sample.
!>
!> Cells that share the maximum share its gradient, as in TensorFlow. `GlobalAveragePooling1D` takes
!> the mask of its steps as the input `mask`: the mean is that of the valid steps.
module fkb_global_pooling_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, get_data_format
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_pooling_kernels_dp, only: max_of_all, max_of_all_backward, &
      max_of_all_tangent, spread_to_all, sum_of_all
   use fkb_shape, only: open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: global_pooling_t

   !> Keras's `GlobalMaxPooling` and `GlobalAveragePooling`.
   type, extends(layer_t) :: global_pooling_t
      integer :: axes = 1                    !! axes of space, 1 to 3
      logical :: takes_mean = .false.        !! else the maximum
      logical :: keepdims = .false.          !! the pooled axes stay, with one cell
      logical :: channels_first = .false.    !! option `data_format`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
   end type global_pooling_t

contains

   subroutine configure(self, config, error)
      class(global_pooling_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('keepdims', self%keepdims, error, default=.false.)
      if (allocated(error)) return
      call get_data_format(config, self%channels_first, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(global_pooling_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: mask, steps
      type(shape_t) :: out
      mask = plan%input_of(1, 'mask')
      if (size(in_shapes) /= merge(2, 1, mask > 0)) then
         call raise(error, fkb_err_argument, 'expected one input and perhaps a mask')
         return
      end if
      if (in_shapes(1)%rank /= self%axes + 1 .or. any(in_shapes(1)%extent(2:4) == 0)) then
         call raise(error, fkb_err_argument, 'expected an input of cells and channels, not the '// &
                    'shape '//in_shapes(1)%text())
         return
      end if
      steps = in_shapes(1)%extent(2)
      if (mask > 0) then
         if (self%axes > 1 .or. .not. self%takes_mean .or. in_shapes(mask)%rank /= 1 .or. &
             (steps /= open_extent .and. in_shapes(mask)%extent(1) /= open_extent .and. &
              in_shapes(mask)%extent(1) /= steps)) then
            call raise(error, fkb_err_argument, 'a mask of shape '//in_shapes(mask)%text()// &
                       ' does not fit the input '//in_shapes(1)%text())
            return
         end if
      end if
      out = in_shapes(1)
      out%extent(2:) = 1
      if (.not. self%keepdims) out = shape_of(out%extent(1:1))
      call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (in_shapes(1)%closed()) plan%fixed_scratch = out%extent(1) + &
         product(in_shapes(1)%extent(2:4))
   end subroutine lay_out

   !> Whether the network permutes around the layer.
   pure logical function wants_channels_last(self) result(wants)
      class(global_pooling_t), intent(in) :: self
      wants = self%channels_first
   end function wants_channels_last

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(global_pooling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: c, n, j
      c = plan%in_shapes(1)%extent(1)
      n = product(plan%in_shapes(1)%extent(2:4))
      do j = 1, size(x(1)%v, 2)
         if (self%takes_mean) then
            call weigh(plan, x, j, scratch(c + 1:c + n))
            call sum_of_all(c, n, scratch(c + 1:), x(1)%v(:, j), scratch, y(1)%v(:, j))
            y(1)%v(:, j) = y(1)%v(:, j)/sum(scratch(c + 1:c + n))
         else
            call max_of_all(c, n, x(1)%v(:, j), y(1)%v(:, j))
         end if
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(global_pooling_t), intent(in) :: self
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
      integer :: c, n, i, j
      c = plan%in_shapes(1)%extent(1)
      n = product(plan%in_shapes(1)%extent(2:4))
      do i = 2, size(dx)
         if (associated(dx(i)%v)) dx(i)%v = 0
      end do
      if (.not. associated(dx(1)%v)) return
      do j = 1, size(dx(1)%v, 2)
         if (self%takes_mean) then
            call weigh(plan, x, j, scratch(c + 1:c + n))
            scratch(:c) = dy(1)%v(:, j)/sum(scratch(c + 1:c + n))
            call spread_to_all(c, n, scratch(c + 1:), scratch, dx(1)%v(:, j))
         else
            call max_of_all_backward(c, n, x(1)%v(:, j), y(1)%v(:, j), dy(1)%v(:, j), scratch, &
                                     dx(1)%v(:, j))
         end if
      end do
   end subroutine backward

   !> The weight of each cell of sample j: 1, or what the mask says.
   subroutine weigh(plan, x, j, weight)
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: j
      real(wp), intent(out) :: weight(:)
      integer :: mask
      mask = plan%input_of(1, 'mask')
      weight = 1
      if (mask > 0) weight = merge(1.0_wp, 0.0_wp, abs(x(mask)%v(:, j)) > 0)
   end subroutine weigh

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(global_pooling_t), intent(in) :: self
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
      integer :: c, n, j
      c = plan%in_shapes(1)%extent(1)
      n = product(plan%in_shapes(1)%extent(2:4))
      do j = 1, size(x(1)%v, 2)
         if (self%takes_mean) then
            call weigh(plan, x, j, scratch(c + 1:c + n))
            call sum_of_all(c, n, scratch(c + 1:), dx(1)%v(:, j), scratch, dy(1)%v(:, j))
            dy(1)%v(:, j) = dy(1)%v(:, j)/sum(scratch(c + 1:c + n))
         else
            call max_of_all_tangent(c, n, x(1)%v(:, j), y(1)%v(:, j), dx(1)%v(:, j), scratch, &
                                    dy(1)%v(:, j))
         end if
      end do
   end subroutine tangent

end module fkb_global_pooling_dp
