!> Parts of a document in words, for messages and for the file.
module fkb_document_labels
   use fkb_document, only: document_t
   use fkb_document_parts, only: step_names, tensor_of_sample, tensor_of_step, tensor_of_variable, &
      tensor_t
   use fkb_text, only: decimal, quote, shortened
   implicit none (type, external)
   private
   public :: block_label, tensor_label, shape_text, side

contains

   !> A block: `layer "a/b"` or `model "m"`.
   pure function block_label(document, block) result(label)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block              !! position in `blocks`
      character(:), allocatable :: label
      integer :: at
      if (block == 1) then
         label = 'model '//quote(document%name(block))
      else
         label = short_name(document, block)
         at = document%blocks(block)%parent
         do while (at > 1)
            label = short_name(document, at)//'/'//label
            at = document%blocks(at)%parent
         end do
         label = 'layer '//quote(label)
      end if
   end function block_label

   !> The name of a layer, cut when it is long.
   pure function short_name(document, block) result(name)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(:), allocatable :: name
      name = shortened(document%name(block))
   end function short_name

   !> A tensor: `weight "kernel" of layer "dense"`.
   pure function tensor_label(document, tensor) result(label)
      type(document_t), intent(in) :: document
      type(tensor_t), intent(in) :: tensor      !! one of the document's tensors
      character(:), allocatable :: label
      select case (tensor%owner)
      case (tensor_of_step)
         associate (step => document%steps(tensor%owner_index))
            label = 'step '//trim(step_names(step%kind))//' of '// &
                    side(document%ports(step%port)%is_output)//' '// &
                    decimal(document%ports(step%port)%position)
         end associate
      case (tensor_of_variable)
         label = 'variable '//quote(document%text%get(tensor%name))
         if (tensor%path%count() > 0) label = label//' of '//quote(document%text%get(tensor%path))
      case (tensor_of_sample)
         label = side(tensor%is_output)//' '//decimal(tensor%position)//' of the sample'
      case default
         label = 'weight '//quote(document%text%get(tensor%name))//' of '// &
                 block_label(document, tensor%owner_index)
      end select
   end function tensor_label

   !> The shape of a tensor as the file writes it: `[3,4]`.
   pure function shape_text(tensor) result(text)
      type(tensor_t), intent(in) :: tensor
      character(:), allocatable :: text
      integer :: i
      text = '['
      do i = 1, tensor%rank
         if (i > 1) text = text//','
         text = text//decimal(tensor%extent(i))
      end do
      text = text//']'
   end function shape_text

   !> `input` or `output`.
   pure function side(is_output) result(word)
      logical, intent(in) :: is_output
      character(:), allocatable :: word
      word = 'input'
      if (is_output) word = 'output'
   end function side

end module fkb_document_labels
