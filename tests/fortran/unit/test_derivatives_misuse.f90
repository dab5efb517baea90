!> What derivatives refuse: layers without a forward derivative, and arrays that do not fit.
module test_derivatives_misuse
   use fkb_dp, only: add_builtin_layers, config_t, derivatives_t, dp, error_t, mode_t, network_t, &
      plan_t, registry_t, shape_t, unary_layer_t
   use fkb_testing, only: check, check_close, fail, failure_t, suite_t
   use model_files, only: small_dense, write_lines
   implicit none (type, external)
   private
   public :: collect

   !> y = x**2, without a forward derivative.
   type, extends(unary_layer_t) :: square_t
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type square_t

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'derivatives_misuse'
      call suite%add('a layer without forward derivative is refused by name', none_is_refused)
      call suite%add('arrays that do not fit are refused', wrong_arrays)
   end subroutine collect

   subroutine none_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(registry_t) :: registry
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: x(2, 1), y(2, 1), dx(2, 1), dy(2, 1), jac(2, 2, 1)
      call write_lines('derivatives_own.fkb', [character(80) :: 'fkb 1', 'precision float64', &
         'keras "3.15.1"', 'model "m" Sequential', 'layer "in" InputLayer', &
         'batch_shape = [null,2]', 'node [] {}', 'end', 'layer "mine" test>Square', &
         'node [["in",0,0]] {}', 'end', 'inputs ["in",0,0]', 'outputs ["mine",0,0]', 'end', &
         'checksum none', 'end'])
      call add_builtin_layers(registry, error)
      if (.not. allocated(error)) call registry%add('test>Square', square_t(), error)
      if (.not. allocated(error)) call net%load('derivatives_own.fkb', error, registry=registry)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      x = 3
      dx = 1
      call slopes%jvp(net, x, dx, y, dy, error)
      call check(failure, allocated(error), 'a layer without forward derivative was not refused')
      if (allocated(error)) call check(failure, index(error%message, '"mine" (test>Square) has'// &
         ' no forward derivative') > 0, error%message)
      call slopes%vjp(net, x, dx, dy, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, dy(:, 1), [6.0_dp, 6.0_dp], 1e-15_dp, 'gradient', scale=6.0_dp)
      call slopes%jacobian(net, x, jac, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, jac(:, :, 1), reshape([6.0_dp, 0.0_dp, 0.0_dp, 6.0_dp], [2, 2]), &
                       1e-15_dp, 'Jacobian', scale=6.0_dp)
      call net%clear()
      call registry%clear()
   end subroutine none_is_refused

   subroutine wrong_arrays(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: x(3, 2), dx(3, 2), y(2, 2), dy(2, 2), jac(2, 3, 2)
      call slopes%jvp(net, x, dx, y, dy, error)
      call expect('no network')
      call small_dense('derivatives_dense.fkb', 'tanh')
      call net%load('derivatives_dense.fkb', error)
      if (allocated(error)) call fail(failure, error%message)
      x = 0
      dx = 1
      call slopes%jvp(net, x, dx(:, :1), y, dy, error)
      call expect('direction of an input')
      call slopes%jvp(net, x, dx, y, dy(:1, :), error)
      call expect('direction of an output')
      call slopes%jvp(net, x(:2, :), dx, y, dy, error)
      call expect('(input)')
      call slopes%jvp(net, x, dx, y, dy, error, dparams=x(:, 1))
      call expect('net%params')
      call slopes%vjp(net, x, dy(:, :1), dx, error)
      call expect('weight of an output')
      call slopes%jacobian(net, x, jac(:, :, :1), error)
      call expect('for each sample')
      call slopes%jacobian(net, x, jac(:1, :, :), error)
      call expect('2 rows')
      call net%clear()

   contains

      subroutine expect(words)
         character(*), intent(in) :: words
         call check(failure, allocated(error), 'not refused: '//words)
         if (allocated(error)) call check(failure, index(error%message, words) > 0, error%message)
      end subroutine expect

   end subroutine wrong_arrays

   subroutine configure(self, config, error)
      class(square_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(square_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call plan%add_output(in_shapes(1))
      plan%can_train = .true.
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(square_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in), contiguous :: weights(:)
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(out), contiguous :: y(:, :)
      real(dp), intent(inout), contiguous :: cache(:)
      real(dp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      y = x**2
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(square_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in), contiguous :: weights(:)
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(in), contiguous :: y(:, :)
      real(dp), intent(inout), contiguous :: cache(:)
      real(dp), intent(inout), contiguous :: scratch(:)
      real(dp), intent(in), contiguous :: dy(:, :)
      real(dp), intent(out), contiguous :: dx(:, :)
      real(dp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      dx = 2*x*dy
   end subroutine apply_backward

end module test_derivatives_misuse
