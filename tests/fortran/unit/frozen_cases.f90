!> Networks frozen and not, compared: what the tests of frozen networks share.
module frozen_cases
   use fkb_dp, only: dp, error_t, model_t, network_t, sp, workspace_t
   use fkb_gemm_dp, only: columns_independent
   use fkb_sp, only: network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_testing, only: check, check_close, failure_t
   implicit none (type, external)
   private
   public :: compare, fill, expect_none, expect_message

   character(*), parameter, public :: path = 'frozen.fkb'

contains

   !> Weights that make a difference: of both signs, variances positive.
   subroutine fill(net)
      type(network_t), intent(inout) :: net
      integer :: i, k
      net%params = [(sin(0.37_dp*i*i + i), i=1, size(net%params))]
      do k = 1, size(net%graph%segments)
         associate (s => net%graph%segments(k))
            if (index(s%path, 'moving_variance') > 0) then
               net%params(s%first:s%last) = 0.5_dp + abs(net%params(s%first:s%last))
            else
               net%params(s%first:s%last) = net%params(s%first:s%last)/ &
                  sqrt(max(1.0_dp, 0.3_dp*(s%last - s%first)/max(1, s%shape%extent(1))))
            end if
         end associate
      end do
   end subroutine fill

   !> Freeze the model's network in both kinds and compare: without folding the bits are the same,
   !> with it the values to `depth` roundings; a column alone has those that it has in a batch, with
   !> a BLAS to rounding.
   subroutine compare(failure, model, what, depth)
      type(failure_t), allocatable, intent(inout) :: failure
      type(model_t), intent(inout) :: model
      character(*), intent(in) :: what
      integer, intent(in) :: depth
      type(network_t) :: net
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      call model%build(net, error, 1)
      if (.not. allocated(error)) call fill(net)
      if (.not. allocated(error)) call net%save(path, error)
      call expect_none(failure, error)
      if (.not. allocated(failure)) call compare_dp(failure, what, depth)
      if (.not. allocated(failure)) call compare_sp(failure, what, depth)
   end subroutine compare

   subroutine compare_dp(failure, what, depth)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: what
      integer, intent(in) :: depth
      integer, parameter :: batches(7) = [1, 2, 3, 5, 8, 17, 40]
      type(network_t) :: net, whole, folded
      type(workspace_t) :: work, work_whole, work_folded
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :), z(:, :), f(:, :), one(:, :)
      integer :: i, j, n_in, n_out
      real(dp) :: bound
      bound = 8*depth*epsilon(1.0_dp)
      call net%load(path, error)
      if (.not. allocated(error)) call whole%load(path, error)
      if (.not. allocated(error)) call folded%load(path, error)
      if (.not. allocated(error)) call whole%freeze(error, fold=.false.)
      if (.not. allocated(error)) call folded%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      n_in = net%input_features(1)
      n_out = net%output_features(1)
      do i = 1, size(batches)
         x = reshape([(sin(0.91_dp*j + i), j=1, n_in*batches(i))], [n_in, batches(i)])
         allocate (y(n_out, batches(i)), z(n_out, batches(i)), f(n_out, batches(i)))
         call net%predict(x, y, work, error)
         if (.not. allocated(error)) call whole%predict(x, z, work_whole, error)
         if (.not. allocated(error)) call folded%predict(x, f, work_folded, error)
         call expect_none(failure, error)
         if (allocated(failure)) return
         call check(failure, any(abs(y) > 0), what//': nothing to compare')
         call check(failure, all(abs(y - z) <= 0), what//': other bits, dp')
         call check_close(failure, real(f, dp), real(y, dp), bound, what//': folded, dp')
         one = f(:, 1:1)
         call folded%predict(x(:, 1:1), one, work_folded, error)
         call expect_none(failure, error)
         call check_close(failure, real(one, dp), real(f(:, 1:1), dp), &
            merge(0.0_dp, bound, columns_independent()), what//': a column alone, dp')
         deallocate (y, z, f)
      end do
   end subroutine compare_dp

   subroutine compare_sp(failure, what, depth)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: what
      integer, intent(in) :: depth
      integer, parameter :: batches(7) = [1, 2, 3, 5, 8, 17, 40]
      type(network_sp_t) :: net, whole, folded
      type(workspace_sp_t) :: work, work_whole, work_folded
      type(error_t), allocatable :: error
      real(sp), allocatable :: x(:, :), y(:, :), z(:, :), f(:, :), one(:, :)
      integer :: i, j, n_in, n_out
      real(dp) :: bound
      bound = 8*depth*epsilon(1.0_sp)
      call net%load(path, error)
      if (.not. allocated(error)) call whole%load(path, error)
      if (.not. allocated(error)) call folded%load(path, error)
      if (.not. allocated(error)) call whole%freeze(error, fold=.false.)
      if (.not. allocated(error)) call folded%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      n_in = net%input_features(1)
      n_out = net%output_features(1)
      do i = 1, size(batches)
         x = reshape([(sin(0.91_sp*j + i), j=1, n_in*batches(i))], [n_in, batches(i)])
         allocate (y(n_out, batches(i)), z(n_out, batches(i)), f(n_out, batches(i)))
         call net%predict(x, y, work, error)
         if (.not. allocated(error)) call whole%predict(x, z, work_whole, error)
         if (.not. allocated(error)) call folded%predict(x, f, work_folded, error)
         call expect_none(failure, error)
         if (allocated(failure)) return
         call check(failure, any(abs(y) > 0), what//': nothing to compare')
         call check(failure, all(abs(y - z) <= 0), what//': other bits, sp')
         call check_close(failure, real(f, dp), real(y, dp), bound, what//': folded, sp')
         one = f(:, 1:1)
         call folded%predict(x(:, 1:1), one, work_folded, error)
         call expect_none(failure, error)
         call check_close(failure, real(one, dp), real(f(:, 1:1), dp), &
            merge(0.0_dp, bound, columns_independent()), what//': a column alone, sp')
         deallocate (y, z, f)
      end do
   end subroutine compare_sp

   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call check(failure, .false., error%message)
   end subroutine expect_none

   subroutine expect_message(failure, error, part)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: part
      call check(failure, allocated(error), 'expected an error: '//part)
      if (.not. allocated(error)) return
      call check(failure, index(error%message, part) > 0, 'unexpected message: '//error%message)
   end subroutine expect_message

end module frozen_cases
