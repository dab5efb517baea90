! Generated from train/fkb_batch_source.fypp: edit that file and run tools/generate.py
!> Where the batches of a training come from.
!>
!> A source gives one batch after another until the epoch is over. Arrays are one source
!> (`fkb_array_source`), a set of files another (`fkb_file_source`); extend `batch_source_t` for
!> your own, such as a running simulator.
module fkb_batch_source_dp
   use fkb_error, only: error_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, sp, wp => dp
   use fkb_views, only: view_sp_t, view_dp_t
   implicit none (type, external)
   private
   public :: samples_t, batch_source_t

   !> Samples of a batch: pointers to memory that the source keeps until the next one.
   type :: samples_t
      type(host_t), allocatable :: inputs(:)       !! one per input of the network
      type(host_t), allocatable :: targets(:)      !! one per output
      type(host_t), allocatable :: weights(:)      !! sample weights, one per output; or none
   contains
      !> Point to arrays: `call batch%put(x, y [, sample_weight])`, real32 or real64, (features,
      !> batch), or views of them, one per input and output.
      generic :: put => put_sp, put_dp, put_many_sp, put_many_dp
      procedure :: samples
      procedure, private :: put_sp, put_dp, put_many_sp, put_many_dp
   end type samples_t

   !> A source of batches: extend it and implement `next`.
   type, abstract :: batch_source_t
   contains
      procedure(next_i), deferred :: next
      procedure :: begin_epoch => begin_nothing
      procedure :: batches => unknown_batches
   end type batch_source_t

   abstract interface

      !> The next batch of the epoch. After the last one `done` is true and no batch is given.
      subroutine next_i(self, batch, done, error)
         import :: batch_source_t, samples_t, error_t
         implicit none (type, external)
         class(batch_source_t), intent(inout), target :: self
         type(samples_t), intent(inout) :: batch        !! use `batch%put`
         logical, intent(out) :: done
         type(error_t), allocatable, intent(out) :: error
      end subroutine next_i

   end interface

contains

   !> Begin an epoch, before its first batch.
   subroutine begin_nothing(self, epoch, error)
      class(batch_source_t), intent(inout) :: self
      integer, intent(in) :: epoch                    !! from 1
      type(error_t), allocatable, intent(out) :: error
   end subroutine begin_nothing

   !> How many batches an epoch has, 0 where nobody knows.
   integer function unknown_batches(self) result(count)
      class(batch_source_t), intent(in) :: self
      count = 0
   end function unknown_batches

   !> How many samples the batch has.
   pure integer function samples(self)
      class(samples_t), intent(in) :: self
      samples = 0
      if (.not. allocated(self%inputs)) return
      if (size(self%inputs) > 0) samples = self%inputs(1)%batch()
   end function samples

   !> Make room for the pointers.
   subroutine make_room(self, inputs, targets, weights)
      class(samples_t), intent(inout) :: self
      integer, intent(in) :: inputs, targets, weights
      if (allocated(self%inputs)) deallocate (self%inputs)
      if (allocated(self%targets)) deallocate (self%targets)
      if (allocated(self%weights)) deallocate (self%weights)
      allocate (self%inputs(inputs), self%targets(targets))
      if (weights > 0) allocate (self%weights(weights))
   end subroutine make_room

   subroutine put_sp(self, x, y_true, sample_weight)
      class(samples_t), intent(inout) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
      real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
      real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      integer :: weights
      weights = 0
      if (present(sample_weight)) weights = 1
      call make_room(self, 1, 1, weights)
      self%inputs(1)%s => x
      self%targets(1)%s => y_true
      if (present(sample_weight)) then
         self%weights(1)%s(1:1, 1:size(sample_weight)) => sample_weight
      end if
   end subroutine put_sp

   subroutine put_many_sp(self, x, y_true, sample_weight)
      class(samples_t), intent(inout) :: self
      type(view_sp_t), intent(in) :: x(:)                        !! one per input
      type(view_sp_t), intent(in) :: y_true(:)                   !! one per output
      type(view_sp_t), intent(in), optional :: sample_weight(:)  !! one per output
      integer :: k, weights
      weights = 0
      if (present(sample_weight)) weights = size(sample_weight)
      call make_room(self, size(x), size(y_true), weights)
      do k = 1, size(x)
         self%inputs(k)%s => x(k)%v
      end do
      do k = 1, size(y_true)
         self%targets(k)%s => y_true(k)%v
      end do
      do k = 1, weights
         self%weights(k)%s => sample_weight(k)%v
      end do
   end subroutine put_many_sp

   subroutine put_dp(self, x, y_true, sample_weight)
      class(samples_t), intent(inout) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
      real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
      real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      integer :: weights
      weights = 0
      if (present(sample_weight)) weights = 1
      call make_room(self, 1, 1, weights)
      self%inputs(1)%d => x
      self%targets(1)%d => y_true
      if (present(sample_weight)) then
         self%weights(1)%d(1:1, 1:size(sample_weight)) => sample_weight
      end if
   end subroutine put_dp

   subroutine put_many_dp(self, x, y_true, sample_weight)
      class(samples_t), intent(inout) :: self
      type(view_dp_t), intent(in) :: x(:)                        !! one per input
      type(view_dp_t), intent(in) :: y_true(:)                   !! one per output
      type(view_dp_t), intent(in), optional :: sample_weight(:)  !! one per output
      integer :: k, weights
      weights = 0
      if (present(sample_weight)) weights = size(sample_weight)
      call make_room(self, size(x), size(y_true), weights)
      do k = 1, size(x)
         self%inputs(k)%d => x(k)%v
      end do
      do k = 1, size(y_true)
         self%targets(k)%d => y_true(k)%v
      end do
      do k = 1, weights
         self%weights(k)%d => sample_weight(k)%v
      end do
   end subroutine put_many_dp

end module fkb_batch_source_dp
