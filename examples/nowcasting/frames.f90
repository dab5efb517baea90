!> Sequences of images in files, as `frames.py` writes them.
module frames
   use, intrinsic :: iso_fortran_env, only: int32, int8, real32
   implicit none (type, external)
   private
   public :: frames_t, write_forecasts

   !> All sequences of a file, a byte a pixel as there.
   type :: frames_t
      integer :: sequences = 0
      integer :: frames = 0
      integer :: pixels = 0              !! of a frame, rows times columns
      integer(int8), allocatable, private :: bytes(:, :)   ! (pixels*frames, sequences)
   contains
      procedure :: read => read_frames
      procedure :: copy
   end type frames_t

contains

   !> Read a file. `message` is allocated where that fails.
   subroutine read_frames(self, path, message)
      class(frames_t), intent(inout) :: self
      character(len=*), intent(in) :: path
      character(len=:), allocatable, intent(out) :: message
      integer(int32) :: header(4)
      integer :: status, unit
      open (newunit=unit, file=path, access="stream", form="unformatted", action="read", &
         status="old", iostat=status)
      if (status == 0) read (unit, iostat=status) header
      if (status == 0) then
         if (any(header < 1) .or. any(header > 100000)) status = 1
      end if
      if (status == 0) then
         self%sequences = header(1)
         self%frames = header(2)
         self%pixels = header(3)*header(4)
         if (allocated(self%bytes)) deallocate (self%bytes)
         allocate (self%bytes(self%pixels*self%frames, self%sequences), stat=status)
      end if
      if (status == 0) read (unit, iostat=status) self%bytes
      if (status /= 0) message = path//": no image sequences there, or the file is cut off; "// &
         "moving_digits.py and radar.py make them"
   end subroutine read_frames

   !> Copy some frames of one sequence as numbers from 0 to 1.
   pure subroutine copy(self, sequence, first, values)
      class(frames_t), intent(in) :: self
      integer, intent(in) :: sequence, first     !! number of the sequence, and of its first frame
      real(real32), intent(out) :: values(:)     !! (pixels*frames), row by row, frame after frame
      integer :: i, start
      start = self%pixels*(first - 1)
      do i = 1, size(values)
         values(i) = iand(int(self%bytes(start + i, sequence)), 255)/255.0_real32
      end do
   end subroutine copy

   !> Write forecasts for `plot.py`: the header of frames files, then real32 numbers.
   subroutine write_forecasts(path, forecasts, message)
      character(len=*), intent(in) :: path
      real(real32), intent(in) :: forecasts(:, :, :)   !! (pixels, leads, sequences)
      character(len=:), allocatable, intent(out) :: message
      integer :: edge, status, unit
      edge = nint(sqrt(real(size(forecasts, 1))))
      open (newunit=unit, file=path, access="stream", form="unformatted", action="write", &
         status="replace", iostat=status)
      if (status == 0) write (unit, iostat=status) int([size(forecasts, 3), size(forecasts, 2), &
         edge, edge], int32), forecasts
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) message = path//": cannot be written"
   end subroutine write_forecasts

end module frames
