! Generated from layers/fkb_builtin_attention.fypp: edit that file and run tools/generate.py
!> Attention, and products over named axes.
module fkb_builtin_attention_dp
   use fkb_attention_dp, only: additive_attention_t, attention_layer_t
   use fkb_einsum_dense_dp, only: einsum_dense_t
   use fkb_error, only: error_t
   use fkb_multi_head_attention_dp, only: group_query_attention_t, multi_head_attention_t
   use fkb_registry_dp, only: registry_t
   implicit none (type, external)
   private
   public :: add_attention_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_attention_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('Attention', attention_layer_t(), error)
      call registry%put('AdditiveAttention', additive_attention_t(), error)
      call registry%put('MultiHeadAttention', multi_head_attention_t(), error)
      call registry%put('GroupQueryAttention', group_query_attention_t(), error)
      call registry%put('EinsumDense', einsum_dense_t(), error)
   end subroutine add_attention_layers

end module fkb_builtin_attention_dp
