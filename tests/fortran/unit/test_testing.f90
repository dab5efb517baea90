!> The harness itself: a comparison that cannot fail would make every other test worthless.
module test_testing
   use, intrinsic :: ieee_arithmetic, only: ieee_positive_inf, ieee_quiet_nan, ieee_value
   use, intrinsic :: iso_fortran_env, only: real32, real64
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, skip, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "testing"
      call suite%add("values within the tolerance pass", close_values_pass)
      call suite%add("a far value fails and is named by its index", far_value_is_named)
      call suite%add("the tolerance is relative to the given scale", scale_widens_tolerance)
      call suite%add("a NaN is close to nothing, not even to a NaN", nan_is_never_close)
      call suite%add("infinities are close only to themselves", infinity_is_close_to_itself)
      call suite%add("arrays of different shapes differ", shapes_are_compared)
      call suite%add("equal reals have equal bits", signed_zeros_differ)
      call suite%add("strings of different lengths differ", string_lengths_count)
      call suite%add("the first failure of a test is kept", first_failure_is_kept)
      call suite%add("a skip is not a pass", skip_is_marked)
   end subroutine collect

   subroutine close_values_pass(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_close(failure, 1.0_real32 + epsilon(1.0_real32), 1.0_real32, 1e-6_real32, "a")
      call check_close(failure, [1.0_real64, 2.0_real64], [1.0_real64, 2.0_real64 + 1e-12_real64], &
                       1e-12_real64, "b")
      call check_close(failure, [real(real64) ::], [real(real64) ::], 0.0_real64, "nothing")
      call check_close(failure, [1e-7_real64], [0.0_real64], 1e-6_real64, "near zero")
   end subroutine close_values_pass

   subroutine far_value_is_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      real(real32) :: actual(2, 3), expected(2, 3)
      expected = 1
      actual = expected
      actual(2, 3) = 1.5_real32
      call check_close(inner, actual, expected, 1e-3_real32, "y")
      call check(failure, allocated(inner), "a difference of one half went unseen")
      if (allocated(failure)) return
      call check(failure, index(inner%message, "y at (2, 3) is 1.5") == 1, inner%message)
      call check(failure, index(inner%message, "1 of 6 values") > 0, inner%message)
   end subroutine far_value_is_named

   subroutine scale_widens_tolerance(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      call check_close(inner, [1.0_real64, 100.1_real64], [1.05_real64, 100.1_real64], &
                       1e-3_real64, "scaled with the largest expected value")
      call check(failure, .not. allocated(inner), "the largest expected value is not the scale")
      call check_close(inner, 1.05_real64, 1.0_real64, 1e-3_real64, "scaled", scale=1.0_real64)
      call check(failure, allocated(inner), "the given scale is not used")
   end subroutine scale_widens_tolerance

   subroutine nan_is_never_close(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      real(real64) :: nan
      nan = ieee_value(nan, ieee_quiet_nan)
      call check_close(inner, nan, 1.0_real64, huge(1.0_real64), "a")
      call check(failure, allocated(inner), "NaN passed for 1")
      if (allocated(inner)) deallocate (inner)
      call check_close(inner, nan, nan, huge(1.0_real64), "a")
      call check(failure, allocated(inner), "NaN passed for NaN")
      if (allocated(inner)) deallocate (inner)
      call check_close(inner, 1.0_real64, nan, huge(1.0_real64), "a")
      call check(failure, allocated(inner), "1 passed for NaN")
   end subroutine nan_is_never_close

   subroutine infinity_is_close_to_itself(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      real(real32) :: infinity
      infinity = ieee_value(infinity, ieee_positive_inf)
      call check_close(failure, [infinity, 1.0_real32], [infinity, 1.0_real32], 1e-6_real32, "a")
      call check_close(inner, infinity, -infinity, 1e-6_real32, "a")
      call check(failure, allocated(inner), "an infinity passed for the other")
      if (allocated(inner)) deallocate (inner)
      call check_close(inner, [infinity], [1.0_real32], 1e-6_real32, "a")
      call check(failure, allocated(inner), "an infinity passed for 1")
   end subroutine infinity_is_close_to_itself

   subroutine shapes_are_compared(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      real(real64) :: wide(2, 3), tall(3, 2)
      wide = 0
      tall = 0
      call check_close(inner, wide, tall, 1.0_real64, "a")
      call check(failure, allocated(inner), "a (2, 3) array passed for a (3, 2) one")
      if (allocated(inner)) deallocate (inner)
      call check_equal(inner, wide, tall, "a")
      call check(failure, allocated(inner), "a (2, 3) array equals a (3, 2) one")
      if (allocated(inner)) deallocate (inner)
      call check_equal(inner, [1, 2], [1, 2, 3], "a")
      call check(failure, allocated(inner), "two integers equal three")
   end subroutine shapes_are_compared

   subroutine signed_zeros_differ(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      call check_equal(failure, [0.5_real32], [0.5_real32], "a")
      call check_equal(inner, [-0.0_real32], [0.0_real32], "a")
      call check(failure, allocated(inner), "negative zero passed for zero")
      if (allocated(inner)) deallocate (inner)
      call check_equal(inner, [1.0_real64 + epsilon(1.0_real64)], [1.0_real64], "a")
      call check(failure, allocated(inner), "neighbours passed for the same")
   end subroutine signed_zeros_differ

   subroutine string_lengths_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      call check_equal(failure, "a ", "a ", "a")
      call check_equal(inner, "a ", "a", "a")
      call check(failure, allocated(inner), "a trailing blank went unseen")
   end subroutine string_lengths_count

   subroutine first_failure_is_kept(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      call fail(inner, "first")
      call fail(inner, "second")
      call check_equal(failure, inner%message, "first", "the message")
   end subroutine first_failure_is_kept

   subroutine skip_is_marked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(failure_t), allocatable :: inner
      call skip(inner, "no file")
      call check(failure, allocated(inner), "a skip left no mark")
      if (allocated(failure)) return
      call check(failure, inner%skipped, "a skip is marked as a failure")
      call check_equal(failure, inner%message, "no file", "the reason")
   end subroutine skip_is_marked

end module test_testing
