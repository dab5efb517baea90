!> The masks of a model's outputs: its meta data `output_masks`, `[["layer",0,0],null]`.
module fkb_document_masks
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_format, raise
   use fkb_json, only: json_element, json_integer, json_kind, json_length, json_string
   use fkb_kinds, only: i8
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: find_output_masks

contains

   !> Node of the document and number of its output for the mask of each of the model's outputs.
   !> Raises an error for meta data that means no tensor of the model.
   subroutine find_output_masks(document, nodes, indices, error)
      type(document_t), intent(in) :: document
      integer, allocatable, intent(out) :: nodes(:)       !! 0 where an output has no mask
      integer, allocatable, intent(out) :: indices(:)     !! from 0
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      integer :: i, k
      json = ''
      do i = document%blocks(1)%options%first, document%blocks(1)%options%last
         if (.not. document%options(i)%meta) cycle
         if (document%text%same(document%options(i)%key, 'output_masks')) then
            json = document%text%get(document%options(i)%json)
         end if
      end do
      k = document%blocks(1)%outputs%references%count()
      allocate (nodes(k), indices(k), source=0)
      if (len(json) == 0) return
      if (json_kind(json) /= 'array' .or. json_length(json) /= k) then
         call raise(error, fkb_err_format, 'the meta data "output_masks" must have an entry for'// &
                    ' each output', document%blocks(1)%line)
         return
      end if
      do i = 1, k
         call find_tensor(document, element_text(json, i - 1), nodes(i), indices(i), error)
         if (allocated(error)) return
      end do
   end subroutine find_output_masks

   !> Node and output that `["layer",0,0]` means among the model's layers; no node for null.
   subroutine find_tensor(document, json, node, index, error)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: json
      integer, intent(out) :: node, index
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: number, output
      integer :: block
      logical :: ok
      node = 0
      index = 0
      if (json == 'null') return
      number = 0
      output = 0
      ok = json_kind(json) == 'array' .and. json_length(json) == 3
      if (ok) ok = json_kind(element_text(json, 0)) == 'string'
      if (ok) call json_integer(element_text(json, 1), number, ok)
      if (ok) call json_integer(element_text(json, 2), output, ok)
      block = 0
      if (ok) block = layer_named(document, json_string(element_text(json, 0)))
      if (block > 0) ok = number >= 0 .and. number < document%blocks(block)%nodes%count() .and. &
         output >= 0 .and. output < huge(index)
      if (block > 0 .and. ok) then
         node = document%blocks(block)%nodes%first + int(number)
         index = int(output)
      else
         call raise(error, fkb_err_format, 'the meta data "output_masks" has '//json// &
                    ', which is no tensor of the model', document%blocks(1)%line)
      end if
   end subroutine find_tensor

   !> The model's layer of this name, 0 where there is none.
   integer function layer_named(document, name) result(block)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: name
      block = document%blocks(1)%first_child
      do while (block > 0)
         if (document%name(block) == name) return
         block = document%blocks(block)%next
      end do
   end function layer_named

   !> Element `k` of a JSON array, from 0.
   function element_text(json, k) result(text)
      character(*), intent(in) :: json
      integer, intent(in) :: k
      character(:), allocatable :: text
      type(span_t) :: part
      part = json_element(json, k)
      text = json(part%first:part%last)
   end function element_text

end module fkb_document_masks
