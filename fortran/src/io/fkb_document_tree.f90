!> What a model file says, as a tree in pools: the part of a document that only answers questions.
!>
!> The model is block 1; the other blocks hang below it: `blocks(i)%first_child`, `%next`.
module fkb_document_tree
   use fkb_config, only: config_t
   use fkb_document_parts, only: block_t, dtype_float32, node_t, option_t, port_t, reference_t, &
      sample_t, step_t, tensor_t, values_t
   use fkb_kinds, only: i8
   use fkb_text, only: span_t, text_pool_t
   implicit none (type, external)
   private
   public :: document_tree_t

   !> The contents of a model file.
   type :: document_tree_t
      integer :: precision = dtype_float32      !! `dtype_float32` or `dtype_float64`
      character(:), allocatable :: keras_version
      type(text_pool_t) :: text                 !! `text%get(span)` is the text of a span
      integer :: block_count = 0, option_count = 0, node_count = 0, reference_count = 0
      integer :: tensor_count = 0, port_count = 0, step_count = 0, sample_count = 0
      type(block_t), allocatable :: blocks(:)
      type(option_t), allocatable :: options(:)
      type(node_t), allocatable :: nodes(:)
      type(reference_t), allocatable :: references(:)
      type(tensor_t), allocatable :: tensors(:)
      type(port_t), allocatable :: ports(:)     !! in the order of the file
      type(step_t), allocatable :: steps(:)
      type(sample_t), allocatable :: samples(:)
      logical :: compiled = .false.             !! whether there is a compile configuration
      type(span_t) :: compile_options           !! range of the options
      type(span_t) :: variables                 !! range of the tensors: the optimizer's variables
      integer(i8) :: value_count(3) = 0         !! by buffer: `in_singles`, `in_doubles`, ...
      type(values_t) :: values                  !! not allocated once taken
   contains
      procedure :: keras_major
      procedure :: name => block_name
      procedure :: class_name => block_class
      procedure :: path => block_path
      procedure :: is_container
      procedure :: is_wrapper
      procedure :: config => block_config
      procedure :: options_config
      procedure :: find_option
      procedure :: declared_tensors
   end type document_tree_t

contains

   !> Major number of the Keras version.
   pure integer function keras_major(self) result(major)
      class(document_tree_t), intent(in) :: self
      integer :: status, dot
      major = 3
      if (.not. allocated(self%keras_version)) return
      dot = index(self%keras_version//'.', '.')
      read (self%keras_version(:dot - 1), *, iostat=status) major
      if (status /= 0) major = 3
   end function keras_major

   !> The name of a layer.
   pure function block_name(self, block) result(name)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      character(:), allocatable :: name
      name = self%text%get(self%blocks(block)%name)
   end function block_name

   !> The class of a layer, such as `Dense`.
   pure function block_class(self, block) result(name)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      character(:), allocatable :: name
      name = self%text%get(self%blocks(block)%class_name)
   end function block_class

   !> The path of a layer: the names below the model joined by `/`; the model's own name for it.
   pure function block_path(self, block) result(path)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      character(:), allocatable :: path
      integer :: at
      path = self%name(block)
      at = self%blocks(block)%parent
      do while (at > 1)
         path = self%name(at)//'/'//path
         at = self%blocks(at)%parent
      end do
   end function block_path

   !> Whether a block holds a graph of its own: class `Functional` or `Sequential`.
   pure logical function is_container(self, block)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      associate (class_name => self%blocks(block)%class_name)
         is_container = self%text%same(class_name, 'Functional') .or. &
                        self%text%same(class_name, 'Sequential')
      end associate
   end function is_container

   !> Whether a block is a layer around layers, which stand below it with their roles.
   pure logical function is_wrapper(self, block)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      is_wrapper = self%blocks(block)%first_child > 0 .and. .not. self%is_container(block)
   end function is_wrapper

   !> The options of a layer, without the meta data.
   subroutine block_config(self, block, config)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block              !! position in `blocks`
      type(config_t), intent(out) :: config
      call self%options_config(self%blocks(block)%options, config)
      config%class_name = self%class_name(block)
      config%layer_name = self%name(block)
   end subroutine block_config

   !> The options of a port, a sample or the compile configuration (`compile_options`).
   subroutine options_config(self, options, config)
      class(document_tree_t), intent(in) :: self
      type(span_t), intent(in) :: options       !! range of the options
      type(config_t), intent(out) :: config
      integer :: i
      config%class_name = ''
      config%layer_name = ''
      config%keras_major = self%keras_major()
      do i = options%first, options%last
         if (self%options(i)%meta) cycle
         call config%set(self%text%get(self%options(i)%key), self%text%get(self%options(i)%json))
      end do
   end subroutine options_config

   !> The position of an option, 0 where there is none.
   pure integer function find_option(self, options, key) result(at)
      class(document_tree_t), intent(in) :: self
      type(span_t), intent(in) :: options       !! range of the options
      character(*), intent(in) :: key           !! the key, no meta data
      do at = options%first, options%last
         if (self%options(at)%meta) cycle
         if (self%text%same(self%options(at)%key, key)) return
      end do
      at = 0
   end function find_option

   !> The tensors in the order in which the file declares them.
   subroutine declared_tensors(self, order)
      class(document_tree_t), intent(in) :: self
      integer, allocatable, intent(out) :: order(:) !! positions in `tensors`
      integer :: n, i, j, block
      allocate (order(self%tensor_count))
      n = 0
      block = merge(1, 0, self%block_count > 0)
      do while (block > 0)
         call take_span(self%blocks(block)%weights)
         block = next_block(self, block)
      end do
      do i = 1, self%port_count
         do j = self%ports(i)%steps%first, self%ports(i)%steps%last
            if (self%steps(j)%tensor > 0) call take_span(span_t(self%steps(j)%tensor, &
                                                                self%steps(j)%tensor))
         end do
      end do
      if (self%compiled) call take_span(self%variables)
      do i = 1, self%sample_count
         call take_span(self%samples(i)%tensors)
      end do
      order = order(:n)
   contains
      subroutine take_span(range)
         type(span_t), intent(in) :: range
         integer :: k
         do k = range%first, range%last
            n = n + 1
            order(n) = k
         end do
      end subroutine take_span
   end subroutine declared_tensors

   !> The next block in the order of the file, 0 after the last.
   pure integer function next_block(self, block) result(next)
      class(document_tree_t), intent(in) :: self
      integer, intent(in) :: block
      integer :: at
      next = self%blocks(block)%first_child
      at = block
      do while (next == 0 .and. at > 1)
         next = self%blocks(at)%next
         at = self%blocks(at)%parent
      end do
   end function next_block

end module fkb_document_tree
