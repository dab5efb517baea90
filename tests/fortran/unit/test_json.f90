!> JSON text: what is accepted, what is found in it, and how scalars are read and written.
module test_json
   use fkb_json, only: json_check, json_compact, json_element, json_find, json_integer, json_kind, &
      json_length, json_member, json_quote, json_real, json_real_text, json_string
   use fkb_json_order, only: sorted_members
   use fkb_kinds, only: dp, i8
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'json'
      call suite%add('values of RFC 8259 are accepted to their end', values_are_accepted)
      call suite%add('what is no JSON is refused', others_are_refused)
      call suite%add('nesting is accepted up to 64', nesting_is_bounded)
      call suite%add('blanks between the parts are dropped, all else stays', blanks_are_dropped)
      call suite%add('parts are found by key, position and path', parts_are_found)
      call suite%add('strings are decoded to UTF-8', strings_are_decoded)
      call suite%add('strings are written with the fewest escapes', strings_are_quoted)
      call suite%add('numbers are read exactly', numbers_are_read)
      call suite%add('integers are told from other numbers', integers_are_read)
      call suite%add('reals are written as Python writes them', reals_are_written)
      call suite%add('members are sorted by code points', members_are_sorted)
   end subroutine collect

   subroutine values_are_accepted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call accept('null')
      call accept('true')
      call accept('false')
      call accept('0')
      call accept('-0')
      call accept('-12.5e-3')
      call accept('1E+9')
      call accept('""')
      call accept('"a\"b\\c\/\b\f\n\r\t\u00e9\ud83d\ude00 "')
      call accept('[]')
      call accept('{}')
      call accept('[1,[2,{}],{"a":[null,true]},"]"]')
      call accept('{"a":1,"b":{"a":2},"":{"a":3}}')
      call accept('123456789012345678901234567890')
      call accept('1e308')
      call accept('1e-999')
      call accept(repeat('1', 199)//'e99')
   contains
      subroutine accept(text)
         character(*), intent(in) :: text
         character(:), allocatable :: problem
         integer :: last
         call json_check('x '//text//' y', 3, last, problem)
         call check(failure, .not. allocated(problem), text//' is refused')
         call check_equal(failure, last, 2 + len(text), 'the end of '//text)
      end subroutine accept
   end subroutine values_are_accepted

   subroutine blanks_are_dropped(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: line_end = achar(13)//achar(10)
      call becomes(' { "a b" : [ 1 , -2.5e3 ] ,'//line_end//achar(9)//'"c" : { } } ', &
                   '{"a b":[1,-2.5e3],"c":{}}')
      call becomes('{"a":" \" , { "}', '{"a":" \" , { "}')
      call becomes('"x \\" ', '"x \\"')
      call becomes('  mse ', 'mse')
      call becomes('[1 2]', '[1 2]')
      call becomes('["a"  "b"]', '["a" "b"]')
      call becomes('[true false', '[true false')
      call becomes('{"a" : "b  ', '{"a":"b  ')
      call becomes('{"a" : "b \', '{"a":"b \')
      call becomes('"\', '"\')
      call becomes('"', '"')
      call becomes('   ', '')
      call becomes('', '')
   contains
      subroutine becomes(text, expected)
         character(*), intent(in) :: text, expected
         call check_equal(failure, json_compact(text), expected, 'compact '//text)
      end subroutine becomes
   end subroutine blanks_are_dropped

   subroutine others_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse('')
      call refuse('nul')
      call refuse('True')
      call refuse('NaN')
      call refuse('Infinity')
      call refuse('-Infinity')
      call refuse('-')
      call refuse('+1')
      call refuse('01')
      call refuse('-01')
      call refuse('1.')
      call refuse('.5')
      call refuse('1e')
      call refuse('1e+')
      call refuse('1e999')
      call refuse('1e0309')
      call refuse(repeat('1', 250)//'e60')
      call refuse('"')
      call refuse('"a')
      call refuse('"\x"')
      call refuse('"\u12g4"')
      call refuse('"\ud800"')
      call refuse('"\udc00\ud800"')
      call refuse('"'//achar(9)//'"')
      call refuse('[')
      call refuse('[1')
      call refuse('[1,')
      call refuse('[1,]')
      call refuse('[,1]')
      call refuse('[1 2]')
      call refuse('[1 ,2]')
      call refuse('[ 1]')
      call refuse('[1}')
      call refuse('{')
      call refuse('{"a"')
      call refuse('{"a":')
      call refuse('{"a":}')
      call refuse('{"a":1,}')
      call refuse('{a:1}')
      call refuse('{"a":1,"b":2,"a":3}')
      call refuse('{"a":1,"\u0061":3}')
   contains
      subroutine refuse(text)
         character(*), intent(in) :: text
         character(:), allocatable :: problem
         integer :: last
         call json_check(text, 1, last, problem)
         call check(failure, allocated(problem), text//' is accepted')
         call check_equal(failure, last, 0, 'the end of '//text)
      end subroutine refuse
   end subroutine others_are_refused

   subroutine nesting_is_bounded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: problem
      integer :: last
      call json_check(repeat('[', 64)//repeat(']', 64), 1, last, problem)
      call check(failure,.not. allocated(problem), '64 levels are refused')
      call json_check(repeat('{"a":', 64)//'1'//repeat('}', 64), 1, last, problem)
      call check(failure,.not. allocated(problem), '64 levels of objects are refused')
      call json_check(repeat('[', 65)//repeat(']', 65), 1, last, problem)
      call check(failure, allocated(problem), '65 levels are accepted')
      call json_check(repeat('[', 1000000), 1, last, problem)
      call check(failure, allocated(problem), 'a million brackets are accepted')
   end subroutine nesting_is_bounded

   subroutine parts_are_found(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: text = &
         '{"a":[10,{"b\"":null,"c":"}]"},[]],"\u00e9":{"a":{"a":true}},"n":-1.5}'
      type(span_t) :: part
      part = json_member(text, 'n')
      call check_equal(failure, text(part%first:part%last), '-1.5', 'member n')
      part = json_member(text, char(195)//char(169))
      call check_equal(failure, text(part%first:part%last), '{"a":{"a":true}}', 'an escaped key')
      part = json_member(text, 'b')
      call check_equal(failure, part%count(), 0, 'the length of a member that is not there')
      part = json_find(text, 'a.1.c')
      call check_equal(failure, text(part%first:part%last), '"}]"', 'a path')
      part = json_find(text, 'a.3')
      call check_equal(failure, part%count(), 0, 'the length of an element beyond the end')
      part = json_find(text, 'a.-1')
      call check_equal(failure, part%count(), 0, 'the length of an element before the first')
      part = json_find(text, 'n.a')
      call check_equal(failure, part%count(), 0, 'the length of a part of a number')
      call check_equal(failure, json_length(text), 3, 'the number of members')
      call check_equal(failure, json_length('[]'), 0, 'the length of an empty array')
      call check_equal(failure, json_length('12'), 0, 'the length of a number')
      part = json_element('[1,[2,3],"x"]', 1)
      call check_equal(failure, part%first, 4, 'where an element begins')
      call check_equal(failure, part%last, 8, 'where an element ends')
      call check_equal(failure, json_kind(''), 'missing', 'the kind of nothing')
   end subroutine parts_are_found

   subroutine strings_are_decoded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_equal(failure, json_string('"abc"'), 'abc', 'a plain string')
      call check_equal(failure, json_string('""'), '', 'an empty string')
      call check_equal(failure, json_string('"\"\\\/"'), '"\/', 'escaped signs')
      call check_equal(failure, json_string('"\b\f\n\r\t"'), &
                       achar(8)//achar(12)//achar(10)//achar(13)//achar(9), 'escaped controls')
      call check_equal(failure, json_string('"\u0041\u00e9\u20AC"'), &
                       'A'//bytes([195, 169, 226, 130, 172]), 'code points')
      call check_equal(failure, json_string('"\ud83d\ude00"'), bytes([240, 159, 152, 128]), &
                       'a surrogate pair')
   end subroutine strings_are_decoded

   subroutine strings_are_quoted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_equal(failure, json_quote('a"b\/'//bytes([195, 169])), &
                       '"a\"b\\/'//bytes([195, 169])//'"', 'signs')
      call check_equal(failure, json_quote(bytes([7, 8, 9, 10, 12, 13, 31, 127])), &
                       '"\u0007\u0008\t\n\u000c\r\u001f'//achar(127)//'"', 'controls')
      call check_equal(failure, json_quote(''), '""', 'nothing')
   end subroutine strings_are_quoted

   subroutine numbers_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: value
      logical :: ok
      call json_real('0.1', value, ok)
      call check(failure, ok, '0.1 is refused')
      call check_equal(failure, [value], [0.1_dp], 'a tenth')
      call json_real('-1e-300', value, ok)
      call check_equal(failure, [value], [-1e-300_dp], 'a small number')
      call json_real('9007199254740993', value, ok)
      call check_equal(failure, [value], [9007199254740992.0_dp], 'a tie')
      call json_real('true', value, ok)
      call check(failure,.not. ok, 'true is a number')
      call json_real('"1"', value, ok)
      call check(failure,.not. ok, 'a string is a number')
      call json_real('', value, ok)
      call check(failure,.not. ok, 'nothing is a number')
      call json_real('1e400', value, ok)
      call check(failure,.not. ok, '1e400 is finite')
   end subroutine numbers_are_read

   subroutine integers_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer(i8) :: value
      logical :: ok
      call json_integer('-9223372036854775807', value, ok)
      call check(failure, ok, 'a large integer is refused')
      call check_equal(failure, value, -9223372036854775807_i8, 'a large integer')
      call json_integer('1e3', value, ok)
      call check_equal(failure, value, 1000_i8, 'an integer with an exponent')
      call json_integer('3.0', value, ok)
      call check(failure, ok, '3.0 is refused')
      call json_integer('3.5', value, ok)
      call check(failure,.not. ok, '3.5 is an integer')
      call json_integer('9223372036854775808', value, ok)
      call check(failure,.not. ok, 'an integer beyond 64 bits is accepted')
      call json_integer('null', value, ok)
      call check(failure,.not. ok, 'null is an integer')
   end subroutine integers_are_read

   subroutine reals_are_written(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call same(0.1_dp, '0.1')
      call same(0.0_dp, '0.0')
      call same(-0.0_dp, '-0.0')
      call same(1.0_dp, '1.0')
      call same(-2.5_dp, '-2.5')
      call same(1e-5_dp, '1e-05')
      call same(1.5e-7_dp, '1.5e-07')
      call same(0.0001_dp, '0.0001')
      call same(123456.0_dp, '123456.0')
      call same(1e15_dp, '1000000000000000.0')
      call same(1e16_dp, '1e+16')
      call same(1.25e100_dp, '1.25e+100')
      call same(5e-324_dp, '5e-324')
      call same(huge(1.0_dp), '1.7976931348623157e+308')
      call same(1.0_dp/3.0_dp, '0.3333333333333333')
      call same(2.0_dp/3.0_dp, '0.6666666666666666')
      call same(real(0.001, dp), '0.0010000000474974513')
   contains
      subroutine same(value, text)
         real(dp), intent(in) :: value
         character(*), intent(in) :: text
         call check_equal(failure, json_real_text(value), text, 'the text of '//text)
      end subroutine same
   end subroutine reals_are_written

   subroutine members_are_sorted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: text = '{"b":1,"a":2,"":3,"ab":4,"\u00e9":5,"Z":6,"aa":7}'
      type(span_t), allocatable :: values(:)
      integer :: i
      character(7) :: order
      call sorted_members(text, values)
      call check_equal(failure, size(values), 7, 'the number of members')
      do i = 1, size(values)
         order(i:i) = text(values(i)%first:values(i)%last)
      end do
      call check_equal(failure, order, '3627415', 'the members by key')
      call sorted_members('{}', values)
      call check_equal(failure, size(values), 0, 'the number of members of {}')
   end subroutine members_are_sorted

   !> Bytes as text.
   pure function bytes(codes) result(text)
      integer, intent(in) :: codes(:)
      character(size(codes)) :: text
      integer :: i
      do i = 1, size(codes)
         text(i:i) = char(codes(i))
      end do
   end function bytes

end module test_json
