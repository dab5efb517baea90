!> Pictures as files: PPM (colours) and PGM (grey), which every image program reads and writes.
!>
!> A picture is an array (channels, column, row) of levels from 0 to 255: the order in which the
!> file has them, and Keras's (row, column, channels) in the same memory.
module roads_pictures
   use fkb_sp, only: error_t, fkb_err_file, raise
   implicit none (type, external)
   private
   public :: read_picture, read_tiles_and_masks, write_picture

   integer, parameter :: most_pixels = 2**28

contains

   !> Read a binary PPM (`P6`) or PGM (`P5`) with 256 levels.
   subroutine read_picture(path, picture, error)
      character(*), intent(in) :: path
      integer, allocatable, intent(out) :: picture(:, :, :)   !! (channels, column, row), 0 to 255
      type(error_t), allocatable, intent(out) :: error
      character(1), allocatable :: bytes(:)
      character(2) :: kind
      integer :: columns, rows, levels, channels, status, unit
      open (newunit=unit, file=path, access='stream', form='unformatted', action='read', &
            status='old', iostat=status)
      if (status /= 0) then
         call raise(error, fkb_err_file, path//': cannot open it')
         return
      end if
      read (unit, iostat=status) kind
      channels = 0
      if (status == 0 .and. kind == 'P6') channels = 3
      if (status == 0 .and. kind == 'P5') channels = 1
      call read_number(unit, columns, status)
      call read_number(unit, rows, status)
      call read_number(unit, levels, status)
      if (status == 0 .and. channels > 0 .and. levels == 255 .and. columns > 0 .and. rows > 0) then
         if (rows <= most_pixels/columns) then
            allocate (bytes(channels*columns*rows))
            read (unit, iostat=status) bytes
         else
            status = 1
         end if
      else
         status = 1
      end if
      close (unit)
      if (status /= 0) then
         call raise(error, fkb_err_file, path//': not a whole binary PPM or PGM picture with'// &
                    ' 256 levels')
         return
      end if
      picture = reshape(ichar(bytes), [channels, columns, rows])
   end subroutine read_picture

   !> Read tiles that stand below each other in one picture: (channels, edge, edge, tiles).
   subroutine read_tiles(path, tiles, error)
      character(*), intent(in) :: path
      integer, allocatable, intent(out) :: tiles(:, :, :, :)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: picture(:, :, :)
      integer :: edge
      call read_picture(path, picture, error)
      if (allocated(error)) return
      edge = size(picture, 2)
      if (mod(size(picture, 3), edge) /= 0) then
         call raise(error, fkb_err_file, path//': tiles are as high as they are wide')
         return
      end if
      tiles = reshape(picture, [size(picture, 1), edge, edge, size(picture, 3)/edge])
   end subroutine read_tiles

   !> Read tiles of three colours and their masks, PATH.ppm and PATH.pgm.
   subroutine read_tiles_and_masks(path, images, masks, error)
      character(*), intent(in) :: path
      integer, allocatable, intent(out) :: images(:, :, :, :)   !! (3, edge, edge, tiles)
      integer, allocatable, intent(out) :: masks(:, :, :, :)    !! (1, edge, edge, tiles)
      type(error_t), allocatable, intent(out) :: error
      call read_tiles(path//'.ppm', images, error)
      if (.not. allocated(error)) call read_tiles(path//'.pgm', masks, error)
      if (allocated(error)) return
      if (size(images, 1) /= 3 .or. any(shape(masks(1, :, :, :)) /= shape(images(1, :, :, :)))) then
         call raise(error, fkb_err_file, path//'.pgm: not the masks of the tiles of three'// &
                    ' colours in '//path//'.ppm')
      end if
   end subroutine read_tiles_and_masks

   !> Write a picture of three channels as PPM, of one as PGM.
   subroutine write_picture(path, picture, error)
      character(*), intent(in) :: path
      integer, intent(in) :: picture(:, :, :)                 !! (channels, column, row), 0 to 255
      type(error_t), allocatable, intent(out) :: error
      character(64) :: header
      integer :: status, unit
      write (header, '(a,2(1x,i0),a)') merge('P6', 'P5', size(picture, 1) == 3), &
         size(picture, 2), size(picture, 3), ' 255'
      open (newunit=unit, file=path, access='stream', form='unformatted', action='write', &
            status='replace', iostat=status)
      if (status == 0) write (unit, iostat=status) trim(header)//new_line('a'), &
         achar(reshape(picture, [size(picture)]))
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) call raise(error, fkb_err_file, path//': cannot write it')
   end subroutine write_picture

   !> The next number of the header, and the one blank behind it.
   subroutine read_number(unit, number, status)
      integer, intent(in) :: unit
      integer, intent(out) :: number
      integer, intent(inout) :: status       !! nothing is read unless it is 0
      character(1) :: letter
      number = 0
      do while (status == 0)
         read (unit, iostat=status) letter
         if (status /= 0) exit
         if (letter == '#') then
            do
               read (unit, iostat=status) letter
               if (status /= 0 .or. letter == new_line('a')) exit
            end do
         else if (letter >= '0' .and. letter <= '9' .and. number < 2**24) then
            number = 10*number + ichar(letter) - ichar('0')
         else if (number > 0) then
            exit
         end if
      end do
   end subroutine read_number

end module roads_pictures
