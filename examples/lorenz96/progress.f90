!> A progress line: one that updates itself on a terminal, a few plain lines anywhere else.
module progress
   use, intrinsic :: iso_c_binding, only: c_int
   use, intrinsic :: iso_fortran_env, only: output_unit
   implicit none (type, external)
   private
   public :: progress_t

   !> Plain lines in a run whose output is not a terminal.
   integer, parameter :: plain_lines = 10
   !> Updates in a run whose output is a terminal.
   integer, parameter :: updates = 200

   !> The progress of one loop.
   type :: progress_t
      private
      integer :: steps = 0
      integer :: shown = 0
      logical :: terminal = .false.
   contains
      procedure :: begin, due, show
   end type progress_t

   interface
      !> POSIX isatty: 1 where the file descriptor is a terminal.
      function posix_isatty(descriptor) bind(c, name="isatty") result(answer)
         import :: c_int
         implicit none (type, external)
         integer(c_int), value, intent(in) :: descriptor
         integer(c_int) :: answer
      end function posix_isatty
   end interface

contains

   !> Begin a loop of so many steps.
   subroutine begin(self, steps)
      class(progress_t), intent(inout) :: self
      integer, intent(in) :: steps !! Steps of the loop.
      integer(c_int), parameter :: standard_output = 1_c_int
      self%steps = steps
      self%shown = 0
      self%terminal = posix_isatty(standard_output) == 1
   end subroutine begin

   !> Whether something should be shown after this step.
   pure logical function due(self, step)
      class(progress_t), intent(in) :: self
      integer, intent(in) :: step !! Steps done.
      due = share(self, step) > self%shown
   end function due

   !> Show a text; on a terminal it takes the place of the last one.
   subroutine show(self, step, text)
      class(progress_t), intent(inout) :: self
      integer, intent(in) :: step !! Steps done.
      character(len=*), intent(in) :: text !! What to show.
      character(len=*), parameter :: erase_rest = achar(27)//"[K"
      self%shown = share(self, step)
      if (.not. self%terminal) then
         write (output_unit, "(a)") text
      else
         write (output_unit, "(a)", advance="no") achar(13)//text//erase_rest
         if (step == self%steps) write (output_unit, "()")
      end if
      flush (output_unit)
   end subroutine show

   !> The number of lines that belong to so many steps.
   pure integer function share(self, step)
      class(progress_t), intent(in) :: self
      integer, intent(in) :: step
      share = int(real(step)*merge(updates, plain_lines, self%terminal)/max(1, self%steps))
   end function share

end module progress
