! Generated from train/fkb_metric_names.fypp: edit that file and run tools/generate.py
!> The library's metrics by Keras's names: classes, their snake case, aliases and functions.
module fkb_metric_names_sp
   use fkb_accuracy_metrics_sp, only: accuracy_binary, accuracy_by_shape, &
      accuracy_categorical, accuracy_equal, accuracy_sparse, accuracy_sparse_top, accuracy_t, &
      accuracy_top
   use fkb_auc_sp, only: auc_t
   use fkb_confusion_metrics_sp, only: confusion_metric_t, confusion_names
   use fkb_correlation_metrics_sp, only: axis_correlation_t, bias_t, correlation_t
   use fkb_error, only: error_t, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_iou_sp, only: iou_names, iou_t
   use fkb_loss_registry_sp, only: add_builtin_losses, loss_registry_t
   use fkb_mean_metrics_sp, only: loss_metric_t
   use fkb_metric_sp, only: metric_t
   use fkb_object_config, only: class_to_snake
   use fkb_score_metrics_sp, only: f_beta_score_t, r2_score_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: builtin_metric

   !> A metric that is the mean of a loss.
   type :: pair_t
      character(29) :: class_name
      character(31) :: loss
   end type pair_t

   type(pair_t), parameter :: means(*) = [ &
      pair_t('MeanSquaredError', 'mean_squared_error'), &
      pair_t('RootMeanSquaredError', 'mean_squared_error'), &
      pair_t('MeanAbsoluteError', 'mean_absolute_error'), &
      pair_t('MeanAbsolutePercentageError', 'mean_absolute_percentage_error'), &
      pair_t('MeanSquaredLogarithmicError', 'mean_squared_logarithmic_error'), &
      pair_t('LogCoshError', 'log_cosh'), &
      pair_t('CosineSimilarity', 'cosine_similarity'), &
      pair_t('KLDivergence', 'kl_divergence'), &
      pair_t('Poisson', 'poisson'), &
      pair_t('Hinge', 'hinge'), &
      pair_t('SquaredHinge', 'squared_hinge'), &
      pair_t('CategoricalHinge', 'categorical_hinge'), &
      pair_t('BinaryCrossentropy', 'binary_crossentropy'), &
      pair_t('CategoricalCrossentropy', 'categorical_crossentropy'), &
      pair_t('SparseCategoricalCrossentropy', 'sparse_categorical_crossentropy')]

   character(29), parameter :: accuracies(*) = [character(29) :: 'Accuracy', 'BinaryAccuracy', &
      'CategoricalAccuracy', 'SparseCategoricalAccuracy', 'TopKCategoricalAccuracy', &
      'SparseTopKCategoricalAccuracy']
   integer, parameter :: forms(*) = [accuracy_equal, accuracy_binary, accuracy_categorical, &
      accuracy_sparse, accuracy_top, accuracy_sparse_top]

