! Generated from layers/fkb_multi_head_attention.fypp: edit that file and run tools/generate.py
!> Keras's `MultiHeadAttention` and `GroupQueryAttention`: query, key and value are projected to
!> heads, each head attends, and the heads are projected to the output.
!>
!> Keras 3 treats rows without an unmasked column in two ways: without dropout, for inputs of rank 3
!> whose scores are not asked for, they are averages, otherwise zeros. Keras 2 lowers masked scores.
module fkb_multi_head_attention_dp
   use fkb_activations, only: act_linear, act_sigmoid
   use fkb_attention_core_dp, only: attend, attend_backward, attend_tangent, &
      scoring_t
   use fkb_attention_plan, only: attention_from, attention_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_gemm_panelled_dp, only: panelled_reals
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_multi_head, only: at_key, at_most_units, at_plan, at_query, at_value, &
      configure_grouped_heads, configure_heads, lay_out_heads, multi_head_t, n_inputs, &
      n_projections, of_gate, of_key, of_output, of_query, of_value
   use fkb_packing, only: vectors_of
   use fkb_plan, only: plan_t
   use fkb_projection_kernels_dp, only: pack_projection, project, project_back, &
      project_backward, project_packed, project_tangent
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: multi_head_attention_t, group_query_attention_t
   ! For the submodule: gfortran 12 keeps private procedures of an optimised module to its file.
   public :: scoring_of, sizes_of

   !> Keras's `MultiHeadAttention`. Weights: kernel and bias of query, key, gate, value and output,
   !> Keras's shapes reversed.
   type, extends(layer_t) :: multi_head_attention_t
      type(multi_head_t) :: heads = multi_head_t()
   contains
      procedure :: configure, lay_out
      procedure :: forward, backward, tangent, pack
   end type multi_head_attention_t

   !> Keras's `GroupQueryAttention`: several heads of the query share one of key and value.
   type, extends(multi_head_attention_t) :: group_query_attention_t
   contains
      procedure :: configure => configure_grouped
   end type group_query_attention_t

   !> Sizes of a call, and where the parts of its memory begin, less 1.
   type :: sizes_t
      integer :: query = 0, value = 0            !! positions in the batch
      integer :: q = 0, k = 0, v = 0, o = 0      !! values of a sample, heads together
      integer :: at_k = 0, at_v = 0, at_o = 0, at_gate = 0, at_gated = 0
   end type sizes_t

   interface
      !> In inference: no weights are dropped.
      module subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
         class(multi_head_attention_t), intent(in) :: self
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
      end subroutine tangent
   end interface

