! Generated from layers/fkb_einsum_dense.fypp: edit that file and run tools/generate.py
!> Keras's `EinsumDense`: y = the product of x and the kernel over named axes, plus a bias.
!>
!> Equations such as `abc,cde->abde`, whose kernel acts on the last axes, are one matrix product for
!> the whole batch; others are products of each sample.
module fkb_einsum_dense_dp
   use fkb_activation_kernels_dp, only: activate_in_place
   use fkb_activations, only: act_linear, n_parameters
   use fkb_config, only: config_t
   use fkb_dense_kernels_dp, only: dense_backward, dense_forward
   use fkb_einsum, only: at_a, at_b, at_columns, at_items, at_summed, at_y, &
      einsum_size, einsum_work, of_in_place, of_leading, plan_einsum
   use fkb_einsum_dense_shapes, only: dense_shapes, kernel_fans
   use fkb_einsum_kernels_dp, only: einsum_add_back, einsum_arrange, einsum_backward_a, &
      einsum_backward_b, einsum_forward
   use fkb_error, only: error_t
   use fkb_kinds, only: i8, wp => dp
   use fkb_layer_options, only: add_output, closed_count, expect_inputs, refuse_option, &
      refuse_unless_null
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, strides_of
   use fkb_strided_kernels_dp, only: gather, scatter_add
   implicit none (type, external)
   private
   public :: einsum_dense_t

   integer, parameter :: longest = 64

   !> Keras's `EinsumDense`. Weights: kernel and bias, Keras's shapes reversed.
   type, extends(unary_layer_t) :: einsum_dense_t
      character(longest) :: equation = ''        !! option `equation`
      character(longest) :: bias_axes = ''       !! option `bias_axes`, empty: no bias
      integer :: n_extents = 0                   !! of `output_shape`
      integer :: output_shape(max_rank) = 0      !! option, Keras's order, without the batch
      logical :: keras_2 = .false.
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type einsum_dense_t

   !> Settings behind those of the product: values of the bias, and whether it is that of a dense
   !> layer, one value for each column of the kernel.
   integer, parameter :: at_bias = einsum_size + 1, at_plain_bias = einsum_size + 2

