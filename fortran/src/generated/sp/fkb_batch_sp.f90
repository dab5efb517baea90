! Generated from train/fkb_batch.fypp: edit that file and run tools/generate.py
!> What a loss or a metric may ask about the batch beside targets and predictions.
module fkb_batch_sp
   use fkb_kinds, only: i8
   use fkb_layer_sp, only: view_t
   implicit none (type, external)
   private
   public :: batch_t

   !> A block of columns of a batch.
   type :: batch_t
      integer :: samples = 0              !! of the whole batch
      integer :: first = 1                !! number of the block's first sample in the batch
      integer(i8) :: step = 0             !! training steps before this one
      logical :: weighted = .false.       !! sample weights or a mask were given
      logical :: on_logits = .false.      !! the predictions are those before the last activation
      integer :: activation = 0           !! that activation then: `act_sigmoid` or `act_softmax`
      type(view_t), allocatable :: inputs(:)   !! of the network, this block's; may be missing
   end type batch_t

end module fkb_batch_sp
