!> Options of Keras's `MultiHeadAttention` and `GroupQueryAttention`, and what follows from the
!> shapes of a call.
module fkb_multi_head
   use fkb_attention_plan, only: attention_t, head_work, masks_clear, masks_lower, &
      masks_lower_hard, masks_replace, plan_attention, plan_mask, scores_shape, settings_of
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8
   use fkb_layer_options, only: add_output, get_axes, get_rate, refuse_option, &
      refuse_unless_null
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: multi_head_t, configure_heads, configure_grouped_heads, lay_out_heads

   !> Settings of a call: the inputs that are query, value and key; for each projection the first of
   !> its weights, what it takes and what it gives; then the plan of the attention.
   integer, parameter, public :: at_query = 1, at_value = 2, at_key = 3, n_inputs = 3, &
      of_query = 1, of_key = 2, of_gate = 3, of_value = 4, of_output = 5, n_projections = 5, &
      at_most_units = n_inputs + 3*n_projections + 1, at_plan = at_most_units + 1

   !> The options.
   type :: multi_head_t
      integer :: heads = 1                       !! of the query
      integer :: value_heads = 1                 !! of key and value
      integer :: key_dim = 1, value_dim = 1      !! features of a head
      real(dp) :: dropout = 0                    !! share of the weights that training drops
      logical :: use_bias = .true.
      logical :: use_gate = .false.
      integer :: window = 0                      !! option `sliding_window`, 0: none
      integer :: n_axes = 0                      !! of `attention_axes`, 0: all
      integer :: axes(max_rank) = 0              !! Keras's
      integer :: n_out = 0                       !! of `output_shape`, 0: the query's last axis
      integer :: out_extents(max_rank) = 0       !! Keras's order
      logical :: keras_2 = .false.
      logical :: robust = .false.                !! option `softmax_robust_masking` of Keras 2
   end type multi_head_t

