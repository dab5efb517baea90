!> The parts of a document: plain records in pools, linked by positions. See docs/format.md.
!>
!> Text stands in the document's text pool; a `span_t` names a piece of it, or a range of a pool.
!> Positions in pools count from 1, 0 means none; numbers of nodes, outputs and ports count from 0
!> as in the file.
module fkb_document_parts
   use fkb_kinds, only: dp, i8, sp
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: block_t, option_t, structure_t, node_t, reference_t, tensor_t, port_t, step_t, sample_t
   public :: values_t, dtype_name, dtype_of, dtype_width, buffer_of, max_text_rank

   !> Largest rank of a shape in the file, batch included.
   integer, parameter :: max_text_rank = 8

   !> Types of values; the buffer that holds them is `buffer_of(dtype)`.
   integer, parameter, public :: dtype_float32 = 1, dtype_float64 = 2, dtype_int32 = 3, &
      dtype_int64 = 4, dtype_float16 = 5, dtype_bfloat16 = 6, dtype_uint8 = 7, dtype_bool = 8

   !> Buffers of values: `values_t%singles`, `%doubles`, `%integers`.
   integer, parameter, public :: in_singles = 1, in_doubles = 2, in_integers = 3

   !> What a tensor belongs to.
   integer, parameter, public :: tensor_of_weight = 1, tensor_of_step = 2, &
      tensor_of_variable = 3, tensor_of_sample = 4

   !> Kinds of transform steps; `step_names(kind)` is the word in the file.
   integer, parameter, public :: step_add = 1, step_subtract = 2, step_multiply = 3, &
      step_divide = 4, step_select = 5

   character(11), parameter, public :: step_names(11) = [character(11) :: 'add', 'subtract', &
      'multiply', 'divide', 'select', 'log10', 'ln', 'exp10', 'exp', 'power', 'interpolate']

   character(8), parameter :: dtype_names(8) = [character(8) :: 'float32', 'float64', 'int32', &
                                                'int64', 'float16', 'bfloat16', 'uint8', 'bool']

   !> An option of a block, port, sample or of the compile configuration.
   type :: option_t
      type(span_t) :: key                       !! decoded, without `@`
      type(span_t) :: json                      !! raw JSON text
      logical :: meta = .false.                 !! written with `@`: for the way back only
      integer :: line = 0
   end type option_t

   !> Tensors in an arbitrary nesting: a container's inputs or outputs.
   type :: structure_t
      type(span_t) :: json                      !! raw text with the nesting
      type(span_t) :: references                !! range of the pool, Keras's order
      integer :: line = 0                       !! 0 where the file has none
   end type structure_t

   !> A model or a layer.
   type :: block_t
      type(span_t) :: name
      type(span_t) :: class_name
      type(span_t) :: role                      !! attribute of the wrapper, empty in a container
      integer :: parent = 0                     !! 0 for the model, which is block 1
      integer :: first_child = 0
      integer :: last_child = 0
      integer :: next = 0                       !! next brother
      integer :: child_count = 0
      integer :: depth = 0                      !! 0 for the model
      type(span_t) :: options                   !! range of the pool
      type(span_t) :: nodes                     !! range of the pool: node k is `nodes%first + k`
      type(span_t) :: weights                   !! range of the tensors
      type(structure_t) :: inputs
      type(structure_t) :: outputs
      integer :: line = 0
   end type block_t

   !> One call of a layer.
   type :: node_t
      integer :: block = 0                      !! the layer that is called
      type(span_t) :: args                      !! raw text of the positional arguments
      type(span_t) :: kwargs                    !! raw text of the keyword arguments
      type(span_t) :: references                !! range of the pool: args first, then kwargs
      integer :: line = 0
   end type node_t

   !> A tensor that a node takes: an output of a node of a brother.
   type :: reference_t
      type(span_t) :: name                      !! name of the layer
      integer :: number = 0                     !! number of its node, from 0
      integer :: index = 0                      !! number of the output, from 0
      integer :: block = 0                      !! the layer, once resolved
      integer :: node = 0                       !! its node, once resolved
      integer :: argument = -1                  !! positional argument from 0, -1 in kwargs
      type(span_t) :: keyword                   !! the keyword, empty in args
   end type reference_t

   !> A tensor with values in the file.
   type :: tensor_t
      integer :: owner = 0                      !! one of `tensor_of_*`
      integer :: owner_index = 0                !! block, step or sample; 0 for a variable
      type(span_t) :: name                      !! weight's name or variable's slot
      type(span_t) :: path                      !! variables: path of the weight, empty for none
      integer :: dtype = dtype_float32
      integer :: rank = 0
      integer :: extent(max_text_rank) = 1      !! Keras's order, slowest first
      integer :: count = 0                      !! number of values
      logical :: trainable = .true.
      integer(i8) :: offset = 0                 !! the values follow this position of their buffer
      logical :: is_output = .false.            !! of a sample: output, not input
      integer :: position = 0                   !! of a sample: number of the input or output
      integer :: line = 0
   end type tensor_t

   !> Description of an input or output of the model.
   type :: port_t
      logical :: is_output = .false.
      integer :: position = 0                   !! from 0
      type(span_t) :: name
      type(span_t) :: options                   !! range of the pool
      type(span_t) :: steps                     !! range of the pool
      integer :: line = 0
   end type port_t

   !> One transform step.
   type :: step_t
      integer :: kind = 0                       !! one of `step_*`
      integer :: tensor = 0                     !! the operand's position in the pool, 0 for JSON
      type(span_t) :: json                      !! a number, `select`: a list, a curve: an object
      integer :: port = 0                       !! position in `ports`
      integer :: line = 0
   end type step_t

   !> Recorded inputs and outputs.
   type :: sample_t
      type(span_t) :: options                   !! range of the pool
      type(span_t) :: tensors                   !! range of the tensors
      integer :: line = 0
   end type sample_t

   !> Values of all tensors. Each buffer is allocated, of length 0 where nothing needs it.
   type :: values_t
      real(sp), allocatable :: singles(:)       !! float32, float16 and bfloat16
      real(dp), allocatable :: doubles(:)       !! float64
      integer(i8), allocatable :: integers(:)   !! int32, int64, uint8 and bool
   end type values_t

contains

   !> The name of a type of values as the file writes it.
   pure function dtype_name(dtype) result(name)
      integer, intent(in) :: dtype              !! one of `dtype_*`
      character(:), allocatable :: name
      name = trim(dtype_names(dtype))
   end function dtype_name

   !> The type of values of a name, 0 where there is none.
   pure integer function dtype_of(name) result(dtype)
      character(*), intent(in) :: name          !! such as `float32`
      do dtype = size(dtype_names), 1, -1
         if (len_trim(dtype_names(dtype)) == len(name) .and. dtype_names(dtype) == name) return
      end do
   end function dtype_of

   !> Bytes of an integer type.
   pure integer function dtype_width(dtype) result(bytes)
      integer, intent(in) :: dtype              !! one of `dtype_*` that `integers` holds
      bytes = 1
      if (dtype == dtype_int32) bytes = 4
      if (dtype == dtype_int64) bytes = 8
   end function dtype_width

   !> The buffer that holds values of a type: `in_singles`, `in_doubles` or `in_integers`.
   pure integer function buffer_of(dtype) result(buffer)
      integer, intent(in) :: dtype              !! one of `dtype_*`
      select case (dtype)
      case (dtype_float32, dtype_float16, dtype_bfloat16)
         buffer = in_singles
      case (dtype_float64)
         buffer = in_doubles
      case default
         buffer = in_integers
      end select
   end function buffer_of

end module fkb_document_parts
