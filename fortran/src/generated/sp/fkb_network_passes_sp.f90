! Generated from network/fkb_network_passes.fypp: edit that file and run tools/generate.py
!> Training: forward over whole columns, the reverse sweep, and what layers change themselves.
submodule(fkb_network_sp:fkb_network_inner_sp) fkb_network_passes_sp
   use fkb_activations, only: act_linear, n_parameters
   use fkb_activity_penalty_sp, only: add_activity_gradient, penalty_of_activity
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_host_sp, only: take
   use fkb_program_sp, only: always_inference, always_training
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure forward_pass
      type(mode_t) :: here
      integer :: i, k, v
      if (work%key /= self%graph%key .or. .not. work%training .or. work%capacity < columns) then
         call raise(error, fkb_err_argument, 'the workspace is not prepared for training with '// &
            decimal(columns)//' columns')
         return
      end if
      work%columns = columns
      work%seeded = .false.
      do k = 1, size(work%x)
         work%x(k)%v => value_at(work%values, work, work%x_value(k), work%x(k)%shape)
      end do
      do k = 1, size(work%y)
         work%y(k)%v => value_at(work%values, work, work%y_value(k), work%y(k)%shape)
      end do
      do k = 1, size(inputs)
         v = self%graph%inputs(k)
         call take(inputs(k), self%inputs(k), work%shapes(v)%extent(1), first, &
            value_at(work%values, work, v, work%shapes(v)))
      end do
      if (present(state)) then
         call move_state(self%graph, state, first, columns, work, .false.)
      else if (self%keeps_state()) then
         call raise(error, fkb_err_argument, &
            'the network has stateful layers: a pass needs a state')
         return
      end if
      do i = 1, size(self%graph%nodes)
         here = node_mode(self, work, i, mode)
         associate (box => self%graph%layers(self%graph%nodes(i)%layer), &
            x => work%x(work%first_x(i):work%first_x(i + 1) - 1), &
            y => work%y(work%first_y(i):work%first_y(i + 1) - 1))
            if (work%plans(i)%checks_input) then
               call box%layer%check_input(work%plans(i), x, error)
               if (allocated(error)) then
                  call add_context(error, self%graph%node_name(i))
                  return
               end if
            end if
            call box%layer%forward(work%plans(i), self%params(box%first:box%last), x, y, &
               work%cache(work%cache_first(i):cache_last(work, i)), work%scratch, here)
         end associate
      end do
      if (present(state)) call move_state(self%graph, state, first, columns, work, .true.)
   end procedure forward_pass

   !> The mode of one node: calls may fix it, and frozen layers may run as in inference.
   pure function node_mode(self, work, node, mode) result(here)
      class(network_t), intent(in) :: self
      type(workspace_t), intent(in) :: work
      integer, intent(in) :: node
      type(mode_t), intent(in) :: mode
      type(mode_t) :: here
      here = mode
      here%node = node
      here%first_sample = (mode%first_sample - 1)*work%folds(node) + 1
      associate (this => self%graph%nodes(node))
         if (this%call_mode == always_inference) here%training = .false.
         if (this%call_mode == always_training) here%training = .true.
         if (work%plans(node)%infers_when_frozen .and. &
            .not. self%graph%layers(this%layer)%own_trainable) here%training = .false.
      end associate
   end function node_mode

   !> Last position of a node's cache for the columns of the pass.
   pure integer(i8) function cache_last(work, node) result(last)
      type(workspace_t), intent(in) :: work
      integer, intent(in) :: node
      last = work%cache_first(node) + work%plans(node)%cache*work%columns*work%folds(node) + &
         work%plans(node)%fixed_cache - 1
   end function cache_last

   !> The columns of a value in an array that lies as the values do, seen as samples of this shape:
   !> the last axes of the value may count as samples.
   function value_at(memory, work, value, shape) result(v)
      real(wp), intent(in), contiguous, target :: memory(:)
      type(workspace_t), intent(in) :: work
      integer, intent(in) :: value
      type(shape_t), intent(in) :: shape
      real(wp), pointer, contiguous :: v(:, :)
      integer :: rows, samples
      rows = int(shape%count())
      samples = work%columns*product(work%shapes(value)%extent(shape%rank + 1:))
      v(1:rows, 1:samples) => memory(work%offset(value) + 1: &
         work%offset(value) + int(rows, i8)*samples)
   end function value_at

   module procedure backward_pass
      integer :: i, k, v
      logical :: spares
      spares = .false.
      if (present(weights_only)) spares = weights_only
      work%reached = .false.
      do k = 1, size(self%graph%outputs)
         if (.not. work%seeded(k)) cycle
         v = seeded_value(self, k, work%on_logits(k))
         call add_gradient(work, v, seed_at(self, work, k))
      end do
      if (present(dstate)) call seed_states(self, work, dstate)
      do i = size(self%graph%nodes), 1, -1
         if (.not. any(work%reached(self%graph%nodes(i)%outputs)) &
            .and. .not. has_penalty(self, i)) cycle
         call node_backward(self, work, i, mode, activity_scale, spares, grad)
      end do
   end procedure backward_pass

   !> The gradient of the new state, where the sweep begins.
   subroutine seed_states(self, work, dstate)
      class(network_t), intent(in) :: self
      type(workspace_t), intent(inout), target :: work
      real(wp), intent(in) :: dstate(:, :)                 !! (n_state, columns)
      real(wp), pointer, contiguous :: part(:, :)
      integer :: row, s
      row = 0
      do s = 1, size(self%graph%states)
         associate (v => self%graph%states(s)%after)
            part => value_at(work%grads, work, v, work%shapes(v))
            if (.not. work%reached(v)) part = 0
            part = part + dstate(row + 1:row + size(part, 1), :)
            row = row + size(part, 1)
            work%reached(v) = .true.
         end associate
      end do
   end subroutine seed_states

   !> One node of the reverse sweep: its gradients go to the values it read.
   subroutine node_backward(self, work, i, mode, activity_scale, spares, grad)
      class(network_t), intent(in) :: self
      type(workspace_t), intent(inout), target :: work
      integer, intent(in) :: i
      type(mode_t), intent(in) :: mode
      real(wp), intent(in) :: activity_scale
      logical, intent(in) :: spares                        !! gradients of inputs are left out
      real(wp), intent(inout), contiguous :: grad(:)
      type(mode_t) :: here
      integer :: k, x1, x2, y1, y2
      integer(i8) :: used
      x1 = work%first_x(i)
      x2 = work%first_x(i + 1) - 1
      y1 = work%first_y(i)
      y2 = work%first_y(i + 1) - 1
      do k = y1, y2
         work%dy(k)%v => value_at(work%grads, work, work%y_value(k), work%dy(k)%shape)
         if (.not. work%reached(work%y_value(k))) work%dy(k)%v = 0
      end do
      used = 0
      do k = x1, x2
         if (spares .and. work%plans(i)%spares_dx .and. &
            self%graph%values(work%x_value(k))%producer == 0) then
            nullify (work%dx(k)%v)
         else if (work%reached(work%x_value(k)) .or. &
            any(work%x_value(x1:k - 1) == work%x_value(k))) then
            work%dx(k)%v => part_at(work, used, size(work%x(k)%v, 1), size(work%x(k)%v, 2))
            used = used + size(work%x(k)%v, kind=i8)
         else
            work%dx(k)%v => value_at(work%grads, work, work%x_value(k), work%dx(k)%shape)
         end if
      end do
      here = node_mode(self, work, i, mode)
      associate (box => self%graph%layers(self%graph%nodes(i)%layer))
         if (box%activity%acts()) call add_activity_gradient(box%activity, activity_scale, &
            work%y(y1)%v, work%dy(y1)%v)
         call box%layer%backward(work%plans(i), self%params(box%first:box%last), work%x(x1:x2), &
            work%y(y1:y2), work%cache(work%cache_first(i):cache_last(work, i)), work%scratch, &
            work%dy(y1:y2), work%dx(x1:x2), grad(box%first:box%last), here)
      end associate
      used = 0
      do k = x1, x2
         if (.not. associated(work%dx(k)%v)) cycle
         if (work%reached(work%x_value(k))) then
            call add_gradient(work, work%x_value(k), work%dx(k)%v)
         else
            work%reached(work%x_value(k)) = .true.
         end if
      end do
   end subroutine node_backward

   module procedure tangent_pass
      integer :: i, k, n, x1, x2, y1, y2
      do k = 1, size(work%x)
         work%dx(k)%v => value_at(work%grads, work, work%x_value(k), work%dx(k)%shape)
      end do
      do k = 1, size(work%y)
         work%dy(k)%v => value_at(work%grads, work, work%y_value(k), work%dy(k)%shape)
      end do
      do i = 1, size(self%graph%nodes)
         x1 = work%first_x(i)
         x2 = work%first_x(i + 1) - 1
         y1 = work%first_y(i)
         y2 = work%first_y(i + 1) - 1
         associate (box => self%graph%layers(self%graph%nodes(i)%layer))
            n = merge(int(box%last - box%first) + 1, 0, size(dparams) > 0)
            call box%layer%tangent(work%plans(i), self%params(box%first:box%last), &
               dparams(box%first:box%first + n - 1), work%x(x1:x2), work%y(y1:y2), &
               work%cache(work%cache_first(i):cache_last(work, i)), work%scratch, &
               work%dx(x1:x2), work%dy(y1:y2), node_mode(self, work, i, mode))
         end associate
      end do
   end procedure tangent_pass

   module procedure slope
      view%v => value_at(work%grads, work, value, work%shapes(value))
      view%shape = work%shapes(value)
   end procedure slope

   !> Add a gradient to what a value has, or make it the first.
   subroutine add_gradient(work, value, dv)
      type(workspace_t), intent(inout), target :: work
      integer, intent(in) :: value
      real(wp), intent(in), contiguous :: dv(:, :)
      real(wp), pointer, contiguous :: sum(:, :)
      integer :: rows
      rows = size(dv, 1)
      sum(1:rows, 1:size(dv, 2)) => work%grads(work%offset(value) + 1: &
         work%offset(value) + size(dv, kind=i8))
      if (work%reached(value)) then
         sum = sum + dv
      else
         sum = dv
         work%reached(value) = .true.
      end if
   end subroutine add_gradient

   function part_at(work, used, rows, samples) result(v)
      type(workspace_t), intent(in), target :: work
      integer(i8), intent(in) :: used
      integer, intent(in) :: rows, samples
      real(wp), pointer, contiguous :: v(:, :)
      v(1:rows, 1:samples) => work%part(used + 1:used + int(rows, i8)*samples)
   end function part_at

   !> Whether the output of a node has a penalty of its own.
   pure logical function has_penalty(self, node)
      class(network_t), intent(in) :: self
      integer, intent(in) :: node
      associate (box => self%graph%layers(self%graph%nodes(node)%layer))
         has_penalty = box%activity%acts()
      end associate
   end function has_penalty

   !> Memory for the gradient of output `k`, or of its logits, which are as many.
   function seed_at(self, work, k) result(v)
      class(network_t), intent(in) :: self
      type(workspace_t), intent(in), target :: work
      integer, intent(in) :: k
      real(wp), pointer, contiguous :: v(:, :)
      integer :: rows
      rows = int(work%shapes(self%graph%outputs(k))%count())
      v(1:rows, 1:work%columns) => work%seed(work%seed_first(k) + 1: &
         work%seed_first(k) + int(rows, i8)*work%columns)
   end function seed_at

   !> The value that the gradient of output `k` belongs to.
   integer function seeded_value(self, k, on_logits) result(value)
      class(network_t), intent(in) :: self
      integer, intent(in) :: k
      logical, intent(in) :: on_logits
      value = self%graph%outputs(k)
      if (on_logits) value = self%graph%nodes(activated_by(self, k))%inputs(1)
   end function seeded_value

   !> The node whose activation is the last one of output `k`: Keras looks through layers that hand
   !> their input on. 0 where an input of the network is the output.
   integer function activated_by(self, k) result(node)
      class(network_t), intent(in) :: self
      integer, intent(in) :: k
      real(dp) :: parameters(n_parameters)
      integer :: id
      node = self%graph%values(self%graph%outputs(k))%producer
      do while (node > 0)
         select case (self%graph%layers(self%graph%nodes(node)%layer)%class_name)
         case ('Identity')
            if (self%document%keras_major() < 3) return     ! a copy there, without its origin
         case ('Activation')
            call self%graph%layers(self%graph%nodes(node)%layer)%layer%as_activation(id, parameters)
            if (id /= act_linear) return
         case ('ActivityRegularization')
         case default
            return
         end select
         if (size(self%graph%nodes(node)%inputs) /= 1) return
         node = self%graph%values(self%graph%nodes(node)%inputs(1))%producer
      end do
   end function activated_by

   module procedure update_pass
      integer :: i
      do i = 1, size(self%graph%nodes)
         associate (box => self%graph%layers(self%graph%nodes(i)%layer))
            call box%layer%update(work%plans(i), self%params(box%first:box%last), &
               work%cache(work%cache_first(i):cache_last(work, i)), node_mode(self, work, i, mode))
         end associate
      end do
   end procedure update_pass

   module procedure output
      view%shape = work%shapes(self%graph%outputs(k))
      view%v => value_at(work%values, work, self%graph%outputs(k), view%shape)
   end procedure output

   module procedure output_logits
      real(dp) :: parameters(n_parameters)
      integer :: id, node, value
      node = activated_by(self, k)
      if (node == 0) return
      call self%graph%layers(self%graph%nodes(node)%layer)%layer%as_activation(id, parameters)
      if (id /= activation .or. size(self%graph%nodes(node)%inputs) /= 1) return
      value = self%graph%nodes(node)%inputs(1)
      view%shape = work%shapes(value)
      view%v => value_at(work%values, work, value, view%shape)
   end procedure output_logits

   module procedure pass_value
      view%shape = work%shapes(value)
      view%v => value_at(work%values, work, value, view%shape)
   end procedure pass_value

   module procedure output_gradient
      integer :: value
      value = seeded_value(self, k, on_logits)
      work%seeded(k) = .true.
      work%on_logits(k) = on_logits
      view%v => seed_at(self, work, k)
      view%shape = work%shapes(value)
   end procedure output_gradient

   module procedure input_gradient
      integer :: value
      value = self%graph%inputs(k)
      view%v => value_at(work%grads, work, value, work%shapes(value))
      if (.not. work%reached(value)) view%v = 0
      view%shape = work%shapes(value)
   end procedure input_gradient

   module procedure activity_penalty
      integer :: i
      penalty = 0
      do i = 1, size(self%graph%nodes)
         associate (box => self%graph%layers(self%graph%nodes(i)%layer), &
            y => work%y(work%first_y(i)))
            if (box%activity%acts()) then
               penalty = penalty + penalty_of_activity(box%activity, y%v)
            end if
         end associate
      end do
   end procedure activity_penalty

end submodule fkb_network_passes_sp
