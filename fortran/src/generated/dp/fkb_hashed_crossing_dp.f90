! Generated from layers/fkb_hashed_crossing.fypp: edit that file and run tools/generate.py
!> Keras's `HashedCrossing`: the bin of several whole numbers taken together, as it is or as a
!> vector of 0 and 1.
module fkb_hashed_crossing_dp
   use fkb_config, only: config_t
   use fkb_encoding_kernels_dp, only: encode, first_strange
   use fkb_encodings, only: at_depth, at_indices, at_vectors, encode_int, encode_one_hot, &
      lay_out_encoding, read_output_mode, refuse_depth, refuse_value
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_fingerprint, only: joined_fingerprints, unsigned_remainder
   use fkb_kinds, only: i8, wp => dp
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_zero
   use fkb_shape, only: operator(==), shape_t
   implicit none (type, external)
   private
   public :: hashed_crossing_t

   !> TensorFlow's `_DEFAULT_HASH_KEY`, with which a crossing begins.
   integer(i8), parameter :: hash_key = 956888297470_i8

   !> Keras's `HashedCrossing`. Inputs: one number each.
   type, extends(layer_t) :: hashed_crossing_t
      integer :: num_bins = 0                  !! bins
      integer :: output_mode = encode_int      !! `encode_int` or `encode_one_hot`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: check_input
      procedure :: forward
      procedure :: backward
   end type hashed_crossing_t

contains

   subroutine configure(self, config, error)
      class(hashed_crossing_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('num_bins', self%num_bins, error)
      if (allocated(error)) return
      call refuse_depth(config, 'num_bins', self%num_bins, digits(1.0_wp), error)
      if (allocated(error)) return
      call read_output_mode(config, encode_int, encode_one_hot, self%output_mode, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(hashed_crossing_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (size(in_shapes) < 2) then
         call raise(error, fkb_err_argument, 'expected at least two inputs')
         return
      end if
      do i = 1, size(in_shapes)
         if (in_shapes(i) == in_shapes(1) .and. in_shapes(i)%count() == 1 .and. &
             in_shapes(i)%rank <= 1) cycle
         call raise(error, fkb_err_argument, 'expected inputs of one number each, not of shape '// &
                    in_shapes(i)%text())
         return
      end do
      call lay_out_encoding(plan, self%output_mode, self%num_bins, in_shapes(1), .false., error)
      plan%can_train = .true.
      plan%tangent = tangent_zero
      plan%checks_input = .true.
   end subroutine lay_out

   !> Refuse what is no whole number, and numbers that the kind may have rounded.
   subroutine check_input(self, plan, x, error)
      class(hashed_crossing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      character(48) :: value
      integer :: i, j
      do i = 1, size(x)
         j = first_strange(size(x(i)%v), x(i)%v)
         if (j == 0) cycle
         write (value, '(g0)') x(i)%v(1, j)
         call refuse_value(value, 1, j, 'a whole number that the network''s kind holds '// &
                           'exactly', error)
         return
      end do
   end subroutine check_input

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(hashed_crossing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer(i8) :: hash
      real(wp) :: bin(1)
      integer :: i, j
      do j = 1, size(x(1)%v, 2)
         hash = hash_key
         do i = 1, size(x)
            hash = joined_fingerprints(hash, int(x(i)%v(1, j), i8))
         end do
         bin = unsigned_remainder(hash, self%num_bins)
         call encode(self%output_mode, plan%settings(at_depth), plan%settings(at_indices), &
                     plan%settings(at_vectors), bin, y(1)%v(:, j))
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(hashed_crossing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: i
      do i = 1, size(dx)
         dx(i)%v = 0
      end do
   end subroutine backward

end module fkb_hashed_crossing_dp
