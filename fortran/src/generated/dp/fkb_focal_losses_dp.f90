! Generated from train/fkb_focal_losses.fypp: edit that file and run tools/generate.py
!> Cross-entropies that weigh what is predicted badly: focal ones, and the generalized one.
module fkb_focal_losses_dp
   use fkb_activations, only: act_softmax
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_crossentropies_dp, only: configure_crossentropy, crossentropy_t, logical_text, &
      read_smoothing
   use fkb_error, only: error_t, raise, fkb_err_argument
   use fkb_focal_kernels_dp, only: binary_focal, categorical_focal, generalized, softmax_of, &
      through_softmax
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: loss_t, positions_of
   use fkb_math_dp, only: sigmoid_values
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: binary_focal_crossentropy_t, categorical_focal_crossentropy_t
   public :: categorical_generalized_crossentropy_t

   !> Mean of (1 - p_t)^gamma times the binary cross-entropy. Keras: `BinaryFocalCrossentropy`.
   type, extends(crossentropy_t) :: binary_focal_crossentropy_t
      logical :: apply_class_balancing = .false.  !! weight alpha of ones, 1 - alpha of zeros
      real(dp) :: alpha = 0.25_dp
      real(dp) :: gamma = 2
      real(dp) :: label_smoothing = 0             !! s: targets become t (1 - s) + s/2
      integer :: keras_major = 3                  !! 2 adds its epsilon within the logarithms
   contains
      procedure :: evaluate => evaluate_binary
      procedure :: evaluate_logits => evaluate_binary_logits
      procedure :: evaluate_in => evaluate_binary_in
      procedure :: prefers_logits => unless_logits
      procedure :: configure => configure_binary
      procedure :: keras_name => name_binary
      procedure :: keras_options => options_binary
   end type binary_focal_crossentropy_t

   !> Sum of alpha (1 - p)^gamma (-t log p). Keras: `CategoricalFocalCrossentropy`.
   type, extends(crossentropy_t) :: categorical_focal_crossentropy_t
      real(dp) :: alpha = 0.25_dp                 !! weight of all classes
      real(dp), allocatable :: alphas(:)          !! weights of each class, in place of `alpha`
      real(dp) :: gamma = 2
      real(dp) :: label_smoothing = 0             !! s: targets become t (1 - s) + s/classes
      integer :: keras_major = 3                  !! 2 looks for logits behind a softmax
   contains
      procedure :: evaluate => evaluate_categorical
      procedure :: evaluate_logits => evaluate_categorical_logits
      procedure :: prefers_logits => in_keras_2
      procedure :: check_target => check_classes
      procedure :: configure => configure_categorical
      procedure :: keras_name => name_categorical
      procedure :: keras_options => options_categorical
   end type categorical_focal_crossentropy_t

   !> (1 - p(label)^q)/q, labels from 0. Keras: `CategoricalGeneralizedCrossEntropy`.
   type, extends(loss_t) :: categorical_generalized_crossentropy_t
      real(dp) :: q = 0.5_dp                      !! between 0 and 1
   contains
      procedure :: evaluate => evaluate_generalized
      procedure :: target_features => one_per_position
      procedure :: check_target => check_labels
      procedure :: configure => configure_generalized
      procedure :: keras_name => name_generalized
      procedure :: keras_options => options_generalized
   end type categorical_generalized_crossentropy_t

