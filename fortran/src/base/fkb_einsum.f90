!> What an equation such as `abc,cd->abd` means for one sample: which axes are summed, and how
!> the tensors are walked so that the product is one of matrices.
!>
!> A letter of the output that both operands have counts *items*, one that only the first has
!> *rows*, one that only the second has *columns*; a letter that the output does not have is
!> *summed*. For each item the product is y(rows, columns) = sum a(summed, rows) b(summed,
!> columns). A letter that an operand has twice means its diagonal, a summed one that it lacks
!> repeats it.
!>
!> The equation is that of one sample, from `sample_equation` of `fkb_einsum_equation`.
!> `plan_einsum` writes all this into integers, `einsum_size` of them, for `fkb_einsum_kernels`.
module fkb_einsum
   use fkb_einsum_equation, only: count_of, max_letters
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: i8
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: plan_einsum, einsum_work

   !> Integers of a plan, and where they stand.
   integer, parameter, public :: at_summed = 1, at_rows = 2, at_columns = 3, at_items = 4, &
      at_a = 5, at_b = at_a + 2 + 2*max_rank, at_y = at_b + 2 + 2*max_rank, &
      einsum_size = at_y + 1 + 2*max_rank
   !> Of a tensor, from `at_a`, `at_b` or `at_y`: whether it lies as the product wants it, whether
   !> its summed letters (those of y: its rows) come first, and the walk.
   integer, parameter, public :: of_in_place = 0, of_leading = 1, of_extent = 2, &
      of_stride = of_extent + max_rank

   !> The letters of an equation by what they mean.
   type :: letters_t
      character(max_letters) :: summed = '', rows = '', columns = '', items = ''
   end type letters_t

