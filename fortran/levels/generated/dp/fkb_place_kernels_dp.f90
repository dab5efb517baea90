! Generated from kernels/fkb_place_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_place_kernels_dp`, each compiled for several processors.
module fkb_place_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: pick
   public :: pick_backward
   public :: pick_sum
   public :: pick_sum_backward
   public :: put_rows
   public :: take_rows

   interface
      module pure subroutine pick(n_x, n_y, batch, map, fill, x, y)
         integer, intent(in) :: n_x, n_y, batch
         integer, intent(in) :: map(n_y)
         real(wp), intent(in) :: fill
         real(wp), intent(in) :: x(n_x, batch)
         real(wp), intent(out) :: y(n_y, batch)
      end subroutine pick

      module pure subroutine pick_backward(n_x, n_y, batch, map, dy, dx)
         integer, intent(in) :: n_x, n_y, batch
         integer, intent(in) :: map(n_y)
         real(wp), intent(in) :: dy(n_y, batch)
         real(wp), intent(inout) :: dx(n_x, batch)
      end subroutine pick_backward

      module pure subroutine pick_sum(n_x, n, n_y, batch, map, x, y)
         integer, intent(in) :: n_x, n, n_y, batch
         integer, intent(in) :: map(n, n_y)
         real(wp), intent(in) :: x(n_x, batch)
         real(wp), intent(out) :: y(n_y, batch)
      end subroutine pick_sum

      module pure subroutine pick_sum_backward(n_x, n, n_y, batch, map, dy, dx)
         integer, intent(in) :: n_x, n, n_y, batch
         integer, intent(in) :: map(n, n_y)
         real(wp), intent(in) :: dy(n_y, batch)
         real(wp), intent(inout) :: dx(n_x, batch)
      end subroutine pick_sum_backward

      module pure subroutine put_rows(run, rows, columns, first, x, y)
         integer, intent(in) :: run, rows, columns, first
         real(wp), intent(in) :: x(rows, columns)
         real(wp), intent(inout) :: y(run, columns)
      end subroutine put_rows

      module pure subroutine take_rows(run, rows, columns, first, y, x)
         integer, intent(in) :: run, rows, columns, first
         real(wp), intent(in) :: y(run, columns)
         real(wp), intent(out) :: x(rows, columns)
      end subroutine take_rows
   end interface

end module fkb_place_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_place_kernels_dp) fkb_place_kernels_levels_dp
   use fkb_place_kernels_dp_v1, only: pick_v1 => pick, pick_backward_v1 => pick_backward, &
      pick_sum_v1 => pick_sum, pick_sum_backward_v1 => pick_sum_backward, put_rows_v1 => put_rows, &
      take_rows_v1 => take_rows
   use fkb_place_kernels_dp_v3, only: pick_v3 => pick, pick_backward_v3 => pick_backward, &
      pick_sum_v3 => pick_sum, pick_sum_backward_v3 => pick_sum_backward, put_rows_v3 => put_rows, &
      take_rows_v3 => take_rows
   use fkb_place_kernels_dp_v4, only: pick_v4 => pick, pick_backward_v4 => pick_backward, &
      pick_sum_v4 => pick_sum, pick_sum_backward_v4 => pick_sum_backward, put_rows_v4 => put_rows, &
      take_rows_v4 => take_rows
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure pick
      select case (code_level)
      case (4)
         call pick_v4(n_x, n_y, batch, map, fill, x, y)
      case (3)
         call pick_v3(n_x, n_y, batch, map, fill, x, y)
      case default
         call pick_v1(n_x, n_y, batch, map, fill, x, y)
      end select
   end procedure pick

   module procedure pick_backward
      select case (code_level)
      case (4)
         call pick_backward_v4(n_x, n_y, batch, map, dy, dx)
      case (3)
         call pick_backward_v3(n_x, n_y, batch, map, dy, dx)
      case default
         call pick_backward_v1(n_x, n_y, batch, map, dy, dx)
      end select
   end procedure pick_backward

   module procedure pick_sum
      select case (code_level)
      case (4)
         call pick_sum_v4(n_x, n, n_y, batch, map, x, y)
      case (3)
         call pick_sum_v3(n_x, n, n_y, batch, map, x, y)
      case default
         call pick_sum_v1(n_x, n, n_y, batch, map, x, y)
      end select
   end procedure pick_sum

   module procedure pick_sum_backward
      select case (code_level)
      case (4)
         call pick_sum_backward_v4(n_x, n, n_y, batch, map, dy, dx)
      case (3)
         call pick_sum_backward_v3(n_x, n, n_y, batch, map, dy, dx)
      case default
         call pick_sum_backward_v1(n_x, n, n_y, batch, map, dy, dx)
      end select
   end procedure pick_sum_backward

   module procedure put_rows
      select case (code_level)
      case (4)
         call put_rows_v4(run, rows, columns, first, x, y)
      case (3)
         call put_rows_v3(run, rows, columns, first, x, y)
      case default
         call put_rows_v1(run, rows, columns, first, x, y)
      end select
   end procedure put_rows

   module procedure take_rows
      select case (code_level)
      case (4)
         call take_rows_v4(run, rows, columns, first, y, x)
      case (3)
         call take_rows_v3(run, rows, columns, first, y, x)
      case default
         call take_rows_v1(run, rows, columns, first, y, x)
      end select
   end procedure take_rows

end submodule fkb_place_kernels_levels_dp
