! Generated from layers/fkb_normalization.fypp: edit that file and run tools/generate.py
!> Keras's `Normalization`: y = (x - mean)/max(sqrt(variance), 1e-7), or the inverse of it.
module fkb_normalization_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, closed_count, count_option_values, &
      expect_inputs, get_axes, mark_axes, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: keep_values, plan_t, tangent_backward
   use fkb_shape, only: max_rank, shape_of, shape_t
   use fkb_strided_kernels_dp, only: gather
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: normalization_t

   !> Keras's `backend.epsilon()`.
   real(dp), parameter :: smallest_deviation = 1e-7_dp

   !> Keras's `Normalization`. Weights: mean and variance of the shape of the kept axes, both not
   !> trainable, and count (an integer of the file). With the options `mean` and `variance` the
   !> two are filled from there instead: () or (values), the values along the last kept axis.
   type, extends(unary_layer_t) :: normalization_t
      integer :: n_axes = 1              !! axes with statistics of their own
      integer :: axes(max_rank) = -1     !! Keras's
      logical :: invert = .false.        !! y = mean + x*deviation
      integer :: values = -1             !! of the options; 0: numbers, not lists; -1: absent
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type normalization_t

contains

   subroutine configure(self, config, error)
      class(normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (config%kind_of('axis') == 'null') then
         self%n_axes = 0
         call config%ignore('axis')
      else
         call get_axes(config, 'axis', self%axes, self%n_axes, error, default=[-1])
         if (allocated(error)) return
      end if
      call config%get('invert', self%invert, error, default=.false.)
      if (allocated(error)) return
      call count_option_values(config, 'mean', self%values, error)
      if (allocated(error)) return
      call check_variance(self, config, error)
   end subroutine configure

   !> Raise an error unless `variance` has as many values as `mean`.
   subroutine check_variance(self, config, error)
      class(normalization_t), intent(in) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: variances
      call count_option_values(config, 'variance', variances, error)
      if (allocated(error)) return
      if (variances /= self%values) then
         call refuse_option(config, 'variance', 'expected as many values as "mean" has', error)
      else if (self%values > 0 .and. self%n_axes == 0) then
         call refuse_option(config, 'mean', 'expected a number, since no axis is kept', error)
      end if
   end subroutine check_variance

   subroutine lay_out(self, in_shapes, plan, error)
      class(normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      logical :: kept(max_rank)
      type(shape_t) :: statistics
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call mark_axes(self%axes(:self%n_axes), in_shapes(1)%rank, kept, error)
      if (allocated(error)) return
      statistics = shape_of(pack(in_shapes(1)%extent, kept))
      if (.not. statistics%closed()) then
         call raise(error, fkb_err_argument, 'expected known extents of the kept axes, not '// &
                    in_shapes(1)%text())
         return
      end if
      if (self%values < 0) then
         call plan%add_weight('mean', statistics, trainable=.false., initializer=keep_values)
         call plan%add_weight('variance', statistics, trainable=.false., &
                              initializer=keep_values)
         call plan%add_weight('count', shape_of([integer ::]), integer_valued=.true.)
      else
         if (self%values > 1 .and. self%values /= statistics%extent(1)) then
            call raise(error, fkb_err_argument, 'options "mean" and "variance" have '// &
                       decimal(self%values)//' values, the last kept axis has '// &
                       decimal(statistics%extent(1)))
            return
         end if
         statistics = shape_of([integer ::])
         if (self%values > 0) statistics = shape_of([self%values])
         call plan%add_weight('mean', statistics, from_option=.true.)
         call plan%add_weight('variance', statistics, from_option=.true.)
      end if
      call add_output(plan, in_shapes(1), error)
      plan%fixed_scratch = 2*closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_backward
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n, j
      n = size(x, 1)
      call spread_statistics(self, plan, n, weights, scratch)
      associate (mean => scratch(:n), deviation => scratch(n + 1:2*n))
         do j = 1, size(x, 2)
            if (self%invert) then
               y(:, j) = mean + x(:, j)*deviation
            else
               y(:, j) = (x(:, j) - mean)/deviation
            end if
         end do
      end associate
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(normalization_t), intent(in) :: self
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
      n = size(x, 1)
      call spread_statistics(self, plan, n, weights, scratch)
      associate (deviation => scratch(n + 1:2*n))
         do j = 1, size(x, 2)
            if (self%invert) then
               dx(:, j) = dy(:, j)*deviation
            else
               dx(:, j) = dy(:, j)/deviation
            end if
         end do
      end associate
   end subroutine apply_backward

   !> The mean and the deviation of every value of a sample.
   subroutine spread_statistics(self, plan, n, weights, wide)
      class(normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: n
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(out) :: wide(n, 2)
      type(error_t), allocatable :: error
      logical :: kept(max_rank)
      integer :: stride(max_rank), step, i, m
      call mark_axes(self%axes(:self%n_axes), plan%in_shapes(1)%rank, kept, error)
      m = int(plan%weights(1)%shape%count())
      stride = 0
      step = 1
      do i = 1, plan%in_shapes(1)%rank
         if (.not. kept(i) .or. step >= m) cycle
         stride(i) = step
         step = step*plan%in_shapes(1)%extent(i)
      end do
      call gather(plan%in_shapes(1)%extent, stride, m, n, weights(:m), wide(:, 1))
      call gather(plan%in_shapes(1)%extent, stride, m, n, weights(m + 1:2*m), wide(:, 2))
      wide(:, 2) = max(sqrt(wide(:, 2)), real(smallest_deviation, wp))
   end subroutine spread_statistics

end module fkb_normalization_dp
