!> Activations against the values and gradients of Keras in `tests/golden/activations.txt`.
!>
!> Keras and this library round differently, and its formulas lose digits to cancellation: the bound
!> is 8 units (16 for gradients) of the larger of 1 and the value.
module test_activation_kernels
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_positive_inf, ieee_quiet_nan, &
      ieee_value
   use fkb_activation_kernels_dp, only: dp_activate => activate, &
      dp_activate_backward => activate_backward
   use fkb_activation_kernels_sp, only: activate, activate_backward, activate_backward_in_place, &
      activate_in_place
   use fkb_activations, only: act_glu, act_softmax, act_softsign, act_step, act_tanh, act_unknown, &
      activation_id, activation_name, backward_needs_input, default_parameters, n_activations, &
      n_parameters, output_features, works_on_columns
   use fkb_kinds, only: dp, sp
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use golden_tables, only: open_table
   implicit none (type, external)
   private
   public :: collect

   real(dp), parameter :: bound_dp = 8*epsilon(1.0_dp)
   real(sp), parameter :: bound_sp = 8*epsilon(1.0_sp)

   !> One block of the table, sample after sample.
   type :: case_t
      character(24) :: name
      integer :: id, n, batch
      real(dp) :: parameters(n_parameters)
      real(dp), allocatable :: x(:, :), dy(:, :), y64(:, :), dx64(:, :), y32(:, :), dx32(:, :)
   end type case_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "activation_kernels"
      call suite%add("names and numbers belong together", names_and_numbers)
      call suite%add("values are those of Keras", values_are_those_of_keras)
      call suite%add("gradients are those of Keras, at kinks too", gradients_are_those_of_keras)
      call suite%add("every activation is in the table", every_activation_is_in_the_table)
      call suite%add("the output is enough where the input is not needed", output_is_enough)
      call suite%add("in place and out of place agree bit by bit", in_place_agrees)
      call suite%add("bits do not depend on position or length", bits_do_not_depend_on_position)
      call suite%add("a NaN comes out as NaN and touches no neighbour", nan_comes_out)
      call suite%add("softmax holds for huge inputs", softmax_holds_for_huge_inputs)
      call suite%add("an unknown number gives NaN", unknown_number_gives_nan)
   end subroutine collect

   subroutine names_and_numbers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: id
      do id = 1, n_activations
         call check_equal(failure, activation_id(activation_name(id)), id, activation_name(id))
      end do
      call check_equal(failure, activation_id("swish"), activation_id("silu"), "swish")
      call check_equal(failure, activation_id("hard_swish"), activation_id("hard_silu"), &
                       "hard_swish")
      call check_equal(failure, activation_id("Relu"), act_unknown, "names are case-sensitive")
      call check_equal(failure, activation_name(n_activations + 1), "", "beyond the last one")
      call check_equal(failure, output_features(act_glu, 8), 4, "glu halves")
   end subroutine names_and_numbers

   subroutine values_are_those_of_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(case_t) :: item
      real(dp), allocatable :: y(:, :)
      real(sp), allocatable :: narrow(:, :)
      integer :: n_out, unit
      call open_table("activations.txt", unit, failure)
      if (allocated(failure)) return
      do while (next_case(unit, item))
         n_out = output_features(item%id, item%n)
         allocate (y(n_out, item%batch), narrow(n_out, item%batch))
         call dp_activate(item%id, item%parameters, item%n, item%batch, item%x, y)
         call check_relative(failure, y, item%y64(:n_out, :), item%x(:n_out, :)*0, bound_dp, &
                             "real64 "//item%name)
         call activate(item%id, real(item%parameters, sp), item%n, item%batch, &
                       real(item%x, sp), narrow)
         call check_relative(failure, real(narrow, dp), item%y32(:n_out, :), item%x(:n_out, :)*0, &
                             real(bound_sp, dp), "real32 "//item%name)
         deallocate (y, narrow)
      end do
      close (unit)
   end subroutine values_are_those_of_keras

   subroutine gradients_are_those_of_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(case_t) :: item
      real(dp), allocatable :: dx(:, :)
      real(sp), allocatable :: narrow(:, :)
      integer :: n_out, unit
      call open_table("activations.txt", unit, failure)
      if (allocated(failure)) return
      do while (next_case(unit, item))
         n_out = output_features(item%id, item%n)
         allocate (dx(item%n, item%batch), narrow(item%n, item%batch))
         call dp_activate_backward(item%id, item%parameters, item%n, item%batch, item%x, &
                                   item%y64(:n_out, :), item%dy(:n_out, :), dx)
         call check_relative(failure, dx, item%dx64, item%x, 2*bound_dp, "real64 "//item%name)
         call activate_backward(item%id, real(item%parameters, sp), item%n, item%batch, &
                                real(item%x, sp), real(item%y32(:n_out, :), sp), &
                                real(item%dy(:n_out, :), sp), narrow)
         call check_relative(failure, real(narrow, dp), item%dx32, item%x, 2*real(bound_sp, dp), &
                             "real32 "//item%name)
         deallocate (dx, narrow)
      end do
      close (unit)
   end subroutine gradients_are_those_of_keras

   subroutine every_activation_is_in_the_table(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(case_t) :: item
      logical :: seen(n_activations)
      integer :: unit
      call open_table("activations.txt", unit, failure)
      if (allocated(failure)) return
      seen = .false.
      do while (next_case(unit, item))
         if (item%id == act_unknown) then
            call fail(failure, "unknown: "//item%name)
            return
         end if
         seen(item%id) = .true.
      end do
      close (unit)
      call check(failure, all(seen), "missing: "//activation_name(findloc(seen, .false., 1)))
   end subroutine every_activation_is_in_the_table

   subroutine output_is_enough(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(case_t) :: item
      real(dp), allocatable :: with_input(:, :), without(:, :)
      integer :: unit
      call open_table("activations.txt", unit, failure)
      if (allocated(failure)) return
      do while (next_case(unit, item))
         if (backward_needs_input(item%id, item%parameters)) cycle
         allocate (with_input, without, mold=item%x)
         call dp_activate_backward(item%id, item%parameters, item%n, item%batch, item%x, item%y64, &
                                   item%dy, with_input)
         call dp_activate_backward(item%id, item%parameters, item%n, item%batch, item%y64, &
                                   item%y64, item%dy, without)
         call check_equal(failure, without, with_input, item%name)
         deallocate (with_input, without)
      end do
      close (unit)
   end subroutine output_is_enough

   subroutine in_place_agrees(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: parameters(n_parameters), x(37, 9), y(37, 9), in_place(37, 9)
      real(sp) :: dy(37, 9), dx(37, 9)
      integer :: id
      call random_values(x)
      call random_values(dy)
      do id = 1, n_activations
         if (id == act_glu) cycle
         parameters = real(default_parameters(id), sp)
         call activate(id, parameters, 37, 9, x, y)
         in_place = x
         call activate_in_place(id, parameters, 37, 9, in_place)
         call check_equal(failure, in_place, y, activation_name(id))
         call activate_backward(id, parameters, 37, 9, x, y, dy, dx)
         in_place = dy
         call activate_backward_in_place(id, parameters, 37, 9, x, y, in_place)
         call check_equal(failure, in_place, dx, activation_name(id)//" backward")
      end do
   end subroutine in_place_agrees

   subroutine bits_do_not_depend_on_position(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: parameters(n_parameters), x(700, 1), dy(700, 1)
      real(sp) :: y(700, 1), part(700, 1), dx(700, 1), dpart(700, 1)
      integer :: first, id, n
      call random_values(x)
      call random_values(dy)
      do id = 1, n_activations
         if (works_on_columns(id)) cycle
         parameters = real(default_parameters(id), sp)
         call activate(id, parameters, 700, 1, x, y)
         call activate_backward(id, parameters, 700, 1, x, y, dy, dx)
         do n = 1, 340, 13
            first = 1 + 7*n/8
            call activate(id, parameters, n, 1, x(first, 1), part)
            call activate_backward(id, parameters, n, 1, x(first, 1), y(first, 1), &
                                   dy(first, 1), dpart)
            call check_equal(failure, part(:n, 1), y(first:first + n - 1, 1), activation_name(id))
            call check_equal(failure, dpart(:n, 1), dx(first:first + n - 1, 1), &
                             activation_name(id)//" backward")
         end do
      end do
   end subroutine bits_do_not_depend_on_position

   subroutine nan_comes_out(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: parameters(n_parameters), x(67, 1), y(67, 1), clean(67, 1)
      logical :: others(67)
      integer :: at, id
      do id = 1, n_activations
         if (works_on_columns(id)) cycle
         parameters = real(default_parameters(id), sp)
         call random_values(x)
         call activate(id, parameters, 67, 1, x, clean)
         do at = 1, 67, 11
            call random_values(x)
            x(at, 1) = ieee_value(1.0_sp, ieee_quiet_nan)
            call activate(id, parameters, 67, 1, x, y)
            call check(failure, ieee_is_nan(y(at, 1)), activation_name(id)//" hides a NaN")
            others = .true.
            others(at) = .false.
            call check_equal(failure, pack(y(:, 1), others), pack(clean(:, 1), others), &
                             activation_name(id))
         end do
      end do
   end subroutine nan_comes_out

   subroutine softmax_holds_for_huge_inputs(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: y(3, 2)
      y = reshape([1e30_sp, -1e30_sp, 1e30_sp, -3e38_sp, 3e38_sp, 0.0_sp], [3, 2])
      call activate_in_place(act_softmax, [0.0_sp, 0.0_sp, 0.0_sp], 3, 2, y)
      call check_close(failure, y, reshape([0.5_sp, 0.0_sp, 0.5_sp, 0.0_sp, 1.0_sp, 0.0_sp], &
                                           [3, 2]), 0.0_sp, "softmax")
   end subroutine softmax_holds_for_huge_inputs

   subroutine unknown_number_gives_nan(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: y(3, 1)
      y = 1
      call activate_in_place(n_activations + 1, [0.0_sp, 0.0_sp, 0.0_sp], 3, 1, y)
      call check(failure, all(ieee_is_nan(y)), "a wrong answer instead of NaN")
   end subroutine unknown_number_gives_nan

   !> Each value to the bound times the largest of 1, its size, and that of x, by which
   !> gradients multiply what cancellation leaves.
   subroutine check_relative(failure, actual, expected, x, bound, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(dp), intent(in) :: actual(:, :), expected(:, :), x(:, :), bound
      character(*), intent(in) :: what
      real(dp) :: scale(size(expected, 1), size(expected, 2))
      scale = max(1.0_dp, abs(expected), abs(x))
      call check_close(failure, actual/scale, expected/scale, bound, trim(what), scale=1.0_dp)
   end subroutine check_relative

   !> Read the next block of the table; false at its end.
   logical function next_case(unit, item) result(found)
      integer, intent(in) :: unit
      type(case_t), intent(inout) :: item
      integer :: i, j, status
      read (unit, *, iostat=status) item%name, item%n, item%batch, item%parameters
      found = status == 0
      if (.not. found) return
      item%id = activation_id(trim(item%name))
      if (allocated(item%x)) deallocate (item%x, item%dy, item%y64, item%dx64, item%y32, item%dx32)
      allocate (item%x(item%n, item%batch))
      allocate (item%dy, item%y64, item%dx64, item%y32, item%dx32, mold=item%x)
      do j = 1, item%batch
         do i = 1, item%n
            read (unit, *) item%x(i, j), item%dy(i, j), item%y64(i, j), item%dx64(i, j), &
               item%y32(i, j), item%dx32(i, j)
         end do
      end do
      item%x = real(real(item%x, sp), dp)
   end function next_case

   !> Values between -5 and 5, the same on every call.
   subroutine random_values(x)
      real(sp), intent(out) :: x(:, :)
      integer :: i, j, state
      state = 12345
      do j = 1, size(x, 2)
         do i = 1, size(x, 1)
            state = mod(state*171, 30269)
            x(i, j) = 10*real(state, sp)/30269 - 5
         end do
      end do
   end subroutine random_values

end module test_activation_kernels
