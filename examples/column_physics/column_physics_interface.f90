!> What the host asks of a column physics, and what it offers: truth and network stand here alike.
module column_physics_interface
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: n_levels, surface_pressure
   implicit none (type, external)
   private
   public :: physics_input_t, physics_output_t, physics_t

   !> What physics may look at; columns are those of this process.
   type :: physics_input_t
      !> Specific humidity in kg/kg, temperature in K, meridional wind in m/s, (level, column).
      real(wp), allocatable :: q(:, :), t(:, :), v(:, :)
      !> Surface pressure in Pa; insolation, sensible and latent heat flux in W/m2, (column).
      real(wp), allocatable :: ps(:), solin(:), shf(:), lhf(:)
   contains
      procedure :: make => make_input
   end type physics_input_t

   !> What physics gives back.
   type :: physics_output_t
      !> Tendencies in kg/kg/s and K/s, (level, column).
      real(wp), allocatable :: dq(:, :), dt(:, :)
      !> Net radiation, solar down, terrestrial up, top and surface, in W/m2, (column).
      real(wp), allocatable :: fsnt(:), fsns(:), flnt(:), flns(:)
      !> Precipitation in m/s, (column).
      real(wp), allocatable :: prect(:)
   contains
      procedure :: make => make_output
   end type physics_output_t

   !> A column physics.
   type, abstract :: physics_t
   contains
      procedure(chunk_i), deferred :: run_chunk
      procedure(trouble_i), deferred :: find_trouble
   end type physics_t

   abstract interface
      !> Compute a chunk of columns; called by several threads at once, each with chunks of its own.
      subroutine chunk_i(self, chunk, first, last, input, output)
         import :: physics_input_t, physics_output_t, physics_t
         implicit none (type, external)
         class(physics_t), intent(inout) :: self
         integer, intent(in) :: chunk !! Number of the chunk in this process, from 1.
         integer, intent(in) :: first !! Its first column in the arrays.
         integer, intent(in) :: last !! Its last column.
         type(physics_input_t), intent(in) :: input !! What the host offers.
         type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      end subroutine chunk_i

      !> A sentence about what went wrong in the last step; not allocated where nothing did.
      subroutine trouble_i(self, message)
         import :: physics_t
         implicit none (type, external)
         class(physics_t), intent(in) :: self
         character(len=:), allocatable, intent(inout) :: message !! The sentence.
      end subroutine trouble_i
   end interface

contains

   !> Allocate for a number of columns.
   subroutine make_input(self, columns)
      class(physics_input_t), intent(inout) :: self
      integer, intent(in) :: columns !! Columns of this process.
      allocate (self%q(n_levels, columns), self%t(n_levels, columns), self%v(n_levels, columns), &
         source=0.0_wp)
      allocate (self%ps(columns), source=surface_pressure)
      allocate (self%solin(columns), self%shf(columns), self%lhf(columns), source=0.0_wp)
   end subroutine make_input

   !> Allocate for a number of columns.
   subroutine make_output(self, columns)
      class(physics_output_t), intent(inout) :: self
      integer, intent(in) :: columns !! Columns of this process.
      allocate (self%dq(n_levels, columns), self%dt(n_levels, columns), source=0.0_wp)
      allocate (self%fsnt(columns), self%fsns(columns), self%flnt(columns), self%flns(columns), &
         self%prect(columns), source=0.0_wp)
   end subroutine make_output

end module column_physics_interface
