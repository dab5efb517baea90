!> A loss with state: squared errors, each feature with a weight of its own, such as the mass of a
!> layer of the atmosphere.
module my_weighted_error
   use FKB_KIND, only: config_t, dp, error_t, fkb_err_argument, json_real_text, loss_t, raise, &
      shape_t, wp
   implicit none (type, external)
   private
   public :: weighted_error_t

   !> `my_pkg>WeightedError`: the class `WeightedError` of my_pkg.py.
   type, extends(loss_t) :: weighted_error_t
      real(wp), allocatable :: weights(:)       !! option `weights`, (features)
   contains
      procedure :: configure
      procedure :: check_target
      procedure :: evaluate
      procedure :: keras_name
      procedure :: keras_options
   end type weighted_error_t

contains

   !> Read the options, those that all losses of Keras have with `configure_reduction`.
   subroutine configure(self, config, error)
      class(weighted_error_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      if (allocated(self%weights)) deallocate (self%weights)
      allocate (self%weights(config%count('weights')))
      call config%get_list('weights', self%weights, n, error)
      if (.not. allocated(error)) call self%configure_reduction(config, error)
   end subroutine configure

   !> Refuse an output that has other features than there are weights.
   subroutine check_target(self, shape, y_true, error)
      class(weighted_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (size(self%weights) /= shape%extent(1)) then
         call raise(error, fkb_err_argument, 'the loss WeightedError has other weights than '// &
                    'the output '//shape%text()//' has features')
      end if
   end subroutine check_target

   !> sum_j sample_weight_j sum_i weights_i (y_pred_ij - y_true_ij)**2, and its derivative.
   !> Not divided by anything: the trainer does that once, for the whole batch.
   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(weighted_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape                      !! of one sample of y_pred
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch)
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (positions, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)         !! (features, batch)
      call sum_errors(shape%extent(1), size(sample_weight), self%weights, y_true, y_pred, &
                      sample_weight, value, grad)
   end subroutine evaluate

   !> A position is one place of the output, a column of its last Keras axis.
   pure subroutine sum_errors(features, positions, weights, y_true, y_pred, sample_weight, value, &
                              grad)
      integer, intent(in) :: features, positions              !! positions of the whole batch
      real(wp), intent(in) :: weights(features)
      real(wp), intent(in) :: y_true(features, positions), y_pred(features, positions)
      real(wp), intent(in) :: sample_weight(positions)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(features, positions)
      integer :: i, j
      real(wp) :: difference
      value = 0
      do j = 1, positions
         do i = 1, features
            difference = y_pred(i, j) - y_true(i, j)
            grad(i, j) = 2*sample_weight(j)*weights(i)*difference
            value = value + real(sample_weight(j)*weights(i)*difference**2, dp)
         end do
      end do
   end subroutine sum_errors

   !> The name that Keras saves, so that a model trained with this loss names it.
   pure function keras_name(self) result(name)
      class(weighted_error_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'my_pkg>WeightedError'
   end function keras_name

   !> The options as Keras saves them, after those of all losses.
   pure function keras_options(self) result(json)
      class(weighted_error_t), intent(in) :: self
      character(:), allocatable :: json
      integer :: i
      json = ''
      do i = 1, size(self%weights)
         json = json//','//json_real_text(real(self%weights(i), dp))
      end do
      json = ',"weights":['//json(2:)//']'
   end function keras_options

end module my_weighted_error
