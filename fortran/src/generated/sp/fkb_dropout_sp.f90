! Generated from layers/fkb_dropout.fypp: edit that file and run tools/generate.py
!> Keras's `Dropout`, `SpatialDropout1D`, `SpatialDropout2D`, `SpatialDropout3D`: in training each
!> value is 0 with probability `rate`, else x/(1 - rate).
!>
!> The random numbers are a function of seed, node, step, sample and value; backward repeats them.
module fkb_dropout_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_identity_sp, only: identity_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, expect_rank, get_rate, &
      refuse_option
   use fkb_layer_sp, only: mode_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_random_sp, only: uniform_values
   use fkb_shape, only: max_rank, open_extent, shape_t, strides_of
   use fkb_strided_kernels_sp, only: gather
   implicit none (type, external)
   private
   public :: dropout_t, spatial_dropout_t, noise_mask

   !> Keras's `Dropout`.
   type, extends(identity_t) :: dropout_t
      real(dp) :: rate = 0                   !! probability of a 0
      integer :: noise_rank = -1             !! of the option `noise_shape`; -1: absent
      integer :: noise_shape(max_rank) = 0   !! storage order; -1: the input's extent
      logical :: one_mask = .false.          !! one mask for all samples
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type dropout_t

   !> Keras's `SpatialDropout1D`, `2D` and `3D`: one decision per channel.
   type, extends(dropout_t) :: spatial_dropout_t
   contains
      procedure :: configure => configure_spatial
   end type spatial_dropout_t

contains

   subroutine configure(self, config, error)
      class(dropout_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: extents(max_rank), n
      call get_rate(config, 'rate', self%rate, error, largest=1.0_dp)
      if (allocated(error)) return
      call config%ignore('seed noise_shape')
      if (.not. config%has('noise_shape')) return
      if (config%count('noise_shape') > max_rank) then
         call refuse_option(config, 'noise_shape', 'the rank is too high', error)
         return
      end if
      call config%get_list('noise_shape', extents, n, error, null_value=open_extent)
      if (allocated(error)) return
      if (n < 1 .or. any(extents(:n) == 0 .or. extents(:n) < open_extent)) then
         call refuse_option(config, 'noise_shape', 'expected positive extents or null', error)
      else if (extents(1) /= open_extent .and. extents(1) /= 1) then
         call refuse_option(config, 'noise_shape', 'a fixed batch other than 1 is not supported', &
                            error)
      else
         self%one_mask = extents(1) == 1
         self%noise_rank = n - 1
         self%noise_shape(:n - 1) = extents(n:2:-1)
      end if
   end subroutine configure

   subroutine configure_spatial(self, config, error)
      class(spatial_dropout_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: data_format
      call get_rate(config, 'rate', self%rate, error, largest=1.0_dp)
      if (allocated(error)) return
      call config%ignore('seed noise_shape')
      call config%get('data_format', data_format, error, default='channels_last')
      if (allocated(error)) return
      self%noise_rank = 1 + index('123', config%class_name(len(config%class_name) - 1: &
                                                           len(config%class_name) - 1))
      self%noise_shape(:self%noise_rank) = 1
      select case (data_format)
      case ('channels_last')
         self%noise_shape(1) = open_extent
      case ('channels_first')
         self%noise_shape(self%noise_rank) = open_extent
      case default
         call refuse_option(config, 'data_format', 'expected channels_last or channels_first', &
                            error)
      end select
   end subroutine configure_spatial

   subroutine lay_out(self, in_shapes, plan, error)
      class(dropout_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (self%noise_rank >= 0) then
         call expect_rank(in_shapes, self%noise_rank, error)
      else
         call expect_inputs(in_shapes, 1, error)
      end if
      if (allocated(error)) return
      do i = 1, self%noise_rank
         associate (noise => self%noise_shape(i), extent => in_shapes(1)%extent(i))
            if (noise == 1 .or. noise == open_extent .or. extent == open_extent) cycle
            if (noise == extent) cycle
            call raise(error, fkb_err_argument, &
                       'option "noise_shape" does not fit the input of '// &
                       'shape '//in_shapes(1)%text())
            return
         end associate
      end do
      call add_output(plan, in_shapes(1), error)
      plan%fixed_scratch = 2*closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .true.
      plan%random = self%rate > 0
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(dropout_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n, j
      if (.not. mode%training .or. self%rate <= 0) then
         y = x
         return
      end if
      n = size(x, 1)
      do j = 1, size(x, 2)
         call noise_mask(self, plan, mode, j, n, scratch(:n), scratch(n + 1:2*n))
         y(:, j) = x(:, j)*(scratch(:n)*keep_factor(self))
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(dropout_t), intent(in) :: self
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
      integer :: n, j
      if (.not. mode%training .or. self%rate <= 0) then
         dx = dy
         return
      end if
      n = size(x, 1)
      do j = 1, size(x, 2)
         call noise_mask(self, plan, mode, j, n, scratch(:n), scratch(n + 1:2*n))
         dx(:, j) = dy(:, j)*(scratch(:n)*keep_factor(self))
      end do
   end subroutine apply_backward

   !> What a value that is kept is multiplied by; 0 where nothing is kept.
   pure real(wp) function keep_factor(self)
      class(dropout_t), intent(in) :: self
      keep_factor = 0
      if (self%rate < 1) keep_factor = real(1/(1 - self%rate), wp)
   end function keep_factor

   !> 1 for the values of column j that are kept, 0 for the others.
   subroutine noise_mask(self, plan, mode, j, n, mask, work)
      class(dropout_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: j, n
      real(wp), intent(out) :: mask(n)
      real(wp), intent(out) :: work(n)
      type(shape_t) :: noise
      integer(i8) :: sample
      integer :: m
      noise = plan%in_shapes(1)
      if (self%noise_rank >= 0) then
         where (self%noise_shape == 1) noise%extent = 1
      end if
      m = int(noise%count())
      sample = mode%first_sample + j - 1
      if (self%one_mask) sample = 0
      call uniform_values(mode%seed, mode%node, mode%step, sample, m, work)
      work(:m) = merge(1.0_wp, 0.0_wp, real(work(:m), dp) >= self%rate)
      if (m == n) then
         mask = work
      else
         call gather(plan%in_shapes(1)%extent, strides_of(noise), m, n, work, mask)
      end if
   end subroutine noise_mask

end module fkb_dropout_sp
