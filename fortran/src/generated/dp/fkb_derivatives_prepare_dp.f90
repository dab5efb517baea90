! Generated from network/fkb_derivatives_prepare.fypp: edit that file and run tools/generate.py
!> Before derivatives: what is refused, shapes, blocks.
submodule(fkb_derivatives_dp) fkb_derivatives_prepare_dp
   use fkb_error, only: fkb_err_argument, fkb_err_unsupported, raise
   use fkb_plan, only: tangent_none
   use fkb_program_dp, only: always_training
   use fkb_shape, only: open_extent
   use fkb_text, only: decimal
   implicit none (type, external)

   !> All values of a block, their derivatives and caches take about so many bytes; at most
   !> `most_columns` columns, and fewer where an open shape leaves it unknown.
   integer(i8), parameter :: block_bytes = 8388608_i8
   integer, parameter :: most_columns = 512, few_columns = 32

contains

   module procedure make_ready
      type(shape_t) :: closed(size(x))
      integer :: k
      columns = 1
      call check_network(net, only_back, error)
      if (allocated(error)) return
      if (size(x) /= size(net%inputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(net%inputs))// &
            ' inputs, '//decimal(size(x))//' arrays were given')
         return
      end if
      call refuse_curves(net, error)
      if (allocated(error)) return
      do k = 1, size(x)
         if (present(shapes)) then
            closed(k) = shapes(k)
         else
            call close_shape(net, k, x(k)%features(), closed(k), error)
         end if
         if (allocated(error)) return
      end do
      columns = min(block_columns(net), max(1, x(1)%batch()))
      call self%work%prepare(net, closed, columns, error, training=.true.)
      if (allocated(error)) return
      call check_arrays(x, host_features(self, net, .true.), x(1)%batch(), 'input', error)
      if (.not. allocated(error)) call check_state(self, net, x(1)%batch(), state_columns, error)
      if (allocated(error) .or. .not. only_back) return
      if (allocated(self%gradient)) then
         if (size(self%gradient) /= size(net%params)) deallocate (self%gradient)
      end if
      if (.not. allocated(self%gradient)) allocate (self%gradient(size(net%params)))
      self%gradient = 0
   end procedure make_ready

   !> The slope of a step that is no straight line depends on the host's value.
   subroutine refuse_curves(net, error)
      type(network_t), intent(in) :: net
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      do k = 1, size(net%inputs)
         if (net%inputs(k)%curved()) call raise(error, fkb_err_unsupported, 'derivatives '// &
            'through the steps of input '//decimal(k - 1)// &
            ' are not supported: one is no straight line')
      end do
      do k = 1, size(net%outputs)
         if (net%outputs(k)%curved()) call raise(error, fkb_err_unsupported, 'derivatives '// &
            'through the steps of output '//decimal(k - 1)// &
            ' are not supported: one is no straight line')
      end do
   end subroutine refuse_curves

   !> Refuse layers without the derivative that is asked for, and calls that state `training=True`
   !> where this would draw numbers or mix samples.
   subroutine check_network(net, only_back, error)
      type(network_t), intent(in) :: net
      logical, intent(in) :: only_back
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      do i = 1, size(net%graph%nodes)
         associate (node => net%graph%nodes(i))
            if (only_back .and. .not. node%plan%can_train) then
               call raise(error, fkb_err_unsupported, net%graph%node_name(i)// &
                  ' has no backward: no gradient goes through it')
            else if (.not. only_back .and. node%plan%tangent == tangent_none) then
               call raise(error, fkb_err_unsupported, net%graph%node_name(i)// &
                  ' has no forward derivative: set plan%tangent in its lay_out')
            else if (node%call_mode == always_training .and. (node%plan%random .or. &
                                                            node%plan%batch_coupled)) then
               call raise(error, fkb_err_unsupported, net%graph%node_name(i)// &
                  ' is called with training=True: derivatives are those of inference')
            end if
            if (allocated(error)) return
         end associate
      end do
   end subroutine check_network

   !> The shape of input `k`; its only open extent follows from what the host gives.
   subroutine close_shape(net, k, features, shape, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: k, features
      type(shape_t), intent(out) :: shape
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: host
      integer :: at, i
      shape = net%graph%values(net%graph%inputs(k))%shape
      if (shape%closed()) return
      host = shape
      if (allocated(net%inputs(k)%chosen)) host%extent(1) = net%inputs(k)%host_elements
      at = 0
      do i = 1, host%rank
         if (host%extent(i) == open_extent) at = merge(i, -1, at == 0)
      end do
      if (at < 1) then
         call raise(error, fkb_err_argument, 'input '//decimal(k)//' has the open shape '// &
            shape%text()//': state the shapes of the inputs')
         return
      end if
      host%extent(at) = 1
      shape%extent(at) = features/max(1, int(host%count()))
   end subroutine close_shape

   !> Columns of a block, from the shapes of the file.
   pure integer function block_columns(net) result(columns)
      type(network_t), intent(in) :: net
      integer(i8) :: bytes
      integer :: i
      bytes = 1
      columns = most_columns
      do i = 1, size(net%graph%values)
         if (.not. net%graph%values(i)%shape%closed()) columns = few_columns
         bytes = bytes + 2*abs(net%graph%values(i)%shape%count())
      end do
      do i = 1, size(net%graph%nodes)
         bytes = bytes + net%graph%nodes(i)%plan%cache
      end do
      bytes = bytes*(storage_size(1.0_wp)/8)
      columns = int(max(1_i8, min(int(columns, i8), block_bytes/bytes)))
   end function block_columns

   subroutine check_state(self, net, batch, state_columns, error)
      class(derivatives_t), intent(in), target :: self
      type(network_t), intent(in) :: net
      integer, intent(in) :: batch, state_columns
      type(error_t), allocatable, intent(inout) :: error
      if (state_columns < 0 .and. net%keeps_state()) then
         call raise(error, fkb_err_argument, 'the network has stateful layers: make a state '// &
            'with net%make_state and pass it as state=')
      else if (state_columns >= 0 .and. state_columns /= batch) then
         call raise(error, fkb_err_argument, 'the state has '//decimal(state_columns)// &
            ' columns, '//decimal(batch)//' are needed')
      end if
   end subroutine check_state

   module procedure check_arrays
      integer :: k
      if (allocated(error)) return
      if (size(arrays) /= size(features)) then
         call raise(error, fkb_err_argument, decimal(size(features))//' arrays are needed ('// &
            what//'), '//decimal(size(arrays))//' were given')
         return
      end if
      do k = 1, size(arrays)
         if (.not. (associated(arrays(k)%s) .or. associated(arrays(k)%d))) cycle
         if (arrays(k)%features() == features(k) .and. arrays(k)%batch() == batch) cycle
         call raise(error, fkb_err_argument, 'array '//decimal(k)//' ('//what//') has '// &
            decimal(arrays(k)%features())//' values for '//decimal(arrays(k)%batch())// &
            ' samples, '//decimal(features(k))//' for '//decimal(batch)//' are needed')
         return
      end do
   end procedure check_arrays

   module procedure host_features
      type(view_t) :: view
      integer :: k
      if (of_inputs) then
         allocate (features(size(net%inputs)))
         do k = 1, size(features)
            view = net%slope(self%work, net%graph%inputs(k))
            features(k) = net%inputs(k)%features(view%shape)
         end do
      else
         allocate (features(size(net%outputs)))
         do k = 1, size(features)
            view = net%slope(self%work, net%graph%outputs(k))
            features(k) = int(view%shape%count())
         end do
      end if
   end procedure host_features

end submodule fkb_derivatives_prepare_dp