contains

   subroutine configure(self, config, error)
      class(multi_head_attention_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_heads(self%heads, config, error)
   end subroutine configure

   subroutine configure_grouped(self, config, error)
      class(group_query_attention_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_grouped_heads(self%heads, config, error)
   end subroutine configure_grouped

   subroutine lay_out(self, in_shapes, plan, error)
      class(multi_head_attention_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call lay_out_heads(self%heads, in_shapes, plan, error)
      if (.not. allocated(error)) plan%packed_reals = packed_first(plan, n_projections + 1) - 1
   end subroutine lay_out

   !> Where a projection begins in packed weights: bias and panels, one projection after another.
   pure integer(i8) function packed_first(plan, which) result(first)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: which                     !! one of `of_*`, or one more than all
      integer :: i
      first = 1
      do i = 1, which - 1
         associate (s => plan%settings(n_inputs + 3*i - 2:n_inputs + 3*i))
            if (s(3) > 0) first = first + vectors_of(s(3)) + panelled_reals(s(3), s(2))
         end associate
      end do
   end function packed_first

   subroutine pack(self, plan, weights, scale, shift, packed)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: scale(:), shift(:)
      real(wp), intent(inout), contiguous :: packed(:)
      integer(i8) :: at
      integer :: i
      do i = 1, n_projections
         associate (s => plan%settings(n_inputs + 3*i - 2:n_inputs + 3*i))
            if (s(3) == 0) cycle
            at = packed_first(plan, i)
            call pack_projection(s(3), s(2), self%heads%use_bias, weights(s(1):), packed(at:))
         end associate
      end do
   end subroutine pack

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n
      if (size(y(1)%v) == 0) return
      n = int(plan%fixed_scratch)
      if (size(cache) > 0) then
         call run(self, plan, weights, x, y, cache, scratch(:n), mode)
      else
         call run(self, plan, weights, x, y, scratch(n + 1:), scratch(:n), mode)
      end if
   end subroutine forward

   !> Forward, with what backward needs in `kept`.
   subroutine run(self, plan, weights, x, y, kept, work, mode)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: kept(:)
      real(wp), intent(inout), contiguous :: work(:)
      type(mode_t), intent(in) :: mode
      type(attention_t) :: a
      type(sizes_t) :: n
      integer :: batch, i, out
      batch = size(y(1)%v, 2)
      a = attention_from(plan%settings(at_plan:))
      n = sizes_of(self%heads, a, batch)
      associate (query => x(plan%settings(at_query))%v, value => x(plan%settings(at_value))%v, &
                 key => x(plan%settings(at_key))%v)
         call send(self, plan, of_query, weights, n%query, query, act_linear, work, kept)
         call send(self, plan, of_key, weights, n%value, key, act_linear, work, kept(n%at_k + 1:))
         call send(self, plan, of_value, weights, n%value, value, act_linear, work, &
                   kept(n%at_v + 1:))
         out = n%at_o
         if (self%heads%use_gate) then
            call send(self, plan, of_gate, weights, n%query, query, act_sigmoid, work, &
                      kept(n%at_gate + 1:))
            out = n%at_gated
         end if
      end associate
      call run_heads(self, a, n, x, y, kept, work(plan%settings(at_most_units) + 1:), mode)
      if (self%heads%use_gate) then
         do i = 1, n%o*batch
            kept(out + i) = kept(n%at_o + i)*kept(n%at_gate + i)
         end do
      end if
      call send(self, plan, of_output, weights, n%query, kept(out + 1:), act_linear, work, y(1)%v)
   end subroutine run

   !> All heads of all samples.
   subroutine run_heads(self, a, n, x, y, kept, work, mode)
      class(multi_head_attention_t), intent(in) :: self
      type(attention_t), intent(in) :: a
      type(sizes_t), intent(in) :: n
      type(view_t), intent(in) :: x(:), y(:)
      real(wp), intent(inout), contiguous :: kept(:), work(:)
      type(mode_t), intent(in) :: mode
      real(wp) :: nothing(0)
      integer :: j
      do j = 1, size(y(1)%v, 2)
         associate (q => kept((j - 1)*n%q + 1:j*n%q), &
                    k => kept(n%at_k + (j - 1)*n%k + 1:n%at_k + j*n%k), &
                    v => kept(n%at_v + (j - 1)*n%v + 1:n%at_v + j*n%v), &
                    o => kept(n%at_o + (j - 1)*n%o + 1:n%at_o + j*n%o))
            if (size(y) > 1) then
               call attend(a, scoring_of(self), nothing, x, j, mode, q, k, v, o, y(2)%v(:, j), work)
            else
               call attend(a, scoring_of(self), nothing, x, j, mode, q, k, v, o, nothing, work)
            end if
         end associate
      end do
   end subroutine run_heads

   !> Project, with the settings' sizes.
   subroutine send(self, plan, which, weights, columns, x, activation, zeros, y)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: which                     !! one of `of_*`
      real(wp), intent(in), contiguous :: weights(:)
      integer, intent(in) :: columns, activation
      real(wp), intent(in) :: x(*)
      real(wp), intent(inout) :: zeros(*), y(*)
      associate (s => plan%settings(n_inputs + 3*which - 2:n_inputs + 3*which))
         if (plan%is_packed) then
            call project_packed(s(3), s(2), columns, weights(packed_first(plan, which):), x, &
                                activation, y)
         else
            call project(s(3), s(2), columns, self%heads%use_bias, weights(s(1):), x, activation, &
                         zeros, y)
         end if
      end associate
   end subroutine send

   !> How scores are made of query and key. Keras 3 casts the factor through real32 whatever the
   !> kind.
   type(scoring_t) function scoring_of(self) result(scoring)
      class(multi_head_attention_t), intent(in) :: self
      real(dp) :: factor
      factor = 1/sqrt(real(self%heads%key_dim, dp))
      if (.not. self%heads%keras_2) factor = rounded_to_single(factor)
      scoring%alpha = real(factor, wp)
      scoring%dropout = real(self%heads%dropout, wp)
   end function scoring_of

   !> Sizes of a call for a batch.
   pure type(sizes_t) function sizes_of(heads, a, batch) result(n)
      type(multi_head_t), intent(in) :: heads
      type(attention_t), intent(in) :: a
      integer, intent(in) :: batch
      n%query = a%rows*a%groups*batch
      n%value = a%columns*a%groups*batch
      n%q = a%rows*a%groups*heads%heads*heads%key_dim
      n%k = a%columns*a%groups*heads%value_heads*heads%key_dim
      n%v = a%columns*a%groups*heads%value_heads*heads%value_dim
      n%o = a%rows*a%groups*heads%heads*heads%value_dim
      n%at_k = n%q*batch
      n%at_v = n%at_k + n%k*batch
      n%at_o = n%at_v + n%v*batch
      n%at_gate = n%at_o + n%o*batch
      n%at_gated = n%at_gate + n%o*batch
   end function sizes_of

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(multi_head_attention_t), intent(in) :: self
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
      integer :: i, n
      do i = 1, size(dx)
         if (associated(dx(i)%v)) dx(i)%v = 0
      end do
      if (size(dy(1)%v) == 0) return
      n = int(plan%fixed_scratch)
      call differentiate(self, plan, weights, x, cache, dy, dx, dweights, scratch(n + 1:), &
                         scratch(:n), mode)
   end subroutine backward

   !> Gradients, with those of what forward kept in `d_kept`; dx is added to.
   subroutine differentiate(self, plan, weights, x, kept, dy, dx, dweights, d_kept, work, mode)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in), contiguous :: kept(:)
      type(view_t), intent(in) :: dy(:), dx(:)
      real(wp), intent(inout), contiguous :: dweights(:), d_kept(:), work(:)
      type(mode_t), intent(in) :: mode
      type(sizes_t) :: n
      integer :: out
      n = sizes_of(self%heads, attention_from(plan%settings(at_plan:)), size(dy(1)%v, 2))
      out = n%at_o
      if (self%heads%use_gate) out = n%at_gated
      call learn(self, plan, of_output, weights, n%query, kept(out + 1:), dy(1)%v, work, dweights)
      call send_back(plan, of_output, weights, n%query, dy(1)%v, 0.0_wp, d_kept(out + 1:))
      associate (iq => plan%settings(at_query), iv => plan%settings(at_value), &
                 ik => plan%settings(at_key))
         if (self%heads%use_gate) then
            call differentiate_gate(n%o*size(dy(1)%v, 2), kept(n%at_o + 1:), kept(n%at_gate + 1:), &
                                    d_kept(n%at_gated + 1:), d_kept(n%at_o + 1:), &
                                    d_kept(n%at_gate + 1:))
            call pass(of_gate, iq, n%query, d_kept(n%at_gate + 1:))
         end if
         call differentiate_heads(self, plan, n, x, kept, dy, d_kept, work, mode)
         call pass(of_query, iq, n%query, d_kept)
         call pass(of_key, ik, n%value, d_kept(n%at_k + 1:))
         call pass(of_value, iv, n%value, d_kept(n%at_v + 1:))
      end associate

   contains

      !> From a projection's gradient to those of its weights and of its input.
      subroutine pass(which, input, columns, d)
         integer, intent(in) :: which, input, columns
         real(wp), intent(in), contiguous :: d(:)
         call learn(self, plan, which, weights, columns, x(input)%v, d, work, dweights)
         if (associated(dx(input)%v)) then
            call send_back(plan, which, weights, columns, d, 1.0_wp, dx(input)%v)
         end if
      end subroutine pass

   end subroutine differentiate

   !> Add the gradients of a projection's weights.
   subroutine learn(self, plan, which, weights, columns, x, dy, zeros, dweights)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: which                     !! one of `of_*`
      real(wp), intent(in), contiguous :: weights(:)
      integer, intent(in) :: columns
      real(wp), intent(in) :: x(*), dy(*)
      real(wp), intent(inout) :: zeros(*)
      real(wp), intent(inout), contiguous :: dweights(:)
      associate (s => plan%settings(n_inputs + 3*which - 2:n_inputs + 3*which))
         call project_backward(s(3), s(2), columns, self%heads%use_bias, weights(s(1):), x, dy, &
                               zeros, dweights(s(1):))
      end associate
   end subroutine learn

   !> The gradient of a projection's input, overwritten or added to.
   subroutine send_back(plan, which, weights, columns, dy, beta, dx)
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: which                     !! one of `of_*`
      real(wp), intent(in), contiguous :: weights(:)
      integer, intent(in) :: columns
      real(wp), intent(in) :: dy(*), beta
      real(wp), intent(inout) :: dx(*)
      associate (s => plan%settings(n_inputs + 3*which - 2:n_inputs + 3*which))
         call project_back(s(3), s(2), columns, weights(s(1):), dy, beta, dx)
      end associate
   end subroutine send_back

   !> Gradients of the heads of all samples.
   subroutine differentiate_heads(self, plan, n, x, kept, dy, d_kept, work, mode)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(sizes_t), intent(in) :: n
      type(view_t), intent(in) :: x(:), dy(:)
      real(wp), intent(in), contiguous :: kept(:)
      real(wp), intent(inout), contiguous :: d_kept(:), work(:)
      type(mode_t), intent(in) :: mode
      real(wp) :: nothing(0)
      type(attention_t) :: a
      integer :: first, j, q, k, v, o
      a = attention_from(plan%settings(at_plan:))
      first = plan%settings(at_most_units) + 3
      work(first - 2:first - 1) = 0
      do j = 1, size(dy(1)%v, 2)
         q = (j - 1)*n%q
         k = n%at_k + (j - 1)*n%k
         v = n%at_v + (j - 1)*n%v
         o = n%at_o + (j - 1)*n%o
         if (size(dy) > 1) then
            call one_sample(dy(2)%v(:, j))
         else
            call one_sample(nothing)
         end if
      end do

   contains

      subroutine one_sample(d_scores)
         real(wp), intent(in), contiguous :: d_scores(:)
         call attend_backward(a, scoring_of(self), nothing, x, j, mode, kept(q + 1:q + n%q), &
                              kept(k + 1:k + n%k), kept(v + 1:v + n%v), &
                              d_kept(o + 1:o + n%o), d_scores, d_kept(q + 1:q + n%q), &
                              d_kept(k + 1:k + n%k), d_kept(v + 1:v + n%v), &
                              work(first - 2:first - 1), work(first:))
      end subroutine one_sample

   end subroutine differentiate_heads

   !> d_o and the gradient before the sigmoid, from that of o gate
   pure subroutine differentiate_gate(n, o, gate, d_gated, d_o, d_gate)
      integer, intent(in) :: n
      real(wp), intent(in) :: o(n), gate(n), d_gated(n)
      real(wp), intent(inout) :: d_o(n), d_gate(n)
      d_o = d_gated*gate
      d_gate = d_gated*o*gate*(1 - gate)
   end subroutine differentiate_gate

end module fkb_multi_head_attention_dp
