! Generated from layers/fkb_layer_probe.fypp: edit that file and run tools/generate.py
!> One layer by itself, with weights, inputs and memory of its own: what the layer checker and tests
!> of layers run instead of a network.
!>
!>     call probe%make(registry, 'Dense', '{"units":3}', [shape_of([4])], error)
!>     call probe%prepare([shape_of([4])], 5, error)       ! allocates x, y, weights, memory
!>     call probe%fill(seed)                               ! weights and inputs
!>     call probe%forward(mode_t(training=.true.))
!>     call probe%backward(mode_t(training=.true.))        ! from dy to dx and gradient
!>     call probe%tangent(mode_t(), with_weights=.true.)   ! from x_dot and weights_dot to y_dot
module fkb_layer_probe_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_unknown, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, role_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: layer_probe_t, tensor_t

   !> Values of one tensor.
   type :: tensor_t
      real(wp), allocatable :: v(:, :)              !! (features, batch)
   end type tensor_t

   !> A layer with everything it needs to run. Declare it with TARGET, and call `clear` in the end.
   type :: layer_probe_t
      class(layer_t), allocatable :: layer
      type(config_t) :: config                      !! the options it was made from
      type(plan_t) :: plan                          !! for the shapes of `prepare`
      integer :: batch = 0
      logical :: frozen = .false.                   !! the option `trainable` is false
      type(config_t) :: call                        !! constants among the call's keyword arguments
      type(role_t), allocatable :: roles(:)         !! per input: which argument of the call it is
      real(wp), allocatable :: weights(:)           !! the layer's slice
      real(wp), allocatable :: gradient(:)          !! of the slice; `backward` adds to it
      type(tensor_t), allocatable :: x(:), y(:), dy(:), dx(:)
      type(tensor_t), allocatable :: x_dot(:), y_dot(:)   !! directions
      real(wp), allocatable :: weights_dot(:)       !! direction; 0 for weights that are not trained
      real(wp), allocatable :: cache(:), scratch(:) !! with a guard of `guard` values behind
   contains
      procedure :: make
      procedure :: prepare
      procedure :: fill
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: update
      procedure :: check_input
      procedure :: guards_hold
      procedure :: is_mask
      procedure :: clear
   end type layer_probe_t

   !> Values behind the cache and the scratch that no layer may touch.
   integer, parameter :: guard = 32
   real(wp), parameter :: guard_value = 7.25_wp

