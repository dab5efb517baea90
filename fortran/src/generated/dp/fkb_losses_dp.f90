! Generated from train/fkb_losses.fypp: edit that file and run tools/generate.py
!> Losses of regression: mean squared and absolute error, Huber, log-cosh (Keras 3, the same in 2).
!>
!> All are means over the last Keras axis. Options by keyword: `huber_t(delta=2.0_wp)`.
module fkb_losses_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, raise, fkb_err_argument
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: loss_t
   use fkb_loss_kernels_dp, only: absolute_error, huber_error, log_cosh_error, squared_error
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: mean_squared_error_t, mean_absolute_error_t, huber_t, log_cosh_t

   !> Mean of (y_pred - y_true)^2. Keras: `MeanSquaredError`.
   type, extends(loss_t) :: mean_squared_error_t
   contains
      procedure :: evaluate => evaluate_squared
      procedure :: keras_name => name_squared
   end type mean_squared_error_t

   !> Mean of |y_pred - y_true|. Keras: `MeanAbsoluteError`.
   type, extends(loss_t) :: mean_absolute_error_t
   contains
      procedure :: evaluate => evaluate_absolute
      procedure :: keras_name => name_absolute
   end type mean_absolute_error_t

   !> Squared near zero, absolute beyond `delta`. Keras: `Huber`.
   type, extends(loss_t) :: huber_t
      real(wp) :: delta = 1                       !! where the loss turns linear
   contains
      procedure :: evaluate => evaluate_huber
      procedure :: configure => configure_huber
      procedure :: keras_name => name_huber
      procedure :: keras_options => options_huber
   end type huber_t

   !> Mean of log(cosh(y_pred - y_true)). Keras: `LogCosh`.
   type, extends(loss_t) :: log_cosh_t
   contains
      procedure :: evaluate => evaluate_log_cosh
      procedure :: keras_name => name_log_cosh
   end type log_cosh_t

contains

   subroutine evaluate_squared(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(mean_squared_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call squared_error(shape%extent(1), size(sample_weight), y_true, y_pred, sample_weight, &
                         value, grad)
   end subroutine evaluate_squared

   subroutine evaluate_absolute(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(mean_absolute_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call absolute_error(shape%extent(1), size(sample_weight), y_true, y_pred, sample_weight, &
                          value, grad)
   end subroutine evaluate_absolute

   subroutine evaluate_huber(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(huber_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call huber_error(shape%extent(1), size(sample_weight), y_true, y_pred, sample_weight, &
                       self%delta, value, grad)
   end subroutine evaluate_huber

   !> Read `delta`; it must be positive. Keras 2 casts it through real32.
   subroutine configure_huber(self, config, error)
      class(huber_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
      if (allocated(error)) return
      call config%get('delta', self%delta, error, default=1.0_wp)
      if (allocated(error)) return
      if (config%keras_major < 3) then
         self%delta = real(rounded_to_single(real(self%delta, dp)), wp)
      end if
      if (.not. self%delta > 0) then
         call raise(error, fkb_err_argument, 'option "delta" of the loss "huber" must be positive')
      end if
   end subroutine configure_huber

   subroutine evaluate_log_cosh(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(log_cosh_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call log_cosh_error(shape%extent(1), size(sample_weight), y_true, y_pred, sample_weight, &
                          value, grad)
   end subroutine evaluate_log_cosh

   pure function name_squared(self) result(name)
      class(mean_squared_error_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'MeanSquaredError'
   end function name_squared

   pure function name_absolute(self) result(name)
      class(mean_absolute_error_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'MeanAbsoluteError'
   end function name_absolute

   pure function name_huber(self) result(name)
      class(huber_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Huber'
   end function name_huber

   pure function options_huber(self) result(json)
      class(huber_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"delta":'//json_real_text(real(self%delta, dp))
   end function options_huber

   pure function name_log_cosh(self) result(name)
      class(log_cosh_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'LogCosh'
   end function name_log_cosh

end module fkb_losses_dp
