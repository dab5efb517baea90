!> Training data: what the physics was asked and what it said, as a numpy file.
module samples
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use column_grid, only: n_columns
   use column_model, only: column_model_t
   use column_vectors, only: n_inputs, n_outputs, pack_input, pack_output
   implicit none (type, external)
   private
   public :: samples_t

   !> Values of a row.
   integer, parameter :: n_values = n_inputs + n_outputs
   !> Bytes before the numbers.
   integer, parameter :: header_length = 128

   !> A file of samples: rows of Q, T, V, PS, SOLIN, SHF, LHF and dq, dT, FSNT, FSNS, FLNT, FLNS,
   !! PRECT. It is only written by the first process.
   type :: samples_t
      integer, private :: unit = -1
      integer(int64), private :: rows = 0
   contains
      procedure :: open_file, add, close_file
   end type samples_t

contains

   !> Begin a file.
   subroutine open_file(self, path, rank, message)
      class(samples_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! A new file, .npy.
      integer, intent(in) :: rank !! Of this process.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      integer :: status
      if (rank /= 0) return
      open (newunit=self%unit, file=path, access="stream", form="unformatted", &
         status="replace", action="write", iostat=status)
      if (status /= 0) message = "the file """//path//""" cannot be written"
      if (status == 0) call write_header(self)
   end subroutine open_file

   !> What the physics was asked in the last step, and its answer: all columns.
   subroutine add(self, model)
      class(samples_t), intent(inout) :: self
      type(column_model_t), intent(in) :: model !! After a step.
      real(wp) :: own(n_values, size(model%gusts)), rows(n_values, n_columns)
      integer :: columns
      columns = size(model%gusts)
      call pack_input(model%asked, 1, columns, own(:n_inputs, :))
      call pack_output(model%answer, 1, columns, own(n_inputs + 1:, :))
      call model%ring%gather(own, rows)
      if (self%unit == -1) return
      write (self%unit) rows
      self%rows = self%rows + n_columns
   end subroutine add

   !> Say how many rows there are, and close.
   subroutine close_file(self)
      class(samples_t), intent(inout) :: self
      if (self%unit == -1) return
      call write_header(self)
      close (self%unit)
      self%unit = -1
   end subroutine close_file

   !> The header of format 1.0. Source: numpy.lib.format.
   subroutine write_header(self)
      class(samples_t), intent(in) :: self
      character(len=header_length) :: header
      character(len=80) :: shape
      write (shape, "(a,i0,a,i0,a)") "(", self%rows, ", ", n_values, "), }"
      header = char(147)//"NUMPY"//achar(1)//achar(0)//achar(header_length - 10)//achar(0)// &
         "{'descr': '<f8', 'fortran_order': False, 'shape': "//trim(shape)
      header(header_length:) = achar(10)
      write (self%unit, pos=1) header
   end subroutine write_header

end module samples
