!> A loss of a whole batch: the square of its mean error, feature by feature, each measured by the
!> spread of the targets.
module my_batch_bias
   use FKB_KIND, only: batch_t, dp, error_t, fkb_err_unsupported, loss_t, raise, shape_t, wp
   implicit none (type, external)
   private
   public :: batch_bias_t

   !> `my_pkg>BatchBias`: the class `BatchBias` of my_pkg.py.
   type, extends(loss_t) :: batch_bias_t
      real(dp), allocatable, private :: spread(:)          !! of the batch's targets, (features)
   contains
      procedure :: looks_ahead
      procedure :: begin_batch
      procedure :: couples_batch
      procedure :: evaluate
      procedure :: keras_name
   end type batch_bias_t

contains

   !> `begin_batch` is to be called.
   pure logical function looks_ahead(self)
      class(batch_bias_t), intent(in) :: self
      looks_ahead = .true.
   end function looks_ahead

   !> Once for a batch, with all its targets.
   subroutine begin_batch(self, batch, shape, y_true, mask, error)
      class(batch_bias_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape                   !! of one sample of the output
      real(wp), intent(in), contiguous :: y_true(:, :)     !! (features, batch)
      real(wp), intent(inout), contiguous :: mask(:, :)    !! (positions, batch)
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: mean
      integer :: i
      if (shape%rank > 1 .or. batch%weighted) then
         call raise(error, fkb_err_unsupported, 'the loss BatchBias takes neither weights nor '// &
                    'outputs of several positions')
         return
      end if
      if (allocated(self%spread)) deallocate (self%spread)
      allocate (self%spread(size(y_true, 1)))
      do i = 1, size(y_true, 1)
         mean = sum(real(y_true(i, :), dp))/batch%samples
         self%spread(i) = 0.1_dp + sum((y_true(i, :) - mean)**2)/batch%samples
      end do
   end subroutine begin_batch

   !> The batch is not to be cut into blocks.
   pure logical function couples_batch(self)
      class(batch_bias_t), intent(in) :: self
      couples_batch = .true.
   end function couples_batch

   !> sum_i (mean_j (y_pred_ij - y_true_ij))**2/spread_i. The trainer divides by the samples.
   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(batch_bias_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                      !! of one sample of y_pred
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      real(dp) :: bias
      integer :: i, n
      n = size(y_pred, 2)
      value = 0
      do i = 1, size(y_pred, 1)
         bias = sum(real(y_pred(i, :), dp) - y_true(i, :))/n
         value = value + n*bias**2/self%spread(i)
         grad(i, :) = real(2*bias/self%spread(i), wp)
      end do
   end subroutine evaluate

   !> The name that Keras saves.
   pure function keras_name(self) result(name)
      class(batch_bias_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'my_pkg>BatchBias'
   end function keras_name

end module my_batch_bias
