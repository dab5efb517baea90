!> Logged numbers in names of files and in lines for people.
module fkb_log_format
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: fixed, fill_pattern, number_text

contains

   !> A number as Python's `repr` writes it: `nan`, `inf` and `-inf` where it is not finite.
   pure function number_text(value) result(text)
      real(dp), intent(in) :: value
      character(:), allocatable :: text
      if (abs(value) <= huge(value)) then
         text = json_real_text(value)
      else if (value > 0) then
         text = 'inf'
      else if (value < 0) then
         text = '-inf'
      else
         text = 'nan'
      end if
   end function number_text

   !> A number with so many digits after the point, as Python's `.4f`.
   pure function fixed(value, digits) result(text)
      real(dp), intent(in) :: value
      integer, intent(in) :: digits
      character(:), allocatable :: text
      character(400) :: buffer
      if (.not. abs(value) <= huge(value)) then
         text = number_text(value)
         return
      end if
      write (buffer, '(f0.'//decimal(digits)//')') value
      text = trim(adjustl(buffer))
      if (digits == 0) text = text(:len(text) - 1)
      if (len(text) == 0) text = '0'
      if (text(1:1) == '.') text = '0'//text
      if (len(text) > 1) then
         if (text(1:2) == '-.') text = '-0'//text(2:)
      end if
   end function fixed

   !> Fill in a pattern with the number of the epoch and logged numbers, as Python's `format` does:
   !> `{epoch}`, `{epoch:03d}`, `{val_loss:.4f}`.
   !> Raises an error for a name that is not logged and for another format.
   subroutine fill_pattern(pattern, epoch, logs, text, error)
      character(*), intent(in) :: pattern
      integer, intent(in) :: epoch
      type(logs_t), intent(in) :: logs
      character(:), allocatable, intent(out) :: text
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: part
      integer :: at, begin, end
      text = ''
      at = 1
      do
         begin = index(pattern(at:), '{')
         if (begin == 0) exit
         begin = begin + at - 1
         end = index(pattern(begin:), '}')
         if (end == 0) exit
         end = end + begin - 1
         call fill_field(pattern(begin + 1:end - 1), epoch, logs, part, error)
         if (allocated(error)) return
         text = text//pattern(at:begin - 1)//part
         at = end + 1
      end do
      text = text//pattern(at:)
   end subroutine fill_pattern

   !> One field: a name, and after a colon `d` or `f` with width, zeros and digits.
   subroutine fill_field(field, epoch, logs, text, error)
      character(*), intent(in) :: field
      integer, intent(in) :: epoch
      type(logs_t), intent(in) :: logs
      character(:), allocatable, intent(out) :: text
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: form, name
      integer :: digits, point, status, width
      name = field
      form = ''
      if (index(field, ':') > 0) then
         name = field(:index(field, ':') - 1)
         form = field(index(field, ':') + 1:)
      end if
      text = ''
      if (name /= 'epoch' .and. .not. logs%has(name)) then
         call raise(error, fkb_err_argument, 'the name of a file has the field '//quote(name)// &
                    ', which is not logged; there are: epoch, '//logs%names())
         return
      end if
      status = 0
      width = 0
      if (len(form) == 0) then
         text = decimal(epoch)
         if (name /= 'epoch') text = number_text(logs%get(name))
      else if (form(len(form):) == 'd' .and. name == 'epoch') then
         if (len(form) > 1) read (form(:len(form) - 1), *, iostat=status) width
         text = decimal(epoch)
      else if (form(len(form):) == 'f' .and. name /= 'epoch') then
         point = index(form, '.')
         digits = 6
         if (point > 0) read (form(point + 1:len(form) - 1), *, iostat=status) digits
         if (point == 0) point = len(form)
         if (point > 1 .and. status == 0) read (form(:point - 1), *, iostat=status) width
         if (status == 0 .and. digits >= 0 .and. digits <= 20) text = fixed(logs%get(name), digits)
      end if
      if (status /= 0 .or. len(text) == 0 .or. width < 0 .or. width > 200) then
         call raise(error, fkb_err_argument, 'the name of a file has the field '//quote(field)// &
                    ': only forms such as {epoch}, {epoch:03d} and {val_loss:.4f} are known')
         return
      end if
      if (width > len(text)) text = repeat(merge('0', ' ', form(1:1) == '0'), width - len(text)) &
         //text
   end subroutine fill_field

end module fkb_log_format
