! Generated from layers/fkb_integer_lookup.fypp: edit that file and run tools/generate.py
!> Keras's `IntegerLookup`: the place of a whole number in a vocabulary, as it is or encoded, or the
!> number at a place.
!>
!> Places count from the mask's (where there is a mask and places are the output), then those of
!> numbers out of the vocabulary, then the vocabulary's.
module fkb_integer_lookup_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_quiet_nan, &
      ieee_value
   use fkb_config, only: config_t
   use fkb_encoding_kernels_dp, only: encode, first_strange
   use fkb_encodings, only: at_depth, at_indices, at_vectors, encode_int, encode_tf_idf, &
      lay_out_encoding, read_output_mode, refuse_depth, refuse_value
   use fkb_error, only: error_t
   use fkb_hash_options, only: hash_bin, read_salt
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_layer_options, only: closed_count, count_option_values, expect_inputs, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t, view_t
   use fkb_lookup_kernels_dp, only: find_anywhere, find_sorted, sort_order
   use fkb_plan, only: keep_values, plan_t, tangent_zero
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: integer_lookup_t

   !> Keras's `IntegerLookup`. The vocabulary is a weight that the option fills; with `tf_idf`
   !> idf_weights (depth) is one of the file.
   type, extends(unary_layer_t) :: integer_lookup_t
      integer :: listed = 0                    !! numbers in the option `vocabulary`
      integer :: special = 0                   !! of these, mask and other tokens in front
      integer :: oov = 1                       !! places for numbers out of the vocabulary
      integer :: depth = 0                     !! places in all
      integer :: output_mode = encode_int      !! one of `encode_*`
      logical :: inverted = .false.            !! from places to numbers
      logical :: masked = .false.              !! there is a `mask_token`
      integer(i8) :: mask_token = 0
      integer(i8) :: oov_token = -1            !! what stands for a place without a number
      logical :: hashed = .false.              !! places of other numbers by a hash
      logical :: salted = .false.
      integer(i8) :: salt(2) = 0
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: check_input
      procedure :: apply
   end type integer_lookup_t

