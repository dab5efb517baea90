! Generated from train/fkb_trainer_parts.fypp: edit that file and run tools/generate.py
!> What a trainer works with during a step, and what a training can be told.
module fkb_trainer_parts_dp
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_network_dp, only: workspace_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: bench_t, cut_t, fit_options_t, goal_t

   !> What one thread works in.
   type :: bench_t
      type(workspace_t) :: work
      real(wp), allocatable :: targets(:)         !! of one output, of one block
      type(error_t), allocatable :: error         !! the first of its lanes
   end type bench_t

   !> What one output needs during a step.
   type :: goal_t
      type(shape_t) :: shape                      !! of one sample
      integer :: positions = 1                    !! values of the loss in one sample
      integer :: targets = 0                      !! features of its target
      real(dp) :: normaliser = 1                  !! of the summed loss
      real(dp) :: factor = 1                      !! of the summed loss: loss weight/normaliser
      logical :: weighted = .false.               !! sample weights or a mask were given
      logical :: masked = .false.                 !! the loss leaves positions out: see `mask`
      real(wp), allocatable :: weights(:)         !! (positions, batch) as one vector
      real(wp), allocatable :: mask(:)            !! likewise, of what the loss leaves out
      ! What metrics of a whole batch need, each as one vector.
      real(wp), allocatable :: truth(:)           !! (target features, batch)
      real(wp), allocatable :: outputs(:)         !! (features, batch)
      real(wp), allocatable :: logits(:)          !! (features, batch), where `on_logits`
      logical :: on_logits = .false.
   end type goal_t

   !> How a batch is cut; depends on the network and the batch only, but for the threads.
   type :: cut_t
      logical :: training = .true.       !! with gradients, noise and statistics of the batch
      integer :: batch = 0
      integer :: total = 0               !! samples of the batch on all ranks
      integer :: before = 0              !! samples on the ranks before this one
      integer :: columns = 0             !! of a block
      integer :: blocks = 0
      integer :: lanes = 0
      integer :: threads = 1             !! at most as many as lanes
   end type cut_t

   !> What `fit` can be told beside its arguments; the names are Keras's.
   type :: fit_options_t
      integer :: initial_epoch = 0            !! epochs that count as done
      integer :: steps_per_epoch = 0          !! batches of an epoch; 0: all that the source has
      real(dp) :: validation_split = 0        !! the last part of the arrays, before shuffling
      integer :: validation_batch_size = 0    !! of a split; 0: as in training
      integer :: validation_steps = 0         !! batches of a validation; 0: all
      integer :: validation_freq = 1          !! epochs from one validation to the next
   end type fit_options_t

end module fkb_trainer_parts_dp
