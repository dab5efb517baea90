!> Small models, folders and checks for the tests of networks that work together.
module ensemble_cases
   use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_testing, only: check, fail, failure_t
   use model_files, only: small_dense, write_lines
   implicit none (type, external)
   private
   public :: folder, make_folder, write_members, write_unit, write_unit_fields, &
      example, expect, expect_none

   character(*), parameter :: folder = 'test_ensemble.dir'

   interface
      integer(c_int) function c_mkdir(path, mode) bind(c, name='mkdir')
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: path(*)
         integer(c_int), value, intent(in) :: mode
      end function c_mkdir
   end interface

contains

   !> Make a folder unless it is there.
   subroutine make_folder(path)
      character(*), intent(in) :: path
      integer(c_int) :: status
      status = c_mkdir(path//c_null_char, int(o'755', c_int))
   end subroutine make_folder

   !> Four members: three activations, and a network with another number of layers.
   subroutine write_members()
      call make_folder(folder)
      call small_dense(folder//'/b.fkb', 'linear')
      call small_dense(folder//'/a.fkb', 'tanh')
      call small_dense(folder//'/d.fkb', 'sigmoid')
      call write_lines(folder//'/c.fkb', [character(80) :: 'fkb 1', 'precision float32', &
         'keras "3.15.1"', 'model "m" Sequential', 'layer "in" InputLayer', &
         'batch_shape = [null,3]', 'node [] {}', 'end', 'layer "h" Dense', 'units = 4', &
         'activation = "tanh"', 'node [["in",0,0]] {}', &
         'weight "kernel" float32 [3,4] trainable', &
         'weight "bias" float32 [4] trainable', 'end', 'layer "d" Dense', 'units = 2', &
         'activation = "linear"', 'node [["h",0,0]] {}', &
         'weight "kernel" float32 [4,2] trainable', &
         'weight "bias" float32 [2] trainable', 'end', 'inputs ["in",0,0]', 'outputs ["d",0,0]', &
         'end', 'checksum none', 'values 12 none', &
         '0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 -0.9 -0.8 -0.7 -0.6', 'values 4 none', &
         '0.1 0.2 -0.1 -0.2', &
         'values 8 none', '1 -1 2 -2 3 -3 0.5 0.25', 'values 2 none', '0.5 -0.5', 'end'])
   end subroutine write_members

   !> y = x by Dense with a unit kernel: what noise does to it is the noise.
   subroutine write_unit(path, ports)
      character(*), intent(in) :: path
      character(*), intent(in) :: ports(:)
      call write_lines(path, [character(200) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Sequential', 'layer "in" InputLayer', 'batch_shape = [null,2]', 'node [] {}', &
         'end', 'layer "d" Dense', 'units = 2', 'use_bias = false', 'node [["in",0,0]] {}', &
         'weight "kernel" float64 [2,2] trainable', 'end', 'inputs ["in",0,0]', &
         'outputs ["d",0,0]', 'end', ports, 'checksum none', 'values 4 none', '1 0 0 1', 'end'])
   end subroutine write_unit

   !> y = factor*x for two values "a" and "b" and two outputs with these fields.
   subroutine write_unit_fields(path, factor, outs)
      character(*), intent(in) :: path, factor
      character(*), intent(in) :: outs           !! the option `fields` of the output
      call write_unit(path, [character(200) :: 'input 0 "in"', &
         'fields = [{"name":"a"},{"name":"b"}]', 'end', 'output 0 "out"', 'fields = '//outs, &
         'step multiply '//factor, 'end'])
   end subroutine write_unit_fields

   subroutine example(columns, x)
      integer, intent(in) :: columns
      real(dp), allocatable, intent(out) :: x(:, :)
      integer :: i, j
      allocate (x(3, columns))
      do j = 1, columns
         x(:, j) = [(sin(0.37_dp*j + i), i=1, 3)]
      end do
   end subroutine example

   subroutine expect(failure, error, text)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: text
      if (.not. allocated(error)) then
         call fail(failure, 'no error, expected: '//text)
      else
         call check(failure, index(error%message, text) > 0, 'the message is: '//error%message)
      end if
   end subroutine expect

   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call fail(failure, error%message)
   end subroutine expect_none

end module ensemble_cases
