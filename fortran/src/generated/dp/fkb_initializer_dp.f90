! Generated from network/fkb_initializer.fypp: edit that file and run tools/generate.py
!> First values of weights, as Keras's initializers draw them.
!>
!> The numbers are a function of the seed, the weight's path and the element: they do not depend
!> on threads, on the order of calls, or on the other weights of a network. They have Keras's
!> distributions; the numbers themselves are not Keras's, whose generators differ from backend to
!> backend.
module fkb_initializer_dp
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_numeric, fkb_err_unsupported, raise
   use fkb_initializer_options, only: fans_of, fill_constant, fill_identity, fill_normal, &
      fill_orthogonal, fill_scaled, fill_truncated, fill_uniform, initializer_t, scaled_variance, &
      truncated_deviation
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_orthonormal_dp, only: orthonormal_block, orthonormalize
   use fkb_random_dp, only: normal_values, uniform_values
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: fill_weights

   !> Values that are drawn again together until all lie within two deviations.
   integer, parameter :: truncated_block = 4096
   !> Takes the place of a layer's number, so that no layer's noise has the same numbers.
   integer, parameter :: node = -1

contains

   !> Fill one weight array. Raises an error where the initializer is not for such a shape, and
   !> for values beyond the range of the kind.
   subroutine fill_weights(initializer, shape, seed, path, values, error, fans)
      type(initializer_t), intent(in) :: initializer
      type(shape_t), intent(in) :: shape                  !! storage order: Keras's reversed
      integer(i8), intent(in) :: seed                     !! unless the initializer has its own
      character(*), intent(in) :: path                    !! of the weight, such as `dense/kernel`
      real(wp), intent(out), contiguous :: values(:)      !! (shape%count())
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: fans(2)           !! in and out, default: by the shape
      integer(i8) :: key(2)
      integer :: n
      values = 0
      if (size(values, kind=i8) /= shape%count() .or. shape%count() > huge(n)) then
         call raise(error, fkb_err_argument, 'an array of '//decimal(size(values, kind=i8))// &
                    ' values is no weight of shape '//shape%text())
         return
      end if
      n = size(values)
      key = [seed, number_of(path)]
      if (initializer%has_seed) key = [initializer%seed, 0_i8]
      select case (initializer%fill)
      case (fill_constant)
         values = real(initializer%value, wp)
      case (fill_uniform)
         call draw_uniform(key, n, initializer%low, initializer%high, values)
      case (fill_normal)
         call draw_normal(key, n, initializer%mean, initializer%deviation, values)
      case (fill_truncated)
         call draw_truncated(key, n, initializer%mean, initializer%deviation, values)
      case (fill_scaled)
         call fill_by_fans(initializer, shape, key, n, values, error, fans)
      case (fill_identity, fill_orthogonal)
         call fill_matrix(initializer, shape, key, values, error)
      case default
         call raise(error, fkb_err_argument, 'an initializer of unknown kind')
      end select
      if (allocated(error)) return
      if (.not. all(abs(values) <= huge(values))) then
         call raise(error, fkb_err_numeric, 'the options of the initializer are too large for '// &
                    'the kind of the network')
      end if
   end subroutine fill_weights

   !> A number for a path.
   pure integer(i8) function number_of(path) result(key)
      character(*), intent(in) :: path
      integer(i8), parameter :: modulus = 36028797018963913_i8   ! a prime below 2**55
      integer :: i
      key = 1
      do i = 1, len(path)
         key = mod(key*131_i8 + iachar(path(i:i)) + 1_i8, modulus)
      end do
   end function number_of

   !> Keras's `VarianceScaling`.
   subroutine fill_by_fans(initializer, shape, key, n, values, error, fans)
      type(initializer_t), intent(in) :: initializer
      type(shape_t), intent(in) :: shape
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: n
      real(wp), intent(inout) :: values(n)
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: fans(2)
      character(:), allocatable :: problem
      real(dp) :: fan_in, fan_out, limit, variance
      call fans_of(initializer, shape, fan_in, fan_out, problem)
      if (allocated(problem)) then
         call raise(error, fkb_err_argument, 'the initializer''s '//problem)
         return
      end if
      if (present(fans) .and. (initializer%n_in == 0 .or. initializer%n_out == 0)) then
         fan_in = fans(1)
         fan_out = fans(2)
      end if
      variance = scaled_variance(initializer, fan_in, fan_out)
      select case (initializer%distribution)
      case (fill_uniform)
         limit = sqrt(3*variance)
         call draw_uniform(key, n, -limit, limit, values)
      case (fill_normal)
         call draw_normal(key, n, 0.0_dp, sqrt(variance), values)
      case default
         call draw_truncated(key, n, 0.0_dp, sqrt(variance)/truncated_deviation, values)
      end select
   end subroutine fill_by_fans

   subroutine draw_uniform(key, n, low, high, values)
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: n
      real(dp), intent(in) :: low, high
      real(wp), intent(out) :: values(n)
      call uniform_values(key(1), node, key(2), 0_i8, n, values)
      values = real(low, wp) + real(high - low, wp)*values
   end subroutine draw_uniform

   subroutine draw_normal(key, n, mean, deviation, values)
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: n
      real(dp), intent(in) :: mean, deviation
      real(wp), intent(out) :: values(n)
      call normal_values(key(1), node, key(2), 0_i8, n, values)
      values = real(mean, wp) + real(deviation, wp)*values
   end subroutine draw_normal

   !> Normal numbers, those beyond two deviations drawn anew.
   subroutine draw_truncated(key, n, mean, deviation, values)
      integer(i8), intent(in) :: key(2)
      integer, intent(in) :: n
      real(dp), intent(in) :: mean, deviation
      real(wp), intent(out) :: values(n)
      real(wp) :: again(truncated_block)
      integer :: attempt, first, last, width
      do first = 1, n, truncated_block
         width = min(truncated_block, n - first + 1)
         last = first + width - 1
         call normal_values(key(1), node, key(2), int(first, i8), width, values(first))
         attempt = 0
         do while (any(abs(values(first:last)) > 2))
            attempt = attempt + 1
            call normal_values(key(1), node - attempt, key(2), int(first, i8), width, again)
            where (abs(values(first:last)) > 2) values(first:last) = again(:width)
         end do
      end do
      values = real(mean, wp) + real(deviation, wp)*values
   end subroutine draw_truncated

   !> `Identity` for weights of rank 2, and `Orthogonal`, which takes all of Keras's axes but the
   !> last for the rows.
   subroutine fill_matrix(initializer, shape, key, values, error)
      type(initializer_t), intent(in) :: initializer
      type(shape_t), intent(in) :: shape
      integer(i8), intent(in) :: key(2)
      real(wp), intent(inout) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: columns, rows
      if (initializer%fill == fill_identity .and. shape%rank /= 2) then
         call raise(error, fkb_err_unsupported, 'the initializer "Identity" is for matrices '// &
                    'only, the weight has the shape '//shape%text())
         return
      else if (shape%rank < 2) then
         call raise(error, fkb_err_unsupported, 'the initializer "Orthogonal" needs at least '// &
                    'two axes, the weight has the shape '//shape%text())
         return
      end if
      if (size(values) == 0) return
      columns = shape%extent(1)
      rows = size(values)/columns
      if (initializer%fill == fill_identity) then
         values(:min(rows, columns)*columns:columns + 1) = real(initializer%value, wp)
      else
         call fill_orthogonal_matrix(columns, rows, key, values)
         values = real(initializer%value, wp)*values
      end if
   end subroutine fill_matrix

   !> Orthonormal rows, or columns where there are more rows, of a random matrix.
   subroutine fill_orthogonal_matrix(columns, rows, key, w)
      integer, intent(in) :: columns, rows
      integer(i8), intent(in) :: key(2)
      real(wp), intent(out) :: w(columns, rows)       !! storage order of Keras's (rows, columns)
      real(wp), allocatable :: q(:, :), work(:)
      integer :: long, short
      long = max(columns, rows)
      short = min(columns, rows)
      allocate (q(long, short), work(short*orthonormal_block))
      call normal_values(key(1), node, key(2), 0_i8, size(q), q)
      call orthonormalize(long, short, q, work)
      if (columns < rows) then
         w = transpose(q)
      else
         w = q
      end if
   end subroutine fill_orthogonal_matrix

end module fkb_initializer_dp
