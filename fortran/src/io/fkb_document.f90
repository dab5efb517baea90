!> A model file as a neutral tree: no layers, no kinds, only what the file says.
!>
!> Reading gives a document with its values; a network takes the values over with `take_values` and
!> keeps the rest for saving. Assignment makes a deep copy. The model is block 1; the other blocks
!> hang below it: `blocks(i)%first_child`, `%next`. Components are public for reading; what changes
!> a document goes through its procedures.
module fkb_document
   use fkb_document_parts, only: buffer_of, dtype_bfloat16, dtype_float16, dtype_float32, &
      dtype_float64, tensor_of_sample, tensor_of_variable, tensor_t, values_t
   use fkb_document_pools, only: make_room
   use fkb_document_tree, only: document_tree_t
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: document_t

   !> A model file.
   type, extends(document_tree_t) :: document_t
   contains
      procedure :: take_values
      procedure :: copy_structure
      procedure :: clear
      procedure :: set_block_option
      procedure :: set_compile_option
      procedure :: drop_compile
      procedure :: drop_samples
      procedure :: add_variable
      procedure :: add_sample
      procedure :: add_recorded
      procedure :: set_precision
      procedure :: lay_out_values
      procedure :: add_option
      procedure :: add_tensor
   end type document_t

contains

   !> Hand the values over; the document keeps the structure.
   subroutine take_values(self, values)
      class(document_t), intent(inout) :: self
      type(values_t), intent(out) :: values
      if (allocated(self%values%singles)) call move_alloc(self%values%singles, values%singles)
      if (allocated(self%values%doubles)) call move_alloc(self%values%doubles, values%doubles)
      if (allocated(self%values%integers)) call move_alloc(self%values%integers, values%integers)
   end subroutine take_values

   !> A deep copy of everything but the values.
   subroutine copy_structure(self, copy)
      class(document_t), intent(in) :: self
      type(document_t), intent(out) :: copy
      copy%precision = self%precision
      if (allocated(self%keras_version)) copy%keras_version = self%keras_version
      copy%text = self%text
      copy%block_count = self%block_count
      copy%option_count = self%option_count
      copy%node_count = self%node_count
      copy%reference_count = self%reference_count
      copy%tensor_count = self%tensor_count
      copy%port_count = self%port_count
      copy%step_count = self%step_count
      copy%sample_count = self%sample_count
      if (allocated(self%blocks)) copy%blocks = self%blocks
      if (allocated(self%options)) copy%options = self%options
      if (allocated(self%nodes)) copy%nodes = self%nodes
      if (allocated(self%references)) copy%references = self%references
      if (allocated(self%tensors)) copy%tensors = self%tensors
      if (allocated(self%ports)) copy%ports = self%ports
      if (allocated(self%steps)) copy%steps = self%steps
      if (allocated(self%samples)) copy%samples = self%samples
      copy%compiled = self%compiled
      copy%compile_options = self%compile_options
      copy%variables = self%variables
      copy%value_count = self%value_count
   end subroutine copy_structure

   !> Forget everything and free the memory.
   subroutine clear(self)
      class(document_t), intent(out) :: self
      self%precision = dtype_float32
   end subroutine clear

   !> Give an option of a layer a new value, or add it.
   subroutine set_block_option(self, block, key, json)
      class(document_t), intent(inout) :: self
      integer, intent(in) :: block              !! position in `blocks`
      character(*), intent(in) :: key           !! the key, no meta data
      character(*), intent(in) :: json          !! valid JSON text without blanks
      type(span_t) :: options
      options = self%blocks(block)%options
      call set_option(self, options, key, json)
      self%blocks(block)%options = options
   end subroutine set_block_option

   !> Give an option of the compile configuration a new value, or add it.
   subroutine set_compile_option(self, key, json)
      class(document_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the key, no meta data
      character(*), intent(in) :: json          !! valid JSON text without blanks
      type(span_t) :: options
      self%compiled = .true.
      options = self%compile_options
      call set_option(self, options, key, json)
      self%compile_options = options
   end subroutine set_compile_option

   !> Drop the compile configuration and the optimizer's variables.
   subroutine drop_compile(self)
      class(document_t), intent(inout) :: self
      self%compiled = .false.
      self%compile_options = span_t()
      self%variables = span_t()
   end subroutine drop_compile

   !> Drop the recorded samples.
   subroutine drop_samples(self)
      class(document_t), intent(inout) :: self
      self%sample_count = 0
   end subroutine drop_samples

   !> Add a variable of the optimizer. The first one after `drop_compile` begins a new list.
   subroutine add_variable(self, slot, path, dtype, extents, tensor)
      class(document_t), intent(inout) :: self
      character(*), intent(in) :: slot          !! such as `momentum`
      character(*), intent(in) :: path          !! the weight's path, or empty
      integer, intent(in) :: dtype              !! one of `dtype_*`
      integer, intent(in) :: extents(:)         !! Keras's order
      integer, intent(out) :: tensor            !! position in `tensors`
      type(tensor_t) :: new, moved
      type(span_t) :: old
      integer :: i
      old = self%variables
      if (old%count() > 0 .and. old%last /= self%tensor_count) then
         do i = old%first, old%last
            moved = self%tensors(i)
            call self%add_tensor(moved, tensor)
         end do
         self%variables = span_t(self%tensor_count - old%count() + 1, self%tensor_count)
      end if
      self%compiled = .true.
      new%owner = tensor_of_variable
      call self%text%add(slot, new%name)
      call self%text%add(path, new%path)
      new%dtype = dtype
      call shape_tensor(new, extents)
      call self%add_tensor(new, tensor)
      if (self%variables%count() == 0) self%variables%first = tensor
      self%variables%last = tensor
   end subroutine add_variable

   !> Add an empty sample; `add_recorded` fills it, before another sample or variable is added.
   subroutine add_sample(self, tolerance)
      class(document_t), intent(inout) :: self
      real(dp), intent(in) :: tolerance         !! relative to the largest |output|
      type(span_t) :: options
      call make_room(self%samples, self%sample_count)
      self%sample_count = self%sample_count + 1
      options = span_t()
      call set_option(self, options, 'tolerance', json_real_text(tolerance))
      self%samples(self%sample_count)%options = options
   end subroutine add_sample

   !> Add a recorded input or output to the last sample: inputs first, both ascending.
   subroutine add_recorded(self, is_output, position, dtype, extents, tensor)
      class(document_t), intent(inout) :: self
      logical, intent(in) :: is_output          !! output, not input
      integer, intent(in) :: position           !! number of the input or output, from 0
      integer, intent(in) :: dtype              !! one of `dtype_*`
      integer, intent(in) :: extents(:)         !! Keras's order, batch first
      integer, intent(out) :: tensor            !! position in `tensors`
      type(tensor_t) :: new
      new%owner = tensor_of_sample
      new%owner_index = self%sample_count
      new%is_output = is_output
      new%position = position
      new%dtype = dtype
      call shape_tensor(new, extents)
      call self%add_tensor(new, tensor)
      associate (tensors => self%samples(self%sample_count)%tensors)
         if (tensors%count() == 0) tensors%first = tensor
         tensors%last = tensor
      end associate
   end subroutine add_recorded

   !> Store real values in another precision from now on. `lay_out_values` must follow.
   subroutine set_precision(self, dtype)
      class(document_t), intent(inout) :: self
      integer, intent(in) :: dtype              !! `dtype_float32` or `dtype_float64`
      integer :: i
      self%precision = dtype
      do i = 1, self%tensor_count
         select case (self%tensors(i)%dtype)
         case (dtype_float32, dtype_float64, dtype_float16, dtype_bfloat16)
            self%tensors(i)%dtype = dtype
         case default
            continue
         end select
      end do
   end subroutine set_precision

   !> Give every tensor its place in the buffers, in order of declaration, and count the values.
   subroutine lay_out_values(self)
      class(document_t), intent(inout) :: self
      integer, allocatable :: order(:)
      integer :: i, buffer
      call self%declared_tensors(order)
      self%value_count = 0
      do i = 1, size(order)
         associate (tensor => self%tensors(order(i)))
            buffer = buffer_of(tensor%dtype)
            tensor%offset = self%value_count(buffer)
            self%value_count(buffer) = self%value_count(buffer) + tensor%count
         end associate
      end do
   end subroutine lay_out_values

   !> Append an option to the pool.
   subroutine add_option(self, key, json, meta, line)
      class(document_t), intent(inout) :: self
      character(*), intent(in) :: key           !! decoded
      character(*), intent(in) :: json          !! raw text
      logical, intent(in) :: meta               !! for the way back only
      integer, intent(in) :: line               !! line of the file
      call make_room(self%options, self%option_count)
      self%option_count = self%option_count + 1
      associate (new => self%options(self%option_count))
         call self%text%add(key, new%key)
         call self%text%add(json, new%json)
         new%meta = meta
         new%line = line
      end associate
   end subroutine add_option

   !> Append a tensor to the pool and to the end of its buffer.
   subroutine add_tensor(self, tensor, at)
      class(document_t), intent(inout) :: self
      type(tensor_t), intent(in) :: tensor      !! all but the offset
      integer, intent(out) :: at                !! position in `tensors`
      integer :: buffer
      call make_room(self%tensors, self%tensor_count)
      self%tensor_count = self%tensor_count + 1
      at = self%tensor_count
      self%tensors(at) = tensor
      buffer = buffer_of(tensor%dtype)
      self%tensors(at)%offset = self%value_count(buffer)
      self%value_count(buffer) = self%value_count(buffer) + tensor%count
   end subroutine add_tensor

   !> Replace an option, or move the range to the end of the pool with the new one after it.
   subroutine set_option(self, options, key, json)
      class(document_t), intent(inout) :: self
      type(span_t), intent(inout) :: options
      character(*), intent(in) :: key, json
      integer :: at, first, i
      at = self%find_option(options, key)
      if (at > 0) then
         call self%text%add(json, self%options(at)%json)
         return
      end if
      first = self%option_count + 1
      do i = options%first, options%last
         call make_room(self%options, self%option_count)
         self%option_count = self%option_count + 1
         self%options(self%option_count) = self%options(i)
      end do
      call self%add_option(key, json, .false., 0)
      options = span_t(first, self%option_count)
   end subroutine set_option

   !> Give a tensor its shape.
   subroutine shape_tensor(tensor, extents)
      type(tensor_t), intent(inout) :: tensor
      integer, intent(in) :: extents(:)
      tensor%rank = size(extents)
      tensor%extent(:size(extents)) = extents
      tensor%count = product(extents)
   end subroutine shape_tensor

end module fkb_document
