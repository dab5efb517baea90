!> Handwritten digits: reading them, and moving them about as data augmentation.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module digits_data
   use fkb_generator, only: generator_t
   use fkb_kinds, only: i8
   use FKB_KIND, only: batch_source_t, error_t, fkb_err_file, raise, samples_t, wp
   implicit none (type, external)
   private
   public :: read_digits, shifted_source_t

   integer, parameter, public :: edge = 8, pixels = edge*edge, classes = 10

   !> Batches of digits that are moved by up to half a pixel in both directions, in a new way in
   !> each epoch: a source of batches as a simulator would extend it.
   type, extends(batch_source_t) :: shifted_source_t
      integer :: batch_size = 32
      integer :: seed = 0
      real(wp), allocatable, private :: x(:, :), y(:, :)              ! all samples
      real(wp), allocatable, private :: moved(:, :), labels(:, :)     ! of one batch
      integer, allocatable, private :: order(:)
      integer, private :: taken = 0
      type(generator_t), private :: generator
   contains
      procedure :: take
      procedure :: begin_epoch
      procedure :: next
      procedure :: batches
   end type shifted_source_t

contains

   !> Read a file of `data.py`: pixels from 0 to 1 and labels from 0 to 9.
   subroutine read_digits(path, most, x, y, error)
      character(*), intent(in) :: path
      integer, intent(in) :: most                               !! read at most so many
      real(wp), allocatable, intent(out) :: x(:, :)             !! (64, samples), row by row
      real(wp), allocatable, intent(out) :: y(:, :)             !! (1, samples)
      type(error_t), allocatable, intent(out) :: error
      integer :: i, n, status, unit, values(pixels + 1)
      open (newunit=unit, file=path, action='read', status='old', iostat=status)
      if (status == 0) read (unit, *, iostat=status) n
      if (status == 0) then
         n = min(n, most)
         allocate (x(pixels, n), y(1, n))
         do i = 1, n
            read (unit, *, iostat=status) values
            if (status /= 0) exit
            y(1, i) = values(1)
            x(:, i) = values(2:)/16.0_wp
         end do
         close (unit)
      end if
      if (status /= 0) call raise(error, fkb_err_file, path//': no digits there; make them with'// &
                                  ' data.py')
   end subroutine read_digits

   !> Take copies of all samples.
   subroutine take(self, x, y, batch_size, seed)
      class(shifted_source_t), intent(inout) :: self
      real(wp), intent(in) :: x(:, :), y(:, :)
      integer, intent(in) :: batch_size, seed
      integer :: i
      self%x = x
      self%y = y
      self%batch_size = batch_size
      self%seed = seed
      self%order = [(i, i=1, size(x, 2))]
      allocate (self%moved(size(x, 1), batch_size), self%labels(1, batch_size))
   end subroutine take

   integer function batches(self) result(count)
      class(shifted_source_t), intent(in) :: self
      count = (size(self%order) - 1)/self%batch_size + 1
   end function batches

   subroutine begin_epoch(self, epoch, error)
      class(shifted_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      self%taken = 0
      self%order = [(i, i=1, size(self%x, 2))]
      call self%generator%start(int(self%seed, i8), epoch)
      call self%generator%shuffle(self%order)
   end subroutine begin_epoch

   subroutine next(self, batch, done, error)
      class(shifted_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      integer :: columns, j
      columns = min(self%batch_size, size(self%order) - self%taken)
      done = columns < 1
      if (done) return
      do j = 1, columns
         associate (one => self%order(self%taken + j))
            call move(self%x(:, one), offset(self), offset(self), self%moved(:, j))
            self%labels(:, j) = self%y(:, one)
         end associate
      end do
      self%taken = self%taken + columns
      call batch%put(self%moved(:, :columns), self%labels(:, :columns))
   end subroutine next

   !> A random part of a pixel, from -1/2 to 1/2.
   real(wp) function offset(self)
      type(shifted_source_t), intent(inout) :: self
      offset = (self%generator%below(1001) - 501)/1000.0_wp
   end function offset

   !> An image, moved by parts of a pixel; what comes in is empty.
   pure subroutine move(image, right, down, moved)
      real(wp), intent(in) :: image(edge, edge)      !! (column, row)
      real(wp), intent(in) :: right, down            !! from -1 to 1
      real(wp), intent(out) :: moved(edge, edge)
      moved = image + abs(right)*(eoshift(image, -int(sign(1.0_wp, right)), dim=1) - image)
      moved = moved + abs(down)*(eoshift(moved, -int(sign(1.0_wp, down)), dim=2) - moved)
   end subroutine move

end module digits_data
