!> The host: columns on a ring, stepped with any column physics.
module column_model
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use column_grid, only: chunk_size, dt, layer_pressure, n_columns, n_levels
   use column_physics_interface, only: physics_input_t, physics_output_t, physics_t
   use forcing, only: advance_noise, insolation, sea_surface, surface_fluxes
   use noise, only: first_state
   use ring, only: ring_t
   use ring_dynamics, only: least_humidity, move_columns
   use thermodynamics, only: ascend, saturation
   implicit none (type, external)
   private
   public :: column_model_t

   !> Beyond these temperatures in K, or above this humidity in kg/kg, a run has failed.
   real(wp), parameter :: coldest = 120.0_wp, hottest = 370.0_wp, wettest = 0.1_wp
   !> Rows of the ring's matrix that a host writes out.
   integer, parameter, public :: row_rain = 2*n_levels + 1, row_evaporation = 2*n_levels + 2
   integer, parameter, public :: n_rows = 2*n_levels + 2
   !> Values of a column in a restart.
   integer, parameter, public :: n_state = 3*n_levels + 2

   !> The columns of this process.
   type :: column_model_t
      !> Which columns these are.
      type(ring_t) :: ring
      !> Steps since the start.
      integer(int64) :: step_count = 0
      !> State and forcing; what the physics was asked last, and its answer.
      type(physics_input_t) :: now, asked
      type(physics_output_t) :: answer
      !> Red noise of the wind, and state of the random numbers, (column).
      real(wp), allocatable :: gusts(:)
      integer(int64), allocatable :: random(:)
      !> The whole ring: T(30), q(30), rain in kg/m2/s and latent heat flux in W/m2,
      !! (row, column of the ring).
      real(wp), allocatable :: whole(:, :)
      !> Whether the state is beyond the bounds of the physics anywhere, and what is wrong.
      logical :: failed = .false.
      character(len=:), allocatable :: failure
   contains
      procedure :: start, step, pack_state, unpack_state, find_forcing
      procedure, private :: allocate_all, gather_ring, judge
   end type column_model_t

