! Generated from layers/fkb_category_encoding.fypp: edit that file and run tools/generate.py
!> Keras's `CategoryEncoding`: a vector of 0 and 1, or of counts, for whole numbers.
module fkb_category_encoding_dp
   use fkb_config, only: config_t
   use fkb_encoding_kernels_dp, only: encode, encode_weighted, first_strange, &
      weighted_backward
   use fkb_encodings, only: at_depth, at_indices, at_vectors, encode_count, encode_int, &
      encode_multi_hot, encode_one_hot, lay_out_encoding, read_output_mode, refuse_depth, &
      refuse_value
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: expect_inputs, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: operator(==), shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: category_encoding_t

   !> Keras's `CategoryEncoding`. Inputs: the numbers, and with `count` also `count_weights`.
   !> Keras 2 wants numbers below `num_tokens`; in Keras 3 other numbers are no category.
   type, extends(layer_t) :: category_encoding_t
      integer :: num_tokens = 0                !! categories
      integer :: output_mode = encode_multi_hot   !! one of `encode_*`
      logical :: bounded = .false.             !! Keras 2
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: check_input
   end type category_encoding_t

contains

   subroutine configure(self, config, error)
      class(category_encoding_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('num_tokens', self%num_tokens, error)
      if (allocated(error)) return
      call refuse_depth(config, 'num_tokens', self%num_tokens, digits(1.0_wp), error)
      if (allocated(error)) return
      call read_output_mode(config, encode_multi_hot, encode_count, self%output_mode, error)
      if (allocated(error)) return
      if (self%output_mode == encode_int) call refuse_option(config, 'output_mode', &
         'the layer has no such mode', error)
      self%bounded = config%keras_major <= 2
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(category_encoding_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: weights
      weights = plan%input_of(1, 'count_weights')
      call expect_inputs(in_shapes, merge(2, 1, weights > 0), error)
      if (allocated(error)) return
      if (weights > 0) then
         if (self%output_mode /= encode_count) then
            call raise(error, fkb_err_argument, '"count_weights" are used where "output_mode" '// &
                       'is "count" only')
         else if (.not. in_shapes(1) == in_shapes(weights)) then
            call raise(error, fkb_err_argument, '"count_weights" of shape '// &
                       in_shapes(weights)%text()//' do not fit an input of shape '// &
                       in_shapes(1)%text())
         end if
         if (allocated(error)) return
      end if
      call lay_out_encoding(plan, self%output_mode, self%num_tokens, in_shapes(1), .false., error)
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%checks_input = .true.
   end subroutine lay_out

   !> Refuse what is no whole number, and what Keras refuses.
   subroutine check_input(self, plan, x, error)
      class(category_encoding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      character(48) :: value
      real(wp) :: least, most
      integer :: i, j
      least = 0
      most = real(self%num_tokens - 1, wp)
      if (.not. self%bounded) most = huge(1.0_wp)
      if (.not. self%bounded .and. self%output_mode == encode_one_hot) least = -huge(1.0_wp)
      do j = 1, size(x(1)%v, 2)
         i = first_strange(size(x(1)%v, 1), x(1)%v(:, j))
         if (i == 0 .and. size(x(1)%v, 1) > 0) then
            if (minval(x(1)%v(:, j)) < least) i = minloc(x(1)%v(:, j), 1)
            if (maxval(x(1)%v(:, j)) > most) i = maxloc(x(1)%v(:, j), 1)
         end if
         if (i == 0) cycle
         write (value, '(g0)') x(1)%v(i, j)
         call refuse_value(value, i, j, 'a whole number from 0 to '// &
                           decimal(self%num_tokens - 1), error)
         return
      end do
   end subroutine check_input

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(category_encoding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      do j = 1, size(x(1)%v, 2)
         if (size(x) > 1) then
            call encode_weighted(plan%settings(at_depth), plan%settings(at_indices), &
                                 x(1)%v(:, j), x(2)%v(:, j), y(1)%v(:, j))
         else
            call encode(self%output_mode, plan%settings(at_depth), plan%settings(at_indices), &
                        plan%settings(at_vectors), x(1)%v(:, j), y(1)%v(:, j))
         end if
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(category_encoding_t), intent(in) :: self
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
      integer :: j
      dx(1)%v = 0
      if (size(dx) < 2) return
      do j = 1, size(x(1)%v, 2)
         call weighted_backward(plan%settings(at_depth), plan%settings(at_indices), &
                                x(1)%v(:, j), dy(1)%v(:, j), dx(2)%v(:, j))
      end do
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(category_encoding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      if (size(dx) < 2) then
         dy(1)%v = 0
         return
      end if
      do j = 1, size(x(1)%v, 2)
         call encode_weighted(plan%settings(at_depth), plan%settings(at_indices), x(1)%v(:, j), &
                              dx(2)%v(:, j), dy(1)%v(:, j))
      end do
   end subroutine tangent

end module fkb_category_encoding_dp
