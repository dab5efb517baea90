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

   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_attention_layers(registry, error)
      call check_all_tested(failure, registry, 'EinsumDense')
   end subroutine all_classes_are_tested

end module test_attention_layers
