!> Random functional models as model files: layers with one and two axes, shared layers, values
!> read many times, outputs that are inputs, stand twice or stand inside the graph.
module random_graphs
   use fkb_kinds, only: dp, i8
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: write_random_graph, next_integer, next_real

   integer, parameter :: most_values = 64
   character(*), parameter :: lf = new_line('a')

   !> One tensor of the model.
   type :: tensor_t
      character(:), allocatable :: reference     !! as the file names it
      integer :: rows = 0                        !! 0: one axis
      integer :: width = 0                       !! of the last axis
      integer :: readers = 0
   end type tensor_t

   !> The model while it grows.
   type :: draft_t
      integer(i8) :: seed = 1
      integer :: n = 0
      type(tensor_t) :: tensors(most_values)
      character(:), allocatable :: layers        !! their lines
      character(:), allocatable :: numbers       !! blocks of values
   end type draft_t

contains

   !> Write the model of a seed.
   subroutine write_random_graph(path, seed, precision)
      character(*), intent(in) :: path
      integer, intent(in) :: seed
      character(*), intent(in) :: precision              !! `float32`, `float64`
      type(draft_t) :: draft
      character(:), allocatable :: inputs, outputs
      integer :: i, n_inputs, unit
      draft%seed = 1000 + 7919_i8*seed
      do i = 1, 20
         n_inputs = next_integer(draft%seed, 3)
      end do
      draft%layers = ''
      draft%numbers = ''
      inputs = ''
      do i = 1, n_inputs
         call add_tensor(draft, 'in'//decimal(i), 0, next_integer(draft%seed, 6))
         draft%layers = draft%layers//'layer "in'//decimal(i)//'" InputLayer'//lf// &
            'batch_shape = [null,'//decimal(draft%tensors(i)%width)//']'//lf//'node [] {}'//lf// &
            'end'//lf
         inputs = inputs//','//draft%tensors(i)%reference
      end do
      do i = 1, 2 + next_integer(draft%seed, 20)
         call add_layer(draft, 'l'//decimal(i), precision)
      end do
      outputs = ''
      do i = 1, draft%n
         if (draft%tensors(i)%readers > 0 .and. next_integer(draft%seed, 12) > 1) cycle
         outputs = outputs//','//draft%tensors(i)%reference
         if (next_integer(draft%seed, 12) == 1) outputs = outputs//','//draft%tensors(i)%reference
      end do
      open (newunit=unit, file=path, access='stream', form='unformatted', action='write', &
         status='replace')
      write (unit) 'fkb 1'//lf//'precision '//precision//lf//'keras "3.15.1"'//lf// &
         'model "m" Functional'//lf//draft%layers//'inputs ['//inputs(2:)//']'//lf// &
         'outputs ['//outputs(2:)//']'//lf//'end'//lf//'checksum none'//lf//draft%numbers// &
         'end'//lf
      close (unit)
   end subroutine write_random_graph

   subroutine add_layer(draft, name, precision)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name, precision
      integer :: a, b
      if (draft%n > most_values - 2) return
      a = next_integer(draft%seed, draft%n)
      if (next_integer(draft%seed, 2) == 1) a = draft%n
      select case (next_integer(draft%seed, 12))
      case (1:4)
         call add_dense(draft, name, a, precision)
      case (5)
         b = like(draft, a)
         call add_merge(draft, name, merge('Add     ', 'Multiply', &
            next_integer(draft%seed, 2) == 1), [a, b, like(draft, a)], draft%tensors(a)%width)
      case (6)
         b = like(draft, a)
         call add_merge(draft, name, merge('Subtract', 'Average ', &
            next_integer(draft%seed, 2) == 1), [a, b], draft%tensors(a)%width)
      case (7)
         b = beside(draft, a)
         if (draft%tensors(a)%width + draft%tensors(b)%width > 40) return
         call add_merge(draft, name, 'Concatenate', [a, b], &
            draft%tensors(a)%width + draft%tensors(b)%width)
      case (8)
         call add_plain(draft, name, 'Activation', 'activation = '//some_activation(draft)//lf, a)
      case (9)
         call add_plain(draft, name, 'LeakyReLU', 'negative_slope = 0.3'//lf, a)
      case (10)
         call add_plain(draft, name, 'Dropout', 'rate = 0.5'//lf, a)
      case (11)
         call add_plain(draft, name, 'Flatten', '', a)
         associate (t => draft%tensors(draft%n))
            t%width = max(1, t%rows)*t%width
            t%rows = 0
         end associate
      case default
         call add_reshape(draft, name, a)
      end select
   end subroutine add_layer

   !> A dense layer, called again on a like tensor now and then.
   subroutine add_dense(draft, name, a, precision)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name, precision
      integer, intent(in) :: a
      integer :: b, units
      logical :: bias, twice
      units = next_integer(draft%seed, 6)
      bias = next_integer(draft%seed, 3) > 1
      twice = next_integer(draft%seed, 5) == 1
      b = like(draft, a)
      draft%layers = draft%layers//'layer "'//name//'" Dense'//lf//'units = '//decimal(units)//lf
      if (next_integer(draft%seed, 2) == 1) draft%layers = draft%layers//'activation = '// &
         some_activation(draft)//lf
      if (.not. bias) draft%layers = draft%layers//'use_bias = false'//lf
      draft%layers = draft%layers//'node ['//draft%tensors(a)%reference//'] {}'//lf
      call read_again(draft, a)
      call add_tensor(draft, name, draft%tensors(a)%rows, units)
      if (twice) then
         draft%layers = draft%layers//'node ['//draft%tensors(b)%reference//'] {}'//lf
         call read_again(draft, b)
         call add_tensor(draft, name, draft%tensors(b)%rows, units, call=1)
      end if
      draft%layers = draft%layers//'weight "kernel" '//precision//' ['// &
         decimal(draft%tensors(a)%width)//','//decimal(units)//'] trainable'//lf
      call add_numbers(draft, draft%tensors(a)%width*units)
      if (bias) then
         draft%layers = draft%layers//'weight "bias" '//precision//' ['//decimal(units)// &
            '] trainable'//lf
         call add_numbers(draft, units)
      end if
      draft%layers = draft%layers//'end'//lf
   end subroutine add_dense

   subroutine add_merge(draft, name, class_name, parts, width)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name, class_name
      integer, intent(in) :: parts(:)
      integer, intent(in) :: width
      character(:), allocatable :: list
      integer :: i
      list = ''
      do i = 1, size(parts)
         list = list//','//draft%tensors(parts(i))%reference
         call read_again(draft, parts(i))
      end do
      draft%layers = draft%layers//'layer "'//name//'" '//trim(class_name)//lf//'node [['// &
         list(2:)//']] {}'//lf//'end'//lf
      call add_tensor(draft, name, draft%tensors(parts(1))%rows, width)
   end subroutine add_merge

   !> A layer that keeps the shape.
   subroutine add_plain(draft, name, class_name, options, a)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name, class_name, options
      integer, intent(in) :: a
      draft%layers = draft%layers//'layer "'//name//'" '//class_name//lf//options//'node ['// &
         draft%tensors(a)%reference//'] {}'//lf//'end'//lf
      call read_again(draft, a)
      call add_tensor(draft, name, draft%tensors(a)%rows, draft%tensors(a)%width)
   end subroutine add_plain

   !> To two axes, or with them exchanged.
   subroutine add_reshape(draft, name, a)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name
      integer, intent(in) :: a
      integer :: rows, width
      associate (t => draft%tensors(a))
         rows = t%width
         width = max(1, t%rows)
         if (t%rows == 0 .and. mod(t%width, 2) == 0) then
            rows = 2
            width = t%width/2
         end if
      end associate
      call add_plain(draft, name, 'Reshape', 'target_shape = ['//decimal(rows)//','// &
         decimal(width)//']'//lf, a)
      draft%tensors(draft%n)%rows = rows
      draft%tensors(draft%n)%width = width
   end subroutine add_reshape

   subroutine add_tensor(draft, name, rows, width, call)
      type(draft_t), intent(inout) :: draft
      character(*), intent(in) :: name
      integer, intent(in) :: rows, width
      integer, intent(in), optional :: call              !! of the layer, from 0
      integer :: k
      k = 0
      if (present(call)) k = call
      draft%n = draft%n + 1
      draft%tensors(draft%n)%reference = '["'//name//'",'//decimal(k)//',0]'
      draft%tensors(draft%n)%rows = rows
      draft%tensors(draft%n)%width = width
   end subroutine add_tensor

   subroutine read_again(draft, a)
      type(draft_t), intent(inout) :: draft
      integer, intent(in) :: a
      draft%tensors(a)%readers = draft%tensors(a)%readers + 1
   end subroutine read_again

   !> A tensor of the same shape, often the same one.
   integer function like(draft, a)
      type(draft_t), intent(inout) :: draft
      integer, intent(in) :: a
      integer :: try
      do try = 1, 8
         like = next_integer(draft%seed, draft%n)
         if (draft%tensors(like)%rows == draft%tensors(a)%rows .and. &
            draft%tensors(like)%width == draft%tensors(a)%width) return
      end do
      like = a
   end function like

   !> A tensor that differs at most in its last axis.
   integer function beside(draft, a)
      type(draft_t), intent(inout) :: draft
      integer, intent(in) :: a
      integer :: try
      do try = 1, 8
         beside = next_integer(draft%seed, draft%n)
         if (draft%tensors(beside)%rows == draft%tensors(a)%rows) return
      end do
      beside = a
   end function beside

   function some_activation(draft) result(json)
      type(draft_t), intent(inout) :: draft
      character(:), allocatable :: json
      character(8), parameter :: names(6) = [character(8) :: 'tanh', 'sigmoid', 'softplus', &
         'relu', 'silu', 'softmax']
      json = '"'//trim(names(next_integer(draft%seed, size(names))))//'"'
   end function some_activation

   subroutine add_numbers(draft, n)
      type(draft_t), intent(inout) :: draft
      integer, intent(in) :: n
      character(16) :: word
      integer :: i
      draft%numbers = draft%numbers//'values '//decimal(n)//' none'//lf
      do i = 1, n
         write (word, '(f9.6)') next_real(draft%seed)
         draft%numbers = draft%numbers//trim(adjustl(word))//lf
      end do
   end subroutine add_numbers

   !> A random number from 1 to `most` (a Lehmer generator modulo 2**31 - 1).
   integer function next_integer(seed, most)
      integer(i8), intent(inout) :: seed
      integer, intent(in) :: most
      seed = mod(48271_i8*seed, 2147483647_i8)
      next_integer = 1 + int(mod(seed/256, int(most, i8)))
   end function next_integer

   !> A random number between -1 and 1.
   real(dp) function next_real(seed)
      integer(i8), intent(inout) :: seed
      seed = mod(48271_i8*seed, 2147483647_i8)
      next_real = 2*real(seed, dp)/2147483647 - 1
   end function next_real

end module random_graphs
