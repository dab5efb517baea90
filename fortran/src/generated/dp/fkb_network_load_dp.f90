! Generated from network/fkb_network_load.fypp: edit that file and run tools/generate.py
!> From a document to a network: weights, ports, optimizer state; and copies.
submodule(fkb_network_dp) fkb_network_load_dp
   use fkb_config, only: config_t
   use fkb_builtin_dp, only: add_builtin_layers
   use fkb_document_parts, only: buffer_of, dtype_name, in_doubles, in_integers, &
      in_singles, tensor_t
   use fkb_error, only: add_context, fkb_err_format, fkb_err_unsupported, raise
   use fkb_lowering_dp, only: lower
   use fkb_penalties_dp, only: read_penalties
   use fkb_ports, only: read_ports
   use fkb_plan, only: weight_t
   use fkb_processor, only: check_processor_level
   use fkb_reader, only: read_document
   use fkb_shape, only: shape_of
   use fkb_text, only: decimal, span_t
   implicit none (type, external)

   !> Values of one weight that stand in no file.
   integer(i8), parameter :: most_from_option = 16777216_i8

contains

   module procedure load
      type(document_t) :: document
      call read_document(path, document, error)
      if (allocated(error)) return
      call self%load_document(document, error, registry)
      if (.not. allocated(error)) return
      if (error%line > 0) then
         call add_context(error, path//':'//decimal(error%line))
      else
         call add_context(error, path)
      end if
   end procedure load

   module procedure load_document
      type(network_t) :: fresh
      type(values_t) :: values
      type(registry_t) :: builtin
      call check_processor_level(error)
      if (allocated(error)) return
      if (present(registry)) then
         call lower(document, registry, fresh%graph, error)
      else
         call add_builtin_layers(builtin, error)
         if (.not. allocated(error)) call lower(document, builtin, fresh%graph, error)
         call builtin%clear()
      end if
      if (.not. allocated(error)) then
         call document%take_values(values)
         call document%copy_structure(fresh%document)
         call place_weights(fresh, values, error)
      end if
      if (.not. allocated(error)) call fill_from_options(fresh, error)
      if (.not. allocated(error)) call read_penalties(fresh%document, fresh%graph)
      if (.not. allocated(error)) call read_ports(document, values, &
         fresh%graph%values(fresh%graph%inputs)%shape, &
         fresh%graph%values(fresh%graph%outputs)%shape, fresh%inputs, fresh%outputs, error)
      if (.not. allocated(error)) call read_variables(fresh, values)
      if (allocated(error)) then
         call fresh%clear()
         return
      end if
      call keep_others(fresh, values)
      call take_over(self, fresh)
   end procedure load_document

   module procedure copy
      integer :: i
      call self%clear()
      if (.not. source%loaded()) return
      if (allocated(source%params)) allocate (self%params, source=source%params)
      self%frozen = source%frozen
      allocate (self%integers, source=source%integers)
      call self%graph%copy(source%graph)
      allocate (self%inputs(size(source%inputs)), self%outputs(size(source%outputs)))
      do i = 1, size(source%inputs)
         self%inputs(i) = source%inputs(i)
      end do
      do i = 1, size(source%outputs)
         self%outputs(i) = source%outputs(i)
      end do
      call source%document%copy_structure(self%document)
      allocate (self%optimizer_state(size(source%optimizer_state)))
      do i = 1, size(source%optimizer_state)
         self%optimizer_state(i) = source%optimizer_state(i)
      end do
      allocate (self%weight_at, source=source%weight_at)
      self%kept = source%kept
      self%kept_after = source%kept_after
   end procedure copy

   module procedure clear
      call self%thaw()
      call self%graph%clear()
      call self%document%clear()
      if (allocated(self%params)) deallocate (self%params)
      if (allocated(self%integers)) deallocate (self%integers)
      if (allocated(self%inputs)) deallocate (self%inputs)
      if (allocated(self%outputs)) deallocate (self%outputs)
      if (allocated(self%optimizer_state)) deallocate (self%optimizer_state)
      if (allocated(self%weight_at)) deallocate (self%weight_at)
      if (allocated(self%kept%singles)) deallocate (self%kept%singles)
      if (allocated(self%kept%doubles)) deallocate (self%kept%doubles)
      if (allocated(self%kept%integers)) deallocate (self%kept%integers)
      self%kept_after = 0
   end procedure clear

   !> Copy the weights of the file into the flat vector, checking names, shapes and roles before
   !> anything is allocated for them.
   subroutine place_weights(net, values, error)
      type(network_t), intent(inout) :: net
      type(values_t), intent(in) :: values
      type(error_t), allocatable, intent(out) :: error
      type(weight_t) :: none(0)
      integer :: box, node(size(net%graph%layers))
      integer(i8) :: n_integers, n_params
      node = 0                    ! where no call takes part in the outputs
      do box = size(net%graph%nodes), 1, -1
         node(net%graph%nodes(box)%layer) = box
      end do
      do box = 1, size(net%graph%layers)
         if (node(box) == 0) then
            call check_layer(net, box, none, error)
         else
            call check_layer(net, box, net%graph%nodes(node(box))%plan%weights, error)
         end if
         if (allocated(error)) then
            call add_context(error, 'layer "'//net%graph%layers(box)%path//'" ('// &
               net%graph%layers(box)%class_name//')')
            return
         end if
      end do
      n_params = 0
      if (size(net%graph%layers) > 0) n_params = maxval(net%graph%layers%last)
      allocate (net%params(n_params), source=0.0_wp)
      allocate (net%weight_at(net%document%tensor_count), source=0_i8)
      allocate (net%integers(max(0_i8, net%document%value_count(in_integers))), source=0_i8)
      n_integers = 0
      do box = 1, size(net%graph%layers)
         if (node(box) == 0) cycle
         call place_layer(net, box, net%graph%nodes(node(box))%plan%weights, values, n_integers)
      end do
      net%integers = net%integers(:n_integers)
   end subroutine place_weights

   !> The tensors of the file that belong to a layer.
   pure function tensors_of(net, box) result(range)
      type(network_t), intent(in) :: net
      integer, intent(in) :: box
      type(span_t) :: range
      range = span_t()
      associate (block_index => net%graph%layers(box)%block)
         if (block_index > 0) range = net%document%blocks(block_index)%weights
      end associate
   end function tensors_of

   !> The file has all weights of the layer, and no others.
   subroutine check_layer(net, box, weights, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: box
      type(weight_t), intent(in) :: weights(:)
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: range
      integer :: i, t
      range = tensors_of(net, box)
      t = range%first
      do i = 1, size(weights)
         if (weights(i)%from_option) then
            if (weights(i)%shape%count() > most_from_option) call raise(error, &
               fkb_err_unsupported, 'option "'//weights(i)%name//'" is for '// &
               decimal(weights(i)%shape%count())//' values, the most is '// &
               decimal(most_from_option))
         else if (t > range%last) then
            call raise(error, fkb_err_format, 'weight "'//weights(i)%name//'" is missing')
         else
            call check_weight(net%document, net%document%tensors(t), weights(i), &
               t - range%first, error)
            t = t + 1
         end if
         if (allocated(error)) return
      end do
      if (t <= range%last) call raise(error, fkb_err_format, 'weight "'// &
         net%document%text%get(net%document%tensors(t)%name)//'" is one too many', &
         net%document%tensors(t)%line)
   end subroutine check_layer

   subroutine place_layer(net, box, weights, values, n_integers)
      type(network_t), intent(inout) :: net
      integer, intent(in) :: box
      type(weight_t), intent(in) :: weights(:)
      type(values_t), intent(in) :: values
      integer(i8), intent(inout) :: n_integers
      type(span_t) :: range
      integer :: i, t, segment
      integer(i8) :: at
      range = tensors_of(net, box)
      t = range%first - 1
      segment = net%graph%layers(box)%first_segment - 1
      do i = 1, size(weights)
         if (.not. weights(i)%integer_valued) segment = segment + 1
         if (weights(i)%from_option) cycle
         t = t + 1
         associate (tensor => net%document%tensors(t))
            if (weights(i)%integer_valued) then
               net%weight_at(t) = n_integers + 1
               net%integers(n_integers + 1:n_integers + tensor%count) = &
                  values%integers(tensor%offset + 1:tensor%offset + tensor%count)
               n_integers = n_integers + tensor%count
               cycle
            end if
            at = net%graph%layers(box)%first + weights(i)%first - 1
            net%weight_at(t) = at
            net%graph%segments(segment)%path = net%graph%layers(box)%path//'/'// &
               net%document%text%get(tensor%name)
            if (buffer_of(tensor%dtype) == in_singles) then
               net%params(at:at + tensor%count - 1) = real( &
                  values%singles(tensor%offset + 1:tensor%offset + tensor%count), wp)
            else
               net%params(at:at + tensor%count - 1) = real( &
                  values%doubles(tensor%offset + 1:tensor%offset + tensor%count), wp)
            end if
         end associate
      end do
   end subroutine place_layer

   !> A weight has the name that its layer gives it or, where the source of the file does not say
   !> that of a user's layer, its number among the layer's weights.
   subroutine check_weight(document, tensor, weight, number, error)
      type(document_t), intent(in) :: document
      type(tensor_t), intent(in) :: tensor
      type(weight_t), intent(in) :: weight
      integer, intent(in) :: number                  !! from 0
      type(error_t), allocatable, intent(out) :: error
      integer :: extents(tensor%rank)
      extents = tensor%extent(tensor%rank:1:-1)
      associate (given => shape_of(extents))
         if (.not. (document%text%same(tensor%name, weight%name) .or. &
                    document%text%same(tensor%name, decimal(number)))) then
            call raise(error, fkb_err_format, 'weight "'//document%text%get(tensor%name)// &
               '" stands where "'//weight%name//'" is expected', tensor%line)
         else if (given%text() /= weight%shape%text()) then
            call raise(error, fkb_err_format, 'weight "'//weight%name//'" has shape '// &
               given%text()//', '//weight%shape%text()//' is expected', tensor%line)
         else if ((buffer_of(tensor%dtype) == in_integers) .neqv. weight%integer_valued) then
            call raise(error, fkb_err_format, 'weight "'//weight%name//'" has the wrong type '// &
               dtype_name(tensor%dtype), tensor%line)
         else if (tensor%trainable .neqv. (weight%trainable .and. .not. weight%integer_valued)) then
            call raise(error, fkb_err_format, 'weight "'//weight%name// &
               '" has the wrong role (trainable or fixed)', tensor%line)
         end if
      end associate
   end subroutine check_weight

   !> Fill the weights that a layer takes from an option: one number for all, or a list.
   subroutine fill_from_options(net, error)
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      real(dp), allocatable :: numbers(:)
      integer :: box, i, n, node
      integer(i8) :: first, last
      do box = 1, size(net%graph%layers)
         node = findloc(net%graph%nodes%layer, box, dim=1)
         if (node == 0) cycle
         associate (weights => net%graph%nodes(node)%plan%weights, layer => net%graph%layers(box))
            do i = 1, size(weights)
               if (.not. weights(i)%from_option) cycle
               if (layer%block > 0) then
                  call net%document%config(layer%block, config)
               else
                  config = layer%options
               end if
               allocate (numbers(max(1, config%count(weights(i)%name))))
               call config%get_list(weights(i)%name, numbers, n, error)
               first = layer%first + weights(i)%first - 1
               last = first + weights(i)%shape%count() - 1
               if (.not. allocated(error)) then
                  if (n == 1) then
                     net%params(first:last) = real(numbers(1), wp)
                  else if (n == last - first + 1) then
                     net%params(first:last) = real(numbers, wp)
                  else
                     call raise(error, fkb_err_format, 'option "'//weights(i)%name//'" has '// &
                        decimal(n)//' values, '//decimal(last - first + 1)//' are expected')
                  end if
               end if
               if (allocated(error)) then
                  call add_context(error, 'layer "'//layer%path//'" ('//layer%class_name//')')
                  return
               end if
               deallocate (numbers)
            end do
         end associate
      end do
   end subroutine fill_from_options

   !> The optimizer's variables of the file.
   subroutine read_variables(net, values)
      type(network_t), intent(inout) :: net
      type(values_t), intent(in) :: values
      integer :: i, t
      allocate (net%optimizer_state(net%document%variables%count()))
      do i = 1, size(net%optimizer_state)
         t = net%document%variables%first + i - 1
         associate (tensor => net%document%tensors(t), variable => net%optimizer_state(i))
            variable%slot = net%document%text%get(tensor%name)
            variable%path = net%document%text%get(tensor%path)
            variable%dtype = dtype_name(tensor%dtype)
            variable%shape = shape_of(tensor%extent(tensor%rank:1:-1))
            associate (a => tensor%offset + 1, b => tensor%offset + tensor%count)
               select case (buffer_of(tensor%dtype))
               case (in_singles)
                  variable%values = real(values%singles(a:b), dp)
               case (in_doubles)
                  variable%values = values%doubles(a:b)
               case default
                  variable%integers = values%integers(a:b)
               end select
            end associate
         end associate
      end do
   end subroutine read_variables

   !> Keep the values that are no weights: they stand behind the weights in each buffer.
   subroutine keep_others(net, values)
      type(network_t), intent(inout) :: net
      type(values_t), intent(in) :: values
      integer :: b, t
      net%kept_after = 0
      do t = 1, net%document%tensor_count
         if (net%weight_at(t) == 0) cycle
         associate (tensor => net%document%tensors(t))
            b = buffer_of(tensor%dtype)
            net%kept_after(b) = max(net%kept_after(b), tensor%offset + tensor%count)
         end associate
      end do
      net%kept%singles = values%singles(net%kept_after(in_singles) + 1:)
      net%kept%doubles = values%doubles(net%kept_after(in_doubles) + 1:)
      net%kept%integers = values%integers(net%kept_after(in_integers) + 1:)
   end subroutine keep_others

   !> Move all parts of a finished network.
   subroutine take_over(self, fresh)
      class(network_t), intent(inout) :: self
      type(network_t), intent(inout) :: fresh
      call self%clear()
      call move_alloc(fresh%params, self%params)
      call move_alloc(fresh%integers, self%integers)
      call move_alloc(fresh%graph%layers, self%graph%layers)
      call move_alloc(fresh%graph%nodes, self%graph%nodes)
      call move_alloc(fresh%graph%values, self%graph%values)
      call move_alloc(fresh%graph%inputs, self%graph%inputs)
      call move_alloc(fresh%graph%outputs, self%graph%outputs)
      call move_alloc(fresh%graph%output_masks, self%graph%output_masks)
      call move_alloc(fresh%graph%states, self%graph%states)
      call move_alloc(fresh%graph%segments, self%graph%segments)
      self%graph%key = fresh%graph%key
      call move_alloc(fresh%inputs, self%inputs)
      call move_alloc(fresh%outputs, self%outputs)
      call fresh%document%copy_structure(self%document)
      call move_alloc(fresh%optimizer_state, self%optimizer_state)
      call move_alloc(fresh%weight_at, self%weight_at)
      call move_alloc(fresh%kept%singles, self%kept%singles)
      call move_alloc(fresh%kept%doubles, self%kept%doubles)
      call move_alloc(fresh%kept%integers, self%kept%integers)
      self%kept_after = fresh%kept_after
      call fresh%clear()
   end subroutine take_over

end submodule fkb_network_load_dp
