!> The options that all convolutions have, and the shapes that follow from them.
!>
!> Options per spatial axis stand in storage order: Keras's (height, width) is (width, height) here.
module fkb_conv_options
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: pad_causal, pad_same, pad_valid, spatial_axes, window_extent, &
      window_fits
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: i8
   use fkb_layer_options, only: expect_rank, get_data_format, refuse_option
   use fkb_shape, only: open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: conv_options_t, get_count, get_sizes, get_padding, expect_channels

   !> The options of one layer. Axes that it does not have have windows and strides of 1.
   type :: conv_options_t
      integer :: axes = 2                          !! spatial axes, 1 to 3
      integer :: kernel(spatial_axes) = 1          !! option `kernel_size`
      integer :: strides(spatial_axes) = 1
      integer :: dilation(spatial_axes) = 1        !! option `dilation_rate`
      integer :: padding = pad_valid               !! one of `pad_*`
      logical :: channels_first = .false.          !! option `data_format`
      logical :: use_bias = .true.
   contains
      procedure :: read => read_options
      procedure :: output_shape
      procedure :: expect_countable
   end type conv_options_t

contains

   !> Read the options of a layer with so many spatial axes.
   subroutine read_options(self, config, axes, causal, error)
      class(conv_options_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      integer, intent(in) :: axes
      logical, intent(in) :: causal                !! whether `padding` may be `causal`
      type(error_t), allocatable, intent(out) :: error
      self%axes = axes
      call get_sizes(config, 'kernel_size', axes, 1, self%kernel, error)
      if (allocated(error)) return
      call get_sizes(config, 'strides', axes, 1, self%strides, error, default=1)
      if (allocated(error)) return
      call get_sizes(config, 'dilation_rate', axes, 1, self%dilation, error, default=1)
      if (allocated(error)) return
      call get_padding(config, causal, self%padding, error)
      if (allocated(error)) return
      call get_data_format(config, self%channels_first, error)
      if (allocated(error)) return
      call config%get('use_bias', self%use_bias, error, default=.true.)
   end subroutine read_options

   !> Read a count that is at least 1.
   subroutine get_count(config, key, count, error, default)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(out) :: count
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: default     !! taken where the option is missing or null
      call config%get(key, count, error, default)
      if (allocated(error)) return
      if (count < 1) call refuse_option(config, key, 'expected a positive integer', error)
   end subroutine get_count

   !> Read one integer per spatial axis; a single integer is meant for every axis.
   subroutine get_sizes(config, key, axes, least, sizes, error, default)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(in) :: axes                  !! spatial axes of the layer
      integer, intent(in) :: least                 !! smallest size that makes sense
      integer, intent(out) :: sizes(spatial_axes)  !! storage order, `least` for other axes
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: default     !! for every axis, where the option is missing
      integer :: values(spatial_axes), n
      sizes = least
      if (present(default)) then
         call config%get_list(key, values, n, error, default=[default])
      else
         call config%get_list(key, values, n, error)
      end if
      if (allocated(error)) return
      if (n == 1) values = values(1)
      if ((n /= 1 .and. n /= axes) .or. any(values(:axes) < least)) then
         call refuse_option(config, key, 'expected an integer not below '//decimal(least)// &
                            ', or '//decimal(axes)//' of them', error)
         return
      end if
      sizes(:axes) = values(axes:1:-1)
   end subroutine get_sizes

   !> Read the option `padding`.
   subroutine get_padding(config, causal, padding, error)
      type(config_t), intent(inout) :: config
      logical, intent(in) :: causal                !! whether `causal` is possible
      integer, intent(out) :: padding              !! one of `pad_*`
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      padding = pad_valid
      call config%get('padding', text, error, default='valid')
      if (allocated(error)) return
      select case (text)
      case ('valid')
         padding = pad_valid
      case ('same')
         padding = pad_same
      case ('causal')
         padding = pad_causal
         if (causal) return
         call refuse_option(config, 'padding', 'expected "valid" or "same"', error)
      case default
         call refuse_option(config, 'padding', 'expected "valid" or "same"', error)
      end select
   end subroutine get_padding

   !> Raise an error unless there is one input with so many spatial axes and known channels.
   subroutine expect_channels(in_shapes, axes, error)
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(in) :: axes
      type(error_t), allocatable, intent(out) :: error
      call expect_rank(in_shapes, axes + 1, error)
      if (allocated(error)) return
      if (in_shapes(1)%extent(1) < 1) then
         call raise(error, fkb_err_argument, 'expected an input whose channels have a known '// &
                    'extent, not '//in_shapes(1)%text())
      end if
   end subroutine expect_channels

   !> Raise an error where a window over so many channels has more values than can be counted.
   subroutine expect_countable(self, channels, error)
      class(conv_options_t), intent(in) :: self
      integer, intent(in) :: channels
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: values
      integer :: i
      values = channels
      do i = 1, spatial_axes
         values = min(values*self%kernel(i), huge(1) + 1_i8)
      end do
      if (values > huge(1)) then
         call raise(error, fkb_err_unsupported, 'a window of '//decimal(self%kernel(1))//' x '// &
                    decimal(self%kernel(2))//' x '//decimal(self%kernel(3))//' places over '// &
                    decimal(channels)//' channels has more values than can be counted')
      end if
   end subroutine expect_countable

   !> The output's shape for an input whose spatial extents are those of `input`.
   subroutine output_shape(self, input, channels, output, error)
      class(conv_options_t), intent(in) :: self
      type(shape_t), intent(in) :: input           !! channels and spatial axes
      integer, intent(in) :: channels              !! of the output
      type(shape_t), intent(out) :: output
      type(error_t), allocatable, intent(out) :: error
      integer :: i, n
      call self%expect_countable(max(input%extent(1), channels), error)
      if (allocated(error)) return
      output%rank = input%rank
      output%extent(1) = channels
      do i = 1, self%axes
         n = input%extent(1 + i)
         if (.not. window_fits(n, self%kernel(i), self%strides(i), self%dilation(i), &
                               max(input%extent(1), channels))) then
            call raise(error, fkb_err_unsupported, 'windows of '//decimal(self%kernel(i))// &
                       ' with strides of '//decimal(self%strides(i))//' and dilation of '// &
                       decimal(self%dilation(i))//' reach beyond what can be counted')
            return
         end if
         output%extent(1 + i) = window_extent(n, self%kernel(i), self%strides(i), &
                                              self%dilation(i), self%padding)
         if (n /= open_extent .and. output%extent(1 + i) < 1) then
            call raise(error, fkb_err_argument, 'the kernel is larger than the input of shape '// &
                       input%text())
            return
         end if
      end do
   end subroutine output_shape

end module fkb_conv_options
