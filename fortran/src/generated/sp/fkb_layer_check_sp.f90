! Generated from layers/fkb_layer_check.fypp: edit that file and run tools/generate.py
!> Checks a layer, one of the library or a user's, against its contract.
!>
!>     call check_layer(registry, 'my_pkg>Scale', '{"gain":2.0}', [shape_of([4])], error)
!>     if (allocated(error)) ...            ! error%message says what does not hold
!>
!> In real64 the gradients are compared with differences to about 1e-8; in real32 differences say
!> little, so use the module of real64 unless the layer exists in one kind only.
module fkb_layer_check_sp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: act_tanh, n_parameters
   use fkb_error, only: add_context, error_t, fkb_err_numeric, raise
   use fkb_kinds, only: i8, wp => sp
   use fkb_layer_sp, only: mode_t
   use fkb_layer_probe_sp, only: layer_probe_t, tensor_t
   use fkb_plan, only: tangent_none
   use fkb_registry_sp, only: registry_t
   use fkb_shape, only: shape_t
   use fkb_tangent_check_sp, only: check_tangent
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: check_layer

   !> Step of the difference quotients. Their error is step**4 and eps/step of the scale.
   real(wp), parameter :: step = epsilon(1.0_wp)**(1/3.0_wp)
   !> What gradients and difference quotients may differ by, of the scale of the gradient.
   real(wp), parameter :: gradient_tolerance = 200*epsilon(1.0_wp)/step
   !> What a sample may differ by when it is computed alone, of the scale of the output.
   real(wp), parameter :: batch_tolerance = 64*epsilon(1.0_wp)

