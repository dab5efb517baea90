! Generated from train/fkb_iou.fypp: edit that file and run tools/generate.py
!> Intersection over union of classes: Keras's `IoU`, `BinaryIoU`, `MeanIoU`, `OneHotIoU` and
!> `OneHotMeanIoU`. Masks play no part, as in Keras.
module fkb_iou_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_list_text
   use fkb_kinds, only: dp, sp, wp => dp
   use fkb_loss_dp, only: positions_of
   use fkb_metric_dp, only: metric_t
   use fkb_optimizer_values, only: option_member
   use fkb_shape, only: shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: iou_t, iou_names

   character(13), parameter :: iou_names(*) = [character(13) :: 'IoU', 'BinaryIoU', 'MeanIoU', &
                                               'OneHotIoU', 'OneHotMeanIoU']

   !> The mean over some classes of |both|/|either|.
   type, extends(metric_t) :: iou_t
      integer :: form = 1                         !! position in `iou_names`
      integer :: classes = 2                      !! Keras's `num_classes`
      integer, allocatable :: targets(:)          !! classes that count, from 0
      logical :: sparse_true = .true.             !! the targets are labels
      logical :: sparse_pred = .true.             !! the outputs are labels
      logical :: ignores = .false.
      integer :: ignored = 0                      !! Keras's `ignore_class`
      logical :: whole = .true.                   !! Keras's dtype is an integer: weights are cut
      real(wp) :: threshold = 0.5_wp              !! of `BinaryIoU`
      real(dp), allocatable :: counts(:, :)       !! (class of the output, class of the target)
   contains
      procedure :: reset
      procedure :: accumulate
      procedure :: get_values
      procedure :: configure
      procedure :: takes_targets
      procedure :: takes_mask
      procedure :: keras_name
      procedure :: keras_options
      procedure :: list_sums
      procedure :: take_sums
      procedure :: default_name
   end type iou_t

