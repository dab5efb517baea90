! Generated from train/fkb_hinges.fypp: edit that file and run tools/generate.py
!> Losses of maximum margins: `Hinge`, `SquaredHinge`, `CategoricalHinge` (Keras 3, the same in 2).
!>
!> Where all targets of a batch are 0 or 1, the first two take them for -1 and 1.
module fkb_hinges_sp
   use fkb_batch_sp, only: batch_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: loss_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: hinge_t, squared_hinge_t, categorical_hinge_t

   !> What is known of the targets of a batch.
   integer, parameter :: not_seen = 0, binary = 1, signed = 2

   !> Mean of max(1 - y_true y_pred, 0). Keras: `Hinge`.
   type, extends(loss_t) :: hinge_t
      integer, private :: targets = not_seen
   contains
      procedure :: list_sums
      procedure :: take_sums
      procedure :: evaluate => evaluate_hinge
      procedure :: looks_ahead => always
      procedure :: begin_batch => look_at_targets
      procedure :: keras_name => name_hinge
   end type hinge_t

   !> Mean of max(1 - y_true y_pred, 0)^2. Keras: `SquaredHinge`.
   type, extends(hinge_t) :: squared_hinge_t
   contains
      procedure :: evaluate => evaluate_squared
      procedure :: keras_name => name_squared
   end type squared_hinge_t

   !> max(max((1 - y_true) y_pred) - sum(y_true y_pred) + 1, 0). Keras: `CategoricalHinge`.
   type, extends(loss_t) :: categorical_hinge_t
   contains
      procedure :: evaluate => evaluate_categorical
      procedure :: keras_name => name_categorical
   end type categorical_hinge_t

contains

   pure logical function always(self)
      class(hinge_t), intent(in) :: self
      always = .true.
   end function always

   !> Keras looks at the targets of the whole batch.
   subroutine look_at_targets(self, batch, shape, y_true, mask, error)
      class(hinge_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(inout), contiguous :: mask(:, :)
      type(error_t), allocatable, intent(out) :: error
      self%targets = merge(binary, signed, are_binary(y_true))
   end subroutine look_at_targets

   !> Whether this rank has targets that are neither 0 nor 1.
   subroutine list_sums(self, sums)
      class(hinge_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      sums = [merge(1.0_dp, 0.0_dp, self%targets == signed)]
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(hinge_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      self%targets = merge(signed, binary, sums(1) > 0)
   end subroutine take_sums

   !> Whether all targets are 0 or 1.
   pure logical function are_binary(y_true)
      real(wp), intent(in) :: y_true(:, :)
      are_binary = all(.not. abs(y_true*(y_true - 1)) > 0)
   end function are_binary

   !> Factor and shift that turn the targets into signs.
   pure subroutine signs_of(self, y_true, keep, shift)
      class(hinge_t), intent(in) :: self
      real(wp), intent(in) :: y_true(:, :)
      real(wp), intent(out) :: keep, shift
      logical :: converted
      converted = self%targets == binary
      if (self%targets == not_seen) converted = are_binary(y_true)
      keep = merge(2.0_wp, 1.0_wp, converted)
      shift = merge(-1.0_wp, 0.0_wp, converted)
   end subroutine signs_of

   subroutine evaluate_hinge(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(hinge_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp) :: keep, shift
      call signs_of(self, y_true, keep, shift)
      call margins(shape%extent(1), size(sample_weight), y_true, y_pred, &
                   sample_weight, keep, shift, .false., value, grad)
   end subroutine evaluate_hinge

   pure function name_hinge(self) result(name)
      class(hinge_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Hinge'
   end function name_hinge

   subroutine evaluate_squared(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(squared_hinge_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(wp) :: keep, shift
      call signs_of(self, y_true, keep, shift)
      call margins(shape%extent(1), size(sample_weight), y_true, y_pred, &
                   sample_weight, keep, shift, .true., value, grad)
   end subroutine evaluate_squared

   pure function name_squared(self) result(name)
      class(squared_hinge_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'SquaredHinge'
   end function name_squared

   subroutine evaluate_categorical(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(categorical_hinge_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      call largest_margin(shape%extent(1), size(sample_weight), y_true, y_pred, &
                          sample_weight, value, grad)
   end subroutine evaluate_categorical

   pure function name_categorical(self) result(name)
      class(categorical_hinge_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CategoricalHinge'
   end function name_categorical

   !> loss = mean max(1 - s p, 0) or its square, s = keep t + shift.
   pure subroutine margins(n, m, t, p, w, keep, shift, squared, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift
      logical, intent(in) :: squared
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: factor, margin, s
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            margin = 1 - s*p(i, j)
            if (margin < 0) then
               grad(i, j) = 0
            else if (squared) then
               total = total + real(margin, dp)**2
               grad(i, j) = -factor*(2*margin)*s
            else
               total = total + margin
               grad(i, j) = -factor*s
            end if
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine margins

   !> loss = max(max((1 - t) p) - sum(t p) + 1, 0); equal largest values share the gradient.
   pure subroutine largest_margin(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: top, share
      real(dp) :: loss
      integer :: i, j
      value = 0
      do j = 1, m
         grad(:, j) = (1 - t(:, j))*p(:, j)
         top = maxval(grad(:, j))
         loss = (top - sum(real(t(:, j), dp)*p(:, j))) + 1
         if (loss < 0) then
            grad(:, j) = 0
            cycle
         end if
         share = w(j)/max(1, count(grad(:, j) >= top))
         do i = 1, n
            grad(i, j) = merge(share*(1 - t(i, j)), 0.0_wp, grad(i, j) >= top) - w(j)*t(i, j)
         end do
         value = value + w(j)*loss
      end do
   end subroutine largest_margin

end module fkb_hinges_sp
