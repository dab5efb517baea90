!> Comparisons that say where two values differ and by how much.
!!
!! `check_equal` compares integers, logicals and strings exactly, and reals bit by bit.
!! `check_close` compares reals of rank 0 to 4 against a tolerance that scales with the output:
!! every element must satisfy `|actual - expected| <= tolerance*scale`, where `scale` is the largest
!! `|expected|` unless given (1 where everything expected is zero). NaN is close to nothing;
!! an infinity is close to the same infinity.
module fkb_testing_values
   use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
   use fkb_testing_failure, only: fail, failure_t
   implicit none (type, external)
   private
   public :: check_close, check_equal

   !> Check that reals agree within a tolerance.
   interface check_close
      module procedure close_sp_0, close_sp_1, close_sp_2, close_sp_3, close_sp_4
      module procedure close_dp_0, close_dp_1, close_dp_2, close_dp_3, close_dp_4
   end interface check_close

   !> Check that values are the same; reals must have the same bits.
   interface check_equal
      module procedure equal_integer, equal_int64, equal_integers, equal_logical, equal_string
      module procedure equal_sp_1, equal_sp_2, equal_dp_1, equal_dp_2
   end interface check_equal

contains

   subroutine close_sp_0(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual, expected, tolerance
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      call compare_sp(failure, [actual], [expected], [integer ::], [integer ::], &
                     tolerance, what, scale)
   end subroutine close_sp_0

   subroutine close_sp_1(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:), expected(:), tolerance
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      call compare_sp(failure, actual, expected, shape(actual), shape(expected), &
                     tolerance, what, scale)
   end subroutine close_sp_1

   subroutine close_sp_2(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:, :), expected(:, :), tolerance
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      call compare_sp(failure, reshape(actual, [size(actual)]), &
                   reshape(expected, [size(expected)]), &
                      shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_sp_2

   subroutine close_sp_3(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:, :, :), expected(:, :, :), tolerance
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      call compare_sp(failure, reshape(actual, [size(actual)]), &
                   reshape(expected, [size(expected)]), &
                      shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_sp_3

   subroutine close_sp_4(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:, :, :, :), expected(:, :, :, :), tolerance
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      call compare_sp(failure, reshape(actual, [size(actual)]), &
                   reshape(expected, [size(expected)]), &
                      shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_sp_4

   subroutine close_dp_0(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual, expected, tolerance
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      call compare(failure, [actual], [expected], [integer ::], [integer ::], &
                  tolerance, what, scale)
   end subroutine close_dp_0

   subroutine close_dp_1(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:), expected(:), tolerance
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      call compare(failure, actual, expected, shape(actual), shape(expected), &
                  tolerance, what, scale)
   end subroutine close_dp_1

   subroutine close_dp_2(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:, :), expected(:, :), tolerance
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      call compare(failure, reshape(actual, [size(actual)]), &
                reshape(expected, [size(expected)]), &
                   shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_dp_2

   subroutine close_dp_3(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:, :, :), expected(:, :, :), tolerance
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      call compare(failure, reshape(actual, [size(actual)]), &
                reshape(expected, [size(expected)]), &
                   shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_dp_3

   subroutine close_dp_4(failure, actual, expected, tolerance, what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:, :, :, :), expected(:, :, :, :), tolerance
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      call compare(failure, reshape(actual, [size(actual)]), &
                reshape(expected, [size(expected)]), &
                   shape(actual), shape(expected), tolerance, what, scale)
   end subroutine close_dp_4

   !> real32 values are exact in real64, so one comparison serves both kinds.
   subroutine compare_sp(failure, actual, expected, actual_shape, expected_shape, tolerance, &
                         what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:), expected(:), tolerance
      integer, intent(in) :: actual_shape(:), expected_shape(:)
      character(*), intent(in) :: what
      real(real32), intent(in), optional :: scale
      real(real64), allocatable :: wide_scale
      if (present(scale)) wide_scale = real(scale, real64)
      call compare(failure, real(actual, real64), real(expected, real64), actual_shape, &
                   expected_shape, real(tolerance, real64), what, wide_scale)
   end subroutine compare_sp

   !> Compare two flattened arrays; report the worst element by its index in the original shape.
   subroutine compare(failure, actual, expected, actual_shape, expected_shape, tolerance, &
                      what, scale)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:), expected(:), tolerance
      integer, intent(in) :: actual_shape(:), expected_shape(:)
      character(*), intent(in) :: what
      real(real64), intent(in), optional :: scale
      real(real64) :: unit, bound, distance, worst
      integer :: i, at, count_far

      if (allocated(failure)) return
      if (any(actual_shape /= expected_shape)) then
         call fail(failure, what//": the shape is "//list(actual_shape)//", expected "// &
                   list(expected_shape))
         return
      end if
      unit = largest_finite(expected)
      if (present(scale)) unit = scale
      if (.not. unit > 0) unit = 1
      bound = tolerance*unit
      worst = -1
      at = 0
      count_far = 0
      do i = 1, size(actual)
         if (is_close(actual(i), expected(i), bound)) cycle
         count_far = count_far + 1
         distance = abs(actual(i) - expected(i))
         if (.not. distance <= huge(distance)) distance = huge(distance)
         if (distance > worst) then
            worst = distance
            at = i
         end if
      end do
      if (count_far == 0) return
      call fail(failure, what//index_text(at, actual_shape)//" is "//text(actual(at))// &
                ", expected "//text(expected(at))//": off by "// &
                short_text(abs(actual(at) - expected(at)))//", allowed "//short_text(tolerance)// &
                " of "//short_text(unit)//"; "//list([count_far])//" of "//list([size(actual)])// &
                " values are too far")
   end subroutine compare

   !> True for equal values (infinities too) or ones no further apart than the bound; NaN never.
   pure logical function is_close(actual, expected, bound)
      real(real64), intent(in) :: actual, expected, bound
      integer(int64) :: actual_bits, expected_bits
      actual_bits = transfer(actual, actual_bits)
      expected_bits = transfer(expected, expected_bits)
      is_close = abs(actual - expected) <= bound
      if (.not. is_close .and. actual_bits == expected_bits) is_close = abs(actual) > huge(actual)
   end function is_close

   !> The largest magnitude among the finite values, 0 when there is none.
   pure real(real64) function largest_finite(values) result(largest)
      real(real64), intent(in) :: values(:)
      integer :: i
      largest = 0
      do i = 1, size(values)
         if (abs(values(i)) <= huge(largest)) largest = max(largest, abs(values(i)))
      end do
   end function largest_finite

   !> The position of element `at` of a flattened array, as ` at (i, j)`; nothing for a scalar.
   function index_text(at, extents) result(words)
      integer, intent(in) :: at, extents(:)
      character(:), allocatable :: words
      integer :: position(size(extents)), rest, i
      words = ""
      if (size(extents) == 0) return
      rest = at - 1
      do i = 1, size(extents)
         position(i) = mod(rest, extents(i)) + 1
         rest = rest/extents(i)
      end do
      words = " at "//list(position)
   end function index_text

   !> Integers as text: `(3, 5)`, or the bare number when there is only one.
   function list(values) result(words)
      integer, intent(in) :: values(:)
      character(:), allocatable :: words
      character(12) :: number
      integer :: i
      words = ""
      do i = 1, size(values)
         write (number, "(i0)") values(i)
         if (i > 1) words = words//", "
         words = words//trim(number)
      end do
      if (size(values) /= 1) words = "("//words//")"
   end function list

   !> A real as text, with enough digits to tell neighbours apart.
   function text(value) result(words)
      real(real64), intent(in) :: value
      character(:), allocatable :: words
      character(32) :: buffer
      write (buffer, "(es24.16e3)") value
      words = trim(adjustl(buffer))
   end function text

   !> A real as text, short.
   function short_text(value) result(words)
      real(real64), intent(in) :: value
      character(:), allocatable :: words
      character(16) :: buffer
      write (buffer, "(es11.3e3)") value
      words = trim(adjustl(buffer))
   end function short_text

   subroutine equal_integer(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(in) :: actual, expected
      character(*), intent(in) :: what
      call equal_integers(failure, [actual], [expected], what)
   end subroutine equal_integer

   subroutine equal_int64(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      integer(int64), intent(in) :: actual, expected
      character(*), intent(in) :: what
      character(24) :: got, wanted
      if (actual == expected) return
      write (got, "(i0)") actual
      write (wanted, "(i0)") expected
      call fail(failure, what//" is "//trim(got)//", expected "//trim(wanted))
   end subroutine equal_int64

   subroutine equal_integers(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(in) :: actual(:), expected(:)
      character(*), intent(in) :: what
      logical :: same
      same = size(actual) == size(expected)
      if (same) same = all(actual == expected)
      if (same) return
      call fail(failure, what//" is "//list(actual)//", expected "//list(expected))
   end subroutine equal_integers

   subroutine equal_logical(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      logical, intent(in) :: actual, expected
      character(*), intent(in) :: what
      if (actual .eqv. expected) return
      call fail(failure, what//" is "//merge("true ", "false", actual)//", expected the opposite")
   end subroutine equal_logical

   !> Lengths must agree too: the comparison of Fortran ignores trailing blanks.
   subroutine equal_string(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: actual, expected
      character(*), intent(in) :: what
      if (len(actual) == len(expected) .and. actual == expected) return
      call fail(failure, what//' is "'//actual//'", expected "'//expected//'"')
   end subroutine equal_string

   subroutine equal_sp_1(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:), expected(:)
      character(*), intent(in) :: what
      call compare_bits(failure, int(transfer(actual, [0_int32]), int64), &
                        int(transfer(expected, [0_int32]), int64), shape(actual), &
                        shape(expected), real(actual, real64), real(expected, real64), what)
   end subroutine equal_sp_1

   subroutine equal_sp_2(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real32), intent(in) :: actual(:, :), expected(:, :)
      character(*), intent(in) :: what
      call compare_bits(failure, int(transfer(actual, [0_int32]), int64), &
                        int(transfer(expected, [0_int32]), int64), shape(actual), &
                        shape(expected), real(reshape(actual, [size(actual)]), real64), &
                        real(reshape(expected, [size(expected)]), real64), what)
   end subroutine equal_sp_2

   subroutine equal_dp_1(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:), expected(:)
      character(*), intent(in) :: what
      call compare_bits(failure, transfer(actual, [0_int64]), transfer(expected, [0_int64]), &
                        shape(actual), shape(expected), actual, expected, what)
   end subroutine equal_dp_1

   subroutine equal_dp_2(failure, actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(real64), intent(in) :: actual(:, :), expected(:, :)
      character(*), intent(in) :: what
      call compare_bits(failure, transfer(actual, [0_int64]), transfer(expected, [0_int64]), &
                        shape(actual), shape(expected), reshape(actual, [size(actual)]), &
                        reshape(expected, [size(expected)]), what)
   end subroutine equal_dp_2

   !> Report the first element whose bits differ.
   subroutine compare_bits(failure, actual_bits, expected_bits, actual_shape, expected_shape, &
                           actual, expected, what)
      type(failure_t), allocatable, intent(inout) :: failure
      integer(int64), intent(in) :: actual_bits(:), expected_bits(:)
      integer, intent(in) :: actual_shape(:), expected_shape(:)
      real(real64), intent(in) :: actual(:), expected(:)
      character(*), intent(in) :: what
      integer :: i
      if (any(actual_shape /= expected_shape)) then
         call fail(failure, what//": the shape is "//list(actual_shape)//", expected "// &
                   list(expected_shape))
         return
      end if
      do i = 1, size(actual)
         if (actual_bits(i) == expected_bits(i)) cycle
         call fail(failure, what//index_text(i, actual_shape)//" is "//text(actual(i))// &
                   ", expected "//text(expected(i))//" with the same bits")
         return
      end do
   end subroutine compare_bits

end module fkb_testing_values
