!> What the `configure` and `lay_out` of many layers have in common.
module fkb_layer_options
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8
   use fkb_plan, only: plan_t
   use fkb_shape, only: max_rank, open_extent, shape_t, storage_dimension, strides_of
   use fkb_text, only: decimal, quote, shortened
   implicit none (type, external)
   private
   public :: refuse_unless_null, refuse_option, get_axes, get_rate, get_data_format
   public :: count_option_values
   public :: expect_inputs, expect_rank, add_output, mark_axes, bring_forward, closed_count

contains

   !> For options that the engine knows but cannot follow: raises an error where one has a value.
   subroutine refuse_unless_null(config, keys, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: keys              !! options separated by single blanks
      type(error_t), allocatable, intent(out) :: error
      integer :: first, last
      first = 1
      do while (first <= len(keys))
         last = first + scan(keys(first:)//' ', ' ') - 2
         if (config%has(keys(first:last))) then
            call refuse_option(config, keys(first:last), 'only null is supported', error)
            return
         end if
         first = last + 2
      end do
      call config%ignore(keys)
   end subroutine refuse_unless_null

   !> Raise an error that names an option, its value and the reason.
   subroutine refuse_option(config, key, reason, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      character(*), intent(in) :: reason            !! such as `only null is supported`
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: value
      type(error_t), allocatable :: ignored
      call config%get_raw(key, value, ignored, default='null')
      call raise(error, fkb_err_unsupported, 'option '//quote(key)//' = '//shortened(value)// &
                 ': '//reason)
   end subroutine refuse_option

   !> Read an option that is one axis or a list of axes.
   subroutine get_axes(config, key, axes, n, error, default)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(out) :: axes(max_rank)        !! the first `n` are set
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in) :: default(:)             !! taken where the option is missing
      if (config%count(key) > max_rank) then
         axes = 0
         n = 0
         call refuse_option(config, key, 'at most '//decimal(max_rank)//' axes are possible', error)
         return
      end if
      call config%get_list(key, axes, n, error, default=default)
   end subroutine get_axes

   !> Read a fraction between 0 and `largest`.
   subroutine get_rate(config, key, rate, error, largest)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(out) :: rate
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in) :: largest
      call config%get(key, rate, error)
      if (allocated(error)) return
      if (rate >= 0 .and. rate <= largest) return
      call refuse_option(config, key, 'expected a number that is not negative and not too large', &
                         error)
   end subroutine get_rate

   !> Read the option `data_format`: whether the channels stand before the axes of space.
   subroutine get_data_format(config, channels_first, error)
      type(config_t), intent(inout) :: config
      logical, intent(out) :: channels_first
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: data_format
      channels_first = .false.
      call config%get('data_format', data_format, error, default='channels_last')
      if (allocated(error)) return
      select case (data_format)
      case ('channels_last')
         channels_first = .false.
      case ('channels_first')
         channels_first = .true.
      case default
         call refuse_option(config, 'data_format', 'expected channels_last or channels_first', &
                            error)
      end select
   end subroutine get_data_format

   !> How many values an option has whose values the loader puts into a weight: those of a list, 0
   !> for a number, -1 where there is nothing. The option counts as read.
   subroutine count_option_values(config, key, n, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(out) :: n                     !! values
      type(error_t), allocatable, intent(out) :: error
      n = 0
      call config%ignore(key)
      select case (config%kind_of(key))
      case ('missing', 'null')
         n = -1
      case ('number')
         n = 0
      case ('array')
         n = config%count(key)
         if (config%kind_of(key//'.0') == 'number') return
         call refuse_option(config, key, 'expected a number or a list of numbers', error)
      case default
         call refuse_option(config, key, 'expected a number or a list of numbers', error)
      end select
   end subroutine count_option_values

   !> Raise an error unless there are `n` inputs.
   subroutine expect_inputs(in_shapes, n, error)
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(in) :: n
      type(error_t), allocatable, intent(out) :: error
      if (size(in_shapes) /= n) call raise(error, fkb_err_argument, 'expected '//decimal(n)// &
                                           ' input(s), not '//decimal(size(in_shapes)))
   end subroutine expect_inputs

   !> Raise an error unless there is one input, of this rank.
   subroutine expect_rank(in_shapes, rank, error)
      type(shape_t), intent(in) :: in_shapes(:)
      integer, intent(in) :: rank                   !! without the batch
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (in_shapes(1)%rank == rank) return
      call raise(error, fkb_err_argument, 'expected an input of rank '//decimal(rank)// &
                 ' without the batch, not the shape '//in_shapes(1)%text())
   end subroutine expect_rank

   !> State an output, unless it has more values per sample than an array can be indexed with.
   subroutine add_output(plan, shape, error)
      type(plan_t), intent(inout) :: plan
      type(shape_t), intent(in) :: shape            !! storage order, without the batch
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: count
      integer :: i
      count = 1
      do i = 1, shape%rank
         if (shape%extent(i) == open_extent) cycle
         if (shape%extent(i) < 0) then
            call raise(error, fkb_err_argument, 'the output would have the shape '//shape%text())
            return
         end if
         count = count*shape%extent(i)
         if (count > huge(1)) then
            call raise(error, fkb_err_unsupported, 'an output of shape '//shape%text()// &
                       ' has more than '//decimal(huge(1))//' values per sample')
            return
         end if
      end do
      call plan%add_output(shape)
   end subroutine add_output

   !> Which storage dimensions a list of Keras axes names. Raises an error for the batch, for axes
   !> that do not exist, and for an axis that is named twice.
   subroutine mark_axes(axes, rank, marked, error)
      integer, intent(in) :: axes(:)                !! Keras's
      integer, intent(in) :: rank                   !! of one sample
      logical, intent(out) :: marked(max_rank)      !! by storage dimension
      type(error_t), allocatable, intent(out) :: error
      integer :: i, dimension
      marked = .false.
      do i = 1, size(axes)
         call storage_dimension(axes(i), rank, dimension, error)
         call add_context(error, 'option "axis"')
         if (allocated(error)) return
         if (marked(dimension)) then
            call raise(error, fkb_err_argument, 'option "axis" names axis '//decimal(axes(i))// &
                       ' twice')
            return
         end if
         marked(dimension) = .true.
      end do
   end subroutine mark_axes

   !> How to walk a sample so that the marked dimensions come first: columns of `n` values.
   pure subroutine bring_forward(shape, marked, extent, stride, n, columns, in_place)
      type(shape_t), intent(in) :: shape            !! closed
      logical, intent(in) :: marked(max_rank)
      integer, intent(out) :: extent(max_rank), stride(max_rank)   !! for `gather` and `scatter`
      integer, intent(out) :: n                     !! product of the marked extents
      integer, intent(out) :: columns               !! product of the others
      logical, intent(out) :: in_place              !! the sample lies like this already
      integer :: strides(max_rank), i, k, pass
      strides = strides_of(shape)
      extent = 1
      stride = 0
      n = 1
      columns = 1
      k = 0
      in_place = .true.
      do pass = 1, 2
         do i = 1, shape%rank
            if (marked(i) .neqv. pass == 1) cycle
            k = k + 1
            extent(k) = shape%extent(i)
            stride(k) = strides(i)
            if (pass == 1) n = n*extent(k)
            if (pass == 2) columns = columns*extent(k)
            if (i /= k) in_place = .false.
         end do
      end do
   end subroutine bring_forward

   !> Values per sample, 0 as long as an extent is open: what memory is stated in.
   pure integer(i8) function closed_count(shape) result(count)
      type(shape_t), intent(in) :: shape
      count = 0
      if (shape%closed()) count = shape%count()
   end function closed_count

end module fkb_layer_options
