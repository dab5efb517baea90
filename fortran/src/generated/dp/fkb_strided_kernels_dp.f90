! Generated from kernels/fkb_strided_kernels.fypp: edit that file and run tools/generate.py
!> Moves one sample between two arrangements: permutes dimensions, repeats along them, sums back.
!>
!> The walk visits `extent(1)` x `extent(2)` x ... places, fastest first. On one side the places are
!> consecutive, on the other the place of index (i1, i2, ...), from 0, is `1 + sum of i*stride`.
!> A stride of 0 repeats (broadcasting).
module fkb_strided_kernels_dp
   use fkb_kinds, only: wp => dp
   use fkb_shape, only: max_rank
   implicit none (type, external)
   private
   public :: gather, scatter, scatter_add

contains

   !> y(k) = x(place of k)
   pure subroutine gather(extent, stride, n_x, n_y, x, y)
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      integer, intent(in) :: n_x, n_y
      real(wp), intent(in) :: x(n_x)
      real(wp), intent(out) :: y(n_y)                 !! n_y = product of the extents
      integer :: index(max_rank), place, k, i
      index = 0
      place = 1
      do k = 1, n_y, max(extent(1), 1)
         select case (stride(1))
         case (0)
            y(k:k + extent(1) - 1) = x(place)
         case (1)
            y(k:k + extent(1) - 1) = x(place:place + extent(1) - 1)
         case default
            do i = 0, extent(1) - 1
               y(k + i) = x(place + i*stride(1))
            end do
         end select
         call advance(extent, stride, index, place)
      end do
   end subroutine gather

   !> x(place of k) = y(k): the reverse of `gather` where no stride repeats
   pure subroutine scatter(extent, stride, n_x, n_y, y, x)
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      integer, intent(in) :: n_x, n_y
      real(wp), intent(in) :: y(n_y)
      real(wp), intent(inout) :: x(n_x)
      integer :: index(max_rank), place, k, i
      index = 0
      place = 1
      do k = 1, n_y, max(extent(1), 1)
         if (stride(1) == 1) then
            x(place:place + extent(1) - 1) = y(k:k + extent(1) - 1)
         else
            do i = 0, extent(1) - 1
               x(place + i*stride(1)) = y(k + i)
            end do
         end if
         call advance(extent, stride, index, place)
      end do
   end subroutine scatter

   !> x(place of k) += y(k): the derivative of `gather`
   pure subroutine scatter_add(extent, stride, n_x, n_y, y, x)
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      integer, intent(in) :: n_x, n_y
      real(wp), intent(in) :: y(n_y)
      real(wp), intent(inout) :: x(n_x)
      integer :: index(max_rank), place, k, i
      index = 0
      place = 1
      do k = 1, n_y, max(extent(1), 1)
         if (stride(1) == 1) then
            x(place:place + extent(1) - 1) = x(place:place + extent(1) - 1) + &
               y(k:k + extent(1) - 1)
         else
            do i = 0, extent(1) - 1
               x(place + i*stride(1)) = x(place + i*stride(1)) + y(k + i)
            end do
         end if
         call advance(extent, stride, index, place)
      end do
   end subroutine scatter_add

   !> To the next run along the first dimension.
   pure subroutine advance(extent, stride, index, place)
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      integer, intent(inout) :: index(max_rank), place
      integer :: d
      do d = 2, max_rank
         index(d) = index(d) + 1
         place = place + stride(d)
         if (index(d) < extent(d)) return
         place = place - index(d)*stride(d)
         index(d) = 0
      end do
   end subroutine advance

end module fkb_strided_kernels_dp
