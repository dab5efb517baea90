!> Tests of the study's parts, without a network: groups, orders, seasons, scores.
program test_elnino
   use, intrinsic :: iso_fortran_env, only: error_unit, real64
   use elnino_groups, only: group_t, n_groups, others, put_in_order
   use elnino_scores, only: leads, n_scores, score, seasons_of
   use fkb_sp, only: wp
   use forecast_network, only: frames, month_size
   use random, only: random_t
   implicit none (type, external)
   integer :: failures

   failures = 0
   call groups_cover_all_pairs_once(462, 46, 47)
   call groups_cover_all_pairs_once(465, 46, 47)
   call groups_cover_all_pairs_once(20, 2, 2)
   call orders_are_those_of_python()
   call seasons_are_means_of_three_months()
   call a_perfect_forecast_has_perfect_scores()
   call a_wrong_forecast_has_the_error_that_was_put_in()
   if (failures > 0) stop 1, quiet=.true.
   print "(a)", "test_elnino: all tests passed"

contains

   !> Say which test failed.
   subroutine check(good, what)
      logical, intent(in) :: good !! What must hold.
      character(len=*), intent(in) :: what !! A sentence.
      if (good) return
      failures = failures + 1
      write (error_unit, "(a)") "test_elnino: not so: "//what
   end subroutine check

   subroutine groups_cover_all_pairs_once(pairs, shortest, longest)
      integer, intent(in) :: pairs, shortest, longest !! In all; of a group.
      type(group_t) :: group
      integer :: number, times(pairs), all_but(pairs)
      times = 0
      do number = 1, n_groups
         call group%cut(pairs, number)
         call check(group%length() >= shortest .and. group%length() <= longest, &
            "a group has 46 or 47 pairs of 465")
         times(group%first:group%last) = times(group%first:group%last) + 1
         all_but = 0
         all_but(others(group, pairs)) = 1
         call check(all(all_but(group%first:group%last) == 0) .and. &
            sum(all_but) == pairs - group%length(), "the others are all pairs but the group's")
      end do
      call check(all(times == 1), "each pair is in one group")
   end subroutine groups_cover_all_pairs_once

   !> The same numbers stand in check_study.py.
   subroutine orders_are_those_of_python()
      integer :: list(12), n
      list = [(n, n=1, 12)]
      call put_in_order(list, 1, 1)
      call check(all(list == [10, 3, 9, 7, 6, 1, 4, 12, 5, 8, 11, 2]), &
         "the order of epoch 1 is that of Python")
      call put_in_order(list, 3, 7)
      call check(all(list == [4, 6, 12, 10, 1, 5, 8, 3, 7, 2, 9, 11]), "the next one too")
   end subroutine orders_are_those_of_python

   subroutine seasons_are_means_of_three_months()
      real(real64) :: index(1, leads), expected(1, 4)
      integer :: n
      expected(1, :) = [2, 5, 8, 11]
      index(1, :) = [(real(n, real64), n=1, leads)]
      call check(all(abs(seasons_of(index) - expected) < 1e-12_real64), &
         "seasons are months 1-3, 4-6, 7-9, 10-12")
   end subroutine seasons_are_means_of_three_months

   !> Months of noise, and a group in the middle of them.
   subroutine make_world(months, group, ahead)
      real(wp), allocatable, intent(out) :: months(:, :) !! (month_size, month).
      type(group_t), intent(out) :: group !! 25 pairs.
      real(wp), allocatable, intent(out) :: ahead(:, :, :) !! What comes, (month_size, pair, lead).
      type(random_t) :: numbers
      real(real64) :: number
      integer :: lead, n, value
      group%first = 6
      group%last = 30
      allocate (months(month_size, 50), ahead(month_size, group%length(), leads))
      call numbers%seed(1)
      do n = 1, size(months, 2)
         do value = 1, month_size
            call numbers%normal(number)
            months(value, n) = real(number, wp)
         end do
      end do
      do lead = 1, leads
         n = group%first + frames + lead - 1
         ahead(:, :, lead) = months(:, n:n + group%length() - 1)
      end do
   end subroutine make_world

   subroutine a_perfect_forecast_has_perfect_scores()
      real(wp), allocatable :: months(:, :), ahead(:, :, :)
      type(group_t) :: group
      real(real64) :: scores(n_scores)
      call make_world(months, group, ahead)
      scores = score(group, ahead, months)
      call check(all(abs(scores - [6, 30, 0, 0, 1, 1, 1, 1]) < 1e-12_real64), &
         "a perfect forecast has no error and correlations of 1")
      ! What is compared must begin and end in the group.
      ahead(:, group%length() - leads + 2:, 2:) = 0.0_wp
      months(:, group%last + frames + 1:) = 0.0_wp
      months(:, :group%first + frames - 1) = 0.0_wp
      scores = score(group, ahead, months)
      call check(all(abs(scores - [6, 30, 0, 0, 1, 1, 1, 1]) < 1e-12_real64), &
         "no month outside of the group counts")
   end subroutine a_perfect_forecast_has_perfect_scores

   subroutine a_wrong_forecast_has_the_error_that_was_put_in()
      real(wp), allocatable :: months(:, :), ahead(:, :, :)
      type(group_t) :: group
      real(real64) :: scores(n_scores)
      call make_world(months, group, ahead)
      ahead(1::2, :, 1) = ahead(1::2, :, 1) + 0.25_wp
      scores = score(group, -ahead, -months)
      call check(abs(scores(3) - 0.25_real64/sqrt(2.0_real64)) < 1e-6_real64, &
         "an error of half of the values counts half of its square")
      call check(abs(scores(4) - 0.5_real64) < 1e-6_real64, "the error of SST is in K")
      scores = score(group, -ahead, months)
      call check(all(abs(scores(6:) + 1) < 1e-12_real64), "the opposite has correlations of -1")
   end subroutine a_wrong_forecast_has_the_error_that_was_put_in

end program test_elnino
