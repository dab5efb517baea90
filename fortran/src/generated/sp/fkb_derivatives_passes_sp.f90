! Generated from network/fkb_derivatives_passes.fypp: edit that file and run tools/generate.py
!> Directions forward and gradients back, block after block of columns.
submodule(fkb_derivatives_sp) fkb_derivatives_passes_sp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_host_sp, only: give, give_slopes, take_slopes
   implicit none (type, external)

contains

   module procedure jvp_hosts
      integer :: batch, columns, first, n
      batch = 0
      if (size(x) > 0) batch = x(1)%batch()
      call make_ready(self, net, x, columns_of(state), columns, .false., error, shapes)
      if (allocated(error)) return
      if (present(dparams)) call check_params(net, size(dparams), error)
      if (present(dstate)) call check_direction(state, dstate, error)
      call check_arrays(dx, host_features(self, net, .true.), batch, 'direction of an input', error)
      call check_arrays(y, host_features(self, net, .false.), batch, 'output', error)
      call check_arrays(dy, host_features(self, net, .false.), batch, 'direction of an output', &
                        error)
      if (allocated(error)) return
      if (present(state)) call state%begin()
      if (present(dstate)) call dstate%begin()
      do first = 1, batch, columns
         n = min(columns, batch - first + 1)
         call direct_block(self, net, x, dx, first, n, error, dparams, state, dstate)
         if (allocated(error)) return
         call give_block(self, net, y, dy, first)
         if (present(dstate)) call move_states(self, net, first, n, dstate%next, .true., .true.)
      end do
      if (present(state)) call state%advance()
      if (present(dstate)) call dstate%advance()
   end procedure jvp_hosts

   !> One block forward, with the directions of everything in the workspace.
   subroutine direct_block(self, net, x, dx, first, n, error, dparams, state, dstate)
      class(derivatives_t), intent(inout), target :: self
      type(network_t), intent(in) :: net
      type(host_t), intent(in) :: x(:), dx(:)
      integer, intent(in) :: first, n
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(in), contiguous, optional :: dparams(:)
      type(state_t), intent(inout), optional :: state, dstate
      type(mode_t) :: mode
      type(view_t) :: view
      real(wp) :: nothing(0)
      integer :: k
      mode%first_sample = first
      call net%forward_pass(x, first, n, self%work, mode, error, state)
      if (allocated(error)) return
      do k = 1, size(x)
         view = net%slope(self%work, net%graph%inputs(k))
         call take_slopes(dx(k), net%inputs(k), view%shape%extent(1), first, view%v)
      end do
      do k = 1, size(net%graph%states)
         view = net%slope(self%work, net%graph%states(k)%before)
         view%v = 0
      end do
      if (present(dstate)) call move_states(self, net, first, n, dstate%values, .false., .false.)
      if (present(dparams)) then
         call net%tangent_pass(self%work, mode, dparams)
      else
         call net%tangent_pass(self%work, mode, nothing)
      end if
   end subroutine direct_block

   !> Outputs and their directions of a block, to the host.
   subroutine give_block(self, net, y, dy, first)
      class(derivatives_t), intent(inout), target :: self
      type(network_t), intent(in) :: net
      type(host_t), intent(in) :: y(:), dy(:)
      integer, intent(in) :: first
      type(view_t) :: view
      integer :: k
      do k = 1, size(net%outputs)
         view = net%output(self%work, k)
         call give_output(net, k, view, first, y)
         view = net%slope(self%work, net%graph%outputs(k))
         call give_slopes(view%v, net%outputs(k), view%shape%extent(1), first, dy(k))
      end do
   end subroutine give_block

   subroutine give_output(net, k, view, first, y)
      type(network_t), intent(in) :: net
      integer, intent(in) :: k, first
      type(view_t), intent(in) :: view
      type(host_t), intent(in) :: y(:)
      if (associated(y(k)%s) .or. associated(y(k)%d)) then
         call give(view%v, net%outputs(k), view%shape%extent(1), first, y(k))
      end if
   end subroutine give_output

   module procedure vjp_hosts
      type(state_t) :: before
      integer :: batch, columns, first, n
      batch = 0
      if (present(gparams)) gparams = 0
      if (size(x) > 0) batch = x(1)%batch()
      call make_ready(self, net, x, columns_of(state), columns, .true., error, shapes)
      if (allocated(error)) return
      if (present(gparams)) call check_params(net, size(gparams), error)
      if (present(gstate)) call check_direction(state, gstate, error)
      call check_arrays(w, host_features(self, net, .false.), batch, 'weight of an output', error)
      call check_arrays(dx, host_features(self, net, .true.), batch, 'gradient of an input', error)
      if (present(y)) call check_arrays(y, host_features(self, net, .false.), batch, 'output', &
                                        error)
      if (allocated(error)) return
      if (present(state)) then
         before = state
         call before%begin()
      end if
      if (present(gstate)) call gstate%begin()
      do first = 1, batch, columns
         n = min(columns, batch - first + 1)
         call reverse_block(self, net, x, w, dx, first, n, error, gparams, y, before, gstate)
         if (allocated(error)) return
         if (present(gstate)) call move_states(self, net, first, n, gstate%next, .true., .false.)
      end do
      if (present(gstate)) call gstate%advance()
   end procedure vjp_hosts

   !> One block forward and back.
   subroutine reverse_block(self, net, x, w, dx, first, n, error, gparams, y, before, gstate)
      class(derivatives_t), intent(inout), target :: self
      type(network_t), intent(in) :: net
      type(host_t), intent(in) :: x(:), w(:), dx(:)
      integer, intent(in) :: first, n
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(inout), contiguous, optional :: gparams(:)
      type(host_t), intent(in), optional :: y(:)
      type(state_t), intent(inout) :: before        !! empty without stateful layers
      type(state_t), intent(in), optional :: gstate
      type(mode_t) :: mode
      type(view_t) :: view
      integer :: k
      mode%first_sample = first
      if (allocated(before%values)) then
         call net%forward_pass(x, first, n, self%work, mode, error, before)
      else
         call net%forward_pass(x, first, n, self%work, mode, error)
      end if
      if (allocated(error)) return
      do k = 1, size(net%outputs)
         view = net%output(self%work, k)
         if (present(y)) call give_output(net, k, view, first, y)
         view = net%output_gradient(self%work, k, .false.)
         call take_slopes(w(k), net%outputs(k), view%shape%extent(1), first, view%v)
      end do
      if (present(gparams)) then
         call back(gparams)
      else
         call back(self%gradient)
      end if
      do k = 1, size(dx)
         view = net%input_gradient(self%work, k)
         call give_slopes(view%v, net%inputs(k), view%shape%extent(1), first, dx(k))
      end do

   contains

      subroutine back(gradient)
         real(wp), intent(inout), contiguous :: gradient(:)
         if (present(gstate)) then
            call net%backward_pass(self%work, mode, 0.0_wp, gradient, &
                                   gstate%values(:, first:first + n - 1))
         else
            call net%backward_pass(self%work, mode, 0.0_wp, gradient)
         end if
      end subroutine back

   end subroutine reverse_block

   !> Directions or gradients of the states of a block, between their values and rows.
   subroutine move_states(self, net, first, n, rows, out, after)
      class(derivatives_t), intent(inout), target :: self
      type(network_t), intent(in) :: net
      integer, intent(in) :: first, n
      real(wp), intent(inout) :: rows(:, :)
      logical, intent(in) :: out                    !! from the values to the rows
      logical, intent(in) :: after                  !! of the new states, else of the old ones
      type(view_t) :: view
      integer :: row, s, value
      row = 0
      do s = 1, size(net%graph%states)
         value = net%graph%states(s)%before
         if (after) value = net%graph%states(s)%after
         view = net%slope(self%work, value)
         associate (part => rows(row + 1:row + size(view%v, 1), first:first + n - 1))
            if (out) then
               part = view%v
            else
               view%v = part
            end if
         end associate
         row = row + size(view%v, 1)
      end do
   end subroutine move_states

   !> Columns of a state, -1 for none.
   pure integer function columns_of(state) result(columns)
      type(state_t), intent(in), optional :: state
      columns = -1
      if (present(state)) columns = state%columns()
   end function columns_of

   subroutine check_params(net, n, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: n
      type(error_t), allocatable, intent(inout) :: error
      if (n /= size(net%params) .and. .not. allocated(error)) call raise(error, fkb_err_argument, &
         'the direction or gradient of the weights has another size than net%params')
   end subroutine check_params

   !> The direction or gradient of a state is like the state.
   subroutine check_direction(state, direction, error)
      type(state_t), intent(in), optional :: state
      type(state_t), intent(in) :: direction
      type(error_t), allocatable, intent(inout) :: error
      logical :: fits
      fits = present(state) .and. allocated(direction%values)
      if (fits) fits = all(shape(state%values) == shape(direction%values))
      if (.not. fits .and. .not. allocated(error)) call raise(error, fkb_err_argument, &
         'the direction or gradient of a state needs the state, and is as large')
   end subroutine check_direction

end submodule fkb_derivatives_passes_sp
