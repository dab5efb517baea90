!> Stop and go on: everything that a coupled run goes on from, bit for bit.
!!
!! A checkpoint is two files, that of the online training and that of the models, with the number of
!! the step in their names, and checkpoint.txt, which says this number and is replaced last, in one
!! step: whenever the program is killed, the old pair or the new one is whole, and named.
module checkpoint
   use coupled_learning, only: coupled_t
   use fkb_dp, only: error_t
   implicit none (type, external)
   private
   public :: load_checkpoint, save_checkpoint

contains

   !> Write a checkpoint; the one before, if any, is removed afterwards.
   subroutine save_checkpoint(coupled, folder, message)
      type(coupled_t), intent(in) :: coupled !! The run, after its first step.
      character(len=*), intent(in) :: folder !! Where to write.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      type(error_t), allocatable :: error
      character(len=:), allocatable :: nothing
      integer :: before, status, unit
      call coupled%online%save(name_of(folder, coupled%steps, "online"), error)
      if (allocated(error)) message = error%message
      if (allocated(error)) return
      open (newunit=unit, file=name_of(folder, coupled%steps, "models"), access="stream", &
         form="unformatted", status="replace", action="write", iostat=status)
      if (status == 0) write (unit, iostat=status) coupled%steps, coupled%x, coupled%truth%x, &
         coupled%truth%y
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) message = "cannot write "//name_of(folder, coupled%steps, "models")
      if (status /= 0) return
      call read_number(folder, before, nothing)
      call write_number(folder, coupled%steps, message)
      if (allocated(message) .or. allocated(nothing) .or. before == coupled%steps) return
      call remove(name_of(folder, before, "online"))
      call remove(name_of(folder, before, "models"))
   end subroutine save_checkpoint

   !> Put a run, which was begun before, to where it was.
   subroutine load_checkpoint(coupled, folder, message)
      type(coupled_t), intent(inout) :: coupled !! The run; not to be used after an error.
      character(len=*), intent(in) :: folder !! Where save_checkpoint wrote.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      type(error_t), allocatable :: error
      integer :: number, status, unit
      call read_number(folder, number, message)
      if (allocated(message)) return
      call coupled%online%load(name_of(folder, number, "online"), error)
      if (allocated(error)) message = error%message
      if (allocated(error)) return
      open (newunit=unit, file=name_of(folder, number, "models"), access="stream", &
         form="unformatted", status="old", action="read", iostat=status)
      if (status == 0) then
         read (unit, iostat=status) coupled%steps, coupled%x, coupled%truth%x, coupled%truth%y
         close (unit)
      end if
      if (status == 0 .and. coupled%steps /= number) status = 1
      if (status /= 0) message = name_of(folder, number, "models")//": cannot read it"
   end subroutine load_checkpoint

   !> Name of one file of a pair.
   pure function name_of(folder, number, what) result(path)
      character(len=*), intent(in) :: folder, what !! Where, and which of the two.
      integer, intent(in) :: number !! Of the step.
      character(len=:), allocatable :: path
      character(len=12) :: digits
      write (digits, "(i0)") number
      path = folder//"/checkpoint_"//trim(digits)//"."//what
   end function name_of

   !> Which pair is the last whole one.
   subroutine read_number(folder, number, message)
      character(len=*), intent(in) :: folder !! Where.
      integer, intent(out) :: number !! Of its step.
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

   !> Say which pair is the last whole one.
   subroutine write_number(folder, number, message)
      use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
      character(len=*), intent(in) :: folder !! Where.
      integer, intent(in) :: number !! Of its step.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, as a sentence.
      character(len=:), allocatable :: path
      integer :: status, unit
      interface
         integer(c_int) function rename(from, to) bind(c, name="rename")
            import :: c_char, c_int
            implicit none (type, external)
            character(kind=c_char), intent(in) :: from(*), to(*)
         end function rename
      end interface
      path = folder//"/checkpoint.txt"
      open (newunit=unit, file=path//".new", status="replace", action="write", iostat=status)
      if (status == 0) write (unit, "(i0)", iostat=status) number
      if (status == 0) close (unit, iostat=status)
      if (status == 0) status = int(rename(path//".new"//c_null_char, path//c_null_char))
      if (status /= 0) message = "cannot write "//path
   end subroutine write_number

   !> Remove a file, if it is there.
   subroutine remove(path)
      character(len=*), intent(in) :: path !! Its name.
      integer :: status, unit
      open (newunit=unit, file=path, status="old", iostat=status)
      if (status == 0) close (unit, status="delete")
   end subroutine remove

end module checkpoint
