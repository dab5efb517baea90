!> The equation of the SST anomaly.
!!
!!     T_t = -u1.grad(Tbar + T) - ubar.grad(T) - [M(wbar + w) - M(wbar)] Tbar_z
!!           - M(wbar + w) (T - Te)/H1 - T/(125 days),   Te = gamma Tsub + (1 - gamma) T
!!
!! with M(x) = max(x, 0): only what wells up brings water from below.
!! Source: Zebiak & Cane (1987), equations A11 to A13.
module sst
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use background, only: vertical_gradient
   use grid, only: metres_per_degree, nx_box, ny_box, seconds_per_day, step_x, step_y
   use surface_layer, only: surface_depth, surface_layer_t
   implicit none (type, external)
   private
   public :: step_sst

   !> Decay in 1/s, and the SST that convection does not let be exceeded, in degrees C.
   real(wp), parameter :: decay = 1/(125*seconds_per_day), warmest = 30.0_wp

contains

   !> One step of a day.
   pure subroutine step_sst(t, mean_t, mean, anomaly, subsurface, gamma)
      real(wp), intent(inout) :: t(nx_box, ny_box) !! SST anomaly in K.
      real(wp), intent(in) :: mean_t(nx_box, ny_box) !! Mean SST in degrees C.
      type(surface_layer_t), intent(in) :: mean !! Mean currents and upwelling.
      type(surface_layer_t), intent(in) :: anomaly !! Anomalous ones.
      real(wp), intent(in) :: subsurface(nx_box, ny_box) !! Tsub in K.
      real(wp), intent(in) :: gamma !! Share of subsurface water in what is drawn in.
      real(wp) :: change(nx_box, ny_box), upwelling(nx_box, ny_box)
      integer :: n
      upwelling = max(mean%w + anomaly%w, 0.0_wp)
      change = -advection(anomaly, mean_t + t) - advection(mean, t) - decay*t &
         - upwelling*gamma*(t - subsurface)/surface_depth
      do n = 1, ny_box
         change(:, n) = change(:, n) &
            - (upwelling(:, n) - max(mean%w(:, n), 0.0_wp))*vertical_gradient
      end do
      t = min(t + seconds_per_day*change, warmest - mean_t)
   end subroutine step_sst

   !> u.grad(field), upwind; no gradient at the edge of the box.
   pure function advection(flow, field) result(change)
      type(surface_layer_t), intent(in) :: flow !! Whose currents.
      real(wp), intent(in) :: field(nx_box, ny_box) !! What is carried.
      real(wp) :: change(nx_box, ny_box)
      real(wp) :: padded(0:nx_box + 1, 0:ny_box + 1)
      integer :: m, n
      padded(1:nx_box, 1:ny_box) = field
      padded(0, :) = padded(1, :)
      padded(nx_box + 1, :) = padded(nx_box, :)
      padded(:, 0) = padded(:, 1)
      padded(:, ny_box + 1) = padded(:, ny_box)
      do n = 1, ny_box
         do m = 1, nx_box
            change(m, n) = (max(flow%u(m, n), 0.0_wp)*(padded(m, n) - padded(m - 1, n)) &
               + min(flow%u(m, n), 0.0_wp)*(padded(m + 1, n) - padded(m, n))) &
               /(step_x*metres_per_degree) &
               + (max(flow%v(m, n), 0.0_wp)*(padded(m, n) - padded(m, n - 1)) &
               + min(flow%v(m, n), 0.0_wp)*(padded(m, n + 1) - padded(m, n))) &
               /(step_y*metres_per_degree)
         end do
      end do
   end function advection

end module sst