contains

   subroutine configure(self, config, error)
      class(einsum_dense_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: equation, bias_axes
      call config%get('equation', equation, error)
      if (allocated(error)) return
      call config%get('bias_axes', bias_axes, error, default='')
      if (allocated(error)) return
      if (len(equation) > longest .or. len(bias_axes) > longest) then
         call refuse_option(config, 'equation', 'it is too long', error)
         return
      end if
      self%equation = equation
      self%keras_2 = config%keras_major <= 2
      self%bias_axes = bias_axes
      if (config%count('output_shape') > max_rank) then
         call refuse_option(config, 'output_shape', 'the rank is too high', error)
         return
      end if
      call config%get_list('output_shape', self%output_shape, self%n_extents, error, &
                           null_value=open_extent)
      if (allocated(error)) return
      call refuse_unless_null(config, 'lora_rank lora_alpha gptq_unpacked_column_size '// &
                              'quantization_config', error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(einsum_dense_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: kernel, bias, out
      character(:), allocatable :: inner
      integer :: settings(einsum_size)
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call dense_shapes(trim(self%equation), trim(self%bias_axes), &
                        self%output_shape(:self%n_extents), in_shapes(1), inner, kernel, bias, &
                        error)
      if (allocated(error)) return
      call plan_einsum(inner, in_shapes(1), kernel, settings, out, error)
      if (allocated(error)) return
      call add_output(plan, out, error)
      if (allocated(error)) return
      call plan%add_weight('kernel', kernel)
      if (.not. self%keras_2) plan%weights(1)%fans = kernel_fans(trim(self%equation), kernel)
      if (self%bias_axes /= '') call plan%add_weight('bias', bias)
      plan%settings = [settings, 0, 0]
      if (self%bias_axes /= '') plan%settings(at_bias) = int(bias%count())
      if (out%closed()) plan%settings(at_plain_bias) = merge(1, 0, is_plain(bias, out, settings))
      plan%fixed_scratch = einsum_work(settings) + closed_count(out) + &
                           2_i8*settings(at_summed)*settings(at_columns)*settings(at_items)
      plan%tangent_scratch = closed_count(out)
      plan%fixed_tangent_scratch = plan%fixed_scratch
      plan%can_train = .true.
      plan%tangent = tangent_own
      plan%fuses_activation = .true.
   end subroutine lay_out

   !> Whether the bias has one value for each column of the kernel.
   pure logical function is_plain(bias, out, settings)
      type(shape_t), intent(in) :: bias, out
      integer, intent(in) :: settings(einsum_size)
      is_plain = bias%count() == settings(at_columns) .and. &
                 all(bias%extent(:bias%rank) == out%extent(:bias%rank))
   end function is_plain

   !> Whether the product is that of a dense layer.
   pure logical function is_dense(settings)
      integer, intent(in) :: settings(:)
      is_dense = all(settings([at_a, at_b, at_y] + of_in_place) == 1) .and. &
                 settings(at_items) == 1 .and. settings(at_y + of_leading) == 0 .and. &
                 settings(at_a + of_leading) == 1 .and. settings(at_b + of_leading) == 0
   end function is_dense

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(einsum_dense_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: b, n, n_kernel, units
      real(wp), parameter :: none(n_parameters) = 0
      if (size(y) == 0) return
      b = plan%settings(at_bias)
      n_kernel = size(weights) - b
      units = plan%settings(at_columns)
      if (.not. is_dense(plan%settings)) then
         call multiply_samples(plan%settings, size(x, 1), n_kernel, size(y, 1), size(x, 2), x, &
                               weights, y, scratch)
         call add_bias(plan, b, weights(n_kernel + 1:), y, scratch)
      else if (b > 0 .and. plan%settings(at_plain_bias) == 1) then
         call dense_forward(units, plan%settings(at_summed), size(y)/units, weights, &
                            weights(n_kernel + 1:), x, act_linear, none, y)
      else
         scratch(:units) = 0
         call dense_forward(units, plan%settings(at_summed), size(y)/units, weights, scratch, x, &
                            act_linear, none, y)
         call add_bias(plan, b, weights(n_kernel + 1:), y, scratch)
      end if
      if (plan%activation /= 0) then
         n = max(plan%out_shapes(1)%extent(1), 1)
         call activate_in_place(plan%activation, real(plan%activation_parameters, wp), n, &
                                size(y)/n, y)
      end if
   end subroutine apply

   !> y of every sample; the kernel is brought into order once.
   subroutine multiply_samples(settings, n_x, n_kernel, n_y, batch, x, kernel, y, scratch)
      integer, intent(in) :: settings(einsum_size), n_x, n_kernel, n_y, batch
      real(wp), intent(in) :: x(n_x, batch), kernel(n_kernel)
      real(wp), intent(inout) :: y(n_y, batch), scratch(*)
      integer :: own(einsum_size), j, n_ordered
      own = settings
      own(at_b + of_in_place) = 1
      n_ordered = settings(at_summed)*settings(at_columns)*settings(at_items)
      call einsum_arrange(settings, at_b, n_kernel, kernel, n_ordered, scratch)
      do j = 1, batch
         call einsum_forward(own, n_x, n_ordered, n_y, x(1, j), scratch, y(1, j), &
                             scratch(n_ordered + 1))
      end do
   end subroutine multiply_samples

   !> y = y + bias, repeated along the axes that it does not have
   subroutine add_bias(plan, b, bias, y, scratch)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: b                    !! values of the bias, 0: none
      real(wp), intent(in) :: bias(b)
      real(wp), intent(inout), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: scratch(:)
      integer :: j, n
      if (b == 0) return
      n = size(y, 1)
      call gather(plan%out_shapes(1)%extent, strides_of(plan%weights(2)%shape), b, n, bias, scratch)
      do j = 1, size(y, 2)
         y(:, j) = y(:, j) + scratch(:n)
      end do
   end subroutine add_bias

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(einsum_dense_t), intent(in) :: self
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
      integer :: b, j, n, n_kernel, units
      if (size(dy) == 0) return
      b = plan%settings(at_bias)
      n_kernel = size(weights) - b
      units = plan%settings(at_columns)
      n = size(dy, 1)
      if (b > 0) then
         scratch(:n) = 0
         do j = 1, size(dy, 2)
            scratch(:n) = scratch(:n) + dy(:, j)
         end do
         call scatter_add(plan%out_shapes(1)%extent, strides_of(plan%weights(2)%shape), b, n, &
                          scratch, dweights(n_kernel + 1:))
      end if
      if (is_dense(plan%settings)) then
         scratch(:units) = 0
         call dense_backward(units, plan%settings(at_summed), size(dy)/units, weights, x, dy, &
                             dweights, scratch, dx)
      else
         call differentiate_samples(plan%settings, size(x, 1), n_kernel, n, size(x, 2), x, &
                                    weights, dy, dx, dweights, scratch)
      end if
   end subroutine apply_backward

   !> dx of every sample and the kernel's gradient, which is put back in order once.
   subroutine differentiate_samples(settings, n_x, n_kernel, n_y, batch, x, kernel, dy, dx, &
                                    dkernel, scratch)
      integer, intent(in) :: settings(einsum_size), n_x, n_kernel, n_y, batch
      real(wp), intent(in) :: x(n_x, batch), kernel(n_kernel), dy(n_y, batch)
      real(wp), intent(inout) :: dx(n_x, batch), dkernel(n_kernel), scratch(*)
      integer :: own(einsum_size), first, j, n_ordered
      own = settings
      own(at_b + of_in_place) = 1
      n_ordered = settings(at_summed)*settings(at_columns)*settings(at_items)
      first = 2*n_ordered + 1
      call einsum_arrange(settings, at_b, n_kernel, kernel, n_ordered, scratch)
      scratch(n_ordered + 1:2*n_ordered) = 0
      do j = 1, batch
         call einsum_backward_a(own, n_x, n_ordered, n_y, scratch, dy(1, j), 0.0_wp, dx(1, j), &
                                scratch(first))
         call einsum_backward_b(own, n_x, n_ordered, n_y, x(1, j), dy(1, j), 1.0_wp, &
                                scratch(n_ordered + 1), scratch(first))
      end do
      call einsum_add_back(settings, at_b, n_ordered, scratch(n_ordered + 1), n_kernel, dkernel)
   end subroutine differentiate_samples

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(einsum_dense_t), intent(in) :: self
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
      integer :: b, n, n_kernel
      if (size(dy) == 0) return
      b = plan%settings(at_bias)
      n_kernel = size(weights) - b
      n = size(dy, 1)
      call multiply_samples(plan%settings, size(x, 1), n_kernel, n, size(x, 2), dx, weights, dy, &
                            scratch)
      if (size(dweights) == 0) return
      associate (other => scratch(:size(dy)), free => scratch(size(dy) + 1:))
         call multiply_samples(plan%settings, size(x, 1), n_kernel, n, size(x, 2), x, dweights, &
                               other, free)
         dy = dy + reshape(other, shape(dy))
         call add_bias(plan, b, dweights(n_kernel + 1:), dy, free)
      end associate
   end subroutine apply_tangent

end module fkb_einsum_dense_dp
