! Generated from layers/fkb_multi_head_tangent.fypp: edit that file and run tools/generate.py
!> The forward derivative of multi-head attention.
submodule(fkb_multi_head_attention_sp) fkb_multi_head_tangent_sp
   implicit none (type, external)

contains

   module procedure tangent
      integer :: n
      if (size(dy(1)%v) == 0) return
      n = int(plan%fixed_scratch)
      call direct(self, plan, weights, dweights, x, cache, dx, dy, scratch(n + 1:), scratch(:n))
   end procedure tangent

   !> Directions of all that forward kept, in `d_kept`, and of the output.
   subroutine direct(self, plan, weights, dweights, x, kept, dx, dy, d_kept, work)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:), dweights(:)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in), contiguous :: kept(:)
      type(view_t), intent(in) :: dx(:), dy(:)
      real(wp), intent(inout), contiguous :: d_kept(:), work(:)
      type(sizes_t) :: n
      integer :: i, out
      n = sizes_of(self%heads, attention_from(plan%settings(at_plan:)), size(dy(1)%v, 2))
      associate (iq => plan%settings(at_query), iv => plan%settings(at_value), &
                 ik => plan%settings(at_key))
         call pass(of_query, n%query, x(iq)%v, dx(iq)%v, d_kept)
         call pass(of_key, n%value, x(ik)%v, dx(ik)%v, d_kept(n%at_k + 1:))
         call pass(of_value, n%value, x(iv)%v, dx(iv)%v, d_kept(n%at_v + 1:))
         call direct_heads(self, plan, n, x, kept, dy, d_kept, work)
         out = n%at_o
         if (self%heads%use_gate) then
            call pass(of_gate, n%query, x(iq)%v, dx(iq)%v, d_kept(n%at_gate + 1:))
            out = n%at_gated
            do i = 1, n%o*size(dy(1)%v, 2)
               associate (o => kept(n%at_o + i), gate => kept(n%at_gate + i))
                  d_kept(out + i) = d_kept(n%at_o + i)*gate + &
                     o*gate*(1 - gate)*d_kept(n%at_gate + i)
               end associate
            end do
         end if
      end associate
      call pass(of_output, n%query, kept(out + 1:), d_kept(out + 1:), dy(1)%v)

   contains

      !> The direction of a projection.
      subroutine pass(which, columns, x, dx, dy)
         integer, intent(in) :: which, columns
         real(wp), intent(in) :: x(*), dx(*)
         real(wp), intent(inout) :: dy(*)
         associate (s => plan%settings(n_inputs + 3*which - 2:n_inputs + 3*which))
            if (size(dweights) > 0) then
               call project_tangent(s(3), s(2), columns, self%heads%use_bias, weights(s(1):), &
                                    .true., dweights(s(1):), x, dx, work, dy)
            else
               call project_tangent(s(3), s(2), columns, self%heads%use_bias, weights(s(1):), &
                                    .false., weights(s(1):), x, dx, work, dy)
            end if
         end associate
      end subroutine pass

   end subroutine direct

   !> Directions of the heads of all samples.
   subroutine direct_heads(self, plan, n, x, kept, dy, d_kept, work)
      class(multi_head_attention_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(sizes_t), intent(in) :: n
      type(view_t), intent(in) :: x(:), dy(:)
      real(wp), intent(in), contiguous :: kept(:)
      real(wp), intent(inout), contiguous :: d_kept(:), work(:)
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
         real(wp), intent(inout), contiguous :: d_scores(:)
         call attend_tangent(a, scoring_of(self), nothing, x, j, kept(q + 1:q + n%q), &
                             kept(k + 1:k + n%k), kept(v + 1:v + n%v), &
                             d_kept(q + 1:q + n%q), d_kept(k + 1:k + n%k), &
                             d_kept(v + 1:v + n%v), work(first - 2:first - 1), &
                             d_kept(o + 1:o + n%o), d_scores, work(first:))
      end subroutine one_sample

   end subroutine direct_heads

end submodule fkb_multi_head_tangent_sp
