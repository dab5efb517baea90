!> A model file with everything in it, and ways to damage a text.
module damaged_texts
   use file_texts, only: lf
   use fkb_kinds, only: i8
   use model_files, only: write_lines
   implicit none (type, external)
   private
   public :: whole_model, change_bytes, swap_words, drop_checksums

contains

   !> 4 -> nested model (Dense(3) elu, BatchNormalization), Dropout, Dense(2), with steps at both
   !> ends, an optimizer's state and a sample.
   subroutine whole_model(path)
      character(*), intent(in) :: path
      call write_lines(path, [character(120) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Functional', 'trainable = true', &
         'layer "in" InputLayer', 'batch_shape = [null,4]', 'dtype = "float64"', 'node [] {}', &
         'end', 'layer "inner" Functional', 'trainable = true', 'node [["in",0,0]] {}', &
         'layer "x" InputLayer', 'batch_shape = [null,4]', 'node [] {}', 'end', &
         'layer "hidden" Dense', 'trainable = true', 'units = 3', 'activation = "elu"', &
         'use_bias = true', 'kernel_regularizer = {"module":"keras.regularizers",'// &
         '"class_name":"L2","config":{"l2":0.01}}', 'node [["x",0,0]] {}', &
         'weight "kernel" float64 [4,3] trainable', 'weight "bias" float64 [3] trainable', 'end', &
         'layer "norm" BatchNormalization', 'axis = -1', 'momentum = 0.9', 'epsilon = 0.001', &
         'node [["hidden",0,0]] {}', 'weight "gamma" float64 [3] trainable', &
         'weight "beta" float64 [3] trainable', 'weight "moving_mean" float64 [3] fixed', &
         'weight "moving_variance" float64 [3] fixed', 'end', 'inputs ["x",0,0]', &
         'outputs ["norm",0,0]', 'end', 'layer "drop" Dropout', 'rate = 0.5', 'seed = 3', &
         'node [["inner",0,0]] {}', 'end', 'layer "out" Dense', 'units = 2', 'use_bias = false', &
         'node [["drop",0,0]] {}', 'weight "kernel" float64 [3,2] trainable', 'end', &
         'inputs ["in",0,0]', 'outputs ["out",0,0]', 'end', &
         'input 0 "state"', 'unit = "K"', 'step subtract float64 [4]', 'step divide 2', 'end', &
         'output 0 "rate"', 'step multiply 10', 'step add 1', 'end', &
         'compile', 'loss = "mse"', 'optimizer = {"module":"keras.optimizers",'// &
         '"class_name":"SGD","config":{"learning_rate":0.01,"momentum":0.9}}', &
         'variable "iteration" "" int64 []', 'variable "learning_rate" "" float32 []', &
         'variable "momentum" "out/kernel" float64 [3,2]', 'end', &
         'sample', 'tolerance = 1e-05', 'input 0 float64 [1,4]', 'output 0 float64 [1,2]', 'end', &
         'checksum none', 'values 12 none', '.1 -.2 .3 .4 .5 -.6 .7 .8 -.9 1 1.1 1.2', &
         'values 3 none', '.1 .2 .3', 'values 3 none', '1 1.5 2', 'values 3 none', '0 .5 -.5', &
         'values 3 none', '.3 .2 .1', 'values 3 none', '1 .5 .25', 'values 6 none', &
         '1 -1 .5 .25 .75 -.3', 'values 4 none', '.1 .2 .3 .4', 'values 1 none', '7', &
         'values 1 none', '0.01', 'values 6 none', '.1 .2 .3 .4 .5 .6', 'values 4 none', &
         '1 2 3 4', 'values 2 none', '5 6', 'end'])
   end subroutine whole_model

   !> One to three bytes get another value.
   subroutine change_bytes(text, seed)
      character(*), intent(inout) :: text
      integer(i8), intent(inout) :: seed
      character(*), parameter :: likely = '0123456789-+.eE "[]{},:\/_@'//lf
      integer :: i, at, k
      do i = 1, random(seed, 3)
         at = random(seed, len(text))
         k = random(seed, 3*len(likely))
         if (k <= 2*len(likely)) then
            text(at:at) = likely(1 + k/2:1 + k/2)
         else
            text(at:at) = char(ieor(ichar(text(at:at)), 2**(random(seed, 8) - 1)))
         end if
      end do
   end subroutine change_bytes

   !> One or two words become another word of the text, or a number.
   subroutine swap_words(text, seed)
      character(:), allocatable, intent(inout) :: text
      integer(i8), intent(inout) :: seed
      character(11), parameter :: numbers(12) = [character(11) :: '0', '1', '-1', '2', '3', '7', &
         '65536', '2147483647', '2147483648', '99999999999', '1e9', 'null']
      character(:), allocatable :: word
      integer :: a, b, c, d, i
      do i = 1, random(seed, 2)
         call find_word(text, random(seed, len(text)), a, b)
         if (random(seed, 2) == 1) then
            word = trim(numbers(random(seed, size(numbers))))
         else
            call find_word(text, random(seed, len(text)), c, d)
            word = text(c:d)
         end if
         text = text(:a - 1)//word//text(b + 1:)
      end do
   end subroutine swap_words

   !> The letters and digits around a position, or the character there.
   pure subroutine find_word(text, at, a, b)
      character(*), intent(in) :: text
      integer, intent(in) :: at
      integer, intent(out) :: a, b
      character(*), parameter :: ends = ' "[]{},:'//lf
      a = at
      b = at
      if (index(ends, text(at:at)) > 0) return
      a = scan(text(:at), ends, back=.true.) + 1
      b = at - 2 + scan(text(at:)//lf, ends)
   end subroutine find_word

   !> Write `none` for every checksum.
   subroutine drop_checksums(text)
      character(:), allocatable, intent(inout) :: text
      integer :: first, last, blank
      first = 1
      do while (first < len(text))
         last = first + index(text(first:), lf) - 1
         if (index(text(first:last), 'values ') == 1 .or. &
            index(text(first:last), 'checksum ') == 1) then
            blank = first + index(text(first:last), ' ', back=.true.) - 1
            text = text(:blank)//'none'//text(last:)
            last = blank + 5
         end if
         first = last + 1
      end do
   end subroutine drop_checksums

   !> A random number from 1 to `most` (a Lehmer generator modulo 2**31 - 1).
   integer function random(seed, most)
      integer(i8), intent(inout) :: seed
      integer, intent(in) :: most
      seed = mod(48271_i8*seed, 2147483647_i8)
      random = 1 + int(mod(seed/256, int(most, i8)))
   end function random

end module damaged_texts
