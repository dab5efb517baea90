! Generated from train/fkb_relative_losses.fypp: edit that file and run tools/generate.py
!> Losses of relative differences: percentages, logarithms, counts, distributions, directions.
!>
!> All are over the last Keras axis, as Keras 2 and 3 have them.
module fkb_relative_losses_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: loss_t
   use fkb_math_sp, only: log_values
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: mean_absolute_percentage_error_t, mean_squared_logarithmic_error_t
   public :: poisson_t, kl_divergence_t, cosine_similarity_t

   !> Keras's `epsilon()`.
   real(wp), parameter :: least = 1e-7_wp

   !> 100 times the mean of |y_pred - y_true|/max(|y_true|, 1e-7).
   !> Keras: `MeanAbsolutePercentageError`.
   type, extends(loss_t) :: mean_absolute_percentage_error_t
   contains
      procedure :: evaluate => evaluate_percentage
      procedure :: keras_name => name_percentage
   end type mean_absolute_percentage_error_t

   !> Mean of (log(1 + max(y_pred, 1e-7)) - log(1 + max(y_true, 1e-7)))^2.
   !> Keras: `MeanSquaredLogarithmicError`.
   type, extends(loss_t) :: mean_squared_logarithmic_error_t
   contains
      procedure :: evaluate => evaluate_logarithmic
      procedure :: keras_name => name_logarithmic
   end type mean_squared_logarithmic_error_t

   !> Mean of y_pred - y_true log(y_pred + 1e-7).
   !> Keras: `Poisson`.
   type, extends(loss_t) :: poisson_t
   contains
      procedure :: evaluate => evaluate_poisson
      procedure :: keras_name => name_poisson
   end type poisson_t

   !> Sum of t log(t/p), both clipped to [1e-7, 1].
   !> Keras: `KLDivergence`.
   type, extends(loss_t) :: kl_divergence_t
   contains
      procedure :: evaluate => evaluate_divergence
      procedure :: keras_name => name_divergence
   end type kl_divergence_t

   !> Minus the cosine of the angle between `y_true` and `y_pred`.
   !> Keras: `CosineSimilarity`.
   type, extends(loss_t) :: cosine_similarity_t
      integer :: keras_major = 3     !! 2 takes shorter vectors for zero
   contains
      procedure :: evaluate => evaluate_cosine
      procedure :: configure => configure_cosine
      procedure :: keras_name => name_cosine
   end type cosine_similarity_t

