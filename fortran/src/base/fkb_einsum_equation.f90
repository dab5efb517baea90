!> The text of an equation of products over named axes, such as `...ij,jk->...ik`: from Keras's,
!> with the batch and an ellipsis, to that of one sample.
module fkb_einsum_equation
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: sample_equation, count_of

   !> Letters that an equation may have.
   integer, parameter, public :: max_letters = 32

contains

   !> The equation for one sample: the ellipsis written out, as digits, and the batch left out,
   !> which is the first axis of every operand that has one, and of the output.
   subroutine sample_equation(equation, rank_a, rank_b, batch_a, batch_b, inner, error)
      character(*), intent(in) :: equation             !! as Keras has it
      integer, intent(in) :: rank_a, rank_b            !! of one sample
      logical, intent(in) :: batch_a, batch_b          !! whether the operand has a batch axis
      character(:), allocatable, intent(out) :: inner
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: a, b, y, batch
      integer :: widest
      call split(equation, a, b, y, error)
      if (allocated(error)) return
      widest = 0
      call write_out(a, rank_a + merge(1, 0, batch_a), equation, widest, error)
      if (.not. allocated(error)) call write_out(b, rank_b + merge(1, 0, batch_b), equation, &
                                                 widest, error)
      if (.not. allocated(error)) call write_out_result(y, widest)
      if (allocated(error)) return
      batch = ''
      call take_batch(a, batch_a, batch)
      call take_batch(b, batch_b, batch)
      if (batch /= '') then
         if (index(y, batch) == 1) then
            y = y(2:)
         else
            batch = '?'
         end if
         if (index(a//b//y, batch) > 0) batch = '?'
      end if
      if (batch == '?') call raise(error, fkb_err_unsupported, 'the equation '//quote(equation)// &
                                   ' does not keep the batch as the first axis of the result')
      inner = a//','//b//'->'//y
   end subroutine sample_equation

   !> Take the first letter of an operand with a batch; `batch` becomes `?` where it is another one
   !> than before.
   subroutine take_batch(letters, has_batch, batch)
      character(:), allocatable, intent(inout) :: letters
      logical, intent(in) :: has_batch
      character(:), allocatable, intent(inout) :: batch
      if (.not. has_batch) return
      if (batch /= '' .and. batch /= letters(1:1)) then
         batch = '?'
      else
         batch = letters(1:1)
      end if
      letters = letters(2:)
   end subroutine take_batch

   !> The three parts of an equation, without blanks. Without an arrow the output has the letters
   !> that stand once, in alphabetical order, after those of the ellipsis. Without a comma the
   !> second operand has no letters: it is a constant.
   subroutine split(equation, a, b, y, error)
      character(*), intent(in) :: equation
      character(:), allocatable, intent(out) :: a, b, y
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      integer :: arrow, comma, i
      text = ''
      do i = 1, len(equation)
         if (equation(i:i) /= ' ') text = text//equation(i:i)
      end do
      arrow = index(text, '->')
      y = ''
      if (arrow > 0) then
         y = text(arrow + 2:)
         text = text(:arrow - 1)
      else
         if (index(text, '...') > 0) y = '...'
         do i = iachar('A'), iachar('z')
            if (count_of(achar(i), text) == 1) y = y//achar(i)
         end do
      end if
      comma = index(text, ',')
      if (comma == 0) then
         a = text
         b = ''
      else
         a = text(:comma - 1)
         b = text(comma + 1:)
      end if
      if (.not. (well_formed(a) .and. well_formed(b) .and. well_formed(y))) then
         call raise(error, fkb_err_unsupported, 'the equation '//quote(equation)// &
                    ' is not one of one or two operands, such as "abc,cd->abd"')
      end if
   end subroutine split

   !> Letters with at most one ellipsis.
   pure logical function well_formed(part)
      character(*), intent(in) :: part
      character(*), parameter :: letters = &
         'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
      integer :: at
      well_formed = len(part) <= max_letters
      at = index(part, '...')
      if (at == 0) then
         well_formed = well_formed .and. verify(part, letters) == 0
      else
         well_formed = well_formed .and. verify(part(:at - 1)//part(at + 3:), letters) == 0
      end if
   end function well_formed

   !> How often a letter stands in a text.
   pure integer function count_of(letter, text) result(n)
      character(1), intent(in) :: letter
      character(*), intent(in) :: text
      integer :: i
      n = 0
      do i = 1, len(text)
         if (text(i:i) == letter) n = n + 1
      end do
   end function count_of

   !> Write an ellipsis of an operand out, so that the last axis of all ellipses is `9`.
   subroutine write_out(part, rank, equation, widest, error)
      character(:), allocatable, intent(inout) :: part
      integer, intent(in) :: rank                      !! of the operand
      character(*), intent(in) :: equation
      integer, intent(inout) :: widest                 !! axes of the longest ellipsis so far
      type(error_t), allocatable, intent(out) :: error
      integer :: at, n
      at = index(part, '...')
      n = rank - len(part)
      if (at > 0) n = n + 3
      if (n < 0 .or. n > 10 .or. (at == 0 .and. n > 0)) then
         call raise(error, fkb_err_argument, 'the operand "'//part//'" of the equation '// &
                    quote(equation)//' has another rank than its tensor')
         return
      end if
      if (at == 0) return
      part = part(:at - 1)//last_digits(n)//part(at + 3:)
      widest = max(widest, n)
   end subroutine write_out

   !> Write the ellipsis of the output out.
   subroutine write_out_result(part, widest)
      character(:), allocatable, intent(inout) :: part
      integer, intent(in) :: widest
      integer :: at
      at = index(part, '...')
      if (at > 0) part = part(:at - 1)//last_digits(widest)//part(at + 3:)
   end subroutine write_out_result

   pure function last_digits(n) result(digits)
      integer, intent(in) :: n
      character(n) :: digits
      character(10), parameter :: all_digits = '0123456789'
      digits = all_digits(11 - n:)
   end function last_digits

end module fkb_einsum_equation
