!> Batches in a new order in each epoch, of digits that are moved about, written down as drawn.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module practice_batches
   use FKB_KIND, only: batch_source_t, error_t, fkb_err_argument, fkb_err_file, generator_t, i8, &
      raise, samples_t, wp
   use practice_data, only: table_t
   use practice_options, only: options_t
   implicit none (type, external)
   private
   public :: drawn_source_t

   integer, parameter :: edge = 8          !! of a digit, pixels
   integer, parameter :: steps = 1000      !! parts of a pixel by which a digit can be moved

   !> A source of batches as a simulator would extend it.
   type, extends(batch_source_t) :: drawn_source_t
      private
      integer :: batch_size = 32
      integer :: seed = 0
      logical :: shuffle = .true.
      integer :: farthest = 0                         !! by which a digit is moved, steps
      integer :: unit = 0                             !! of the file of orders; 0: none
      type(table_t) :: table
      real(wp), allocatable :: x(:, :), y(:, :)       !! of one batch
      integer, allocatable :: order(:)
      integer, allocatable :: right(:), down(:)       !! steps, by place in the order
      integer :: taken = 0
   contains
      procedure :: init
      procedure :: begin_epoch
      procedure :: next
      procedure :: batches
      procedure :: finish
   end type drawn_source_t

contains

   !> Take a copy of the samples, and open the file of orders where one is asked for.
   subroutine init(self, table, options, error)
      class(drawn_source_t), intent(inout) :: self
      type(table_t), intent(in) :: table
      type(options_t), intent(in) :: options
      type(error_t), allocatable, intent(out) :: error
      integer :: samples, status
      samples = size(table%x, 2)
      self%table = table
      self%batch_size = min(options%batch, samples)
      self%seed = options%seed
      self%shuffle = options%shuffle
      self%farthest = nint(options%augment*steps)
      allocate (self%x(size(table%x, 1), self%batch_size), self%y(1, self%batch_size))
      allocate (self%order(samples), self%right(samples), self%down(samples))
      if (self%farthest < 0 .or. self%farthest > steps .or. &
          (self%farthest > 0 .and. size(table%x, 1) /= edge*edge)) then
         call raise(error, fkb_err_argument, 'digits only are moved, by one pixel at most')
         return
      end if
      if (len(options%batches) == 0) return
      open (newunit=self%unit, file=options%batches, action='write', status='replace', &
            iostat=status)
      if (status /= 0) call raise(error, fkb_err_file, options%batches//' cannot be written')
   end subroutine init

   integer function batches(self) result(count)
      class(drawn_source_t), intent(in) :: self
      count = (size(self%order) - 1)/self%batch_size + 1
   end function batches

   !> Draw what the epoch is like: a function of the seed and the epoch.
   subroutine begin_epoch(self, epoch, error)
      class(drawn_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(generator_t) :: generator
      integer :: i
      self%taken = 0
      self%order = [(i, i=1, size(self%order))]
      call generator%start(int(self%seed, i8), epoch)
      if (self%shuffle) call generator%shuffle(self%order)
      if (self%farthest > 0) then
         do i = 1, size(self%order)
            self%right(i) = generator%below(2*self%farthest + 1) - 1 - self%farthest
            self%down(i) = generator%below(2*self%farthest + 1) - 1 - self%farthest
         end do
      end if
      if (self%unit == 0) return
      write (self%unit, '(*(i0, 1x))') self%order
      if (self%farthest > 0) write (self%unit, '(*(i0, 1x))') self%right
      if (self%farthest > 0) write (self%unit, '(*(i0, 1x))') self%down
   end subroutine begin_epoch

   subroutine next(self, batch, done, error)
      class(drawn_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      integer :: columns, j, place
      columns = min(self%batch_size, size(self%order) - self%taken)
      done = columns < 1
      if (done) return
      do j = 1, columns
         place = self%taken + j
         self%x(:, j) = self%table%x(:, self%order(place))
         self%y(:, j) = self%table%y(:, self%order(place))
         if (self%farthest > 0) call move(self%right(place), self%down(place), self%x(:, j))
      end do
      self%taken = self%taken + columns
      call batch%put(self%x(:, :columns), self%y(:, :columns))
   end subroutine next

   !> Move an image by parts of a pixel, linearly between pixels; what comes in is empty.
   pure subroutine move(right, down, image)
      integer, intent(in) :: right, down               !! steps
      real(wp), intent(inout) :: image(edge, edge)     !! (column, row)
      image = image + abs(right)/real(steps, wp)*(eoshift(image, -sign(1, right), dim=1) - image)
      image = image + abs(down)/real(steps, wp)*(eoshift(image, -sign(1, down), dim=2) - image)
   end subroutine move

   !> Close the file of orders.
   subroutine finish(self)
      class(drawn_source_t), intent(inout) :: self
      if (self%unit /= 0) close (self%unit)
      self%unit = 0
   end subroutine finish

end module practice_batches