contains

   !> The state of rest: a moist adiabat with a little noise.
   subroutine start(self, ring, seed, warmer)
      class(column_model_t), intent(inout) :: self
      type(ring_t), intent(in) :: ring !! Begun.
      integer, intent(in) :: seed !! Of the noise.
      real(wp), intent(in) :: warmer !! How much warmer than usual the parcel is, in K.
      real(wp) :: t(n_levels), q(n_levels)
      integer :: i, spin

      call self%allocate_all(ring)
      call moist_profile(warmer, t, q)
      self%random = first_state([(i, i=ring%first, ring%last)], seed)
      do i = 1, size(self%gusts)
         do spin = 1, 200
            call advance_noise(self%random(i), self%gusts(i), self%now%v(:, i))
         end do
         self%now%t(:, i) = t + 0.02_wp*self%now%v(:, i)
         self%now%q(:, i) = q
      end do
      call self%gather_ring()
   end subroutine start

   !> Room for the columns of this process.
   subroutine allocate_all(self, ring)
      class(column_model_t), intent(inout) :: self
      type(ring_t), intent(in) :: ring !! Begun.
      integer :: own
      self%ring = ring
      own = ring%last - ring%first + 1
      call self%now%make(own)
      call self%answer%make(own)
      allocate (self%gusts(own), source=0.0_wp)
      allocate (self%random(own), source=1_int64)
      allocate (self%whole(n_rows, n_columns), source=0.0_wp)
   end subroutine allocate_all

   !> A moist adiabat, no colder than 200 K, at a humidity of 70 %.
   pure subroutine moist_profile(warmer, t, q)
      real(wp), intent(in) :: warmer !! How much warmer than usual the parcel is, in K.
      real(wp), intent(out) :: t(n_levels) !! Temperature in K.
      real(wp), intent(out) :: q(n_levels) !! Specific humidity in kg/kg.
      integer :: k
      call ascend(297.0_wp + warmer, 0.016_wp*(1 + 0.06_wp*warmer), t)
      t = max(200.0_wp, t)
      do k = 1, n_levels
         q(k) = 0.7_wp*saturation(t(k), layer_pressure(k))
         if (layer_pressure(k) < 15e3_wp) q(k) = 3e-6_wp
      end do
      q = max(least_humidity, q)
   end subroutine moist_profile

   !> One time step: dynamics of the ring, forcing, physics of the columns, noise of the next step.
   subroutine step(self, physics)
      class(column_model_t), intent(inout) :: self
      class(physics_t), intent(inout) :: physics !! Truth or network.
      integer :: chunk, first, last, own

      call move_columns(self%whole(:n_levels, :), self%whole(n_levels + 1:2*n_levels, :), &
         self%ring%first, self%now%t, self%now%q)
      call self%find_forcing()
      own = size(self%gusts)
      self%asked = self%now
      !$omp parallel do schedule(static) default(none) shared(self, physics, own) &
      !$omp private(first, last)
      do chunk = 1, (own + chunk_size - 1)/chunk_size
         first = (chunk - 1)*chunk_size + 1
         last = min(own, chunk*chunk_size)
         call physics%run_chunk(chunk, first, last, self%asked, self%answer)
      end do
      !$omp end parallel do
      self%now%t = self%now%t + dt*self%answer%dt
      self%now%q = max(least_humidity, self%now%q + dt*self%answer%dq)
      do first = 1, own
         call advance_noise(self%random(first), self%gusts(first), self%now%v(:, first))
      end do
      self%step_count = self%step_count + 1
      call self%gather_ring()
      call self%judge()
   end subroutine step

   !> Sun and surface fluxes of this step.
   subroutine find_forcing(self)
      class(column_model_t), intent(inout) :: self
      integer :: column, i
      do i = 1, size(self%gusts)
         column = self%ring%first + i - 1
         self%now%solin(i) = insolation(column, self%step_count)
         call surface_fluxes(sea_surface(column, self%step_count), self%gusts(i), &
            self%now%t(n_levels, i), self%now%q(n_levels, i), self%now%shf(i), self%now%lhf(i))
      end do
   end subroutine find_forcing

   !> Let every process see the whole ring.
   subroutine gather_ring(self)
      class(column_model_t), intent(inout) :: self
      real(wp) :: own(n_rows, size(self%gusts))
      own(:n_levels, :) = self%now%t
      own(n_levels + 1:2*n_levels, :) = self%now%q
      own(row_rain, :) = 1000*self%answer%prect
      own(row_evaporation, :) = self%now%lhf
      call self%ring%gather(own, self%whole)
   end subroutine gather_ring

   !> A run has failed where a state is beyond anything that physics knows.
   subroutine judge(self)
      class(column_model_t), intent(inout) :: self
      if (allocated(self%failure)) deallocate (self%failure)
      associate (t => self%whole(:n_levels, :), q => self%whole(n_levels + 1:2*n_levels, :))
         if (.not. (all(ieee_is_finite(t)) .and. all(ieee_is_finite(q)))) then
            self%failure = "a value is not finite"
         else if (any(t < coldest)) then
            self%failure = "temperature is below 120 K"
         else if (any(t > hottest)) then
            self%failure = "temperature is above 370 K"
         else if (any(q > wettest)) then
            self%failure = "specific humidity is above 0.1"
         end if
      end associate
      self%failed = allocated(self%failure)
   end subroutine judge

   !> What a restart needs of the columns of this process, (value, column).
   subroutine pack_state(self, state)
      class(column_model_t), intent(in) :: self
      real(wp), intent(out) :: state(:, :) !! (n_state, columns of this process).
      state(:n_levels, :) = self%now%t
      state(n_levels + 1:2*n_levels, :) = self%now%q
      state(2*n_levels + 1:3*n_levels, :) = self%now%v
      state(3*n_levels + 1, :) = self%gusts
      state(3*n_levels + 2, :) = real(self%random, wp)
   end subroutine pack_state

   !> Go on from the state of the whole ring.
   subroutine unpack_state(self, ring, step_count, state)
      class(column_model_t), intent(inout) :: self
      type(ring_t), intent(in) :: ring !! Begun.
      integer(int64), intent(in) :: step_count !! Steps since the start.
      real(wp), intent(in) :: state(:, :) !! (n_state, n_columns).
      call self%allocate_all(ring)
      self%step_count = step_count
      associate (own => state(:, ring%first:ring%last))
         self%now%t = own(:n_levels, :)
         self%now%q = own(n_levels + 1:2*n_levels, :)
         self%now%v = own(2*n_levels + 1:3*n_levels, :)
         self%gusts = own(3*n_levels + 1, :)
         self%random = nint(own(3*n_levels + 2, :), int64)
      end associate
      call self%gather_ring()
   end subroutine unpack_state

end module column_model
