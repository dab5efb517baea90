!> More samples from few: a tile turned, and a tile as four filters show it.
!>
!> The filters are those of Pillow's ImageFilter, 3x3 kernels with a divisor and an offset. The
!> outermost pixels stay as they are, as there.
module roads_augment
   implicit none (type, external)
   private
   public :: filtered, turned, versions_of

   !> One filter: level = (sum of kernel*levels)/divisor + offset, within 0 and 255.
   type, public :: filter_t
      character(12) :: name
      integer :: centre, side, corner     !! the kernel
      integer :: divisor, offset
   end type filter_t

   !> Contour, detail, edge enhance and find edges.
   type(filter_t), parameter, public :: filters(4) = [ &
                                        filter_t('contour', 8, -1, -1, 1, 255), &
                                        filter_t('detail', 10, -1, 0, 6, 0), &
                                        filter_t('edge_enhance', 10, -1, -1, 2, 0), &
                                        filter_t('find_edges', 8, -1, -1, 1, 0)]

contains

   !> How many versions of a tile a strategy has, the tile itself among them; 0: no such strategy.
   pure integer function versions_of(strategy) result(versions)
      character(*), intent(in) :: strategy      !! `few`, `rotations` or `filters`
      select case (strategy)
      case ('few')
         versions = 1
      case ('rotations')
         versions = 4
      case ('filters')
         versions = 1 + size(filters)
      case default
         versions = 0
      end select
   end function versions_of

   !> A tile, turned anticlockwise by quarters: `numpy.rot90`.
   pure function turned(tile, quarters) result(other)
      integer, intent(in) :: tile(:, :, :)      !! (channels, edge, edge)
      integer, intent(in) :: quarters           !! 0 to 3
      integer :: other(size(tile, 1), size(tile, 2), size(tile, 3))
      integer :: column, edge, row
      edge = size(tile, 2)
      do row = 1, edge
         do column = 1, edge
            select case (quarters)
            case (1)
               other(:, column, row) = tile(:, edge + 1 - row, column)
            case (2)
               other(:, column, row) = tile(:, edge + 1 - column, edge + 1 - row)
            case (3)
               other(:, column, row) = tile(:, row, edge + 1 - column)
            case default
               other(:, column, row) = tile(:, column, row)
            end select
         end do
      end do
   end function turned

   !> A tile as a filter shows it.
   pure function filtered(tile, filter) result(other)
      integer, intent(in) :: tile(:, :, :)      !! (channels, columns, rows), 0 to 255
      type(filter_t), intent(in) :: filter
      integer :: other(size(tile, 1), size(tile, 2), size(tile, 3))
      integer :: column, row
      integer :: total(size(tile, 1))
      other = tile
      do row = 2, size(tile, 3) - 1
         do column = 2, size(tile, 2) - 1
            total = filter%centre*tile(:, column, row) &
                    + filter%side*(tile(:, column - 1, row) + tile(:, column + 1, row) &
                                   + tile(:, column, row - 1) + tile(:, column, row + 1)) &
                    + filter%corner*(tile(:, column - 1, row - 1) + tile(:, column + 1, row - 1) &
                                     + tile(:, column - 1, row + 1) + tile(:, column + 1, row + 1))
            other(:, column, row) = min(255, max(0, rounded(total, filter%divisor) + filter%offset))
         end do
      end do
   end function filtered

   !> A quotient, rounded to the nearest integer, halves upwards.
   pure elemental integer function rounded(total, divisor)
      integer, intent(in) :: total, divisor
      rounded = (2*total + divisor - modulo(2*total + divisor, 2*divisor))/(2*divisor)
   end function rounded

end module roads_augment
