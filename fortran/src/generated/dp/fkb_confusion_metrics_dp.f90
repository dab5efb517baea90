! Generated from train/fkb_confusion_metrics.fypp: edit that file and run tools/generate.py
!> Metrics of a confusion matrix at thresholds: counts, precision, recall, specificity, F-measure,
!> and the best of one where another is good enough. Masks play no part, as in Keras.
module fkb_confusion_metrics_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_confusion_dp, only: confusion_t, even_thresholds
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_list_text
   use fkb_kinds, only: dp, wp => dp
   use fkb_metric_dp, only: metric_t
   use fkb_optimizer_values, only: option_member
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: confusion_metric_t, confusion_names

   !> What is made of the counts, by its class in Keras; the last two are FKB's.
   character(24), parameter :: confusion_names(*) = [character(24) :: 'TruePositives', &
      'FalsePositives', 'TrueNegatives', 'FalseNegatives', 'Precision', 'Recall', &
      'SensitivityAtSpecificity', 'SpecificityAtSensitivity', 'PrecisionAtRecall', &
      'RecallAtPrecision', 'Specificity', 'FMeasure']
   integer, parameter :: first_of_best = 7, last_of_best = 10
   character(11), parameter :: bounds(*) = [character(11) :: 'specificity', 'sensitivity', &
                                            'recall', 'precision']

   !> A metric of a confusion matrix.
   type, extends(metric_t) :: confusion_metric_t
      integer :: form = 1                         !! position in `confusion_names`
      type(confusion_t) :: counts
      integer :: top_k = 0                        !! only the largest so many are positive; 0: any
      integer :: class_id = -1                    !! the only class that counts, from 0; -1: all
      real(dp) :: bound = 0                       !! what the constrained rate must reach
      real(dp) :: beta = 1                        !! weight of recall in the F-measure
   contains
      procedure :: reset
      procedure :: accumulate
      procedure :: get_values
      procedure :: configure
      procedure :: check
      procedure :: takes_mask
      procedure :: list_sums
      procedure :: take_sums
      procedure :: value_count
      procedure :: keras_name
      procedure :: keras_options
   end type confusion_metric_t

