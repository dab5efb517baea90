!> Sample weights from weights of classes.
module test_class_weights
   use fkb_class_weights, only: weigh_classes
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_testing, only: check_close, fail, failure_t, suite_t
   use trainer_cases, only: names
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'class_weights'
      call suite%add('labels and one-hot rows have the weights of their classes', &
                     classes_are_weighed)
   end subroutine collect

   subroutine classes_are_weighed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      real(dp) :: w(3)
      real(sp) :: w_sp(2)
      call weigh_classes(reshape([2.0_dp, 0.0_dp, 1.0_dp], [1, 3]), [0.5_dp, 1.0_dp, 4.0_dp], w, &
                         error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, w, [4.0_dp, 0.5_dp, 1.0_dp], 0.0_dp, 'the weights of labels')
      call weigh_classes(reshape([0.0_dp, 1.0_dp, 1.0_dp, 0.0_dp, 0.0_dp, 1.0_dp], [2, 3]), &
                         [0.5_dp, 3.0_dp], w, error)
      call check_close(failure, w, [3.0_dp, 0.5_dp, 3.0_dp], 0.0_dp, 'the weights of one-hot rows')
      call weigh_classes(reshape([2.0_dp, 0.0_dp, 1.0_dp], [1, 3]), [0.5_dp, 1.0_dp], w, error)
      call names(error, 'label 2', failure)
      call weigh_classes(reshape([0.0_dp, 1.0_dp], [1, 2]), [0.5_dp, 1.0_dp], w, error)
      call names(error, '2 samples', failure)
      call weigh_classes(reshape([1.0_sp, 0.0_sp], [1, 2]), [0.5_sp, 2.0_sp], w_sp, error)
      call check_close(failure, w_sp, [2.0_sp, 0.5_sp], 0.0_sp, 'the weights in real32')
   end subroutine classes_are_weighed

end module test_class_weights
