! Generated from train/fkb_array_source.fypp: edit that file and run tools/generate.py
!> Batches from arrays: neighbouring samples, or samples in a random order.
module fkb_array_source_dp
   use fkb_batch_source_dp, only: batch_source_t, samples_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_generator, only: generator_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: array_source_t

   !> Memory for the samples of a batch in another order.
   type :: tray_t
      real(sp), allocatable :: s(:, :)
      real(dp), allocatable :: d(:, :)
   end type tray_t

   !> A source of batches that points to arrays of the host, which must outlive it.
   !>
   !>     call source%init(x, y, 32, error, shuffle=.true., seed=1)
   type, extends(batch_source_t) :: array_source_t
      integer :: batch_size = 32
      logical :: shuffled = .false.             !! a new order in each epoch
      integer(i8) :: seed = 0                   !! of the orders
      type(samples_t), private :: whole           !! all samples
      type(tray_t), allocatable, private :: trays(:)
      integer, allocatable, private :: order(:)
      integer, private :: taken = 0             !! samples of this epoch
   contains
      !> Point to arrays: `call source%init(x, y, batch_size, error [, sample_weight] [, shuffle]
      !> [, seed])`.
      generic :: init => init_sp, init_dp
      procedure :: init_batch
      procedure :: samples
      procedure :: next
      procedure :: begin_epoch
      procedure :: batches
      procedure, private :: init_sp, init_dp
   end type array_source_t

