!> Optimizers, fed the same gradients as Keras for twenty steps: weights and state.
module test_optimizer_table
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_optimizer_dp, only: optimizer_dp => optimizer_t, state_dp => optimizer_state_t
   use fkb_optimizer_sp, only: optimizer_sp => optimizer_t, state_sp => optimizer_state_t
   use fkb_optimizer_state_dp, only: get_dp => get_values, list_dp => state_list_t
   use fkb_optimizer_state_sp, only: get_sp => get_values, list_sp => state_list_t
   use fkb_optimizers_dp, only: optimizer_from_config_dp => optimizer_from_config
   use fkb_optimizers_sp, only: optimizer_from_config_sp => optimizer_from_config
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use golden_tables, only: open_table, read_line
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: steps = 20

   !> Of each array's scale. What Keras rounds to real32 in real64 too is reproduced.
   real(sp), parameter :: bound_sp = 1e-6_sp
   !> TensorFlow's real32 powers are off by a unit in the last place for a quarter of all numbers,
   !> and Ftrl divides differences of powers by the learning rate.
   real(sp), parameter :: bound_powers = 4e-6_sp
   real(dp), parameter :: bound_dp = 1e-12_dp

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'optimizer_table'
      call suite%add('twenty real32 steps are those of Keras', optimizer_table_sp)
      call suite%add('twenty real64 steps are those of Keras', optimizer_table_dp)
   end subroutine collect

   !> Adam in Keras 3 is the same to the last bit, but for norms, which are sums.
   pure logical function exact(config)
      character(*), intent(in) :: config
      exact = index(config, '"class_name":"Adam"') > 0 .and. index(config, '"module":"keras.') > 0 &
         .and. index(config, 'clipnorm":null,"global_clipnorm":null') > 0 &
         .and. index(config, 'is_legacy_optimizer') == 0
   end function exact

   !> The weights of a table: number, then rank and shape in Keras's order of each.
   subroutine read_segments(unit, segments)
      integer, intent(in) :: unit
      type(segment_t), allocatable, intent(out) :: segments(:)
      character(:), allocatable :: line
      integer(i8) :: last
      integer :: i, n, rank, shape(8)
      read (unit, *) n
      allocate (segments(n))
      last = 0
      do i = 1, n
         call read_line(unit, line)
         read (line, *) rank
         read (line, *) rank, shape(:rank)
         segments(i)%shape = shape_of(shape(rank:1:-1))
         segments(i)%first = last + 1
         segments(i)%last = last + product(shape(:rank))
         last = segments(i)%last
      end do
   end subroutine read_segments

   !> Make the steps of every case of the table in real32.
   subroutine optimizer_table_sp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(segment_t), allocatable :: segments(:)
      character(:), allocatable :: line, config
      character(8) :: word, dtype
      real(sp), allocatable :: weights(:), gradients(:, :), expected(:), slots(:)
      real(dp) :: rate
      integer :: unit, major, step, cases
      call open_table('optimizers.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, line)
         if (.not. allocated(line)) exit
         read (line, *) word
         if (word == 'kind') then
            read (line, *) word, dtype
            call read_segments(unit, segments)
            if (allocated(weights)) deallocate (weights, gradients, expected)
            allocate (weights(segments(size(segments))%last))
            allocate (gradients(size(weights), steps), expected(size(weights)))
            read (unit, *) weights
            do step = 1, steps
               read (unit, *) gradients(:, step)
            end do
            cycle
         end if
         read (line, *) word, major, rate
         call read_line(unit, config)
         read (unit, *) expected
         call read_line(unit, line)
         if (dtype /= 'float32') cycle
         call read_slots_sp(line, slots)
         cases = cases + 1
         call one_case_sp(config, major, rate, segments, weights, gradients, expected, slots, &
                          failure)
         if (allocated(failure)) exit
      end do
      close (unit)
      if (cases < 50 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine optimizer_table_sp

   !> Make the steps of one case and compare weights and state.
   subroutine one_case_sp(config, major, rate, segments, before, gradients, expected, slots, &
                          failure)
      character(*), intent(in) :: config
      integer, intent(in) :: major
      real(dp), intent(in) :: rate
      type(segment_t), intent(in) :: segments(:)
      real(sp), intent(in) :: before(:), gradients(:, :), expected(:), slots(:)
      type(failure_t), allocatable, intent(inout) :: failure
      class(optimizer_sp), allocatable :: optimizer
      type(state_sp) :: state
      type(list_sp) :: list
      type(error_t), allocatable :: error
      real(sp), allocatable :: weights(:), gradient(:)
      real(sp) :: bound
      real(dp), allocatable :: values(:)
      integer :: i, step, first
      call optimizer_from_config_sp(config, optimizer, error, major)
      call check(failure, .not. allocated(error), config//' is refused')
      if (allocated(failure)) return
      call check_close(failure, optimizer%rate(), rate, 1e-15_dp, 'the learning rate')
      bound = bound_sp
      if (exact(config)) bound = 0
      if (index(config, '"Ftrl"') > 0 .or. index(config, '>Ftrl') > 0) bound = bound_powers
      weights = before
      call optimizer%prepare(state, weights, segments)
      do step = 1, size(gradients, 2)
         gradient = gradients(:, step)
         call optimizer%step(weights, gradient, state, segments, error)
         if (allocated(error)) call fail(failure, error%message)
         if (allocated(failure)) return
      end do
      call check_equal(failure, state%iteration, size(gradients, 2, i8), 'the iteration')
      call compare_sp(failure, weights, expected, segments, bound, 'weights of '//config)
      call optimizer%list_variables(segments, list)
      first = 1
      do i = 3, list%n
         call get_sp(state, list%items(i), values)
         call check(failure, first + size(values) - 1 <= size(slots), 'a long state of '//config)
         if (allocated(failure)) return
         associate (wanted => slots(first:first + size(values) - 1))
            call check(failure, maxval(abs(values - wanted)) <= bound*maxval(abs(wanted)), &
                       list%items(i)%name//' of '//config)
         end associate
         first = first + size(values)
      end do
      call check_equal(failure, first - 1, size(slots), 'values in the state of '//config)
   end subroutine one_case_sp

   !> Compare each weight with its own scale.
   subroutine compare_sp(failure, made, wanted, segments, bound, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(sp), intent(in) :: made(:), wanted(:), bound
      type(segment_t), intent(in) :: segments(:)
      character(*), intent(in) :: what
      character(12) :: number
      real(sp) :: worst
      integer :: i
      do i = 1, size(segments)
         associate (first => segments(i)%first, last => segments(i)%last)
            worst = maxval(abs(made(first:last) - wanted(first:last)))/ &
               maxval(abs(wanted(first:last)))
            write (number, '(es9.2)') worst
            call check(failure, worst <= bound, trim(number)//' of the scale: '//what)
         end associate
      end do
   end subroutine compare_sp

   !> The numbers of a line, of which there may be none.
   subroutine read_slots_sp(line, slots)
      character(*), intent(in) :: line
      real(sp), allocatable, intent(out) :: slots(:)
      integer :: i, n
      n = 0
      do i = 1, len(line)
         if (line(i:i) == ' ') n = n + 1
      end do
      if (len_trim(line) > 0) n = n + 1
      allocate (slots(n))
      if (n > 0) read (line, *) slots
   end subroutine read_slots_sp

   !> Make the steps of every case of the table in real64.
   subroutine optimizer_table_dp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(segment_t), allocatable :: segments(:)
      character(:), allocatable :: line, config
      character(8) :: word, dtype
      real(dp), allocatable :: weights(:), gradients(:, :), expected(:), slots(:)
      real(dp) :: rate
      integer :: unit, major, step, cases
      call open_table('optimizers.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, line)
         if (.not. allocated(line)) exit
         read (line, *) word
         if (word == 'kind') then
            read (line, *) word, dtype
            call read_segments(unit, segments)
            if (allocated(weights)) deallocate (weights, gradients, expected)
            allocate (weights(segments(size(segments))%last))
            allocate (gradients(size(weights), steps), expected(size(weights)))
            read (unit, *) weights
            do step = 1, steps
               read (unit, *) gradients(:, step)
            end do
            cycle
         end if
         read (line, *) word, major, rate
         call read_line(unit, config)
         read (unit, *) expected
         call read_line(unit, line)
         if (dtype /= 'float64') cycle
         call read_slots_dp(line, slots)
         cases = cases + 1
         call one_case_dp(config, major, rate, segments, weights, gradients, expected, slots, &
                          failure)
         if (allocated(failure)) exit
      end do
      close (unit)
      if (cases < 50 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine optimizer_table_dp

   !> Make the steps of one case and compare weights and state.
   subroutine one_case_dp(config, major, rate, segments, before, gradients, expected, slots, &
                          failure)
      character(*), intent(in) :: config
      integer, intent(in) :: major
      real(dp), intent(in) :: rate
      type(segment_t), intent(in) :: segments(:)
      real(dp), intent(in) :: before(:), gradients(:, :), expected(:), slots(:)
      type(failure_t), allocatable, intent(inout) :: failure
      class(optimizer_dp), allocatable :: optimizer
      type(state_dp) :: state
      type(list_dp) :: list
      type(error_t), allocatable :: error
      real(dp), allocatable :: weights(:), gradient(:)
      real(dp) :: bound
      real(dp), allocatable :: values(:)
      integer :: i, step, first
      call optimizer_from_config_dp(config, optimizer, error, major)
      call check(failure, .not. allocated(error), config//' is refused')
      if (allocated(failure)) return
      call check_close(failure, optimizer%rate(), rate, 1e-15_dp, 'the learning rate')
      bound = bound_dp
      weights = before
      call optimizer%prepare(state, weights, segments)
      do step = 1, size(gradients, 2)
         gradient = gradients(:, step)
         call optimizer%step(weights, gradient, state, segments, error)
         if (allocated(error)) call fail(failure, error%message)
         if (allocated(failure)) return
      end do
      call check_equal(failure, state%iteration, size(gradients, 2, i8), 'the iteration')
      call compare_dp(failure, weights, expected, segments, bound, 'weights of '//config)
      call optimizer%list_variables(segments, list)
      first = 1
      do i = 3, list%n
         call get_dp(state, list%items(i), values)
         call check(failure, first + size(values) - 1 <= size(slots), 'a long state of '//config)
         if (allocated(failure)) return
         associate (wanted => slots(first:first + size(values) - 1))
            call check(failure, maxval(abs(values - wanted)) <= bound*maxval(abs(wanted)), &
                       list%items(i)%name//' of '//config)
         end associate
         first = first + size(values)
      end do
      call check_equal(failure, first - 1, size(slots), 'values in the state of '//config)
   end subroutine one_case_dp

   !> Compare each weight with its own scale.
   subroutine compare_dp(failure, made, wanted, segments, bound, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(dp), intent(in) :: made(:), wanted(:), bound
      type(segment_t), intent(in) :: segments(:)
      character(*), intent(in) :: what
      character(12) :: number
      real(dp) :: worst
      integer :: i
      do i = 1, size(segments)
         associate (first => segments(i)%first, last => segments(i)%last)
            worst = maxval(abs(made(first:last) - wanted(first:last)))/ &
               maxval(abs(wanted(first:last)))
            write (number, '(es9.2)') worst
            call check(failure, worst <= bound, trim(number)//' of the scale: '//what)
         end associate
      end do
   end subroutine compare_dp

   !> The numbers of a line, of which there may be none.
   subroutine read_slots_dp(line, slots)
      character(*), intent(in) :: line
      real(dp), allocatable, intent(out) :: slots(:)
      integer :: i, n
      n = 0
      do i = 1, len(line)
         if (line(i:i) == ' ') n = n + 1
      end do
      if (len_trim(line) > 0) n = n + 1
      allocate (slots(n))
      if (n > 0) read (line, *) slots
   end subroutine read_slots_dp

end module test_optimizer_table