contains

   subroutine reset(self)
      class(confusion_metric_t), intent(inout) :: self
      if (.not. allocated(self%counts%thresholds)) call self%counts%begin([0.5_dp])
      call self%counts%clear_counts(1)
   end subroutine reset

   pure logical function takes_mask(self)
      class(confusion_metric_t), intent(in) :: self
      takes_mask = .false.
   end function takes_mask

   subroutine list_sums(self, sums)
      class(confusion_metric_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      call self%counts%list_counts(sums)
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(confusion_metric_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      call self%counts%take_counts(sums)
   end subroutine take_sums

   pure integer function value_count(self)
      class(confusion_metric_t), intent(in) :: self
      value_count = 1
      if (self%form >= first_of_best .and. self%form <= last_of_best) return
      if (allocated(self%counts%thresholds)) value_count = size(self%counts%thresholds)
   end function value_count

   !> The class must exist.
   subroutine check(self, shape, y_true, error)
      class(confusion_metric_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (self%class_id < shape%extent(1) .and. self%top_k <= shape%extent(1)) return
      call raise(error, fkb_err_argument, 'options "class_id" and "top_k" of the metric '// &
                 quote(self%keras_name())//' do not fit '//decimal(shape%extent(1))//' classes')
   end subroutine check

   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(confusion_metric_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      call count_all(self, shape%extent(1), size(weight), y_true, y_pred, weight)
   end subroutine accumulate

   pure subroutine count_all(self, n, m, t, p, w)
      class(confusion_metric_t), intent(inout) :: self
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(wp), parameter :: never = -1e10_wp     ! Keras's NEG_INF
      integer :: i, j
      do j = 1, m
         do i = 1, n
            if (self%class_id >= 0 .and. i /= self%class_id + 1) cycle
            call self%counts%add(abs(t(i, j)) > 0, merge(p(i, j), never, &
                                 is_among(self%top_k, i, p(:, j))), real(w(j), dp), 1)
         end do
      end do
   end subroutine count_all

   !> Whether value `i` is one of the `k` largest, the first of equal ones.
   pure logical function is_among(k, i, p)
      integer, intent(in) :: k, i
      real(wp), intent(in) :: p(:)
      is_among = .true.
      if (k > 0) is_among = count(p > p(i)) + count(p(:i - 1) >= p(i) .and. p(:i - 1) <= p(i)) < k
   end function is_among

   subroutine get_values(self, values)
      class(confusion_metric_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      associate (tp => self%counts%tp(:, 1), fp => self%counts%fp(:, 1), &
                 tn => self%counts%tn(:, 1), fn => self%counts%fn(:, 1))
         select case (confusion_names(self%form))
         case ('TruePositives')
            values = tp
         case ('FalsePositives')
            values = fp
         case ('TrueNegatives')
            values = tn
         case ('FalseNegatives')
            values = fn
         case ('Precision')
            values = ratio(tp, tp + fp)
         case ('Recall')
            values = ratio(tp, tp + fn)
         case ('Specificity')
            values = ratio(tn, tn + fp)
         case ('FMeasure')
            values = ratio((1 + self%beta**2)*tp, (1 + self%beta**2)*tp + self%beta**2*fn + fp)
         case ('SensitivityAtSpecificity')
            values = best(self%bound, ratio(tn, tn + fp), ratio(tp, tp + fn))
         case ('SpecificityAtSensitivity')
            values = best(self%bound, ratio(tp, tp + fn), ratio(tn, tn + fp))
         case ('PrecisionAtRecall')
            values = best(self%bound, ratio(tp, tp + fn), ratio(tp, tp + fp))
         case default             ! RecallAtPrecision
            values = best(self%bound, ratio(tp, tp + fp), ratio(tp, tp + fn))
         end select
      end associate
   end subroutine get_values

   !> a/b, 0 where b is 0.
   pure elemental real(dp) function ratio(a, b)
      real(dp), intent(in) :: a, b
      ratio = 0
      if (abs(b) > 0) ratio = a/b
   end function ratio

   !> The largest `rate` where `constrained` reaches the bound.
   pure real(dp) function best(bound, constrained, rate)
      real(dp), intent(in) :: bound, constrained(:), rate(:)
      best = max(0.0_dp, maxval(rate, mask=constrained >= bound))
   end function best

   !> Read `thresholds`, `top_k` and `class_id`, or `num_thresholds` and the bound.
   subroutine configure(self, config, error)
      class(confusion_metric_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      if (self%form >= first_of_best .and. self%form <= last_of_best) then
         call read_bound(self, config, error)
         return
      end if
      if (self%form > 4 .and. self%form < first_of_best) then
         call config%get('top_k', self%top_k, error, default=0)
         if (.not. allocated(error)) call config%get('class_id', self%class_id, error, default=-1)
      else if (self%form == size(confusion_names)) then
         call config%get('beta', self%beta, error, default=1.0_dp)
      end if
      if (.not. allocated(error)) call read_thresholds(self, config, error)
   end subroutine configure

   subroutine read_thresholds(self, config, error)
      class(confusion_metric_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: thresholds(:)
      integer :: n
      if (.not. config%has('thresholds')) then
         call config%ignore('thresholds')
         call self%counts%begin([merge(0.5_dp, -1e10_dp, self%top_k == 0)])
         return
      end if
      n = 1
      if (config%kind_of('thresholds') == 'array') n = config%count('thresholds')
      allocate (thresholds(n))
      call config%get_list('thresholds', thresholds, n, error)
      if (allocated(error)) return
      if (size(thresholds) == 0 .or. .not. all(thresholds >= 0 .and. thresholds <= 1)) then
         call raise(error, fkb_err_argument, 'option "thresholds" of the metric '// &
                    quote(self%keras_name())//' must be numbers between 0 and 1')
         return
      end if
      call self%counts%begin(thresholds)
   end subroutine read_thresholds

   !> What must be reached, and the number of thresholds.
   subroutine read_bound(self, config, error)
      class(confusion_metric_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: key
      integer :: n
      key = trim(bounds(self%form - first_of_best + 1))
      call config%get(key, self%bound, error)
      if (.not. allocated(error)) call config%get('num_thresholds', n, error, default=200)
      if (.not. allocated(error)) call config%get('class_id', self%class_id, error, default=-1)
      if (allocated(error)) return
      if (.not. (self%bound >= 0 .and. self%bound <= 1) .or. n < 1) then
         call raise(error, fkb_err_argument, 'the metric '//quote(self%keras_name())//' needs a'// &
                    ' '//quote(key)//' between 0 and 1 and at least one threshold')
         return
      end if
      call self%counts%begin(even_thresholds(n, 0.0_dp))
      self%counts%even = n > 1
   end subroutine read_bound

   pure function keras_name(self) result(name)
      class(confusion_metric_t), intent(in) :: self
      character(:), allocatable :: name
      name = trim(confusion_names(self%form))
      if (self%form > last_of_best) name = 'fkb>'//name
   end function keras_name

   pure function keras_options(self) result(json)
      class(confusion_metric_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      if (self%class_id >= 0) json = option_member('class_id', self%class_id)
      if (self%form >= first_of_best .and. self%form <= last_of_best) then
         json = json//option_member(trim(bounds(self%form - first_of_best + 1)), self%bound)
         if (allocated(self%counts%thresholds)) then
            json = json//option_member('num_thresholds', size(self%counts%thresholds))
         end if
         return
      end if
      if (self%top_k > 0) json = json//option_member('top_k', self%top_k)
      if (self%form == size(confusion_names)) json = json//option_member('beta', self%beta)
      if (.not. allocated(self%counts%thresholds)) return
      if (any(self%counts%thresholds < 0)) return           ! all of `top_k`
      json = json//',"thresholds":'//json_list_text(self%counts%thresholds)
   end function keras_options

end module fkb_confusion_metrics_dp
