! Generated from layers/fkb_embedding.fypp: edit that file and run tools/generate.py
!> Keras's `Embedding`, a row of a table for every index, and `ReversibleEmbedding`, which in
!> reverse gives the products of a vector with all rows.
module fkb_embedding_sp
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: act_tanh, n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_gemm_sp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, refuse_option, &
      refuse_unless_null
   use fkb_layer_sp, only: layer_t, mode_t, unary_layer_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: embedding_t

   real(wp), parameter :: none(n_parameters) = 0

   !> One of the two layers; the class is chosen by the prototype's `reversible`. Indices arrive as
   !> reals. Weights: embeddings (output_dim, input_dim), and untied reverse_embeddings
   !> (input_dim, output_dim). Setting: whether the call is in reverse.
   type, extends(unary_layer_t) :: embedding_t
      integer :: input_dim = 0      !! rows of the table: indices are 0 to input_dim - 1
      integer :: output_dim = 0     !! length of a row
      logical :: reversible = .false.   !! `ReversibleEmbedding`
      logical :: tied = .true.          !! in reverse the same table
      real(dp) :: soft_cap = 0          !! in reverse y = cap tanh(y/cap); 0: y itself
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
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
      if (allocated(error)) return
      call config%ignore('input_length')
      if (self%reversible) call read_reverse(self, config, error)
   end subroutine configure

   !> The options of `ReversibleEmbedding`.
   subroutine read_reverse(self, config, error)
      class(embedding_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('tie_weights', self%tied, error, default=.true.)
      if (allocated(error)) return
      call refuse_unless_null(config, 'reverse_dtype', error)
      if (allocated(error)) return
      call config%get('logit_soft_cap', self%soft_cap, error, default=0.0_dp)
      if (allocated(error)) return
      if (config%has('logit_soft_cap') .and. self%soft_cap <= 0) then
         call refuse_option(config, 'logit_soft_cap', 'expected a positive number', error)
      end if
   end subroutine read_reverse

   subroutine lay_out(self, in_shapes, plan, error)
      class(embedding_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      logical :: reverse
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      reverse = .false.
      if (self%reversible) call plan%call%get('reverse', reverse, error, default=.false.)
      if (allocated(error)) return
      plan%settings = [merge(1, 0, reverse)]
      plan%can_train = .true.
      plan%tangent = tangent_own
      call plan%add_weight('embeddings', shape_of([self%output_dim, self%input_dim]))
      if (.not. self%tied) then
         call plan%add_weight('reverse_embeddings', shape_of([self%input_dim, self%output_dim]))
         plan%weights(2)%initial = 'embeddings'
      end if
      if (reverse) then
         out = in_shapes(1)
         if (out%rank < 1 .or. out%extent(1) /= self%output_dim) then
            call raise(error, fkb_err_argument, 'expected vectors of '// &
                       decimal(self%output_dim)//' values, not '//out%text())
            return
         end if
         out%extent(1) = self%input_dim
         call add_output(plan, out, error)
         plan%scratch = closed_count(out)
         return
      end if
      if (in_shapes(1)%rank >= max_rank) then
         call raise(error, fkb_err_unsupported, 'the output would have a rank above '// &
                    decimal(max_rank))
         return
      end if
      call add_output(plan, shape_of([self%output_dim, &
                                      in_shapes(1)%extent(:in_shapes(1)%rank)]), error)
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
      integer :: table
      if (plan%settings(1) == 0) then
         call look_up(self, size(x), x, weights, y)
         return
      end if
      table = self%input_dim*self%output_dim
      associate (m => self%input_dim, k => self%output_dim, n => size(x)/self%output_dim)
         if (self%tied) then
            call gemm_tn(m, n, k, weights, x, 0.0_wp, y)
         else
            call gemm_nn(m, n, k, weights(table + 1:), x, 0.0_wp, y)
         end if
         if (self%soft_cap > 0) then
            y = y/real(self%soft_cap, wp)
            call activate_in_place(act_tanh, none, m, n, y)
            y = y*real(self%soft_cap, wp)
         end if
      end associate
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
      if (plan%settings(1) == 0) then
         dx = 0
         call accumulate(self, size(x), x, dy, dweights)
      else
         call reverse_backward(self, size(x)/self%output_dim, weights, x, y, dy, dx, scratch, &
                               dweights)
      end if
   end subroutine apply_backward

   !> The derivative of a call in reverse.
   subroutine reverse_backward(self, n, weights, x, y, dy, dx, dz, dweights)
      class(embedding_t), intent(in) :: self
      integer, intent(in) :: n
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in) :: x(self%output_dim, n), y(self%input_dim, n), dy(self%input_dim, n)
      real(wp), intent(out) :: dx(self%output_dim, n), dz(self%input_dim, n)
      real(wp), intent(inout), contiguous :: dweights(:)
      integer :: table
      dz = dy
      if (self%soft_cap > 0) dz = dy*(1 - (y/real(self%soft_cap, wp))**2)
      table = self%input_dim*self%output_dim
      associate (m => self%input_dim, k => self%output_dim)
         if (self%tied) then
            call gemm_nn(k, n, m, weights, dz, 0.0_wp, dx)
            call gemm_nt(k, m, n, x, dz, 1.0_wp, dweights)
         else
            call gemm_tn(k, n, m, weights(table + 1:), dz, 0.0_wp, dx)
            call gemm_nt(m, k, n, dz, x, 1.0_wp, dweights(table + 1:))
         end if
      end associate
   end subroutine reverse_backward

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

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(embedding_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dx(:, :)
      real(wp), intent(out), contiguous :: dy(:, :)
      type(mode_t), intent(in) :: mode
      if (plan%settings(1) == 1) then
         call reverse_tangent(self, size(x)/self%output_dim, weights, dweights, x, y, dx, dy)
      else if (size(dweights) > 0) then
         call look_up(self, size(x), x, dweights, dy)
      else
         dy = 0
      end if
   end subroutine apply_tangent

   !> The forward derivative of a call in reverse.
   subroutine reverse_tangent(self, n, weights, dweights, x, y, dx, dy)
      class(embedding_t), intent(in) :: self
      integer, intent(in) :: n
      real(wp), intent(in), contiguous :: weights(:), dweights(:)
      real(wp), intent(in) :: x(self%output_dim, n), y(self%input_dim, n)
      real(wp), intent(in) :: dx(self%output_dim, n)
      real(wp), intent(out) :: dy(self%input_dim, n)
      integer :: table
      table = self%input_dim*self%output_dim
      associate (m => self%input_dim, k => self%output_dim)
         if (self%tied) then
            call gemm_tn(m, n, k, weights, dx, 0.0_wp, dy)
            if (size(dweights) > 0) call gemm_tn(m, n, k, dweights, x, 1.0_wp, dy)
         else
            call gemm_nn(m, n, k, weights(table + 1:), dx, 0.0_wp, dy)
            if (size(dweights) > 0) call gemm_nn(m, n, k, dweights(table + 1:), x, 1.0_wp, dy)
         end if
      end associate
      if (self%soft_cap > 0) dy = dy*(1 - (y/real(self%soft_cap, wp))**2)
   end subroutine reverse_tangent

end module fkb_embedding_sp
