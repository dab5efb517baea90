!> Sample weights from weights of classes.
module fkb_class_weights
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: weigh_classes

   !> `call weigh_classes(y_true, class_weight, sample_weight, error)`, real32 or real64. Targets
   !> are labels from 0 (one value a sample) or one-hot (the largest counts), as Keras 3's
   !> `class_weight` takes them.
   !> Raises an error for a label without a weight.
   interface weigh_classes
      module procedure weigh_classes_sp, weigh_classes_dp
   end interface weigh_classes

contains

   subroutine weigh_classes_sp(y_true, class_weight, sample_weight, error)
      real(sp), intent(in) :: y_true(:, :)             !! (1 or classes, samples)
      real(sp), intent(in) :: class_weight(0:)         !! (classes)
      real(sp), intent(out) :: sample_weight(:)        !! (samples)
      type(error_t), allocatable, intent(out) :: error
      integer :: j, label
      sample_weight = 1
      call check(size(y_true, 2), size(sample_weight), error)
      do j = 1, size(sample_weight)
         if (allocated(error)) return
         label = class_of(real(y_true(:, j), dp))
         call check_label(label, size(class_weight), error)
         if (.not. allocated(error)) sample_weight(j) = class_weight(label)
      end do
   end subroutine weigh_classes_sp

   subroutine weigh_classes_dp(y_true, class_weight, sample_weight, error)
      real(dp), intent(in) :: y_true(:, :)             !! (1 or classes, samples)
      real(dp), intent(in) :: class_weight(0:)         !! (classes)
      real(dp), intent(out) :: sample_weight(:)        !! (samples)
      type(error_t), allocatable, intent(out) :: error
      integer :: j, label
      sample_weight = 1
      call check(size(y_true, 2), size(sample_weight), error)
      do j = 1, size(sample_weight)
         if (allocated(error)) return
         label = class_of(y_true(:, j))
         call check_label(label, size(class_weight), error)
         if (.not. allocated(error)) sample_weight(j) = class_weight(label)
      end do
   end subroutine weigh_classes_dp

   subroutine check(samples, weights, error)
      integer, intent(in) :: samples, weights
      type(error_t), allocatable, intent(out) :: error
      if (samples == weights) return
      call raise(error, fkb_err_argument, 'there are '//decimal(samples)//' samples and room'// &
                 ' for '//decimal(weights)//' sample weights')
   end subroutine check

   subroutine check_label(label, classes, error)
      integer, intent(in) :: label, classes
      type(error_t), allocatable, intent(out) :: error
      if (label >= 0 .and. label < classes) return
      call raise(error, fkb_err_argument, 'the label '//decimal(label)//' has no class weight:'// &
                 ' there are '//decimal(classes))
   end subroutine check_label

   !> The class of a target, from 0.
   pure integer function class_of(target) result(label)
      real(dp), intent(in) :: target(:)
      label = -1
      if (size(target) == 1) then
         if (abs(target(1)) < huge(label)) label = nint(target(1))
      else
         label = maxloc(target, 1) - 1
      end if
   end function class_of

end module fkb_class_weights
