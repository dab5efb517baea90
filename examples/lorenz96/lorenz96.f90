!> The two-scale Lorenz 96 model and its coarse twin.
!!
!! 36 slow variables X on a ring, each driving 10 fast variables Y (indices run round the ring):
!!
!!     dX_k/dt = -X_{k-1} (X_{k-2} - X_{k+1}) - X_k + F + B_k,   B_k = -h c mean_j(Y_jk)
!!     dY_j/dt = c [-b Y_{j+1} (Y_{j+2} - Y_{j-1}) - Y_j + (h/J) X_k]
!!
!! The coarse model carries X only; what the fast variables do to it, the field B, is handed in by
!! whoever knows it: a fit, a network, or nobody. Nothing here knows about networks.
!!
!! Sources: E. N. Lorenz (1996), Predictability, a problem partly solved; S. Rasp (2020), Coupled
!! online learning, Geosci. Model Dev. 13, 2185. Time is in the model's units (1 is about 5 days).
module lorenz96
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   implicit none (type, external)
   private
   public :: n_slow, n_fast, dt_fast, dt_coarse, steps_per_coarse
   public :: parameters_t, truth_t
   public :: coarse_dynamics, coarse_step, slow_tendency, fast_tendency, slow_step, fast_step

   !> Slow variables X, K in the equations.
   integer, parameter :: n_slow = 36
   !> Fast variables Y for each X, J in the equations.
   integer, parameter :: n_fast = 10
   !> All fast variables: one ring of K J values.
   integer, parameter :: n_ring = n_slow*n_fast
   !> Truth steps in one coarse step.
   integer, parameter :: steps_per_coarse = 10
   !> Time step of the truth.
   real(wp), parameter :: dt_fast = 0.001_wp
   !> Time step of the coarse model.
   real(wp), parameter :: dt_coarse = steps_per_coarse*dt_fast

   !> Modulus of the random numbers of the starting state.
   integer(int64), parameter :: modulus = 2147483647_int64

   !> The model's constants; the defaults are the system called the truth.
   type :: parameters_t
      !> Forcing F of the slow variables.
      real(wp) :: forcing = 10.0_wp
      !> Coupling h between the scales.
      real(wp) :: h = 1.0_wp
      !> Ratio c of the time scales.
      real(wp) :: c = 10.0_wp
      !> Ratio b of the amplitudes.
      real(wp) :: b = 10.0_wp
   end type parameters_t

   !> The two-scale model: its constants and its state.
   type :: truth_t
      type(parameters_t) :: parameters
      !> Slow variables, (k).
      real(wp) :: x(n_slow) = 0.0_wp
      !> Fast variables, (j, k): the ring runs through memory.
      real(wp) :: y(n_fast, n_slow) = 0.0_wp
   contains
      procedure :: start, advance, closure
   end type truth_t