contains

   !> Keras finds the logits of a final activation unless it takes the output itself for logits.
   pure logical function unless_logits(self)
      class(binary_focal_crossentropy_t), intent(in) :: self
      unless_logits = .not. self%from_logits
   end function unless_logits

   pure logical function in_keras_2(self)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      in_keras_2 = self%keras_major < 3
   end function in_keras_2

   subroutine evaluate_binary(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(binary_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      if (self%from_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
      else
         call focal_of(self, shape, y_true, y_pred, sample_weight, .false., value, grad)
      end if
   end subroutine evaluate_binary

   subroutine evaluate_binary_logits(self, shape, y_true, logits, sample_weight, value, grad)
      class(binary_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: logits(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: probabilities(:, :)
      allocate (probabilities, source=logits)
      call sigmoid_values(size(logits), probabilities)
      call focal_of(self, shape, y_true, probabilities, sample_weight, .true., value, grad, logits)
   end subroutine evaluate_binary_logits

   !> Behind a softmax Keras takes the cross-entropy from the softmax's input, as if it were that of
   !> a sigmoid, and the focal factor from its output.
   subroutine evaluate_binary_in(self, batch, shape, y_true, y_pred, sample_weight, value, grad)
      class(binary_focal_crossentropy_t), intent(in) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: by_p(:, :), probabilities(:, :)
      integer :: n, m
      if (.not. batch%on_logits) then
         call self%evaluate(shape, y_true, y_pred, sample_weight, value, grad)
      else if (batch%activation /= act_softmax) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
      else
         n = shape%extent(1)
         m = size(sample_weight)
         allocate (probabilities, by_p, mold=y_pred)
         call softmax_of(n, m, y_pred, probabilities)
         call focal_of(self, shape, y_true, probabilities, sample_weight, .true., value, grad, &
                       y_pred, by_p)
         call through_softmax(n, m, probabilities, by_p)
         grad = grad + by_p
      end if
   end subroutine evaluate_binary_in

   !> From probabilities, with the cross-entropy from logits where there are any. The gradient is by
   !> the logits then; with `by_p`, of the cross-entropy alone, and `by_p` has that of the factor.
   subroutine focal_of(self, shape, y_true, p, sample_weight, on_logits, value, grad, logits, by_p)
      class(binary_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :), p(:, :), sample_weight(:, :)
      logical, intent(in) :: on_logits
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), intent(in), contiguous, optional :: logits(:, :)
      real(wp), intent(out), contiguous, optional :: by_p(:, :)
      real(wp), allocatable :: factor_grad(:, :), z(:, :)
      real(wp) :: balance(2), e
      balance = 1
      if (self%apply_class_balancing) balance = real([self%alpha, 1 - self%alpha], wp)
      e = 0
      if (self%keras_major < 3) e = 1e-7_wp
      allocate (factor_grad, mold=p)
      z = p
      if (present(logits)) z = logits
      call binary_focal(shape%extent(1), size(sample_weight), y_true, p, z, on_logits, &
                        sample_weight, real(1 - self%label_smoothing, wp), &
                        real(0.5_dp*self%label_smoothing, wp), e, real(self%gamma, wp), balance, &
                        value, grad, factor_grad)
      if (present(by_p)) then
         by_p = factor_grad
      else if (on_logits) then
         grad = grad + factor_grad*(p*(1 - p))
      else
         grad = grad + factor_grad
      end if
   end subroutine focal_of

   !> Read the options.
   subroutine configure_binary(self, config, error)
      class(binary_focal_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_crossentropy(self, config, error)
      if (allocated(error)) return
      self%keras_major = config%keras_major
      call read_smoothing(config, self%label_smoothing, error)
      if (.not. allocated(error)) call config%get('apply_class_balancing', &
         self%apply_class_balancing, error, default=.false.)
      if (.not. allocated(error)) call config%get('alpha', self%alpha, error, default=0.25_dp)
      if (.not. allocated(error)) call config%get('gamma', self%gamma, error, default=2.0_dp)
   end subroutine configure_binary

   subroutine evaluate_categorical(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: alphas(:)
      if (self%from_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
         return
      end if
      allocate (alphas(shape%extent(1)), source=real(self%alpha, wp))
      if (allocated(self%alphas)) alphas = real(self%alphas, wp)
      call categorical_focal(shape%extent(1), size(sample_weight), y_true, y_pred, sample_weight, &
                             real(1 - self%label_smoothing, wp), &
                             real(self%label_smoothing, wp)/shape%extent(1), &
                             real(self%gamma, wp), alphas, value, grad)
   end subroutine evaluate_categorical

   subroutine evaluate_categorical_logits(self, shape, y_true, logits, sample_weight, value, grad)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: logits(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp), allocatable :: alphas(:), probabilities(:, :)
      integer :: n, m
      n = shape%extent(1)
      m = size(sample_weight)
      allocate (alphas(n), source=real(self%alpha, wp))
      if (allocated(self%alphas)) alphas = real(self%alphas, wp)
      allocate (probabilities, mold=logits)
      call softmax_of(n, m, logits, probabilities)
      call categorical_focal(n, m, y_true, probabilities, sample_weight, &
                             real(1 - self%label_smoothing, wp), &
                             real(self%label_smoothing, wp)/n, real(self%gamma, wp), alphas, &
                             value, grad)
      call through_softmax(n, m, probabilities, grad)
   end subroutine evaluate_categorical_logits

   !> Weights of classes must be as many as classes.
   subroutine check_classes(self, shape, y_true, error)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%alphas)) return
      if (size(self%alphas) /= shape%extent(1)) then
         call raise(error, fkb_err_argument, 'option "alpha" of the loss'// &
                    ' "categorical_focal_crossentropy" has '//decimal(size(self%alphas))// &
                    ' values, the output '//decimal(shape%extent(1))//' classes')
      end if
   end subroutine check_classes

   !> Read the options; `alpha` may be a list with a weight for each class, which Keras
   !> rounds to real32.
   subroutine configure_categorical(self, config, error)
      class(categorical_focal_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: i, n
      call configure_crossentropy(self, config, error)
      if (allocated(error)) return
      self%keras_major = config%keras_major
      call read_smoothing(config, self%label_smoothing, error)
      if (allocated(error)) return
      if (allocated(self%alphas)) deallocate (self%alphas)
      if (config%kind_of('alpha') == 'array') then
         allocate (self%alphas(config%count('alpha')))
         call config%get_list('alpha', self%alphas, n, error)
         do i = 1, size(self%alphas)
            self%alphas(i) = rounded_to_single(self%alphas(i))
         end do
      else
         call config%get('alpha', self%alpha, error, default=0.25_dp)
      end if
      if (.not. allocated(error)) call config%get('gamma', self%gamma, error, default=2.0_dp)
   end subroutine configure_categorical

   subroutine evaluate_generalized(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(categorical_generalized_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call generalized(shape%extent(1), size(sample_weight), y_true, y_pred, &
                       sample_weight, real(self%q, wp), value, grad)
   end subroutine evaluate_generalized

   !> One label per position.
   pure integer function one_per_position(self, shape) result(features)
      class(categorical_generalized_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      features = positions_of(shape)
   end function one_per_position

   !> Labels must lie between 0 and the number of classes less one; Keras cuts fractions off.
   subroutine check_labels(self, shape, y_true, error)
      class(categorical_generalized_crossentropy_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (all(y_true > -1 .and. y_true < shape%extent(1))) return
      call raise(error, fkb_err_argument, 'a label does not lie between 0 and '// &
                 decimal(shape%extent(1) - 1))
   end subroutine check_labels

   !> Read `q`, which must lie between 0 and 1.
   subroutine configure_generalized(self, config, error)
      class(categorical_generalized_crossentropy_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
      if (.not. allocated(error)) call config%get('q', self%q, error, default=0.5_dp)
      if (allocated(error)) return
      if (.not. (self%q > 0 .and. self%q < 1)) then
         call raise(error, fkb_err_argument, 'option "q" of the loss'// &
                    ' "categorical_generalized_cross_entropy" must lie between 0 and 1')
      end if
   end subroutine configure_generalized

   pure function name_binary(self) result(name)
      class(binary_focal_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'BinaryFocalCrossentropy'
   end function name_binary

   pure function options_binary(self) result(json)
      class(binary_focal_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"from_logits":'//logical_text(self%from_logits)//',"label_smoothing":'// &
         json_real_text(self%label_smoothing)//',"apply_class_balancing":'// &
         logical_text(self%apply_class_balancing)//',"alpha":'//json_real_text(self%alpha)// &
         ',"gamma":'//json_real_text(self%gamma)
   end function options_binary

   pure function name_categorical(self) result(name)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CategoricalFocalCrossentropy'
   end function name_categorical

   pure function options_categorical(self) result(json)
      class(categorical_focal_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      integer :: i
      json = json_real_text(self%alpha)
      if (allocated(self%alphas)) then
         json = ''
         do i = 1, size(self%alphas)
            json = json//','//json_real_text(self%alphas(i))
         end do
         json = '['//json(2:)//']'
      end if
      json = ',"from_logits":'//logical_text(self%from_logits)//',"label_smoothing":'// &
         json_real_text(self%label_smoothing)//',"alpha":'//json//',"gamma":'// &
         json_real_text(self%gamma)
   end function options_categorical

   pure function name_generalized(self) result(name)
      class(categorical_generalized_crossentropy_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CategoricalGeneralizedCrossEntropy'
   end function name_generalized

   pure function options_generalized(self) result(json)
      class(categorical_generalized_crossentropy_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"q":'//json_real_text(self%q)
   end function options_generalized

end module fkb_focal_losses_dp
