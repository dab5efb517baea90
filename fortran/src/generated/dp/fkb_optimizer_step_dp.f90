! Generated from train/fkb_optimizer_step.fypp: edit that file and run tools/generate.py
!> What every optimizer does before and after its update: gathering, clipping, decay, averages.
submodule(fkb_optimizer_dp) fkb_optimizer_step_dp
   use fkb_constraints_dp, only: constrain_all
   use fkb_error, only: fkb_err_argument, fkb_err_numeric, raise
   use fkb_optimizer_kernels_dp, only: add_gradient, average_weights, clip_values, &
      decay_weights, gather_gradient, scale_values, square_sum
   use fkb_rounding, only: rounded_to_single
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure step
      integer(i8) :: n
      integer :: steps
      call check_state(self, size(params, kind=i8), size(grad, kind=i8), state, error)
      if (allocated(error)) return
      if (.not. abs(self%rate_at(state)) <= huge(1.0_wp)) then
         call raise(error, fkb_err_numeric, 'the learning rate of step '// &
                    decimal(state%iteration + 1)//' is not finite: nothing was changed')
         return
      end if
      n = size(grad, kind=i8)
      steps = self%gradient_accumulation_steps
      if (steps > 1) then
         if (mod(state%iteration + 1, int(steps, i8)) /= 0) then
            call gather_gradient(n, grad, state%gathered)
            if (self%use_ema) call average_all(self, params, state, segments)
            call constrain_all(params, segments)
            state%iteration = state%iteration + 1
            return
         end if
         call add_gradient(n, state%gathered, real(steps, wp), grad)
      end if
      call clip(self, grad, segments)
      call decay_all(self, params, state, segments)
      call self%update(params, grad, state, segments, error)
      if (allocated(error)) return
      if (steps > 1) state%gathered = 0
      if (self%use_ema) call average_all(self, params, state, segments)
      call constrain_all(params, segments)
      state%iteration = state%iteration + 1
   end procedure step

   !> The state is that of these weights and options.
   subroutine check_state(self, n, n_grad, state, error)
      class(optimizer_t), intent(in) :: self
      integer(i8), intent(in) :: n, n_grad
      type(optimizer_state_t), intent(in) :: state
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = allocated(state%slots) .and. allocated(state%extra) .and. n_grad == n
      if (fits) fits = size(state%slots, 1, i8) == n .and. size(state%slots, 2) == self%slot_count()
      if (fits .and. self%use_ema) fits = allocated(state%average)
      if (fits .and. self%use_ema) fits = size(state%average, kind=i8) == n
      if (fits .and. self%gradient_accumulation_steps > 1) then
         fits = allocated(state%gathered)
         if (fits) fits = size(state%gathered, kind=i8) == n
      end if
      if (.not. fits) then
         call raise(error, fkb_err_argument, 'the state of the optimizer does not fit the'// &
                    ' weights: call "prepare" first')
      end if
   end subroutine check_state

   !> Clip the gradient. Where several limits are set, Keras takes the first of these.
   subroutine clip(self, grad, segments)
      class(optimizer_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: grad(:)
      type(segment_t), intent(in) :: segments(:)
      if (self%clipnorm > 0) then
         call clip_each(self%clipnorm, grad, segments)
      else if (self%global_clipnorm > 0) then
         call clip_all(self%global_clipnorm, grad, segments)
      else if (self%clipvalue > 0) then
         call clip_values(size(grad, kind=i8), real(self%clipvalue, wp), grad)
      end if
   end subroutine clip

   !> g = g c/max(|g|, c) for every trainable weight
   subroutine clip_each(limit, grad, segments)
      real(dp), intent(in) :: limit
      real(wp), intent(inout), contiguous :: grad(:)
      type(segment_t), intent(in) :: segments(:)
      real(wp) :: bound, norm
      integer :: i
      bound = real(limit, wp)
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            norm = real(sqrt(square_sum(last - first + 1, grad(first:last))), wp)
            call scale_values(last - first + 1, bound, max(norm, bound), grad(first:last))
         end associate
      end do
   end subroutine clip_each

   !> g = g c min(1/|g|, 1/c), |g| over all trainable weights
   subroutine clip_all(limit, grad, segments)
      real(dp), intent(in) :: limit
      real(wp), intent(inout), contiguous :: grad(:)
      type(segment_t), intent(in) :: segments(:)
      real(dp) :: total
      real(wp) :: bound, norm
      integer :: i
      total = 0
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            total = total + square_sum(last - first + 1, grad(first:last))
         end associate
      end do
      bound = real(limit, wp)
      norm = real(sqrt(total), wp)
      if (.not. norm > 0) return
      call scale_values(size(grad, kind=i8), bound*min(1/norm, 1/bound), 1.0_wp, grad)
   end subroutine clip_all

   !> w = w - w d r; Keras casts the decay through real32.
   subroutine decay_all(self, params, state, segments)
      class(optimizer_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      type(optimizer_state_t), intent(in) :: state
      type(segment_t), intent(in) :: segments(:)
      real(dp) :: decay
      integer :: i
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         decay = self%decay_of(segments(i))*segments(i)%decay_factor
         if (.not. decay > 0) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            call decay_weights(last - first + 1, real(rounded_to_single(decay), wp), &
                               real(self%rate_at(state)*segments(i)%rate_factor, wp), &
                               params(first:last))
         end associate
      end do
   end subroutine decay_all

   !> a = p a + (1 - p) w; in Keras 3 the first average is w. Every so often w = a.
   subroutine average_all(self, params, state, segments)
      class(optimizer_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      integer(i8) :: updates
      real(wp) :: momentum
      updates = self%updates(state)
      momentum = real(self%ema_momentum, wp)
      if (updates == 0 .and. self%keras_major /= 2) momentum = 0
      call average_weights(size(params, kind=i8), momentum, params, state%average)
      if (self%ema_overwrite_frequency < 1) return
      if (mod(updates + 1, int(self%ema_overwrite_frequency, i8)) /= 0) return
      call take_average(params, state, segments)
   end subroutine average_all

   module procedure finish
      if (.not. (self%use_ema .and. allocated(state%average))) return
      if (state%iteration > 0) call take_average(params, state, segments)
   end procedure finish

   !> w = a
   subroutine take_average(params, state, segments)
      real(wp), intent(inout), contiguous :: params(:)
      type(optimizer_state_t), intent(in) :: state
      type(segment_t), intent(in) :: segments(:)
      integer :: i
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            params(first:last) = state%average(first:last)
         end associate
      end do
   end subroutine take_average

end submodule fkb_optimizer_step_dp
