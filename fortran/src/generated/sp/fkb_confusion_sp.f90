! Generated from train/fkb_confusion.fypp: edit that file and run tools/generate.py
!> Counts of a confusion matrix at thresholds, as Keras's metrics keep them.
!> Source: `update_confusion_matrix_variables` of keras.src.metrics.metrics_utils, Keras 3.15.
module fkb_confusion_sp
   use fkb_kinds, only: dp, sp, wp => sp
   implicit none (type, external)
   private
   public :: confusion_t, even_thresholds

   !> True and false positives and negatives, (thresholds, labels); one label counts for all.
   type :: confusion_t
      real(dp), allocatable :: thresholds(:)      !! a value above one is positive
      real(dp), allocatable :: tp(:, :), fp(:, :), tn(:, :), fn(:, :)
      logical :: even = .false.                   !! thresholds are equally spaced from 0 to 1
   contains
      procedure :: begin
      procedure :: clear_counts
      procedure :: add
      procedure :: list_counts
      procedure :: take_counts
   end type confusion_t

contains

   !> `n` thresholds from 0 to 1; the ends lie outside by `margin`.
   pure function even_thresholds(n, margin) result(thresholds)
      integer, intent(in) :: n                    !! 1: only 0.5
      real(dp), intent(in) :: margin
      real(dp) :: thresholds(n)
      integer :: i
      thresholds = 0.5_dp
      if (n == 1) return
      thresholds = [(real(i, dp)/(n - 1), i=0, n - 1)]
      thresholds(1) = -margin
      thresholds(n) = 1 + margin
   end function even_thresholds

   !> Begin with these thresholds.
   subroutine begin(self, thresholds)
      class(confusion_t), intent(inout) :: self
      real(dp), intent(in) :: thresholds(:)
      real(dp) :: even(size(thresholds))
      self%thresholds = thresholds
      even = even_thresholds(size(thresholds), 0.0_dp)
      ! numpy's `allclose` with real32 numbers and its default relative tolerance
      self%even = size(thresholds) >= 3
      if (self%even) self%even = all(abs(thresholds - real(real(even, sp), dp)) <= &
                                     1e-7_dp + 1e-5_dp*abs(even))
      call self%clear_counts(1)
   end subroutine begin

   !> Forget all; as many labels from now on.
   subroutine clear_counts(self, labels)
      class(confusion_t), intent(inout) :: self
      integer, intent(in) :: labels
      integer :: n
      n = 0
      if (allocated(self%thresholds)) n = size(self%thresholds)
      if (allocated(self%tp)) deallocate (self%tp, self%fp, self%tn, self%fn)
      allocate (self%tp(n, labels), self%fp(n, labels), self%tn(n, labels), self%fn(n, labels), &
                source=0.0_dp)
   end subroutine clear_counts

   !> All counts, one after another.
   subroutine list_counts(self, counts)
      class(confusion_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: counts(:)
      allocate (counts(0))
      if (.not. allocated(self%tp)) return
      counts = [self%tp, self%fp, self%tn, self%fn]
   end subroutine list_counts

   !> Go on with other counts.
   subroutine take_counts(self, counts)
      class(confusion_t), intent(inout) :: self
      real(dp), intent(in) :: counts(:)           !! as many as there are
      integer :: n
      if (.not. allocated(self%tp)) return
      n = size(self%tp)
      self%tp = reshape(counts(:n), shape(self%tp))
      self%fp = reshape(counts(n + 1:2*n), shape(self%fp))
      self%tn = reshape(counts(2*n + 1:3*n), shape(self%tn))
      self%fn = reshape(counts(3*n + 1:), shape(self%fn))
   end subroutine take_counts

   !> Count one value: `label` is the column, `weight` what it counts.
   pure subroutine add(self, is_true, value, weight, label)
      class(confusion_t), intent(inout) :: self
      logical, intent(in) :: is_true
      real(wp), intent(in) :: value
      real(dp), intent(in) :: weight
      integer, intent(in) :: label
      integer :: above, n
      n = size(self%thresholds)
      if (self%even) then
         above = bucket(value, n, self%thresholds(1) < 0)
      else
         above = -1
      end if
      call count_one(self, is_true, value, weight, label, above)
   end subroutine add

   !> The number of thresholds that a value lies above, from Keras's bucket of equal width.
   pure integer function bucket(value, n, outside)
      real(wp), intent(in) :: value
      integer, intent(in) :: n
      logical, intent(in) :: outside              !! the first threshold is below 0
      bucket = ceiling(min(max(value, 0.0_wp), 1.0_wp)*(real(n, wp) - 1)) - 1
      if (outside) bucket = max(bucket, 0)
      bucket = bucket + 1
   end function bucket

   pure subroutine count_one(self, is_true, value, weight, label, above)
      class(confusion_t), intent(inout) :: self
      logical, intent(in) :: is_true
      real(wp), intent(in) :: value
      real(dp), intent(in) :: weight
      integer, intent(in) :: label
      integer, intent(in) :: above                !! thresholds it is above, -1: compare
      logical :: positive
      integer :: i
      do i = 1, size(self%thresholds)
         if (above >= 0) then
            positive = i <= above
         else
            positive = value > real(self%thresholds(i), wp)
         end if
         if (is_true) then
            if (positive) then
               self%tp(i, label) = self%tp(i, label) + weight
            else
               self%fn(i, label) = self%fn(i, label) + weight
            end if
         else if (positive) then
            self%fp(i, label) = self%fp(i, label) + weight
         else
            self%tn(i, label) = self%tn(i, label) + weight
         end if
      end do
   end subroutine count_one

end module fkb_confusion_sp