contains

   !> Make the layer of a class with options and let it read them. Raises an error for options that
   !> the layer does not read, as loading a model does. Without `roles` input k is argument k; with
   !> `'0 mask initial_state'` the first is argument 0 and the others are keyword arguments;
   !> `'0 1*'` says that the second is a constant operand.
   subroutine make(self, registry, class_name, options, error, keras_major, roles, arguments)
      class(layer_probe_t), intent(inout) :: self
      type(registry_t), intent(in) :: registry
      character(*), intent(in) :: class_name        !! as registered
      character(*), intent(in) :: options           !! a JSON object
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major  !! whose meaning the options have, default 3
      character(*), intent(in), optional :: roles   !! per input, separated by single blanks
      character(*), intent(in), optional :: arguments   !! JSON object of constants of the call
      character(:), allocatable :: unread
      logical :: trainable
      call self%clear()
      if (present(roles)) call read_roles(roles, self%roles)
      if (present(arguments)) call config_from_json(arguments, self%call, error)
      if (allocated(error)) return
      call config_from_json(options, self%config, error)
      if (allocated(error)) return
      self%config%class_name = class_name
      self%config%layer_name = 'probe'
      if (present(keras_major)) self%config%keras_major = keras_major
      call registry%create(class_name, self%layer, error)
      if (allocated(error)) return
      call self%config%get('trainable', trainable, error, default=.true.)
      if (allocated(error)) return
      self%frozen = .not. trainable
      call self%config%ignore('dtype')
      call self%layer%configure(self%config, error)
      if (allocated(error)) return
      call self%config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unknown, 'unknown options: '//unread)
   end subroutine make

   !> The roles of `0 1* mask initial_state`; a star marks a constant.
   subroutine read_roles(given, roles)
      character(*), intent(in) :: given
      type(role_t), allocatable, intent(out) :: roles(:)
      character(len(given)) :: text
      integer :: first, i, last, n
      text = given
      n = 1
      do i = 1, len(text)
         if (text(i:i) == ' ') n = n + 1
      end do
      allocate (roles(n))
      first = 1
      do i = 1, n
         last = first + scan(text(first:)//' ', ' ') - 2
         roles(i)%argument = -1
         roles(i)%constant = text(last:last) == '*'
         if (roles(i)%constant) text(last:last) = ' '
         roles(i)%keyword = trim(text(first:last))
         if (verify(trim(text(first:last)), '0123456789') == 0) then
            read (text(first:last), *) roles(i)%argument
            roles(i)%keyword = ''
         end if
         first = last + 2
      end do
   end subroutine read_roles

   !> Whether an input is a mask: zeros and ones, without a gradient.
   pure logical function is_mask(self, input)
      class(layer_probe_t), intent(in) :: self
      integer, intent(in) :: input
      integer :: n
      is_mask = .false.
      if (.not. allocated(self%roles)) return
      if (input > size(self%roles)) return
      n = len(self%roles(input)%keyword)
      if (n >= 4) is_mask = self%roles(input)%keyword(n - 3:) == 'mask'
   end function is_mask

   !> Lay the layer out for these inputs and allocate everything.
   subroutine prepare(self, in_shapes, batch, error)
      class(layer_probe_t), intent(inout) :: self
      type(shape_t), intent(in) :: in_shapes(:)     !! closed
      integer, intent(in) :: batch
      type(error_t), allocatable, intent(out) :: error
      type(plan_t) :: plan
      integer(i8) :: n
      plan%in_shapes = in_shapes
      plan%call = self%call
      if (allocated(self%roles)) plan%roles = self%roles
      call self%layer%lay_out(in_shapes, plan, error)
      if (allocated(error)) return
      if (.not. allocated(plan%out_shapes)) then
         call raise(error, fkb_err_argument, 'lay_out stated no output')
         return
      end if
      self%plan = plan
      self%batch = batch
      if (.not. allocated(plan%states)) allocate (plan%states(0))
      self%plan%states = plan%states
      call allocate_tensors([in_shapes, plan%states], batch, self%x, self%dx)
      call allocate_tensors([plan%out_shapes, plan%states], batch, self%y, self%dy)
      self%x_dot = self%x
      self%y_dot = self%y
      n = plan%weight_count()
      self%weights = spread(0.0_wp, 1, int(n))
      self%gradient = self%weights
      self%weights_dot = self%weights
      self%cache = spread(guard_value, 1, int(plan%cache*batch + plan%fixed_cache) + guard)
      n = max(plan%scratch*batch + plan%fixed_scratch, &
              plan%tangent_scratch*batch + plan%fixed_tangent_scratch)
      self%scratch = spread(guard_value, 1, int(n) + guard)
      call fill_from_options(self, error)
   end subroutine prepare

   !> Values and gradients of these shapes, zero.
   subroutine allocate_tensors(shapes, batch, values, gradients)
      type(shape_t), intent(in) :: shapes(:)
      integer, intent(in) :: batch
      type(tensor_t), allocatable, intent(out) :: values(:), gradients(:)
      integer :: i
      allocate (values(size(shapes)), gradients(size(shapes)))
      do i = 1, size(shapes)
         allocate (values(i)%v(int(shapes(i)%count()), batch), source=0.0_wp)
         allocate (gradients(i)%v(int(shapes(i)%count()), batch), source=0.0_wp)
      end do
   end subroutine allocate_tensors

   !> The weights that stand in options.
   subroutine fill_from_options(self, error)
      class(layer_probe_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: values(:)
      integer :: i, n, first
      if (.not. allocated(self%plan%weights)) return
      do i = 1, size(self%plan%weights)
         associate (weight => self%plan%weights(i))
            if (.not. weight%from_option) cycle
            values = spread(0.0_dp, 1, int(weight%shape%count()))
            call self%config%get_list(weight%name, values, n, error)
            call add_context(error, 'weight "'//weight%name//'"')
            if (allocated(error)) return
            if (n /= size(values)) then
               call raise(error, fkb_err_argument, 'option "'//weight%name//'" has '//decimal(n)// &
                          ' values, its weight has '//decimal(size(values)))
               return
            end if
            first = int(weight%first)
            self%weights(first:first + n - 1) = real(values, wp)
         end associate
      end do
   end subroutine fill_from_options

   !> Random values, the same for a seed in both kinds and away from multiples of 1/1024, where
   !> piecewise functions like to have their corners: between -1 and 1 but for inputs that are whole
   !> numbers from 0 to `indices` - 1, masks, and weights not trained, which are from 0.5 to 1.5.
   subroutine fill(self, seed, indices)
      class(layer_probe_t), intent(inout) :: self
      integer, intent(in) :: seed
      integer, intent(in), optional :: indices
      integer(i8) :: state
      integer :: i, j
      state = 7919_i8*(seed + 1)
      if (allocated(self%plan%weights)) then
         do i = 1, size(self%plan%weights)
            associate (weight => self%plan%weights(i))
               if (weight%from_option .or. weight%integer_valued) cycle
               do j = int(weight%first), int(weight%first + weight%shape%count()) - 1
                  self%weights(j) = next(state)
                  if (.not. weight%trainable) self%weights(j) = 1 + self%weights(j)/2
               end do
            end associate
         end do
      end if
      call fill_tensors(state, self%x)
      do i = 1, size(self%x)
         if (self%is_mask(i)) then
            self%x(i)%v = merge(1, 0, self%x(i)%v > 0)
         else if (present(indices)) then
            self%x(i)%v = aint((self%x(i)%v + 1)/2*indices)
         end if
      end do
      call fill_tensors(state, self%dy)
      call fill_tensors(state, self%x_dot)
      if (.not. allocated(self%plan%weights)) return
      do i = 1, size(self%plan%weights)
         associate (weight => self%plan%weights(i))
            if (.not. weight%trainable) cycle
            do j = int(weight%first), int(weight%first + weight%shape%count()) - 1
               self%weights_dot(j) = next(state)
            end do
         end associate
      end do
   end subroutine fill

   subroutine fill_tensors(state, tensors)
      integer(i8), intent(inout) :: state
      type(tensor_t), intent(inout) :: tensors(:)
      integer :: i, j, k
      do i = 1, size(tensors)
         do k = 1, size(tensors(i)%v, 2)
            do j = 1, size(tensors(i)%v, 1)
               tensors(i)%v(j, k) = next(state)
            end do
         end do
      end do
   end subroutine fill_tensors

   !> The next of a sequence of numbers in (-1, 1) that real32 holds exactly (Park and Miller 1988).
   real(wp) function next(state)
      integer(i8), intent(inout) :: state
      integer(i8) :: corner, offset
      state = mod(48271_i8*state, 2147483647_i8)
      corner = mod(state/2048, 2048_i8) - 1024
      offset = 1024 + mod(state, 2048_i8)
      next = real(4096*corner + offset, wp)/4194304
   end function next

   !> y from x. In inference the layer gets no cache, unless a backward is to follow: a call may
   !> run in inference mode within a training step.
   subroutine forward(self, mode, with_cache)
      class(layer_probe_t), intent(inout), target :: self
      type(mode_t), intent(in) :: mode
      logical, intent(in), optional :: with_cache   !! default mode%training
      type(view_t), allocatable :: x(:), y(:)
      real(wp) :: nothing(0)
      logical :: keep
      call point(self%x, [self%plan%in_shapes, self%plan%states], x)
      call point(self%y, [self%plan%out_shapes, self%plan%states], y)
      call spoil(self%scratch)
      keep = mode%training
      if (present(with_cache)) keep = with_cache
      if (keep) then
         call spoil(self%cache)
         call self%layer%forward(self%plan, self%weights, x, y, &
            self%cache(:size(self%cache) - guard), self%scratch(:size(self%scratch) - guard), &
            effective(self, mode))
      else
         call self%layer%forward(self%plan, self%weights, x, y, nothing, &
            self%scratch(:size(self%scratch) - guard), effective(self, mode))
      end if
   end subroutine forward

   !> dx from dy, and the gradient of the weights added to `gradient`; after `forward` with a
   !> cache.
   subroutine backward(self, mode)
      class(layer_probe_t), intent(inout), target :: self
      type(mode_t), intent(in) :: mode
      type(view_t), allocatable :: x(:), y(:), dy(:), dx(:)
      call point(self%x, [self%plan%in_shapes, self%plan%states], x)
      call point(self%y, [self%plan%out_shapes, self%plan%states], y)
      call point(self%dy, [self%plan%out_shapes, self%plan%states], dy)
      call point(self%dx, [self%plan%in_shapes, self%plan%states], dx, with_nan=.true.)
      call spoil(self%scratch)
      call self%layer%backward(self%plan, self%weights, x, y, &
         self%cache(:size(self%cache) - guard), self%scratch(:size(self%scratch) - guard), &
         dy, dx, self%gradient, effective(self, mode))
   end subroutine backward

   !> y_dot from x_dot, and from weights_dot where it takes part; after `forward` with a cache.
   subroutine tangent(self, mode, with_weights)
      class(layer_probe_t), intent(inout), target :: self
      type(mode_t), intent(in) :: mode
      logical, intent(in) :: with_weights
      type(view_t), allocatable :: x(:), y(:), dx(:), dy(:)
      integer :: n
      call point(self%x, [self%plan%in_shapes, self%plan%states], x)
      call point(self%y, [self%plan%out_shapes, self%plan%states], y)
      call point(self%x_dot, [self%plan%in_shapes, self%plan%states], dx)
      call point(self%y_dot, [self%plan%out_shapes, self%plan%states], dy, with_nan=.true.)
      call spoil(self%scratch)
      n = merge(size(self%weights_dot), 0, with_weights)
      call self%layer%tangent(self%plan, self%weights, self%weights_dot(:n), x, y, &
         self%cache(:size(self%cache) - guard), self%scratch(:size(self%scratch) - guard), &
         dx, dy, effective(self, mode))
   end subroutine tangent

   !> What a training step changes besides the optimizer.
   subroutine update(self, mode)
      class(layer_probe_t), intent(inout) :: self
      type(mode_t), intent(in) :: mode
      call self%layer%update(self%plan, self%weights, self%cache(:size(self%cache) - guard), &
                             effective(self, mode))
   end subroutine update

   !> The mode that a network would run the layer in: frozen, it may infer.
   type(mode_t) function effective(self, mode)
      class(layer_probe_t), intent(in) :: self
      type(mode_t), intent(in) :: mode
      effective = mode
      if (self%plan%infers_when_frozen .and. self%frozen) effective%training = .false.
   end function effective

   !> Whether the layer takes the inputs.
   subroutine check_input(self, error)
      class(layer_probe_t), intent(inout), target :: self
      type(error_t), allocatable, intent(out) :: error
      type(view_t), allocatable :: x(:)
      call point(self%x, [self%plan%in_shapes, self%plan%states], x)
      call self%layer%check_input(self%plan, x, error)
   end subroutine check_input

   !> Views of tensors.
   subroutine point(tensors, shapes, views, with_nan)
      type(tensor_t), intent(inout), target :: tensors(:)
      type(shape_t), intent(in) :: shapes(:)
      type(view_t), allocatable, intent(out) :: views(:)
      logical, intent(in), optional :: with_nan     !! the values are to be overwritten
      integer :: i
      allocate (views(size(tensors)))
      do i = 1, size(views)
         if (present(with_nan)) tensors(i)%v = ieee_value(1.0_wp, ieee_quiet_nan)
         views(i)%v => tensors(i)%v
         views(i)%shape = shapes(i)
      end do
   end subroutine point

   !> Fill memory with NaN, so that nothing is read before it is written.
   subroutine spoil(memory)
      real(wp), intent(inout) :: memory(:)
      memory(:size(memory) - guard) = ieee_value(1.0_wp, ieee_quiet_nan)
   end subroutine spoil

   !> Whether the layer kept to its cache and scratch.
   logical function guards_hold(self)
      class(layer_probe_t), intent(in) :: self
      guards_hold = all(abs(self%cache(size(self%cache) - guard + 1:) - guard_value) <= 0) .and. &
                    all(abs(self%scratch(size(self%scratch) - guard + 1:) - guard_value) <= 0)
   end function guards_hold

   !> Release everything.
   subroutine clear(self)
      class(layer_probe_t), intent(inout) :: self
      if (allocated(self%layer)) deallocate (self%layer)
      if (allocated(self%weights)) deallocate (self%weights, self%gradient)
      if (allocated(self%cache)) deallocate (self%cache, self%scratch)
      if (allocated(self%x)) deallocate (self%x, self%y, self%dx, self%dy, self%x_dot, self%y_dot)
      if (allocated(self%weights_dot)) deallocate (self%weights_dot)
   end subroutine clear

end module fkb_layer_probe_dp
