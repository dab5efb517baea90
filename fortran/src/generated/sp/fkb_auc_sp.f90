! Generated from train/fkb_auc.fypp: edit that file and run tools/generate.py
!> The area under a curve of a confusion matrix: Keras's `AUC`. Masks play no part, as in Keras.
module fkb_auc_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_confusion_sp, only: confusion_t, even_thresholds
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_list_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_math_sp, only: sigmoid_values
   use fkb_metric_sp, only: metric_t
   use fkb_optimizer_values, only: option_member
   use fkb_shape, only: shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: auc_t

   integer, parameter :: roc = 1, pr = 2, pr_gain = 3
   integer, parameter :: interpolation = 1, minoring = 2, majoring = 3

   !> Keras's `AUC`.
   type, extends(metric_t) :: auc_t
      type(confusion_t) :: counts
      integer :: curve = roc
      integer :: summation = interpolation
      logical :: multi_label = .false.            !! the mean of the areas of all labels
      logical :: from_logits = .false.
      real(dp), allocatable :: label_weights(:)   !! one per label
   contains
      procedure :: reset
      procedure :: accumulate
      procedure :: get_values
      procedure :: configure
      procedure :: check
      procedure :: takes_mask
      procedure :: list_sums
      procedure :: take_sums
      procedure :: keras_name
      procedure :: keras_options
   end type auc_t