contains

   !> A metric of the library under one of its names in Keras. Raises an error for other names.
   subroutine builtin_metric(name, is_function, metric, error)
      character(*), intent(in) :: name         !! `accuracy`, `mse`, `MeanSquaredError`
      logical, intent(in) :: is_function       !! a function of Keras, not a class
      class(metric_t), allocatable, intent(out) :: metric
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (is_function) then
         call loss_function(name, metric, error)
         if (allocated(error) .or. allocated(metric)) return
      end if
      select case (name)
      case ('accuracy', 'acc', 'Acc', 'ACC')
         allocate (metric, source=accuracy_t(form=accuracy_by_shape))
         return
      case ('Mean', 'mean', 'Sum', 'sum', 'MeanMetricWrapper', 'mean_metric_wrapper', 'Metric', &
            'metric')
         call raise(error, fkb_err_unsupported, 'the metric '//quote(name)//' does not compare'// &
                    ' targets with predictions: name a metric that does')
         return
      case default            ! looked for below
      end select
      do i = 1, size(accuracies)
         if (.not. is_named(name, trim(accuracies(i)))) cycle
         allocate (metric, source=accuracy_t(form=forms(i)))
         return
      end do
      call other_metric(name, metric)
      if (allocated(metric)) return
      do i = 1, size(means)
         if (.not. is_named(name, trim(means(i)%class_name))) cycle
         call mean_of_loss(trim(means(i)%class_name), trim(means(i)%loss), metric, error)
         return
      end do
      call raise(error, fkb_err_unknown, 'no metric '//quote(name)//' is known')
   end subroutine builtin_metric

   !> The metrics that are neither accuracies nor means of losses; none for another name.
   subroutine other_metric(name, metric)
      character(*), intent(in) :: name
      class(metric_t), allocatable, intent(out) :: metric
      type(confusion_metric_t), allocatable :: confusion
      type(iou_t), allocatable :: iou
      integer :: i
      do i = 1, size(confusion_names)
         if (.not. is_named(name, trim(confusion_names(i)))) cycle
         allocate (confusion)
         confusion%form = i
         call move_alloc(confusion, metric)
         return
      end do
      do i = 1, size(iou_names)
         if (.not. is_named(name, trim(iou_names(i)))) cycle
         allocate (iou)
         iou%form = i
         call move_alloc(iou, metric)
         return
      end do
      if (is_named(name, 'AUC')) allocate (auc_t :: metric)
      if (is_named(name, 'FBetaScore')) allocate (f_beta_score_t :: metric)
      if (is_named(name, 'R2Score')) allocate (r2_score_t :: metric)
      if (is_named(name, 'PearsonCorrelation')) allocate (axis_correlation_t :: metric)
      if (is_named(name, 'Bias')) allocate (bias_t :: metric)
      if (is_named(name, 'Correlation')) allocate (correlation_t :: metric)
      if (.not. allocated(metric)) call variant(name, metric)
   end subroutine other_metric

   !> Metrics that are others with an option set.
   subroutine variant(name, metric)
      character(*), intent(in) :: name
      class(metric_t), allocatable, intent(out) :: metric
      type(f_beta_score_t), allocatable :: score
      type(axis_correlation_t), allocatable :: concordance
      type(correlation_t), allocatable :: anomaly
      if (is_named(name, 'F1Score')) then
         allocate (score)
         score%fixed_beta = .true.
         call move_alloc(score, metric)
      else if (is_named(name, 'ConcordanceCorrelation')) then
         allocate (concordance)
         concordance%concordance = .true.
         call move_alloc(concordance, metric)
      else if (is_named(name, 'AnomalyCorrelation')) then
         allocate (anomaly)
         anomaly%anomaly = .true.
         call move_alloc(anomaly, metric)
      end if
   end subroutine variant

   !> Whether a name is that of a class: the class, its snake case or an alias.
   pure logical function is_named(name, class_name)
      character(*), intent(in) :: name, class_name
      is_named = name == class_name .or. name == class_to_snake(class_name) .or. &
         name == 'fkb>'//class_name
      select case (class_name)
      case ('MeanSquaredError')
         is_named = is_named .or. name == 'mse' .or. name == 'MSE'
      case ('MeanAbsoluteError')
         is_named = is_named .or. name == 'mae' .or. name == 'MAE'
      case ('MeanAbsolutePercentageError')
         is_named = is_named .or. name == 'mape' .or. name == 'MAPE'
      case ('MeanSquaredLogarithmicError')
         is_named = is_named .or. name == 'msle' .or. name == 'MSLE'
      case ('BinaryCrossentropy')
         is_named = is_named .or. name == 'bce' .or. name == 'BCE'
      case default            ! the others have no alias
      end select
   end function is_named

   !> The mean of a function that is a loss; none where there is no such loss.
   subroutine loss_function(name, metric, error)
      character(*), intent(in) :: name
      class(metric_t), allocatable, intent(out) :: metric
      type(error_t), allocatable, intent(out) :: error
      type(loss_registry_t) :: losses
      logical :: known
      call add_builtin_losses(losses, error)
      known = losses%has(name)
      call losses%clear()
      if (known .and. .not. allocated(error)) call mean_of_loss(name, name, metric, error)
   end subroutine loss_function

   subroutine mean_of_loss(class_name, loss, metric, error)
      character(*), intent(in) :: class_name, loss
      class(metric_t), allocatable, intent(out) :: metric
      type(error_t), allocatable, intent(out) :: error
      type(loss_registry_t) :: losses
      type(loss_metric_t), allocatable :: made
      allocate (made)
      made%class_name = class_name
      made%root = class_name == 'RootMeanSquaredError'
      if (class_name == 'CosineSimilarity') made%factor = -1
      call add_builtin_losses(losses, error)
      if (.not. allocated(error)) call losses%create(loss, made%loss, error)
      call losses%clear()
      if (allocated(error)) return
      call move_alloc(made, metric)
   end subroutine mean_of_loss

end module fkb_metric_names_sp
