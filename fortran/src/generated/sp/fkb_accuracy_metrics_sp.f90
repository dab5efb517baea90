! Generated from train/fkb_accuracy_metrics.fypp: edit that file and run tools/generate.py
!> Accuracies of Keras: how often predictions are the targets.
module fkb_accuracy_metrics_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: positions_of
   use fkb_mean_metrics_sp, only: mean_metric_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: accuracy_t

   !> The predictions are equal to the targets. Keras: `Accuracy`.
   integer, parameter, public :: accuracy_equal = 1
   !> Above `threshold` or not, value by value. Keras: `BinaryAccuracy`.
   integer, parameter, public :: accuracy_binary = 2
   !> The largest value stands where that of the target stands. Keras: `CategoricalAccuracy`.
   integer, parameter, public :: accuracy_categorical = 3
   !> The largest value stands at the label. Keras: `SparseCategoricalAccuracy`.
   integer, parameter, public :: accuracy_sparse = 4
   !> Among the `k` largest. Keras: `TopKCategoricalAccuracy`.
   integer, parameter, public :: accuracy_top = 5
   !> Among the `k` largest. Keras: `SparseTopKCategoricalAccuracy`.
   integer, parameter, public :: accuracy_sparse_top = 6
   !> Keras's word "accuracy": binary for outputs of one value, sparse where the targets are
   !> labels, else categorical.
   integer, parameter, public :: accuracy_by_shape = 7

   !> An accuracy.
   type, extends(mean_metric_t) :: accuracy_t
      integer :: form = accuracy_by_shape    !! one of the `accuracy_*` constants
      real(wp) :: threshold = 0.5_wp         !! of binary outputs
      integer :: k = 5                       !! of the two that look at the `k` largest
      logical :: from_sorted_ids = .false.   !! the predictions are labels, the likeliest first
   contains
      procedure :: accumulate
      procedure :: configure
      procedure :: takes_targets
      procedure :: keras_name
      procedure :: keras_options
   end type accuracy_t