contains

   subroutine reset(self)
      class(auc_t), intent(inout) :: self
      if (.not. allocated(self%counts%thresholds)) then
         call self%counts%begin(even_thresholds(200, 1e-7_dp))
         self%counts%even = .true.
      end if
      call self%counts%clear_counts(1)
   end subroutine reset

   pure logical function takes_mask(self)
      class(auc_t), intent(in) :: self
      takes_mask = .false.
   end function takes_mask

   subroutine list_sums(self, sums)
      class(auc_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      call self%counts%list_counts(sums)
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(auc_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      call self%counts%take_counts(sums)
   end subroutine take_sums

   subroutine check(self, shape, y_true, error)
      class(auc_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (self%multi_label .and. shape%rank /= 1) then
         call raise(error, fkb_err_unsupported, 'the metric "AUC" with labels of their own is'// &
                    ' for vectors, the output has the shape '//shape%text())
      else if (allocated(self%label_weights)) then
         if (size(self%label_weights) /= shape%extent(1)) call raise(error, fkb_err_argument, &
            'option "label_weights" of the metric "AUC" does not fit the output '//shape%text())
      end if
   end subroutine check

   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(auc_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(wp), allocatable :: p(:, :)
      integer :: n
      n = shape%extent(1)
      if (self%multi_label .and. size(self%counts%tp, 2) /= n) call self%counts%clear_counts(n)
      allocate (p, source=y_pred)
      if (self%from_logits) call sigmoid_values(size(p), p)
      call count_all(self, n, size(weight), y_true, p, weight)
   end subroutine accumulate

   pure subroutine count_all(self, n, m, t, p, w)
      class(auc_t), intent(inout) :: self
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp) :: weight
      integer :: i, j
      do j = 1, m
         do i = 1, n
            weight = w(j)
            if (allocated(self%label_weights) .and. .not. self%multi_label) then
               weight = weight*self%label_weights(i)
            end if
            call self%counts%add(abs(t(i, j)) > 0, p(i, j), weight, merge(i, 1, self%multi_label))
         end do
      end do
   end subroutine count_all

   subroutine get_values(self, values)
      class(auc_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      real(dp), allocatable :: areas(:)
      integer :: k
      allocate (areas(size(self%counts%tp, 2)))
      do k = 1, size(areas)
         areas(k) = area(self, self%counts%tp(:, k), self%counts%fp(:, k), self%counts%tn(:, k), &
                         self%counts%fn(:, k))
      end do
      values = sum(areas)/size(areas)
      if (.not. (self%multi_label .and. allocated(self%label_weights))) return
      if (size(areas) == size(self%label_weights)) then
         values = ratio(sum(areas*self%label_weights), sum(self%label_weights))
      end if
   end subroutine get_values

   !> The area of one label.
   pure real(dp) function area(self, tp, fp, tn, fn)
      class(auc_t), intent(in) :: self
      real(dp), intent(in) :: tp(:), fp(:), tn(:), fn(:)
      real(dp) :: heights(size(tp) - 1), x(size(tp)), y(size(tp))
      integer :: n
      n = size(tp)
      if (self%curve == pr .and. self%summation == interpolation) then
         area = interpolated(tp, fp, fn)
         return
      end if
      select case (self%curve)
      case (roc)
         x = ratio(fp, fp + tn)
         y = ratio(tp, tp + fn)
      case (pr)
         x = ratio(tp, tp + fn)
         y = ratio(tp, tp + fp)
      case default
         x = max(0.0_dp, 1 - ratio(tp + fn, tn + fp)*ratio(fn, tp))
         y = 1 - ratio(tp + fn, tn + fp)*ratio(fp, tp)
         where (.not. abs(tp) > 0)
            x = 0
            y = 1
         end where
      end select
      select case (self%summation)
      case (interpolation)
         heights = (y(:n - 1) + y(2:))/2
      case (minoring)
         heights = min(y(:n - 1), y(2:))
      case default
         heights = max(y(:n - 1), y(2:))
      end select
      area = sum((x(:n - 1) - x(2:))*heights)
   end function area

   !> The area under a precision-recall curve, interpolated as Davis and Goadrich (2006) do.
   pure real(dp) function interpolated(tp, fp, fn) result(area)
      real(dp), intent(in) :: tp(:), fp(:), fn(:)
      real(dp) :: dtp, intercept, p(size(tp)), slope, step
      integer :: i
      p = tp + fp
      area = 0
      do i = 1, size(tp) - 1
         dtp = tp(i) - tp(i + 1)
         slope = ratio(dtp, max(p(i) - p(i + 1), 0.0_dp))
         intercept = tp(i + 1) - slope*p(i + 1)
         step = 1
         if (p(i) > 0 .and. p(i + 1) > 0) step = p(i)/p(i + 1)
         area = area + ratio(slope*(dtp + intercept*log(step)), max(tp(i + 1) + fn(i + 1), 0.0_dp))
      end do
   end function interpolated

   !> a/b, 0 where b is 0.
   pure elemental real(dp) function ratio(a, b)
      real(dp), intent(in) :: a, b
      ratio = 0
      if (abs(b) > 0) ratio = a/b
   end function ratio

   !> Read Keras's options; `num_labels` follows from the output.
   subroutine configure(self, config, error)
      class(auc_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: curve, summation
      integer :: n
      call self%configure_common(config, error)
      if (.not. allocated(error)) call config%get('curve', curve, error, default='ROC')
      if (.not. allocated(error)) call config%get('summation_method', summation, error, &
                                                  default='interpolation')
      if (.not. allocated(error)) call config%get('multi_label', self%multi_label, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call config%get('from_logits', self%from_logits, error, &
                                                  default=.false.)
      if (allocated(error)) return
      call config%ignore('num_labels')
      self%curve = word_number(curve, 'ROC roc PR  pr  PRGAIN  prgain', [roc, pr, pr_gain])
      self%summation = word_number(summation, &
         'interpolation Interpolation minoring Minoring majoring Majoring', &
         [interpolation, minoring, majoring])
      if (self%curve == 0 .or. self%summation == 0) then
         call raise(error, fkb_err_argument, 'the metric "AUC" has no curve '//quote(curve)// &
                    ' or no summation_method '//quote(summation))
         return
      end if
      if (allocated(self%label_weights)) deallocate (self%label_weights)
      if (config%has('label_weights')) then
         allocate (self%label_weights(config%count('label_weights')))
         call config%get_list('label_weights', self%label_weights, n, error)
      else
         call config%ignore('label_weights')
      end if
      if (.not. allocated(error)) call read_thresholds(self, config, error)
   end subroutine configure

   !> The number of a word in a list of pairs of words; 0 where it is not there.
   pure integer function word_number(word, words, numbers) result(number)
      character(*), intent(in) :: word, words
      integer, intent(in) :: numbers(:)
      integer :: at, i, seen
      number = 0
      seen = 0
      at = 1
      do while (at <= len(words))
         i = scan(words(at:)//' ', ' ') - 1
         if (i > 0) then
            seen = seen + 1
            if (words(at:at + i - 1) == word .and. len(word) == i) number = numbers((seen + 1)/2)
         end if
         at = at + i + 1
      end do
   end function word_number

   !> `thresholds` between 0 and 1, or `num_thresholds` of equal distance.
   subroutine read_thresholds(self, config, error)
      class(auc_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      real(dp), parameter :: margin = 1e-7_dp
      real(dp), allocatable :: given(:)
      integer :: i, n
      call config%get('num_thresholds', n, error, default=200)
      if (allocated(error)) return
      if (n < 2) then
         call raise(error, fkb_err_argument, 'option "num_thresholds" of the metric "AUC" must'// &
                    ' be at least 2')
         return
      end if
      if (config%has('thresholds')) then
         allocate (given(config%count('thresholds')))
         call config%get_list('thresholds', given, n, error)
         if (allocated(error)) return
         do i = 2, size(given)
            call insert(given(:i))
         end do
         call self%counts%begin([-margin, given, 1 + margin])
      else
         call config%ignore('thresholds')
         call self%counts%begin(even_thresholds(n, margin))
         self%counts%even = .true.
      end if
   end subroutine read_thresholds

   !> Sort the last number into those before it.
   pure subroutine insert(numbers)
      real(dp), intent(inout) :: numbers(:)
      real(dp) :: last
      integer :: i
      last = numbers(size(numbers))
      i = size(numbers) - 1
      do while (i > 0)
         if (numbers(i) <= last) exit
         numbers(i + 1) = numbers(i)
         i = i - 1
      end do
      numbers(i + 1) = last
   end subroutine insert

   pure function keras_name(self) result(name)
      class(auc_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'AUC'
   end function keras_name

   pure function keras_options(self) result(json)
      class(auc_t), intent(in) :: self
      character(:), allocatable :: json
      character(13), parameter :: curves(*) = [character(13) :: 'ROC', 'PR', 'PRGAIN']
      character(13), parameter :: sums(*) = [character(13) :: 'interpolation', 'minoring', &
                                             'majoring']
      integer :: n
      json = ',"curve":"'//trim(curves(self%curve))//'","summation_method":"'// &
         trim(sums(self%summation))//'"'//option_member('multi_label', self%multi_label)// &
         option_member('from_logits', self%from_logits)
      if (allocated(self%label_weights)) then
         json = json//',"label_weights":'//json_list_text(self%label_weights)
      end if
      if (.not. allocated(self%counts%thresholds)) return
      n = size(self%counts%thresholds)
      if (self%counts%even) then
         json = json//option_member('num_thresholds', n)
      else
         json = json//',"thresholds":'//json_list_text(self%counts%thresholds(2:n - 1))
      end if
   end function keras_options

end module fkb_auc_sp
