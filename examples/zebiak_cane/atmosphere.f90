!> A steady, damped atmosphere on an equatorial beta plane, heated where the sea is warm.
!!
!!     eps u - (y/2) v = -p_x,   eps v + (y/2) u = -p_y,   eps p + u_x + v_y = -Q
!!
!! with x and y in units of 10 degrees and winds in m/s. For each zonal wavenumber k one equation
!! for v remains, v_yy - (y**2/4 - ik/(2 eps) + k**2 + eps**2) v = iky Q/(2 eps) - Q_y, which is
!! solved as a tridiagonal system with v = 0 beyond 79 degrees.
!! Sources: A. E. Gill (1980), Q. J. R. Meteorol. Soc. 106, 447; Zebiak & Cane (1987), A1 to A3.
module atmosphere
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use grid, only: box_east, box_north, box_south, box_west, nx_box, nx_globe, ny_box, ny_globe, &
      put_into_globe
   implicit none (type, external)
   private
   public :: atmosphere_t

   integer :: i

   integer, parameter :: waves = nx_globe/2
   !> Rows from 79 S to 79 N; the globe's rows begin after `below` of them.
   integer, parameter :: rows = 80, below = 25
   real(wp), parameter :: dy = 0.2_wp
   real(wp), parameter :: y(0:rows + 1) = [(-8.1_wp + dy*i, i=0, rows + 1)]
   real(wp), parameter :: pi = acos(-1.0_wp)
   complex(wp), parameter :: iota = (0.0_wp, 1.0_wp)
   real(wp), parameter :: wavenumber(0:waves) = [(pi*i/18, i=0, waves)]
   !> Heating per K of SST anomaly, its growth with mean SST in 1/K, and where it has that value.
   real(wp), parameter :: heating = 1.6_wp, growth = 0.06_wp, reference = 29.8_wp

   !> The atmosphere.
   type :: atmosphere_t
      private
      !> Damping.
      real(wp) :: epsilon = 0.2_wp
      !> 1 over the diagonal after elimination, (row, wavenumber).
      complex(wp) :: inverse(0:rows, 0:waves) = (0.0_wp, 0.0_wp)
      !> exp(-2 pi i n/64) for n = 0 to 63.
      complex(wp) :: unit_root(0:nx_globe - 1) = (0.0_wp, 0.0_wp)
   contains
      procedure :: init, respond
   end type atmosphere_t

contains

   !> Prepare everything that depends on the damping only.
   pure subroutine init(self, epsilon)
      class(atmosphere_t), intent(inout) :: self
      real(wp), intent(in) :: epsilon !! Damping, about 0.2.
      complex(wp) :: diagonal
      integer :: n, row
      self%epsilon = epsilon
      self%inverse(0, :) = 0.0_wp
      do n = 0, nx_globe - 1
         self%unit_root(n) = exp(-2*pi*iota*n/nx_globe)
      end do
      do n = 0, waves
         associate (k => wavenumber(n))
            do row = 1, rows
               diagonal = -2/dy**2 &
                  - (y(row)**2/4 - iota*k/(2*epsilon) + k**2 + epsilon**2)
               self%inverse(row, n) = 1/(diagonal - self%inverse(row - 1, n)/dy**4)
            end do
         end associate
      end do
   end subroutine init

   !> Winds over an SST anomaly.
   pure subroutine respond(self, anomaly, mean_sst, wind_x, wind_y)
      class(atmosphere_t), intent(in) :: self
      real(wp), intent(in) :: anomaly(nx_box, ny_box) !! SST anomaly in K.
      real(wp), intent(in) :: mean_sst(nx_globe, ny_globe) !! Mean SST in degrees C.
      real(wp), intent(out) :: wind_x(nx_globe, ny_globe) !! Eastward wind in m/s.
      real(wp), intent(out) :: wind_y(nx_globe, ny_globe) !! Northward wind in m/s.
      real(wp) :: q(nx_globe, ny_globe), factor
      complex(wp) :: q_wave(0:rows + 1), u(ny_globe), v(ny_globe), turn
      integer :: column, n
      q = heating*smooth(anomaly)*exp(growth*(mean_sst - reference))
      wind_x = 0.0_wp
      wind_y = 0.0_wp
      do n = 0, waves
         q_wave = 0.0_wp
         do column = 1, nx_globe
            turn = self%unit_root(modulo(n*(column - 1), nx_globe))/nx_globe
            q_wave(below + 1:below + ny_globe) = q_wave(below + 1:below + ny_globe) &
               + turn*q(column, :)
         end do
         call solve_wave(self, n, q_wave, u, v)
         ! Negative wavenumbers are the conjugates of the positive ones.
         factor = merge(1.0_wp, 2.0_wp, n == 0 .or. n == waves)
         do column = 1, nx_globe
            turn = factor*conjg(self%unit_root(modulo(n*(column - 1), nx_globe)))
            wind_x(column, :) = wind_x(column, :) + real(turn*u, wp)
            wind_y(column, :) = wind_y(column, :) + real(turn*v, wp)
         end do
      end do
   end subroutine respond

   !> Winds of one wavenumber at the rows of the globe.
   pure subroutine solve_wave(self, n, q, u, v)
      type(atmosphere_t), intent(in) :: self
      integer, intent(in) :: n !! Which wavenumber.
      complex(wp), intent(in) :: q(0:rows + 1) !! Heating, (row).
      complex(wp), intent(out) :: u(ny_globe), v(ny_globe) !! Winds.
      complex(wp) :: x(0:rows + 1)
      integer :: row, place
      associate (k => wavenumber(n), epsilon => self%epsilon)
         x = 0.0_wp
         do row = 1, rows
            x(row) = iota*k*y(row)*q(row)/(2*epsilon) - (q(row + 1) - q(row - 1))/(2*dy)
            x(row) = x(row) - x(row - 1)*self%inverse(row - 1, n)/dy**2
         end do
         do row = rows, 1, -1
            x(row) = (x(row) - x(row + 1)/dy**2)*self%inverse(row, n)
         end do
         do row = 1, ny_globe
            place = row + below
            v(row) = x(place)
            u(row) = (epsilon*y(place)*x(place)/2 + iota*k*(x(place + 1) - x(place - 1))/(2*dy) &
               + iota*k*q(place))/(k**2 + epsilon**2)
         end do
      end associate
   end subroutine solve_wave

   !> The anomaly on the globe, 1-2-1 smoothed three times in latitude and once in longitude, zero
   !! outside the box.
   pure function smooth(anomaly) result(globe)
      real(wp), intent(in) :: anomaly(nx_box, ny_box) !! SST anomaly in K.
      real(wp) :: globe(nx_globe, ny_globe)
      real(wp) :: padded(0:nx_box + 1, 0:ny_box + 1)
      integer :: pass
      padded = 0.0_wp
      padded(1:nx_box, 1:ny_box) = anomaly
      do pass = 1, 3
         padded(:, 1:ny_box) = 0.25_wp*(padded(:, 0:ny_box - 1) + 2*padded(:, 1:ny_box) &
            + padded(:, 2:ny_box + 1))
      end do
      padded(1:nx_box, :) = 0.25_wp*(padded(0:nx_box - 1, :) + 2*padded(1:nx_box, :) &
         + padded(2:nx_box + 1, :))
      globe = put_into_globe(padded(1:nx_box, 1:ny_box))
   end function smooth

end module atmosphere
