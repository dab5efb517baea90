! Generated from layers/fkb_rescaling.fypp: edit that file and run tools/generate.py
!> Keras's `Rescaling`: y = scale x + offset, by one number or one per channel (last axis).
module fkb_rescaling_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, count_option_values, expect_inputs
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_backward
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: rescaling_t

   !> Keras's `Rescaling`. Its two options stand in the slice of weights, filled by the loader:
   !> scale () or (channels), offset () or (channels).
   type, extends(unary_layer_t) :: rescaling_t
      integer :: scales = 0      !! values of the option `scale`; 0: a number, not a list
      integer :: offsets = 0     !! values of the option `offset`; 0: a number; -1: absent
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type rescaling_t

contains

   subroutine configure(self, config, error)
      class(rescaling_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call count_option_values(config, 'scale', self%scales, error)
      if (allocated(error)) return
      if (self%scales < 0) then
         call raise(error, fkb_err_argument, 'option "scale" is missing')
         return
      end if
      call count_option_values(config, 'offset', self%offsets, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(rescaling_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call add_option(plan, 'scale', self%scales, in_shapes(1), error)
      if (allocated(error)) return
      call add_option(plan, 'offset', self%offsets, in_shapes(1), error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_backward
   end subroutine lay_out

   !> A weight that the loader fills from an option.
   subroutine add_option(plan, name, n, shape, error)
      type(plan_t), intent(inout) :: plan
      character(*), intent(in) :: name
      integer, intent(in) :: n
      type(shape_t), intent(in) :: shape
      type(error_t), allocatable, intent(out) :: error
      if (n < 0) return
      if (n == 0) then
         call plan%add_weight(name, shape_of([integer ::]), from_option=.true.)
      else if (n == 1 .or. shape%extent(1) == open_extent .or. n == shape%extent(1)) then
         call plan%add_weight(name, shape_of([n]), from_option=.true.)
      else
         call raise(error, fkb_err_argument, 'option "'//name//'" has '//decimal(n)// &
                    ' values, the input of shape '//shape%text()//' needs one per channel')
      end if
   end subroutine add_option

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(rescaling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: n
      n = max(plan%in_shapes(1)%extent(1), 1)
      call multiply(n, size(x)/n, max(self%scales, 1), weights, x, y)
      if (self%offsets >= 0) then
         call increase(n, size(x)/n, max(self%offsets, 1), weights(max(self%scales, 1) + 1:), y)
      end if
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(rescaling_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: n
      n = max(plan%in_shapes(1)%extent(1), 1)
      call multiply(n, size(x)/n, max(self%scales, 1), weights, dy, dx)
   end subroutine apply_backward

   !> y = a x, a of one value or of n
   pure subroutine multiply(n, columns, m, a, x, y)
      integer, intent(in) :: n, columns, m
      real(wp), intent(in) :: a(m), x(n, columns)
      real(wp), intent(out) :: y(n, columns)
      integer :: j
      do j = 1, columns
         if (m == 1) then
            y(:, j) = x(:, j)*a(1)
         else
            y(:, j) = x(:, j)*a
         end if
      end do
   end subroutine multiply

   !> y = y + b, b of one value or of n
   pure subroutine increase(n, columns, m, b, y)
      integer, intent(in) :: n, columns, m
      real(wp), intent(in) :: b(m)
      real(wp), intent(inout) :: y(n, columns)
      integer :: j
      do j = 1, columns
         if (m == 1) then
            y(:, j) = y(:, j) + b(1)
         else
            y(:, j) = y(:, j) + b
         end if
      end do
   end subroutine increase

end module fkb_rescaling_sp
