!> Attention and products over named axes against their contract.
module test_attention_layers
   use fkb_builtin_attention_dp, only: add_attention_layers
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'attention_layers'
      call suite%add('EinsumDense keeps its contract', einsum_dense_keeps_its_contract)
      call suite%add('Attention keeps its contract', attention_keeps_its_contract)
      call suite%add('Attention keeps its contract with masks', masked_attention_keeps_its_contract)
      call suite%add('AdditiveAttention keeps its contract', additive_keeps_its_contract)
      call suite%add('MultiHeadAttention keeps its contract', heads_keep_their_contract)
      call suite%add('MultiHeadAttention keeps its contract with masks', &
                     masked_heads_keep_their_contract)
      call suite%add('MultiHeadAttention attends over any axes', heads_attend_over_any_axes)
      call suite%add('GroupQueryAttention keeps its contract', groups_keep_their_contract)
      call suite%add('Softmax keeps its contract with a mask', masked_softmax_keeps_its_contract)
      call suite%add('every class of the family is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine einsum_dense_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call dense(failure, 'abc,cd->abd', '[null,5]', '"d"', [3, 2])
      call dense(failure, 'abc,cde->abde', '[null,2,3]', '"de"', [4, 2])
      call dense(failure, 'abc,cde->abde', '[null,2,3]', '"e"', [4, 2])
      call dense(failure, 'abc,cde->abde', '[null,2,3]', '"bd"', [4, 2])
      call dense(failure, 'abcd,cde->abe', '[null,5]', '"e"', [4, 3, 2])
      call dense(failure, 'abc,bd->adc', '[5,4]', '"d"', [4, 3])
      call dense(failure, 'abc,dc->adb', '[5,3]', '"db"', [4, 3])
      call dense(failure, 'abc,bcd->abd', '[3,2]', '"bd"', [4, 3])
      call dense(failure, '...x,xy->...y', '5', '"y"', [4, 3, 2])
      call dense(failure, 'ab...,bc->ac...', '5', '"c"', [4, 3, 2])
      call dense(failure, 'ab,bc->ac', '5', 'null', [4])
      call dense(failure, 'abc,bc->abc', '[3,4]', 'null', [4, 3])
   end subroutine einsum_dense_keeps_its_contract

   subroutine dense(failure, equation, output_shape, bias_axes, extents)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: equation, output_shape, bias_axes
      integer, intent(in) :: extents(:)
      call one(failure, 'EinsumDense', '{"equation":"'//equation//'","output_shape":'// &
               output_shape//',"bias_axes":'//bias_axes//'}', extents)
   end subroutine dense

   subroutine attention_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: query, value, key
      query = shape_of([4, 3])
      value = shape_of([4, 5])
      call several(failure, 'Attention', '{}', [query, value], roles='0 0')
      call several(failure, 'Attention', '{"use_scale":true}', [query, value], roles='0 0')
      call several(failure, 'Attention', '{"score_mode":"concat"}', [query, value], roles='0 0')
      call several(failure, 'Attention', '{"score_mode":"concat","use_scale":true,"dropout":0.3}', &
                   [query, value], roles='0 0', arguments='{"return_attention_scores":true}')
      key = value
      value = shape_of([2, 5])
      call several(failure, 'Attention', '{"use_scale":true,"dropout":0.4}', [query, value, key], &
                   roles='0 0 0', arguments='{"return_attention_scores":true}')
      call several(failure, 'Attention', '{"causal":true}', [query, value, key], roles='0 0 0')
      query = shape_of([4, 3, 2])
      value = shape_of([4, 5, 2])
      call several(failure, 'Attention', '{}', [query, value], roles='0 0', &
                   arguments='{"use_causal_mask":true}')
   end subroutine attention_keeps_its_contract

   !> Values are long, so that no row is masked as a whole: 1e9 subtracted leaves no digits.
   subroutine masked_attention_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: query, value
      query = shape_of([4, 3])
      value = shape_of([4, 20])
      call several(failure, 'Attention', '{"use_scale":true}', &
                   [query, value, shape_of([3]), shape_of([20])], roles='0 0 mask mask')
      call several(failure, 'Attention', '{}', [query, value, shape_of([20])], &
                   roles='0 0 mask', arguments='{"mask":[null,["a",0,0]]}')
      call several(failure, 'Attention', '{}', [query, value, value, shape_of([3])], &
                   roles='0 0 0 mask', arguments='{"mask":[["a",0,0],null,null]}')
   end subroutine masked_attention_keeps_its_contract

   subroutine additive_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: query, value
      query = shape_of([4, 3])
      value = shape_of([4, 20])
      call several(failure, 'AdditiveAttention', '{}', [query, value], roles='0 0')
      call several(failure, 'AdditiveAttention', '{"use_scale":false,"dropout":0.3}', &
                   [query, shape_of([2, 20]), value], roles='0 0 0')
      call several(failure, 'AdditiveAttention', '{}', &
                   [query, value, shape_of([3]), shape_of([20])], roles='0 0 mask mask', &
                   arguments='{"return_attention_scores":true}')
   end subroutine additive_keeps_its_contract

   subroutine heads_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call heads(failure, '', '', '')
      call heads(failure, ',"value_dim":4,"output_shape":[2,2],"use_gate":true', '', '')
      call heads(failure, ',"use_bias":false', '', '')
      call heads(failure, ',"use_bias":false,"use_gate":true,"output_shape":7', '2', '')
      call heads(failure, ',"attention_axes":[-2]', '2', '')
      call heads(failure, ',"dropout":0.4', '', '')
      call heads(failure, '', '', '{"return_attention_scores":true}')
      call heads(failure, ',"dropout":0.3', '2', '{"return_attention_scores":true}')
      call heads(failure, '', '', '{"use_causal_mask":true}')
      call heads(failure, ',"sliding_window":2', '', '{"use_causal_mask":true}')
   end subroutine heads_keep_their_contract

   subroutine masked_heads_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: major
      call heads(failure, '', 'query_mask value_mask', '')
      call heads(failure, '', '2 key_mask', '{"use_causal_mask":true}')
      do major = 2, 3
         call heads(failure, '', 'attention_mask', '', major)
         call heads(failure, '', 'attention_mask', '{"return_attention_scores":true}', major)
         call heads(failure, ',"dropout":0.2', 'value_mask attention_mask', '', major)
      end do
      call heads(failure, ',"sliding_window":2', 'value_mask attention_mask', '')
      call heads(failure, ',"dropout":0.2,"sliding_window":2', 'value_mask attention_mask', '')
      call heads(failure, ',"softmax_robust_masking":true', 'attention_mask query_mask', '', 2)
   end subroutine masked_heads_keep_their_contract

   !> Query, value and what `roles` adds: a key, masks. Keras 2 adds -1e9 to masked scores, whose
   !> differences say nothing where a row is masked as a whole: there the value is long.
   subroutine heads(failure, options, roles, arguments, major)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: options, roles, arguments
      integer, intent(in), optional :: major
      type(shape_t), allocatable :: shapes(:)
      character(:), allocatable :: constants
      integer :: first, last, steps
      steps = 3
      if (present(major)) steps = merge(31, 3, major == 2)
      allocate (shapes(2))
      shapes(1) = shape_of([5, 4])
      shapes(2) = shape_of([6, steps])
      first = 1
      do while (first <= len(roles))
         last = first + scan(roles(first:)//' ', ' ') - 2
         select case (roles(first:last))
         case ('2')
            shapes = [shapes, shape_of([2, steps])]
         case ('query_mask')
            shapes = [shapes, shape_of([4])]
         case ('attention_mask')
            shapes = [shapes, shape_of([steps, 4])]
         case default
            shapes = [shapes, shape_of([steps])]
         end select
         first = last + 2
      end do
      constants = '{}'
      if (arguments /= '') constants = arguments
      call several(failure, 'MultiHeadAttention', '{"num_heads":2,"key_dim":3'//options//'}', &
                   shapes, batch=3, roles=trim('0 1 '//roles), arguments=constants, &
                   keras_major=major)
   end subroutine heads

   subroutine heads_attend_over_any_axes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: head = '{"num_heads":2,"key_dim":2,"attention_axes":'
      type(shape_t) :: query, value
      query = shape_of([3, 2, 4])
      value = shape_of([2, 3, 4])
      call several(failure, 'MultiHeadAttention', head//'[2]}', [query, value], batch=2)
      value = shape_of([2, 2, 3])
      call several(failure, 'MultiHeadAttention', head//'[1]}', [query, value], batch=2, &
                   roles='0 1', arguments='{"use_causal_mask":true}')
      call several(failure, 'MultiHeadAttention', head//'[1]}', &
                   [query, value, shape_of([3])], batch=2, roles='0 1 value_mask')
      value = shape_of([2, 3, 2])
      call several(failure, 'MultiHeadAttention', head//'null}', [query, value], batch=2, &
                   roles='0 1', arguments='{"return_attention_scores":true}')
      call several(failure, 'MultiHeadAttention', head//'[2,1]}', &
                   [query, value, shape_of([2, 1, 4, 2, 2])], batch=2, &
                   roles='0 1 attention_mask', arguments='{"return_attention_scores":true}')
   end subroutine heads_attend_over_any_axes

   subroutine groups_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: head = '{"head_dim":3,"num_query_heads":4,"num_key_value_heads":2'
      type(shape_t) :: query, value, mask
      query = shape_of([5, 4])
      value = shape_of([5, 3])
      mask = shape_of([3, 4])
      call several(failure, 'GroupQueryAttention', head//'}', [query, value], batch=3)
      call several(failure, 'GroupQueryAttention', head//',"use_gate":true,"use_bias":false}', &
                   [query, value, value, mask], batch=3, roles='0 1 2 attention_mask', &
                   arguments='{"return_attention_scores":true}')
      call several(failure, 'GroupQueryAttention', head//',"dropout":0.5,"sliding_window":2}', &
                   [query, value], batch=3, roles='0 1', arguments='{"use_causal_mask":true}')
   end subroutine groups_keep_their_contract

   !> Keras 2 adds -1e9 to masked values, which leaves no digits where all are masked.
   subroutine masked_softmax_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: x
      x = shape_of([4, 3, 2])
      call several(failure, 'Softmax', '{}', [x, x], roles='0 mask')
      call several(failure, 'Softmax', '{}', [x, shape_of([4, 1, 2])], roles='0 mask')
      call several(failure, 'Softmax', '{"axis":1}', [x, x], roles='0 mask')
      call several(failure, 'Softmax', '{"axis":[1,3]}', [x, shape_of([4, 3, 1])], roles='0 mask')
      call several(failure, 'Softmax', '{"robust_masking":true}', [x, x], roles='0 mask', &
                   keras_major=2)
      x = shape_of([30, 2])
      call several(failure, 'Softmax', '{}', [x, x], roles='0 mask', keras_major=2)
   end subroutine masked_softmax_keeps_its_contract

   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_attention_layers(registry, error)
      call check_all_tested(failure, registry, 'EinsumDense MultiHeadAttention '// &
                            'GroupQueryAttention Attention AdditiveAttention')
   end subroutine all_classes_are_tested

end module test_attention_layers