contains

   !> Make the layer and check it: outputs are finite, the same for a repeated call and for each
   !> sample alone, memory is kept to, a fused activation is the activation afterwards, and the
   !> gradients of inputs and trained weights are those of differences, in training and in calls in
   !> inference mode within a training step; a tangent is the adjoint of backward and that of
   !> differences. Raises an error that says what does not hold.
   subroutine check_layer(registry, class_name, options, in_shapes, error, batch, indices, &
                          keras_major, seed, roles, arguments)
      type(registry_t), intent(in) :: registry
      character(*), intent(in) :: class_name         !! as registered
      character(*), intent(in) :: options            !! a JSON object
      type(shape_t), intent(in) :: in_shapes(:)      !! closed, one per input
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: batch         !! samples, default 5
      integer, intent(in), optional :: indices       !! inputs are whole numbers from 0 to this - 1
      integer, intent(in), optional :: keras_major   !! whose meaning the options have, default 3
      integer, intent(in), optional :: seed          !! of weights and inputs, default 1
      character(*), intent(in), optional :: roles    !! of the inputs, as for the probe's `make`
      character(*), intent(in), optional :: arguments   !! constants of the call, a JSON object
      type(layer_probe_t), target :: probe
      integer :: samples, number
      samples = 5
      if (present(batch)) samples = batch
      number = 1
      if (present(seed)) number = seed
      call probe%make(registry, class_name, options, error, keras_major, roles, arguments)
      if (.not. allocated(error)) call probe%prepare(in_shapes, samples, error)
      if (.not. allocated(error)) then
         call probe%fill(number, indices)
         call check_inference(probe, registry, class_name, options, in_shapes, error, &
            keras_major, roles, arguments)
      end if
      if (.not. allocated(error)) call check_activation(probe, error)
      if (.not. allocated(error) .and. probe%plan%can_train) then
         call check_training(probe, error)
         if (.not. allocated(error)) then
            call check_gradients(probe, training_mode(), .not. present(indices), error)
         end if
         if (.not. allocated(error)) then
            call check_gradients(probe, mode_t(), .not. present(indices), error)
            call add_context(error, 'in inference mode')
         end if
      end if
      if (.not. allocated(error) .and. probe%plan%tangent /= tangent_none) then
         call check_tangent(probe, .not. present(indices), error)
      end if
      call add_context(error, 'class "'//class_name//'" with options '//options)
      call probe%clear()
   end subroutine check_layer

   !> Finite, repeatable, the same for a sample alone, and x itself where the plan says so.
   subroutine check_inference(probe, registry, class_name, options, in_shapes, error, keras_major, &
                              roles, arguments)
      type(layer_probe_t), intent(inout), target :: probe
      type(registry_t), intent(in) :: registry
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: in_shapes(:)
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major
      character(*), intent(in), optional :: roles, arguments
      type(layer_probe_t), target :: single
      type(tensor_t), allocatable :: y(:)
      integer :: i, j
      call probe%forward(mode_t())
      y = probe%y
      do i = 1, size(y)
         call demand(all(ieee_is_finite(y(i)%v)), 'an output is not finite', error)
         if (allocated(error)) return
      end do
      if (probe%plan%passes_through) then
         call demand(all(abs(reshape(probe%x(1)%v, [size(probe%x(1)%v)]) - &
                             reshape(y(1)%v, [size(y(1)%v)])) <= 0), &
                     'the plan says passes_through, but inference changes values', error)
         if (allocated(error)) return
      end if
      call single%make(registry, class_name, options, error, keras_major, roles, arguments)
      if (.not. allocated(error)) call single%prepare(in_shapes, 1, error)
      if (allocated(error)) return
      single%weights = probe%weights
      do j = 1, probe%batch
         do i = 1, size(probe%x)
            single%x(i)%v(:, 1) = probe%x(i)%v(:, j)
         end do
         call single%forward(mode_t())
         do i = 1, size(y)
            call demand(near(single%y(i)%v, y(i)%v(:, j:j), batch_tolerance), &
                        'sample '//decimal(j)//' alone gives another output', error)
            if (allocated(error)) exit
         end do
      end do
      call demand(probe%guards_hold(), 'inference writes beyond its scratch', error)
      call single%clear()
   end subroutine check_inference

   !> A layer that fuses an activation gives what the activation would give afterwards.
   subroutine check_activation(probe, error)
      type(layer_probe_t), intent(inout), target :: probe
      type(error_t), allocatable, intent(out) :: error
      type(tensor_t), allocatable :: y(:)
      real(wp), parameter :: parameters(n_parameters) = 0
      if (.not. probe%plan%fuses_activation) return
      call probe%forward(mode_t())
      y = probe%y
      call activate_in_place(act_tanh, parameters, size(y(1)%v, 1), probe%batch, y(1)%v)
      probe%plan%activation = act_tanh
      call probe%forward(mode_t())
      probe%plan%activation = 0
      call demand(near(probe%y(1)%v, y(1)%v, batch_tolerance), &
                  'the plan says fuses_activation, but forward does not apply it', error)
   end subroutine check_activation

   !> In training: the same as in inference where nothing is random or coupled, and repeatable.
   subroutine check_training(probe, error)
      type(layer_probe_t), intent(inout), target :: probe
      type(error_t), allocatable, intent(out) :: error
      type(tensor_t), allocatable :: y(:)
      logical :: plain
      integer :: i
      plain = .not. (probe%plan%random .or. probe%plan%batch_coupled)
      if (plain) then
         call probe%forward(mode_t())
      else
         call probe%forward(training_mode())
      end if
      y = probe%y
      call probe%forward(training_mode())
      do i = 1, size(y)
         call demand(near(probe%y(i)%v, y(i)%v, batch_tolerance), 'training gives another '// &
                     'output than before, and the layer is not marked as random or batch-coupled', &
                     error)
         if (allocated(error)) return
      end do
      if (probe%plan%random) then
         do i = 1, size(y)
            call demand(all(abs(probe%y(i)%v - y(i)%v) <= 0), &
                        'the random numbers differ for the same seed, step and samples', error)
            if (allocated(error)) return
         end do
      end if
      call demand(probe%guards_hold(), 'training writes beyond its cache or scratch', error)
   end subroutine check_training

   !> Compare backward with differences of sum(dy*y).
   subroutine check_gradients(probe, mode, check_x, error)
      type(layer_probe_t), intent(inout), target :: probe
      type(mode_t), intent(in) :: mode
      logical, intent(in) :: check_x                  !! false for inputs that are indices
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: numeric(:, :)
      integer :: i, j, k, first, last
      call probe%forward(mode, with_cache=.true.)
      probe%gradient = 0.5_wp
      call probe%backward(mode)
      probe%gradient = probe%gradient - 0.5_wp
      call demand(probe%guards_hold(), 'backward writes beyond its cache or scratch', error)
      if (allocated(error)) return
      do i = 1, size(probe%x)
         allocate (numeric, mold=probe%dx(i)%v)
         numeric = 0
         if (check_x .and. .not. probe%is_mask(i)) then
            do k = 1, size(numeric, 2)
               do j = 1, size(numeric, 1)
                  numeric(j, k) = difference(probe, mode, i, j, k)
               end do
            end do
         end if
         call demand(near(probe%dx(i)%v, numeric, gradient_tolerance), 'the gradient of input '// &
                     decimal(i)//' is wrong'//largest(probe%dx(i)%v, numeric), error)
         deallocate (numeric)
         if (allocated(error)) return
      end do
      if (.not. allocated(probe%plan%weights)) return
      do i = 1, size(probe%plan%weights)
         associate (weight => probe%plan%weights(i))
            if (.not. weight%trainable) cycle
            first = int(weight%first)
            last = int(weight%first + weight%shape%count()) - 1
            allocate (numeric(last - first + 1, 1))
            do j = first, last
               numeric(j - first + 1, 1) = difference(probe, mode, 0, j, 1)
            end do
            call demand(near(reshape(probe%gradient(first:last), shape(numeric)), numeric, &
                              gradient_tolerance), 'the gradient of weight "'//weight%name// &
                        '" is wrong'//largest(reshape(probe%gradient(first:last), shape(numeric)), &
                                              numeric), error)
            deallocate (numeric)
            if (allocated(error)) return
         end associate
      end do
   end subroutine check_gradients

   !> Difference quotient of the fourth order for value (j, k) of input i, or weight j for i = 0.
   real(wp) function difference(probe, mode, i, j, k)
      type(layer_probe_t), intent(inout), target :: probe
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: i, j, k
      real(wp) :: f(-2:2), at
      integer :: m
      if (i > 0) then
         at = probe%x(i)%v(j, k)
      else
         at = probe%weights(j)
      end if
      f(0) = 0
      do m = -2, 2
         if (m == 0) cycle
         call put(at + m*step)
         call probe%forward(mode)
         f(m) = weighted_output(probe)
      end do
      call put(at)
      difference = (8*(f(1) - f(-1)) - (f(2) - f(-2)))/(12*step)

   contains

      subroutine put(value)
         real(wp), intent(in) :: value
         if (i > 0) then
            probe%x(i)%v(j, k) = value
         else
            probe%weights(j) = value
         end if
      end subroutine put

   end function difference

   !> sum(dy*y)
   real(wp) function weighted_output(probe) result(total)
      type(layer_probe_t), intent(in) :: probe
      integer :: i
      total = 0
      do i = 1, size(probe%y)
         total = total + sum(probe%dy(i)%v*probe%y(i)%v)
      end do
   end function weighted_output

   !> One step of training, the same every time.
   pure type(mode_t) function training_mode() result(mode)
      mode = mode_t(training=.true., seed=11_i8, step=3_i8, first_sample=1_i8, node=2)
   end function training_mode

   !> Whether all differences are within the tolerance of the scale. Values below 1 count as 1.
   pure logical function near(a, b, tolerance)
      real(wp), intent(in) :: a(:, :), b(:, :), tolerance
      real(wp) :: scale
      scale = 1
      if (size(b) > 0) scale = max(scale, maxval(abs(b)))
      near = all(abs(a - b) <= tolerance*scale)
   end function near

   !> `: 0.5 instead of 0.25`, where the two differ most.
   function largest(a, b) result(text)
      real(wp), intent(in) :: a(:, :), b(:, :)
      character(:), allocatable :: text
      character(80) :: buffer
      integer :: at(2)
      at = maxloc(merge(abs(a - b), huge(1.0_wp), abs(a - b) >= 0))
      text = ''
      if (any(at == 0)) return
      write (buffer, '(a,es12.4,a,es12.4)') ': ', a(at(1), at(2)), ' instead of ', b(at(1), at(2))
      text = trim(buffer)//' at '//decimal(at(1))//', sample '//decimal(at(2))
   end function largest

   subroutine demand(condition, message, error)
      logical, intent(in) :: condition
      character(*), intent(in) :: message
      type(error_t), allocatable, intent(inout) :: error
      if (.not. condition .and. .not. allocated(error)) call raise(error, fkb_err_numeric, message)
   end subroutine demand

end module fkb_layer_check_sp
