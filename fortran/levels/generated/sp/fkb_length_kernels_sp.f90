! Generated from kernels/fkb_length_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_length_kernels_sp`, each compiled for several processors.
module fkb_length_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: mean_square_lengths
   public :: bounded_lengths
   public :: divide_by_lengths
   public :: length_backward

   interface
      module pure subroutine mean_square_lengths(n, columns, epsilon, x, inverse)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: epsilon
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(out) :: inverse(2, columns)
      end subroutine mean_square_lengths

      module pure subroutine bounded_lengths(n, columns, least, most, x, inverse)
         integer, intent(in) :: n, columns
         real(dp), intent(in) :: least, most
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(out) :: inverse(2, columns)
      end subroutine bounded_lengths

      module pure subroutine divide_by_lengths(n, columns, inverse, x, y)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: inverse(2, columns), x(n, columns)
         real(wp), intent(out) :: y(n, columns)
      end subroutine divide_by_lengths

      module pure subroutine length_backward(n, columns, inverse, x, dy, dx)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: inverse(2, columns), x(n, columns), dy(n, columns)
         real(wp), intent(out) :: dx(n, columns)
      end subroutine length_backward
   end interface

end module fkb_length_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_length_kernels_sp) fkb_length_kernels_levels_sp
   use fkb_length_kernels_sp_v1, only: mean_square_lengths_v1 => mean_square_lengths, &
      bounded_lengths_v1 => bounded_lengths, divide_by_lengths_v1 => divide_by_lengths, &
      length_backward_v1 => length_backward
   use fkb_length_kernels_sp_v3, only: mean_square_lengths_v3 => mean_square_lengths, &
      bounded_lengths_v3 => bounded_lengths, divide_by_lengths_v3 => divide_by_lengths, &
      length_backward_v3 => length_backward
   use fkb_length_kernels_sp_v4, only: mean_square_lengths_v4 => mean_square_lengths, &
      bounded_lengths_v4 => bounded_lengths, divide_by_lengths_v4 => divide_by_lengths, &
      length_backward_v4 => length_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure mean_square_lengths
      select case (code_level)
      case (4)
         call mean_square_lengths_v4(n, columns, epsilon, x, inverse)
      case (3)
         call mean_square_lengths_v3(n, columns, epsilon, x, inverse)
      case default
         call mean_square_lengths_v1(n, columns, epsilon, x, inverse)
      end select
   end procedure mean_square_lengths

   module procedure bounded_lengths
      select case (code_level)
      case (4)
         call bounded_lengths_v4(n, columns, least, most, x, inverse)
      case (3)
         call bounded_lengths_v3(n, columns, least, most, x, inverse)
      case default
         call bounded_lengths_v1(n, columns, least, most, x, inverse)
      end select
   end procedure bounded_lengths

   module procedure divide_by_lengths
      select case (code_level)
      case (4)
         call divide_by_lengths_v4(n, columns, inverse, x, y)
      case (3)
         call divide_by_lengths_v3(n, columns, inverse, x, y)
      case default
         call divide_by_lengths_v1(n, columns, inverse, x, y)
      end select
   end procedure divide_by_lengths

   module procedure length_backward
      select case (code_level)
      case (4)
         call length_backward_v4(n, columns, inverse, x, dy, dx)
      case (3)
         call length_backward_v3(n, columns, inverse, x, dy, dx)
      case default
         call length_backward_v1(n, columns, inverse, x, dy, dx)
      end select
   end procedure length_backward

end submodule fkb_length_kernels_levels_sp
