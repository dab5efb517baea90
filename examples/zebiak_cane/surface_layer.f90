!> The surface layer of the ocean: what the wind drives directly, and upwelling through its base.
!!
!! The upper 50 m move with the layer of `ocean` plus a sheared, frictional flow u_s:
!!
!!     u_s = (r_s taux + f tauy)/(rho H1 (r_s**2 + f**2))
!!     v_s = (r_s tauy - f taux)/(rho H1 (r_s**2 + f**2))
!!     u_1 = u + (H - H1)/H u_s,   w_s = H1 (u1_x + v1_y)
!!
!! u_s answers to the local wind alone, at the walls too.
!! Source: Zebiak & Cane (1987), equations A7 to A10.
module surface_layer
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use grid, only: average_to_box, nx_box, nx_ocean, ny_box, ny_ocean, seconds_per_day
   use ocean, only: coriolis_u, coriolis_v, density, dx, dy, layer_depth, ocean_t, to_faces_x, &
      to_faces_y
   implicit none (type, external)
   private
   public :: surface_layer_t, find_surface_layer

   !> Depth in m and friction in 1/s.
   real(wp), parameter, public :: surface_depth = 50.0_wp
   real(wp), parameter :: friction = 1/(2*seconds_per_day)

   !> What the SST equation needs of the ocean, on the box: (longitude, latitude).
   type :: surface_layer_t
      !> Thermocline anomaly in m.
      real(wp) :: h(nx_box, ny_box) = 0.0_wp
      !> Currents of the surface layer and upwelling through its base in m/s.
      real(wp) :: u(nx_box, ny_box) = 0.0_wp
      real(wp) :: v(nx_box, ny_box) = 0.0_wp
      real(wp) :: w(nx_box, ny_box) = 0.0_wp
   end type surface_layer_t

contains

   !> The surface layer under a state of the ocean and the wind stress at the cells, N/m2.
   pure subroutine find_surface_layer(self, state, stress_x, stress_y)
      type(surface_layer_t), intent(out) :: self
      type(ocean_t), intent(in) :: state !! The ocean.
      real(wp), intent(in) :: stress_x(nx_ocean, ny_ocean) !! Eastward.
      real(wp), intent(in) :: stress_y(nx_ocean, ny_ocean) !! Northward.
      real(wp), parameter :: share = (layer_depth - surface_depth)/layer_depth
      real(wp) :: u(0:nx_ocean, ny_ocean), v(nx_ocean, 0:ny_ocean)
      real(wp) :: along(0:nx_ocean, ny_ocean), across(0:nx_ocean, ny_ocean)
      real(wp) :: along_v(nx_ocean, 0:ny_ocean), across_v(nx_ocean, 0:ny_ocean)
      integer :: n
      along = to_faces_x(stress_x)
      across = to_faces_x(stress_y)
      do n = 1, ny_ocean
         u(:, n) = state%u(:, n) + share*(friction*along(:, n) + coriolis_u(n)*across(:, n)) &
            /(density*surface_depth*(friction**2 + coriolis_u(n)**2))
      end do
      along_v = to_faces_y(stress_x)
      across_v = to_faces_y(stress_y)
      do n = 0, ny_ocean
         v(:, n) = state%v(:, n) + share*(friction*across_v(:, n) - coriolis_v(n)*along_v(:, n)) &
            /(density*surface_depth*(friction**2 + coriolis_v(n)**2))
      end do
      self%h = average_to_box(state%h)
      self%u = average_to_box(0.5_wp*(u(:nx_ocean - 1, :) + u(1:, :)))
      self%v = average_to_box(0.5_wp*(v(:, :ny_ocean - 1) + v(:, 1:)))
      self%w = average_to_box(surface_depth*((u(1:, :) - u(:nx_ocean - 1, :))/dx &
         + (v(:, 1:) - v(:, :ny_ocean - 1))/dy))
   end subroutine find_surface_layer

end module surface_layer
