!> Stop and go on: everything that a model goes on from whose network learns, bit for bit.
!!
!! A checkpoint is three files with the number of the month in their names, those of the online
!! training, of the coupled model, and of the months that the next forecast begins from, and
!! checkpoint.txt, which says this number and is replaced last, in one step: whenever the program is
!! killed, the old files or the new ones are whole, and named.
module checkpoint
   use fkb_sp, only: error_t, online_trainer_t, wp
   use history, only: load_restart, rename, save_restart
   use nature, only: nature_t
   implicit none (type, external)
   private
   public :: load_checkpoint, save_checkpoint

contains

   !> Write a checkpoint; the one before, if any, is removed afterwards.
   subroutine save_checkpoint(online, world, window, folder, message)
      type(online_trainer_t), intent(in) :: online !! The network, its optimizer and its buffer.
      type(nature_t), intent(in) :: world !! The coupled model.
      real(wp), intent(in) :: window(:, :) !! The last months, (month_size, frames).
      character(len=*), intent(in) :: folder !! Where to write.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      type(error_t), allocatable :: error
      character(len=:), allocatable :: nothing
      integer :: before, status, unit
      call online%save(name_of(folder, world%months, "online"), error)
      if (allocated(error)) message = error%message
      if (.not. allocated(message)) then
         call save_restart(world%model, name_of(folder, world%months, "nc"), message)
      end if
      if (allocated(message)) return
      open (newunit=unit, file=name_of(folder, world%months, "window"), access="stream", &
         form="unformatted", status="replace", action="write", iostat=status)
      if (status == 0) write (unit, iostat=status) world%months, window
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) message = "cannot write "//name_of(folder, world%months, "window")
      if (status /= 0) return
      call read_number(folder, before, nothing)
      call write_number(folder, world%months, message)
      if (allocated(message) .or. allocated(nothing) .or. before == world%months) return
      call remove(name_of(folder, before, "online"))
      call remove(name_of(folder, before, "nc"))
      call remove(name_of(folder, before, "window"))
   end subroutine save_checkpoint

   !> Put a run, which was begun before, to where it was.
   subroutine load_checkpoint(online, world, window, folder, message)
      type(online_trainer_t), intent(inout) :: online !! The network, its optimizer and its buffer.
      type(nature_t), intent(inout) :: world !! The coupled model.
      real(wp), intent(out) :: window(:, :) !! The last months, (month_size, frames).
      character(len=*), intent(in) :: folder !! Where save_checkpoint wrote.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      type(error_t), allocatable :: error
      integer :: number, status, unit
      window = 0.0_wp
      call read_number(folder, number, message)
      if (allocated(message)) return
      call online%load(name_of(folder, number, "online"), error)
      if (allocated(error)) message = error%message
      if (allocated(error)) return
      call load_restart(world%model, name_of(folder, number, "nc"), message)
      if (allocated(message)) return
      open (newunit=unit, file=name_of(folder, number, "window"), access="stream", &
         form="unformatted", status="old", action="read", iostat=status)
      if (status == 0) then
         read (unit, iostat=status) world%months, window
         close (unit)
      end if
      if (status == 0 .and. world%months /= number) status = 1
      if (status /= 0) message = name_of(folder, number, "window")//": cannot read it"
   end subroutine load_checkpoint

   !> Name of one file of a checkpoint.
   pure function name_of(folder, number, what) result(path)
      character(len=*), intent(in) :: folder, what !! Where, and which of the three.
      integer, intent(in) :: number !! Of the month.
      character(len=:), allocatable :: path
      character(len=12) :: digits
      write (digits, "(i0)") number
      path = folder//"/checkpoint_"//trim(digits)//"."//what
   end function name_of

   !> Which checkpoint is the last whole one.
   subroutine read_number(folder, number, message)
      character(len=*), intent(in) :: folder !! Where.
      integer, intent(out) :: number !! Of its month.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      integer :: status, unit
      number = 0
      open (newunit=unit, file=folder//"/checkpoint.txt", status="old", action="read", &
         iostat=status)
      if (status == 0) then
         read (unit, *, iostat=status) number
         close (unit)
      end if
      if (status /= 0) message = folder//"/checkpoint.txt: cannot read it"
   end subroutine read_number

   !> Say which checkpoint is the last whole one.
   subroutine write_number(folder, number, message)
      character(len=*), intent(in) :: folder !! Where.
      integer, intent(in) :: number !! Of its month.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      character(len=:), allocatable :: path
      integer :: status, unit
      path = folder//"/checkpoint.txt"
      open (newunit=unit, file=path//".new", status="replace", action="write", iostat=status)
      if (status == 0) write (unit, "(i0)", iostat=status) number
      if (status == 0) close (unit, iostat=status)
      if (status == 0) then
         call rename(path//".new", path, message)
      else
         message = "cannot write "//path//".new"
      end if
   end subroutine write_number

   !> Remove a file, if it is there.
   subroutine remove(path)
      character(len=*), intent(in) :: path !! Its name.
      integer :: status, unit
      open (newunit=unit, file=path, status="old", iostat=status)
      if (status == 0) close (unit, status="delete")
   end subroutine remove

end module checkpoint
