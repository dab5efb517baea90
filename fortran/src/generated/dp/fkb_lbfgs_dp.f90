! Generated from train/fkb_lbfgs.fypp: edit that file and run tools/generate.py
!> L-BFGS for gradients of the whole data. Source: Nocedal and Wright (2006), Numerical
!> Optimization, algorithms 7.4 and 7.5 (two loops over the last steps) and 3.5 and 3.6 (a line
!> search for the strong Wolfe conditions).
module fkb_lbfgs_dp
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_numeric, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_objective_dp, only: objective_t
   implicit none (type, external)
   private
   public :: lbfgs_t, lbfgs_state_t

   !> Why a search has ended.
   integer, parameter, public :: lbfgs_converged = 1, lbfgs_iterations = 2, lbfgs_no_descent = 3

   !> The options.
   type :: lbfgs_t
      integer :: history = 10                   !! steps that are remembered
      integer :: max_iterations = 100           !! of one call
      integer :: max_evaluations = 25           !! of one line search
      real(dp) :: gradient_tolerance = 1e-5_dp  !! ends where no |g| is larger
      real(dp) :: c1 = 1e-4_dp                  !! sufficient decrease, of the slope
      real(dp) :: c2 = 0.9_dp                   !! largest slope at the end, of that at the start
   contains
      procedure :: minimize
   end type lbfgs_t

   !> What a search remembers; a copy goes on where the search was. Safe to copy.
   type :: lbfgs_state_t
      integer :: iteration = 0                  !! steps taken
      integer :: evaluations = 0                !! of the objective
      integer :: reason = 0                     !! `lbfgs_*`
      real(dp) :: value = 0                     !! of the objective at the end
      real(dp) :: largest = 0                   !! |g| at the end
      integer :: remembered = 0                 !! steps in the arrays
      integer :: newest = 0                     !! their last column
      real(wp), allocatable :: s(:, :)          !! (weights, history): steps
      real(wp), allocatable :: y(:, :)          !! (weights, history): changes of the gradient
   end type lbfgs_state_t

   !> A point on the line: step length, value and slope.
   type :: point_t
      real(dp) :: a = 0, value = 0, slope = 0
   end type point_t

