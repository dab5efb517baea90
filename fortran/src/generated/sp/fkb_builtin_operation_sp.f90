! Generated from layers/fkb_builtin_operation.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that are nodes of a graph.
module fkb_builtin_operation_sp
   use fkb_activations, only: act_celu, act_elu, act_gelu_approximate, act_hard_shrink, &
      act_hard_sigmoid, act_hard_silu, act_hard_tanh, act_leaky_relu, act_log_sigmoid, act_relu, &
      act_relu6, act_selu, act_sigmoid, act_silu, act_soft_shrink, act_softplus, act_softsign, &
      act_sparse_plus, act_sparse_sigmoid, act_squareplus, act_tanh_shrink, act_threshold
   use fkb_error, only: error_t
   use fkb_operation_activation_sp, only: activation_operation_t
   use fkb_operation_blocks_sp, only: block_operation_t
   use fkb_operation_columns_sp, only: column_operation_t
   use fkb_operation_cross_sp, only: cross_operation_t
   use fkb_operation_joining_sp, only: joining_operation_t
   use fkb_operation_operands_sp, only: operand_operation_t
   use fkb_operation_places_sp, only: place_operation_t
   use fkb_operation_products_sp, only: product_operation_t
   use fkb_operation_reduction_sp, only: reduction_operation_t
   use fkb_operation_shape_sp, only: shape_operation_t
   use fkb_operation_take_sp, only: take_operation_t
   use fkb_operation_values_sp, only: value_operation_t
   use fkb_operations, only: block_names, column_cumsum, column_names, operand_full, &
      operand_isclose, operand_names, operand_where, place_names, product_names, &
      reduction_names, shape_names, value_names
   use fkb_registry_sp, only: registry_t
   implicit none (type, external)
   private
   public :: add_operation_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_operation_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      integer :: i
      do i = 1, size(value_names)
         call registry%put('ops.'//trim(value_names(i)), value_operation_t(i), error)
      end do
      do i = 1, size(operand_names)
         call registry%put('ops.'//trim(operand_names(i)), operand_operation_t(i), error)
      end do
      call registry%put('ops.Where', operand_operation_t(operand_where), error)
      call registry%put('ops.Isclose', operand_operation_t(operand_isclose), error)
      call registry%put('ops.FullLike', operand_operation_t(operand_full), error)
      do i = 1, size(reduction_names)
         call registry%put('ops.'//trim(reduction_names(i)), reduction_operation_t(i), error)
      end do
      do i = 1, size(column_names)
         call registry%put('ops.'//trim(column_names(i)), &
                           column_operation_t(column_cumsum + i - 1), error)
      end do
      do i = 1, size(product_names)
         call registry%put('ops.'//trim(product_names(i)), product_operation_t(i), error)
      end do
      do i = 1, size(shape_names)
         call registry%put('ops.'//trim(shape_names(i)), shape_operation_t(i), error)
      end do
      do i = 1, size(place_names)
         call registry%put('ops.'//trim(place_names(i)), place_operation_t(i), error)
      end do
      do i = 1, size(block_names)
         call registry%put('ops.'//trim(block_names(i)), block_operation_t(i), error)
      end do
      call registry%put('ops.Cross', cross_operation_t(), error)
      call registry%put('ops.Concatenate', joining_operation_t(), error)
      call registry%put('ops.Stack', joining_operation_t(stacks=.true.), error)
      call registry%put('ops.Hstack', joining_operation_t(fixed=.true.), error)
      call registry%put('ops.Take', take_operation_t(), error)
      call registry%put('ops.TakeAlongAxis', take_operation_t(along=.true.), error)
      call add_activations(registry, error)
   end subroutine add_operation_layers

   subroutine add_activations(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('ops.Relu', activation_operation_t(act_relu), error)
      call registry%put('ops.Relu6', activation_operation_t(act_relu6), error)
      call registry%put('ops.LeakyRelu', activation_operation_t(act_leaky_relu), error)
      call registry%put('ops.Elu', activation_operation_t(act_elu), error)
      call registry%put('ops.Selu', activation_operation_t(act_selu), error)
      call registry%put('ops.Celu', activation_operation_t(act_celu), error)
      call registry%put('ops.Sigmoid', activation_operation_t(act_sigmoid), error)
      call registry%put('ops.LogSigmoid', activation_operation_t(act_log_sigmoid), error)
      call registry%put('ops.HardSigmoid', activation_operation_t(act_hard_sigmoid), error)
      call registry%put('ops.SparseSigmoid', activation_operation_t(act_sparse_sigmoid), error)
      call registry%put('ops.Softplus', activation_operation_t(act_softplus), error)
      call registry%put('ops.SparsePlus', activation_operation_t(act_sparse_plus), error)
      call registry%put('ops.Squareplus', activation_operation_t(act_squareplus), error)
      call registry%put('ops.Softsign', activation_operation_t(act_softsign), error)
      call registry%put('ops.Silu', activation_operation_t(act_silu), error)
      call registry%put('ops.HardSilu', activation_operation_t(act_hard_silu), error)
      call registry%put('ops.Gelu', activation_operation_t(act_gelu_approximate), error)
      call registry%put('ops.HardTanh', activation_operation_t(act_hard_tanh), error)
      call registry%put('ops.TanhShrink', activation_operation_t(act_tanh_shrink), error)
      call registry%put('ops.HardShrink', activation_operation_t(act_hard_shrink), error)
      call registry%put('ops.SoftShrink', activation_operation_t(act_soft_shrink), error)
      call registry%put('ops.Threshold', activation_operation_t(act_threshold), error)
   end subroutine add_activations

end module fkb_builtin_operation_sp
