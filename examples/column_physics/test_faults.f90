!> A column that has gone wrong harms no other one, and is counted. Usage: test_faults MODEL.fkb
program test_faults
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use, intrinsic :: iso_fortran_env, only: error_unit, int64, output_unit, wp => real64
   use column_grid, only: chunk_size
   use column_model, only: column_model_t
   use column_physics_interface, only: physics_input_t, physics_output_t
   use fkb_sp, only: error_t
   use network_physics, only: network_physics_t
   use ring, only: ring_t
   use truth_physics, only: truth_physics_t
   implicit none (type, external)

   !> Where the NaN is: chunk, column of the chunk, level.
   integer, parameter :: chunk = 2, column = 5, level = 12
   !> No answer of a network.
   real(wp), parameter :: untouched = -999.0_wp

   type(ring_t) :: ring
   type(column_model_t) :: model
   type(truth_physics_t) :: truth
   type(network_physics_t) :: network
   type(physics_input_t) :: input
   type(physics_output_t) :: right, answer
   type(error_t), allocatable :: error
   character(len=4096) :: path
   character(len=:), allocatable :: message
   integer :: last, place

   call get_command_argument(1, path)
   call ring%begin()
   call model%start(ring, 1, 0.0_wp)
   call model%step(truth)
   input = model%asked
   last = size(input%ps)
   place = (chunk - 1)*chunk_size + column
   call network%load(trim(path), message)
   if (allocated(message)) call fail(message)
   call answer_all(right)

   ! As the file says it, a NaN is an error that names its place, and only its chunk has none.
   input%t(level, place) = ieee_value(1.0_wp, ieee_quiet_nan)
   call answer_all(answer)
   call network%find_trouble(message)
   if (.not. allocated(message)) call fail("a NaN went unnoticed")
   if (index(message, """T""") == 0) call fail("the message does not name the field: "//message)
   call compare("an error", chunk*chunk_size)
   call compare("an error", -(chunk - 1)*chunk_size)

   ! Left to the host, it harms no other column of its chunk either.
   call network%coupler%set_policy("T", error, not_finite="host")
   if (allocated(error)) call fail(error%message)
   call answer_all(answer)
   call network%find_trouble(message)
   if (allocated(message)) call fail(message)
   call compare("the host's own scheme", place)
   call compare("the host's own scheme", -(place - 1))
   if (any(abs(answer%dt(:, place) - untouched) > 0)) call fail("the column got an answer")
   associate (tally => network%chunks(chunk)%exchange%tally)
      if (tally%handed_back /= 1_int64) call fail("the column was not counted")
      call network%coupler%report(tally, message)
   end associate
   if (index(message, "not finite") == 0) call fail("the report does not name it: "//message)
   write (output_unit, "(a)") message, "passed"

contains

   !> Ask the network for all chunks.
   subroutine answer_all(output)
      type(physics_output_t), intent(out) :: output !! Untouched where there is no answer.
      integer :: c
      call output%make(last)
      output%dq = untouched
      output%dt = untouched
      output%prect = untouched
      do c = 1, last/chunk_size
         call network%run_chunk(c, (c - 1)*chunk_size + 1, c*chunk_size, input, output)
      end do
   end subroutine answer_all

   !> The columns behind a place, or up to -`place`, have the bits that they have without the NaN.
   subroutine compare(what, place)
      character(len=*), intent(in) :: what !! The policy.
      integer, intent(in) :: place !! Of a column.
      integer :: i
      do i = max(1, place + 1), merge(last, -place, place > 0)
         if (all(abs(answer%dq(:, i) - right%dq(:, i)) <= 0) .and. &
            all(abs(answer%dt(:, i) - right%dt(:, i)) <= 0) .and. &
            abs(answer%prect(i) - right%prect(i)) <= 0) cycle
         call fail("with "//what//" the NaN changed another column")
      end do
   end subroutine compare

   !> Say what is wrong and stop.
   subroutine fail(what)
      character(len=*), intent(in) :: what !! A sentence.
      write (error_unit, "(a)") "test_faults: "//what
      stop 1, quiet=.true.
   end subroutine fail

end program test_faults
