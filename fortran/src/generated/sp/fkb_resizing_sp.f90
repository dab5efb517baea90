! Generated from layers/fkb_resizing.fypp: edit that file and run tools/generate.py
!> Layers that give images another size: Keras's `Resizing`, `UpSampling2D`, `CenterCrop`, and
!> `RandomCrop` of Keras 2 in inference.
!>
!> The two axes are computed one after the other, each with the weights of `fkb_interpolation`.
!> TensorFlow computes all but `nearest` in real32; a network in real64 uses the same weights and
!> adds in real64.
module fkb_resizing_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_interpolation, only: by_bilinear, interpolation_of
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_layer_options, only: add_output, expect_rank, get_data_format, refuse_option
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_resampling_kernels_sp, only: place_cells, place_cells_backward, weigh_cells, &
      weigh_cells_backward
   use fkb_resize_plan, only: choose_window, fit_center, fit_crop, fit_pad, fit_stretch, n_header, &
      plan_resize
   use fkb_shape, only: open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: resizing_t, up_sampling_2d_t, center_crop_t, random_crop_t

   !> Keras's `Resizing`.
   type, extends(unary_layer_t) :: resizing_t
      integer :: sizes(2) = 1                !! options `width` and `height`, or `size`
      integer :: method = by_bilinear        !! option `interpolation`
      logical :: antialias = .false.         !! weigh all cells where an axis is reduced
      integer :: fit = fit_stretch           !! one of the `fit_*` constants
      real(dp) :: fill_value = 0             !! of the padding
      logical :: channels_first = .false.    !! option `data_format`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: target
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
      procedure :: wants_channels_last
   end type resizing_t

   !> Keras's `UpSampling2D`: `sizes` are factors.
   type, extends(resizing_t) :: up_sampling_2d_t
   contains
      procedure :: configure => configure_up_sampling
      procedure :: target => repeated
   end type up_sampling_2d_t

   !> Keras's `CenterCrop`.
   type, extends(resizing_t) :: center_crop_t
   contains
      procedure :: configure => configure_center_crop
   end type center_crop_t

   !> Keras's `RandomCrop` in inference: in Keras 2 the largest window of the target's aspect ratio,
   !> resized; Keras 3 leaves the image as it is (although it states the target as its shape).
   type, extends(resizing_t) :: random_crop_t
      logical :: idle = .false.              !! as in Keras 3
   contains
      procedure :: configure => configure_random_crop
      procedure :: lay_out => lay_out_random_crop
      procedure :: target => kept
   end type random_crop_t