contains

   !> Reals of scratch that `einsum_forward` and `einsum_backward` need for one sample.
   pure integer(i8) function einsum_work(settings) result(work)
      integer, intent(in) :: settings(einsum_size)
      integer(i8) :: k, m, n
      k = settings(at_summed)
      m = settings(at_rows)
      n = settings(at_columns)
      work = (2*k*m + 2*k*n + m*n)*settings(at_items)
   end function einsum_work

   !> Plan an equation for one sample, from `sample_equation`. As long as an extent is open the plan
   !> is all zeros. Raises an error where the shapes do not fit.
   subroutine plan_einsum(equation, a, b, settings, out, error)
      character(*), intent(in) :: equation             !! such as `bc,cd->bd`, Keras's axes
      type(shape_t), intent(in) :: a, b                !! of one sample, storage order
      integer, intent(out) :: settings(einsum_size)
      type(shape_t), intent(out) :: out                !! of the result
      type(error_t), allocatable, intent(out) :: error
      type(letters_t) :: letters
      character(:), allocatable :: in_a, in_b, in_y
      integer :: extents(0:127), comma, arrow
      settings = 0
      comma = index(equation, ',')
      arrow = index(equation, '->')
      in_a = reversed(equation(:comma - 1))
      in_b = reversed(equation(comma + 1:arrow - 1))
      in_y = reversed(equation(arrow + 2:))
      extents = 0
      call take_extents(equation, in_a, a, extents, error)
      if (.not. allocated(error)) call take_extents(equation, in_b, b, extents, error)
      if (.not. allocated(error)) call state_result(equation, in_y, extents, out, error)
      if (allocated(error)) return
      if (.not. (a%closed() .and. b%closed())) return
      call sort_letters(in_a, in_b, in_y, letters)
      settings(at_summed) = extent_of(letters%summed, extents)
      settings(at_rows) = extent_of(letters%rows, extents)
      settings(at_columns) = extent_of(letters%columns, extents)
      settings(at_items) = extent_of(letters%items, extents)
      call plan_tensors(equation, in_a, in_b, in_y, a, b, out, letters, extents, settings, error)
   end subroutine plan_einsum

   !> The walks of the three tensors. Two matrices that both had to be transposed are one more than
   !> the matrix products know: then the first is brought into order.
   subroutine plan_tensors(equation, in_a, in_b, in_y, a, b, y, letters, extents, settings, error)
      character(*), intent(in) :: equation, in_a, in_b, in_y
      type(shape_t), intent(in) :: a, b, y
      type(letters_t), intent(in) :: letters
      integer, intent(in) :: extents(0:127)
      integer, intent(inout) :: settings(einsum_size)
      type(error_t), allocatable, intent(out) :: error
      logical :: summed_first_a, summed_first_b, rows_first
      rows_first = comes_first(in_y, letters%rows, letters%columns)
      summed_first_a = comes_first(in_a, letters%summed, letters%rows)
      summed_first_b = comes_first(in_b, letters%summed, letters%columns)
      if (rows_first .and. summed_first_a .and. .not. summed_first_b) summed_first_b = .true.
      if (summed_first_b .and. .not. (summed_first_a .or. rows_first)) summed_first_a = .true.
      call plan_walk(in_a, a, ordered(letters%summed, letters%rows, summed_first_a), &
                     letters%items, extents, summed_first_a, settings(at_a:), error)
      if (.not. allocated(error)) then
         call plan_walk(in_b, b, ordered(letters%summed, letters%columns, summed_first_b), &
                        letters%items, extents, summed_first_b, settings(at_b:), error)
      end if
      if (.not. allocated(error)) then
         call plan_walk(in_y, y, ordered(letters%rows, letters%columns, rows_first), &
                        letters%items, extents, rows_first, settings(at_y:), error)
      end if
      call add_context(error, 'the equation '//quote(equation))
   end subroutine plan_tensors

   !> Two groups of letters, the first of them first or not.
   pure function ordered(one, other, one_first) result(both)
      character(*), intent(in) :: one, other
      logical, intent(in) :: one_first
      character(:), allocatable :: both
      both = trim(other)//trim(one)
      if (one_first) both = trim(one)//trim(other)
   end function ordered

   !> Whether the fastest letter that a tensor has of two groups is of the first.
   pure logical function comes_first(letters, one, other)
      character(*), intent(in) :: letters, one, other
      integer :: at_one, at_other
      at_one = scan(letters, trim(one)//'?')
      at_other = scan(letters, trim(other)//'?')
      comes_first = at_other == 0 .or. (at_one > 0 .and. at_one < at_other)
   end function comes_first

   !> Which letter means what, each group in the order in which it lies in the output, or in the
   !> first operand.
   subroutine sort_letters(in_a, in_b, in_y, letters)
      character(*), intent(in) :: in_a, in_b, in_y
      type(letters_t), intent(out) :: letters
      character(:), allocatable :: all
      character(1) :: letter
      integer :: i
      all = in_y//in_a//in_b
      do i = 1, len(all)
         letter = all(i:i)
         if (index(all(:i - 1), letter) > 0) cycle
         if (index(in_y, letter) == 0) then
            letters%summed = trim(letters%summed)//letter
         else if (index(in_a, letter) == 0) then
            letters%columns = trim(letters%columns)//letter
         else if (index(in_b, letter) == 0) then
            letters%rows = trim(letters%rows)//letter
         else
            letters%items = trim(letters%items)//letter
         end if
      end do
   end subroutine sort_letters

   !> How to walk a tensor in the order that the product wants: neighbouring axes that lie behind
   !> each other are walked as one.
   subroutine plan_walk(letters, shape, group, items, extents, leading, settings, error)
      character(*), intent(in) :: letters              !! of the tensor, storage order
      type(shape_t), intent(in) :: shape
      character(*), intent(in) :: group, items         !! letters of the walk, fastest first
      integer, intent(in) :: extents(0:127)
      logical, intent(in) :: leading
      integer, intent(inout) :: settings(0:1 + 2*max_rank)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: walk
      integer :: extent(0:max_letters), stride(0:max_letters), i, n, step, wide
      walk = group//trim(items)
      n = 0
      extent = 1
      stride = 0
      do i = 1, len(walk)
         wide = extents(iachar(walk(i:i)))
         if (wide == 1) cycle
         step = stride_of(letters, shape, walk(i:i))
         if (n > 0 .and. step == stride(n)*extent(n)) then
            extent(n) = extent(n)*wide
         else
            n = n + 1
            extent(n) = wide
            stride(n) = step
         end if
      end do
      if (n > max_rank) call raise(error, fkb_err_unsupported, 'it has more axes than are possible')
      settings(of_in_place) = merge(1, 0, n == 0 .or. (n == 1 .and. stride(1) == 1))
      settings(of_leading) = merge(1, 0, leading)
      settings(of_extent:of_extent + max_rank - 1) = extent(1:max_rank)
      settings(of_stride:of_stride + max_rank - 1) = stride(1:max_rank)
   end subroutine plan_walk

   !> Values between neighbours along a letter: the sum over its axes, 0 along axes of extent 1.
   pure integer function stride_of(letters, shape, letter) result(stride)
      character(*), intent(in) :: letters
      type(shape_t), intent(in) :: shape
      character(1), intent(in) :: letter
      integer :: i, step
      stride = 0
      step = 1
      do i = 1, shape%rank
         if (letters(i:i) == letter .and. shape%extent(i) /= 1) stride = stride + step
         step = step*shape%extent(i)
      end do
   end function stride_of

   !> The extents of an operand's letters. Axes of an ellipsis may be 1 where the other's are not.
   subroutine take_extents(equation, letters, shape, extents, error)
      character(*), intent(in) :: equation, letters
      type(shape_t), intent(in) :: shape
      integer, intent(inout) :: extents(0:127)         !! by letter, 0 where there is none
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      logical :: fits
      fits = shape%rank == len(letters)
      do i = 1, merge(shape%rank, 0, fits)
         associate (known => extents(iachar(letters(i:i))), new => shape%extent(i))
            if (known == 0 .or. known == open_extent) then
               known = new
            else if (known == 1 .and. letters(i:i) <= '9') then
               known = new
            else if (new /= known .and. new /= open_extent) then
               fits = fits .and. new == 1 .and. letters(i:i) <= '9'
            end if
         end associate
      end do
      if (.not. fits) call raise(error, fkb_err_argument, 'an input of shape '//shape%text()// &
                                 ' does not fit the equation '//quote(equation)// &
                                 ', the batch left out')
   end subroutine take_extents

   !> The output's shape. Each of its letters must stand in an operand, and once.
   subroutine state_result(equation, letters, extents, out, error)
      character(*), intent(in) :: equation, letters
      integer, intent(in) :: extents(0:127)
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      out%rank = len(letters)
      if (out%rank > max_rank) then
         call raise(error, fkb_err_unsupported, 'the output would have too high a rank')
         return
      end if
      do i = 1, out%rank
         out%extent(i) = extents(iachar(letters(i:i)))
         if (out%extent(i) /= 0 .and. count_of(letters(i:i), letters) == 1) cycle
         call raise(error, fkb_err_argument, 'the output of the equation '//quote(equation)// &
                    ' must have letters of the operands, each once')
         return
      end do
   end subroutine state_result

   !> Product of the extents of letters.
   pure integer function extent_of(letters, extents) result(extent)
      character(*), intent(in) :: letters
      integer, intent(in) :: extents(0:127)
      integer :: i
      extent = 1
      do i = 1, len_trim(letters)
         extent = extent*extents(iachar(letters(i:i)))
      end do
   end function extent_of

   !> Keras's last axis is the first in storage.
   pure function reversed(text)
      character(*), intent(in) :: text
      character(len(text)) :: reversed
      integer :: i
      do i = 1, len(text)
         reversed(i:i) = text(len(text) + 1 - i:len(text) + 1 - i)
      end do
   end function reversed

end module fkb_einsum
