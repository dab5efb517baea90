! Generated from network/fkb_network_predict.fypp: edit that file and run tools/generate.py
!> Inference: block after block of columns through all nodes.
submodule(fkb_network_sp:fkb_network_inner_sp) fkb_network_predict_sp
   use, intrinsic :: iso_c_binding, only: c_f_pointer, c_loc
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_host_sp, only: give, take
   use fkb_program_sp, only: always_training
   use fkb_shape, only: open_extent
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Inputs and outputs up to which a call allocates nothing.
   integer, parameter :: few = 8

contains

   module procedure run
      integer :: batch
      call check_arrays(self, inputs, outputs, batch, error)
      if (allocated(error)) return
      if (present(raw)) then
         if (raw) then
            call run_raw(self, inputs, outputs, batch, work, error, state)
            return
         end if
      end if
      call run_blocks(self, self%inputs, self%outputs, inputs, outputs, batch, work, error, state)
   end procedure run

   !> Without the ports' steps. Apart, because arrays of unknown size are allocated at entry.
   subroutine run_raw(self, inputs, outputs, batch, work, error, state)
      type(network_t), intent(in) :: self
      type(host_t), intent(in) :: inputs(:), outputs(:)
      integer, intent(in) :: batch
      type(workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(inout), optional, target :: state
      type(port_t) :: plain(few)
      if (max(size(inputs), size(outputs)) > few) then
         call run_raw_many(self, inputs, outputs, batch, work, error, state)
      else
         call run_blocks(self, plain(:size(inputs)), plain(:size(outputs)), inputs, outputs, &
            batch, work, error, state)
      end if
   end subroutine run_raw

   !> The same for any number of arrays.
   subroutine run_raw_many(self, inputs, outputs, batch, work, error, state)
      type(network_t), intent(in) :: self
      type(host_t), intent(in) :: inputs(:), outputs(:)
      integer, intent(in) :: batch
      type(workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(inout), optional, target :: state
      type(port_t) :: plain_in(size(inputs)), plain_out(size(outputs))
      call run_blocks(self, plain_in, plain_out, inputs, outputs, batch, work, error, state)
   end subroutine run_raw_many

   subroutine run_blocks(self, in_ports, out_ports, inputs, outputs, batch, work, error, state)
      type(network_t), intent(in) :: self
      type(port_t), intent(in) :: in_ports(:), out_ports(:)
      type(host_t), intent(in) :: inputs(:), outputs(:)
      integer, intent(in) :: batch
      type(workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(inout), optional, target :: state
      integer :: columns, first
      call make_ready(self, in_ports, inputs, batch, work, error)
      if (.not. allocated(error)) call check_sizes(self, in_ports, inputs, outputs, work, error)
      if (.not. allocated(error)) call check_state(self%graph, batch, work, error, state)
      do first = 1, batch, max(1, work%capacity)
         if (allocated(error)) return
         columns = min(work%capacity, batch - first + 1)
         call connect(self, in_ports, out_ports, inputs, outputs, first, columns, work)
         if (present(state)) call move_state(self%graph, state, first, columns, work, .false.)
         call run_nodes(self, first, work, error)
         if (allocated(error)) return
         call deliver(self, out_ports, outputs, first, columns, work)
         if (present(state)) call move_state(self%graph, state, first, columns, work, .true.)
      end do
      if (present(state) .and. .not. allocated(error)) call state%advance()
   end subroutine run_blocks

   subroutine run_nodes(self, first, work, error)
      type(network_t), intent(in) :: self
      integer, intent(in) :: first
      type(workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      type(mode_t) :: mode
      integer :: cached, i
      do i = 1, size(self%graph%nodes)
         if (.not. work%runs(i)) cycle
         mode%first_sample = int(first - 1, i8)*work%folds(i) + 1
         mode%node = i
         mode%training = self%graph%nodes(i)%call_mode == always_training
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
            cached = merge(0, size(work%cache), work%plans(i)%spares_cache)
            if (.not. self%frozen%on) then
               call box%layer%forward(work%plans(i), self%params(box%first:box%last), x, y, &
                  work%cache(:cached), work%scratch, mode)
            else if (work%plans(i)%is_packed) then
               call box%layer%forward(work%plans(i), &
                  self%frozen%packed(self%frozen%first(i):self%frozen%last(i)), x, y, &
                  work%cache(:cached), work%scratch, mode)
            else
               call box%layer%forward(work%plans(i), &
                  self%frozen%weights(box%first:box%last), x, y, work%cache(:cached), &
                  work%scratch, mode)
            end if
         end associate
      end do
   end subroutine run_nodes

   !> Prepare the workspace unless it is.
   subroutine make_ready(self, ports, inputs, batch, work, error)
      type(network_t), intent(in) :: self
      type(port_t), intent(in) :: ports(:)
      type(host_t), intent(in) :: inputs(:)
      integer, intent(in) :: batch
      type(workspace_t), intent(inout) :: work
      type(error_t), allocatable, intent(out) :: error
      if (work%key == self%graph%key .and. .not. work%training .and. &
         (work%capacity >= batch .or. work%holds_block)) then
         if (all_features_fit(ports, inputs, work)) return
      end if
      call prepare_for(self, ports, inputs, batch, work, error)
   end subroutine make_ready

   !> Prepare the workspace; one open dimension an input follows from its size.
   subroutine prepare_for(self, ports, inputs, batch, work, error)
      type(network_t), intent(in) :: self
      type(port_t), intent(in) :: ports(:)
      type(host_t), intent(in) :: inputs(:)
      integer, intent(in) :: batch
      type(workspace_t), intent(inout) :: work
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: shapes(size(inputs))
      integer :: k
      do k = 1, size(inputs)
         shapes(k) = self%graph%values(self%graph%inputs(k))%shape
         if (shapes(k)%closed()) cycle
         if (work%key == self%graph%key) then
            if (ports(k)%features(work%in_shapes(k)) == inputs(k)%features()) then
               shapes(k) = work%in_shapes(k)
               cycle
            end if
         end if
         call infer(ports(k), inputs(k)%features(), shapes(k))
         if (.not. shapes(k)%closed()) then
            call raise(error, fkb_err_argument, 'input '//decimal(k)//' has the open shape '// &
               shapes(k)%text()//': call work%prepare(net, in_shapes, batch, error) first')
            return
         end if
      end do
      call work%prepare(self, shapes, batch, error)
   end subroutine prepare_for

   pure logical function all_features_fit(ports, inputs, work) result(fit)
      type(port_t), intent(in) :: ports(:)
      type(host_t), intent(in) :: inputs(:)
      type(workspace_t), intent(in) :: work
      integer :: k
      fit = .true.
      do k = 1, size(inputs)
         fit = fit .and. inputs(k)%features() == ports(k)%features(work%in_shapes(k))
      end do
   end function all_features_fit

   !> Close the only open extent of `shape` so that it has as many values as the host gives.
   pure subroutine infer(port, features, shape)
      type(port_t), intent(in) :: port
      integer, intent(in) :: features
      type(shape_t), intent(inout) :: shape
      integer :: i, known
      if (count(shape%extent(:shape%rank) == open_extent) /= 1) return
      known = 1
      do i = 1, shape%rank
         if (shape%extent(i) == open_extent) cycle
         if (i == 1 .and. allocated(port%chosen)) then
            known = known*port%host_elements
         else
            known = known*shape%extent(i)
         end if
      end do
      if (known <= 0) return
      if (mod(features, known) /= 0) return
      do i = 1, shape%rank
         if (shape%extent(i) == open_extent) shape%extent(i) = features/known
      end do
   end subroutine infer

   !> Point all views at their memory for a block of columns, and fetch inputs that need a change.
   subroutine connect(self, in_ports, out_ports, inputs, outputs, first, columns, work)
      type(network_t), intent(in) :: self
      type(port_t), intent(in) :: in_ports(:), out_ports(:)
      type(host_t), intent(in) :: inputs(:), outputs(:)
      integer, intent(in) :: first, columns
      type(workspace_t), intent(inout), target :: work
      real(wp), pointer, contiguous :: whole(:, :)
      integer :: k, v
      do k = 1, size(work%given)
         nullify (work%given(k)%v)
      end do
      do k = 1, size(outputs)
         v = self%graph%outputs(k)
         whole => outputs(k)%same()
         if (.not. associated(whole) .or. out_ports(k)%changes()) cycle
         if (work%place(v) == v) work%given(v)%v => whole(:, first:first + columns - 1)
      end do
      do k = 1, size(inputs)
         v = self%graph%inputs(k)
         whole => inputs(k)%same()
         if (associated(whole) .and. .not. in_ports(k)%changes()) then
            work%given(v)%v => whole(:, first:first + columns - 1)
         else
            nullify (work%given(v)%v)
            call take(inputs(k), in_ports(k), work%shapes(v)%extent(1), first, &
               memory(work, v, columns, work%shapes(v)))
         end if
      end do
      do k = 1, size(work%x)
         call see(work%place(work%x_value(k)), work%shapes(work%x_value(k)), columns, work%given, &
            work%offset, work%values, work%x(k)%shape, work%x(k)%v)
      end do
      do k = 1, size(work%y)
         call see(work%place(work%y_value(k)), work%shapes(work%y_value(k)), columns, work%given, &
            work%offset, work%values, work%y(k)%shape, work%y(k)%v)
      end do
   end subroutine connect

   !> Point a view at its memory, see `memory`. The pointer is set where it lies: a function's
   !> result would be copied, which waits until all parts of it are written.
   subroutine see(root, whole, columns, given, offset, values, shape, v)
      integer, intent(in) :: root                           !! the value whose memory it is
      type(shape_t), intent(in) :: whole                    !! of a column of the value
      integer, intent(in) :: columns
      type(view_t), intent(in) :: given(:)
      integer(i8), intent(in) :: offset(:)
      real(wp), intent(in), contiguous, target :: values(:)
      type(shape_t), intent(in) :: shape
      real(wp), pointer, contiguous, intent(out) :: v(:, :)
      integer :: rows, samples
      rows = product(shape%extent(:shape%rank))
      samples = columns*product(whole%extent(shape%rank + 1:))
      if (associated(given(root)%v)) then
         v(1:rows, 1:samples) => given(root)%v
      else
         v(1:rows, 1:samples) => values(offset(root) + 1:offset(root) + int(rows, i8)*samples)
      end if
   end subroutine see

   !> The memory of a value for so many columns, seen as samples of this shape: the last axes of
   !> the value may count as samples.
   function memory(work, value, columns, shape) result(v)
      type(workspace_t), intent(in), target :: work
      integer, intent(in) :: value, columns
      type(shape_t), intent(in) :: shape
      real(wp), pointer, contiguous :: v(:, :)
      call see(work%place(value), work%shapes(value), columns, work%given, work%offset, &
         work%values, shape, v)
   end function memory

   !> Hand over the outputs that were not written in place.
   subroutine deliver(self, ports, outputs, first, columns, work)
      type(network_t), intent(in) :: self
      type(port_t), intent(in) :: ports(:)
      type(host_t), intent(in) :: outputs(:)
      integer, intent(in) :: first, columns
      type(workspace_t), intent(in), target :: work
      real(wp), pointer, contiguous :: whole(:, :), here(:, :)
      integer :: k, v
      do k = 1, size(outputs)
         v = self%graph%outputs(k)
         if (associated(work%given(v)%v)) then
            whole => outputs(k)%same()
            if (associated(whole)) then
               if (associated(work%given(v)%v, whole(:, first:first + columns - 1))) cycle
            end if
         end if
         here => memory(work, v, columns, work%shapes(v))
         call give(here, ports(k), work%shapes(v)%extent(1), first, outputs(k))
      end do
   end subroutine deliver

   module procedure predict_sp
      type(host_t) :: inputs(1), outputs(1)
      inputs(1)%s => x
      outputs(1)%s => y
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_sp

   module procedure predict_one_sp
      type(host_t) :: inputs(1), outputs(1)
      inputs(1)%s(1:size(x), 1:1) => x
      outputs(1)%s(1:size(y), 1:1) => y
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_one_sp

   module procedure predict_many_sp
      type(host_t) :: inputs(size(x)), outputs(size(y))
      integer :: k
      do k = 1, size(x)
         inputs(k)%s => x(k)%v
      end do
      do k = 1, size(y)
         outputs(k)%s => y(k)%v
      end do
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_many_sp

   module procedure predict_any_sp
      type(host_t) :: inputs(1), outputs(1)
      if (batch < 0) then
         call raise(error, fkb_err_argument, 'the batch is negative')
      else if (batch == 0 .and. size(x) == 0 .and. size(y) == 0 .and. self%loaded()) then
         return
      else if (mod(size(x), max(1, batch)) /= 0 .or. mod(size(y), max(1, batch)) /= 0) then
         call raise(error, fkb_err_argument, 'the arrays do not hold '//decimal(batch)//' samples')
      end if
      if (allocated(error)) return
      call c_f_pointer(c_loc(x), inputs(1)%s, [size(x)/max(1, batch), batch])
      call c_f_pointer(c_loc(y), outputs(1)%s, [size(y)/max(1, batch), batch])
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_any_sp

   module procedure predict_dp
      type(host_t) :: inputs(1), outputs(1)
      inputs(1)%d => x
      outputs(1)%d => y
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_dp

   module procedure predict_one_dp
      type(host_t) :: inputs(1), outputs(1)
      inputs(1)%d(1:size(x), 1:1) => x
      outputs(1)%d(1:size(y), 1:1) => y
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_one_dp

   module procedure predict_many_dp
      type(host_t) :: inputs(size(x)), outputs(size(y))
      integer :: k
      do k = 1, size(x)
         inputs(k)%d => x(k)%v
      end do
      do k = 1, size(y)
         outputs(k)%d => y(k)%v
      end do
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_many_dp

   module procedure predict_any_dp
      type(host_t) :: inputs(1), outputs(1)
      if (batch < 0) then
         call raise(error, fkb_err_argument, 'the batch is negative')
      else if (batch == 0 .and. size(x) == 0 .and. size(y) == 0 .and. self%loaded()) then
         return
      else if (mod(size(x), max(1, batch)) /= 0 .or. mod(size(y), max(1, batch)) /= 0) then
         call raise(error, fkb_err_argument, 'the arrays do not hold '//decimal(batch)//' samples')
      end if
      if (allocated(error)) return
      call c_f_pointer(c_loc(x), inputs(1)%d, [size(x)/max(1, batch), batch])
      call c_f_pointer(c_loc(y), outputs(1)%d, [size(y)/max(1, batch), batch])
      call self%run(inputs, outputs, work, error, state=state)
   end procedure predict_any_dp

end submodule fkb_network_predict_sp