contains

   subroutine configure(self, config, error)
      class(integer_lookup_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: has_oov
      call read_output_mode(config, encode_int, encode_tf_idf, self%output_mode, error)
      if (allocated(error)) return
      call config%get('invert', self%inverted, error, default=.false.)
      if (allocated(error)) return
      if (self%inverted .and. self%output_mode /= encode_int) then
         call refuse_option(config, 'output_mode', 'expected "int" where "invert" is true', error)
         return
      end if
      call config%get('num_oov_indices', self%oov, error, default=1)
      if (allocated(error)) return
      if (self%oov < 0) then
         call refuse_option(config, 'num_oov_indices', 'must not be negative', error)
         return
      end if
      self%masked = config%has('mask_token')
      call config%get('mask_token', self%mask_token, error, default=0_i8)
      if (allocated(error)) return
      has_oov = config%has('oov_token') .or. config%kind_of('oov_token') == 'missing'
      call config%get('oov_token', self%oov_token, error, default=-1_i8)
      if (allocated(error)) return
      if (self%inverted .and. .not. has_oov) then
         call refuse_option(config, 'oov_token', 'expected a number where "invert" is true', &
                            error)
         return
      end if
      call read_hash(self, config, error)
      if (allocated(error)) return
      call read_vocabulary(self, config, has_oov, error)
      call config%ignore('vocabulary_dtype vocabulary_size idf_weights has_input_vocabulary')
   end subroutine configure

   !> How numbers out of the vocabulary find their place.
   subroutine read_hash(self, config, error)
      class(integer_lookup_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: method
      call config%get('oov_method', method, error, default='floormod')
      if (allocated(error)) return
      self%hashed = method == 'farmhash'
      if (.not. self%hashed .and. method /= 'floormod') then
         call refuse_option(config, 'oov_method', 'expected "floormod" or "farmhash"', error)
         return
      end if
      call read_salt(config, self%salted, self%salt, error)
   end subroutine read_hash

   !> Check the vocabulary, and see whether special tokens stand in front of it.
   subroutine read_vocabulary(self, config, has_oov, error)
      class(integer_lookup_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      logical, intent(in) :: has_oov                 !! `oov_token` is a number
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: numbers(:)
      integer :: max_tokens, n
      logical :: pad
      call count_option_values(config, 'vocabulary', self%listed, error)
      if (allocated(error)) return
      if (self%listed < 1) then
         call refuse_option(config, 'vocabulary', 'expected a list of numbers; a layer that '// &
                            'was adapted has it in a .keras archive only', error)
         return
      end if
      allocate (numbers(self%listed))
      call config%get_list('vocabulary', numbers, n, error)
      if (allocated(error)) return
      self%special = specials(self, has_oov, numbers)
      self%depth = first_place(self) + self%listed - self%special
      call config%get('max_tokens', max_tokens, error, default=self%depth)
      if (allocated(error)) return
      call config%get('pad_to_max_tokens', pad, error, default=.false.)
      if (allocated(error)) return
      if (self%depth > max_tokens) then
         call refuse_option(config, 'max_tokens', 'the vocabulary is larger', error)
         return
      end if
      if (pad) self%depth = max_tokens
      if (any(abs(numbers) > 2.0_dp**digits(1.0_dp)) .or. &
               (self%inverted .and. any(abs(numbers) > 2.0_dp**digits(1.0_wp)))) then
         call refuse_option(config, 'vocabulary', 'a number is too large for the kind of the '// &
                            'network', error)
      else
         call refuse_depth(config, 'vocabulary', self%depth, digits(1.0_wp), error)
      end if
   end subroutine read_vocabulary

   !> How many special tokens stand in front of a vocabulary: all that there are, or none.
   pure integer function specials(self, has_oov, numbers) result(n)
      class(integer_lookup_t), intent(in) :: self
      logical, intent(in) :: has_oov
      real(dp), intent(in) :: numbers(:)
      integer :: masks
      n = first_place(self)
      masks = n - self%oov
      if (n > size(numbers) .or. (self%oov > 0 .and. .not. has_oov)) then
         n = 0
      else if (any(abs(numbers(:masks) - real(self%mask_token, dp)) > 0) .or. &
               any(abs(numbers(masks + 1:n) - real(self%oov_token, dp)) > 0)) then
         n = 0
      end if
   end function specials

   !> The place of the vocabulary's first number, from 0.
   pure integer function first_place(self) result(place)
      class(integer_lookup_t), intent(in) :: self
      place = self%oov + merge(1, 0, self%masked .and. self%output_mode == encode_int)
   end function first_place

   subroutine lay_out(self, in_shapes, plan, error)
      class(integer_lookup_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call plan%add_weight('vocabulary', shape_of([self%listed]), from_option=.true.)
      if (self%output_mode == encode_tf_idf) then
         call plan%add_weight('idf_weights', shape_of([self%depth]), trainable=.false., &
                              initializer=keep_values)
      end if
      call lay_out_encoding(plan, self%output_mode, self%depth, in_shapes(1), .false., error)
      plan%fixed_scratch = closed_count(in_shapes(1)) + self%listed
      plan%can_train = .true.
      plan%tangent = tangent_zero
      plan%checks_input = .true.
   end subroutine lay_out

   !> Refuse what is no whole number, and numbers that the kind may have rounded.
   subroutine check_input(self, plan, x, error)
      class(integer_lookup_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      character(48) :: value
      integer :: i, j
      do j = 1, size(x(1)%v, 2)
         i = first_strange(size(x(1)%v, 1), x(1)%v(:, j))
         if (i == 0) cycle
         write (value, '(g0)') x(1)%v(i, j)
         call refuse_value(value, i, j, 'a whole number that the network''s kind holds '// &
                           'exactly; load it in double precision', error)
         return
      end do
   end subroutine check_input

   !> A number that is not in the vocabulary, where there is no place for such, gives NaN.
   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(integer_lookup_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, j, n, tokens
      logical :: sorted
      n = size(x, 1)
      tokens = self%listed - self%special
      sorted = size(x) > 64 .and. .not. self%inverted
      associate (index => scratch(:n), order => scratch(n + 1:n + tokens), &
                 keys => weights(self%special + 1:self%listed))
         if (sorted) call sort_order(tokens, keys, order)
         do j = 1, size(x, 2)
            do i = 1, n
               index(i) = place(self, tokens, keys, order, sorted, x(i, j))
            end do
            call encode(self%output_mode, plan%settings(at_depth), plan%settings(at_indices), &
                        plan%settings(at_vectors), index, y(:, j))
            if (self%output_mode == encode_tf_idf) y(:, j) = y(:, j)*weights(self%listed + 1:)
            if (any(ieee_is_nan(index))) y(:, j) = ieee_value(1.0_wp, ieee_quiet_nan)
         end do
      end associate
   end subroutine apply

   !> The place of a number; -1 for a mask that is to be left out.
   pure real(wp) function place(self, tokens, keys, order, sorted, value)
      class(integer_lookup_t), intent(in) :: self
      integer, intent(in) :: tokens
      real(wp), intent(in) :: keys(tokens), order(tokens)
      logical, intent(in) :: sorted
      real(wp), intent(in) :: value
      integer(i8) :: number
      integer :: at
      number = int(value, i8)
      if (self%inverted) then
         place = token_at(self, tokens, keys, number)
         return
      end if
      if (self%masked .and. number == self%mask_token) then
         place = merge(0, -1, self%output_mode == encode_int)
         return
      end if
      if (sorted) then
         at = find_sorted(tokens, keys, order, value)
      else
         at = find_anywhere(tokens, keys, value)
      end if
      if (at > 0) then
         place = first_place(self) + at - 1
      else if (self%oov == 0) then
         place = ieee_value(1.0_wp, ieee_quiet_nan)
      else if (self%hashed) then
         place = first_place(self) - self%oov + hash_bin(number, self%oov, self%salted, self%salt)
      else
         place = first_place(self) - self%oov + int(modulo(number, int(self%oov, i8)))
      end if
   end function place

   !> The number at a place.
   pure real(wp) function token_at(self, tokens, keys, number) result(token)
      class(integer_lookup_t), intent(in) :: self
      integer, intent(in) :: tokens
      real(wp), intent(in) :: keys(tokens)
      integer(i8), intent(in) :: number
      integer(i8) :: at
      at = number - first_place(self) + 1
      if (self%masked .and. number == 0) then
         token = real(self%mask_token, wp)
      else if (at >= 1 .and. at <= tokens) then
         token = keys(at)
      else
         token = real(self%oov_token, wp)
      end if
   end function token_at

end module fkb_integer_lookup_dp
