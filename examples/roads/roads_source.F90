!> Batches of tiles that are turned or filtered when they are needed: nothing is stored.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module roads_source
   use FKB_KIND, only: batch_source_t, error_t, generator_t, i8, samples_t, wp
   use roads_augment, only: filtered, filters, turned, versions_of
   implicit none (type, external)
   private
   public :: tile_source_t

   !> All versions of all tiles, in a new order in each epoch.
   type, extends(batch_source_t) :: tile_source_t
      integer :: batch_size = 16
      integer :: seed = 0
      logical :: shuffled = .true.
      character(:), allocatable :: strategy
      integer, allocatable, private :: images(:, :, :, :)       !! (3, edge, edge, tiles)
      integer, allocatable, private :: masks(:, :, :, :)        !! (1, edge, edge, tiles)
      real(wp), allocatable, private :: x(:, :), y(:, :)        !! one batch
      integer, allocatable, private :: order(:)
      integer, private :: taken = 0
   contains
      procedure :: take
      procedure :: next
      procedure :: begin_epoch
      procedure :: batches
   end type tile_source_t

contains

   !> Take copies of tiles and of their masks, levels from 0 to 255.
   subroutine take(self, images, masks, strategy, batch_size, seed)
      class(tile_source_t), intent(inout) :: self
      integer, intent(in) :: images(:, :, :, :)      !! (3, edge, edge, tiles)
      integer, intent(in) :: masks(:, :, :, :)       !! (1, edge, edge, tiles)
      character(*), intent(in) :: strategy           !! `few`, `rotations` or `filters`
      integer, intent(in) :: batch_size
      integer, intent(in), optional :: seed          !! of the orders; without it one stays
      integer :: pixels
      pixels = size(images, 2)*size(images, 3)
      self%images = images
      self%masks = masks
      self%strategy = strategy
      self%batch_size = batch_size
      self%shuffled = present(seed)
      if (present(seed)) self%seed = seed
      if (allocated(self%x)) deallocate (self%x, self%y)
      allocate (self%x(size(images, 1)*pixels, batch_size), self%y(pixels, batch_size))
   end subroutine take

   integer function batches(self) result(count)
      class(tile_source_t), intent(in) :: self
      count = (size(self%images, 4)*versions_of(self%strategy) - 1)/self%batch_size + 1
   end function batches

   subroutine begin_epoch(self, epoch, error)
      class(tile_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(generator_t) :: generator
      integer :: i
      self%taken = 0
      self%order = [(i, i=1, size(self%images, 4)*versions_of(self%strategy))]
      if (.not. self%shuffled) return
      call generator%start(int(self%seed, i8), epoch)
      call generator%shuffle(self%order)
   end subroutine begin_epoch

   subroutine next(self, batch, done, error)
      class(tile_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      integer :: columns, j, tile, tiles
      columns = min(self%batch_size, size(self%order) - self%taken)
      done = columns < 1
      if (done) return
      tiles = size(self%images, 4)
      do j = 1, columns
         associate (one => self%order(self%taken + j))
            tile = 1 + mod(one - 1, tiles)
            call make_version(self%images(:, :, :, tile), self%masks(:, :, :, tile), &
                              self%strategy, (one - 1)/tiles, self%x(:, j), self%y(:, j))
         end associate
      end do
      self%taken = self%taken + columns
      call batch%put(self%x(:, :columns), self%y(:, :columns))
   end subroutine next

   !> A version of a tile from 0 to 1, and its mask.
   subroutine make_version(image, mask, strategy, version, x, y)
      integer, intent(in) :: image(:, :, :), mask(:, :, :)
      character(*), intent(in) :: strategy
      integer, intent(in) :: version                 !! 0: the tile itself
      real(wp), intent(out) :: x(:), y(:)
      if (version == 0) then
         x = reshape(image, [size(x)])/255.0_wp
         y = reshape(mask, [size(y)])/255.0_wp
      else if (strategy == 'rotations') then
         x = reshape(turned(image, version), [size(x)])/255.0_wp
         y = reshape(turned(mask, version), [size(y)])/255.0_wp
      else
         x = reshape(filtered(image, filters(version)), [size(x)])/255.0_wp
         y = reshape(mask, [size(y)])/255.0_wp
      end if
   end subroutine make_version

end module roads_source
