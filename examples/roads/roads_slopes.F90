!> How the loss of untrained networks depends on each kernel: what is left of the gradient after
!> many layers, and how much the answer depends on the tile at all.
!>
!>     roads_slopes DATA TABLE.csv [--network vgg16] [--width 8] [--initializer glorot_uniform]
program roads_slopes
   use FKB_KIND, only: error_t, network_t, trainer_t, workspace_t, wp
   use roads_networks, only: build_network
   use roads_options, only: options_t, read_options
   use roads_pictures, only: read_tiles_and_masks
   implicit none (type, external)
   type(options_t) :: options
   type(network_t), target :: net
   type(error_t), allocatable :: error
   real(wp), allocatable :: x(:, :), y(:, :), slopes(:)

   call read_options(options)
   call read_lessons(options, x, y, error)
   call check(error)
   call build_network(options%network, options%width, nint(sqrt(real(size(y, 1)))), &
                      options%optimizer, options%initializer, options%seed, net, error)
   call check(error)
   allocate (slopes(size(net%params)))
   call find_slopes(net, x, y, slopes, error)
   call check(error)
   call write_slopes(options, net, slopes)
   call print_spread(net, x, y, error)
   call check(error)

contains

   !> The first tiles and their masks from 0 to 1, one column each.
   subroutine read_lessons(options, x, y, error)
      type(options_t), intent(in) :: options
      real(wp), allocatable, intent(out) :: x(:, :), y(:, :)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: images(:, :, :, :), masks(:, :, :, :)
      integer :: n
      call read_tiles_and_masks(options%data//'/train', images, masks, error)
      if (allocated(error)) return
      n = min(options%batch, size(images, 4))
      x = reshape(images(:, :, :, :n), [size(images)/size(images, 4), n])/255.0_wp
      y = reshape(masks(:, :, :, :n), [size(masks)/size(masks, 4), n])/255.0_wp
   end subroutine read_lessons

   !> The gradient of the loss by all weights.
   subroutine find_slopes(net, x, y, slopes, error)
      type(network_t), intent(inout), target :: net
      real(wp), intent(in), target :: x(:, :), y(:, :)
      real(wp), intent(out) :: slopes(:)
      type(error_t), allocatable, intent(out) :: error
      type(trainer_t) :: trainer
      real(wp) :: loss
      call trainer%init_from_file(net, error)
      if (.not. allocated(error)) call trainer%gradient(x, y, loss, slopes, error)
   end subroutine find_slopes

   !> The root mean square of the gradient of each kernel.
   subroutine write_slopes(options, net, slopes)
      type(options_t), intent(in) :: options
      type(network_t), intent(in) :: net
      real(wp), intent(in) :: slopes(:)
      integer :: i, unit
      open (newunit=unit, file=options%curve, action='write')
      write (unit, '(a)') 'kernel,slope'
      do i = 1, size(net%graph%segments)
         associate (part => net%graph%segments(i))
            if (index(part%path, 'kernel') == 0) cycle
            write (unit, '(a,",",es12.5)') part%path, &
               norm2(slopes(part%first:part%last))/sqrt(real(part%last - part%first + 1, wp))
         end associate
      end do
      close (unit)
   end subroutine write_slopes

   !> How much the answers differ between places of a tile, and the share of it between tiles.
   subroutine print_spread(net, x, y, error)
      type(network_t), intent(in) :: net
      real(wp), intent(in) :: x(:, :), y(:, :)
      type(error_t), allocatable, intent(out) :: error
      type(workspace_t) :: work
      real(wp) :: roads(size(y, 1), size(y, 2)), place(size(y, 1))
      integer :: j
      call net%predict(x, roads, work, error)
      if (allocated(error)) return
      place = sum(roads, 2)/size(roads, 2)
      do j = 1, size(roads, 2)
         roads(:, j) = roads(:, j) - place
      end do
      print '(a,es10.3)', 'deviation of an answer from that for other tiles at this place: ', &
         norm2(roads)/sqrt(real(size(roads), wp))
   end subroutine print_spread

   subroutine check(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      print '(a)', 'roads_slopes: '//error%message
      stop 1, quiet=.true.
   end subroutine check

end program roads_slopes
