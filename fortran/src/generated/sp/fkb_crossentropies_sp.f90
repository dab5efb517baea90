! Generated from train/fkb_crossentropies.fypp: edit that file and run tools/generate.py
!> Cross-entropies: binary, categorical, sparse categorical, over the last Keras axis.
!>
!> From probabilities, which are clipped to [1e-7, 1 - 1e-7] and have no gradient outside, or from
!> logits. Where the output comes from a sigmoid or a softmax, Keras takes the input of that
!> activation for the logits even with `from_logits=False`; `prefers_logits` says so.
module fkb_crossentropies_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unsupported
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: loss_t, positions_of
   use fkb_loss_kernels_sp, only: binary_from_logits, binary_from_probabilities, &
      categorical_from_logits, categorical_from_probabilities, sparse_from_logits, &
      sparse_from_probabilities
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: crossentropy_t, binary_crossentropy_t, categorical_crossentropy_t
   public :: sparse_categorical_crossentropy_t
   public :: configure_crossentropy, logical_text, read_smoothing

   !> What the cross-entropies have in common.
   type, abstract, extends(loss_t) :: crossentropy_t
      logical :: from_logits = .false.            !! the output is logits, not probabilities
   contains
      procedure :: prefers_logits => always
   end type crossentropy_t

   !> Mean of -(t log p + (1 - t) log(1 - p)). Keras: `BinaryCrossentropy`.
   type, extends(crossentropy_t) :: binary_crossentropy_t
      real(dp) :: label_smoothing = 0             !! s: targets become t (1 - s) + s/2
      integer :: keras_major = 3                  !! 2 adds its epsilon within the logarithms
   contains
      procedure :: evaluate => evaluate_binary
      procedure :: evaluate_logits => evaluate_binary_logits
      procedure :: configure => configure_binary
      procedure :: keras_name => name_binary
      procedure :: keras_options => options_binary
   end type binary_crossentropy_t

   !> Sum of -t log p. Keras: `CategoricalCrossentropy`.
   type, extends(crossentropy_t) :: categorical_crossentropy_t
      real(dp) :: label_smoothing = 0             !! s: targets become t (1 - s) + s/classes
   contains
      procedure :: evaluate => evaluate_categorical
      procedure :: evaluate_logits => evaluate_categorical_logits
      procedure :: configure => configure_categorical
      procedure :: keras_name => name_categorical
      procedure :: keras_options => options_categorical
   end type categorical_crossentropy_t

   !> -log p(label), labels from 0, one per position. Keras: `SparseCategoricalCrossentropy`.
   type, extends(crossentropy_t) :: sparse_categorical_crossentropy_t
      logical :: ignores = .false.                !! a label marks positions to be left out
      real(wp) :: ignored = 0                     !! that label, Keras's `ignore_class`
      integer :: keras_major = 3                  !! 3 does not look for logits where it ignores
   contains
      procedure :: evaluate => evaluate_sparse
      procedure :: evaluate_logits => evaluate_sparse_logits
      procedure :: configure => configure_sparse
      procedure :: target_features => one_per_position
      procedure :: check_target => check_labels
      procedure :: looks_ahead => if_it_ignores
      procedure :: prefers_logits => unless_it_ignores
      procedure :: begin_batch => leave_out
      procedure :: keras_name => name_sparse
      procedure :: keras_options => options_sparse
   end type sparse_categorical_crossentropy_t