contains

   !> Read the options of `MultiHeadAttention`.
   subroutine configure_heads(self, config, error)
      type(multi_head_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('num_heads', self%heads, error)
      if (allocated(error)) return
      self%value_heads = self%heads
      call config%get('key_dim', self%key_dim, error)
      if (allocated(error)) return
      call config%get('value_dim', self%value_dim, error, default=self%key_dim)
      if (allocated(error)) return
      if (config%has('attention_axes')) then
         call get_axes(config, 'attention_axes', self%axes, self%n_axes, error, default=[1])
         if (allocated(error)) return
      end if
      if (config%has('output_shape')) then
         call get_axes(config, 'output_shape', self%out_extents, self%n_out, error, default=[1])
         if (allocated(error)) return
      end if
      if (any(self%out_extents(:self%n_out) < 1)) then
         call refuse_option(config, 'output_shape', 'expected positive integers', error)
         return
      end if
      call config%get('softmax_robust_masking', self%robust, error, default=.false.)
      if (allocated(error)) return
      call config%ignore('attention_axes output_shape query_shape key_shape value_shape')
      call configure_common(self, config, error)
   end subroutine configure_heads

   !> Read the options of `GroupQueryAttention`.
   subroutine configure_grouped_heads(self, config, error)
      type(multi_head_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('num_query_heads', self%heads, error)
      if (allocated(error)) return
      call config%get('num_key_value_heads', self%value_heads, error)
      if (allocated(error)) return
      call config%get('head_dim', self%key_dim, error)
      if (allocated(error)) return
      self%value_dim = self%key_dim
      self%n_axes = 1
      self%axes(1) = 1
      if (self%value_heads < 1) then
         call refuse_option(config, 'num_key_value_heads', 'expected a positive integer', error)
      else if (modulo(self%heads, self%value_heads) /= 0) then
         call refuse_option(config, 'num_query_heads', &
                            'expected a multiple of "num_key_value_heads"', error)
      else
         call configure_common(self, config, error)
      end if
   end subroutine configure_grouped_heads

   !> Options that both classes have.
   subroutine configure_common(self, config, error)
      type(multi_head_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (min(self%heads, self%key_dim, self%value_dim) < 1) then
         call raise(error, fkb_err_argument, &
                    'numbers of heads and their features must be positive integers')
         return
      end if
      call config%get('dropout', self%dropout, error, default=0.0_dp)
      if (allocated(error)) return
      if (self%dropout > 0) then
         call get_rate(config, 'dropout', self%dropout, error, largest=1.0_dp)
         if (allocated(error)) return
      end if
      call config%get('use_bias', self%use_bias, error, default=.true.)
      if (allocated(error)) return
      call config%get('use_gate', self%use_gate, error, default=.false.)
      if (allocated(error)) return
      call config%get('sliding_window', self%window, error, default=0)
      if (allocated(error)) return
      if (self%window < 0) then
         call refuse_option(config, 'sliding_window', 'expected a positive integer or null', error)
         return
      end if
      self%keras_2 = config%keras_major <= 2
      call config%ignore('seed flash_attention')
      call refuse_unless_null(config, 'activity_regularizer', error)
   end subroutine configure_common

   !> The `lay_out` of both.
   subroutine lay_out_heads(self, in_shapes, plan, error)
      type(multi_head_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(attention_t) :: a
      logical :: shows_scores
      integer :: inputs(n_inputs)
      call find_inputs(plan, inputs, error)
      if (allocated(error)) return
      call plan%call%get('return_attention_scores', shows_scores, error, default=.false.)
      if (allocated(error)) return
      associate (query => in_shapes(inputs(at_query)), value => in_shapes(inputs(at_value)), &
                 key => in_shapes(inputs(at_key)))
         call plan_attention(own_axes(self, query%rank), self%heads, query, value, a, error)
         if (allocated(error)) return
         call check_key(query, value, key, error)
         if (allocated(error)) return
         a%value_heads = self%value_heads
         a%key_dim = self%key_dim
         a%value_dim = self%value_dim
         a%window = self%window
         a%mask_mode = masks_replace
         if (self%keras_2) then
            a%mask_mode = masks_lower
            if (self%robust) a%mask_mode = masks_lower_hard
         else if (self%dropout > 0 .or. shows_scores .or. query%rank /= 2) then
            a%mask_mode = masks_clear
         end if
         call lay_out_masks(self, in_shapes, scores_shape(a, query%rank), plan, a, error)
         if (allocated(error)) return
         call lay_out_weights(self, query, key, value, plan, error)
         if (allocated(error)) return
         call add_output(plan, output_shape(self, query), error)
         if (allocated(error)) return
         if (shows_scores) call add_output(plan, scores_shape(a, query%rank), error)
         if (allocated(error)) return
         call lay_out_memory(self, query, value, a, plan)
         plan%settings = [plan%settings(:at_most_units), settings_of(a)]
         plan%settings(:n_inputs) = inputs
      end associate
      plan%random = self%dropout > 0
      plan%can_train = .true.
      plan%spares_dx = .true.
      plan%tangent = tangent_own
   end subroutine lay_out_heads

   !> Which inputs are query, value and key; all others must be masks.
   subroutine find_inputs(plan, inputs, error)
      type(plan_t), intent(in) :: plan
      integer, intent(out) :: inputs(n_inputs)
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      inputs(at_query) = plan%input_of(0, 'query')
      inputs(at_value) = plan%input_of(1, 'value')
      inputs(at_key) = plan%input_of(2, 'key')
      n = count(inputs > 0) + count([plan%input_of(3, 'query_mask'), &
                                     plan%input_of(4, 'value_mask'), &
                                     plan%input_of(5, 'key_mask'), &
                                     plan%input_of(6, 'attention_mask')] > 0)
      if (min(inputs(at_query), inputs(at_value)) == 0 .or. n /= size(plan%in_shapes)) then
         call raise(error, fkb_err_argument, 'expected query and value, and no more than key, '// &
                    'query_mask, value_mask, key_mask and attention_mask')
      end if
      if (inputs(at_key) == 0) inputs(at_key) = inputs(at_value)
   end subroutine find_inputs

   !> The attention axes, counted from 1.
   pure function own_axes(self, rank) result(axes)
      type(multi_head_t), intent(in) :: self
      integer, intent(in) :: rank                  !! of the query, without the batch
      integer :: axes(self%n_axes)
      axes = self%axes(:self%n_axes)
      if (.not. self%keras_2) axes = merge(axes + rank + 1, axes, axes < 0)
   end function own_axes

   !> Key and value have the same positions; last axes are known.
   subroutine check_key(query, value, key, error)
      type(shape_t), intent(in) :: query, value, key
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = key%rank == value%rank
      if (fits) fits = all(key%extent(2:key%rank) == value%extent(2:key%rank) .or. &
                           key%extent(2:key%rank) == open_extent .or. &
                           value%extent(2:key%rank) == open_extent)
      if (any([query%extent(1), value%extent(1), key%extent(1)] == open_extent)) fits = .false.
      if (fits) return
      call raise(error, fkb_err_argument, 'expected key and value with the same time steps, '// &
                 'and known last axes, not '//key%text()//' and '//value%text())
   end subroutine check_key

   !> The masks of the call.
   subroutine lay_out_masks(self, in_shapes, scores, plan, a, error)
      type(multi_head_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(shape_t), intent(in) :: scores
      type(plan_t), intent(inout) :: plan
      type(attention_t), intent(inout) :: a
      type(error_t), allocatable, intent(out) :: error
      integer, parameter :: expand(4) = [1, 2, 2, 0]
      integer :: i, rank, inputs(4)
      logical :: causal, same
      call plan%call%get('use_causal_mask', causal, error, default=.false.)
      if (allocated(error)) return
      if (causal) a%causal = 1
      rank = scores%rank - a%n_axes
      if ((causal .or. a%window > 0) .and. .not. &
          (a%n_axes == 1 .and. (rank == 2 .or. all(own_axes(self, rank) == 1)))) then
         call raise(error, fkb_err_unsupported, 'a causal mask and a sliding window are '// &
                    'supported for attention over axis 1 only')
         return
      end if
      inputs = [plan%input_of(3, 'query_mask'), plan%input_of(4, 'value_mask'), &
                plan%input_of(5, 'key_mask'), plan%input_of(6, 'attention_mask')]
      rank = -1
      do i = 1, 4
         if (inputs(i) == 0) cycle
         associate (mask => in_shapes(inputs(i)))
            call plan_mask(inputs(i), mask, expand(i), scores, a, error)
            if (allocated(error)) return
            same = rank < 0 .or. rank == mask%rank + min(expand(i), 1)
            rank = mask%rank + min(expand(i), 1)
         end associate
         if (same) cycle
         call raise(error, fkb_err_unsupported, 'the masks of the call have different ranks')
         return
      end do
   end subroutine lay_out_masks

   !> The weights in Keras's order.
   subroutine lay_out_weights(self, query, key, value, plan, error)
      type(multi_head_t), intent(in) :: self
      type(shape_t), intent(in) :: query, key, value
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: n
      out = output_shape(self, query)
      n = out%rank - query%rank + 1
      if (n + 2 > max_rank) then
         call raise(error, fkb_err_unsupported, 'option "output_shape" has too many axes')
         return
      end if
      allocate (plan%settings(at_most_units))
      plan%settings = 0
      associate (h => self%heads, hv => self%value_heads, k => self%key_dim, v => self%value_dim)
         call add_projection(of_query, 'query', [k, h], query%extent(1:1))
         call add_projection(of_key, 'key', [k, hv], key%extent(1:1))
         if (self%use_gate) call add_projection(of_gate, 'gate', [v, h], query%extent(1:1))
         call add_projection(of_value, 'value', [v, hv], value%extent(1:1))
         call add_projection(of_output, 'attention_output', out%extent(:n), [v, h])
      end associate

   contains

      subroutine add_projection(which, name, to, from)
         integer, intent(in) :: which
         character(*), intent(in) :: name
         integer, intent(in) :: to(:), from(:)
         integer :: at
         at = n_inputs + 3*(which - 1)
         plan%settings(at + 1:at + 3) = [int(plan%weight_count()) + 1, product(from), product(to)]
         plan%settings(at_most_units) = max(plan%settings(at_most_units), product(to))
         call plan%add_weight(name//'/kernel', shape_of([to, from]), options='kernel')
         if (.not. self%keras_2) plan%weights(size(plan%weights))%fans = &
            [product(real(from, dp)), product(real(to, dp))]
         if (self%use_bias) call plan%add_weight(name//'/bias', shape_of(to), options='bias')
      end subroutine add_projection

   end subroutine lay_out_weights

   !> The query's shape with other features.
   pure type(shape_t) function output_shape(self, query) result(out)
      type(multi_head_t), intent(in) :: self
      type(shape_t), intent(in) :: query
      integer :: n
      out = query
      n = self%n_out
      if (n == 0 .or. n + query%rank - 1 > max_rank) return
      out%rank = n + query%rank - 1
      out%extent(:n) = self%out_extents(n:1:-1)
      out%extent(n + 1:out%rank) = query%extent(2:query%rank)
   end function output_shape

   !> Projections, outputs of the heads and gates are kept for backward, and have gradients; in
   !> inference they lie where the gradients do in training.
   subroutine lay_out_memory(self, query, value, a, plan)
      type(multi_head_t), intent(in) :: self
      type(shape_t), intent(in) :: query, value
      type(attention_t), intent(in) :: a
      type(plan_t), intent(inout) :: plan
      integer(i8) :: kept
      if (.not. (query%closed() .and. value%closed())) return
      kept = int(a%rows, i8)*a%groups*self%heads*(self%key_dim + self%value_dim) + &
             int(a%columns, i8)*a%groups*self%value_heads*(self%key_dim + self%value_dim)
      if (self%use_gate) kept = kept + 2_i8*a%rows*a%groups*self%heads*self%value_dim
      plan%cache = kept
      plan%scratch = kept
      plan%fixed_scratch = plan%settings(at_most_units) + 2 + head_work(a)
   end subroutine lay_out_memory

end module fkb_multi_head
