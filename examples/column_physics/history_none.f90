!> Where netCDF for this compiler was not found: a run cannot write its history.
module history
   use column_model, only: column_model_t
   implicit none (type, external)
   private
   public :: history_t

   !> The procedures of history_netcdf.f90.
   type :: history_t
      integer, private :: file = -1
   contains
      procedure :: open_file, add, close_file
   end type history_t

contains

   !> Refuse.
   subroutine open_file(self, path, rank, message)
      class(history_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! The file that was asked for.
      integer, intent(in) :: rank !! Of this process.
      character(len=:), allocatable, intent(out) :: message !! Always allocated.
      message = path//": this program was built without netCDF"
   end subroutine open_file

   !> Never called: no file is open.
   subroutine add(self, model)
      class(history_t), intent(inout) :: self
      type(column_model_t), intent(in) :: model !! After a step.
   end subroutine add

   !> Nothing to close.
   subroutine close_file(self, message)
      class(history_t), intent(inout) :: self
      character(len=:), allocatable, intent(inout) :: message !! Never allocated.
      if (allocated(message)) deallocate (message)
   end subroutine close_file

end module history
