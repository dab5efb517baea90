!> Initializers: distributions, bounds, orthonormality, fans and streams.
!>
!> Distributions are judged by Kolmogorov and Smirnov's distance from the exact one, which exceeds
!> 1.95/sqrt(n) in one of a thousand samples; the numbers are fixed, so that a test that passes
!> once passes always.
module test_initializer
   use fkb_error, only: error_t
   use fkb_initializer_dp, only: fill_dp => fill_weights
   use fkb_initializer_options, only: fans_of, initializer_from_json, initializer_t
   use fkb_initializer_sp, only: fill_sp => fill_weights
   use fkb_kinds, only: dp, i8, sp
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: n_values = 20000
   !> Cumulative distributions.
   integer, parameter :: is_uniform = 1, is_normal = 2, is_truncated = 3

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'initializer'
      call suite%add('constants are the same everywhere', constants)
      call suite%add('random numbers have the distributions of Keras', distributions)
      call suite%add('scaled variances follow the fans', scaled)
      call suite%add('truncated numbers lie within two deviations', truncated)
      call suite%add('orthogonal kernels have orthonormal rows or columns', orthogonal)
      call suite%add('an identity is one for any shape', identity)
      call suite%add('numbers depend on seed, path and element only', streams)
      call suite%add('both kinds begin with the same weights', kinds_agree)
      call suite%add('wrong options are refused by name', wrong_options)
      call suite%add('a weight that an initializer does not fit changes nothing', wrong_shapes)
   end subroutine collect

   !> Values of an initializer for a weight of these extents, fastest first.
   subroutine draw(failure, json, extents, values, seed, path)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: json
      integer, intent(in) :: extents(:)
      real(dp), allocatable, intent(out) :: values(:)
      integer, intent(in), optional :: seed
      character(*), intent(in), optional :: path
      type(initializer_t) :: initializer
      type(error_t), allocatable :: error
      integer(i8) :: key
      allocate (values(product(extents)))
      key = 7
      if (present(seed)) key = seed
      call initializer_from_json(json, initializer, error)
      if (.not. allocated(error)) then
         if (present(path)) then
            call fill_dp(initializer, shape_of(extents), key, path, values, error)
         else
            call fill_dp(initializer, shape_of(extents), key, 'dense/kernel', values, error)
         end if
      end if
      if (allocated(error)) call fail(failure, error%message)
   end subroutine draw

   subroutine constants(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: values(:)
      call draw(failure, 'zeros', [3, 2], values)
      call check_close(failure, values, [0.0_dp, 0.0_dp, 0.0_dp, 0.0_dp, 0.0_dp, 0.0_dp], 0.0_dp, &
                       'zeros')
      call draw(failure, '"ones"', [2], values)
      call check_close(failure, values, [1.0_dp, 1.0_dp], 0.0_dp, 'ones')
      call draw(failure, '{"class_name":"Constant","config":{"value":-2.5}}', [2], values)
      call check_close(failure, values, [-2.5_dp, -2.5_dp], 0.0_dp, 'constant')
      call draw(failure, 'zeros', [integer ::], values)
      call check_close(failure, values, [0.0_dp], 0.0_dp, 'a scalar')
      call draw(failure, 'glorot_uniform', [0, 3], values)
      call check_equal(failure, size(values), 0, 'an empty weight')
   end subroutine constants

   subroutine distributions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call expect(failure, '{"class_name":"RandomUniform","config":{"minval":-3,"maxval":1}}', &
                  is_uniform, -3.0_dp, 1.0_dp)
      call expect(failure, 'uniform', is_uniform, -0.05_dp, 0.05_dp)
      call expect(failure, '{"class_name":"RandomNormal","config":{"mean":2,"stddev":0.5}}', &
                  is_normal, 2.0_dp, 0.5_dp)
      call expect(failure, 'random_normal', is_normal, 0.0_dp, 0.05_dp)
      call expect(failure, '{"class_name":"TruncatedNormal","config":{"mean":-1,"stddev":3}}', &
                  is_truncated, -1.0_dp, 3.0_dp)
      call expect(failure, 'truncated_normal', is_truncated, 0.0_dp, 0.05_dp)
   end subroutine distributions

   !> The classes that scale a variance, for a kernel of (100, 200) of Keras's rows and columns.
   subroutine scaled(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: cut = 0.87962566103423978_dp
      real(dp) :: limit
      limit = sqrt(6/300.0_dp)
      call expect(failure, 'glorot_uniform', is_uniform, -limit, limit)
      limit = sqrt(6/100.0_dp)
      call expect(failure, 'he_uniform', is_uniform, -limit, limit)
      limit = sqrt(3/100.0_dp)
      call expect(failure, 'lecun_uniform', is_uniform, -limit, limit)
      call expect(failure, 'GlorotNormal', is_truncated, 0.0_dp, sqrt(2/300.0_dp)/cut)
      call expect(failure, 'HeNormal', is_truncated, 0.0_dp, sqrt(2/100.0_dp)/cut)
      call expect(failure, 'LecunNormal', is_truncated, 0.0_dp, sqrt(1/100.0_dp)/cut)
      limit = sqrt(3*5/200.0_dp)
      call expect(failure, vs('"scale":5,"mode":"fan_out","distribution":"uniform"'), &
                  is_uniform, -limit, limit)
      call expect(failure, vs('"mode":"fan_avg","distribution":"untruncated_normal"'), &
                  is_normal, 0.0_dp, sqrt(1/150.0_dp))
      limit = sqrt(3/20000.0_dp)
      call expect(failure, vs('"input_axes":[0,-1],"output_axes":[1],"distribution":"uniform"'), &
                  is_uniform, -limit, limit)
      call expect_fans(failure, [integer ::], 1, 1)
      call expect_fans(failure, [7], 7, 7)
      call expect_fans(failure, [16, 8, 3, 5], 8*15, 16*15)
   end subroutine scaled

   !> Fans of a weight of these extents, fastest first.
   subroutine expect_fans(failure, extents, fan_in, fan_out)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(in) :: extents(:), fan_in, fan_out
      character(:), allocatable :: problem
      real(dp) :: fans(2)
      call fans_of(initializer_t(), shape_of(extents), fans(1), fans(2), problem)
      call check(failure, .not. allocated(problem), 'fans')
      call check_close(failure, fans, real([fan_in, fan_out], dp), 0.0_dp, 'fans')
   end subroutine expect_fans

   !> Draw n values and compare their distribution: a, b are bounds, or mean and deviation.
   subroutine expect(failure, json, law, a, b)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: json
      integer, intent(in) :: law
      real(dp), intent(in) :: a, b
      real(dp), allocatable :: values(:)
      real(dp) :: below, distance
      integer :: i
      if (allocated(failure)) return
      call draw(failure, json, [200, 100], values)
      if (allocated(failure)) return
      call sort(values)
      distance = 0
      do i = 1, n_values
         below = share(law, a, b, values(i))
         distance = max(distance, abs(below - real(i, dp)/n_values), &
                        abs(below - real(i - 1, dp)/n_values))
      end do
      call check(failure, distance < 1.95_dp/sqrt(real(n_values, dp)), json//': the distribution')
      if (law == is_uniform) then
         call check(failure, values(1) > a .and. values(n_values) < b, json//': bounds')
      end if
   end subroutine expect

   !> The share of the distribution at or below x.
   pure real(dp) function share(law, a, b, x)
      integer, intent(in) :: law
      real(dp), intent(in) :: a, b, x
      select case (law)
      case (is_uniform)
         share = min(1.0_dp, max(0.0_dp, (x - a)/(b - a)))
      case (is_normal)
         share = normal_share((x - a)/b)
      case default
         share = (normal_share((x - a)/b) - normal_share(-2.0_dp))/ &
                 (normal_share(2.0_dp) - normal_share(-2.0_dp))
         share = min(1.0_dp, max(0.0_dp, share))
      end select
   end function share

   pure real(dp) function normal_share(z)
      real(dp), intent(in) :: z
      normal_share = erfc(-z/sqrt(2.0_dp))/2
   end function normal_share

   !> Sort by merging.
   recursive subroutine sort(x)
      real(dp), intent(inout) :: x(:)
      real(dp), allocatable :: left(:), right(:)
      integer :: i, j, k
      if (size(x) < 2) return
      left = x(:size(x)/2)
      right = x(size(x)/2 + 1:)
      call sort(left)
      call sort(right)
      i = 1
      j = 1
      do k = 1, size(x)
         if (j > size(right)) then
            x(k) = left(i)
            i = i + 1
         else if (i > size(left)) then
            x(k) = right(j)
            j = j + 1
         else if (left(i) <= right(j)) then
            x(k) = left(i)
            i = i + 1
         else
            x(k) = right(j)
            j = j + 1
         end if
      end do
   end subroutine sort

   subroutine truncated(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: values(:)
      real(dp) :: variance
      call draw(failure, '{"class_name":"TruncatedNormal","config":{"mean":1,"stddev":0.1}}', &
                [200, 100], values)
      if (allocated(failure)) return
      call check(failure, all(abs(values - 1) <= 0.2_dp + epsilon(1.0_dp)), 'a value lies beyond')
      call check(failure, maxval(abs(values - 1)) > 0.199_dp, 'no value lies near the cut')
      variance = sum((values - 1)**2)/n_values             ! its root is known to 0.4 percent
      call check_close(failure, sqrt(variance), 0.1_dp*0.87962566103423978_dp, 2e-2_dp, 'deviation')
   end subroutine truncated

   subroutine orthogonal(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call expect_orthonormal(failure, [70, 50], 1)
      call expect_orthonormal(failure, [50, 70], 2)
      call expect_orthonormal(failure, [33, 33], 1)
      call expect_orthonormal(failure, [4, 5, 3, 2], 2)
      call expect_orthonormal(failure, [1, 1], 1)
   end subroutine orthogonal

   !> The vectors along the axis of storage `axis` of (columns, rows) are orthogonal and of length
   !> 2, the gain.
   subroutine expect_orthonormal(failure, extents, axis)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(in) :: extents(:), axis
      real(dp), allocatable :: values(:), w(:, :)
      real(dp) :: wanted
      integer :: columns, i, j, rows
      if (allocated(failure)) return
      call draw(failure, '{"class_name":"Orthogonal","config":{"gain":2.0,"seed":3}}', extents, &
                values)
      if (allocated(failure)) return
      columns = extents(1)
      rows = size(values)/columns
      w = reshape(values, [columns, rows])
      if (axis == 2) w = transpose(w)
      do i = 1, size(w, 2)
         do j = 1, size(w, 2)
            wanted = merge(4.0_dp, 0.0_dp, i == j)
            call check_close(failure, sum(w(:, i)*w(:, j)), wanted, 1e-14_dp, 'a product')
         end do
      end do
   end subroutine expect_orthonormal

   subroutine identity(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: values(:)
      call draw(failure, '{"class_name":"Identity","config":{"gain":3}}', [3, 2], values)
      call check_close(failure, values, real([3, 0, 0, 0, 3, 0], dp), 0.0_dp, 'wide')
      call draw(failure, 'identity', [2, 3], values)
      call check_close(failure, values, real([1, 0, 0, 1, 0, 0], dp), 0.0_dp, 'high')
   end subroutine identity

   subroutine streams(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: seeded = &
         '{"class_name":"RandomNormal","config":{"stddev":0.05,"seed":11}}'
      real(dp), allocatable :: a(:), b(:)
      call draw(failure, 'random_normal', [50], a)
      call draw(failure, 'random_normal', [20], b)
      if (allocated(failure)) return
      call check_close(failure, b, a(:20), 0.0_dp, 'the first elements')
      call draw(failure, 'random_normal', [50], b, seed=8)
      call check(failure, count(abs(a - b) > 0) == 50, 'another seed gives the same')
      call draw(failure, 'random_normal', [50], b, path='dense_1/kernel')
      call check(failure, count(abs(a - b) > 0) == 50, 'another path gives the same')
      call draw(failure, seeded, [50], a)
      call draw(failure, seeded, [50], b, seed=8, path='dense_1/kernel')
      call check_close(failure, a, b, 0.0_dp, 'a seed of its own')
   end subroutine streams

   subroutine kinds_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: names(4) = &
         [character(16) :: 'glorot_uniform', 'he_normal', 'random_normal', 'orthogonal']
      real(sp) :: single(600)
      real(dp) :: double(600)
      type(initializer_t) :: initializer
      type(error_t), allocatable :: error
      integer :: i
      do i = 1, size(names)
         call initializer_from_json(trim(names(i)), initializer, error)
         if (.not. allocated(error)) call fill_sp(initializer, shape_of([30, 20]), 5_i8, 'a/b', &
                                                  single, error)
         if (.not. allocated(error)) call fill_dp(initializer, shape_of([30, 20]), 5_i8, 'a/b', &
                                                  double, error)
         if (allocated(error)) call fail(failure, error%message)
         call check_close(failure, real(single, dp), double, 1e-5_dp, trim(names(i)))
      end do
   end subroutine kinds_agree

   subroutine wrong_options(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'glorot', 'glorot')
      call refused(failure, '"STFT"', 'STFT')
      call refused(failure, '{"class_name":"Zeros","config":{"gain":1}}', 'gain')
      call refused(failure, '{"class_name":"Constant","config":{"value":[1,2]}}', 'value')
      call refused(failure, '{"class_name":"RandomNormal","config":{"stddev":-1}}', 'stddev')
      call refused(failure, '{"class_name":"RandomNormal","config":{"stddev":"x"}}', 'stddev')
      call refused(failure, '{"class_name":"RandomNormal","config":{"seed":1.5}}', 'seed')
      call refused(failure, vs('"scale":0'), 'scale')
      call refused(failure, vs('"mode":"fan"'), 'mode')
      call refused(failure, vs('"distribution":"gamma"'), 'distribution')
      call refused(failure, vs('"input_axes":[1,2,3,4,5,6,7,8,9,10]'), 'input_axes')
      call refused(failure, '{"class_name":', 'JSON')
   end subroutine wrong_options

   pure function vs(options) result(json)
      character(*), intent(in) :: options
      character(:), allocatable :: json
      json = '{"class_name":"VarianceScaling","config":{'//options//'}}'
   end function vs

   subroutine refused(failure, json, word)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: json, word
      type(initializer_t) :: initializer
      type(error_t), allocatable :: error
      call initializer_from_json(json, initializer, error)
      call check(failure, allocated(error), json//' is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, word) > 0, error%message//' does not say '//word)
   end subroutine refused

   subroutine wrong_shapes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(initializer_t) :: initializer
      type(error_t), allocatable :: error
      real(sp) :: values(8)
      call misfit('identity', shape_of([2, 2, 2]), 'matrices')
      call misfit('orthogonal', shape_of([8]), 'two axes')
      call misfit('zeros', shape_of([7]), '8 values')
      call misfit(vs('"input_axes":[3],"output_axes":[0]'), shape_of([2, 4]), 'axis 3')
      call misfit('{"class_name":"Constant","config":{"value":1e300}}', shape_of([8]), 'too large')

   contains

      subroutine misfit(json, shape, words)
         character(*), intent(in) :: json, words
         type(shape_t), intent(in) :: shape
         call initializer_from_json(json, initializer, error)
         if (.not. allocated(error)) call fill_sp(initializer, shape, 1_i8, 'p', values, error)
         call check(failure, allocated(error), json//' is taken')
         if (allocated(failure)) return
         call check(failure, index(error%message, words) > 0, error%message)
      end subroutine misfit

   end subroutine wrong_shapes

end module test_initializer