contains

   pure logical function always(self)
      class(crossentropy_t), intent(in) :: self
      always = .true.
   end function always

   !> Read `from_logits`, `axis` (only the last) and `reduction`.
   subroutine configure_crossentropy(self, config, error)
      class(crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      call self%configure_reduction(config, error)
      if (allocated(error)) return
      call config%get('from_logits', self%from_logits, error, default=.false.)
      if (allocated(error)) return
      call config%get('axis', axis, error, default=-1)
      if (allocated(error)) return
      if (axis /= -1) then
         call raise(error, fkb_err_unsupported, 'option "axis" of a cross-entropy is '// &
                    decimal(axis)//', only -1 is supported')
      end if
   end subroutine configure_crossentropy

   !> Read `label_smoothing`, from 0 to 1.
   subroutine read_smoothing(config, smoothing, error)
      type(config_t), intent(inout) :: config
      real(dp), intent(out) :: smoothing
      type(error_t), allocatable, intent(out) :: error
      call config%get('label_smoothing', smoothing, error, default=0.0_dp)
      if (allocated(error)) return
      if (.not. (smoothing >= 0 .and. smoothing <= 1)) then
         call raise(error, fkb_err_argument, 'option "label_smoothing" of a cross-entropy must'// &
                    ' lie between 0 and 1')
      end if
   end subroutine read_smoothing

   subroutine evaluate_binary(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(binary_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp) :: e
      if (self%from_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
         return
      end if
      e = 0
      if (self%keras_major < 3) e = 1e-7_wp
      call binary_from_probabilities(shape%extent(1), size(sample_weight), y_true, y_pred, &
                                     sample_weight, real(1 - self%label_smoothing, wp), &
                                     real(0.5_dp*self%label_smoothing, wp), e, value, grad)
   end subroutine evaluate_binary

   subroutine evaluate_binary_logits(self, shape, y_true, logits, sample_weight, value, grad)
      class(binary_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: logits(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call binary_from_logits(shape%extent(1), size(sample_weight), y_true, logits, &
                              sample_weight, real(1 - self%label_smoothing, wp), &
                              real(0.5_dp*self%label_smoothing, wp), value, grad)
   end subroutine evaluate_binary_logits

   !> Read the options; Keras 2 and 3 differ in the formula from probabilities.
   subroutine configure_binary(self, config, error)
      class(binary_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_crossentropy(self, config, error)
      if (allocated(error)) return
      self%keras_major = config%keras_major
      call read_smoothing(config, self%label_smoothing, error)
   end subroutine configure_binary

   subroutine evaluate_categorical(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      if (self%from_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
      else
         call categorical_from_probabilities(shape%extent(1), size(sample_weight), y_true, y_pred, &
                                             sample_weight, real(1 - self%label_smoothing, wp), &
                                             real(self%label_smoothing, wp)/shape%extent(1), &
                                             value, grad)
      end if
   end subroutine evaluate_categorical

   subroutine evaluate_categorical_logits(self, shape, y_true, logits, sample_weight, value, grad)
      class(categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: logits(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call categorical_from_logits(shape%extent(1), size(sample_weight), y_true, logits, &
                                   sample_weight, real(1 - self%label_smoothing, wp), &
                                   real(self%label_smoothing, wp)/shape%extent(1), value, grad)
   end subroutine evaluate_categorical_logits

   subroutine configure_categorical(self, config, error)
      class(categorical_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_crossentropy(self, config, error)
      if (allocated(error)) return
      call read_smoothing(config, self%label_smoothing, error)
   end subroutine configure_categorical

   subroutine evaluate_sparse(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (positions, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: labels(:, :), weight(:, :)
      if (self%from_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
      else if (self%ignores) then
         call without_ignored(self, y_true, sample_weight, labels, weight)
         call sparse_from_probabilities(shape%extent(1), size(weight), labels, y_pred, weight, &
                                        value, grad)
      else
         call sparse_from_probabilities(shape%extent(1), size(sample_weight), y_true, y_pred, &
                                        sample_weight, value, grad)
      end if
   end subroutine evaluate_sparse

   subroutine evaluate_sparse_logits(self, shape, y_true, logits, sample_weight, value, grad)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (positions, batch)
      real(wp), intent(in), contiguous :: logits(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: labels(:, :), weight(:, :)
      if (self%ignores) then
         call without_ignored(self, y_true, sample_weight, labels, weight)
         call sparse_from_logits(shape%extent(1), size(weight), labels, logits, weight, value, grad)
      else
         call sparse_from_logits(shape%extent(1), size(sample_weight), y_true, logits, &
                                 sample_weight, value, grad)
      end if
   end subroutine evaluate_sparse_logits

   !> Label 0 and no weight where the label is the one to be left out.
   subroutine without_ignored(self, y_true, sample_weight, labels, weight)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      real(wp), intent(in) :: y_true(:, :), sample_weight(:, :)
      real(wp), allocatable, intent(out) :: labels(:, :), weight(:, :)
      allocate (labels, source=y_true)
      allocate (weight, source=sample_weight)
      where (.not. abs(y_true - self%ignored) > 0)
         labels = 0
         weight = 0
      end where
   end subroutine without_ignored

   pure logical function if_it_ignores(self)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      if_it_ignores = self%ignores
   end function if_it_ignores

   pure logical function unless_it_ignores(self)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      unless_it_ignores = .not. (self%ignores .and. self%keras_major >= 3)
   end function unless_it_ignores

   !> Positions with the ignored label do not count.
   subroutine leave_out(self, batch, shape, y_true, mask, error)
      class(sparse_categorical_crossentropy_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(inout), contiguous :: mask(:, :)
      type(error_t), allocatable, intent(out) :: error
      where (.not. abs(y_true - self%ignored) > 0) mask = 0
   end subroutine leave_out

   !> Read the options; `ignore_class` need not be one of the classes.
   subroutine configure_sparse(self, config, error)
      class(sparse_categorical_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: ignored
      call configure_crossentropy(self, config, error)
      if (allocated(error)) return
      self%keras_major = config%keras_major
      self%ignores = config%has('ignore_class')
      if (self%ignores) then
         call config%get('ignore_class', ignored, error)
         self%ignored = ignored
      else
         call config%ignore('ignore_class')
      end if
   end subroutine configure_sparse

   !> One label per position.
   pure integer function one_per_position(self, shape) result(features)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      features = positions_of(shape)
   end function one_per_position

   !> Labels must lie between 0 and the number of classes less one; Keras cuts fractions off.
   subroutine check_labels(self, shape, y_true, error)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)     !! (positions, batch)
      type(error_t), allocatable, intent(out) :: error
      integer :: j
      do j = 1, size(y_true, 2)
         if (all((y_true(:, j) > -1 .and. y_true(:, j) < shape%extent(1)) .or. &
                 (self%ignores .and. .not. abs(y_true(:, j) - self%ignored) > 0))) cycle
         call raise(error, fkb_err_argument, 'a label of sample '//decimal(j)//' does not lie'// &
                    ' between 0 and '//decimal(shape%extent(1) - 1))
         return
      end do
   end subroutine check_labels

   !> A logical in JSON.
   pure function logical_text(flag) result(text)
      logical, intent(in) :: flag
      character(:), allocatable :: text
      text = trim(merge('true ', 'false', flag))
   end function logical_text

   pure function name_binary(self) result(name)
      class(binary_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'BinaryCrossentropy'
   end function name_binary

   pure function options_binary(self) result(json)
      class(binary_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"from_logits":'//logical_text(self%from_logits)// &
         ',"label_smoothing":'//json_real_text(self%label_smoothing)
   end function options_binary

   pure function name_categorical(self) result(name)
      class(categorical_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CategoricalCrossentropy'
   end function name_categorical

   pure function options_categorical(self) result(json)
      class(categorical_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"from_logits":'//logical_text(self%from_logits)// &
         ',"label_smoothing":'//json_real_text(self%label_smoothing)
   end function options_categorical

   pure function name_sparse(self) result(name)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'SparseCategoricalCrossentropy'
   end function name_sparse

   pure function options_sparse(self) result(json)
      class(sparse_categorical_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"from_logits":'//logical_text(self%from_logits)
      if (self%ignores) json = json//',"ignore_class":'//decimal(nint(self%ignored))
   end function options_sparse

end module fkb_crossentropies_sp
