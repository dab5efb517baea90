!> Write the `values` blocks of a model file.
module fkb_write_values
   use fkb_crc32, only: crc32_t
   use fkb_decimal, only: powers_t
   use fkb_document, only: document_t
   use fkb_document_labels, only: tensor_label
   use fkb_document_parts, only: buffer_of, dtype_width, in_doubles, in_singles
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_numeric, raise
   use fkb_kinds, only: dp, i8, sp
   use fkb_number_format, only: format_integer, format_real, max_number_length
   use fkb_sink, only: sink_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: check_values, write_values

   integer, parameter :: per_line = 8

contains

   !> Check that the buffers hold all values and that each is finite.
   subroutine check_values(document, order, singles, doubles, integers, error)
      type(document_t), intent(in) :: document
      integer, intent(in) :: order(:)           !! the tensors that are written
      real(sp), intent(in), contiguous :: singles(:)
      real(dp), intent(in), contiguous :: doubles(:)
      integer(i8), intent(in), contiguous :: integers(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last, room
      integer :: i
      logical :: finite
      do i = 1, size(order)
         associate (tensor => document%tensors(order(i)))
            first = tensor%offset + 1
            last = tensor%offset + tensor%count
            finite = .true.
            select case (buffer_of(tensor%dtype))
            case (in_singles)
               room = size(singles, kind=i8)
               if (last <= room) finite = all(abs(singles(first:last)) <= huge(1.0_sp))
            case (in_doubles)
               room = size(doubles, kind=i8)
               if (last <= room) finite = all(abs(doubles(first:last)) <= huge(1.0_dp))
            case default
               room = size(integers, kind=i8)
            end select
            if (last > room) then
               call raise(error, fkb_err_argument, tensor_label(document, tensor)// &
                          ' lies beyond the end of the values')
            else if (.not. finite) then
               call raise(error, fkb_err_numeric, tensor_label(document, tensor)// &
                          ' holds a value that is not finite, which a model file cannot hold')
            end if
         end associate
         if (allocated(error)) return
      end do
   end subroutine check_values

   !> Write one block for each tensor.
   subroutine write_values(sink, document, order, singles, doubles, integers)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer, intent(in) :: order(:)           !! the tensors in order of declaration
      real(sp), intent(in), contiguous :: singles(:)
      real(dp), intent(in), contiguous :: doubles(:)
      integer(i8), intent(in), contiguous :: integers(:)
      type(powers_t), allocatable :: powers
      type(crc32_t) :: checksum
      integer(i8) :: first, last
      integer :: i
      allocate (powers)
      call powers%fill()
      do i = 1, size(order)
         associate (tensor => document%tensors(order(i)))
            first = tensor%offset + 1
            last = tensor%offset + tensor%count
            call checksum%start()
            select case (buffer_of(tensor%dtype))
            case (in_singles)
               call checksum%add(singles(first:last))
               call put_head(sink, tensor%count, checksum)
               call put_singles(sink, powers, singles(first:last))
            case (in_doubles)
               call checksum%add(doubles(first:last))
               call put_head(sink, tensor%count, checksum)
               call put_doubles(sink, powers, doubles(first:last))
            case default
               call checksum%add_integers(integers(first:last), dtype_width(tensor%dtype))
               call put_head(sink, tensor%count, checksum)
               call put_integers(sink, integers(first:last))
            end select
         end associate
      end do
   end subroutine write_values

   !> The line `values COUNT CHECKSUM`.
   subroutine put_head(sink, count, checksum)
      type(sink_t), intent(inout) :: sink
      integer, intent(in) :: count
      type(crc32_t), intent(in) :: checksum
      call sink%put('values '//decimal(count)//' '//checksum%hex()//achar(10))
   end subroutine put_head

   !> real32 values with nine digits.
   subroutine put_singles(sink, powers, values)
      type(sink_t), intent(inout) :: sink
      type(powers_t), intent(in) :: powers
      real(sp), intent(in), contiguous :: values(:)
      character(max_number_length) :: text
      integer :: length, i
      do i = 1, size(values)
         call format_real(powers, real(values(i), dp), 9, text, length)
         call put_number(sink, text, length, i, size(values))
      end do
   end subroutine put_singles

   !> real64 values with seventeen digits.
   subroutine put_doubles(sink, powers, values)
      type(sink_t), intent(inout) :: sink
      type(powers_t), intent(in) :: powers
      real(dp), intent(in), contiguous :: values(:)
      character(max_number_length) :: text
      integer :: length, i
      do i = 1, size(values)
         call format_real(powers, values(i), 17, text, length)
         call put_number(sink, text, length, i, size(values))
      end do
   end subroutine put_doubles

   !> Integers in decimal.
   subroutine put_integers(sink, values)
      type(sink_t), intent(inout) :: sink
      integer(i8), intent(in), contiguous :: values(:)
      character(max_number_length) :: text
      integer :: length, i
      do i = 1, size(values)
         call format_integer(values(i), text, length)
         call put_number(sink, text, length, i, size(values))
      end do
   end subroutine put_integers

   !> A number and what separates it from the next.
   subroutine put_number(sink, text, length, i, count)
      type(sink_t), intent(inout) :: sink
      character(max_number_length), intent(inout) :: text
      integer, intent(in) :: length, i, count
      text(length + 1:length + 1) = ' '
      if (mod(i, per_line) == 0 .or. i == count) text(length + 1:length + 1) = achar(10)
      call sink%put(text(:length + 1))
   end subroutine put_number

end module fkb_write_values
