!> Batches of image sequences for a training.
module sequence_source
   use fkb_sp, only: batch_source_t, error_t, fkb_err_argument, generator_t, i8, raise, samples_t, &
      view_t, wp
   use frames, only: frames_t
   implicit none (type, external)
   private
   public :: sequence_source_t

   integer, parameter, public :: learn_taught = 1, learn_free = 2, learn_next = 3

   !> What a network learns from a sequence of frames 1 to n, the first `past` of which are known:
   !>
   !> - `learn_taught`: frames 1 to `past`, and `past` to n-1, give `past`+1 to n;
   !> - `learn_free`: frames 1 to `past` give `past`+1 to n;
   !> - `learn_next`: frames 1 to n-1 give 2 to n.
   type, extends(batch_source_t) :: sequence_source_t
      private
      type(frames_t), public :: all
      integer, public :: past = 7
      integer, public :: batch_size = 16
      integer, public :: lesson = learn_taught
      logical, public :: shuffle = .false.
      integer, public :: seed = 1
      real(wp), allocatable :: known(:, :), before(:, :), target(:, :)   ! (values, columns)
      integer, allocatable :: order(:)
      integer :: taken = 0
   contains
      procedure :: begin_epoch
      procedure :: next
      procedure :: batches
   end type sequence_source_t

contains

   integer function batches(self) result(count)
      class(sequence_source_t), intent(in) :: self
      count = (self%all%sequences - 1)/self%batch_size + 1
   end function batches

   !> Begin with the first batch, in a new order where sequences are shuffled.
   subroutine begin_epoch(self, epoch, error)
      class(sequence_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(generator_t) :: generator
      integer :: i
      if (self%all%frames <= self%past) then
         call raise(error, fkb_err_argument, "the sequences are too short")
         return
      end if
      self%taken = 0
      self%order = [(i, i=1, self%all%sequences)]
      if (.not. self%shuffle) return
      call generator%start(int(self%seed, i8), epoch)
      call generator%shuffle(self%order)
   end subroutine begin_epoch

   subroutine next(self, batch, done, error)
      class(sequence_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      type(view_t) :: x(2), y(1)
      integer :: columns, inputs
      columns = min(self%batch_size, self%all%sequences - self%taken)
      done = columns < 1
      if (done) return
      inputs = 1
      associate (now => self%order(self%taken + 1:self%taken + columns), n => self%all%frames)
         if (self%lesson == learn_next) then
            call gather(self%all, now, 1, n - 1, self%known)
            call gather(self%all, now, 2, n - 1, self%target)
         else
            call gather(self%all, now, 1, self%past, self%known)
            call gather(self%all, now, self%past + 1, n - self%past, self%target)
         end if
         if (self%lesson == learn_taught) then
            call gather(self%all, now, self%past, n - self%past, self%before)
            x(2)%v => self%before
            inputs = 2
         end if
      end associate
      x(1)%v => self%known
      y(1)%v => self%target
      call batch%put(x(:inputs), y)
      self%taken = self%taken + columns
   end subroutine next

   !> Frames of some sequences as the columns of a batch.
   subroutine gather(all, sequences, first, count, values)
      type(frames_t), intent(in) :: all
      integer, intent(in) :: sequences(:), first, count
      real(wp), allocatable, intent(inout) :: values(:, :)
      integer :: j, rows
      rows = count*all%pixels
      if (allocated(values)) then
         if (any(shape(values) /= [rows, size(sequences)])) deallocate (values)
      end if
      if (.not. allocated(values)) allocate (values(rows, size(sequences)))
      do j = 1, size(sequences)
         call all%copy(sequences(j), first, values(:, j))
      end do
   end subroutine gather

end module sequence_source
