!> The counter-based random numbers: the published function, distributions, independence.
!>
!> Bounds of the statistics are five standard deviations of each; the numbers are fixed, so that a
!> test that passes once passes always.
module test_random
   use fkb_kinds, only: dp, i8, sp
   use fkb_random_dp, only: dp_normal => normal_values, dp_uniform => uniform_values
   use fkb_random_sp, only: normal_values, threefry, uniform_values
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: features = 131, samples = 400

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "random"
      call suite%add("Threefry gives the published words", published_words)
      call suite%add("the first numbers of a sample do not depend on how many follow", prefixes)
      call suite%add("both kinds give the same numbers", kinds_agree)
      call suite%add("seed, node, step and sample all matter", every_argument_matters)
      call suite%add("uniform numbers have the moments of the distribution", uniform_moments)
      call suite%add("uniform numbers fill sixteen classes evenly", uniform_classes)
      call suite%add("normal numbers have the moments of the distribution", normal_moments)
      call suite%add("neighbours are uncorrelated", neighbours_are_uncorrelated)
      call suite%add("values stay inside (0, 1) and below 6 deviations", values_are_bounded)
   end subroutine collect

   !> Known answers of Random123 1.09 (kat_vectors), threefry2x32 with 20 rounds.
   subroutine published_words(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer(i8), parameter :: ones = int(z"FFFFFFFF", i8)
      call check_words(failure, [0_i8, 0_i8], [0_i8, 0_i8], &
                       [int(z"6B200159", i8), int(z"99BA4EFE", i8)])
      call check_words(failure, [ones, ones], [ones, ones], &
                       [int(z"1CB996FC", i8), int(z"BB002BE7", i8)])
      call check_words(failure, [int(z"13198A2E", i8), int(z"03707344", i8)], &
                       [int(z"243F6A88", i8), int(z"85A308D3", i8)], &
                       [int(z"C4923A9C", i8), int(z"483DF7A0", i8)])
   end subroutine published_words

   subroutine prefixes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: long(200), short(200)
      integer :: n
      call uniform_values(5_i8, 2, 9_i8, 77_i8, 200, long)
      do n = 0, 199
         call uniform_values(5_i8, 2, 9_i8, 77_i8, n, short)
         call check_equal(failure, short(:n), long(:n), "uniform")
      end do
      call normal_values(5_i8, 2, 9_i8, 77_i8, 200, long)
      do n = 0, 199
         call normal_values(5_i8, 2, 9_i8, 77_i8, n, short)
         call check_equal(failure, short(:n), long(:n), "normal")
      end do
   end subroutine prefixes

   subroutine kinds_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: narrow(300)
      real(dp) :: wide(300)
      call uniform_values(1_i8, 2, 3_i8, 4_i8, 300, narrow)
      call dp_uniform(1_i8, 2, 3_i8, 4_i8, 300, wide)
      call check_equal(failure, real(narrow, dp), wide, "uniform")
      call normal_values(1_i8, 2, 3_i8, 4_i8, 300, narrow)
      call dp_normal(1_i8, 2, 3_i8, 4_i8, 300, wide)
      call check_close(failure, real(narrow, dp), wide, 4*real(epsilon(narrow), dp), "normal")
   end subroutine kinds_agree

   subroutine every_argument_matters(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer(i8), parameter :: high = 2_i8**32
      real(sp) :: base(50), other(50)
      integer :: i
      call uniform_values(1_i8, 1, 1_i8, 1_i8, 50, base)
      do i = 1, 7
         select case (i)
         case (1)
            call uniform_values(2_i8, 1, 1_i8, 1_i8, 50, other)
         case (2)
            call uniform_values(1_i8 + high, 1, 1_i8, 1_i8, 50, other)
         case (3)
            call uniform_values(1_i8, 2, 1_i8, 1_i8, 50, other)
         case (4)
            call uniform_values(1_i8, 1, 2_i8, 1_i8, 50, other)
         case (5)
            call uniform_values(1_i8, 1, 1_i8 + high, 1_i8, 50, other)
         case (6)
            call uniform_values(1_i8, 1, 1_i8, 2_i8, 50, other)
         case default
            call uniform_values(1_i8, 1, 1_i8, 1_i8 + high, 50, other)
         end select
         call check(failure, count(abs(base - other) <= 0) == 0, "an argument changes nothing")
      end do
   end subroutine every_argument_matters

   subroutine uniform_moments(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: u(:, :)
      real(dp) :: n
      call draw_uniform(u)
      n = size(u)
      call check_close(failure, sum(u)/n, 0.5_dp, 5/sqrt(12*n), "mean", 1.0_dp)
      call check_close(failure, sum((u - 0.5_dp)**2)/n, 1/12.0_dp, 5/sqrt(180*n), "variance", &
                       1.0_dp)
   end subroutine uniform_moments

   subroutine uniform_classes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: u(:, :)
      real(dp) :: chi_square, expected
      integer :: class
      call draw_uniform(u)
      expected = size(u)/16.0_dp
      chi_square = 0
      do class = 1, 16
         chi_square = chi_square + (count(ceiling(16*u) == class) - expected)**2/expected
      end do
      ! 15 degrees of freedom: mean 15, standard deviation sqrt(30).
      call check_close(failure, chi_square, 15.0_dp, 5*sqrt(30.0_dp), "chi square", 1.0_dp)
   end subroutine uniform_classes

   subroutine normal_moments(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: z(:, :)
      real(dp) :: n
      integer :: j
      allocate (z(features, samples))
      do j = 1, samples
         call dp_normal(11_i8, 3, 5_i8, int(j, i8), features, z(:, j))
      end do
      n = size(z)
      call check_close(failure, sum(z)/n, 0.0_dp, 5/sqrt(n), "mean", 1.0_dp)
      call check_close(failure, sum(z**2)/n, 1.0_dp, 5*sqrt(2/n), "variance", 1.0_dp)
      call check_close(failure, sum(z**3)/n, 0.0_dp, 5*sqrt(15/n), "skewness", 1.0_dp)
      call check_close(failure, sum(z**4)/n, 3.0_dp, 5*sqrt(96/n), "kurtosis", 1.0_dp)
      call check_close(failure, count(abs(z) < 1)/n, erf(sqrt(0.5_dp)), 5*sqrt(0.22_dp/n), &
                       "share within one deviation", 1.0_dp)
   end subroutine normal_moments

   subroutine neighbours_are_uncorrelated(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: u(:, :)
      real(dp) :: bound
      call draw_uniform(u)
      u = (u - 0.5_dp)*sqrt(12.0_dp)
      bound = 5/sqrt(real(size(u), dp))
      call check_close(failure, sum(u(2:, :)*u(:features - 1, :))/size(u), 0.0_dp, bound, &
                       "of neighbouring elements", 1.0_dp)
      call check_close(failure, sum(u(3:, :)*u(:features - 2, :))/size(u), 0.0_dp, bound, &
                       "of elements two apart", 1.0_dp)
      call check_close(failure, sum(u(:, 2:)*u(:, :samples - 1))/size(u), 0.0_dp, bound, &
                       "of neighbouring samples", 1.0_dp)
   end subroutine neighbours_are_uncorrelated

   subroutine values_are_bounded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: u(1000), z(1000)
      integer(i8) :: sample
      do sample = 0, 99
         call uniform_values(3_i8, 1, 1_i8, sample, 1000, u)
         call normal_values(3_i8, 1, 1_i8, sample, 1000, z)
         call check(failure, all(u > 0 .and. u < 1), "a uniform number outside (0, 1)")
         call check(failure, all(abs(z) < 6), "a normal number beyond what 24 bits allow")
      end do
   end subroutine values_are_bounded

   subroutine check_words(failure, key, counter, expected)
      type(failure_t), allocatable, intent(inout) :: failure
      integer(i8), intent(in) :: key(2), counter(2), expected(2)
      integer(i8) :: words(2)
      words = threefry(key, counter)
      call check_equal(failure, words(1), expected(1), "first word")
      call check_equal(failure, words(2), expected(2), "second word")
   end subroutine check_words

   subroutine draw_uniform(u)
      real(dp), allocatable, intent(out) :: u(:, :)
      integer :: j
      allocate (u(features, samples))
      do j = 1, samples
         call dp_uniform(11_i8, 3, 5_i8, int(j, i8), features, u(:, j))
      end do
   end subroutine draw_uniform

end module test_random
