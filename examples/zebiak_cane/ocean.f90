!> A linear reduced-gravity ocean on an equatorial beta plane, between walls.
!!
!!     h_t = -H (u_x + v_y) - r h
!!     u_t =  f v - g' h_x + taux/(rho H) + nu lap(u) - r_w u
!!     v_t = -f u - g' h_y + tauy/(rho H) + nu lap(v) - r_w v
!!
!! r_w grows towards the northern and southern walls, which absorb what reaches them.
!! Source: Zebiak & Cane (1987), Mon. Wea. Rev. 115, 2262, equations A4 to A6, with v_t kept.
module ocean
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use grid, only: cell_x, cell_y, metres_per_degree, nx_ocean, ny_ocean, ocean_latitude, &
      ocean_south, seconds_per_day
   implicit none (type, external)
   private
   public :: ocean_t, ocean_parameters_t, to_faces_x, to_faces_y

   integer :: i

   real(wp), parameter, public :: dx = cell_x*metres_per_degree, dy = cell_y*metres_per_degree
   !> Mean depth of the moving layer in m, speed of its waves in m/s, density, time step in s.
   real(wp), parameter, public :: layer_depth = 150.0_wp, wave_speed = 2.9_wp
   real(wp), parameter, public :: density = 1025.0_wp, ocean_step = 4*3600.0_wp
   integer, parameter, public :: ocean_steps_per_day = nint(seconds_per_day/ocean_step)
   real(wp), parameter :: gravity = wave_speed**2/layer_depth
   real(wp), parameter, public :: beta = 2.28e-11_wp
   !> Coriolis parameter at the rows of cells (and of u), and at the rows of v, walls included.
   real(wp), parameter, public :: coriolis_u(ny_ocean) = &
      [(beta*metres_per_degree*(ocean_south + cell_y*(i - 0.5_wp)), i=1, ny_ocean)]
   real(wp), parameter, public :: coriolis_v(0:ny_ocean) = &
      [(beta*metres_per_degree*(ocean_south + cell_y*i), i=0, ny_ocean)]

   !> What can be varied.
   type :: ocean_parameters_t
      !> Damping in 1/s.
      real(wp) :: damping = 1/(2.5_wp*360*seconds_per_day)
      !> Viscosity in m2/s.
      real(wp) :: viscosity = 5e4_wp
      !> Additional damping of currents near the northern and southern walls, 1/s.
      real(wp) :: sponge = 1/(20*seconds_per_day)
   end type ocean_parameters_t

   !> The state: thermocline anomaly in m, currents in m/s.
   type :: ocean_t
      !> At cell centres.
      real(wp) :: h(nx_ocean, ny_ocean) = 0.0_wp
      !> At western and eastern faces; 0 at the walls.
      real(wp) :: u(0:nx_ocean, ny_ocean) = 0.0_wp
      !> At southern and northern faces; 0 at the walls.
      real(wp) :: v(nx_ocean, 0:ny_ocean) = 0.0_wp
   contains
      procedure :: advance
   end type ocean_t

