!> The one error type of the library.
!>
!> A procedure that can fail takes `type(error_t), allocatable, intent(out) :: error` as the last
!> of its required arguments. Not allocated on return means success.
module fkb_error
   implicit none (type, external)
   private
   public :: error_t, raise, add_context

   !> A failure: what went wrong, where, and what was expected.
   type :: error_t
      integer :: code = 0                       !! one of the `fkb_err_*` constants
      integer :: line = 0                       !! line of the file, 0 where there is none
      character(:), allocatable :: message      !! one sentence for a person
   end type error_t

   !> Wrong argument: shape, length, kind, order of calls.
   integer, parameter, public :: fkb_err_argument = 1
   !> The file cannot be opened, read, written or renamed.
   integer, parameter, public :: fkb_err_file = 2
   !> The file is not what the format says: syntax, counts, checksums, versions.
   integer, parameter, public :: fkb_err_format = 3
   !> A name that nothing is registered under: layer class, loss, optimizer, activation.
   integer, parameter, public :: fkb_err_unknown = 4
   !> Known, but not possible with this option, layer or mode.
   integer, parameter, public :: fkb_err_unsupported = 5
   !> A number that is not finite, or a check of recorded samples that failed.
   integer, parameter, public :: fkb_err_numeric = 6

contains

   !> Report a failure to the caller.
   subroutine raise(error, code, message, line)
      type(error_t), allocatable, intent(out) :: error  !! allocated on return
      integer, intent(in) :: code                       !! one of the `fkb_err_*` constants
      character(*), intent(in) :: message               !! one sentence for a person
      integer, intent(in), optional :: line             !! line of the file
      allocate (error)
      error%code = code
      error%message = message
      if (present(line)) error%line = line
   end subroutine raise

   !> Put where it happened before an error's message; nothing happens without an error.
   subroutine add_context(error, where)
      type(error_t), allocatable, intent(inout) :: error
      character(*), intent(in) :: where                 !! such as `layer "dense_1" (Dense)`
      if (.not. allocated(error)) return
      error%message = where//": "//error%message
   end subroutine add_context

end module fkb_error
