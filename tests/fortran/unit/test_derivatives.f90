!> Products with the Jacobian of whole networks, against each other and differences; hosts of both
!> kinds, ports and threads.
module test_derivatives
   use fkb_dp, only: derivatives_t, dp, error_t, host_t, i8, network_t, workspace_t
   use fkb_sp, only: derivatives_sp_t => derivatives_t, network_sp_t => network_t, sp
   use fkb_testing, only: check, check_close, fail, failure_t, suite_t
   use fkb_text, only: decimal
   use fkb_views, only: view_dp_t
   use model_files, only: small_dense, two_ends
   use random_arrays, only: free, make_arrays, matrix_t
   use random_graphs, only: next_real, write_random_graph
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'derivatives'
      call suite%add('both products of random graphs fit together and are those of differences', &
                     random_graphs_fit)
      call suite%add('hosts of both kinds get the same', kinds_agree)
      call suite%add('a Jacobian is made of columns or rows', jacobian_is_right)
      call suite%add('several inputs and outputs have a Jacobian for each pair', pairs_are_right)
      call suite%add('the steps of ports are part of the function', ports_count)
      call suite%add('threads share a network', threads_agree)
   end subroutine collect

   subroutine random_graphs_fit(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      integer :: seed
      do seed = 1, 60
         call write_random_graph('derivatives_random.fkb', seed, 'float64')
         call net%load('derivatives_random.fkb', error)
         if (allocated(error)) call fail(failure, error%message)
         if (.not. allocated(failure)) call compare_products(net, seed, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'seed '//decimal(seed)//': '//failure%message
      call net%clear()
   end subroutine random_graphs_fit

   !> <J v, w> = <v, J' w> for inputs and weights, and the slopes of Taylor's formula.
   subroutine compare_products(net, seed, failure)
      type(network_t), intent(inout) :: net
      integer, intent(in) :: seed
      type(failure_t), allocatable, intent(inout) :: failure
      integer, parameter :: batch = 7
      type(derivatives_t) :: slopes
      type(matrix_t) :: x(size(net%inputs)), y(size(net%outputs))
      type(matrix_t) :: dx(size(net%inputs)), dy(size(net%outputs))
      type(matrix_t) :: gx(size(net%inputs)), w(size(net%outputs))
      type(host_t) :: xs(size(x)), dxs(size(x)), gxs(size(x))
      type(host_t) :: ys(size(y)), dys(size(y)), ws(size(y))
      real(dp), allocatable :: dparams(:), gparams(:)
      type(error_t), allocatable :: error
      real(dp) :: forward, reverse, scale(4)
      integer(i8) :: random
      integer :: k
      call make_arrays(net, seed, batch, x, y, xs, ys)
      call make_arrays(net, seed + 1000, batch, dx, dy, dxs, dys)
      call make_arrays(net, seed + 2000, batch, gx, w, gxs, ws)
      random = seed
      do k = 1, size(w)
         call fill(w(k)%v, random)
      end do
      allocate (dparams(size(net%params)), gparams(size(net%params)))
      call fill_vector(net, dparams, random)
      call slopes%jvp_hosts(net, xs, dxs, ys, dys, error, dparams)
      if (.not. allocated(error)) call slopes%vjp_hosts(net, xs, ws, gxs, error, gparams)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      forward = 0
      reverse = sum(dparams*gparams)
      scale = [0.0_dp, 0.0_dp, sum(dparams**2), sum(gparams**2)]
      do k = 1, size(y)
         forward = forward + sum(dy(k)%v*w(k)%v)
         scale(:2) = scale(:2) + [sum(dy(k)%v**2), sum(w(k)%v**2)]
      end do
      do k = 1, size(x)
         reverse = reverse + sum(dx(k)%v*gx(k)%v)
         scale(3:) = scale(3:) + [sum(dx(k)%v**2), sum(gx(k)%v**2)]
      end do
      scale = sqrt(scale)
      call check(failure, abs(forward - reverse) <= 1e-12_dp*(scale(1)*scale(2) + &
                                                                scale(3)*scale(4)), 'J and J''')
      call compare_differences(net, x, xs, ys, y, dx, dy, dparams, failure)
      call free(x, y)
      call free(dx, dy)
      call free(gx, w)
      call slopes%clear()
   end subroutine compare_products

   subroutine compare_differences(net, x, xs, ys, y, dx, dy, dparams, failure)
      type(network_t), intent(inout) :: net
      type(matrix_t), intent(inout) :: x(:)
      type(host_t), intent(in) :: xs(:), ys(:)
      type(matrix_t), intent(in) :: y(:), dx(:), dy(:)
      real(dp), intent(in) :: dparams(:)
      type(failure_t), allocatable, intent(inout) :: failure
      type(workspace_t) :: work
      type(matrix_t) :: slope(size(y)), start(size(x))
      type(error_t), allocatable :: error
      real(dp), allocatable :: params(:)
      real(dp), parameter :: h = 1e-6_dp
      integer :: k, m
      params = net%params
      do k = 1, size(x)
         allocate (start(k)%v, source=x(k)%v)
      end do
      do k = 1, size(y)
         allocate (slope(k)%v, mold=y(k)%v)
         slope(k)%v = 0
      end do
      do m = -1, 1, 2
         do k = 1, size(x)
            x(k)%v = start(k)%v + m*h*dx(k)%v
         end do
         net%params = params + m*h*dparams
         call net%run(xs, ys, work, error)
         if (allocated(error)) call fail(failure, error%message)
         do k = 1, size(y)
            slope(k)%v = slope(k)%v + m*y(k)%v/(2*h)
         end do
      end do
      net%params = params
      do k = 1, size(y)
         call check_close(failure, dy(k)%v, slope(k)%v, 1e-6_dp, 'direction of output '// &
                          decimal(k), scale=1 + maxval(abs(slope(k)%v)) + maxval(abs(y(k)%v)))
         deallocate (slope(k)%v)
      end do
      do k = 1, size(x)
         deallocate (start(k)%v)
      end do
   end subroutine compare_differences

   !> Directions of the weights that are trained.
   subroutine fill_vector(net, values, random)
      type(network_t), intent(in) :: net
      real(dp), intent(out) :: values(:)
      integer(i8), intent(inout) :: random
      integer(i8) :: i
      integer :: s
      values = 0
      do s = 1, size(net%graph%segments)
         associate (part => net%graph%segments(s))
            if (.not. part%variable) cycle
            do i = part%first, part%last
               values(i) = next_real(random)
            end do
         end associate
      end do
   end subroutine fill_vector

   subroutine fill(values, random)
      real(dp), intent(out) :: values(:, :)
      integer(i8), intent(inout) :: random
      integer :: i, j
      do j = 1, size(values, 2)
         do i = 1, size(values, 1)
            values(i, j) = next_real(random)
         end do
      end do
   end subroutine fill

   subroutine kinds_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(network_sp_t) :: single
      type(derivatives_t) :: slopes
      type(derivatives_sp_t) :: single_slopes
      type(error_t), allocatable :: error
      real(dp) :: x(3, 5), dx(3, 5), y(2, 5), dy(2, 5), gx(3, 5)
      real(sp) :: xs(3, 5), dxs(3, 5), ys(2, 5), dys(2, 5), gxs(3, 5), gparams(8)
      integer(i8) :: random
      random = 3
      call fill(x, random)
      call fill(dx, random)
      xs = real(x, sp)
      dxs = real(dx, sp)
      x = real(xs, dp)
      dx = real(dxs, dp)
      call small_dense('derivatives_dense.fkb', 'tanh')
      call net%load('derivatives_dense.fkb', error)
      if (.not. allocated(error)) call single%load('derivatives_dense.fkb', error)
      if (.not. allocated(error)) call slopes%jvp(net, x, dx, y, dy, error)
      if (.not. allocated(error)) call slopes%jvp(net, xs, dxs, ys, dys, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, real(dys, dp), dy, 1e-6_dp, 'real32 host', scale=10.0_dp)
      if (.not. allocated(error)) call single_slopes%jvp(single, x, dx, y, dy, error)
      if (.not. allocated(error)) call single_slopes%vjp(single, xs, ys, gxs, error, gparams)
      if (.not. allocated(error)) call slopes%vjp(net, x, y, gx, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, real(dys, dp), dy, 1e-5_dp, 'real32 network', scale=10.0_dp)
      call check_close(failure, real(gxs, dp), gx, 1e-5_dp, 'gradient', scale=10.0_dp)
      call check(failure, maxval(abs(gparams)) > 0, 'no gradient of the weights')
      call net%clear()
      call single%clear()
   end subroutine kinds_agree

   !> d tanh(W x + b) = diag(1 - y**2) W, by rows, as there are fewer of them.
   subroutine jacobian_is_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: x(3, 300), y(2, 300), dx(3, 300), dy(2, 300), jac(2, 3, 300), wanted(2, 3)
      real(dp), parameter :: kernel(2, 3) = reshape([1, 2, 3, 4, 5, 6], [2, 3])
      integer(i8) :: random
      integer :: j
      random = 4
      call fill(x, random)
      x = x/10
      dx = 0
      call small_dense('derivatives_dense.fkb', 'tanh')
      call net%load('derivatives_dense.fkb', error)
      if (.not. allocated(error)) call slopes%jacobian(net, x, jac, error)
      if (.not. allocated(error)) call slopes%jvp(net, x, dx, y, dy, error)
      if (allocated(error)) call fail(failure, error%message)
      do j = 1, size(x, 2)
         if (allocated(failure)) exit
         wanted = spread(1 - y(:, j)**2, 2, 3)*kernel
         call check_close(failure, jac(:, :, j), wanted, 1e-13_dp, 'sample '//decimal(j), &
                          scale=6.0_dp)
      end do
      call net%clear()
   end subroutine jacobian_is_right

   !> The outputs (a K + b K) and [3 a + 1, 3 b + 1]; the second has more values than an input.
   subroutine pairs_are_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      type(view_dp_t) :: x(2)
      real(dp), target :: a(2, 2), b(2, 2)
      real(dp) :: jac(2, 2, 2), long(4, 2, 2)
      a = 0.5_dp
      b = 0.25_dp
      x(1)%v => a
      x(2)%v => b
      call two_ends('derivatives_ends.fkb')
      call net%load('derivatives_ends.fkb', error)
      if (.not. allocated(error)) call slopes%jacobian(net, x, 1, 2, jac, error)
      if (.not. allocated(error)) call slopes%jacobian(net, x, 2, 2, long, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, jac(:, :, 2), reshape([1.0_dp, 2.0_dp, 3.0_dp, 4.0_dp], [2, 2]), &
                       1e-15_dp, 'the shared kernel', scale=4.0_dp)
      call check_close(failure, long(:, :, 1), reshape([0.0_dp, 0.0_dp, 3.0_dp, 0.0_dp, 0.0_dp, &
                                                        0.0_dp, 0.0_dp, 3.0_dp], [4, 2]), &
                       1e-15_dp, 'the nested model', scale=3.0_dp)
      call net%clear()
   end subroutine pairs_are_right

   !> Of 4 values the host gives the network takes 3, divided by 2; outputs are multiplied by 10.
   subroutine ports_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: x(4, 1), dx(4, 1), y(2, 1), dy(2, 1), gx(4, 1), w(2, 1)
      call small_dense('derivatives_dense.fkb', 'linear', [character(60) :: 'input 0 "x"', &
         '  size = 4', '  step select [3,0,1]', '  step subtract 7', '  step divide 2', 'end', &
         'output 0 "y"', '  step multiply 10', '  step add 3', 'end'])
      call net%load('derivatives_dense.fkb', error)
      x = 1
      dx(:, 1) = [1.0_dp, 0.0_dp, 100.0_dp, 0.0_dp]      ! the network's second input
      w(:, 1) = [1.0_dp, 0.0_dp]
      if (.not. allocated(error)) call slopes%jvp(net, x, dx, y, dy, error)
      if (.not. allocated(error)) call slopes%vjp(net, x, w, gx, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, dy(:, 1), [15.0_dp, 20.0_dp], 1e-15_dp, 'direction', &
                       scale=20.0_dp)
      call check_close(failure, gx(:, 1), [15.0_dp, 25.0_dp, 0.0_dp, 5.0_dp], 1e-15_dp, &
                       'gradient', scale=25.0_dp)
      call net%clear()
   end subroutine ports_count

   subroutine threads_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      real(dp) :: x(3, 64), dx(3, 64), dy(2, 64, 8), gx(3, 64, 8)
      integer(i8) :: random
      integer :: t
      random = 9
      call fill(x, random)
      call fill(dx, random)
      call small_dense('derivatives_dense.fkb', 'tanh')
      call net%load('derivatives_dense.fkb', error)
      if (allocated(error)) call fail(failure, error%message)
      !$omp parallel do default(none) shared(net, x, dx, dy, gx)
      do t = 1, size(dy, 3)
         call one_thread(net, x, dx, dy(:, :, t), gx(:, :, t))
      end do
      !$omp end parallel do
      do t = 2, size(dy, 3)
         call check(failure, all(abs(dy(:, :, t) - dy(:, :, 1)) <= 0), 'directions differ')
         call check(failure, all(abs(gx(:, :, t) - gx(:, :, 1)) <= 0), 'gradients differ')
      end do
      call net%clear()
   end subroutine threads_agree

   subroutine one_thread(net, x, dx, dy, gx)
      type(network_t), intent(in) :: net
      real(dp), intent(in), contiguous :: x(:, :), dx(:, :)
      real(dp), intent(inout), contiguous :: dy(:, :), gx(:, :)
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: y(2, 64)
      call slopes%jvp(net, x, dx, y, dy, error)
      if (.not. allocated(error)) call slopes%vjp(net, x, y, gx, error)
      if (allocated(error)) dy = -1
      call slopes%clear()
   end subroutine one_thread

end module test_derivatives
