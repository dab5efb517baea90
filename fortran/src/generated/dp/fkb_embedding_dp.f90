! Generated from layers/fkb_embedding.fypp: edit that file and run tools/generate.py
!> Keras's `Embedding`: a row of a table for every index.
module fkb_embedding_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option, refuse_unless_null
   use fkb_layer_dp, only: layer_t, mode_t, unary_layer_t, view_t
   use fkb_plan, only: plan_t
   use fkb_shape, only: max_rank, shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: embedding_t

   !> Keras's `Embedding`. Indices arrive as reals. Weight: embeddings (output_dim, input_dim).
   type, extends(unary_layer_t) :: embedding_t
      integer :: input_dim = 0      !! rows of the table: indices are 0 to input_dim - 1
      integer :: output_dim = 0     !! length of a row
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: check_input
   end type embedding_t

contains

   subroutine configure(self, config, error)
      class(embedding_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: mask_zero
      call config%get('input_dim', self%input_dim, error)
      if (allocated(error)) return
      call config%get('output_dim', self%output_dim, error)
      if (allocated(error)) return
      if (self%input_dim < 1) then
         call refuse_option(config, 'input_dim', 'expected a positive integer', error)
         return
      end if
      if (self%output_dim < 1) then
         call refuse_option(config, 'output_dim', 'expected a positive integer', error)
         return
      end if
      call config%get('mask_zero', mask_zero, error, default=.false.)   ! the mask is another node
      if (allocated(error)) return
      call refuse_unless_null(config, 'lora_rank lora_alpha quantization_config weights', error)
      call config%ignore('input_length')
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(embedding_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (in_shapes(1)%rank >= max_rank) then
         call raise(error, fkb_err_unsupported, 'the output would have a rank above '// &
                    decimal(max_rank))
         return
      end if
      call plan%add_weight('embeddings', shape_of([self%output_dim, self%input_dim]))
      call add_output(plan, shape_of([self%output_dim, &
                                      in_shapes(1)%extent(:in_shapes(1)%rank)]), error)
      plan%can_train = .true.
      plan%checks_input = .true.
   end subroutine lay_out

   !> Refuse indices that are not whole numbers from 0 to input_dim - 1.
   subroutine check_input(self, plan, x, error)
      class(embedding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
      character(48) :: value
      integer :: i, j
      do j = 1, size(x(1)%v, 2)
         do i = 1, size(x(1)%v, 1)
            if (row(self, x(1)%v(i, j)) > 0) cycle
            write (value, '(g0)') x(1)%v(i, j)
            call raise(error, fkb_err_argument, 'value '//decimal(i)//' of sample '//decimal(j)// &
                       ' is '//trim(value)//', expected an index from 0 to '// &
                       decimal(self%input_dim - 1))
            return
         end do
      end do
   end subroutine check_input

   !> Column of the stored table for an index, 0 for what is none.
   pure integer function row(self, index)
      class(embedding_t), intent(in) :: self
      real(wp), intent(in) :: index
      row = 0
      if (.not. (index >= 0 .and. index < real(self%input_dim, wp))) return
      row = int(index) + 1
      if (abs(index - int(index)) > 0) row = 0
   end function row

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(embedding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call look_up(self, size(x), x, weights, y)
   end subroutine apply

   !> Copy rows of the table; an index that is none gives NaN.
   subroutine look_up(self, n, x, table, y)
      class(embedding_t), intent(in) :: self
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), table(self%output_dim, self%input_dim)
      real(wp), intent(out) :: y(self%output_dim, n)
      integer :: i, r
      do i = 1, n
         r = row(self, x(i))
         if (r > 0) then
            y(:, i) = table(:, r)
         else
            y(:, i) = ieee_value(1.0_wp, ieee_quiet_nan)
         end if
      end do
   end subroutine look_up

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(embedding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      dx = 0
      call accumulate(self, size(x), x, dy, dweights)
   end subroutine apply_backward

   !> Add the gradient of each output row to the row of the table it came from.
   subroutine accumulate(self, n, x, dy, dtable)
      class(embedding_t), intent(in) :: self
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), dy(self%output_dim, n)
      real(wp), intent(inout) :: dtable(self%output_dim, self%input_dim)
      integer :: i, r
      do i = 1, n
         r = row(self, x(i))
         if (r > 0) dtable(:, r) = dtable(:, r) + dy(:, i)
      end do
   end subroutine accumulate

end module fkb_embedding_dp
