! Generated from train/fkb_compile.fypp: edit that file and run tools/generate.py
!> What a model file's compile configuration means: a loss and a weight for each output.
module fkb_compile_sp
   use fkb_document, only: document_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unsupported
   use fkb_json, only: json_check, json_compact, json_element, json_find, json_kind, json_length, &
      json_member, json_next, json_real, json_string
   use fkb_kinds, only: dp
   use fkb_loss_sp, only: loss_t
   use fkb_loss_registry_sp, only: loss_from_config, loss_registry_t
   use fkb_text, only: decimal, quote, span_t
   implicit none (type, external)
   private
   public :: loss_box_t, name_t, compile_option, losses_from_config, output_names, text_at

   !> The loss of one output. Without a loss the output takes no part in training.
   type :: loss_box_t
      class(loss_t), allocatable :: loss
      real(dp) :: weight = 1                      !! Keras's `loss_weights`
   end type loss_box_t

   !> A name.
   type :: name_t
      character(:), allocatable :: text
   end type name_t

contains

   !> An option of the compile configuration as JSON text, empty where it is absent or null.
   function compile_option(document, key) result(json)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: key             !! such as `optimizer`
      character(:), allocatable :: json
      integer :: at
      json = ''
      if (.not. document%compiled) return
      at = document%find_option(document%compile_options, key)
      if (at > 0) json = document%text%get(document%options(at)%json)
      if (json == 'null') json = ''
   end function compile_option

   !> The losses of all outputs from Keras's `loss` and `loss_weights`: one for all outputs, a list
   !> in their order, or an object by their names.
   subroutine losses_from_config(document, loss, weights, boxes, error, registry)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: loss                      !! JSON, or the bare name of a loss
      character(*), intent(in) :: weights                   !! JSON, empty for none
      type(loss_box_t), allocatable, intent(out) :: boxes(:)   !! one per output
      type(error_t), allocatable, intent(out) :: error
      type(loss_registry_t), intent(in), optional :: registry
      character(:), allocatable :: part, problem, text
      type(name_t), allocatable :: names(:)
      integer :: k, last
      call output_names(document, names)
      allocate (boxes(size(names)))
      text = json_compact(loss)
      if (scan(text, '{[') == 1) then
         call json_check(text, 1, last, problem)
         if (allocated(problem) .or. last /= len(text)) then
            call raise(error, fkb_err_argument, 'malformed configuration of a loss, '//quote(loss))
            return
         end if
      end if
      call check_names('loss', text, names, error)
      if (.not. allocated(error)) call check_names('loss_weights', weights, names, error)
      do k = 1, size(names)
         if (allocated(error)) return
         part = part_of(text, k, names)
         if (len(part) > 0 .and. part /= 'null') then
            call loss_from_config(part, document%keras_major(), boxes(k)%loss, error, registry)
            if (.not. allocated(error)) call read_weight(weights, k, names, boxes(k)%weight, error)
         end if
      end do
   end subroutine losses_from_config

   !> Whether the configuration is for one loss: a name, or an object that says its class.
   logical function is_single(json)
      character(*), intent(in) :: json
      select case (json_kind(json))
      case ('array')
         is_single = .false.
      case ('object')
         is_single = json_kind(text_at(json, json_member(json, 'class_name'))) == 'string'
      case default
         is_single = .true.
      end select
   end function is_single

   !> The text of a span, empty for an empty one.
   pure function text_at(text, span) result(part)
      character(*), intent(in) :: text
      type(span_t), intent(in) :: span
      character(:), allocatable :: part
      part = text(span%first:span%last)
   end function text_at

   !> What a configuration says for output `k`.
   function part_of(json, k, names) result(part)
      character(*), intent(in) :: json
      integer, intent(in) :: k
      type(name_t), intent(in) :: names(:)
      character(:), allocatable :: part
      if (is_single(json)) then
         part = json
      else if (json_kind(json) == 'array') then
         part = text_at(json, json_element(json, k - 1))
      else
         part = text_at(json, json_member(json, names(k)%text))
      end if
   end function part_of

   !> A list must be as long as there are outputs, the keys of an object must be their names.
   subroutine check_names(option, json, names, error)
      character(*), intent(in) :: option, json
      type(name_t), intent(in) :: names(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      if (is_single(json)) return
      if (json_length(json) /= size(names)) then
         call raise(error, fkb_err_argument, 'option '//quote(option)//' is for '// &
                    decimal(json_length(json))//' outputs, the network has '//decimal(size(names)))
         return
      end if
      if (json_kind(json) == 'array') return
      do k = 1, size(names)
         if (len(text_at(json, json_member(json, names(k)%text))) > 0) cycle
         call raise(error, fkb_err_argument, 'option '//quote(option)//' says nothing of the'// &
                    ' output '//quote(names(k)%text))
         return
      end do
   end subroutine check_names

   !> The weight of output `k`, 1 where nothing is said.
   subroutine read_weight(json, k, names, weight, error)
      character(*), intent(in) :: json
      integer, intent(in) :: k
      type(name_t), intent(in) :: names(:)
      real(dp), intent(out) :: weight
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: part
      logical :: ok
      weight = 1
      part = part_of(json, k, names)
      if (len(part) == 0 .or. part == 'null') return
      call json_real(part, weight, ok)
      if (.not. ok) then
         call raise(error, fkb_err_unsupported, 'option "loss_weights" is '//quote(part)// &
                    ' for the output '//quote(names(k)%text)//', not a number')
      end if
   end subroutine read_weight

   !> Keras's names of the outputs: the keys where the model gives a dictionary, else the layers.
   subroutine output_names(document, names)
      type(document_t), intent(in) :: document
      type(name_t), allocatable, intent(out) :: names(:)
      character(:), allocatable :: json, swap
      type(span_t) :: key, value
      integer :: i, k, position
      associate (outputs => document%blocks(1)%outputs)
         allocate (names(outputs%references%count()))
         do k = 1, size(names)
            i = outputs%references%first + k - 1
            names(k)%text = document%name(document%references(i)%block)
         end do
         json = document%text%get(outputs%json)
      end associate
      if (json_kind(json) /= 'object') return
      position = 0
      do k = 1, min(size(names), json_length(json))
         call json_next(json, position, key, value)
         names(k)%text = json_string(json(key%first:key%last))
         do i = k, 2, -1
            if (names(i - 1)%text <= names(i)%text) exit
            swap = names(i)%text
            names(i)%text = names(i - 1)%text
            names(i - 1)%text = swap
         end do
      end do
   end subroutine output_names

end module fkb_compile_sp
