! Generated from layers/fkb_placing.fypp: edit that file and run tools/generate.py
!> Layers that move the cells of an image to other places: Keras's `ZeroPadding`, `Cropping` and
!> `UpSampling` over one, two and three axes.
module fkb_placing_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: i8, wp => dp
   use fkb_layer_options, only: add_output, expect_rank, get_data_format, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_resampling_kernels_dp, only: place_cells, place_cells_backward
   use fkb_shape, only: open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: margins_t, cropping_t, up_sampling_t

   !> Keras's `ZeroPadding`: zeros around the cells.
   type, extends(unary_layer_t) :: margins_t
      integer :: axes = 1                    !! axes of space, 1 to 3
      integer :: before(3) = 0               !! cells added before, storage order
      integer :: after(3) = 0                !! cells added after, storage order
      logical :: channels_first = .false.    !! option `data_format`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: extent_of
      procedure :: cell_of
      procedure :: apply
      procedure :: apply_backward
      procedure :: wants_channels_last
   end type margins_t

   !> Keras's `Cropping`: `before` and `after` are the negative of what is cut off.
   type, extends(margins_t) :: cropping_t
   contains
      procedure :: configure => configure_cropping
   end type cropping_t

   !> Keras's `UpSampling1D` and `3D`: each cell several times.
   type, extends(margins_t) :: up_sampling_t
      integer :: times(3) = 1                !! storage order
   contains
      procedure :: configure => configure_up_sampling
      procedure :: extent_of => repeated_extent
      procedure :: cell_of => repeated_cell
   end type up_sampling_t

contains

   subroutine configure(self, config, error)
      class(margins_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_margins(self, config, 'padding', error)
      if (allocated(error)) return
      call get_data_format(config, self%channels_first, error)
   end subroutine configure

   subroutine configure_cropping(self, config, error)
      class(cropping_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_margins(self, config, 'cropping', error)
      if (allocated(error)) return
      self%before = -self%before
      self%after = -self%after
      call get_data_format(config, self%channels_first, error)
   end subroutine configure_cropping

   !> Read `1`, `[1,2]` or `[[1,2],[3,4]]`: one number for all sides, one per axis (with one axis:
   !> per side), or two per axis.
   subroutine get_margins(self, config, key, error)
      class(margins_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      type(error_t), allocatable, intent(out) :: error
      integer :: values(3), n, axis
      values = 0
      self%before(:self%axes) = merge(0, 1, key == 'cropping' .and. self%axes == 2)
      self%after = self%before
      if (.not. config%has(key)) then
         call config%ignore(key)
         return
      end if
      if (config%kind_of(key//'.0') == 'array') then
         do axis = 1, config%count(key)
            call config%get_list(key//'.'//decimal(axis - 1), values, n, error)
            if (allocated(error)) return
            if (n == 1) values(2) = values(1)
            if (n > 2 .or. config%count(key) /= self%axes .or. any(values(:2) < 0)) exit
            self%before(self%axes + 1 - axis) = values(1)
            self%after(self%axes + 1 - axis) = values(2)
            if (axis == self%axes) return
         end do
         call refuse_option(config, key, 'expected two sizes from 0 for each axis', error)
         return
      end if
      call config%get_list(key, values, n, error)
      if (allocated(error)) return
      if (n == 1) values = values(1)
      if ((n /= 1 .and. n /= max(self%axes, 2)) .or. any(values(:max(n, self%axes)) < 0)) then
         call refuse_option(config, key, 'expected sizes from 0, one for each axis', error)
      else if (self%axes == 1) then
         self%before(1) = values(1)
         self%after(1) = values(2)
      else
         self%before(:self%axes) = values(self%axes:1:-1)
         self%after(:self%axes) = values(self%axes:1:-1)
      end if
   end subroutine get_margins

   subroutine configure_up_sampling(self, config, error)
      class(up_sampling_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: values(3), n
      call config%get_list('size', values, n, error, default=[2])
      if (allocated(error)) return
      if (n == 1) values = values(1)
      if ((n /= 1 .and. n /= self%axes) .or. any(values(:self%axes) < 1)) then
         call refuse_option(config, 'size', 'expected a positive integer for each axis', error)
         return
      end if
      self%times(:self%axes) = values(self%axes:1:-1)
      call get_data_format(config, self%channels_first, error)
   end subroutine configure_up_sampling

   subroutine lay_out(self, in_shapes, plan, error)
      class(margins_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: extent
      type(shape_t) :: out
      integer :: axis, i, before
      call expect_rank(in_shapes, self%axes + 1, error)
      if (allocated(error)) return
      out = in_shapes(1)
      do axis = 1, self%axes
         if (out%extent(axis + 1) == open_extent) cycle
         extent = self%extent_of(axis, out%extent(axis + 1))
         if (extent < 1 .or. extent > huge(1)) then
            call raise(error, fkb_err_argument, 'nothing, or too much, would be left of the '// &
                       'input '//in_shapes(1)%text())
            return
         end if
         out%extent(axis + 1) = int(extent)
      end do
      call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%tangent = tangent_forward
      if (.not. out%closed()) return
      allocate (plan%settings(sum(out%extent(2:4))))
      before = 0
      do axis = 1, 3
         do i = 1, out%extent(axis + 1)
            plan%settings(before + i) = self%cell_of(axis, in_shapes(1)%extent(axis + 1), i)
         end do
         before = before + out%extent(axis + 1)
      end do
   end subroutine lay_out

   !> Cells of the output along an axis.
   pure integer(i8) function extent_of(self, axis, n) result(extent)
      class(margins_t), intent(in) :: self
      integer, intent(in) :: axis, n
      extent = int(n, i8) + self%before(axis) + self%after(axis)
   end function extent_of

   pure integer(i8) function repeated_extent(self, axis, n) result(extent)
      class(up_sampling_t), intent(in) :: self
      integer, intent(in) :: axis, n
      extent = int(n, i8)*self%times(axis)
   end function repeated_extent

   !> The cell of the input that cell i of the output is, 0 for none.
   pure integer function cell_of(self, axis, n, i) result(cell)
      class(margins_t), intent(in) :: self
      integer, intent(in) :: axis, n, i
      cell = i - self%before(axis)
      if (cell < 1 .or. cell > n) cell = 0
   end function cell_of

   pure integer function repeated_cell(self, axis, n, i) result(cell)
      class(up_sampling_t), intent(in) :: self
      integer, intent(in) :: axis, n, i
      cell = (i - 1)/self%times(axis) + 1
   end function repeated_cell

   !> Whether the network permutes around the layer.
   pure logical function wants_channels_last(self) result(wants)
      class(margins_t), intent(in) :: self
      wants = self%channels_first
   end function wants_channels_last

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(margins_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      associate (before => plan%in_shapes(1)%extent, after => plan%out_shapes(1)%extent)
         do j = 1, size(x, 2)
            call place_cells(before(1), before(2:4), after(2:4), plan%settings, 0.0_wp, x(:, j), &
                             y(:, j))
         end do
      end associate
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(margins_t), intent(in) :: self
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
      integer :: j
      dx = 0
      associate (before => plan%in_shapes(1)%extent, after => plan%out_shapes(1)%extent)
         do j = 1, size(x, 2)
            call place_cells_backward(before(1), before(2:4), after(2:4), plan%settings, dy(:, j), &
                                      dx(:, j))
         end do
      end associate
   end subroutine apply_backward

end module fkb_placing_dp
