! Generated from train/fkb_trainer_setup.fypp: edit that file and run tools/generate.py
!> Beginning and ending: losses, optimizer, and the state that travels in the model file.
submodule(fkb_trainer_sp) fkb_trainer_setup_sp
   use fkb_compile_sp, only: compile_option, losses_from_config
   use fkb_error, only: fkb_err_argument, fkb_err_format, raise
   use fkb_json, only: json_real_text
   use fkb_optimizer_sp, only: optimizer_state_t
   use fkb_optimizers_sp, only: optimizer_from_config
   use fkb_optimizer_state_sp, only: get_values, place_iteration, place_rate, put_values, &
      state_list_t, state_variable_t
   use fkb_shape, only: operator(==)
   use fkb_text, only: decimal, quote
   use fkb_variable, only: variable_t
   implicit none (type, external)

contains

   module procedure init_one
      type(loss_box_t), allocatable :: boxes(:)
      integer :: k
      allocate (boxes(0))
      if (net%loaded()) then
         deallocate (boxes)
         allocate (boxes(size(net%outputs)))
      end if
      do k = 1, size(boxes)
         allocate (boxes(k)%loss, source=loss)
      end do
      call self%init(net, boxes, optimizer, error, seed)
      call clear_boxes(boxes)
   end procedure init_one

   module procedure init_boxes
      integer :: k
      call net%can_train(error)
      if (allocated(error)) return
      if (size(losses) /= size(net%outputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(net%outputs))// &
                    ' outputs, '//decimal(size(losses))//' losses were given')
         return
      end if
      call self%clear()
      self%net => net
      allocate (self%losses(size(losses)))
      do k = 1, size(losses)
         self%losses(k)%weight = losses(k)%weight
         if (allocated(losses(k)%loss)) then
            allocate (self%losses(k)%loss, source=losses(k)%loss)
         end if
      end do
      allocate (self%optimizer, source=optimizer)
      self%optimizer%learning_rate = optimizer%rate()
      allocate (self%goals(size(losses)), self%output_losses(size(losses)))
      allocate (self%grad(size(net%params)), source=0.0_wp)
      call self%optimizer%prepare(self%state, net%params, net%graph%segments)
      self%rate_dtype = merge('float32', 'float64', wp == sp)
      self%loss_config = config_of(self%losses)
      self%optimizer_of_file = .false.
      self%metrics_of_file = .false.
      if (present(seed)) self%seed = seed
   end procedure init_boxes

   module procedure init_from_file
      type(loss_box_t), allocatable :: boxes(:)
      class(optimizer_t), allocatable :: made
      character(:), allocatable :: loss_text, optimizer_text, weights_text
      call net%can_train(error)
      if (allocated(error)) return
      loss_text = compile_option(net%document, 'loss')
      weights_text = compile_option(net%document, 'loss_weights')
      optimizer_text = compile_option(net%document, 'optimizer')
      if (present(loss)) then
         loss_text = loss
         weights_text = ''
      end if
      if (present(optimizer)) optimizer_text = optimizer
      if (len(loss_text) == 0 .or. len(optimizer_text) == 0) then
         call raise(error, fkb_err_argument, 'the model file has no compile configuration with '// &
                    merge('a loss      ', 'an optimizer', len(loss_text) == 0)//': give one')
         return
      end if
      call losses_from_config(net%document, loss_text, weights_text, boxes, error, registry)
      if (.not. allocated(error)) call optimizer_from_config(optimizer_text, &
         made, error, net%document%keras_major(), optimizers)
      if (.not. allocated(error)) call self%init(net, boxes, made, error, seed)
      call clear_boxes(boxes)
      if (allocated(error)) return
      self%metrics_of_file = .true.
      if (.not. present(loss)) self%loss_config = ''
      if (present(optimizer)) return
      self%optimizer_of_file = .true.
      self%first_config = self%optimizer%keras_config()
      if (allocated(net%optimizer_state)) call restore(self, net%optimizer_state, error)
      if (allocated(error)) call self%clear()
   end procedure init_from_file

   !> Release losses one by one: a compiler may forget what their extensions own.
   subroutine clear_boxes(boxes)
      type(loss_box_t), allocatable, intent(inout) :: boxes(:)
      integer :: k
      if (.not. allocated(boxes)) return
      do k = 1, size(boxes)
         if (allocated(boxes(k)%loss)) deallocate (boxes(k)%loss)
      end do
      deallocate (boxes)
   end subroutine clear_boxes

   !> Take the optimizer's variables of the file. A file without any begins anew.
   !> Raises an error where they do not belong to this optimizer and these weights.
   subroutine restore(self, variables, error)
      type(trainer_t), intent(inout) :: self
      type(variable_t), intent(in) :: variables(:)
      type(error_t), allocatable, intent(out) :: error
      type(state_list_t) :: list
      integer :: given, i, scalars
      if (size(variables) == 0) return
      call self%optimizer%list_variables(self%net%graph%segments, list)
      scalars = count(list%items(:list%n)%place == place_iteration &
                      .or. list%items(:list%n)%place == place_rate)
      given = size(variables) - scaling_variables(variables)
      if (given == scalars) list%n = scalars             ! saved by Keras before its first step
      if (list%n /= given) then
         call raise(error, fkb_err_format, 'the file has '//decimal(given)// &
                    ' variables of the optimizer, '//decimal(list%n)//' were expected')
         return
      end if
      do i = 1, list%n
         call take_variable(self, variables(i), list%items(i), error)
         if (allocated(error)) return
      end do
   end subroutine restore

   !> Counter and scale of Keras's `LossScaleOptimizer`, which stand behind the variables of the
   !> optimizer inside; they are kept for Keras.
   pure integer function scaling_variables(variables) result(n)
      type(variable_t), intent(in) :: variables(:)
      n = 0
      if (size(variables) < 2) return
      associate (last => variables(size(variables) - 1:))
         if (last(1)%slot == 'step_counter' .and. last(2)%slot == 'dynamic_scale' .and. &
             len(last(1)%path) + len(last(2)%path) == 0) n = 2
      end associate
   end function scaling_variables

   !> Take one variable of the file.
   subroutine take_variable(self, variable, item, error)
      type(trainer_t), intent(inout) :: self
      type(variable_t), intent(in) :: variable
      type(state_variable_t), intent(in) :: item
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: path
      logical :: fits
      path = path_of(self, item)
      fits = variable%slot == item%name .and. variable%path == path
      if (.not. fits) fits = is_unnamed(self, variable)
      if (item%place == place_iteration) then
         fits = fits .and. allocated(variable%integers)
         if (fits) fits = size(variable%integers) == 1
         if (fits) fits = variable%integers(1) >= 0
      else
         fits = fits .and. allocated(variable%values)
         if (fits) fits = size(variable%values, kind=i8) == item%last - item%first + 1 .and. &
            variable%shape == item%shape
      end if
      if (.not. fits) then
         call raise(error, fkb_err_format, 'the optimizer''s variable '//quote(variable%slot)// &
                    ' '//quote(variable%path)//' of the shape '//variable%shape%text()// &
                    ' stands where '//quote(item%name)//' '//quote(path)//' of the shape '// &
                    item%shape%text()//' was expected')
         return
      end if
      select case (item%place)
      case (place_iteration)
         self%state%iteration = variable%integers(1)
      case (place_rate)
         self%optimizer%learning_rate = variable%values(1)
         self%rate_dtype = variable%dtype
      case default
         call put_values(self%state, item, variable%values)
      end select
   end subroutine take_variable

   !> A converter knows no names of the state of a user's optimizer and numbers it.
   logical function is_unnamed(self, variable)
      type(trainer_t), intent(in) :: self
      type(variable_t), intent(in) :: variable
      is_unnamed = index(self%optimizer%keras_name(), '>') > 0 .and. len(variable%path) == 0 &
         .and. index(variable%slot, 'var') == 1 .and. len(variable%slot) > 3 &
         .and. verify(variable%slot(4:), '0123456789') == 0
   end function is_unnamed

   !> Whose weight a variable belongs to, empty for none.
   function path_of(self, item) result(path)
      type(trainer_t), intent(in) :: self
      type(state_variable_t), intent(in) :: item
      character(:), allocatable :: path
      path = ''
      if (item%segment > 0) path = self%net%graph%segments(item%segment)%path
   end function path_of

   module procedure store
      type(variable_t), allocatable :: variables(:)
      type(state_list_t) :: list
      integer :: i
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
         return
      end if
      call self%optimizer%list_variables(self%net%graph%segments, list)
      allocate (variables(list%n))
      do i = 1, list%n
         variables(i)%slot = list%items(i)%name
         variables(i)%path = path_of(self, list%items(i))
         variables(i)%shape = list%items(i)%shape
         select case (list%items(i)%place)
         case (place_iteration)
            variables(i)%dtype = 'int64'
            variables(i)%integers = [self%state%iteration]
         case (place_rate)
            variables(i)%dtype = self%rate_dtype
            variables(i)%values = [self%learning_rate()]
         case default
            variables(i)%dtype = trim(merge('float32', 'float64', wp == sp))
            call get_values(self%state, list%items(i), variables(i)%values)
         end select
      end do
      call keep_scaling(self, variables)
      call move_alloc(variables, self%net%optimizer_state)
      call write_compile(self)
   end procedure store

   !> Keep the variables of loss scaling while the optimizer is the file's as it was.
   subroutine keep_scaling(self, variables)
      type(trainer_t), intent(in) :: self
      type(variable_t), allocatable, intent(inout) :: variables(:)
      type(variable_t), allocatable :: longer(:)
      integer :: i, n, old
      if (.not. (self%optimizer_of_file .and. allocated(self%net%optimizer_state))) return
      if (self%optimizer%keras_config() /= self%first_config) return
      if (scaling_variables(self%net%optimizer_state) == 0) return
      n = size(variables)
      old = size(self%net%optimizer_state)
      allocate (longer(n + 2))
      do i = 1, n
         longer(i) = variables(i)
      end do
      longer(n + 1) = self%net%optimizer_state(old - 1)
      longer(n + 2) = self%net%optimizer_state(old)
      call move_alloc(longer, variables)
   end subroutine keep_scaling

   !> Write the compile configuration of what was not taken from the file or has changed.
   subroutine write_compile(self)
      type(trainer_t), intent(inout) :: self
      character(:), allocatable :: json
      json = self%optimizer%keras_config()
      if (self%optimizer_of_file) then
         if (json == self%first_config) json = ''
      end if
      if (len(json) > 0) call self%net%document%set_compile_option('optimizer', json)
      if (self%metrics%count() > 0 .and. .not. self%metrics%of_file) then
         call self%net%document%set_compile_option('metrics', self%metrics%keras_config( &
                                                   size(self%losses), .false.))
         call self%net%document%set_compile_option('weighted_metrics', self%metrics%keras_config( &
                                                   size(self%losses), .true.))
      end if
      if (len(self%loss_config) == 0) return
      call self%net%document%set_compile_option('loss', self%loss_config)
      call self%net%document%set_compile_option('loss_weights', weights_of(self%losses))
   end subroutine write_compile

   !> The losses as Keras serialises them: null where a file cannot name one.
   function config_of(boxes) result(json)
      type(loss_box_t), intent(in) :: boxes(:)
      character(:), allocatable :: json
      character(:), allocatable :: one
      integer :: k
      json = '['
      do k = 1, size(boxes)
         one = 'null'
         if (allocated(boxes(k)%loss)) then
            one = boxes(k)%loss%keras_config()
            if (len(one) == 0) then
               json = 'null'
               return
            end if
         end if
         if (k > 1) json = json//','
         json = json//one
      end do
      json = json//']'
      if (size(boxes) == 1) json = json(2:len(json) - 1)
   end function config_of

   !> The weights of the losses, null where all are 1.
   function weights_of(boxes) result(json)
      type(loss_box_t), intent(in) :: boxes(:)
      character(:), allocatable :: json
      integer :: k
      json = 'null'
      if (.not. any(abs(boxes%weight - 1) > 0)) return
      json = '['//json_real_text(boxes(1)%weight)
      do k = 2, size(boxes)
         json = json//','//json_real_text(boxes(k)%weight)
      end do
      json = json//']'
   end function weights_of

   module procedure save
      call self%store(error)
      if (allocated(error)) return
      call self%net%save(path, error)
   end procedure save

   module procedure clear
      integer :: i
      nullify (self%net)
      call self%metrics%clear()
      call clear_boxes(self%losses)
      if (allocated(self%optimizer)) then
         call self%optimizer%set_schedule()
         deallocate (self%optimizer)
      end if
      if (allocated(self%reduction)) deallocate (self%reduction)
      self%state = optimizer_state_t()
      self%seed = 0
      if (allocated(self%goals)) deallocate (self%goals, self%output_losses)
      if (allocated(self%benches)) then
         do i = 1, size(self%benches)
            call self%benches(i)%work%clear()
         end do
         deallocate (self%benches)
      end if
      if (allocated(self%grad)) deallocate (self%grad)
      if (allocated(self%lane_grad)) deallocate (self%lane_grad)
   end procedure clear

end submodule fkb_trainer_setup_sp