contains

   subroutine init_sp(self, x, y_true, batch_size, error, sample_weight, shuffle, seed)
      class(array_source_t), intent(inout) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      integer, intent(in) :: batch_size                                !! the last may be smaller
      type(error_t), allocatable, intent(out) :: error
      real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      logical, intent(in), optional :: shuffle                         !! default false
      integer, intent(in), optional :: seed                            !! of the orders
      type(samples_t) :: whole
      call whole%put(x, y_true, sample_weight)
      call self%init_batch(whole, batch_size, error, shuffle, seed)
   end subroutine init_sp

   subroutine init_dp(self, x, y_true, batch_size, error, sample_weight, shuffle, seed)
      class(array_source_t), intent(inout) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      integer, intent(in) :: batch_size                                !! the last may be smaller
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      logical, intent(in), optional :: shuffle                         !! default false
      integer, intent(in), optional :: seed                            !! of the orders
      type(samples_t) :: whole
      call whole%put(x, y_true, sample_weight)
      call self%init_batch(whole, batch_size, error, shuffle, seed)
   end subroutine init_dp

   !> Point to all samples of a large batch, of any number of inputs and outputs.
   !> Raises an error where the arrays have no samples, or different numbers of them.
   subroutine init_batch(self, whole, batch_size, error, shuffle, seed)
      class(array_source_t), intent(inout) :: self
      type(samples_t), intent(in) :: whole              !! all samples
      integer, intent(in) :: batch_size
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: shuffle
      integer, intent(in), optional :: seed
      integer :: n
      if (batch_size < 1) then
         call raise(error, fkb_err_argument, 'a batch has '//decimal(batch_size)//' samples')
         return
      end if
      n = whole%samples()
      call check_samples(whole%inputs, n, error)
      if (.not. allocated(error)) call check_samples(whole%targets, n, error)
      if (.not. allocated(error) .and. allocated(whole%weights)) then
         call check_samples(whole%weights, n, error)
      end if
      if (allocated(error)) return
      self%whole = whole
      self%batch_size = batch_size
      self%shuffled = .false.
      if (present(shuffle)) self%shuffled = shuffle
      self%seed = 0
      if (present(seed)) self%seed = seed
      self%taken = 0
      if (allocated(self%trays)) deallocate (self%trays)
      if (allocated(self%order)) deallocate (self%order)
   end subroutine init_batch

   subroutine check_samples(arrays, n, error)
      type(host_t), intent(in) :: arrays(:)
      integer, intent(in) :: n
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      do k = 1, size(arrays)
         if (arrays(k)%batch() == n) cycle
         call raise(error, fkb_err_argument, 'the arrays have '//decimal(n)//' and '// &
                    decimal(arrays(k)%batch())//' samples (their last dimension)')
         return
      end do
      if (n == 0) call raise(error, fkb_err_argument, 'the arrays have no samples')
   end subroutine check_samples

   !> All samples.
   integer function samples(self)
      class(array_source_t), intent(in) :: self
      samples = self%whole%samples()
   end function samples

   !> Batches of an epoch.
   integer function batches(self) result(count)
      class(array_source_t), intent(in) :: self
      count = (self%whole%samples() - 1)/self%batch_size + 1
   end function batches

   !> A new order, the same for the same seed and epoch everywhere.
   subroutine begin_epoch(self, epoch, error)
      class(array_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(generator_t) :: generator
      integer :: i
      self%taken = 0
      if (.not. self%shuffled) return
      if (.not. allocated(self%order)) allocate (self%order(self%whole%samples()))
      do i = 1, size(self%order)
         self%order(i) = i
      end do
      call generator%start(self%seed, epoch)
      call generator%shuffle(self%order)
   end subroutine begin_epoch

   !> The next samples; the last batch may be smaller.
   subroutine next(self, batch, done, error)
      class(array_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      integer :: columns, first
      first = self%taken + 1
      columns = min(self%batch_size, self%whole%samples() - self%taken)
      done = columns < 1
      if (done) return
      self%taken = self%taken + columns
      if (.not. allocated(self%order) .or. .not. self%shuffled) then
         call slice(self%whole%inputs, first, columns, batch%inputs)
         call slice(self%whole%targets, first, columns, batch%targets)
         if (allocated(self%whole%weights)) then
            call slice(self%whole%weights, first, columns, batch%weights)
         end if
      else
         call shuffled_batch(self, self%order(first:first + columns - 1), batch)
      end if
   end subroutine next

   !> Views of neighbouring samples.
   subroutine slice(whole, first, columns, part)
      type(host_t), intent(in) :: whole(:)
      integer, intent(in) :: first, columns
      type(host_t), allocatable, intent(out) :: part(:)
      integer :: k
      allocate (part(size(whole)))
      do k = 1, size(whole)
         if (associated(whole(k)%s)) part(k)%s => whole(k)%s(:, first:first + columns - 1)
         if (associated(whole(k)%d)) part(k)%d => whole(k)%d(:, first:first + columns - 1)
      end do
   end subroutine slice

   !> Copies of chosen samples of all arrays.
   subroutine shuffled_batch(self, chosen, batch)
      type(array_source_t), intent(inout), target :: self
      integer, intent(in) :: chosen(:)
      type(samples_t), intent(inout) :: batch
      integer :: n_in, n_out, n_weights, room
      room = min(self%batch_size, self%whole%samples())
      n_in = size(self%whole%inputs)
      n_out = size(self%whole%targets)
      n_weights = 0
      if (allocated(self%whole%weights)) n_weights = size(self%whole%weights)
      if (.not. allocated(self%trays)) allocate (self%trays(n_in + n_out + n_weights))
      call gather(self%whole%inputs, chosen, room, self%trays(:n_in), batch%inputs)
      call gather(self%whole%targets, chosen, room, self%trays(n_in + 1:n_in + n_out), &
                  batch%targets)
      if (n_weights > 0) call gather(self%whole%weights, chosen, room, &
                                     self%trays(n_in + n_out + 1:), batch%weights)
   end subroutine shuffled_batch

   !> Copies of chosen samples.
   subroutine gather(whole, chosen, room, trays, part)
      type(host_t), intent(in) :: whole(:)
      integer, intent(in) :: chosen(:)
      integer, intent(in) :: room                     !! samples of the largest batch
      type(tray_t), intent(inout), target :: trays(:)
      type(host_t), allocatable, intent(out) :: part(:)
      integer :: j, k, n
      n = size(chosen)
      allocate (part(size(whole)))
      do k = 1, size(whole)
         if (associated(whole(k)%s)) then
            if (.not. allocated(trays(k)%s)) then
               allocate (trays(k)%s(size(whole(k)%s, 1), room))
            end if
            do j = 1, n
               trays(k)%s(:, j) = whole(k)%s(:, chosen(j))
            end do
            part(k)%s => trays(k)%s(:, :n)
         end if
         if (associated(whole(k)%d)) then
            if (.not. allocated(trays(k)%d)) then
               allocate (trays(k)%d(size(whole(k)%d, 1), room))
            end if
            do j = 1, n
               trays(k)%d(:, j) = whole(k)%d(:, chosen(j))
            end do
            part(k)%d => trays(k)%d(:, :n)
         end if
      end do
   end subroutine gather

end module fkb_array_source_dp
