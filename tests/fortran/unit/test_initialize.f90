!> The first weights of a whole network, and the patterns that name some of them.
module test_initialize
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_network_dp, only: network_t
   use fkb_pattern, only: matches, names_path
   use fkb_testing, only: check, check_close, fail, failure_t, suite_t
   use model_files, only: small_dense
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'initialize'
      call suite%add('a network begins anew with a seed', networks)
      call suite%add('a pattern names the weights that begin anew', patterns)
   end subroutine collect

   subroutine networks(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      real(dp) :: first(8)
      call small_dense('initial.fkb', 'relu')
      call net%initialize(1, error)
      call check(failure, allocated(error), 'a network that is not loaded begins')
      call net%load('initial.fkb', error)
      if (.not. allocated(error)) call net%initialize(1, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      first = net%params
      call check(failure, all(abs(first(:6)) < sqrt(6/5.0_dp)), 'the bounds of Glorot')
      call check(failure, all(abs(first(:6)) > 0), 'the kernel is still zero')
      call check_close(failure, first(7:), [0.0_dp, 0.0_dp], 0.0_dp, 'bias')
      call net%initialize(2, error)
      call check(failure, all(abs(net%params(:6) - first(:6)) > 0), 'another seed, same weights')
      call net%initialize(1, error)
      call check_close(failure, net%params, first, 0.0_dp, 'the same seed')
      net%params = 5
      call net%initialize(1, error, pattern='*/kernel')
      call check_close(failure, net%params, [first(:6), 5.0_dp, 5.0_dp], 0.0_dp, 'kernels')
      call net%initialize(1, error, pattern='d')
      call check_close(failure, net%params, first, 0.0_dp, 'a layer')
      call net%initialize(3, error, pattern='e')
      call check(failure, allocated(error), 'a pattern that fits nothing is taken')
      call check_close(failure, net%params, first, 0.0_dp, 'after an error')
      call net%clear()
   end subroutine networks

   subroutine patterns(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check(failure, matches('encoder/dense', 'enc*/d?nse'), 'a star and a question mark')
      call check(failure, matches('', '*') .and. matches('', '') .and. matches('a', 'a*'), 'empty')
      call check(failure, matches('abcabcd', '*abcd'), 'a star that begins again')
      call check(failure, .not. matches('abc', 'ab') .and. .not. matches('ab', 'abc'), 'lengths')
      call check(failure, .not. matches('', '?') .and. .not. matches('A', 'a'), 'none')
      call check(failure, names_path('a/b/kernel', 'a/b') .and. names_path('a/b/kernel', 'a'), &
                 'layers above')
      call check(failure, .not. names_path('a/b/kernel', 'b'), 'a layer in the middle')
      call check(failure, .not. names_path('ab/kernel', 'a'), 'a name that begins so')
   end subroutine patterns

end module test_initialize