contains

   subroutine evaluate_percentage(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(mean_absolute_percentage_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call percentage_error(shape%extent(1), size(sample_weight), y_true, y_pred, &
                            sample_weight, value, grad)
   end subroutine evaluate_percentage

   pure function name_percentage(self) result(name)
      class(mean_absolute_percentage_error_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'MeanAbsolutePercentageError'
   end function name_percentage

   subroutine evaluate_logarithmic(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(mean_squared_logarithmic_error_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call logarithmic_error(shape%extent(1), size(sample_weight), y_true, y_pred, &
                             sample_weight, value, grad)
   end subroutine evaluate_logarithmic

   pure function name_logarithmic(self) result(name)
      class(mean_squared_logarithmic_error_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'MeanSquaredLogarithmicError'
   end function name_logarithmic

   subroutine evaluate_poisson(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(poisson_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call poisson_loss(shape%extent(1), size(sample_weight), y_true, y_pred, &
                        sample_weight, value, grad)
   end subroutine evaluate_poisson

   pure function name_poisson(self) result(name)
      class(poisson_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Poisson'
   end function name_poisson

   subroutine evaluate_divergence(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(kl_divergence_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call divergence_loss(shape%extent(1), size(sample_weight), y_true, y_pred, &
                           sample_weight, value, grad)
   end subroutine evaluate_divergence

   pure function name_divergence(self) result(name)
      class(kl_divergence_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'KLDivergence'
   end function name_divergence

   subroutine evaluate_cosine(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(cosine_similarity_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call cosine_loss(shape%extent(1), size(sample_weight), y_true, y_pred, &
                       sample_weight, merge(1e6_wp, 1e7_wp, self%keras_major < 3), value, grad)
   end subroutine evaluate_cosine

   !> Read `axis` (only the last) and `reduction`.
   subroutine configure_cosine(self, config, error)
      class(cosine_similarity_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      call self%configure_reduction(config, error)
      if (allocated(error)) return
      self%keras_major = config%keras_major
      call config%get('axis', axis, error, default=-1)
      if (allocated(error)) return
      if (axis /= -1) then
         call raise(error, fkb_err_unsupported, 'option "axis" of the loss "cosine_similarity"'// &
                    ' is '//decimal(axis)//', only -1 is supported: let a Permute layer end the'// &
                    ' model')
      end if
   end subroutine configure_cosine

   pure function name_cosine(self) result(name)
      class(cosine_similarity_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CosineSimilarity'
   end function name_cosine

   !> loss = 100 mean |t - p|/max(|t|, epsilon)
   pure subroutine percentage_error(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: d, factor, scale
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = 100*w(j)/n
         total = 0
         do i = 1, n
            scale = max(abs(t(i, j)), least)
            d = (p(i, j) - t(i, j))/scale
            total = total + abs(real(d, dp))
            grad(i, j) = (merge(factor, 0.0_wp, d > 0) - merge(factor, 0.0_wp, d < 0))/scale
         end do
         value = value + 100*w(j)*(total/n)
      end do
   end subroutine percentage_error

   !> loss = mean (log(max(p, epsilon) + 1) - log(max(t, epsilon) + 1))^2; no gradient below it.
   pure subroutine logarithmic_error(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: d, factor, logs(n)
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         grad(:, j) = at_least(p(:, j)) + 1
         logs = at_least(t(:, j)) + 1
         call log_values(n, grad(:, j))
         call log_values(n, logs)
         do i = 1, n
            d = grad(i, j) - logs(i)
            total = total + real(d, dp)**2
            grad(i, j) = factor*(2*d)/(at_least(p(i, j)) + 1)
            if (p(i, j) < least) grad(i, j) = 0
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine logarithmic_error

   !> A number, or epsilon where it is smaller; NaN stays.
   pure elemental real(wp) function at_least(p)
      real(wp), intent(in) :: p
      at_least = p
      if (p < least) at_least = least
   end function at_least

   !> loss = mean p - t log(p + epsilon)
   pure subroutine poisson_loss(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: factor
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         grad(:, j) = p(:, j) + least
         call log_values(n, grad(:, j))
         do i = 1, n
            total = total + (p(i, j) - real(t(i, j), dp)*grad(i, j))
            grad(i, j) = factor*(1 - t(i, j)/(p(i, j) + least))
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine poisson_loss

   !> loss = sum c(t) log(c(t)/c(p)), c clips to [epsilon, 1]; no gradient where p is clipped.
   pure subroutine divergence_loss(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: s
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         total = 0
         do i = 1, n
            s = min(max(t(i, j), least), 1.0_wp)
            if (p(i, j) < least .or. p(i, j) > 1) then
               total = total + s*log(real(s, dp)/merge(least, 1.0_wp, p(i, j) < least))
               grad(i, j) = 0
            else
               total = total + s*log(real(s, dp)/p(i, j))
               grad(i, j) = -w(j)*(s/p(i, j))
            end if
         end do
         value = value + w(j)*total
      end do
   end subroutine divergence_loss

   !> loss = -sum a b with a = t min(1/|t|, most), b = p min(1/|p|, most).
   !> d loss/d p = -(a - b (a.b))/|p|, or -most a where p is shorter than 1/most.
   pure subroutine cosine_loss(n, m, t, p, w, most, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), most
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(dp) :: by_t, by_p, cosine
      integer :: j
      value = 0
      do j = 1, m
         by_t = inverse_norm(t(:, j), most)
         by_p = inverse_norm(p(:, j), most)
         cosine = sum(real(t(:, j), dp)*p(:, j))*by_t*by_p
         value = value - w(j)*cosine
         if (by_p < most) then
            grad(:, j) = real(-w(j)*by_p*(t(:, j)*by_t - p(:, j)*(by_p*cosine)), wp)
         else
            grad(:, j) = real(-w(j)*by_p*by_t*t(:, j), wp)
         end if
      end do
   end subroutine cosine_loss

   !> min(1/|x|, most)
   pure real(dp) function inverse_norm(x, most)
      real(wp), intent(in) :: x(:)
      real(wp), intent(in) :: most
      real(dp) :: square
      square = sum(real(x, dp)**2)
      inverse_norm = most
      if (.not. square*real(most, dp)**2 <= 1) inverse_norm = 1/sqrt(square)
   end function inverse_norm

end module fkb_relative_losses_sp
