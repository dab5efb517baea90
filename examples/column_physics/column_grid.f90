!> The grid: columns on a ring, layers of equal mass, and how columns are cut into chunks.
module column_grid
   use, intrinsic :: iso_fortran_env, only: wp => real64
   implicit none (type, external)
   private
   public :: layer_pressure

   !> Layers, from the top down.
   integer, parameter, public :: n_levels = 30
   !> Columns of the ring.
   integer, parameter, public :: n_columns = 64
   !> Columns that the physics takes at once.
   integer, parameter, public :: chunk_size = 16
   !> Steps of a day, and a step in s.
   integer, parameter, public :: steps_per_day = 48
   real(wp), parameter, public :: dt = 1800.0_wp
   !> Distance of columns in m.
   real(wp), parameter, public :: dx = 625e3_wp
   !> Pressure at the surface, and of one layer, in Pa.
   real(wp), parameter, public :: surface_pressure = 1e5_wp
   real(wp), parameter, public :: dp = surface_pressure/n_levels
   real(wp), parameter, public :: day = 86400.0_wp
   real(wp), parameter, public :: pi = 3.14159265358979324_wp

contains

   !> Pressure in the middle of a layer in Pa.
   elemental real(wp) function layer_pressure(level)
      integer, intent(in) :: level !! 1 at the top.
      layer_pressure = (level - 0.5_wp)*dp
   end function layer_pressure

end module column_grid
