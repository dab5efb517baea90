! Generated from layers/fkb_attention_tangent.fypp: edit that file and run tools/generate.py
!> The forward derivative of Keras's `Attention` and `AdditiveAttention`.
submodule(fkb_attention_sp) fkb_attention_tangent_sp
   implicit none (type, external)

contains

   module procedure tangent
      type(attention_t) :: a
      type(scoring_t) :: scoring
      real(wp) :: nothing(0)
      integer :: d, inputs(3), j
      if (size(dy(1)%v) == 0) return
      a = attention_from(plan%settings(n_inputs + 1:))
      d = a%key_dim
      call set_scoring(self, weights, scoring, scratch(:d))
      inputs = plan%settings([at_query, at_key, at_value])
      associate (d_parameters => scratch(d + 1:2*d + 2))
         call set_directions(self, dweights, d_parameters)
         do j = 1, size(dy(1)%v, 2)
            if (size(dy) > 1) then
               call one_sample(dy(2)%v(:, j))
            else
               call one_sample(nothing)
            end if
            if (plan%settings(at_mask) > 0) then
               call clear_rows(a%value_dim, a%rows, x(plan%settings(at_mask))%v(:, j), &
                               dy(1)%v(:, j))
            end if
         end do
      end associate

   contains

      subroutine one_sample(d_scores)
         real(wp), intent(inout), contiguous :: d_scores(:)
         call attend_tangent(a, scoring, scratch(:d), x, j, x(inputs(1))%v(:, j), &
                             x(inputs(2))%v(:, j), x(inputs(3))%v(:, j), dx(inputs(1))%v(:, j), &
                             dx(inputs(2))%v(:, j), dx(inputs(3))%v(:, j), &
                             scratch(d + 1:2*d + 2), dy(1)%v(:, j), d_scores, scratch(2*d + 3:))
      end subroutine one_sample

   end procedure tangent

   !> Directions of alpha, weight and scale.
   subroutine set_directions(self, dweights, d_parameters)
      class(attention_layer_t), intent(in) :: self
      real(wp), intent(in), contiguous :: dweights(:)
      real(wp), intent(out), contiguous :: d_parameters(:)
      d_parameters = 0
      if (size(dweights) == 0) return
      if (self%additive) then
         if (self%use_scale) d_parameters(3:) = dweights
      else
         if (self%use_scale) d_parameters(1) = dweights(1)
         if (self%concat) d_parameters(2) = dweights(size(dweights))
      end if
   end subroutine set_directions

end submodule fkb_attention_tangent_sp