contains

   subroutine configure(self, config, error)
      class(resizing_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: crops, pads
      character(:), allocatable :: fill_mode
      call get_target(self, config, error)
      if (allocated(error)) return
      call get_method(self, config, 'bilinear', error)
      if (allocated(error)) return
      call config%get('crop_to_aspect_ratio', crops, error, default=.false.)
      if (allocated(error)) return
      call config%get('pad_to_aspect_ratio', pads, error, default=.false.)
      if (allocated(error)) return
      if (crops .and. pads) then
         call refuse_option(config, 'pad_to_aspect_ratio', 'crop_to_aspect_ratio is true too', &
                            error)
         return
      end if
      if (crops) self%fit = fit_crop
      if (pads) self%fit = fit_pad
      call config%get('fill_mode', fill_mode, error, default='constant')
      if (allocated(error)) return
      if (fill_mode /= 'constant') then
         call refuse_option(config, 'fill_mode', 'Keras knows constant only', error)
         return
      end if
      call config%get('fill_value', self%fill_value, error, default=0.0_dp)
      if (allocated(error)) return
      call config%get('antialias', self%antialias, error, default=.false.)
   end subroutine configure

   subroutine configure_up_sampling(self, config, error)
      class(up_sampling_2d_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: values(2), n
      call config%get_list('size', values, n, error, default=[2, 2])
      if (allocated(error)) return
      if (n == 1) values = values(1)
      if (any(values < 1) .or. n < 1) then
         call refuse_option(config, 'size', 'expected two positive integers', error)
         return
      end if
      self%sizes = values(2:1:-1)
      call get_data_format(config, self%channels_first, error)
      if (allocated(error)) return
      call get_method(self, config, 'nearest', error)
   end subroutine configure_up_sampling

   subroutine configure_center_crop(self, config, error)
      class(center_crop_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_target(self, config, error)
      self%fit = fit_center
   end subroutine configure_center_crop

   subroutine configure_random_crop(self, config, error)
      class(random_crop_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_target(self, config, error)
      call config%ignore('seed rng_type')
      self%fit = fit_crop
      self%idle = config%keras_major >= 3
   end subroutine configure_random_crop

   !> Read `height`, `width` and `data_format`.
   subroutine get_target(self, config, error)
      class(resizing_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('height', self%sizes(2), error)
      if (allocated(error)) return
      call config%get('width', self%sizes(1), error)
      if (allocated(error)) return
      if (self%sizes(2) < 1) then
         call refuse_option(config, 'height', 'expected a positive integer', error)
      else if (self%sizes(1) < 1) then
         call refuse_option(config, 'width', 'expected a positive integer', error)
      else
         call get_data_format(config, self%channels_first, error)
      end if
   end subroutine get_target

   !> Read `interpolation`.
   subroutine get_method(self, config, default, error)
      class(resizing_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: default
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: name
      call config%get('interpolation', name, error, default=default)
      if (allocated(error)) return
      self%method = interpolation_of(name)
      if (self%method == 0) call refuse_option(config, 'interpolation', 'expected nearest, '// &
         'bilinear, bicubic, area, lanczos3, lanczos5, gaussian or mitchellcubic', error)
   end subroutine get_method

   !> Cells of the output along an axis.
   pure integer(i8) function target(self, axis, n)
      class(resizing_t), intent(in) :: self
      integer, intent(in) :: axis, n
      target = self%sizes(axis)
   end function target

   pure integer(i8) function repeated(self, axis, n) result(target)
      class(up_sampling_2d_t), intent(in) :: self
      integer, intent(in) :: axis, n
      target = open_extent
      if (n /= open_extent) target = int(n, i8)*self%sizes(axis)
   end function repeated

   subroutine lay_out(self, in_shapes, plan, error)
      class(resizing_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: goal(2)
      integer :: window(2), begin(2)
      type(shape_t) :: out, memory
      call expect_rank(in_shapes, 3, error)
      if (allocated(error)) return
      out = in_shapes(1)
      goal = [self%target(1, out%extent(2)), self%target(2, out%extent(3))]
      if (any(goal > huge(1)) .or. any(out%extent == 0)) then
         call raise(error, fkb_err_argument, 'an image '//out%text()//' cannot be resized')
         return
      end if
      out%extent(2:3) = int(goal)
      call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (.not. out%closed() .or. .not. in_shapes(1)%closed()) return
      call choose_window(self%fit, in_shapes(1)%extent(2:3), out%extent(2:3), window, begin)
      memory = shape_of([out%extent(1), window(2), maxval(window) + out%extent(2)])
      if (memory%count() > huge(1)) then
         call raise(error, fkb_err_unsupported, 'an image '//in_shapes(1)%text()// &
                    ' is too large to be resized')
         return
      end if
      call plan_resize(self%method, self%antialias, in_shapes(1)%extent(2:3), window, begin, &
                       out%extent(2:3), plan%settings, plan%factors)
      if (plan%settings(1) > 0) plan%fixed_scratch = &
         int(out%extent(1), i8)*window(2)*(window(1) + out%extent(2))
   end subroutine lay_out

   subroutine lay_out_random_crop(self, in_shapes, plan, error)
      class(random_crop_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      ! Not self%resizing_t%lay_out, in which self would not be a random_crop_t any more.
      call lay_out(self, in_shapes, plan, error)
      plan%passes_through = self%idle
      plan%only_infers = 'crops at random places are not supported in training'
   end subroutine lay_out_random_crop

   pure integer(i8) function kept(self, axis, n) result(target)
      class(random_crop_t), intent(in) :: self
      integer, intent(in) :: axis, n
      target = self%sizes(axis)
      if (self%idle) target = n
   end function kept

   !> Whether the network permutes around the layer.
   pure logical function wants_channels_last(self) result(wants)
      class(resizing_t), intent(in) :: self
      wants = self%channels_first
   end function wants_channels_last

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(resizing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call resample(plan, real(self%fill_value, wp), x, y, scratch)
   end subroutine apply

   !> All samples, with `fill` where the input has no cells.
   subroutine resample(plan, fill, x, y, scratch)
      type(plan_t), intent(in) :: plan
      real(wp), intent(in) :: fill
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: scratch(:)
      integer :: c, j, middle
      c = plan%in_shapes(1)%extent(1)
      associate (n => plan%in_shapes(1)%extent(2:4), goal => plan%out_shapes(1)%extent(2:3), &
                 s => plan%settings)
         middle = c*s(3)*s(4) + 1
         do j = 1, size(x, 2)
            if (s(1) == 0) then
               call place_cells(c, n, [goal, 1], s(n_header + 1:), fill, x(:, j), y(:, j))
            else if (s(5) == 0) then
               call along_both(plan, c, s(3:4), goal, x(:, j), scratch(middle:), y(:, j))
            else
               call place_cells(c, n, [s(3:4), 1], s(n_header + 1:), fill, x(:, j), scratch)
               call along_both(plan, c, s(3:4), goal, scratch, scratch(middle:), y(:, j))
            end if
         end do
      end associate
   end subroutine resample

   !> One axis after the other.
   subroutine along_both(plan, c, window, goal, x, middle, y)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: c, window(2), goal(2)
      real(wp), intent(in) :: x(c, window(1), window(2))
      real(wp), intent(out) :: middle(c, goal(1), window(2))
      real(wp), intent(out) :: y(c, goal(1), goal(2))
      integer :: first
      first = n_header + sum(window) + 2
      associate (s => plan%settings, w => plan%factors, taps => plan%settings(1:2))
         call weigh_cells(c, window(1), goal(1), window(2), taps(1), s(first:), &
                          s(first + goal(1):), w, x, middle)
         first = first + 2*goal(1)
         call weigh_cells(c*goal(1), window(2), goal(2), 1, taps(2), s(first:), &
                          s(first + goal(2):), w(taps(1)*goal(1) + 1:), middle, y)
      end associate
   end subroutine along_both

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(resizing_t), intent(in) :: self
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
      integer :: c, j, middle
      c = plan%in_shapes(1)%extent(1)
      dx = 0
      associate (n => plan%in_shapes(1)%extent(2:4), goal => plan%out_shapes(1)%extent(2:3), &
                 s => plan%settings)
         middle = c*s(3)*s(4) + 1
         do j = 1, size(x, 2)
            if (s(1) == 0) then
               call place_cells_backward(c, n, [goal, 1], s(n_header + 1:), dy(:, j), dx(:, j))
            else if (s(5) == 0) then
               call back_along_both(plan, c, s(3:4), goal, dy(:, j), scratch(middle:), dx(:, j))
            else
               call back_along_both(plan, c, s(3:4), goal, dy(:, j), scratch(middle:), scratch)
               call place_cells_backward(c, n, [s(3:4), 1], s(n_header + 1:), scratch, dx(:, j))
            end if
         end do
      end associate
   end subroutine apply_backward

   !> The derivative of `along_both`.
   subroutine back_along_both(plan, c, window, goal, dy, middle, dx)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: c, window(2), goal(2)
      real(wp), intent(in) :: dy(c, goal(1), goal(2))
      real(wp), intent(out) :: middle(c, goal(1), window(2))
      real(wp), intent(out) :: dx(c, window(1), window(2))
      integer :: first
      first = n_header + sum(window) + 2
      associate (s => plan%settings, w => plan%factors, taps => plan%settings(1:2), &
                 second => first + 2*goal(1))
         call weigh_cells_backward(c*goal(1), window(2), goal(2), 1, taps(2), s(second:), &
                                   s(second + goal(2):), w(taps(1)*goal(1) + 1:), dy, middle)
         call weigh_cells_backward(c, window(1), goal(1), window(2), taps(1), s(first:), &
                                   s(first + goal(1):), w, middle, dx)
      end associate
   end subroutine back_along_both

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(resizing_t), intent(in) :: self
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
      call resample(plan, 0.0_wp, dx, dy, scratch)
   end subroutine apply_tangent

end module fkb_resizing_sp
