!> Closures for the temperature of the water that is drawn into the surface layer.
!!
!! The SST equation asks a closure, so that another one can take the place of the formula.
module subsurface
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use background, only: thermocline_depth
   use grid, only: nx_box, ny_box
   implicit none (type, external)
   private
   public :: closure_t, tanh_closure_t

   !> The anomaly of the subsurface temperature as a function of the thermocline.
   type, abstract :: closure_t
   contains
      procedure(find_temperature), deferred :: find
   end type closure_t

   abstract interface
      !> Find the temperature anomaly below the surface layer.
      subroutine find_temperature(self, h, temperature)
         import :: closure_t, nx_box, ny_box, wp
         implicit none (type, external)
         class(closure_t), intent(inout) :: self
         real(wp), intent(in) :: h(nx_box, ny_box) !! Thermocline anomaly in m.
         real(wp), intent(out) :: temperature(nx_box, ny_box) !! Anomaly in K.
      end subroutine find_temperature
   end interface

   !> The fit of Zebiak & Cane (1987), A13 (with h instead of 1.5 h):
   !! warm (tanh((hbar + h)/warm_depth) - tanh(hbar/warm_depth)) for h > 0,
   !! -cold (tanh((hbar - h)/cold_depth) - tanh(hbar/cold_depth)) otherwise.
   type, extends(closure_t) :: tanh_closure_t
      !> Amplitudes in K and depths in m.
      real(wp) :: warm = 28.0_wp, warm_depth = 80.0_wp
      real(wp) :: cold = 40.0_wp, cold_depth = 33.0_wp
   contains
      procedure :: find
      procedure :: at
   end type tanh_closure_t

contains

   !> The temperature on the whole box.
   subroutine find(self, h, temperature)
      class(tanh_closure_t), intent(inout) :: self
      real(wp), intent(in) :: h(nx_box, ny_box) !! Thermocline anomaly in m.
      real(wp), intent(out) :: temperature(nx_box, ny_box) !! Anomaly in K.
      integer :: n
      do n = 1, ny_box
         temperature(:, n) = self%at(h(:, n), thermocline_depth)
      end do
   end subroutine find

   !> The temperature at one point.
   elemental real(wp) function at(self, h, mean_depth)
      class(tanh_closure_t), intent(in) :: self
      real(wp), intent(in) :: h !! Thermocline anomaly in m.
      real(wp), intent(in) :: mean_depth !! Mean depth of the thermocline in m.
      if (h > 0) then
         at = self%warm*(tanh((mean_depth + h)/self%warm_depth) - tanh(mean_depth/self%warm_depth))
      else
         at = -self%cold*(tanh((mean_depth - h)/self%cold_depth) &
            - tanh(mean_depth/self%cold_depth))
      end if
   end function at

end module subsurface
