!> A metric: the share of predictions that are as near to the truth as one wants them.
module my_hit_rate
   use FKB_KIND, only: batch_t, config_t, dp, error_t, json_real_text, metric_t, shape_t, wp
   implicit none (type, external)
   private
   public :: hit_rate_t

   !> `my_pkg>HitRate`: the class `HitRate` of my_pkg.py.
   type, extends(metric_t) :: hit_rate_t
      real(dp) :: tolerance = 0.1_dp            !! option `tolerance`
      real(dp) :: hits = 0, positions = 0       !! of all batches, weighted
   contains
      procedure :: reset
      procedure :: accumulate
      procedure :: get_values
      procedure :: configure
      procedure :: keras_name
      procedure :: keras_options
   end type hit_rate_t

contains

   subroutine reset(self)
      class(hit_rate_t), intent(inout) :: self
      self%hits = 0
      self%positions = 0
   end subroutine reset

   !> Add a batch. The weights have the mask of the output in them.
   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(hit_rate_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape                   !! of one sample of y_pred
      real(wp), intent(in), contiguous :: y_true(:, :)     !! (features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)     !! (features, batch)
      real(wp), intent(in), contiguous :: weight(:, :)     !! (positions, batch)
      type(batch_t), intent(in) :: batch
      self%hits = self%hits + weighted_hits(shape%extent(1), size(weight), self%tolerance, &
                                            y_true, y_pred, weight)
      self%positions = self%positions + sum(real(weight, dp))
   end subroutine accumulate

   !> A position is one place of the output, a column of its last Keras axis.
   pure real(dp) function weighted_hits(features, positions, tolerance, y_true, y_pred, weight) &
      result(hits)
      integer, intent(in) :: features, positions
      real(dp), intent(in) :: tolerance
      real(wp), intent(in) :: y_true(features, positions), y_pred(features, positions)
      real(wp), intent(in) :: weight(positions)
      integer :: j
      hits = 0
      do j = 1, positions
         hits = hits + real(weight(j), dp)* &
                count(abs(y_pred(:, j) - y_true(:, j)) <= real(tolerance, wp))/features
      end do
   end function weighted_hits

   !> One value; a metric with several says how many in `value_count`.
   subroutine get_values(self, values)
      class(hit_rate_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      values(1) = self%hits/max(self%positions, tiny(1.0_dp))
   end subroutine get_values

   !> Read the options, those that all metrics of Keras have with `configure_common`.
   subroutine configure(self, config, error)
      class(hit_rate_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (.not. allocated(error)) call config%get('tolerance', self%tolerance, error, &
                                                  default=0.1_dp)
   end subroutine configure

   !> The name that Keras saves; in logs it is `hit_rate`.
   pure function keras_name(self) result(name)
      class(hit_rate_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'my_pkg>HitRate'
   end function keras_name

   !> The options as Keras saves them, after those of all metrics.
   pure function keras_options(self) result(json)
      class(hit_rate_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"tolerance":'//json_real_text(self%tolerance)
   end function keras_options

end module my_hit_rate
