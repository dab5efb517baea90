! Generated from layers/fkb_hashing.fypp: edit that file and run tools/generate.py
!> Keras's `Hashing`: the bin that TensorFlow's hash of a whole number falls into, as it is or
!> encoded. Keras 3 cuts the fraction off a number that is none.
module fkb_hashing_sp
   use fkb_config, only: config_t
   use fkb_encoding_kernels_sp, only: encode, first_large, first_strange
   use fkb_encodings, only: at_depth, at_indices, at_vectors, encode_count, encode_int, &
      encode_one_hot, lay_out_encoding, read_output_mode, refuse_depth, refuse_value
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_hash_options, only: hash_bin, read_salt
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_layer_options, only: closed_count, expect_inputs
   use fkb_layer_sp, only: mode_t, unary_layer_t, view_t
   use fkb_plan, only: plan_t, tangent_zero
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: hashing_t

   !> Keras's `Hashing`.
   type, extends(unary_layer_t) :: hashing_t
      integer :: num_bins = 0                  !! bins, the mask's among them
      integer :: output_mode = encode_int      !! one of `encode_*`
      logical :: masked = .false.              !! bin 0 is that of `mask_value` alone
      real(dp) :: mask_value = 0
      logical :: salted = .false.              !! SipHash with `salt` instead of FarmHash
      integer(i8) :: salt(2) = 0
      logical :: whole = .false.               !! Keras 2: takes whole numbers only
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: check_input
      procedure :: apply
   end type hashing_t

contains

   subroutine configure(self, config, error)
      class(hashing_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('num_bins', self%num_bins, error)
      if (allocated(error)) return
      call refuse_depth(config, 'num_bins', self%num_bins, digits(1.0_wp), error)
      if (allocated(error)) return
      self%masked = config%has('mask_value')
      call config%get('mask_value', self%mask_value, error, default=0.0_dp)
      if (allocated(error)) return
      call read_salt(config, self%salted, self%salt, error)
      if (allocated(error)) return
      call read_output_mode(config, encode_int, encode_count, self%output_mode, error)
      self%whole = config%keras_major <= 2
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(hashing_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (self%output_mode == encode_one_hot .and. .not. self%whole .and. &
          (in_shapes(1)%rank == 0 .or. in_shapes(1)%extent(1) /= 1)) then
         call raise(error, fkb_err_unsupported, 'option "output_mode" = "one_hot" wants a last '// &
                    'axis of extent 1, not '//in_shapes(1)%text()//': Keras gives another '// &
                    'shape there than it states')
         return
      end if
      call lay_out_encoding(plan, self%output_mode, self%num_bins, in_shapes(1), .false., error)
      plan%fixed_scratch = closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_zero
      plan%checks_input = .true.
   end subroutine lay_out

   !> Refuse numbers that the kind may have rounded, and for Keras 2 those that are not whole.
   subroutine check_input(self, plan, x, error)
      class(hashing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      character(48) :: value
      integer :: i, j
      do j = 1, size(x(1)%v, 2)
         if (self%whole) then
            i = first_strange(size(x(1)%v, 1), x(1)%v(:, j))
         else
            i = first_large(size(x(1)%v, 1), x(1)%v(:, j))
         end if
         if (i == 0) cycle
         write (value, '(g0)') x(1)%v(i, j)
         call refuse_value(value, i, j, 'a whole number that the network''s kind holds '// &
                           'exactly; load it in double precision', error)
         return
      end do
   end subroutine check_input

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(hashing_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, j
      do j = 1, size(x, 2)
         do i = 1, size(x, 1)
            scratch(i) = bin(self, x(i, j))
         end do
         call encode(self%output_mode, plan%settings(at_depth), plan%settings(at_indices), &
                     plan%settings(at_vectors), scratch(:size(x, 1)), y(:, j))
      end do
   end subroutine apply

   !> The bin of a value.
   pure integer function bin(self, value)
      class(hashing_t), intent(in) :: self
      real(wp), intent(in) :: value
      real(wp) :: masked
      if (.not. self%masked .or. self%num_bins == 1) then
         bin = hash_bin(int(value, i8), self%num_bins, self%salted, self%salt)
         return
      end if
      masked = real(self%mask_value, wp)
      bin = 0
      if (value >= masked .and. value <= masked) return
      bin = hash_bin(int(value, i8), self%num_bins - 1, self%salted, self%salt) + 1
   end function bin

end module fkb_hashing_sp