contains

   !> Search a minimum from `params` on, which are the weights of the last step taken on return.
   !> Raises an error where the start has no finite value or gradient.
   subroutine minimize(self, objective, params, state, error)
      class(lbfgs_t), intent(in) :: self
      class(objective_t), intent(inout) :: objective
      real(wp), intent(inout), contiguous :: params(:)
      type(lbfgs_state_t), intent(inout) :: state        !! fresh, or of an earlier search
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: direction(:), end_grad(:), end_params(:), grad(:)
      real(dp) :: first_step, slope
      integer :: i
      logical :: found
      call begin(self, objective, params, state, grad, error)
      if (allocated(error)) return
      allocate (direction, end_grad, end_params, source=params)
      state%reason = lbfgs_iterations
      do i = 1, self%max_iterations
         if (state%largest <= self%gradient_tolerance) exit
         call find_direction(state, grad, direction)
         slope = product_of(grad, direction)
         if (.not. slope < 0) then
            state%remembered = 0
            direction = -grad
            slope = -product_of(grad, grad)
         end if
         first_step = 1
         if (state%remembered == 0) first_step = min(1.0_dp, 1/sqrt(-slope))
         call search(self, objective, params, direction, slope, first_step, state, end_params, &
                     end_grad, found, error)
         if (allocated(error)) return
         if (.not. found) then
            state%reason = lbfgs_no_descent
            if (state%remembered == 0) return
            state%remembered = 0                 ! once more along the gradient
            cycle
         end if
         call objective%accepted()
         call remember(state, end_params - params, end_grad - grad)
         params = end_params
         grad = end_grad
         state%largest = maxval(abs(real(grad, dp)))
         state%iteration = state%iteration + 1
         state%reason = lbfgs_iterations
      end do
      if (state%largest <= self%gradient_tolerance) state%reason = lbfgs_converged
   end subroutine minimize

   !> Check options and state, and evaluate the start.
   subroutine begin(self, objective, params, state, grad, error)
      class(lbfgs_t), intent(in) :: self
      class(objective_t), intent(inout) :: objective
      real(wp), intent(in), contiguous :: params(:)
      type(lbfgs_state_t), intent(inout) :: state
      real(wp), allocatable, intent(out) :: grad(:)
      type(error_t), allocatable, intent(out) :: error
      if (self%history < 1 .or. self%max_evaluations < 1 .or. &
          .not. (self%c1 > 0 .and. self%c1 < self%c2 .and. self%c2 < 1)) then
         call raise(error, fkb_err_argument, 'L-BFGS needs a history and evaluations of at'// &
                    ' least 1, and 0 < c1 < c2 < 1')
         return
      end if
      if (allocated(state%s)) then
         if (any(shape(state%s) /= [size(params), self%history])) then
            call raise(error, fkb_err_argument, 'the state of L-BFGS is of another search')
            return
         end if
      else
         allocate (state%s(size(params), self%history), source=0.0_wp)
         allocate (state%y(size(params), self%history), source=0.0_wp)
      end if
      allocate (grad(size(params)))
      call objective%evaluate(params, state%value, grad, error)
      if (allocated(error)) return
      state%evaluations = state%evaluations + 1
      state%largest = 0
      if (size(grad) > 0) state%largest = maxval(abs(real(grad, dp)))
      if (.not. (abs(state%value) <= huge(1.0_dp) .and. all(abs(grad) <= huge(grad)))) then
         call raise(error, fkb_err_numeric, 'the objective or its gradient is not finite where'// &
                    ' the search begins')
      end if
   end subroutine begin

   !> d = -H g by two loops over the remembered steps.
   subroutine find_direction(state, grad, d)
      type(lbfgs_state_t), intent(in) :: state
      real(wp), intent(in), contiguous :: grad(:)
      real(wp), intent(out), contiguous :: d(:)
      real(dp) :: alpha(state%remembered), beta
      integer :: column, k
      d = -grad
      do k = 1, state%remembered
         column = column_of(state, k)
         alpha(k) = product_of(state%s(:, column), d)/ &
                    product_of(state%s(:, column), state%y(:, column))
         d = d - real(alpha(k), wp)*state%y(:, column)
      end do
      if (state%remembered > 0) then
         column = column_of(state, 1)
         d = real(product_of(state%s(:, column), state%y(:, column))/ &
                  product_of(state%y(:, column), state%y(:, column)), wp)*d
      end if
      do k = state%remembered, 1, -1
         column = column_of(state, k)
         beta = product_of(state%y(:, column), d)/ &
                product_of(state%s(:, column), state%y(:, column))
         d = d + real(alpha(k) - beta, wp)*state%s(:, column)
      end do
   end subroutine find_direction

   !> The column of the k-th newest step.
   pure integer function column_of(state, k) result(column)
      type(lbfgs_state_t), intent(in) :: state
      integer, intent(in) :: k
      column = modulo(state%newest - k, size(state%s, 2)) + 1
   end function column_of

   !> Keep a step along which the slope has risen, as every step of the line search has.
   subroutine remember(state, s, y)
      type(lbfgs_state_t), intent(inout) :: state
      real(wp), intent(in) :: s(:), y(:)
      if (.not. product_of(s, y) > 0) return
      state%newest = modulo(state%newest, size(state%s, 2)) + 1
      state%s(:, state%newest) = s
      state%y(:, state%newest) = y
      state%remembered = min(state%remembered + 1, size(state%s, 2))
   end subroutine remember

   !> A point that fulfils the strong Wolfe conditions, or failing that one that is lower.
   subroutine search(self, objective, params, direction, slope, first_step, state, end_params, &
                     end_grad, found, error)
      class(lbfgs_t), intent(in) :: self
      class(objective_t), intent(inout) :: objective
      real(wp), intent(in), contiguous :: params(:), direction(:)
      real(dp), intent(in) :: slope, first_step
      type(lbfgs_state_t), intent(inout) :: state
      real(wp), intent(inout), contiguous :: end_params(:), end_grad(:)
      logical, intent(out) :: found
      type(error_t), allocatable, intent(out) :: error
      type(point_t) :: best, high, low, now, start
      integer :: i
      logical :: bracketed, high_side
      start%value = state%value
      start%slope = slope
      low = start
      best = start
      bracketed = .false.
      found = .false.
      now%a = first_step
      do i = 1, self%max_evaluations
         call evaluate_at(now, error)
         if (allocated(error)) return
         high_side = .not. now%value <= start%value + self%c1*now%a*slope
         if (.not. high_side .and. (bracketed .or. low%a > 0)) high_side = now%value >= low%value
         if (high_side) then
            high = now
            bracketed = .true.
         else if (abs(now%slope) <= -self%c2*slope) then
            found = .true.
            best = now
            exit
         else
            if (now%value < best%value) best = now
            if (bracketed) then
               if (now%slope*(high%a - low%a) >= 0) high = low
            else if (now%slope >= 0) then
               high = low
               bracketed = .true.
            end if
            low = now
         end if
         if (bracketed) then
            now%a = between(low, high)
            if (.not. abs(now%a - low%a) > epsilon(1.0_wp)*abs(low%a)) exit
         else
            now%a = 2*now%a
         end if
      end do
      if (.not. found .and. best%a > 0) then      ! lower, though not as low as Wolfe asks
         found = .true.
         if (abs(best%a - now%a) > 0) call evaluate_at(best, error)
      end if
      if (found) state%value = best%value

   contains

      !> Value and slope of a point of the line.
      subroutine evaluate_at(point, error)
         type(point_t), intent(inout) :: point
         type(error_t), allocatable, intent(out) :: error
         end_params = params + real(point%a, wp)*direction
         call objective%evaluate(end_params, point%value, end_grad, error)
         state%evaluations = state%evaluations + 1
         if (allocated(error)) return
         point%slope = product_of(end_grad, direction)
      end subroutine evaluate_at

   end subroutine search

   !> The minimum of the parabola through both values and the slope at `low`, kept away from the
   !> ends; the middle where it has none or a value is not finite.
   pure real(dp) function between(low, high) result(a)
      type(point_t), intent(in) :: low, high
      real(dp) :: curvature, share
      share = 0.5_dp
      curvature = high%value - low%value - low%slope*(high%a - low%a)
      if (curvature > 0 .and. curvature <= huge(1.0_dp)) then
         share = -low%slope*(high%a - low%a)/(2*curvature)
         share = min(0.9_dp, max(0.1_dp, share))
      end if
      a = low%a + share*(high%a - low%a)
   end function between

   !> A scalar product in real64.
   pure real(dp) function product_of(a, b)
      real(wp), intent(in) :: a(:), b(:)
      integer :: i
      product_of = 0
      do i = 1, size(a)
         product_of = product_of + real(a(i), dp)*real(b(i), dp)
      end do
   end function product_of

end module fkb_lbfgs_dp
