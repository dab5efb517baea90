! Generated from train/fkb_loss.fypp: edit that file and run tools/generate.py
!> The contract of a loss, built-in or a user's.
!>
!> A loss has one value per position: a position is a place of the output but for its last Keras
!> axis, `positions = features/extent(1)` of them in a sample (1 for an output of rank 1).
!> `evaluate` returns the weighted sum over positions and samples, `normaliser` what the sum over
!> the whole batch is divided by; apart, so that blocks and ranks combine.
!>
!> A batch: `check_target`; `begin_batch` on all targets where the loss `looks_ahead`; then
!> `evaluate_in` (by default `evaluate`) for each block, by several threads at once.
module fkb_loss_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unsupported
   use fkb_kinds, only: dp, wp => sp
   use fkb_shape, only: shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: loss_t, positions_of, weight_of_sample

   !> Features of a target that may have any number of them; the same in all samples.
   integer, parameter, public :: any_features = -1

   !> Sum over positions and samples, divided by their number. Keras's default.
   integer, parameter, public :: reduce_mean = 1
   !> Sum over positions and samples.
   integer, parameter, public :: reduce_sum = 2
   !> Sum over positions and samples, divided by the sum of the sample weights.
   integer, parameter, public :: reduce_weighted_mean = 3

   !> A loss: extend it, give it any state, and implement `evaluate`.
   type, abstract :: loss_t
      integer :: reduction = reduce_mean      !! one of the `reduce_*` constants
   contains
      procedure(evaluate_i), deferred :: evaluate
      procedure :: evaluate_in => evaluate_alone
      procedure :: looks_ahead => never
      procedure :: begin_batch => take_all
      procedure :: list_sums => no_sums
      procedure :: take_sums => leave_sums
      procedure :: couples_batch => never
      procedure :: configure => configure_nothing
      procedure :: target_features => same_features
      procedure :: positions => positions_of_output
      procedure :: check_target => accept_target
      procedure :: prefers_logits => never
      procedure :: evaluate_logits => evaluate_as_given
      procedure :: normaliser => reduced_normaliser
      procedure :: keras_name => no_name
      procedure :: keras_options => no_options
      procedure, non_overridable :: evaluate_batch
      procedure, non_overridable :: keras_config
      procedure, non_overridable :: configure_reduction
   end type loss_t

   abstract interface

      !> The weighted sum of the loss over positions and samples, and its derivative.
      !>
      !> value = sum_j w_j loss_j, grad = d value/d y_pred. `value` is summed in real64. A mask is
      !> a part of the sample weights.
      subroutine evaluate_i(self, shape, y_true, y_pred, sample_weight, value, grad)
         import :: loss_t, shape_t, wp, dp
         implicit none (type, external)
         class(loss_t), intent(in) :: self
         type(shape_t), intent(in) :: shape                      !! of one sample of `y_pred`
         real(wp), intent(in), contiguous :: y_true(:, :)        !! (target features, batch)
         real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch)
         real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch)
         real(dp), intent(out) :: value
         real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      end subroutine evaluate_i

   end interface

