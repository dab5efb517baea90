!> Shapes of the weights of Keras's `EinsumDense`, from its options and the shape of its input
!> (source: `_analyze_einsum_string` of Keras 3.15).
module fkb_einsum_dense_shapes
   use fkb_einsum_equation, only: sample_equation
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: dense_shapes, kernel_fans

contains

   !> The equation of one sample and the shapes of kernel and bias.
   subroutine dense_shapes(equation, bias_axes, output_shape, x, inner, kernel, bias, error)
      character(*), intent(in) :: equation             !! Keras's, with the batch
      character(*), intent(in) :: bias_axes            !! letters of the output, empty for no bias
      integer, intent(in) :: output_shape(:)           !! option, Keras's order, -1 for null
      type(shape_t), intent(in) :: x                   !! of one sample, storage order
      character(:), allocatable, intent(out) :: inner
      type(shape_t), intent(out) :: kernel, bias       !! storage order
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: in_x, in_kernel, in_y
      integer :: extents(0:127), i, letter
      i = index(equation, ',')
      letter = index(equation, '->')
      if (i == 0 .or. letter < i) then
         call refuse('must have the form "abc,cd->abd"')
         return
      end if
      in_kernel = equation(i + 1:letter - 1)
      call sample_equation(equation, x%rank, len(in_kernel), .true., .false., inner, error)
      if (allocated(error)) return
      if (index(in_kernel, '.') > 0 .or. len(in_kernel) > max_rank) then
         call refuse('has too many axes in its kernel, or an ellipsis')
         return
      end if
      in_x = inner(:index(inner, ',') - 1)
      in_y = inner(index(inner, '->') + 2:)
      extents = 0
      do i = 1, len(in_x)
         extents(iachar(in_x(i:i))) = x%extent(x%rank + 1 - i)
      end do
      call take_output(in_y, output_shape, extents, error)
      if (allocated(error)) return
      kernel%rank = len(in_kernel)
      do i = 1, kernel%rank
         letter = iachar(in_kernel(i:i))
         kernel%extent(kernel%rank + 1 - i) = extents(letter)
         if (extents(letter) > 0) cycle
         call refuse('leaves axis "'//in_kernel(i:i)//'" of the kernel open: it must be known '// &
                     'from the input or from output_shape')
         return
      end do
      if (bias_axes /= '') call shape_bias(in_y, bias_axes, extents, bias, error)

   contains

      subroutine refuse(reason)
         character(*), intent(in) :: reason
         call raise(error, fkb_err_argument, 'option "equation" = '//quote(equation)//' '//reason)
      end subroutine refuse

   end subroutine dense_shapes

   !> Extents of the output's letters, which the option leaves out for an ellipsis.
   subroutine take_output(in_y, output_shape, extents, error)
      character(*), intent(in) :: in_y                 !! of one sample, Keras's order
      integer, intent(in) :: output_shape(:)
      integer, intent(inout) :: extents(0:127)         !! by letter, 0: unknown
      type(error_t), allocatable, intent(out) :: error
      integer :: i, k
      k = 0
      do i = 1, len(in_y)
         if (in_y(i:i) <= '9') cycle
         k = k + 1
         if (k > size(output_shape)) return
         associate (extent => extents(iachar(in_y(i:i))))
            if (output_shape(k) == open_extent) cycle
            if (extent <= 0) extent = output_shape(k)
            if (extent == output_shape(k)) cycle
            call raise(error, fkb_err_argument, 'option "output_shape" does not fit the input '// &
                       'at axis "'//in_y(i:i)//'" of the equation')
            return
         end associate
      end do
   end subroutine take_output

   !> The bias has the axes of the output from its first letter on, those without a letter of the
   !> option as 1.
   subroutine shape_bias(in_y, bias_axes, extents, bias, error)
      character(*), intent(in) :: in_y, bias_axes
      integer, intent(in) :: extents(0:127)
      type(shape_t), intent(out) :: bias
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      logical :: known
      known = verify(bias_axes, in_y) == 0
      bias%rank = len(in_y) - scan(in_y, bias_axes) + 1
      if (known) then
         do i = 1, bias%rank
            associate (letter => in_y(len(in_y) + 1 - i:len(in_y) + 1 - i))
               if (index(bias_axes, letter) > 0) bias%extent(i) = extents(iachar(letter))
            end associate
         end do
         known = all(bias%extent(:bias%rank) > 0)
      end if
      if (.not. known) call raise(error, fkb_err_argument, 'option "bias_axes" = '// &
                                  quote(bias_axes)//' names axes that the output does not '// &
                                  'have, or that have no known extent')
   end subroutine shape_bias

   !> How many values go into one output and come out of one input: the kernel's axes that the
   !> output does not have, and those that it has. Keras 3.15, `EinsumDense`.
   pure function kernel_fans(equation, kernel) result(fans)
      character(*), intent(in) :: equation             !! Keras's
      type(shape_t), intent(in) :: kernel              !! storage order
      real(dp) :: fans(2)
      integer :: arrow, axis, i
      fans = 1
      arrow = index(equation, '->')
      axis = kernel%rank
      do i = index(equation, ',') + 1, arrow - 1
         if (equation(i:i) == ' ' .or. axis < 1) cycle
         if (index(equation(arrow + 2:), equation(i:i)) > 0) then
            fans(2) = fans(2)*kernel%extent(axis)
         else
            fans(1) = fans(1)*kernel%extent(axis)
         end if
         axis = axis - 1
      end do
   end function kernel_fans

end module fkb_einsum_dense_shapes
