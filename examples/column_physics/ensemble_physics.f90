!> Several networks as one column physics of the host: the mean of their answers.
module ensemble_physics
   use column_grid, only: chunk_size, n_columns
   use column_physics_interface, only: physics_input_t, physics_output_t, physics_t
   use column_vectors, only: n_inputs, n_outputs, pack_input, unpack_output
   use fkb_sp, only: dp, ensemble_t, ensemble_workspace_t, error_t
   implicit none (type, external)
   private
   public :: ensemble_physics_t

   !> What the computation of a chunk needs and what it raised.
   type :: chunk_t
      type(ensemble_workspace_t) :: work
      type(error_t), allocatable :: error
   end type chunk_t

   !> Networks that all threads share.
   type, extends(physics_t) :: ensemble_physics_t
      type(ensemble_t) :: ensemble
      type(chunk_t), allocatable :: chunks(:)
   contains
      procedure :: load, run_chunk, find_trouble
   end type ensemble_physics_t

contains

   !> Read the networks.
   subroutine load(self, path, message)
      class(ensemble_physics_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! A folder, a pattern, or a description (.txt).
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      type(error_t), allocatable :: error
      allocate (self%chunks(n_columns/chunk_size))
      call self%ensemble%load(path, error)
      if (allocated(error)) message = error%message
   end subroutine load

   !> Compute a chunk as one batch.
   subroutine run_chunk(self, chunk, first, last, input, output)
      class(ensemble_physics_t), intent(inout) :: self
      integer, intent(in) :: chunk !! Number of the chunk in this process, from 1.
      integer, intent(in) :: first !! Its first column in the arrays.
      integer, intent(in) :: last !! Its last column.
      type(physics_input_t), intent(in) :: input !! What the host offers.
      type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      real(dp) :: x(n_inputs, last - first + 1), y(n_outputs, last - first + 1)
      call pack_input(input, first, last, x)
      call self%ensemble%predict(x, y, self%chunks(chunk)%work, self%chunks(chunk)%error)
      if (allocated(self%chunks(chunk)%error)) return
      call unpack_output(y, first, last, output)
   end subroutine run_chunk

   !> The first error of the chunks.
   subroutine find_trouble(self, message)
      class(ensemble_physics_t), intent(in) :: self
      character(len=:), allocatable, intent(inout) :: message !! The sentence.
      integer :: i
      if (allocated(message)) deallocate (message)
      do i = 1, size(self%chunks)
         if (.not. allocated(self%chunks(i)%error)) cycle
         message = self%chunks(i)%error%message
         return
      end do
   end subroutine find_trouble

end module ensemble_physics
