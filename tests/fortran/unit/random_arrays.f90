!> Random arrays for the ends of a network.
module random_arrays
   use fkb_dp, only: dp, host_t, i8, network_t, shape_t
   use random_graphs, only: next_real
   implicit none (type, external)
   private
   public :: matrix_t, make_arrays, free, shapes_of

   !> The arrays of one end of a network.
   type :: matrix_t
      real(dp), pointer, contiguous :: v(:, :) => null()
   end type matrix_t

contains

   !> Random inputs, and outputs full of what nobody may see.
   subroutine make_arrays(net, seed, batch, x, y, inputs, outputs)
      type(network_t), intent(in) :: net
      integer, intent(in) :: seed, batch
      type(matrix_t), intent(inout) :: x(:), y(:)
      type(host_t), intent(inout) :: inputs(:), outputs(:)
      integer(i8) :: random
      integer :: i, j, k
      random = 31 + seed
      do k = 1, size(x)
         allocate (x(k)%v(net%input_features(k), batch))
         do j = 1, batch
            do i = 1, size(x(k)%v, 1)
               x(k)%v(i, j) = 2*next_real(random)
            end do
         end do
         inputs(k)%d => x(k)%v
      end do
      do k = 1, size(y)
         allocate (y(k)%v(net%output_features(k), batch), source=-7e300_dp)
         outputs(k)%d => y(k)%v
      end do
   end subroutine make_arrays

   subroutine free(x, y)
      type(matrix_t), intent(inout) :: x(:), y(:)
      integer :: k
      do k = 1, size(x)
         deallocate (x(k)%v)
      end do
      do k = 1, size(y)
         deallocate (y(k)%v)
      end do
   end subroutine free

   !> Closed shapes of the inputs.
   function shapes_of(net) result(shapes)
      type(network_t), intent(in) :: net
      type(shape_t) :: shapes(size(net%inputs))
      shapes = net%graph%values(net%graph%inputs)%shape
   end function shapes_of

end module random_arrays