contains

   subroutine reset(self)
      class(iou_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%targets)) self%targets = [(i, i=0, self%classes - 1)]
      if (allocated(self%counts)) deallocate (self%counts)
      allocate (self%counts(0:self%classes - 1, 0:self%classes - 1), source=0.0_dp)
   end subroutine reset

   pure logical function takes_mask(self)
      class(iou_t), intent(in) :: self
      takes_mask = .false.
   end function takes_mask

   !> As many labels as the output gives.
   pure logical function takes_targets(self, shape, features) result(takes)
      class(iou_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: features
      integer :: labels
      labels = positions_of(shape)
      if (self%sparse_pred) labels = int(shape%count())
      takes = features == merge(labels, labels*self%classes, self%sparse_true)
      if (.not. self%sparse_pred) takes = takes .and. shape%extent(1) == self%classes
   end function takes_targets

   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(iou_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      integer :: labels
      labels = size(weight)
      if (self%sparse_pred) labels = size(y_pred)
      call count_all(self, labels, merge(1, self%classes, self%sparse_true), &
                     merge(1, self%classes, self%sparse_pred), size(weight), y_true, y_pred, weight)
   end subroutine accumulate

   pure subroutine count_all(self, m, n_true, n_pred, n_weights, t, p, w)
      class(iou_t), intent(inout) :: self
      integer, intent(in) :: m, n_true, n_pred, n_weights
      real(wp), intent(in) :: t(n_true, m), p(n_pred, m), w(n_weights)
      real(dp) :: weight
      integer :: j, label, predicted
      do j = 1, m
         label = label_of(t(:, j))
         predicted = label_of(p(:, j))
         if (self%form == 2) predicted = merge(1, 0, p(1, j) >= self%threshold)
         if (min(label, predicted) < 0 .or. max(label, predicted) >= self%classes) cycle
         if (self%ignores .and. label == self%ignored) cycle
         weight = w((j - 1)/(m/n_weights) + 1)
         if (self%whole) weight = aint(weight)
         self%counts(predicted, label) = self%counts(predicted, label) + weight
      end do
   end subroutine count_all

   !> The label of a position: the place of the largest value, or the value itself.
   pure integer function label_of(values) result(label)
      real(wp), intent(in) :: values(:)
      real(wp), parameter :: most = 1e9_wp
      if (size(values) > 1) then
         label = maxloc(values, 1) - 1
      else if (abs(values(1)) < most) then
         label = int(values(1))
      else
         label = -1
      end if
   end function label_of

   !> Keras makes the last divisions in real32.
   subroutine get_values(self, values)
      class(iou_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      real(sp), parameter :: least = 1e-7_sp
      real(sp) :: either, total, valid
      integer :: c, k
      values = 0
      if (.not. allocated(self%counts)) return
      total = 0
      valid = 0
      do k = 1, size(self%targets)
         c = self%targets(k)
         either = real(sum(self%counts(c, :)) + sum(self%counts(:, c)) - self%counts(c, c), sp)
         if (.not. either > 1e-9_sp) cycle
         total = total + real(self%counts(c, c), sp)/(either + least)
         valid = valid + 1
      end do
      values = real(total/(valid + least), dp)
   end subroutine get_values

   !> Read what the class has of Keras's options.
   subroutine configure(self, config, error)
      class(iou_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: word
      integer :: axis, i, n
      call config%ignore('name')
      call config%get('dtype', word, error, default='int')
      if (allocated(error)) return
      self%whole = index(word, 'int') == 1
      if (self%form == 2) then
         call config%get('threshold', self%threshold, error, default=0.5_wp)
      else
         call config%get('num_classes', self%classes, error)
      end if
      if (.not. allocated(error)) call config%get('axis', axis, error, default=-1)
      if (allocated(error)) return
      if (axis /= -1 .or. self%classes < 1 .or. self%classes > 100000) then
         call raise(error, fkb_err_unsupported, 'the metric '//quote(self%keras_name())// &
                    ' takes the last axis and 1 to 100000 classes')
         return
      end if
      if (self%form > 3) self%sparse_true = .false.
      if (self%form > 3) self%sparse_pred = .false.
      if (self%form == 1 .or. self%form == 3) call config%get('sparse_y_true', self%sparse_true, &
                                                               error, default=.true.)
      if (.not. allocated(error) .and. self%form /= 2) call config%get('sparse_y_pred', &
         self%sparse_pred, error, default=self%form < 4)
      if (allocated(error)) return
      self%ignores = config%has('ignore_class')
      call config%get('ignore_class', self%ignored, error, default=0)
      if (allocated(error)) return
      self%targets = [(i, i=0, self%classes - 1)]
      if (self%form /= 3 .and. self%form /= 5 .and. config%has('target_class_ids')) then
         deallocate (self%targets)
         allocate (self%targets(config%count('target_class_ids')))
         call config%get_list('target_class_ids', self%targets, n, error)
         if (allocated(error)) return
      end if
      if (any(self%targets < 0 .or. self%targets >= self%classes)) then
         call raise(error, fkb_err_argument, 'option "target_class_ids" of the metric '// &
                    quote(self%keras_name())//' names a class that there is not')
      end if
   end subroutine configure

   pure function keras_name(self) result(name)
      class(iou_t), intent(in) :: self
      character(:), allocatable :: name
      name = trim(iou_names(self%form))
   end function keras_name

   pure function keras_options(self) result(json)
      class(iou_t), intent(in) :: self
      character(:), allocatable :: json
      if (self%form == 2) then
         json = option_member('threshold', real(self%threshold, dp))
      else
         json = option_member('num_classes', self%classes)
      end if
      if (self%form < 4 .and. self%form /= 2) then
         json = json//option_member('sparse_y_true', self%sparse_true)
      end if
      if (self%form /= 2) json = json//option_member('sparse_y_pred', self%sparse_pred)
      if (self%ignores .and. self%form /= 2) then
         json = json//option_member('ignore_class', self%ignored)
      end if
      if (.not. self%whole) json = json//',"dtype":"float32"'
      if (self%form == 3 .or. self%form == 5 .or. .not. allocated(self%targets)) return
      json = json//',"target_class_ids":'//json_list_text(real(self%targets, dp), whole=.true.)
   end function keras_options

   subroutine list_sums(self, sums)
      class(iou_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      allocate (sums(0))
      if (allocated(self%counts)) sums = [self%counts]
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(iou_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      if (.not. allocated(self%counts)) return
      self%counts(0:, 0:) = reshape(sums, shape(self%counts))
   end subroutine take_sums

   function default_name(self) result(name)
      class(iou_t), intent(in) :: self
      character(:), allocatable :: name
      character(17), parameter :: names(*) = [character(17) :: 'io_u', 'binary_io_u', &
         'mean_io_u', 'one_hot_io_u', 'one_hot_mean_io_u']
      name = trim(names(self%form))
   end function default_name

end module fkb_iou_dp