contains

   !> One forward-backward step: h with old currents, u with new h and old v, v with new h and u.
   pure subroutine advance(self, stress_u, stress_v, parameters)
      class(ocean_t), intent(inout) :: self
      real(wp), intent(in) :: stress_u(0:nx_ocean, ny_ocean) !! Eastward wind stress at u, N/m2.
      real(wp), intent(in) :: stress_v(nx_ocean, 0:ny_ocean) !! Northward wind stress at v, N/m2.
      type(ocean_parameters_t), intent(in) :: parameters !! Damping and viscosity.
      call step_h(self%h, self%u, self%v, parameters)
      call step_u(self%u, self%v, self%h, stress_u, parameters)
      call step_v(self%v, self%u, self%h, stress_v, parameters)
   end subroutine advance

   !> Continuity.
   pure subroutine step_h(h, u, v, parameters)
      real(wp), intent(inout) :: h(nx_ocean, ny_ocean)
      real(wp), intent(in) :: u(0:nx_ocean, ny_ocean), v(nx_ocean, 0:ny_ocean)
      type(ocean_parameters_t), intent(in) :: parameters
      real(wp) :: keep
      integer :: m, n
      keep = 1/(1 + ocean_step*parameters%damping)
      do n = 1, ny_ocean
         do m = 1, nx_ocean
            h(m, n) = keep*(h(m, n) - ocean_step*layer_depth*((u(m, n) - u(m - 1, n))/dx &
               + (v(m, n) - v(m, n - 1))/dy))
         end do
      end do
   end subroutine step_h

   !> Eastward momentum; no flow through the walls, free slip along them.
   pure subroutine step_u(u, v, h, stress, parameters)
      real(wp), intent(inout) :: u(0:nx_ocean, ny_ocean)
      real(wp), intent(in) :: v(nx_ocean, 0:ny_ocean), h(nx_ocean, ny_ocean)
      real(wp), intent(in) :: stress(0:nx_ocean, ny_ocean)
      type(ocean_parameters_t), intent(in) :: parameters
      real(wp) :: old(0:nx_ocean, 0:ny_ocean + 1), change, keep, v_here
      integer :: m, n
      old(:, 1:ny_ocean) = u
      old(:, 0) = u(:, 1)
      old(:, ny_ocean + 1) = u(:, ny_ocean)
      do n = 1, ny_ocean
         keep = 1/(1 + ocean_step*wall_damping(ocean_latitude(n), parameters))
         do m = 1, nx_ocean - 1
            v_here = 0.25_wp*(v(m, n) + v(m + 1, n) + v(m, n - 1) + v(m + 1, n - 1))
            change = coriolis_u(n)*v_here - gravity*(h(m + 1, n) - h(m, n))/dx &
               + stress(m, n)/(density*layer_depth) &
               + parameters%viscosity*((old(m + 1, n) - 2*old(m, n) + old(m - 1, n))/dx**2 &
               + (old(m, n + 1) - 2*old(m, n) + old(m, n - 1))/dy**2)
            u(m, n) = keep*(old(m, n) + ocean_step*change)
         end do
      end do
   end subroutine step_u

   !> Northward momentum.
   pure subroutine step_v(v, u, h, stress, parameters)
      real(wp), intent(inout) :: v(nx_ocean, 0:ny_ocean)
      real(wp), intent(in) :: u(0:nx_ocean, ny_ocean), h(nx_ocean, ny_ocean)
      real(wp), intent(in) :: stress(nx_ocean, 0:ny_ocean)
      type(ocean_parameters_t), intent(in) :: parameters
      real(wp) :: old(0:nx_ocean + 1, 0:ny_ocean), change, keep, u_here
      integer :: m, n
      old(1:nx_ocean, :) = v
      old(0, :) = v(1, :)
      old(nx_ocean + 1, :) = v(nx_ocean, :)
      do n = 1, ny_ocean - 1
         keep = 1/(1 + ocean_step*wall_damping(ocean_south + cell_y*n, parameters))
         do m = 1, nx_ocean
            u_here = 0.25_wp*(u(m - 1, n) + u(m, n) + u(m - 1, n + 1) + u(m, n + 1))
            change = -coriolis_v(n)*u_here - gravity*(h(m, n + 1) - h(m, n))/dy &
               + stress(m, n)/(density*layer_depth) &
               + parameters%viscosity*((old(m + 1, n) - 2*old(m, n) + old(m - 1, n))/dx**2 &
               + (old(m, n + 1) - 2*old(m, n) + old(m, n - 1))/dy**2)
            v(m, n) = keep*(old(m, n) + ocean_step*change)
         end do
      end do
   end subroutine step_v

   !> Damping of currents at a latitude, 1/s.
   pure real(wp) function wall_damping(latitude, parameters)
      real(wp), intent(in) :: latitude !! Degrees north.
      type(ocean_parameters_t), intent(in) :: parameters !! Damping.
      wall_damping = parameters%damping &
         + parameters%sponge*max(0.0_wp, (abs(latitude) - 24)/5)**2
   end function wall_damping

   !> A field of the cells at the western and eastern faces; at a wall that of the cell beside it.
   pure function to_faces_x(cells) result(faces)
      real(wp), intent(in) :: cells(nx_ocean, ny_ocean) !! Any field.
      real(wp) :: faces(0:nx_ocean, ny_ocean)
      faces(0, :) = cells(1, :)
      faces(nx_ocean, :) = cells(nx_ocean, :)
      faces(1:nx_ocean - 1, :) = 0.5_wp*(cells(1:nx_ocean - 1, :) + cells(2:nx_ocean, :))
   end function to_faces_x

   !> A field of the cells at the southern and northern faces; at a wall that of the cell beside it.
   pure function to_faces_y(cells) result(faces)
      real(wp), intent(in) :: cells(nx_ocean, ny_ocean) !! Any field.
      real(wp) :: faces(nx_ocean, 0:ny_ocean)
      faces(:, 0) = cells(:, 1)
      faces(:, ny_ocean) = cells(:, ny_ocean)
      faces(:, 1:ny_ocean - 1) = 0.5_wp*(cells(:, 1:ny_ocean - 1) + cells(:, 2:ny_ocean))
   end function to_faces_y

end module ocean
