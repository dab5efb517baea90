! Generated from layers/fkb_pooling.fypp: edit that file and run tools/generate.py
!> Keras's `MaxPooling1D`, `AveragePooling1D`, `AdaptiveMaxPooling1D`, `AdaptiveAveragePooling1D`
!> and their forms for two and three axes: maximum or mean over windows.
!>
!> Where cells of a window share the maximum, the gradient goes where TensorFlow puts it: to the
!> first of them with one or two axes, to each of them with three.
module fkb_pooling_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_rank, get_data_format, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own, tangent_forward
   use fkb_pooling_kernels_dp, only: pool_max, pool_max_backward, pool_max_tangent, &
      pool_mean, pool_mean_backward, tie_all, tie_first, tie_first_column
   use fkb_shape, only: open_extent, shape_t
   use fkb_windows, only: adaptive_windows, pooled_extent, pooling_windows
   implicit none (type, external)
   private
   public :: pooling_t, adaptive_pooling_t

   !> Keras's `MaxPooling` and `AveragePooling`. Means of the padding `same` are over real cells.
   type, extends(unary_layer_t) :: pooling_t
      integer :: axes = 1                    !! axes of space, 1 to 3
      logical :: takes_mean = .false.        !! else the maximum
      integer :: window(3) = 1               !! option `pool_size`, storage order
      integer :: stride(3) = 1               !! option `strides`, storage order
      logical :: same = .false.              !! option `padding`
      logical :: channels_first = .false.    !! option `data_format`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: extent_of
      procedure :: windows_of
      procedure :: tie
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
      procedure :: wants_channels_last
   end type pooling_t

   !> Keras's `AdaptiveMaxPooling` and `AdaptiveAveragePooling`: a given number of windows.
   type, extends(pooling_t) :: adaptive_pooling_t
      integer :: output_size(3) = 1          !! windows, storage order
   contains
      procedure :: configure => configure_adaptive
      procedure :: extent_of => adaptive_extent
      procedure :: windows_of => adaptive_windows_of
      procedure :: tie => adaptive_tie
   end type adaptive_pooling_t

