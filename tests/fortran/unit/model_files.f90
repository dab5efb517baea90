!> Small model files for the tests of networks, written where the tests run.
module model_files
   implicit none (type, external)
   private
   public :: write_lines, small_dense, two_ends

contains

   !> Write lines to a file, trailing blanks removed.
   subroutine write_lines(path, lines)
      character(*), intent(in) :: path
      character(*), intent(in) :: lines(:)
      integer :: i, unit
      open (newunit=unit, file=path, action='write', status='replace')
      do i = 1, size(lines)
         write (unit, '(a)') trim(lines(i))
      end do
      close (unit)
   end subroutine write_lines

   !> 3 -> Dense(2, activation), kernel [[1,2],[3,4],[5,6]], bias [0.5,-0.5].
   subroutine small_dense(path, activation, ports)
      character(*), intent(in) :: path
      character(*), intent(in) :: activation             !! Keras's name
      character(*), intent(in), optional :: ports(:)     !! lines between model and checksum
      character(120), allocatable :: lines(:)
      lines = [character(120) :: 'fkb 1', 'precision float32', 'keras "3.15.1"', &
               'model "m" Sequential', &
               'layer "in" InputLayer', 'batch_shape = [null,3]', 'node [] {}', 'end', &
               'layer "d" Dense', 'units = 2', 'activation = "'//activation//'"', &
               'node [["in",0,0]] {}', 'weight "kernel" float32 [3,2] trainable', &
               'weight "bias" float32 [2] trainable', 'end', &
               'inputs ["in",0,0]', 'outputs ["d",0,0]', 'end']
      if (present(ports)) lines = [character(120) :: lines, ports]
      lines = [character(120) :: lines, 'checksum none', 'values 6 none', '1 2 3 4 5 6', &
               'values 2 none', '0.5 -0.5', 'end']
      call write_lines(path, lines)
   end subroutine small_dense

   !> Inputs a (2) and b (2); one Dense(2) called on both, a nested model (x -> x*3 + 1 by
   !> Rescaling) called twice; outputs: the sum of both dense results (2), and [a', b'] joined (4).
   subroutine two_ends(path)
      character(*), intent(in) :: path
      call write_lines(path, [character(120) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Functional', &
         'layer "a" InputLayer', 'batch_shape = [null,2]', 'node [] {}', 'end', &
         'layer "b" InputLayer', 'batch_shape = [null,2]', 'node [] {}', 'end', &
         'layer "shared" Dense', 'units = 2', 'use_bias = false', 'node [["a",0,0]] {}', &
         'node [["b",0,0]] {}', 'weight "kernel" float64 [2,2] trainable', 'end', &
         'layer "inner" Functional', 'node [["a",0,0]] {}', 'node [["b",0,0]] {}', &
         'layer "x" InputLayer', 'batch_shape = [null,2]', 'node [] {}', 'end', &
         'layer "affine" Rescaling', 'scale = 3.0', 'offset = 1.0', 'node [["x",0,0]] {}', 'end', &
         'inputs ["x",0,0]', 'outputs ["affine",0,0]', 'end', &
         'layer "sum" Add', 'node [[["shared",0,0],["shared",1,0]]] {}', 'end', &
         'layer "both" Concatenate', 'axis = -1', &
         'node [[["inner",0,0],["inner",1,0]]] {}', 'end', &
         'inputs [["a",0,0],["b",0,0]]', 'outputs [["sum",0,0],["both",0,0]]', 'end', &
         'checksum none', 'values 4 none', '1 2 3 4', 'end'])
   end subroutine two_ends

end module model_files
