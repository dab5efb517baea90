!> Holds this project's layers and loss against FKB's contract: shapes, memory, gradients.
program check
   use FKB_KIND, only: check_layer, check_loss_gradient, composed_loss_t, error_t, loss_t, &
      registry_t, shape_of, shape_t, wp
   use my_batch_bias, only: batch_bias_t
   use my_extension, only: add_my_layers
   use my_weighted_error, only: weighted_error_t
   implicit none (type, external)
   type(registry_t) :: registry
   type(composed_loss_t) :: balanced
   type(error_t), allocatable :: error
   !> Central differences of a quadratic function have rounding errors only: eps/step.
   real(wp), parameter :: gradient_tolerance = 100*epsilon(1.0_wp)**(2/3.0_wp)
   integer :: passed, failed

   passed = 0
   failed = 0
   call add_my_layers(registry, error)
   call expect('the classes are registered')
   call check_layer(registry, 'my_pkg>Scale', '{"gain": 2.5}', [shape_of([4])], error)
   call expect('Scale keeps the contract')
   call check_layer(registry, 'my_pkg>Scale', '{}', [shape_of([3, 2, 5])], error, batch=4)
   call expect('Scale keeps the contract for an input of rank 3')
   call check_layer(registry, 'my_pkg>snake', '{}', [shape_of([6])], error)
   call expect('snake keeps the contract')
   call check_layer(registry, 'my_pkg>Scale', '{"gian": 2.5}', [shape_of([4])], error)
   call expect('an option that is misspelt is refused', needle='"gian"')
   call check_layer(registry, 'my_pkg>Scale', '{"gain": "two"}', [shape_of([4])], error)
   call expect('an option of the wrong kind is refused', needle='"gain"')
   call check_layer(registry, 'my_pkg>Scale', '{}', [shape_of([4]), shape_of([4])], error)
   call expect('two inputs are refused', needle='one input')
   call check_loss(shape_of([3]), error)
   call expect('the gradient of WeightedError is its slope')
   call check_loss(shape_of([3, 4]), error)
   call expect('the gradient of WeightedError is its slope at several positions')
   call check_loss(shape_of([2]), error)
   call expect('an output with other features is refused', needle='WeightedError')
   call check_whole_batch(batch_bias_t(), shape_of([3]), error)
   call expect('the gradient of BatchBias is its slope')
   call check_whole_batch(batch_bias_t(), shape_of([3, 2]), error)
   call expect('several positions are refused', needle='positions')
   call balanced%begin(batch_bias_t())
   call balanced%conserve(0.5_wp, output=[1.0_wp, -1.0_wp, 2.0_wp])
   call check_whole_batch(balanced, shape_of([3]), error)
   call expect('a physical constraint beside BatchBias has the right gradient')
   call balanced%clear()
   call registry%clear()

   print '(i0,a,i0,a)', passed, ' passed, ', failed, ' failed'
   if (failed > 0) error stop 1

contains

   !> Compare the loss's gradient with differences, for values that a fixed rule makes.
   subroutine check_loss(shape, error)
      type(shape_t), intent(in) :: shape
      type(error_t), allocatable, intent(out) :: error
      integer, parameter :: batch = 5
      real(wp) :: y_true(shape%count(), batch), y_pred(shape%count(), batch)
      real(wp) :: sample_weight(shape%count()/shape%extent(1), batch)
      integer :: i, j
      do j = 1, batch
         y_true(:, j) = [(sin(1.7_wp*i + 0.3_wp*j), i=1, size(y_true, 1))]
         y_pred(:, j) = [(cos(0.9_wp*i - 0.8_wp*j), i=1, size(y_true, 1))]
         sample_weight(:, j) = [(0.5_wp*i + 0.1_wp*j, i=1, size(sample_weight, 1))]
      end do
      call check_loss_gradient(weighted_error_t(weights=[0.5_wp, 2.0_wp, 1.25_wp]), shape, y_true, &
                               y_pred, error, sample_weight, tolerance=gradient_tolerance)
   end subroutine check_loss

   !> The same for a loss without weights of samples.
   subroutine check_whole_batch(loss, shape, error)
      class(loss_t), intent(in) :: loss
      type(shape_t), intent(in) :: shape
      type(error_t), allocatable, intent(out) :: error
      integer, parameter :: batch = 5
      real(wp) :: y_true(shape%count(), batch), y_pred(shape%count(), batch)
      integer :: i, j
      do j = 1, batch
         y_true(:, j) = [(sin(1.7_wp*i + 0.3_wp*j), i=1, size(y_true, 1))]
         y_pred(:, j) = [(cos(0.9_wp*i - 0.8_wp*j), i=1, size(y_true, 1))]
      end do
      call check_loss_gradient(loss, shape, y_true, y_pred, error, tolerance=gradient_tolerance)
   end subroutine check_whole_batch

   !> Count what was found: no error, or one whose message has `needle` in it.
   subroutine expect(name, needle)
      character(*), intent(in) :: name
      character(*), intent(in), optional :: needle
      character(:), allocatable :: message
      logical :: holds
      message = 'no error'
      if (allocated(error)) message = error%message
      holds = allocated(error) .eqv. present(needle)
      if (holds .and. present(needle)) holds = index(message, needle) > 0
      if (holds) then
         passed = passed + 1
      else
         failed = failed + 1
         print '(4a)', 'FAIL ', name, ': ', message
      end if
   end subroutine expect

end program check
