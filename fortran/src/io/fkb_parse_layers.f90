!> Parse the `model` block of a model file: the tree of layers with options, nodes and weights.
module fkb_parse_layers
   use fkb_document, only: document_t
   use fkb_document_labels, only: block_label
   use fkb_document_parts, only: block_t, node_t, reference_t, structure_t, &
      tensor_of_weight, tensor_t
   use fkb_document_pools, only: make_room
   use fkb_json, only: json_kind, json_next, json_string
   use fkb_lexer, only: lexer_t
   use fkb_name_table, only: name_table_t
   use fkb_parse_options, only: parse_option
   use fkb_references, only: collect_references, resolve_reference, sort_nodes
   use fkb_text, only: decimal, quote, span_t, word_end
   implicit none (type, external)
   private
   public :: parse_model

   !> Deepest nesting of layers, most layers of a model, most nodes of a layer.
   integer, parameter, public :: max_layer_depth = 64, max_layers = 1000000, max_nodes = 100000

   ! What a block may hold, in this order.
   integer, parameter :: at_options = 0, at_meta = 1, at_nodes = 2, at_weights = 3, at_layers = 4, &
      at_inputs = 5, at_outputs = 6

   !> Where parsing stands in the tree.
   type :: tree_t
      integer :: block = 1                      ! the open block
      character(:), allocatable :: label        ! the open block for messages
      integer :: phase(0:max_layer_depth) = at_options ! of the open blocks, by depth
      type(name_table_t) :: names               ! blocks by name, scope is the parent
      type(name_table_t) :: keys                ! options by key, scope is the block
   end type tree_t

