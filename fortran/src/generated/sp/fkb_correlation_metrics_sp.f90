! Generated from train/fkb_correlation_metrics.fypp: edit that file and run tools/generate.py
!> Correlations and biases. Keras's are means over positions of correlations along the last axis;
!> FKB's own take all values of all batches together, as climate models are scored.
module fkb_correlation_metrics_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_list_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_mean_metrics_sp, only: mean_metric_t
   use fkb_metric_sp, only: metric_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: axis_correlation_t, bias_t, correlation_t

   !> Keras's `PearsonCorrelation`, or its `ConcordanceCorrelation`.
   type, extends(mean_metric_t) :: axis_correlation_t
      logical :: concordance = .false.
   contains
      procedure :: accumulate => accumulate_axis
      procedure :: configure => configure_axis
      procedure :: keras_name => name_axis
   end type axis_correlation_t

   !> Mean of `y_pred - y_true`.
   type, extends(mean_metric_t) :: bias_t
   contains
      procedure :: accumulate => accumulate_bias
      procedure :: keras_name => name_bias
   end type bias_t

   !> Correlation of all values; with `anomaly`, that of the departures from a climatology, not
   !> centred again: sum a b/sqrt(sum a^2 sum b^2).
   type, extends(metric_t) :: correlation_t
      logical :: anomaly = .false.
      real(dp), allocatable :: climatology(:)     !! of each value of a sample, or one for all
      real(dp) :: sums(6) = 0                     !! of w, w t, w p, w t^2, w p^2, w t p
   contains
      procedure :: reset
      procedure :: accumulate => accumulate_all
      procedure :: get_values
      procedure :: check
      procedure :: configure => configure_all
      procedure :: keras_name => name_all
      procedure :: keras_options => options_all
      procedure :: list_sums
      procedure :: take_sums
   end type correlation_t

contains

   subroutine accumulate_axis(self, shape, y_true, y_pred, weight, batch)
      class(axis_correlation_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: total
      call add_positions(shape%extent(1), size(weight), self%concordance, y_true, y_pred, weight, &
                         total)
      call self%add(total, weight)
   end subroutine accumulate_axis

   !> sum_j w_j r_j; Keras's concordance takes the mean of the predictions from both.
   pure subroutine add_positions(n, m, concordance, t, p, w, total)
      integer, intent(in) :: n, m
      logical, intent(in) :: concordance
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: total
      real(dp) :: a(n), b(n), mean_p, mean_t, norm
      integer :: j
      total = 0
      do j = 1, m
         mean_t = sum(real(t(:, j), dp))/n
         mean_p = sum(real(p(:, j), dp))/n
         a = t(:, j) - mean_t
         b = p(:, j) - mean_p
         if (concordance) then
            norm = sum(a**2)/n + sum(b**2)/n + (mean_t - mean_p)**2
            total = total + w(j)*sum(2*((t(:, j) - mean_p)*b)/(norm + 1e-7_dp))/n
         else
            total = total + w(j)*(sum(a*b)/sqrt(sum(a**2)*sum(b**2)))
         end if
      end do
   end subroutine add_positions

   !> Read `axis`, only the last.
   subroutine configure_axis(self, config, error)
      class(axis_correlation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      call self%configure_common(config, error)
      if (.not. allocated(error)) call config%get('axis', axis, error, default=-1)
      if (allocated(error)) return
      if (axis /= -1) call raise(error, fkb_err_unsupported, 'option "axis" of the metric "'// &
         self%keras_name()//'" is '//decimal(axis)//', only -1 is supported')
   end subroutine configure_axis

   pure function name_axis(self) result(name)
      class(axis_correlation_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'PearsonCorrelation'
      if (self%concordance) name = 'ConcordanceCorrelation'
   end function name_axis

   subroutine accumulate_bias(self, shape, y_true, y_pred, weight, batch)
      class(bias_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: total
      integer :: i, j, n
      n = shape%extent(1)
      total = 0
      do j = 1, size(y_pred, 2)
         do i = 1, size(y_pred, 1)
            total = total + real(weight((i - 1)/n + 1, j), dp)* &
               (real(y_pred(i, j), dp) - y_true(i, j))
         end do
      end do
      call self%add(total/n, weight)
   end subroutine accumulate_bias

   pure function name_bias(self) result(name)
      class(bias_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'fkb>Bias'
   end function name_bias

   subroutine reset(self)
      class(correlation_t), intent(inout) :: self
      self%sums = 0
   end subroutine reset

   subroutine check(self, shape, y_true, error)
      class(correlation_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%climatology)) return
      if (size(self%climatology) == 1 .or. size(self%climatology) == shape%count()) return
      call raise(error, fkb_err_argument, 'the climatology of the metric "AnomalyCorrelation"'// &
                 ' has '//decimal(size(self%climatology))//' values, the output has the shape '// &
                 shape%text())
   end subroutine check

   subroutine accumulate_all(self, shape, y_true, y_pred, weight, batch)
      class(correlation_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: p, t, w, zero
      integer :: i, j, n
      n = shape%extent(1)
      zero = 0
      do j = 1, size(y_pred, 2)
         do i = 1, size(y_pred, 1)
            w = weight((i - 1)/n + 1, j)
            if (allocated(self%climatology)) zero = self%climatology(min(i, size(self%climatology)))
            t = y_true(i, j) - zero
            p = y_pred(i, j) - zero
            self%sums = self%sums + w*[1.0_dp, t, p, t**2, p**2, t*p]
         end do
      end do
   end subroutine accumulate_all

   !> 0 where one of the two does not vary.
   subroutine get_values(self, values)
      class(correlation_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      real(dp) :: covariance, variances(2)
      associate (s => self%sums)
         variances = s(4:5)
         covariance = s(6)
         if (.not. self%anomaly .and. abs(s(1)) > 0) then
            variances = s(4:5) - s(2:3)**2/s(1)
            covariance = s(6) - s(2)*s(3)/s(1)
         end if
      end associate
      values = 0
      if (all(variances > 0)) values = covariance/sqrt(product(variances))
   end subroutine get_values

   !> Read `climatology` of an anomaly correlation: a number, or one for each value of a sample in
   !> Keras's order.
   subroutine configure_all(self, config, error)
      class(correlation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      call self%configure_common(config, error)
      if (allocated(error) .or. .not. self%anomaly) return
      n = 1
      if (config%kind_of('climatology') == 'array') n = config%count('climatology')
      if (allocated(self%climatology)) deallocate (self%climatology)
      allocate (self%climatology(n))
      call config%get_list('climatology', self%climatology, n, error)
   end subroutine configure_all

   pure function name_all(self) result(name)
      class(correlation_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'fkb>Correlation'
      if (self%anomaly) name = 'fkb>AnomalyCorrelation'
   end function name_all

   pure function options_all(self) result(json)
      class(correlation_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      if (allocated(self%climatology)) json = ',"climatology":'//json_list_text(self%climatology)
   end function options_all

   subroutine list_sums(self, sums)
      class(correlation_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      sums = self%sums
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(correlation_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      self%sums = sums
   end subroutine take_sums

end module fkb_correlation_metrics_sp