contains

   !> Positions of one sample of an output: all extents but that of Keras's last axis.
   pure integer function positions_of(shape) result(positions)
      type(shape_t), intent(in) :: shape
      integer :: i
      positions = 1
      do i = 2, shape%rank
         positions = positions*shape%extent(i)
      end do
   end function positions_of

   !> What the values of a sample count, in a loss that has so many of them in place of one for each
   !> position. The trainer's mean divides by positions: the sum of their weights, shared by the
   !> values, makes it a mean over values. Where the loss is a sum, the mean of the weights.
   pure real(dp) function weight_of_sample(loss, sample_weight, values) result(weight)
      class(loss_t), intent(in) :: loss
      real(wp), intent(in) :: sample_weight(:)        !! (positions)
      integer, intent(in) :: values                   !! of one sample
      weight = sum(real(sample_weight, dp))
      if (loss%reduction == reduce_sum) then
         weight = weight/size(sample_weight)
      else
         weight = weight/values
      end if
   end function weight_of_sample

   !> Read the options of Keras's configuration. A loss without options has those that all have.
   subroutine configure_nothing(self, config, error)
      class(loss_t), intent(inout) :: self
      type(config_t), intent(inout) :: config     !! what nobody reads is refused later
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
   end subroutine configure_nothing

   !> Read the options that all Keras losses have: `reduction`, `name`, `dtype`.
   !> Raises an error for the reduction `none`, which leaves no single number to train on.
   subroutine configure_reduction(self, config, error)
      class(loss_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: word
      call config%ignore('name')
      call config%get('dtype', word, error, default='float32')
      if (allocated(error)) return
      if (word /= 'float32' .and. word /= 'float64') then
         call raise(error, fkb_err_unsupported, 'option "dtype" of a loss is '//quote(word)// &
                    ': a loss is computed in the kind of its network')
         return
      end if
      if (config%kind_of('reduction') == 'null') then
         word = 'none'
         call config%ignore('reduction')
      else
         call config%get('reduction', word, error, default='sum_over_batch_size')
         if (allocated(error)) return
      end if
      select case (word)
      case ('sum_over_batch_size', 'mean', 'auto')
         self%reduction = reduce_mean
      case ('sum')
         self%reduction = reduce_sum
      case ('mean_with_sample_weight')
         self%reduction = reduce_weighted_mean
      case ('none')
         call raise(error, fkb_err_unsupported, 'the reduction "none" of a loss leaves no'// &
                    ' single number to train on: use "sum_over_batch_size", "mean", "sum" or'// &
                    ' "mean_with_sample_weight"')
      case default
         call raise(error, fkb_err_argument, 'the reduction '//quote(word)//' of a loss is not'// &
                    ' one of "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"')
      end select
   end subroutine configure_reduction

   !> Values of the loss in one sample: those of Keras's shape of a loss without the batch.
   pure integer function positions_of_output(self, shape) result(positions)
      class(loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape          !! of one sample of the output
      positions = positions_of(shape)
   end function positions_of_output

   !> Features of one sample of `y_true`: those of the output unless the loss says otherwise.
   pure integer function same_features(self, shape) result(features)
      class(loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape          !! of one sample of the output
      features = int(shape%count())
   end function same_features

   !> Refuse targets that have no meaning; called before the first evaluation of a batch.
   subroutine accept_target(self, shape, y_true, error)
      class(loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                   !! of one sample of the output
      real(wp), intent(in), contiguous :: y_true(:, :)     !! (target features, batch)
      type(error_t), allocatable, intent(out) :: error
   end subroutine accept_target

   !> Whether `evaluate_logits` is to be called where the output comes from a sigmoid or a softmax.
   !>
   !> Keras's cross-entropies do that (`_keras_logits` of its TensorFlow backend): the activation's
   !> input takes part, unclipped, whatever `from_logits` says and whichever of the two it is.
   pure logical function never(self)
      class(loss_t), intent(in) :: self
      never = .false.
   end function never

   !> As `evaluate`, with what else is known of the batch: the network's inputs, the step.
   !> Override it where the loss needs that; `evaluate` stays for those who have only arrays.
   subroutine evaluate_alone(self, batch, shape, y_true, y_pred, sample_weight, value, grad)
      class(loss_t), intent(in) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape                      !! of one sample of `y_pred`
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (target features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      if (batch%on_logits) then
         call self%evaluate_logits(shape, y_true, y_pred, sample_weight, value, grad)
      else
         call self%evaluate(shape, y_true, y_pred, sample_weight, value, grad)
      end if
   end subroutine evaluate_alone

   !> Before the blocks of a batch, once, where `looks_ahead()`: the loss may change its state, as
   !> from step to step, look at all targets, and leave positions out.
   subroutine take_all(self, batch, shape, y_true, mask, error)
      class(loss_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch                      !! `samples`, `step`
      type(shape_t), intent(in) :: shape                      !! of one sample of the output
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (target features, batch)
      real(wp), intent(inout), contiguous :: mask(:, :)       !! (positions, batch); 0: left out
      type(error_t), allocatable, intent(out) :: error
   end subroutine take_all

   !> Where a batch is spread over ranks: numbers of this rank's part, after `begin_batch`, whose
   !> sums over all ranks the loss needs to know.
   subroutine no_sums(self, sums)
      class(loss_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      allocate (sums(0))
   end subroutine no_sums

   !> Take the sums over all ranks.
   subroutine leave_sums(self, sums)
      class(loss_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
   end subroutine leave_sums

   !> As `evaluate`, from the input of the final sigmoid or softmax; `grad` is with respect to it.
   subroutine evaluate_as_given(self, shape, y_true, logits, sample_weight, value, grad)
      class(loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                      !! of one sample of `logits`
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (target features, batch)
      real(wp), intent(in), contiguous :: logits(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      call self%evaluate(shape, y_true, logits, sample_weight, value, grad)
   end subroutine evaluate_as_given

   !> What the sum over the whole batch is divided by (Keras 3: `reduce_weighted_values`); never 0.
   !> Positions that a mask leaves out do not count.
   pure real(dp) function reduced_normaliser(self, shape, batch, sample_weight, mask) &
      result(divisor)
      class(loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                      !! of one sample of the output
      integer, intent(in) :: batch                            !! samples of the whole batch
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch), mask included
      real(wp), intent(in), contiguous, optional :: mask(:, :)   !! (positions, batch), 0 or 1
      select case (self%reduction)
      case (reduce_sum)
         divisor = 1
      case (reduce_weighted_mean)
         divisor = total_of(sample_weight)
      case default
         divisor = real(self%positions(shape), dp)*batch
         if (present(mask)) divisor = total_of(mask)
      end select
      if (.not. abs(divisor) > 0) divisor = huge(divisor)
   end function reduced_normaliser

   pure real(dp) function total_of(values) result(total)
      real(wp), intent(in), contiguous :: values(:, :)
      integer :: i, j
      total = 0
      do j = 1, size(values, 2)
         do i = 1, size(values, 1)
            total = total + values(i, j)
         end do
      end do
   end function total_of

   !> The reduced loss of a whole batch, and its derivative by the predictions.
   !> Raises an error for targets without meaning.
   subroutine evaluate_batch(self, batch, shape, y_true, y_pred, weight, value, grad, error)
      class(loss_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape                      !! of one sample of `y_pred`
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (target features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: weight(:, :)        !! (positions, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: mask(:, :)
      real(dp) :: factor
      value = 0
      grad = 0
      call self%check_target(shape, y_true, error)
      if (allocated(error)) return
      if (self%looks_ahead()) then
         allocate (mask, mold=weight)
         mask = 1
         call self%begin_batch(batch, shape, y_true, mask, error)
         if (allocated(error)) return
         call self%evaluate_in(batch, shape, y_true, y_pred, weight*mask, value, grad)
         factor = 1/self%normaliser(shape, batch%samples, weight*mask, mask)
      else
         call self%evaluate_in(batch, shape, y_true, y_pred, weight, value, grad)
         factor = 1/self%normaliser(shape, batch%samples, weight)
      end if
      value = factor*value
      grad = real(factor, wp)*grad
   end subroutine evaluate_batch

   !> Keras's class, `my_pkg>Class` for a registered one, empty for a loss that a file cannot name.
   pure function no_name(self) result(name)
      class(loss_t), intent(in) :: self
      character(:), allocatable :: name
      name = ''
   end function no_name

   !> The options of Keras's configuration but for `reduction`, as JSON members after a comma.
   pure function no_options(self) result(json)
      class(loss_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
   end function no_options

   !> The loss as Keras 3 serialises it, empty where a file cannot name it. A loss may hold another.
   pure recursive function keras_config(self) result(json)
      class(loss_t), intent(in) :: self
      character(:), allocatable :: json
      character(:), allocatable :: module_name, name, reduction, registered
      json = ''
      name = self%keras_name()
      if (len(name) == 0) return
      select case (self%reduction)
      case (reduce_sum)
         reduction = 'sum'
      case (reduce_weighted_mean)
         reduction = 'mean_with_sample_weight'
      case default
         reduction = 'sum_over_batch_size'
      end select
      module_name = '"keras.losses"'
      registered = 'null'
      if (index(name, '>') > 0) then
         module_name = 'null'
         registered = '"'//name//'"'
         name = name(index(name, '>') + 1:)
      end if
      json = '{"module":'//module_name//',"class_name":"'//name//'","config":{"reduction":"'// &
         reduction//'"'//self%keras_options()//'},"registered_name":'//registered//'}'
   end function keras_config

end module fkb_loss_sp
