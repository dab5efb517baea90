!> Strings and errors between C and Fortran.
module fkb_c_text
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_f_pointer, c_int, c_null_char, &
      c_ptr, c_size_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   implicit none (type, external)
   private
   public :: c_error_t, text_of, put_text, report, need

   !> Characters of a message in C, the closing null included.
   integer, parameter, public :: message_size = 1024

   !> `fkb_error` of fkb.h.
   type, bind(c) :: c_error_t
      integer(c_int) :: code = 0
      integer(c_int) :: line = 0
      character(kind=c_char) :: message(message_size) = c_null_char
   end type c_error_t

contains

   !> A Fortran text from a C string.
   function text_of(string) result(text)
      character(kind=c_char), intent(in) :: string(*)   !! ends with a null
      character(:), allocatable :: text
      integer :: i, n
      n = 0
      do while (string(n + 1) /= c_null_char)
         n = n + 1
      end do
      allocate (character(n) :: text)
      do i = 1, n
         text(i:i) = string(i)
      end do
   end function text_of

   !> A C string from a Fortran text, cut to fit between two characters of UTF-8.
   subroutine put_text(text, string, size)
      character(*), intent(in) :: text
      integer(c_size_t), intent(in), value :: size      !! room of the string
      character(kind=c_char), intent(inout) :: string(size)
      integer :: i, n
      if (size < 1) return
      n = len(text)
      if (n >= size) then
         n = int(size) - 1
         do while (n > 0)
            if (iand(iachar(text(n + 1:n + 1)), 192) /= 128) exit
            n = n - 1
         end do
      end if
      do i = 1, n
         string(i) = text(i:i)
      end do
      string(n + 1) = c_null_char
   end subroutine put_text

   !> Raise an error where C gave a null pointer, unless there is an error already.
   subroutine need(given, what, error)
      logical, intent(in) :: given                      !! the pointer is not null
      character(*), intent(in) :: what                  !! it points to
      type(error_t), allocatable, intent(inout) :: error
      if (given .or. allocated(error)) return
      call raise(error, fkb_err_argument, 'the '//what//' is a null pointer')
   end subroutine need

   !> Hand an error to C; the result is its code, 0 for success.
   integer(c_int) function report(error, target) result(code)
      type(error_t), allocatable, intent(in) :: error
      type(c_ptr), intent(in), value :: target          !! of a `c_error_t`, may be null
      type(c_error_t), pointer :: shown
      code = 0
      if (allocated(error)) code = int(error%code, c_int)
      if (.not. c_associated(target)) return
      call c_f_pointer(target, shown)
      shown%code = code
      shown%line = 0
      shown%message(1) = c_null_char
      if (.not. allocated(error)) return
      shown%line = int(error%line, c_int)
      call put_text(error%message, shown%message, int(message_size, c_size_t))
   end function report

end module fkb_c_text
