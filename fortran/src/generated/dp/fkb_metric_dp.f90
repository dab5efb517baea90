! Generated from train/fkb_metric.fypp: edit that file and run tools/generate.py
!> The contract of a metric, built-in or a user's: state that `update` adds batches to.
!>
!> Metrics add up in real64, whatever the kind of the network. A mask is a part of the weights,
!> for those metrics of Keras that regard it.
module fkb_metric_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_quote
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: positions_of
   use fkb_object_config, only: class_to_snake
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: metric_t

   !> A metric: extend it, give it any state, implement `reset`, `accumulate` and `get_values`.
   type, abstract :: metric_t
      integer :: keras_major = 3          !! Keras 2 gives the mask of an output to every metric
   contains
      procedure(reset_i), deferred :: reset
      procedure(accumulate_i), deferred :: accumulate
      procedure(get_values_i), deferred :: get_values
      procedure :: configure => configure_nothing
      procedure :: list_sums => no_sums
      procedure :: take_sums => leave_sums
      procedure :: takes_targets => like_output
      procedure :: check => accept
      procedure :: takes_mask => always
      procedure :: prefers_logits => never
      procedure :: value_count => one_value
      procedure :: keras_name => no_name
      procedure :: keras_options => no_options
      procedure :: default_name
      procedure, non_overridable :: keras_config
      procedure, non_overridable :: update
      procedure, non_overridable :: result => only_value
      procedure, non_overridable :: configure_common
   end type metric_t

   abstract interface

      !> Forget all batches. Called before the first, too.
      subroutine reset_i(self)
         import :: metric_t
         implicit none (type, external)
         class(metric_t), intent(inout) :: self
      end subroutine reset_i

      !> Add a batch.
      subroutine accumulate_i(self, shape, y_true, y_pred, weight, batch)
         import :: metric_t, shape_t, batch_t, wp
         implicit none (type, external)
         class(metric_t), intent(inout) :: self
         type(shape_t), intent(in) :: shape                  !! of one sample of `y_pred`
         real(wp), intent(in), contiguous :: y_true(:, :)    !! (target features, batch)
         real(wp), intent(in), contiguous :: y_pred(:, :)    !! (features, batch)
         real(wp), intent(in), contiguous :: weight(:, :)    !! (positions, batch)
         type(batch_t), intent(in) :: batch
      end subroutine accumulate_i

      !> The values of all batches so far.
      subroutine get_values_i(self, values)
         import :: metric_t, dp
         implicit none (type, external)
         class(metric_t), intent(in) :: self
         real(dp), intent(out), contiguous :: values(:)      !! (value_count())
      end subroutine get_values_i

   end interface

