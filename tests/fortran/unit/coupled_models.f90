!> A small column model for the tests of coupling: its files, its fields, and what they check.
module coupled_models
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_testing, only: check_equal, fail, failure_t
   use model_files, only: write_lines
   implicit none (type, external)
   private
   public :: check_text, column_model, fails, in_fields, make_fields, out_fields, &
      recurrent_model

contains

   !> q(3), t(3), ps -> Dense(4, tanh) -> dq(3), rain; subtract and divide before, multiply after.
   subroutine column_model(path, precision, in_fields, out_fields)
      character(*), intent(in) :: path
      character(*), intent(in), optional :: precision      !! default `float64`
      character(*), intent(in), optional :: in_fields, out_fields   !! the lines `fields = ...`
      character(:), allocatable :: kind, ins, outs
      kind = 'float64'
      if (present(precision)) kind = precision
      ins = default_in()
      if (present(in_fields)) ins = in_fields
      outs = default_out()
      if (present(out_fields)) outs = out_fields
      call write_lines(path, [character(600) :: 'fkb 1', 'precision '//kind, 'keras "3.15.1"', &
         'model "m" Sequential', &
         'layer "in" InputLayer', 'batch_shape = [null,7]', 'node [] {}', 'end', &
         'layer "d" Dense', 'units = 4', 'activation = "tanh"', &
         'node [["in",0,0]] {}', 'weight "kernel" '//kind//' [7,4] trainable', &
         'weight "bias" '//kind//' [4] trainable', 'end', &
         'inputs ["in",0,0]', 'outputs ["d",0,0]', 'end', &
         'input 0 "state"', ins, 'step subtract float64 [7]', 'step divide float64 [7]', 'end', &
         'output 0 "tendency"', outs, 'step multiply float64 [4]', 'end', &
         'checksum none', 'values 28 none', &
         '0.3 -0.2 0.1 0.4  0.2 0.5 -0.3 0.1  -0.1 0.2 0.6 -0.4  0.7 -0.1 0.2 0.3', &
         '-0.5 0.1 0.2 0.2  0.4 -0.3 0.1 0.1  0.2 0.2 -0.2 0.3', &
         'values 4 none', '0.1 -0.1 0.2 0.3', &
         'values 7 none', '0.002 0.004 0.006 260 270 280 1e5', &
         'values 7 none', '0.001 0.001 0.001 5 5 5 300', &
         'values 4 none', '1e-6 2e-6 3e-6 10', 'end'])
   end subroutine column_model

   !> `fields` of the input, with more members for q.
   function in_fields(q_more) result(line)
      character(*), intent(in) :: q_more
      character(:), allocatable :: line
      line = 'fields = [{"name":"q","length":3,"unit":"kg/kg",'//q_more//'},{"name":"t",'// &
         '"length":3,"unit":"K"},{"name":"ps","unit":"Pa"}]'
   end function in_fields

   !> `fields` of the output, with more members for dq or for rain.
   function out_fields(dq_more, rain_more) result(line)
      character(*), intent(in), optional :: dq_more, rain_more
      character(:), allocatable :: line, dq, rain
      dq = ''
      if (present(dq_more)) dq = ','//dq_more
      rain = ''
      if (present(rain_more)) rain = ','//rain_more
      line = 'fields = [{"name":"dq","length":3,"unit":"kg/kg/s"'//dq//'},{"name":"rain",'// &
         '"unit":"mm/day"'//rain//'}]'
   end function out_fields

   function default_in() result(line)
      character(:), allocatable :: line
      line = 'fields = [{"name":"q","length":3,"unit":"kg/kg"},{"name":"t","length":3,'// &
         '"unit":"K"},{"name":"ps","unit":"Pa"}]'
   end function default_in

   function default_out() result(line)
      character(:), allocatable :: line
      line = 'fields = [{"name":"dq","length":3,"unit":"kg/kg/s"},{"name":"rain",'// &
         '"unit":"mm/day"}]'
   end function default_out

   !> x(2) -> SimpleRNN(3, stateful) with an open number of steps.
   subroutine recurrent_model(path)
      character(*), intent(in) :: path
      call write_lines(path, [character(120) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Sequential', 'layer "in" InputLayer', 'batch_shape = [4,null,2]', &
         'node [] {}', 'end', 'layer "r" SimpleRNN', 'units = 3', 'activation = "tanh"', &
         'stateful = true', 'node [["in",0,0]] {}', &
         'weight "kernel" float64 [2,3] trainable', &
         'weight "recurrent_kernel" float64 [3,3] trainable', &
         'weight "bias" float64 [3] trainable', 'end', 'inputs ["in",0,0]', &
         'outputs ["r",0,0]', 'end', 'input 0 "x"', 'end', 'output 0 "y"', 'end', &
         'checksum none', 'values 6 none', '0.3 -0.2 0.1 0.4 0.5 -0.6', 'values 9 none', &
         '0.1 0.2 0.3 -0.1 0.4 -0.2 0.3 0.1 0.2', 'values 3 none', '0.1 -0.1 0.2', 'end'])
   end subroutine recurrent_model

   !> Fields of some columns.
   subroutine make_fields(columns, q, t, ps)
      integer, intent(in) :: columns
      real(dp), allocatable, intent(out) :: q(:, :), t(:, :), ps(:)
      integer :: i, k
      q = reshape([((0.002_dp*k + 0.001_dp*sin(0.7_dp*i + k), k=1, 3), i=1, columns)], &
         [3, columns])
      t = reshape([((250 + 10.0_dp*k + 5*cos(0.3_dp*i - k), k=1, 3), i=1, columns)], [3, columns])
      ps = [(1.0e5_dp + 300*sin(real(i, dp)), i=1, columns)]
   end subroutine make_fields

   !> Record an error as a failure; whether there was one.
   logical function fails(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      fails = allocated(error)
      if (fails) call fail(failure, error%message)
   end function fails

   !> Fail unless there is an error with this message.
   subroutine check_text(failure, error, text)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: text
      if (.not. allocated(error)) then
         call fail(failure, 'no error, expected: '//text)
      else
         call check_equal(failure, error%message, text, 'message')
      end if
   end subroutine check_text

end module coupled_models