contains

   !> The form that fits an output and the number of values of a target.
   pure integer function form_of(self, shape, features) result(form)
      class(accuracy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: features
      form = self%form
      if (form /= accuracy_by_shape) return
      form = accuracy_categorical
      if (features == positions_of(shape)) form = accuracy_sparse
      if (shape%extent(1) == 1) form = accuracy_binary
   end function form_of

   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(accuracy_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: total
      integer :: form, m
      m = size(weight)
      form = form_of(self, shape, size(y_true, 1))
      select case (form)
      case (accuracy_equal, accuracy_binary)
         call equal_values(shape%extent(1), m, y_true, y_pred, weight, form == accuracy_binary, &
                           self%threshold, total)
      case (accuracy_categorical)
         call equal_classes(shape%extent(1), m, y_true, y_pred, weight, total)
      case (accuracy_sparse)
         call equal_labels(shape%extent(1), m, y_true, y_pred, weight, total)
      case (accuracy_top)
         call class_among(shape%extent(1), m, self%k, y_true, y_pred, weight, total)
      case default
         call label_among(shape%extent(1), m, self%k, self%from_sorted_ids, y_true, y_pred, &
                          weight, total)
      end select
      call self%add(total, weight)
   end subroutine accumulate

   !> The share of equal values of each position.
   pure subroutine equal_values(n, m, t, p, w, binary, threshold, total)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), threshold
      logical, intent(in) :: binary
      real(dp), intent(out) :: total
      integer :: hits, i, j
      total = 0
      do j = 1, m
         hits = 0
         do i = 1, n
            if (binary) then
               hits = hits + merge(1, 0, equal(t(i, j), merge(1.0_wp, 0.0_wp, p(i, j) > threshold)))
            else
               hits = hits + merge(1, 0, equal(t(i, j), p(i, j)))
            end if
         end do
         total = total + w(j)*(real(hits, dp)/n)
      end do
   end subroutine equal_values

   !> Equality of numbers, without a warning for comparing reals.
   pure elemental logical function equal(a, b)
      real(wp), intent(in) :: a, b
      equal = a >= b .and. a <= b
   end function equal

   pure subroutine equal_classes(n, m, t, p, w, total)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: total
      integer :: j
      total = 0
      do j = 1, m
         if (maxloc(t(:, j), 1) == maxloc(p(:, j), 1)) total = total + w(j)
      end do
   end subroutine equal_classes

   !> Labels count from 0.
   pure subroutine equal_labels(n, m, labels, p, w, total)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: labels(m), p(n, m), w(m)
      real(dp), intent(out) :: total
      integer :: j
      total = 0
      do j = 1, m
         if (equal(labels(j), real(maxloc(p(:, j), 1) - 1, wp))) total = total + w(j)
      end do
   end subroutine equal_labels

   pure subroutine class_among(n, m, k, t, p, w, total)
      integer, intent(in) :: n, m, k
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: total
      integer :: j
      total = 0
      do j = 1, m
         if (among(k, maxloc(t(:, j), 1), p(:, j))) total = total + w(j)
      end do
   end subroutine class_among

   pure subroutine label_among(n, m, k, sorted, labels, p, w, total)
      integer, intent(in) :: n, m, k
      logical, intent(in) :: sorted
      real(wp), intent(in) :: labels(m), p(n, m), w(m)
      real(dp), intent(out) :: total
      logical :: hit
      integer :: j
      total = 0
      do j = 1, m
         if (sorted) then
            hit = any(equal(labels(j), p(:min(k, n), j)))
         else
            hit = among(k, int(labels(j)) + 1, p(:, j))
         end if
         if (hit) total = total + w(j)
      end do
   end subroutine label_among

   !> TensorFlow's `in_top_k`: fewer than `k` values are larger, and all are finite.
   pure logical function among(k, at, p)
      integer, intent(in) :: k, at
      real(wp), intent(in) :: p(:)
      among = .false.
      if (at < 1 .or. at > size(p)) return
      if (.not. all(abs(p) <= huge(p))) return
      among = count(p > p(at)) < k
   end function among

   !> Read `threshold`, `k` and `from_sorted_ids`, as the form has them.
   subroutine configure(self, config, error)
      class(accuracy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      select case (self%form)
      case (accuracy_binary)
         call config%get('threshold', self%threshold, error, default=0.5_wp)
      case (accuracy_top, accuracy_sparse_top)
         call config%get('k', self%k, error, default=5)
         if (allocated(error)) return
         if (self%k < 1) then
            call raise(error, fkb_err_argument, 'option "k" of an accuracy must be at least 1')
         else if (self%form == accuracy_sparse_top) then
            call config%get('from_sorted_ids', self%from_sorted_ids, error, default=.false.)
         end if
      case default            ! the others have no options
      end select
   end subroutine configure

   pure logical function takes_targets(self, shape, features) result(takes)
      class(accuracy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: features
      select case (form_of(self, shape, features))
      case (accuracy_sparse, accuracy_sparse_top)
         takes = features == positions_of(shape)
      case default
         takes = features == shape%count()
      end select
   end function takes_targets

   pure function keras_name(self) result(name)
      class(accuracy_t), intent(in) :: self
      character(:), allocatable :: name
      select case (self%form)
      case (accuracy_equal)
         name = 'Accuracy'
      case (accuracy_binary)
         name = 'BinaryAccuracy'
      case (accuracy_categorical)
         name = 'CategoricalAccuracy'
      case (accuracy_sparse)
         name = 'SparseCategoricalAccuracy'
      case (accuracy_top)
         name = 'TopKCategoricalAccuracy'
      case (accuracy_sparse_top)
         name = 'SparseTopKCategoricalAccuracy'
      case default
         name = 'accuracy'
      end select
   end function keras_name

   pure function keras_options(self) result(json)
      class(accuracy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      select case (self%form)
      case (accuracy_binary)
         json = ',"threshold":'//json_real_text(real(self%threshold, dp))
      case (accuracy_top, accuracy_sparse_top)
         json = ',"k":'//decimal(self%k)
         if (self%from_sorted_ids) json = json//',"from_sorted_ids":true'
      case default            ! the others have no options
      end select
   end function keras_options

end module fkb_accuracy_metrics_sp