contains

   !> Parse from the line `model ...`, which is the current one, to the `end` of the model.
   subroutine parse_model(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tree_t) :: tree
      lexer%at = len('model') + 1
      call open_block(lexer, document, tree, 0)
      do while (tree%block > 0 .and. .not. lexer%failed())
         call lexer%next_tokens(tree%label)
         if (lexer%failed()) return
         if (lexer%text == 'end') then
            call close_block(lexer, document, tree)
         else
            call parse_entry(lexer, document, tree)
         end if
      end do
      if (.not. lexer%failed()) call check_model_nodes(lexer, document)
   end subroutine parse_model

   !> Begin a block; the cursor stands after its keyword.
   subroutine open_block(lexer, document, tree, parent)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tree_t), intent(inout) :: tree
      integer, intent(in) :: parent
      type(block_t) :: new
      character(:), allocatable :: what, name, class_name, role
      integer :: earlier
      what = 'layer'
      if (parent == 0) what = 'model'
      call lexer%skip_blank('the name of the '//what)
      call lexer%name('name of the '//what, name)
      what = what//' '//quote(name)
      call lexer%skip_blank('the class of '//what)
      call lexer%word_or_name('class of '//what, class_name)
      role = ''
      if (parent > 0 .and. lexer%starts(' as ')) then
         lexer%at = lexer%at + len(' as ')
         call lexer%word('role of '//what, role)
      end if
      call lexer%finish()
      if (lexer%failed()) return
      call document%text%add(name, new%name)
      call document%text%add(class_name, new%class_name)
      call document%text%add(role, new%role)
      new%parent = parent
      new%line = lexer%line
      call link_block(document, new)
      tree%block = document%block_count
      call tree%names%add(parent, name, tree%block, earlier)
      if (earlier > 0) then
         call lexer%fail('layer name '//quote(name)//' stands twice in '// &
                         block_label(document, parent))
      else if (document%block_count > max_layers + 1) then
         call lexer%fail('the model has more than '//decimal(max_layers)//' layers')
      else if (document%blocks(tree%block)%depth > max_layer_depth) then
         call lexer%fail('layers are nested more than '//decimal(max_layer_depth)//' deep')
      else
         tree%phase(document%blocks(tree%block)%depth) = at_options
         tree%label = block_label(document, tree%block)
      end if
   end subroutine open_block

   !> Append a block to the pool and to its parent's children.
   subroutine link_block(document, new)
      type(document_t), intent(inout) :: document
      type(block_t), intent(inout) :: new
      integer :: at
      call make_room(document%blocks, document%block_count)
      document%block_count = document%block_count + 1
      at = document%block_count
      if (new%parent > 0) then
         associate (parent => document%blocks(new%parent))
            new%depth = parent%depth + 1
            if (parent%first_child == 0) parent%first_child = at
            if (parent%last_child > 0) document%blocks(parent%last_child)%next = at
            parent%last_child = at
            parent%child_count = parent%child_count + 1
         end associate
      end if
      document%blocks(at) = new
   end subroutine link_block

   !> One line of a block that is not its end.
   subroutine parse_entry(lexer, document, tree)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tree_t), intent(inout) :: tree
      character(:), allocatable :: word
      type(span_t) :: options
      type(structure_t) :: ends
      integer :: parent
      logical :: found, meta
      options = document%blocks(tree%block)%options
      call parse_option(lexer, document, tree%keys, tree%block, tree%label, .true., options, &
                        found, meta)
      if (lexer%failed()) return
      document%blocks(tree%block)%options = options
      if (found) then
         call advance(lexer, document, tree, merge(at_meta, at_options, meta), tree%label)
         return
      end if
      word = lexer%text(:word_end(lexer%text, 1))
      lexer%at = len(word) + 1
      select case (word)
      case ('node')
         call advance(lexer, document, tree, at_nodes, tree%label)
         call parse_node(lexer, document, tree%block, tree%label)
      case ('weight')
         call advance(lexer, document, tree, at_weights, tree%label)
         call parse_weight(lexer, document, tree%block, tree%label)
      case ('layer')
         call advance(lexer, document, tree, at_layers, tree%label)
         parent = tree%block
         call open_block(lexer, document, tree, parent)
      case ('inputs')
         call advance(lexer, document, tree, at_inputs, tree%label)
         call parse_ends(lexer, document, word, tree%label, ends)
         document%blocks(tree%block)%inputs = ends
      case ('outputs')
         call advance(lexer, document, tree, at_outputs, tree%label)
         call parse_ends(lexer, document, word, tree%label, ends)
         document%blocks(tree%block)%outputs = ends
      case default
         call lexer%unexpected(tree%label)
      end select
   end subroutine parse_entry

   !> Check that a line of this kind may stand here.
   subroutine advance(lexer, document, tree, phase, label)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      type(tree_t), intent(inout) :: tree
      integer, intent(in) :: phase
      character(*), intent(in) :: label
      logical :: misplaced
      if (lexer%failed()) return
      associate (current => tree%phase(document%blocks(tree%block)%depth))
         misplaced = phase < current .or. (phase >= at_inputs .and. phase == current) .or. &
                     (phase == at_outputs .and. current /= at_inputs)
         current = phase
      end associate
      if (misplaced) call lexer%fail('misplaced '//quote(lexer%text)//' in '//label)
   end subroutine advance

   !> A line `node ARGS KWARGS`.
   subroutine parse_node(lexer, document, block, label)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: label
      type(node_t) :: new
      type(span_t) :: args, kwargs
      call lexer%skip_blank('the arguments of a node')
      call lexer%json('the arguments of a node', args)
      call lexer%skip_blank('the keyword arguments of a node')
      call lexer%json('the keyword arguments of a node', kwargs)
      call lexer%finish()
      if (lexer%failed()) return
      if (json_kind(lexer%text(args%first:args%last)) /= 'array' .or. &
          json_kind(lexer%text(kwargs%first:kwargs%last)) /= 'object') then
         call lexer%fail('node of '//label//': an array and an object are expected')
         return
      end if
      if (document%blocks(block)%nodes%count() >= max_nodes) then
         call lexer%fail(label//' has more than '//decimal(max_nodes)//' nodes')
         return
      end if
      new%block = block
      new%line = lexer%line
      call document%text%add(lexer%text(args%first:args%last), new%args)
      call document%text%add(lexer%text(kwargs%first:kwargs%last), new%kwargs)
      new%references%first = document%reference_count + 1
      call collect_arguments(document, lexer%text(args%first:args%last), .false.)
      call collect_arguments(document, lexer%text(kwargs%first:kwargs%last), .true.)
      new%references%last = document%reference_count
      call make_room(document%nodes, document%node_count)
      document%node_count = document%node_count + 1
      document%nodes(document%node_count) = new
      associate (nodes => document%blocks(block)%nodes)
         if (nodes%last == 0) nodes%first = document%node_count
         nodes%last = document%node_count
      end associate
   end subroutine parse_node

   !> The tensors among the arguments of a call.
   subroutine collect_arguments(document, text, keywords)
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: text
      logical, intent(in) :: keywords
      type(reference_t) :: prototype
      type(span_t) :: key, value
      integer :: position, number
      logical :: only_tensors
      position = 0
      number = -1
      only_tensors = .true.
      do
         call json_next(text, position, key, value)
         if (position == 0) return
         number = number + 1
         if (keywords) then
            call document%text%add(json_string(text(key%first:key%last)), prototype%keyword)
         else
            prototype%argument = number
         end if
         call collect_references(document, text(value%first:value%last), prototype, only_tensors)
      end do
   end subroutine collect_arguments

   !> A line `weight NAME DTYPE SHAPE ROLE`.
   subroutine parse_weight(lexer, document, block, label)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: label
      type(tensor_t) :: new
      character(:), allocatable :: name, what, role
      integer :: at
      call lexer%skip_blank('the name of a weight')
      call lexer%name('name of a weight of '//label, name)
      what = 'weight '//quote(name)//' of '//label
      call lexer%tensor(what, new%dtype, new%rank, new%extent, new%count)
      call lexer%skip_blank('"trainable" or "fixed"')
      call lexer%word('role of '//what, role)
      call lexer%finish()
      if (lexer%failed()) return
      if (role /= 'trainable' .and. role /= 'fixed') then
         call lexer%fail(what//' is neither trainable nor fixed, but '//quote(role))
         return
      end if
      new%trainable = role == 'trainable'
      new%owner = tensor_of_weight
      new%owner_index = block
      new%line = lexer%line
      call document%text%add(name, new%name)
      call document%add_tensor(new, at)
      associate (weights => document%blocks(block)%weights)
         if (weights%last == 0) weights%first = at
         weights%last = at
      end associate
   end subroutine parse_weight

   !> A line `inputs JSON` or `outputs JSON`.
   subroutine parse_ends(lexer, document, word, label, ends)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: word, label
      type(structure_t), intent(out) :: ends
      type(span_t) :: json
      type(reference_t) :: prototype
      logical :: only_tensors
      call lexer%skip_blank('the '//word//' of '//label)
      call lexer%json('the '//word//' of '//label, json)
      call lexer%finish()
      if (lexer%failed()) return
      only_tensors = .true.
      ends%line = lexer%line
      ends%references%first = document%reference_count + 1
      call collect_references(document, lexer%text(json%first:json%last), prototype, only_tensors)
      ends%references%last = document%reference_count
      call document%text%add(lexer%text(json%first:json%last), ends%json)
      if (.not. only_tensors) then
         call lexer%fail('malformed '//word//' of '//label// &
                         ': a tensor, an array or an object of them is expected')
      end if
   end subroutine parse_ends

   !> End the open block: check what its layers refer to, and that there is no cycle.
   subroutine close_block(lexer, document, tree)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tree_t), intent(inout) :: tree
      integer, allocatable :: order(:)
      integer :: closed, child, i, stuck
      closed = tree%block
      if (tree%phase(document%blocks(closed)%depth) == at_inputs) then
         call lexer%fail('the outputs of '//tree%label//' are missing')
      end if
      child = document%blocks(closed)%first_child
      do while (child > 0)
         do i = document%blocks(child)%nodes%first, document%blocks(child)%nodes%last
            call resolve(lexer, document, tree, document%nodes(i)%references, 'node', child, &
                         document%nodes(i)%line)
            if (lexer%failed()) return
         end do
         child = document%blocks(child)%next
      end do
      associate (block => document%blocks(closed))
         call resolve(lexer, document, tree, block%inputs%references, 'inputs', closed, &
                      block%inputs%line)
         call resolve(lexer, document, tree, block%outputs%references, 'outputs', closed, &
                      block%outputs%line)
      end associate
      if (lexer%failed()) return
      call sort_nodes(document, closed, order, stuck)
      if (stuck > 0) then
         child = document%nodes(stuck)%block
         call lexer%fail('node of '//block_label(document, child)// &
                         ' stands in a cycle or behind one', document%nodes(stuck)%line)
      end if
      tree%block = document%blocks(closed)%parent
      if (tree%block > 0) tree%label = block_label(document, tree%block)
   end subroutine close_block

   !> Resolve a range of references within the open block.
   subroutine resolve(lexer, document, tree, range, what, who, line)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tree_t), intent(in) :: tree
      type(span_t), intent(in) :: range
      character(*), intent(in) :: what          ! what refers: node, inputs or outputs
      integer, intent(in) :: who                ! the block that it is of
      integer, intent(in) :: line
      character(:), allocatable :: missing
      integer :: i
      do i = range%first, range%last
         call resolve_reference(document, tree%names, tree%block, i, missing)
         if (.not. allocated(missing)) cycle
         call lexer%fail(what//' of '//block_label(document, who)//' refers to '//missing// &
                         ', which does not exist', line)
         return
      end do
   end subroutine resolve

   !> The model itself is called from outside: its nodes refer to nothing.
   subroutine check_model_nodes(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      integer :: i, first
      do i = document%blocks(1)%nodes%first, document%blocks(1)%nodes%last
         if (document%nodes(i)%references%count() == 0) cycle
         first = document%nodes(i)%references%first
         call lexer%fail('node of '//block_label(document, 1)//' refers to '// &
                         quote(document%text%get(document%references(first)%name))// &
                         ', which does not exist', document%nodes(i)%line)
      end do
   end subroutine check_model_nodes

end module fkb_parse_layers
