! Generated from kernels/fkb_resampling_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_resampling_kernels_sp`, each compiled for several processors.
module fkb_resampling_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: place_cells
   public :: place_cells_backward
   public :: weigh_cells
   public :: weigh_cells_backward

   interface
      module pure subroutine place_cells(c, n_in, n_out, cells, fill, x, y)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: cells(n_out(1) + n_out(2) + n_out(3))
         real(wp), intent(in) :: fill
         real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      end subroutine place_cells

      module pure subroutine place_cells_backward(c, n_in, n_out, cells, dy, dx)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: cells(n_out(1) + n_out(2) + n_out(3))
         real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
         real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      end subroutine place_cells_backward

      module pure subroutine weigh_cells(inner, n_in, n_out, outer, taps, first, count, weights, x, y)
         integer, intent(in) :: inner, n_in, n_out, outer, taps
         integer, intent(in) :: first(n_out), count(n_out)
         real(dp), intent(in) :: weights(taps, n_out)
         real(wp), intent(in) :: x(inner, n_in, outer)
         real(wp), intent(out) :: y(inner, n_out, outer)
      end subroutine weigh_cells

      module pure subroutine weigh_cells_backward(inner, n_in, n_out, outer, taps, first, count, weights, &
         dy, dx)
         integer, intent(in) :: inner, n_in, n_out, outer, taps
         integer, intent(in) :: first(n_out), count(n_out)
         real(dp), intent(in) :: weights(taps, n_out)
         real(wp), intent(in) :: dy(inner, n_out, outer)
         real(wp), intent(out) :: dx(inner, n_in, outer)
      end subroutine weigh_cells_backward
   end interface

end module fkb_resampling_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_resampling_kernels_sp) fkb_resampling_kernels_levels_sp
   use fkb_resampling_kernels_sp_v1, only: place_cells_v1 => place_cells, &
      place_cells_backward_v1 => place_cells_backward, weigh_cells_v1 => weigh_cells, &
      weigh_cells_backward_v1 => weigh_cells_backward
   use fkb_resampling_kernels_sp_v3, only: place_cells_v3 => place_cells, &
      place_cells_backward_v3 => place_cells_backward, weigh_cells_v3 => weigh_cells, &
      weigh_cells_backward_v3 => weigh_cells_backward
   use fkb_resampling_kernels_sp_v4, only: place_cells_v4 => place_cells, &
      place_cells_backward_v4 => place_cells_backward, weigh_cells_v4 => weigh_cells, &
      weigh_cells_backward_v4 => weigh_cells_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure place_cells
      select case (code_level)
      case (4)
         call place_cells_v4(c, n_in, n_out, cells, fill, x, y)
      case (3)
         call place_cells_v3(c, n_in, n_out, cells, fill, x, y)
      case default
         call place_cells_v1(c, n_in, n_out, cells, fill, x, y)
      end select
   end procedure place_cells

   module procedure place_cells_backward
      select case (code_level)
      case (4)
         call place_cells_backward_v4(c, n_in, n_out, cells, dy, dx)
      case (3)
         call place_cells_backward_v3(c, n_in, n_out, cells, dy, dx)
      case default
         call place_cells_backward_v1(c, n_in, n_out, cells, dy, dx)
      end select
   end procedure place_cells_backward

   module procedure weigh_cells
      select case (code_level)
      case (4)
         call weigh_cells_v4(inner, n_in, n_out, outer, taps, first, count, weights, x, y)
      case (3)
         call weigh_cells_v3(inner, n_in, n_out, outer, taps, first, count, weights, x, y)
      case default
         call weigh_cells_v1(inner, n_in, n_out, outer, taps, first, count, weights, x, y)
      end select
   end procedure weigh_cells

   module procedure weigh_cells_backward
      select case (code_level)
      case (4)
         call weigh_cells_backward_v4(inner, n_in, n_out, outer, taps, first, count, weights, dy, &
                                      dx)
      case (3)
         call weigh_cells_backward_v3(inner, n_in, n_out, outer, taps, first, count, weights, dy, &
                                      dx)
      case default
         call weigh_cells_backward_v1(inner, n_in, n_out, outer, taps, first, count, weights, dy, &
                                      dx)
      end select
   end procedure weigh_cells_backward

end submodule fkb_resampling_kernels_levels_sp
