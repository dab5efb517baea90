! Generated from layers/fkb_attention.fypp: edit that file and run tools/generate.py
!> Keras's `Attention` and `AdditiveAttention`: output = softmax(scores(query, key)) value.
!>
!> The layer is called with a list of query, value and perhaps key, and with a list of masks of the
!> query, which clears rows of the output, and of the value, which lowers scores by 1e9.
module fkb_attention_dp
   use fkb_attention_core_dp, only: attend, attend_backward, attend_tangent, &
      scoring_t
   use fkb_attention_plan, only: attention_from, attention_t, head_work, masks_lower, &
      plan_attention, plan_mask, scores_shape, settings_of
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, get_rate, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, operator(==), shape_of, shape_t
   implicit none (type, external)
   private
   public :: attention_layer_t, additive_attention_t
   ! For the submodule: gfortran 12 keeps private procedures of an optimised module to its file.
   public :: clear_rows, set_scoring

   !> Keras's `Attention`. Weights: scale and concat_score_weight, single numbers, where used.
   type, extends(layer_t) :: attention_layer_t
      logical :: use_scale = .false.
      logical :: concat = .false.                !! option `score_mode`
      logical :: additive = .false.              !! the class is `AdditiveAttention`
      logical :: causal = .false.                !! option of Keras 2
      real(dp) :: dropout = 0                    !! share of the weights that training drops
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type attention_layer_t

   !> Keras's `AdditiveAttention`. Weights: scale (features), where used.
   type, extends(attention_layer_t) :: additive_attention_t
   contains
      procedure :: configure => configure_additive
   end type additive_attention_t

   !> Settings before those of the plan: the inputs that are query, value, key and query mask.
   integer, parameter :: at_query = 1, at_value = 2, at_key = 3, at_mask = 4, n_inputs = 4

   interface
      !> In inference: no weights are dropped.
      module subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
         class(attention_layer_t), intent(in) :: self
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
      class(attention_layer_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: score_mode
      call config%get('score_mode', score_mode, error, default='dot')
      if (allocated(error)) return
      if (score_mode /= 'dot' .and. score_mode /= 'concat') then
         call refuse_option(config, 'score_mode', 'expected dot or concat', error)
         return
      end if
      self%concat = score_mode == 'concat'
      call configure_common(self, config, .false., error)
   end subroutine configure

   subroutine configure_additive(self, config, error)
      class(additive_attention_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      self%additive = .true.
      call configure_common(self, config, .true., error)
   end subroutine configure_additive

   !> Options that both classes have.
   subroutine configure_common(self, config, scaled, error)
      class(attention_layer_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      logical, intent(in) :: scaled                !! default of `use_scale`
      type(error_t), allocatable, intent(out) :: error
      call config%get('use_scale', self%use_scale, error, default=scaled)
      if (allocated(error)) return
      call config%get('causal', self%causal, error, default=.false.)
      if (allocated(error)) return
      if (config%has('dropout')) call get_rate(config, 'dropout', self%dropout, error, &
                                               largest=1.0_dp)
      if (allocated(error)) return
      call config%ignore('seed')
   end subroutine configure_common

   subroutine lay_out(self, in_shapes, plan, error)
      class(attention_layer_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(attention_t) :: a
      type(shape_t) :: out, scores
      logical :: causal, shows_scores
      integer :: inputs(n_inputs)
      call find_inputs(in_shapes, plan, inputs, error)
      if (allocated(error)) return
      call plan%call%get('return_attention_scores', shows_scores, error, default=.false.)
      if (allocated(error)) return
      call plan%call%get('use_causal_mask', causal, error, default=.false.)
      if (allocated(error)) return
      associate (query => in_shapes(inputs(at_query)), value => in_shapes(inputs(at_value)), &
                 key => in_shapes(inputs(at_key)))
         call plan_attention([query%rank - 1], 1, query, value, a, error)
         if (allocated(error)) return
         a%key_dim = query%extent(1)
         a%value_dim = value%extent(1)
         a%mask_mode = masks_lower
         if (causal .or. self%causal) a%causal = 1
         scores = scores_shape(a, query%rank)
         call lay_out_masks(in_shapes, scores, plan, a, inputs(at_mask), error)
         if (allocated(error)) return
         call lay_out_weights(self, query%extent(1), plan)
         out = query
         out%extent(1) = value%extent(1)
         call add_output(plan, out, error)
         if (allocated(error)) return
         if (shows_scores) call add_output(plan, shape_of([scores%extent(:2), &
                                                           scores%extent(4:scores%rank)]), error)
         if (allocated(error)) return
         plan%settings = [inputs, settings_of(a)]
         if (query%closed() .and. value%closed()) then
            plan%fixed_scratch = 3*a%key_dim + 2 + head_work(a) + 2*out%count() + &
                                 query%count() + value%count() + key%count()
         end if
      end associate
      plan%random = self%dropout > 0
      plan%can_train = .true.
      plan%spares_dx = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> Which inputs are query, value and key.
   subroutine find_inputs(in_shapes, plan, inputs, error)
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: inputs(n_inputs)
      type(error_t), allocatable, intent(out) :: error
      integer :: first, last
      inputs = 0
      call plan%inputs_of(0, 'inputs', first, last)
      if (last - first < 1 .or. last - first > 2) then
         call raise(error, fkb_err_argument, 'expected a list of query, value and perhaps key')
         return
      end if
      inputs(:2) = [first, first + 1]
      inputs(at_key) = last
      associate (query => in_shapes(first), value => in_shapes(first + 1), key => in_shapes(last))
         if (query%rank >= 2 .and. value%rank == query%rank .and. key%rank == query%rank) then
            if (query%extent(1) == key%extent(1) .and. query%extent(1) /= open_extent .and. &
                value%extent(1) /= open_extent .and. &
                same_steps(value, key)) return
         end if
         call raise(error, fkb_err_argument, 'query '//query%text()//', value '//value%text()// &
                    ' and key '//key%text()//' do not fit together')
      end associate
   end subroutine find_inputs

   !> Whether key and value have the same positions.
   pure logical function same_steps(value, key)
      type(shape_t), intent(in) :: value, key
      type(shape_t) :: other
      other = key
      other%extent(1) = value%extent(1)
      same_steps = other == value .or. .not. (key%closed() .and. value%closed())
   end function same_steps

   !> The masks of the call, `[query, value]`, of which one may be null; further ones say nothing.
   subroutine lay_out_masks(in_shapes, scores, plan, a, query_mask, error)
      type(shape_t), intent(in) :: in_shapes(:)
      type(shape_t), intent(in) :: scores
      type(plan_t), intent(inout) :: plan
      type(attention_t), intent(inout) :: a
      integer, intent(out) :: query_mask           !! the input that holds it, 0 for none
      type(error_t), allocatable, intent(out) :: error
      integer :: first, last, value_mask
      query_mask = 0
      call plan%inputs_of(1, 'mask', first, last)
      if (last < first) return
      if (scores%rank /= 3) then
         call raise(error, fkb_err_unsupported, &
                    'masks are supported for inputs of rank 3 only, the batch counted')
         return
      end if
      value_mask = first
      if (plan%call%kind_of('mask.0') /= 'null') then
         query_mask = first
         value_mask = first + 1
         if (in_shapes(first)%rank /= 1) then
            call raise(error, fkb_err_argument, 'expected a mask of the query with one value '// &
                       'for each time step, not '//in_shapes(first)%text())
            return
         end if
      end if
      if (plan%call%kind_of('mask.1') == 'null' .or. value_mask > last) return
      call plan_mask(value_mask, in_shapes(value_mask), 2, scores, a, error)
   end subroutine lay_out_masks

   !> The weights in Keras's order.
   subroutine lay_out_weights(self, features, plan)
      class(attention_layer_t), intent(in) :: self
      integer, intent(in) :: features
      type(plan_t), intent(inout) :: plan
      type(shape_t) :: scalar
      if (self%additive) then
         if (self%use_scale) call plan%add_weight('scale', shape_of([features]), &
                                                   initializer='glorot_uniform')
      else
         if (self%use_scale) call plan%add_weight('scale', scalar, initializer='ones')
         if (self%concat) call plan%add_weight('concat_score_weight', scalar, &
                                                initializer='ones')
      end if
   end subroutine lay_out_weights

   !> How scores are made; `scale` is filled for additive ones.
   subroutine set_scoring(self, weights, scoring, scale)
      class(attention_layer_t), intent(in) :: self
      real(wp), intent(in), contiguous :: weights(:)
      type(scoring_t), intent(out) :: scoring
      real(wp), intent(inout), contiguous :: scale(:)
      scoring%additive = self%additive .or. self%concat
      scoring%dropout = real(self%dropout, wp)
      scoring%shows_dropped = .true.
      scale = 1
      if (self%additive) then
         if (self%use_scale) scale = weights
      else
         if (self%use_scale) scoring%alpha = weights(1)
         if (self%concat) scoring%weight = weights(size(weights))
      end if
   end subroutine set_scoring

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(attention_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      type(attention_t) :: a
      type(scoring_t) :: scoring
      real(wp) :: nothing(0)
      integer :: d, j
      if (size(y(1)%v) == 0) return
      a = attention_from(plan%settings(n_inputs + 1:))
      d = a%key_dim
      call set_scoring(self, weights, scoring, scratch(:d))
      associate (query => x(plan%settings(at_query))%v, value => x(plan%settings(at_value))%v, &
                 key => x(plan%settings(at_key))%v)
         do j = 1, size(y(1)%v, 2)
            if (size(y) > 1) then
               call attend(a, scoring, scratch(:d), x, j, mode, query(:, j), key(:, j), &
                           value(:, j), y(1)%v(:, j), y(2)%v(:, j), scratch(d + 1:))
            else
               call attend(a, scoring, scratch(:d), x, j, mode, query(:, j), key(:, j), &
                           value(:, j), y(1)%v(:, j), nothing, scratch(d + 1:))
            end if
            if (plan%settings(at_mask) > 0) then
               call clear_rows(a%value_dim, a%rows, x(plan%settings(at_mask))%v(:, j), y(1)%v(:, j))
            end if
         end do
      end associate
   end subroutine forward

   !> y = 0 in rows that are masked
   pure subroutine clear_rows(n, rows, mask, y)
      integer, intent(in) :: n, rows
      real(wp), intent(in) :: mask(rows)
      real(wp), intent(inout) :: y(n, rows)
      integer :: t
      do t = 1, rows
         if (abs(mask(t)) <= 0) y(:, t) = 0
      end do
   end subroutine clear_rows

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(attention_layer_t), intent(in) :: self
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
      integer :: d, i, n_output
      do i = 1, size(dx)
         if (associated(dx(i)%v)) dx(i)%v = 0
      end do
      if (size(dy(1)%v) == 0) return
      d = plan%in_shapes(plan%settings(at_query))%extent(1)
      n_output = size(dy(1)%v, 1)
      associate (d_parameters => scratch(d + 1:2*d + 2), &
                 d_output => scratch(2*d + 3:2*d + 2 + n_output))
         d_parameters = 0
         call differentiate(self, plan, weights, x, dy, dx, scratch(:d), d_parameters, d_output, &
                            scratch(2*d + 3 + n_output:), mode)
         if (self%additive) then
            if (self%use_scale) dweights(:d) = dweights(:d) + d_parameters(3:)
            return
         end if
         i = size(dweights)
         if (self%use_scale) dweights(1) = dweights(1) + d_parameters(1)
         if (self%concat) dweights(i) = dweights(i) + d_parameters(2)
      end associate
   end subroutine backward

   !> Gradients of all samples; key and value may be one input.
   subroutine differentiate(self, plan, weights, x, dy, dx, scale, d_parameters, d_output, work, &
                            mode)
      class(attention_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:), dy(:), dx(:)
      real(wp), intent(inout), contiguous :: scale(:), d_parameters(:), d_output(:), work(:)
      type(mode_t), intent(in) :: mode
      type(attention_t) :: a
      type(scoring_t) :: scoring
      integer :: inputs(3), i, j, first(4)
      a = attention_from(plan%settings(n_inputs + 1:))
      call set_scoring(self, weights, scoring, scale)
      inputs = plan%settings([at_query, at_key, at_value])
      first(1) = 1
      do i = 1, 3
         first(i + 1) = first(i) + size(x(inputs(i))%v, 1)
      end do
      do j = 1, size(dy(1)%v, 2)
         d_output = dy(1)%v(:, j)
         if (plan%settings(at_mask) > 0) then
            call clear_rows(a%value_dim, a%rows, x(plan%settings(at_mask))%v(:, j), d_output)
         end if
         if (size(dy) > 1) then
            call one_sample(dy(2)%v(:, j))
         else
            call one_sample(work(:0))
         end if
         do i = 1, 3
            if (.not. associated(dx(inputs(i))%v)) cycle
            dx(inputs(i))%v(:, j) = dx(inputs(i))%v(:, j) + work(first(i):first(i + 1) - 1)
         end do
      end do

   contains

      subroutine one_sample(d_scores)
         real(wp), intent(in), contiguous :: d_scores(:)
         call attend_backward(a, scoring, scale, x, j, mode, x(inputs(1))%v(:, j), &
                              x(inputs(2))%v(:, j), x(inputs(3))%v(:, j), d_output, d_scores, &
                              work(:first(2) - 1), work(first(2):first(3) - 1), &
                              work(first(3):first(4) - 1), d_parameters, work(first(4):))
      end subroutine one_sample

   end subroutine differentiate

end module fkb_attention_dp
