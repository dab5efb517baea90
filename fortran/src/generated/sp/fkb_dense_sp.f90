! Generated from layers/fkb_dense.fypp: edit that file and run tools/generate.py
!> Keras's `Dense`: y = kernel x + bias along the last axis, for inputs of any rank.
!>
!> Keras's last axis is the first storage dimension, so a sample of shape (features, positions) is
!> `positions` columns of the same product, without a copy.
module fkb_dense_sp
   use fkb_activations, only: act_linear
   use fkb_config, only: config_t
   use fkb_dense_kernels_sp, only: dense_backward, dense_forward, dense_forward_packed, &
      dense_tangent
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_gemm_panelled_sp, only: pack_panels, panelled_reals
   use fkb_gemm_sp, only: gemm_nn
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option, refuse_unless_null
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_packing, only: vectors_of
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: dense_t

   !> Keras's `Dense`. Weights: kernel (units, features), bias (units).
   type, extends(layer_t) :: dense_t
      integer :: units = 0              !! extent of the output's last axis
      logical :: use_bias = .true.      !! whether there is a bias
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: pack
      procedure :: backward
      procedure :: tangent
   end type dense_t

contains

   subroutine configure(self, config, error)
      class(dense_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('units', self%units, error)
      if (allocated(error)) return
      if (self%units < 1) then
         call refuse_option(config, 'units', 'expected a positive integer', error)
         return
      end if
      call config%get('use_bias', self%use_bias, error, default=.true.)
      if (allocated(error)) return
      call refuse_unless_null(config, 'lora_rank lora_alpha quantization_config', error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(dense_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      out = in_shapes(1)
      if (out%rank < 1 .or. out%extent(1) == open_extent) then
         call raise(error, fkb_err_argument, 'expected an input whose last axis has a known '// &
                    'extent, not '//out%text())
         return
      end if
      call plan%add_weight('kernel', shape_of([self%units, out%extent(1)]))
      if (self%use_bias) call plan%add_weight('bias', shape_of([self%units]))
      out%extent(1) = self%units
      call add_output(plan, out, error)
      if (.not. self%use_bias) plan%fixed_scratch = self%units
      plan%packed_reals = vectors_of(self%units) + panelled_reals(self%units, &
                                                                  in_shapes(1)%extent(1))
      plan%packs_scale = .true.
      plan%can_train = .true.
      plan%spares_dx = .true.
      plan%tangent = tangent_own
      plan%fuses_activation = .true.
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(dense_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n_in, columns, kernel_size, activation
      n_in = plan%in_shapes(1)%extent(1)
      columns = size(y(1)%v)/self%units
      if (columns == 0) return
      kernel_size = self%units*n_in
      activation = plan%activation
      if (activation == 0) activation = act_linear
      if (plan%is_packed) then
         call dense_forward_packed(self%units, n_in, columns, &
                                   weights(vectors_of(self%units) + 1:), weights, x(1)%v, &
                                   activation, real(plan%activation_parameters, wp), y(1)%v)
      else if (self%use_bias) then
         call dense_forward(self%units, n_in, columns, weights, weights(kernel_size + 1:), x(1)%v, &
                            activation, real(plan%activation_parameters, wp), y(1)%v)
      else
         scratch(:self%units) = 0
         call dense_forward(self%units, n_in, columns, weights, scratch, x(1)%v, &
                            activation, real(plan%activation_parameters, wp), y(1)%v)
      end if
   end subroutine forward

   !> The bias, then the kernel.
   subroutine pack(self, plan, weights, scale, shift, packed)
      class(dense_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: scale(:)
      real(wp), intent(in), contiguous :: shift(:)
      real(wp), intent(inout), contiguous :: packed(:)
      real(wp), allocatable :: kernel(:, :)
      integer :: j
      allocate (kernel(self%units, plan%in_shapes(1)%extent(1)))
      do j = 1, size(kernel, 2)
         kernel(:, j) = scale*weights((j - 1)*self%units + 1:j*self%units)
      end do
      packed(:self%units) = shift
      if (self%use_bias) packed(:self%units) = scale*weights(size(kernel) + 1:) + shift
      call pack_panels(self%units, size(kernel, 2), kernel, packed(vectors_of(self%units) + 1:))
   end subroutine pack

   !> dx may be missing (not associated) where nobody needs the gradient of the input.
   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(dense_t), intent(in) :: self
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
      integer :: kernel_size
      if (size(dy(1)%v) == 0) return
      kernel_size = self%units*plan%in_shapes(1)%extent(1)
      if (self%use_bias) then
         call products(dweights(kernel_size + 1:))
      else
         scratch(:self%units) = 0
         call products(scratch)
      end if

   contains

      subroutine products(dbias)
         real(wp), intent(inout), contiguous :: dbias(:)
         integer :: n_in, columns
         n_in = plan%in_shapes(1)%extent(1)
         columns = size(dy(1)%v)/self%units
         if (associated(dx(1)%v)) then
            call dense_backward(self%units, n_in, columns, weights, x(1)%v, dy(1)%v, &
                                dweights, dbias, dx(1)%v)
         else
            call dense_backward(self%units, n_in, columns, weights, x(1)%v, dy(1)%v, &
                                dweights, dbias)
         end if
      end subroutine products

   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(dense_t), intent(in) :: self
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
      integer :: n_in, columns
      n_in = plan%in_shapes(1)%extent(1)
      columns = size(dy(1)%v)/self%units
      if (columns == 0) return
      if (size(dweights) == 0) then
         call gemm_nn(self%units, columns, n_in, weights, dx(1)%v, 0.0_wp, dy(1)%v)
      else if (self%use_bias) then
         call dense_tangent(self%units, n_in, columns, weights, dweights, &
                            dweights(self%units*n_in + 1:), x(1)%v, dx(1)%v, dy(1)%v)
      else
         scratch(:self%units) = 0
         call dense_tangent(self%units, n_in, columns, weights, dweights, scratch, x(1)%v, &
                            dx(1)%v, dy(1)%v)
      end if
   end subroutine tangent

end module fkb_dense_sp