contains

   !> Set a random state near the attractor and run it in.
   pure subroutine start(self, parameters, seed, spin_up)
      class(truth_t), intent(inout) :: self
      type(parameters_t), intent(in) :: parameters !! The system.
      integer, intent(in) :: seed !! The same seed gives the same state with every compiler.
      real(wp), intent(in) :: spin_up !! Time to run before the state is handed over.
      integer(int64) :: random
      integer :: j, k

      self%parameters = parameters
      random = 1 + modulo(int(seed, int64), modulus - 1)
      do k = 1, n_slow
         call draw(random, self%x(k))
         self%x(k) = parameters%forcing*self%x(k)
         do j = 1, n_fast
            call draw(random, self%y(j, k))
            self%y(j, k) = self%y(j, k) - 0.5_wp
         end do
      end do
      call self%advance(nint(spin_up/dt_fast))
   end subroutine start

   !> Run the two-scale model: in each step X with B held fixed, then Y with the old X.
   pure subroutine advance(self, steps, extra_forcing)
      class(truth_t), intent(inout) :: self
      integer, intent(in) :: steps !! Steps of dt_fast.
      real(wp), intent(in), optional :: extra_forcing(n_slow) !! Added to dX/dt, such as a nudging.
      real(wp) :: forcing(n_slow), old_x(n_slow)
      integer :: i

      forcing = self%parameters%forcing
      if (present(extra_forcing)) forcing = forcing + extra_forcing
      do i = 1, steps
         old_x = self%x
         call slow_step(self%x, forcing + self%closure(), dt_fast)
         call fast_step(self%y, old_x, self%parameters, dt_fast)
      end do
   end subroutine advance

   !> What the fast variables do to the slow ones: B_k = -h c mean_j(Y_jk).
   pure function closure(self) result(b)
      class(truth_t), intent(in) :: self
      real(wp) :: b(n_slow)
      b = -self%parameters%h*self%parameters%c*sum(self%y, dim=1)/n_fast
   end function closure

   !> One coarse step with the closure field B: X is stepped without it, then B dt is added.
   pure subroutine coarse_step(x, forcing, b)
      real(wp), intent(inout) :: x(n_slow) !! Slow variables.
      real(wp), intent(in) :: forcing !! F.
      real(wp), intent(in) :: b(n_slow) !! Closure at the old X; zero for none.
      real(wp) :: resolved(n_slow)
      resolved = coarse_dynamics(x, forcing)
      x = resolved + b*dt_coarse
   end subroutine coarse_step

   !> What the coarse model makes of X in one step of dt_coarse without any closure.
   pure function coarse_dynamics(x, forcing) result(next)
      real(wp), intent(in) :: x(n_slow) !! Slow variables.
      real(wp), intent(in) :: forcing !! F.
      real(wp) :: next(n_slow)
      real(wp) :: field(n_slow)
      field = forcing
      next = x
      call slow_step(next, field, dt_coarse)
   end function coarse_dynamics

   !> One fourth-order Runge-Kutta step of the slow equation.
   pure subroutine slow_step(x, forcing, dt)
      real(wp), intent(inout) :: x(n_slow) !! Slow variables.
      real(wp), intent(in) :: forcing(n_slow) !! Everything added to dX/dt, held fixed.
      real(wp), intent(in) :: dt !! Time step.
      real(wp), dimension(n_slow) :: k1, k2, k3, k4
      k1 = slow_tendency(x, forcing)
      k2 = slow_tendency(x + 0.5_wp*dt*k1, forcing)
      k3 = slow_tendency(x + 0.5_wp*dt*k2, forcing)
      k4 = slow_tendency(x + dt*k3, forcing)
      x = x + dt/6.0_wp*(k1 + 2.0_wp*k2 + 2.0_wp*k3 + k4)
   end subroutine slow_step

   !> One fourth-order Runge-Kutta step of the fast equation.
   pure subroutine fast_step(y, x, parameters, dt)
      real(wp), intent(inout) :: y(n_ring) !! Fast variables as one ring, (j, k) in memory order.
      real(wp), intent(in) :: x(n_slow) !! Slow variables, held fixed.
      type(parameters_t), intent(in) :: parameters !! The system.
      real(wp), intent(in) :: dt !! Time step.
      real(wp), dimension(n_ring) :: drive, k1, k2, k3, k4
      integer :: k
      do k = 1, n_slow
         drive((k - 1)*n_fast + 1:k*n_fast) = parameters%h/n_fast*x(k)
      end do
      k1 = fast_tendency(y, drive, parameters)
      k2 = fast_tendency(y + 0.5_wp*dt*k1, drive, parameters)
      k3 = fast_tendency(y + 0.5_wp*dt*k2, drive, parameters)
      k4 = fast_tendency(y + dt*k3, drive, parameters)
      y = y + dt/6.0_wp*(k1 + 2.0_wp*k2 + 2.0_wp*k3 + k4)
   end subroutine fast_step

   !> dX/dt = -X_{k-1} (X_{k-2} - X_{k+1}) - X_k + forcing_k.
   pure function slow_tendency(x, forcing) result(tendency)
      real(wp), intent(in) :: x(n_slow) !! Slow variables.
      real(wp), intent(in) :: forcing(n_slow) !! F and whatever else drives X.
      real(wp) :: tendency(n_slow)
      real(wp) :: ring(-1:n_slow + 1)
      ring(-1:0) = x(n_slow - 1:)
      ring(1:n_slow) = x
      ring(n_slow + 1) = x(1)
      tendency = -ring(0:n_slow - 1)*(ring(-1:n_slow - 2) - ring(2:)) - x + forcing
   end function slow_tendency

   !> dY/dt = c [-b Y_{j+1} (Y_{j+2} - Y_{j-1}) - Y_j + drive_j].
   pure function fast_tendency(y, drive, parameters) result(tendency)
      real(wp), intent(in) :: y(n_ring) !! Fast variables as one ring.
      real(wp), intent(in) :: drive(n_ring) !! (h/J) X_k.
      type(parameters_t), intent(in) :: parameters !! The system.
      real(wp) :: tendency(n_ring)
      real(wp) :: ring(0:n_ring + 2)
      ring(0) = y(n_ring)
      ring(1:n_ring) = y
      ring(n_ring + 1:) = y(1:2)
      tendency = parameters%c*(-parameters%b*ring(2:n_ring + 1)*(ring(3:) - ring(0:n_ring - 1)) &
         - y + drive)
   end function fast_tendency

   !> The next number in (0, 1) of the minimal standard generator.
   !! Source: Park, Miller & Stockmeyer (1993), Commun. ACM 36(7), 108.
   pure subroutine draw(random, value)
      integer(int64), intent(inout) :: random !! State, 1 to modulus - 1.
      real(wp), intent(out) :: value !! The number.
      random = modulo(48271_int64*random, modulus)
      value = real(random, wp)/real(modulus, wp)
   end subroutine draw

end module lorenz96
