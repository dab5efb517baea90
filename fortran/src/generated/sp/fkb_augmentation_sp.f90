! Generated from layers/fkb_augmentation.fypp: edit that file and run tools/generate.py
!> Keras's image augmentation. In inference images stay as they are. In training Keras changes them
!> at random, which the library does not do: a trainer refuses such a layer by name, unless its call
!> says `training=False` in a file of Keras 2. `AutoContrast`, which is no augmentation but always
!> works, is here too.
module fkb_augmentation_sp
   use fkb_config, only: config_t
   use fkb_contrast_kernels_sp, only: stretch, stretch_backward, stretch_tangent
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_identity_sp, only: identity_t
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_rank, get_data_format, refuse_option
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward, tangent_own
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: augmentation_t, auto_contrast_t

   !> A layer of `keras.layers` that changes images in training only.
   type, extends(identity_t) :: augmentation_t
      logical :: only_boxes = .false.        !! it changes bounding boxes, never images
   contains
      procedure :: configure
      procedure :: lay_out
   end type augmentation_t

   !> Keras's `AutoContrast`: stretches each channel to `value_range`.
   type, extends(unary_layer_t) :: auto_contrast_t
      real(wp) :: value_range(2) = [0.0_wp, 255.0_wp]   !! sorted
   contains
      procedure :: configure => configure_contrast
      procedure :: lay_out => lay_out_contrast
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type auto_contrast_t

contains

   !> All options are about training.
   subroutine configure(self, config, error)
      class(augmentation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: channels_first
      call config%ignore('seed rng_type bounding_box_format mode factor height_factor '// &
                         'width_factor x_factor y_factor scale fill_mode fill_value '// &
                         'interpolation value_range kernel_size sigma brightness_factor '// &
                         'contrast_factor saturation_factor hue_factor addition_factor '// &
                         'threshold_factor num_ops num_chains chain_depth alpha all_ops max_number')
      call get_data_format(config, channels_first, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(augmentation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_rank(in_shapes, 3, error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .true.
      if (.not. self%only_boxes) plan%only_infers = 'in training Keras changes the images at '// &
         'random here, which is not supported; take the layer out of the model'
   end subroutine lay_out

   subroutine configure_contrast(self, config, error)
      class(auto_contrast_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: channels_first
      real(wp) :: range(2)
      integer :: n
      call config%ignore('bounding_box_format')
      call config%get_list('value_range', range, n, error, default=[0.0_wp, 255.0_wp])
      if (allocated(error)) return
      self%value_range = [minval(range), maxval(range)]
      if (n /= 2 .or. .not. self%value_range(2) > self%value_range(1)) then
         call refuse_option(config, 'value_range', 'expected two different numbers', error)
         return
      end if
      ! Keras takes axes 1 and 2 for those of space whatever the order is.
      call get_data_format(config, channels_first, error)
   end subroutine configure_contrast

   subroutine lay_out_contrast(self, in_shapes, plan, error)
      class(auto_contrast_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_rank(in_shapes, 3, error)
      if (allocated(error)) return
      if (any(in_shapes(1)%extent == 0)) then
         call raise(error, fkb_err_argument, 'the input '//in_shapes(1)%text()//' is empty')
         return
      end if
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%fixed_scratch = 7*max(in_shapes(1)%extent(1), 0)
   end subroutine lay_out_contrast

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(auto_contrast_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: c, j
      c = plan%in_shapes(1)%extent(1)
      do j = 1, size(x, 2)
         call stretch(c, size(x, 1)/c, self%value_range(1), self%value_range(2), x(:, j), &
                      scratch, scratch(c + 1:), y(:, j))
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(auto_contrast_t), intent(in) :: self
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
      integer :: c, j
      c = plan%in_shapes(1)%extent(1)
      do j = 1, size(x, 2)
         call stretch_backward(c, size(x, 1)/c, self%value_range(1), self%value_range(2), x(:, j), &
                               dy(:, j), scratch, scratch(c + 1:), scratch(2*c + 1:), dx(:, j))
      end do
   end subroutine apply_backward

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(auto_contrast_t), intent(in) :: self
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
      integer :: c, j
      c = plan%in_shapes(1)%extent(1)
      do j = 1, size(x, 2)
         call stretch_tangent(c, size(x, 1)/c, self%value_range(1), self%value_range(2), x(:, j), &
                              dx(:, j), scratch, scratch(c + 1:), scratch(2*c + 1:), dy(:, j))
      end do
   end subroutine apply_tangent

end module fkb_augmentation_sp
