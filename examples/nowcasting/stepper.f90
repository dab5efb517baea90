!> Forecasts, frame after frame: what a network says is its next input.
module stepper
   use fkb_sp, only: error_t, fkb_err_argument, network_t, raise, state_t, view_t, workspace_t, wp
   use frames, only: frames_t
   implicit none (type, external)
   private
   public :: stepper_t

   !> The two models that run an encoder and forecaster, or a stateful network for both.
   type :: stepper_t
      type(network_t) :: encoder          !! frames to states; not loaded: `step` is stateful
      type(network_t) :: step             !! a frame and states to the next frame and states
   contains
      procedure :: load
      procedure :: forecast
      procedure, private :: encode_and_step, step_with_memory
   end type stepper_t

contains

   !> Load the models, and give them the weights of the network that was trained.
   subroutine load(self, trained, step, encoder, error)
      class(stepper_t), intent(inout) :: self
      character(len=*), intent(in) :: trained, step
      character(len=*), intent(in) :: encoder              !! blank: `step` is stateful
      type(error_t), allocatable, intent(out) :: error
      type(network_t) :: source
      call source%load(trained, error)
      if (.not. allocated(error)) call self%step%load(step, error)
      if (.not. allocated(error)) call self%step%copy_weights(source, "", error)
      if (allocated(error)) return
      if (encoder == "") then
         if (size(self%step%inputs) /= 1) call raise(error, fkb_err_argument, step// &
            " takes states: name the model that makes them with --encoder")
         return
      end if
      call self%encoder%load(encoder, error)
      if (.not. allocated(error)) call self%encoder%copy_weights(source, "", error)
      if (allocated(error)) return
      if (size(self%step%inputs) /= size(self%encoder%outputs) + 1) then
         call raise(error, fkb_err_argument, encoder//" and "//step//" have different states")
      end if
   end subroutine load

   !> Forecast the frames after the first `past` of some sequences.
   subroutine forecast(self, all, first, past, ahead, error)
      class(stepper_t), intent(in) :: self
      type(frames_t), intent(in) :: all
      integer, intent(in) :: first                         !! number of the first sequence
      integer, intent(in) :: past                          !! frames that are known
      real(wp), intent(out) :: ahead(:, :, :)              !! (pixels, leads, sequences)
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: known(:, :)
      integer :: j
      allocate (known(all%pixels*past, size(ahead, 3)))
      do j = 1, size(ahead, 3)
         call all%copy(first + j - 1, 1, known(:, j))
      end do
      if (self%encoder%loaded()) then
         call self%encode_and_step(known, ahead, error)
      else
         call self%step_with_memory(known, ahead, error)
      end if
   end subroutine forecast

   !> Encode what is known, and step from its last frame with the states.
   subroutine encode_and_step(self, known, ahead, error)
      class(stepper_t), intent(in) :: self
      real(wp), intent(in), contiguous, target :: known(:, :)   !! (pixels*past, sequences)
      real(wp), intent(out) :: ahead(:, :, :)                   !! (pixels, leads, sequences)
      type(error_t), allocatable, intent(out) :: error
      type(workspace_t) :: encoding, stepping
      type(view_t), allocatable :: x(:), y(:)
      real(wp), allocatable, target :: frame(:, :), next(:, :), before(:, :), after(:, :)
      integer, allocatable :: rows(:)
      integer :: columns, k, lead, states
      columns = size(known, 2)
      states = size(self%encoder%outputs)
      allocate (frame(size(ahead, 1), columns), next(size(ahead, 1), columns))
      allocate (rows(states), x(states + 1), y(states + 1))
      rows = [(self%step%input_features(k + 1), k=1, states)]
      allocate (before(sum(rows)*columns, 1), after(sum(rows)*columns, 1))
      x(1)%v => known
      call point(before, rows, columns, y(:states))
      call self%encoder%predict(x(:1), y(:states), encoding, error)
      if (allocated(error)) return
      frame = known(size(known, 1) - size(frame, 1) + 1:, :)
      x(1)%v => frame
      y(1)%v => next
      call point(before, rows, columns, x(2:))
      call point(after, rows, columns, y(2:))
      do lead = 1, size(ahead, 2)
         call self%step%predict(x, y, stepping, error)
         if (allocated(error)) return
         ahead(:, lead, :) = next
         frame = next
         before = after
      end do
   end subroutine encode_and_step

   !> Parts of one array as the states of all layers, (values, columns) each.
   subroutine point(memory, rows, columns, states)
      real(wp), intent(in), contiguous, target :: memory(:, :)
      integer, intent(in) :: rows(:), columns
      type(view_t), intent(inout) :: states(:)
      integer :: first, k
      first = 1
      do k = 1, size(rows)
         associate (last => first + rows(k)*columns - 1)
            states(k)%v(1:rows(k), 1:columns) => memory(first:last, 1)
            first = last + 1
         end associate
      end do
   end subroutine point

   !> A stateful network sees the known frames one by one, then its own.
   subroutine step_with_memory(self, known, ahead, error)
      class(stepper_t), intent(in) :: self
      real(wp), intent(in) :: known(:, :)                       !! (pixels*past, sequences)
      real(wp), intent(out) :: ahead(:, :, :)                   !! (pixels, leads, sequences)
      type(error_t), allocatable, intent(out) :: error
      type(workspace_t) :: work
      type(state_t) :: state
      real(wp), allocatable :: frame(:, :), next(:, :)
      integer :: columns, past, pixels, t
      pixels = size(ahead, 1)
      columns = size(known, 2)
      past = size(known, 1)/pixels
      allocate (next(pixels, columns))
      call self%step%make_state(state, columns, error)
      if (allocated(error)) return
      do t = 1, past + size(ahead, 2) - 1
         if (t <= past) then
            frame = known(pixels*(t - 1) + 1:pixels*t, :)
         else
            frame = next
         end if
         call self%step%predict(frame, next, work, error, state)
         if (allocated(error)) return
         if (t >= past) ahead(:, t - past + 1, :) = next
      end do
   end subroutine step_with_memory

end module stepper