contains

   subroutine configure(self, config, error)
      class(pooling_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: padding
      call get_sizes(config, 'pool_size', self%axes, self%window, error, default=2)
      if (allocated(error)) return
      self%stride = self%window
      if (config%has('strides')) then
         call get_sizes(config, 'strides', self%axes, self%stride, error, default=1)
         if (allocated(error)) return
      else
         call config%ignore('strides')
      end if
      call config%get('padding', padding, error, default='valid')
      if (allocated(error)) return
      self%same = padding == 'same'
      if (padding /= 'same' .and. padding /= 'valid') then
         call refuse_option(config, 'padding', 'expected valid or same', error)
         return
      end if
      call get_data_format(config, self%channels_first, error)
   end subroutine configure

   subroutine configure_adaptive(self, config, error)
      class(adaptive_pooling_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (.not. config%has('output_size')) then
         call raise(error, fkb_err_argument, 'option "output_size" is missing')
         return
      end if
      call get_sizes(config, 'output_size', self%axes, self%output_size, error, default=1)
      if (allocated(error)) return
      call get_data_format(config, self%channels_first, error)
   end subroutine configure_adaptive

   !> Read one positive integer, or one for each axis in Keras's order.
   subroutine get_sizes(config, key, axes, sizes, error, default)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(in) :: axes
      integer, intent(out) :: sizes(3)         !! storage order, 1 for further axes
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in) :: default           !! for each axis
      integer :: values(3), n
      sizes = 1
      call config%get_list(key, values, n, error, default=[default])
      if (allocated(error)) return
      if (n == 1) values = values(1)
      if ((n /= 1 .and. n /= axes) .or. any(values(:axes) < 1)) then
         call refuse_option(config, key, 'expected a positive integer for each axis', error)
         return
      end if
      sizes(:axes) = values(axes:1:-1)
   end subroutine get_sizes

   subroutine lay_out(self, in_shapes, plan, error)
      class(pooling_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: windows(:)
      type(shape_t) :: out
      integer :: axis, n(3), before
      call expect_rank(in_shapes, self%axes + 1, error)
      if (allocated(error)) return
      out = in_shapes(1)
      n = out%extent(2:4)
      do axis = 1, self%axes
         out%extent(axis + 1) = self%extent_of(axis, n(axis))
         if (out%extent(axis + 1) /= 0) cycle
         call raise(error, fkb_err_argument, 'the windows are larger than the input '// &
                    out%text())
         return
      end do
      call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%tangent = merge(tangent_forward, tangent_own, self%takes_mean)
      if (.not. out%closed() .or. .not. in_shapes(1)%closed()) return
      plan%fixed_scratch = out%extent(1)
      allocate (windows(2*sum(out%extent(2:4))))
      before = 0
      do axis = 1, 3
         associate (n_out => out%extent(axis + 1))
            call self%windows_of(axis, n(axis), n_out, windows(before + 1:before + 2*n_out))
            before = before + 2*n_out
         end associate
      end do
      call move_alloc(windows, plan%settings)
   end subroutine lay_out

   !> Windows along an axis of n cells.
   pure integer function extent_of(self, axis, n) result(extent)
      class(pooling_t), intent(in) :: self
      integer, intent(in) :: axis, n
      extent = open_extent
      if (n /= open_extent) extent = pooled_extent(n, self%window(axis), self%stride(axis), &
                                                   self%same)
   end function extent_of

   pure integer function adaptive_extent(self, axis, n) result(extent)
      class(adaptive_pooling_t), intent(in) :: self
      integer, intent(in) :: axis, n
      extent = self%output_size(axis)
   end function adaptive_extent

   !> The windows along an axis.
   pure subroutine windows_of(self, axis, n, n_out, windows)
      class(pooling_t), intent(in) :: self
      integer, intent(in) :: axis, n, n_out
      integer, intent(out) :: windows(2*n_out)
      call pooling_windows(n, self%window(axis), self%stride(axis), self%same, n_out, windows)
   end subroutine windows_of

   pure subroutine adaptive_windows_of(self, axis, n, n_out, windows)
      class(adaptive_pooling_t), intent(in) :: self
      integer, intent(in) :: axis, n, n_out
      integer, intent(out) :: windows(2*n_out)
      call adaptive_windows(n, n_out, windows)
   end subroutine adaptive_windows_of

   !> Who gets the gradient of a maximum that several cells hold.
   pure integer function tie(self)
      class(pooling_t), intent(in) :: self
      tie = merge(tie_all, tie_first, self%axes == 3)
   end function tie

   !> Keras pools one axis after the other, the slowest first.
   pure integer function adaptive_tie(self) result(tie)
      class(adaptive_pooling_t), intent(in) :: self
      tie = merge(tie_all, tie_first_column, self%axes == 3)
   end function adaptive_tie

   !> Whether the network permutes around the layer.
   pure logical function wants_channels_last(self) result(wants)
      class(pooling_t), intent(in) :: self
      wants = self%channels_first
   end function wants_channels_last

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(pooling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n_in(3), n_out(3), c, j
      call sizes(plan, c, n_in, n_out)
      do j = 1, size(x, 2)
         if (self%takes_mean) then
            call pool_mean(c, n_in, n_out, plan%settings, x(:, j), y(:, j))
         else
            call pool_max(c, n_in, n_out, plan%settings, x(:, j), y(:, j))
         end if
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(pooling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: n_in(3), n_out(3), c, j
      call sizes(plan, c, n_in, n_out)
      dx = 0
      do j = 1, size(x, 2)
         if (self%takes_mean) then
            call pool_mean_backward(c, n_in, n_out, plan%settings, dy(:, j), dx(:, j))
         else
            call pool_max_backward(c, n_in, n_out, plan%settings, self%tie(), x(:, j), y(:, j), &
                                   dy(:, j), scratch, dx(:, j))
         end if
      end do
   end subroutine apply_backward

   !> Channels, and extents along three axes.
   pure subroutine sizes(plan, c, n_in, n_out)
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: c, n_in(3), n_out(3)
      c = plan%in_shapes(1)%extent(1)
      n_in = plan%in_shapes(1)%extent(2:4)
      n_out = plan%out_shapes(1)%extent(2:4)
   end subroutine sizes

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(pooling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dx(:, :)
      real(wp), intent(out), contiguous :: dy(:, :)
      type(mode_t), intent(in) :: mode
      integer :: n_in(3), n_out(3), c, j
      call sizes(plan, c, n_in, n_out)
      do j = 1, size(x, 2)
         call pool_max_tangent(c, n_in, n_out, plan%settings, self%tie(), x(:, j), y(:, j), &
                               dx(:, j), scratch, dy(:, j))
      end do
   end subroutine apply_tangent

end module fkb_pooling_dp