contains

   !> Everything that was added up so far, for sums over ranks. A metric without such sums is one of
   !> the samples of its rank.
   subroutine no_sums(self, sums)
      class(metric_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      allocate (sums(0))
   end subroutine no_sums

   !> Go on with these sums, as many as `list_sums` gave.
   subroutine leave_sums(self, sums)
      class(metric_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
   end subroutine leave_sums

   !> Read the options of Keras's configuration. A metric without options has those of all.
   subroutine configure_nothing(self, config, error)
      class(metric_t), intent(inout) :: self
      type(config_t), intent(inout) :: config     !! what nobody reads is refused later
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
   end subroutine configure_nothing

   !> Read the options that all metrics of Keras have: `name`, `dtype`.
   subroutine configure_common(self, config, error)
      class(metric_t), intent(in) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: word
      call config%ignore('name')
      call config%get('dtype', word, error, default='float32')
      if (allocated(error)) return
      if (word /= 'float32' .and. word /= 'float64') then
         call raise(error, fkb_err_unsupported, 'option "dtype" of the metric '// &
                    quote(self%keras_name())//' is '//quote(word)//': a metric is computed in'// &
                    ' the kind of its network and added up in real64')
      end if
   end subroutine configure_common

   !> Whether a sample's target may have so many values.
   pure logical function like_output(self, shape, features) result(takes)
      class(metric_t), intent(in) :: self
      type(shape_t), intent(in) :: shape          !! of one sample of the output
      integer, intent(in) :: features             !! of one sample of the target
      takes = features == shape%count()
   end function like_output

   !> Refuse shapes and targets that have no meaning; called before each batch is added.
   subroutine accept(self, shape, y_true, error)
      class(metric_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                   !! of one sample of the output
      real(wp), intent(in), contiguous :: y_true(:, :)     !! (target features, batch)
      type(error_t), allocatable, intent(out) :: error
   end subroutine accept

   !> Whether a mask of the output is a part of the weights. Keras's means regard it, its counts
   !> of a confusion matrix and its scores do not.
   pure logical function always(self)
      class(metric_t), intent(in) :: self
      always = .true.
   end function always

   !> Whether the input of a final sigmoid or softmax is wanted in place of the predictions.
   pure logical function never(self)
      class(metric_t), intent(in) :: self
      never = .false.
   end function never

   !> Number of values; those with several are logged under their name and a number.
   pure integer function one_value(self) result(count)
      class(metric_t), intent(in) :: self
      count = 1
   end function one_value

   !> Keras's class, `my_pkg>Class` for a registered one, empty where a file cannot name it.
   pure function no_name(self) result(name)
      class(metric_t), intent(in) :: self
      character(:), allocatable :: name
      name = ''
   end function no_name

   !> The options of Keras's configuration, as JSON members after a comma.
   pure function no_options(self) result(json)
      class(metric_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
   end function no_options

   !> The metric as Keras 3 serialises it, under its name in logs; a word of Keras where it is one.
   !> Empty where a file cannot name it.
   function keras_config(self, label) result(json)
      class(metric_t), intent(in) :: self
      character(*), intent(in) :: label
      character(:), allocatable :: json
      character(:), allocatable :: module_name, name, registered
      name = self%keras_name()
      json = ''
      if (len(name) == 0) return
      json = json_quote(label)
      if (index(name, '>') == 0 .and. name(1:1) >= 'a') return
      module_name = '"keras.metrics"'
      registered = 'null'
      if (index(name, '>') > 0) then
         module_name = 'null'
         registered = '"'//name//'"'
         name = name(index(name, '>') + 1:)
      end if
      json = '{"module":'//module_name//',"class_name":"'//name//'","config":{"name":'//json// &
         self%keras_options()//'},"registered_name":'//registered//'}'
   end function keras_config

   !> The name that a metric has in logs where none is given: its class in snake case.
   function default_name(self) result(name)
      class(metric_t), intent(in) :: self
      character(:), allocatable :: name
      name = self%keras_name()
      name = class_to_snake(name(index(name, '>') + 1:))
      if (len(name) == 0) name = 'metric'
   end function default_name

   !> Add a batch: `call metric%update(shape, y_true, y_pred, error [, sample_weight, mask])`.
   !> Raises an error for arrays of wrong sizes and targets without meaning.
   subroutine update(self, shape, y_true, y_pred, error, sample_weight, mask, logits)
      class(metric_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape                     !! of one sample of `y_pred`
      real(wp), intent(in), contiguous :: y_true(:, :)       !! (target features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)       !! (features, batch)
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(in), optional :: sample_weight(:, :)  !! (1 or positions, batch)
      real(wp), intent(in), optional :: mask(:, :)           !! (1 or positions, batch), 0 or 1
      real(wp), intent(in), contiguous, optional :: logits(:, :)   !! input of the last activation
      real(wp), allocatable :: weight(:, :)
      type(batch_t) :: batch
      if (size(y_pred, 1) /= shape%count() .or. size(y_true, 2) /= size(y_pred, 2) .or. &
          .not. self%takes_targets(shape, size(y_true, 1))) then
         call raise(error, fkb_err_argument, 'the metric '//quote(self%keras_name())// &
                    ' cannot compare targets of '//decimal(size(y_true, 1))//' values with'// &
                    ' an output of shape '//shape%text())
         return
      end if
      call self%check(shape, y_true, error)
      if (allocated(error)) return
      batch%samples = size(y_pred, 2)
      allocate (weight(positions_of(shape), batch%samples), source=1.0_wp)
      if (present(sample_weight)) call multiply(sample_weight, weight, batch%weighted, error)
      if (present(mask) .and. .not. allocated(error)) then
         if (self%takes_mask() .or. self%keras_major < 3) then
            call multiply(mask, weight, batch%weighted, error)
         end if
      end if
      if (allocated(error)) return
      if (present(logits)) batch%on_logits = self%prefers_logits()
      if (batch%on_logits) then
         call self%accumulate(shape, y_true, logits, weight, batch)
      else
         call self%accumulate(shape, y_true, y_pred, weight, batch)
      end if
   end subroutine update

   !> weight = weight*factor, where a factor of one row is for all positions.
   subroutine multiply(factor, weight, weighted, error)
      real(wp), intent(in) :: factor(:, :)
      real(wp), intent(inout) :: weight(:, :)
      logical, intent(inout) :: weighted
      type(error_t), allocatable, intent(out) :: error
      integer :: j
      if (size(factor, 2) /= size(weight, 2) .or. all(size(factor, 1) /= [1, size(weight, 1)])) then
         call raise(error, fkb_err_argument, 'sample weights and masks are one value or '// &
                    decimal(size(weight, 1))//' values for each of '//decimal(size(weight, 2))// &
                    ' samples, '//decimal(size(factor, 1))//' for '//decimal(size(factor, 2))// &
                    ' were given')
         return
      end if
      weighted = .true.
      do j = 1, size(weight, 2)
         if (size(factor, 1) == 1) then
            weight(:, j) = weight(:, j)*factor(1, j)
         else
            weight(:, j) = weight(:, j)*factor(:, j)
         end if
      end do
   end subroutine multiply

   !> The value of a metric that has one; the mean of several.
   real(dp) function only_value(self) result(value)
      class(metric_t), intent(in) :: self
      real(dp), allocatable :: values(:)
      allocate (values(max(1, self%value_count())), source=0.0_dp)
      call self%get_values(values)
      value = sum(values)/size(values)
   end function only_value

end module fkb_metric_dp
