!> The pass of inference, which shares memory, skips nodes and fuses activations, against the
!> plain pass of training, and both against difference quotients, on random graphs.
module test_passes
   use, intrinsic :: ieee_arithmetic, only: ieee_negative_inf, ieee_positive_inf, ieee_quiet_nan, &
      ieee_value
   use fkb_dp, only: dp, error_t, host_t, i8, mode_t, network_t, view_t, workspace_t
   use fkb_sp, only: host_sp_t => host_t, network_sp_t => network_t, &
      workspace_sp_t => workspace_t
   use fkb_testing, only: check_close, check_equal, fail, failure_t, suite_t
   use fkb_text, only: decimal
   use model_files, only: write_lines
   use random_arrays, only: free, make_arrays, matrix_t, shapes_of
   use random_graphs, only: next_integer, next_real, write_random_graph
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'passes'
      call suite%add('inference and the plain pass agree on random graphs', passes_agree)
      call suite%add('gradients of random graphs are those of differences', gradients_agree)
      call suite%add('several blocks give what single columns give', blocks_agree)
      call suite%add('both kinds agree on random graphs', kinds_agree)
      call suite%add('an activation is not fused when its input is read elsewhere', not_fused)
      call suite%add('columns that are not finite stay alone', bad_columns_stay_alone)
   end subroutine collect

   subroutine passes_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      integer :: seed
      do seed = 1, seeds(300)
         call load_random(net, seed, failure)
         if (.not. allocated(failure)) call compare_passes(net, seed, 37, work, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
   end subroutine passes_agree

   subroutine compare_passes(net, seed, batch, work, failure)
      type(network_t), intent(in) :: net
      integer, intent(in) :: seed, batch
      type(workspace_t), intent(inout) :: work
      type(failure_t), allocatable, intent(inout) :: failure
      type(workspace_t) :: plain
      type(matrix_t) :: x(size(net%inputs)), y(size(net%outputs))
      type(host_t) :: inputs(size(net%inputs)), outputs(size(net%outputs))
      type(mode_t) :: mode
      type(view_t) :: view
      type(error_t), allocatable :: error
      integer :: k
      call make_arrays(net, seed, batch, x, y, inputs, outputs)
      call net%run(inputs, outputs, work, error)
      if (.not. allocated(error)) call plain%prepare(net, shapes_of(net), batch, error, &
         training=.true.)
      if (.not. allocated(error)) call net%forward_pass(inputs, 1, batch, plain, mode, error)
      call expect_none(failure, error)
      do k = 1, size(y)
         if (allocated(failure)) exit
         view = net%output(plain, k)
         call check_close(failure, y(k)%v, view%v, 1e-12_dp, 'output '//decimal(k))
      end do
      call free(x, y)
   end subroutine compare_passes

   subroutine gradients_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      integer :: seed
      do seed = 1, seeds(150)
         call load_random(net, seed, failure)
         if (.not. allocated(failure)) call compare_gradients(net, seed, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
   end subroutine gradients_agree

   !> The gradient of sum(c*y), c random, by the reverse sweep and by central differences of
   !> inference.
   subroutine compare_gradients(net, seed, failure)
      type(network_t), intent(inout) :: net
      integer, intent(in) :: seed
      type(failure_t), allocatable, intent(inout) :: failure
      integer, parameter :: batch = 3
      type(workspace_t) :: work, plain
      type(matrix_t) :: x(size(net%inputs)), y(size(net%outputs)), c(size(net%outputs))
      type(host_t) :: inputs(size(net%inputs)), outputs(size(net%outputs))
      type(mode_t) :: mode
      type(view_t) :: view
      type(error_t), allocatable :: error
      real(dp), allocatable :: alone(:), grad(:)
      real(dp) :: terms
      integer(i8) :: random
      integer :: i, j, k, try
      call make_arrays(net, seed, batch, x, y, inputs, outputs)
      allocate (grad(size(net%params)), source=0.0_dp)
      call plain%prepare(net, shapes_of(net), batch, error, training=.true.)
      if (.not. allocated(error)) call net%forward_pass(inputs, 1, batch, plain, mode, error)
      call expect_none(failure, error)
      random = 77 + seed
      do k = 1, size(y)
         allocate (c(k)%v(size(y(k)%v, 1), batch))
         do j = 1, batch
            do i = 1, size(c(k)%v, 1)
               c(k)%v(i, j) = next_real(random)
            end do
         end do
         view = net%output_gradient(plain, k, .false.)
         view%v = c(k)%v
      end do
      allocate (alone(size(grad)), source=0.0_dp)
      call net%backward_pass(plain, mode, 0.0_dp, alone, weights_only=.true.)
      call net%backward_pass(plain, mode, 0.0_dp, grad)
      call check_equal(failure, alone, grad, 'gradients of weights alone')
      do try = 1, min(20, size(grad))
         i = next_integer(random, size(grad))
         call compare_slope(net%params(i), grad(i), 'weight '//decimal(i))
      end do
      do k = 1, size(x)
         view = net%input_gradient(plain, k)
         do i = 1, size(x(k)%v, 1)
            j = next_integer(random, batch)
            call compare_slope(x(k)%v(i, j), view%v(i, j), 'input '//decimal(k))
         end do
      end do
      call free(x, y)
      do k = 1, size(c)
         deallocate (c(k)%v)
      end do

   contains

      subroutine compare_slope(place, slope, what)
         real(dp), intent(inout) :: place
         real(dp), intent(in) :: slope
         character(*), intent(in) :: what
         real(dp), parameter :: h = 1e-5_dp, rounding = 1e-3_dp   ! of 1e-6: eps*total/h
         real(dp) :: before, up, down
         if (allocated(failure)) return
         before = place
         place = before + h
         up = total()
         place = before - h
         down = total()
         place = before
         call check_close(failure, slope, (up - down)/(2*h), 1e-6_dp, what, &
            scale=1 + abs(slope) + rounding*terms)
      end subroutine compare_slope

      real(dp) function total()
         integer :: m
         call net%run(inputs, outputs, work, error)
         call expect_none(failure, error)
         total = 0
         terms = 0
         do m = 1, size(y)
            total = total + sum(c(m)%v*y(m)%v)
            terms = terms + sum(abs(c(m)%v*y(m)%v))
         end do
      end function total

   end subroutine compare_gradients

   subroutine blocks_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      integer :: seed
      do seed = 1001, 1000 + seeds(6)
         call load_random(net, seed, failure)
         if (.not. allocated(failure)) call compare_passes(net, seed, 9001, work, failure)
         if (.not. allocated(failure)) call compare_passes(net, seed, 1, work, failure)
         if (.not. allocated(failure)) call compare_passes(net, seed, 4097, work, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
   end subroutine blocks_agree

   subroutine kinds_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_sp_t) :: net
      type(network_t) :: wide
      type(workspace_sp_t) :: work
      type(workspace_t) :: wide_work
      integer :: seed
      type(error_t), allocatable :: error
      do seed = 2001, 2000 + seeds(60)
         call write_random_graph('passes_sp.fkb', seed, 'float32')
         call net%load('passes_sp.fkb', error)
         if (.not. allocated(error)) call wide%load('passes_sp.fkb', error)
         call expect_none(failure, error)
         if (.not. allocated(failure)) call compare_kinds(net, work, wide, wide_work, seed, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
      call wide%clear()
   end subroutine kinds_agree

   subroutine compare_kinds(net, work, wide, wide_work, seed, failure)
      type(network_sp_t), intent(in) :: net
      type(workspace_sp_t), intent(inout) :: work
      type(network_t), intent(in) :: wide
      type(workspace_t), intent(inout) :: wide_work
      integer, intent(in) :: seed
      type(failure_t), allocatable, intent(inout) :: failure
      type(matrix_t) :: x(size(wide%inputs)), y(size(wide%outputs))
      type(host_t) :: inputs(size(wide%inputs)), outputs(size(wide%outputs))
      type(host_sp_t) :: inputs_sp(size(wide%inputs)), outputs_sp(size(wide%outputs))
      real(dp), allocatable :: exact(:, :)
      type(error_t), allocatable :: error
      integer :: k
      call make_arrays(wide, seed, 33, x, y, inputs, outputs)
      do k = 1, size(x)
         inputs_sp(k)%d => x(k)%v
      end do
      do k = 1, size(y)
         allocate (outputs_sp(k)%d(size(y(k)%v, 1), 33))
      end do
      call wide%run(inputs, outputs, wide_work, error)
      if (.not. allocated(error)) call net%run(inputs_sp, outputs_sp, work, error)
      call expect_none(failure, error)
      do k = 1, size(y)
         exact = y(k)%v
         call check_close(failure, outputs_sp(k)%d, exact, 2e-5_dp, 'real32', &
            scale=1 + maxval(abs(exact)))
         deallocate (outputs_sp(k)%d)
      end do
      call free(x, y)
   end subroutine compare_kinds

   !> in -> d (Dense) -> t (LeakyReLU), with and without f (Flatten) between them.
   subroutine not_fused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(2), parameter :: ends(7) = ['td', 'dt', 'tt', 'it', 'tf', 'ft', 'ti']
      integer :: k
      do k = 1, size(ends)
         call check_ends(ends(k), .false., failure)
         call check_ends(ends(k), .true., failure)
         if (allocated(failure)) return
      end do
   end subroutine not_fused

   subroutine check_ends(ends, flat, failure)
      character(2), intent(in) :: ends                   !! letters of the two outputs
      logical, intent(in) :: flat                        !! t reads f
      type(failure_t), allocatable, intent(inout) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      type(host_t) :: inputs(1), outputs(2)
      real(dp), target :: x(1, 3), first(1, 3), second(1, 3)
      character(:), allocatable :: source
      x = reshape([0.25_dp, -0.5_dp, 2.0_dp], [1, 3])
      inputs(1)%d => x
      outputs(1)%d => first
      outputs(2)%d => second
      source = 'd'
      if (flat) source = 'f'
      call write_lines('passes_fused.fkb', [character(80) :: 'fkb 1', 'precision float64', &
         'keras "3.15.1"', 'model "m" Functional', 'layer "i" InputLayer', &
         'batch_shape = [null,1]', 'node [] {}', 'end', 'layer "d" Dense', 'units = 1', &
         'node [["i",0,0]] {}', 'weight "kernel" float64 [1,1] trainable', &
         'weight "bias" float64 [1] trainable', 'end', &
         pack([character(80) :: 'layer "f" Flatten', 'node [["d",0,0]] {}', 'end'], &
         spread(flat .or. scan(ends, 'f') > 0, 1, 3)), 'layer "t" LeakyReLU', &
         'negative_slope = 0.25', 'node [["'//source//'",0,0]] {}', 'end', 'inputs ["i",0,0]', &
         'outputs [["'//ends(1:1)//'",0,0],["'//ends(2:2)//'",0,0]]', 'end', 'checksum none', &
         'values 1 none', '2', 'values 1 none', '0.5', 'end'])
      call net%load('passes_fused.fkb', error)
      if (.not. allocated(error)) call net%run(inputs, outputs, work, error)
      call expect_none(failure, error)
      call check_close(failure, first, value_of(ends(1:1), x), 0.0_dp, ends//' first')
      call check_close(failure, second, value_of(ends(2:2), x), 0.0_dp, ends//' second')
      call net%clear()
   end subroutine check_ends

   pure function value_of(letter, x) result(y)
      character, intent(in) :: letter
      real(dp), intent(in) :: x(:, :)
      real(dp) :: y(size(x, 1), size(x, 2))
      y = x
      if (letter == 'i') return
      y = 2*x + 0.5_dp
      if (letter == 't') y = merge(y, 0.25_dp*y, y > 0)
   end function value_of

   !> NaN and infinities in one column change no other column of any graph.
   subroutine bad_columns_stay_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      integer :: seed
      do seed = 3001, 3000 + seeds(60)
         call load_random(net, seed, failure)
         if (.not. allocated(failure)) call spoil_columns(net, seed, work, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
   end subroutine bad_columns_stay_alone

   subroutine spoil_columns(net, seed, work, failure)
      type(network_t), intent(in) :: net
      integer, intent(in) :: seed
      type(workspace_t), intent(inout) :: work
      type(failure_t), allocatable, intent(inout) :: failure
      integer, parameter :: batch = 21
      type(matrix_t) :: x(size(net%inputs)), y(size(net%outputs)), clean(size(net%outputs))
      type(host_t) :: inputs(size(net%inputs)), outputs(size(net%outputs))
      type(error_t), allocatable :: error
      integer :: j, k
      call make_arrays(net, seed, batch, x, y, inputs, outputs)
      call net%run(inputs, outputs, work, error)
      call expect_none(failure, error)
      do k = 1, size(y)
         allocate (clean(k)%v, source=y(k)%v)
      end do
      do k = 1, size(x)
         x(k)%v(:, 4) = ieee_value(1.0_dp, ieee_quiet_nan)
         x(k)%v(:, 9) = ieee_value(1.0_dp, ieee_positive_inf)
         x(k)%v(:, batch) = ieee_value(1.0_dp, ieee_negative_inf)
      end do
      call net%run(inputs, outputs, work, error)
      call expect_none(failure, error)
      do k = 1, size(y)
         do j = 1, batch
            if (any(j == [4, 9, batch])) cycle
            call check_equal(failure, y(k)%v(:, j), clean(k)%v(:, j), 'column '//decimal(j))
         end do
         deallocate (clean(k)%v)
      end do
      call free(x, y)
   end subroutine spoil_columns

   !> How many seeds: ten times as many where FKB_TEST_LONG is set.
   integer function seeds(usual)
      integer, intent(in) :: usual
      integer :: length
      call get_environment_variable('FKB_TEST_LONG', length=length)
      seeds = usual
      if (length > 0) seeds = 10*usual
   end function seeds

   subroutine load_random(net, seed, failure)
      type(network_t), intent(inout) :: net
      integer, intent(in) :: seed
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      call write_random_graph('passes_random.fkb', seed, 'float64')
      call net%load('passes_random.fkb', error)
      call expect_none(failure, error)
   end subroutine load_random

   !> Fail with the error's message where there is one.
   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call fail(failure, error%message)
   end subroutine expect_none

end module test_passes
