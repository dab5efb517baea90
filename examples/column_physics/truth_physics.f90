!> The truth as a column physics of the host.
module truth_physics
   use column_physics_interface, only: physics_input_t, physics_output_t, physics_t
   use column_truth, only: column_result_t, truth_column
   implicit none (type, external)
   private
   public :: truth_physics_t

   !> The chunks that it has computed; it never fails.
   type, extends(physics_t) :: truth_physics_t
   contains
      procedure :: run_chunk, find_trouble
   end type truth_physics_t

contains

   !> Compute a chunk, column by column.
   subroutine run_chunk(self, chunk, first, last, input, output)
      class(truth_physics_t), intent(inout) :: self
      integer, intent(in) :: chunk !! Number of the chunk in this process, from 1.
      integer, intent(in) :: first !! Its first column in the arrays.
      integer, intent(in) :: last !! Its last column.
      type(physics_input_t), intent(in) :: input !! What the host offers.
      type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      type(column_result_t) :: column
      integer :: i
      do i = first, last
         call truth_column(input%q(:, i), input%t(:, i), input%solin(i), input%shf(i), &
            input%lhf(i), column)
         output%dq(:, i) = column%dq
         output%dt(:, i) = column%dt
         output%fsnt(i) = column%fsnt
         output%fsns(i) = column%fsns
         output%flnt(i) = column%flnt
         output%flns(i) = column%flns
         output%prect(i) = column%prect
      end do
   end subroutine run_chunk

   !> Nothing can go wrong.
   subroutine find_trouble(self, message)
      class(truth_physics_t), intent(in) :: self
      character(len=:), allocatable, intent(inout) :: message !! Never allocated.
      if (allocated(message)) deallocate (message)
   end subroutine find_trouble

end module truth_physics
