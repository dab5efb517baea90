!> The layer checker finds the faults that a user's layer may have, and passes a right one.
module test_layer_check
   use fkb_builtin_sp, only: add_builtin_layers_sp => add_builtin_layers
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_layer_check_dp, only: check_layer
   use fkb_layer_check_sp, only: check_layer_sp => check_layer
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_registry_dp, only: registry_t
   use fkb_registry_sp, only: registry_sp_t => registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   !> y = scale*x**2, with one fault.
   type, extends(unary_layer_t) :: faulty_t
      character(24) :: fault = 'none'
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: apply_tangent
   end type faulty_t

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'layer_check'
      call suite%add('a right layer passes', right_layer_passes)
      call suite%add('each fault is found and named', faults_are_found)
      call suite%add('the checker of real32 passes layers of real32', real32_passes)
   end subroutine collect

   subroutine right_layer_passes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      call examine('none', error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine right_layer_passes

   subroutine faults_are_found(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call found(failure, 'gradient of x', 'the gradient of input 1 is wrong')
      call found(failure, 'dx added to', 'the gradient of input 1 is wrong')
      call found(failure, 'gradient of weight', 'the gradient of weight "scale" is wrong')
      call found(failure, 'weight overwritten', 'the gradient of weight "scale" is wrong')
      call found(failure, 'tangent of x', 'the tangent is not the adjoint of backward')
      call found(failure, 'tangent of weight', 'the tangent is not the adjoint of backward for')
      call found(failure, 'tangent scaled', 'is not that of differences')
      call found(failure, 'tangent spoils the cache', 'the cache has changed')
      call found(failure, 'sees the batch', 'sample 1 alone gives another output')
      call found(failure, 'unmarked training', 'not marked as random or batch-coupled')
      call found(failure, 'passes through', 'passes_through')
      call found(failure, 'fuses', 'fuses_activation')
      call found(failure, 'reads scratch', 'not finite')
      call found(failure, 'not finite', 'not finite')
      call found(failure, 'no output', 'lay_out stated no output')
      call found(failure, 'unread option', '"colour"')
   end subroutine faults_are_found

   subroutine real32_passes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_sp_t) :: registry
      type(error_t), allocatable :: error
      call add_builtin_layers_sp(registry, error)
      call check_layer_sp(registry, 'Dense', '{"units":3}', [shape_of([4, 2])], error)
      if (.not. allocated(error)) then
         call check_layer_sp(registry, 'BatchNormalization', '{}', [shape_of([3])], error, batch=6)
      end if
      if (.not. allocated(error)) then
         call check_layer_sp(registry, 'Dropout', '{"rate":0.5}', [shape_of([9])], error)
      end if
      if (allocated(error)) call fail(failure, error%message)
      call registry%clear()
   end subroutine real32_passes

   !> Check that a fault leads to a message with these words.
   subroutine found(failure, fault, words)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: fault, words
      type(error_t), allocatable :: error
      call examine(fault, error)
      if (.not. allocated(error)) then
         call fail(failure, 'not found: '//fault)
      else
         call check(failure, index(error%message, words) > 0, fault//': '//error%message)
      end if
   end subroutine found

   subroutine examine(fault, error)
      character(*), intent(in) :: fault
      type(error_t), allocatable, intent(out) :: error
      type(registry_t) :: registry
      call registry%add('test>Faulty', faulty_t(), error)
      if (allocated(error)) return
      call check_layer(registry, 'test>Faulty', '{"fault":"'//fault//'","colour":1}', &
                       [shape_of([3])], error)
      call registry%clear()
   end subroutine examine

   subroutine configure(self, config, error)
      class(faulty_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: fault
      call config%get('fault', fault, error)
      if (allocated(error)) return
      self%fault = fault
      if (fault /= 'unread option') call config%ignore('colour')
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(faulty_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      if (self%fault /= 'no output') call plan%add_output(in_shapes(1))
      call plan%add_weight('scale', in_shapes(1))
      plan%fixed_scratch = 1
      plan%can_train = self%fault /= 'tangent scaled'
      plan%tangent = tangent_own
      plan%cache = in_shapes(1)%count()
      plan%passes_through = self%fault == 'passes through'
      plan%fuses_activation = self%fault == 'fuses'
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(faulty_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in), contiguous :: weights(:)
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(out), contiguous :: y(:, :)
      real(dp), intent(inout), contiguous :: cache(:)
      real(dp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      do j = 1, size(x, 2)
         y(:, j) = weights*x(:, j)**2
      end do
      if (size(cache) > 0) cache = reshape(x, [size(x)])
      select case (self%fault)
      case ('sees the batch')
         y = y + sum(x)
      case ('unmarked training')
         if (mode%training) y = y + 1
      case ('reads scratch')
         y = y + scratch(1)
      case ('not finite')
         y(1, 1) = huge(1.0_dp)
         y(1, 1) = y(1, 1)*2
      case default
         continue
      end select
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(faulty_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in), contiguous :: weights(:)
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(in), contiguous :: y(:, :)
      real(dp), intent(inout), contiguous :: cache(:)
      real(dp), intent(inout), contiguous :: scratch(:)
      real(dp), intent(in), contiguous :: dy(:, :)
      real(dp), intent(out), contiguous :: dx(:, :)
      real(dp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: j
      if (self%fault == 'weight overwritten') dweights = 0
      do j = 1, size(x, 2)
         if (self%fault == 'dx added to') then
            dx(:, j) = dx(:, j) + 2*weights*x(:, j)*dy(:, j)
         else
            dx(:, j) = 2*weights*x(:, j)*dy(:, j)
         end if
         dweights = dweights + x(:, j)**2*dy(:, j)
      end do
      if (self%fault == 'gradient of x') dx(1, 1) = dx(1, 1) + 1e-6_dp
      if (self%fault == 'gradient of weight') dweights(2) = dweights(2)*1.000001_dp
   end subroutine apply_backward

   subroutine apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(faulty_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(dp), intent(in), contiguous :: weights(:)
      real(dp), intent(in), contiguous :: dweights(:)
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(in), contiguous :: y(:, :)
      real(dp), intent(inout), contiguous :: cache(:)
      real(dp), intent(inout), contiguous :: scratch(:)
      real(dp), intent(in), contiguous :: dx(:, :)
      real(dp), intent(out), contiguous :: dy(:, :)
      type(mode_t), intent(in) :: mode
      integer :: j
      associate (kept => reshape(cache, shape(x)))
         do j = 1, size(x, 2)
            dy(:, j) = 2*weights*kept(:, j)*dx(:, j)
            if (size(dweights) > 0) dy(:, j) = dy(:, j) + dweights*x(:, j)**2
         end do
      end associate
      if (self%fault == 'tangent of x') dy = dy*1.0001_dp
      if (self%fault == 'tangent scaled') dy = 2*dy
      if (self%fault == 'tangent of weight' .and. size(dweights) > 0) dy = dy*1.0001_dp
      if (self%fault == 'tangent spoils the cache') cache = cache + 1
   end subroutine apply_tangent

end module test_layer_check
