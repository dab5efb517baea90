!> The restart file: everything that a run needs to go on with the same bits.
module restart
   use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use column_grid, only: n_columns
   use column_model, only: column_model_t, n_state
   use ring, only: ring_t
   implicit none (type, external)
   private
   public :: load_restart, save_restart

   character(len=*), parameter :: magic = "column physics restart 1"

   interface
      integer(c_int) function c_rename(old, new) bind(c, name="rename")
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: old(*), new(*)
      end function c_rename
   end interface

contains

   !> Write the state beside an older one, then take its place: there is always a whole one.
   subroutine save_restart(model, path, message)
      type(column_model_t), intent(in) :: model !! The run.
      character(len=*), intent(in) :: path !! The file.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      real(wp) :: own(n_state, size(model%gusts)), state(n_state, n_columns)
      integer :: status, unit
      call model%pack_state(own)
      call model%ring%gather(own, state)
      if (model%ring%rank /= 0) return
      open (newunit=unit, file=path//".part", access="stream", form="unformatted", &
         status="replace", action="write", iostat=status)
      if (status == 0) write (unit, iostat=status) magic, model%step_count, state
      if (status == 0) close (unit, iostat=status)
      if (status == 0) status = c_rename(path//".part"//c_null_char, path//c_null_char)
      if (status /= 0) message = "the restart file """//path//""" cannot be written"
   end subroutine save_restart

   !> Go on from a file; every process reads it and takes its own columns.
   subroutine load_restart(model, ring, path, message)
      type(column_model_t), intent(inout) :: model !! A new run.
      type(ring_t), intent(in) :: ring !! Begun.
      character(len=*), intent(in) :: path !! The file.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      character(len=len(magic)) :: found
      character(len=1) :: beyond
      integer(int64) :: steps
      real(wp) :: state(n_state, n_columns)
      integer :: end_status, status, unit
      open (newunit=unit, file=path, access="stream", form="unformatted", status="old", &
         action="read", iostat=status)
      if (status /= 0) then
         message = "the restart file """//path//""" cannot be read"
         return
      end if
      found = ""
      read (unit, iostat=status) found, steps, state
      read (unit, iostat=end_status) beyond
      close (unit)
      if (found /= magic .or. status /= 0 .or. end_status == 0) then
         message = "the file """//path//""" is no whole restart file of column_physics"
         return
      end if
      call model%unpack_state(ring, steps, state)
   end subroutine load_restart

end module restart
