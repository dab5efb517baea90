!> Tensor references in a document: find them in JSON text, resolve them, sort the calls.
module fkb_references
   use fkb_document, only: document_t
   use fkb_document_parts, only: reference_t
   use fkb_document_pools, only: make_room
   use fkb_json, only: json_integer, json_kind, json_next, json_string
   use fkb_json_order, only: sorted_members
   use fkb_kinds, only: i8
   use fkb_name_table, only: name_table_t
   use fkb_text, only: decimal, quote, span_t
   implicit none (type, external)
   private
   public :: collect_references, resolve_reference, sort_nodes

contains

   !> Append the tensors of a JSON value to the document's references, in Keras's order: lists as
   !! they stand, objects by their keys.
   recursive subroutine collect_references(document, text, prototype, only_tensors)
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: text          !! one checked value
      type(reference_t), intent(in) :: prototype !! argument and keyword of the new references
      logical, intent(inout) :: only_tensors    !! becomes false where something else is found
      type(span_t), allocatable :: members(:)
      type(span_t) :: key, value
      type(reference_t) :: reference
      integer :: position, i
      select case (json_kind(text))
      case ('array')
         reference = prototype
         if (is_tensor(text, reference)) then
            call add_reference(document, text, reference)
            return
         end if
         position = 0
         do
            call json_next(text, position, key, value)
            if (position == 0) exit
            call collect_references(document, text(value%first:value%last), prototype, only_tensors)
         end do
      case ('object')
         call sorted_members(text, members)
         do i = 1, size(members)
            call collect_references(document, text(members(i)%first:members(i)%last), prototype, &
                                    only_tensors)
         end do
      case default
         only_tensors = .false.
      end select
   end subroutine collect_references

   !> Whether an array is `["layer",node,index]`; node and index are set.
   logical function is_tensor(text, reference)
      character(*), intent(in) :: text
      type(reference_t), intent(inout) :: reference
      type(span_t) :: key, value
      integer(i8) :: numbers(3)
      integer :: position, n
      is_tensor = .false.
      if (text(2:2) /= '"') return
      position = 0
      n = 0
      do
         call json_next(text, position, key, value)
         if (position == 0) exit
         n = n + 1
         if (n > 3) return
         if (n == 1) cycle
         associate (digits => text(value%first:value%last))
            if (verify(digits, '0123456789') > 0) return
            call json_integer(digits, numbers(n), is_tensor)
            if (.not. is_tensor) numbers(n) = huge(numbers)
            is_tensor = .false.
         end associate
      end do
      is_tensor = n == 3
      if (.not. is_tensor) return
      reference%number = int(min(numbers(2), int(huge(n), i8)))
      reference%index = int(min(numbers(3), int(huge(n), i8)))
   end function is_tensor

   !> Append a reference.
   subroutine add_reference(document, text, reference)
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: text
      type(reference_t), intent(inout) :: reference
      type(span_t) :: key, value
      integer :: position
      position = 0
      call json_next(text, position, key, value)
      call document%text%add(json_string(text(value%first:value%last)), reference%name)
      call make_room(document%references, document%reference_count)
      document%reference_count = document%reference_count + 1
      document%references(document%reference_count) = reference
   end subroutine add_reference

   !> Find the layer and the node of a reference within a container.
   subroutine resolve_reference(document, names, container, at, missing)
      type(document_t), intent(inout) :: document
      type(name_table_t), intent(in) :: names   !! blocks by name, scope is the parent
      integer, intent(in) :: container          !! the block whose children are meant
      integer, intent(in) :: at                 !! position in `references`
      character(:), allocatable, intent(out) :: missing !! what does not exist, if anything
      character(:), allocatable :: name
      integer :: block
      associate (reference => document%references(at))
         name = document%text%get(reference%name)
         block = names%find(container, name)
         if (block == 0) then
            missing = quote(name)
         else if (reference%number >= document%blocks(block)%nodes%count()) then
            missing = 'node '//decimal(reference%number)//' of '//quote(name)
         else if (document%blocks(block)%outputs%line > 0) then
            if (reference%index >= document%blocks(block)%outputs%references%count()) then
               missing = 'output '//decimal(reference%index)//' of '//quote(name)
            end if
         end if
         if (allocated(missing)) return
         reference%block = block
         reference%node = document%blocks(block)%nodes%first + reference%number
      end associate
   end subroutine resolve_reference

   !> The calls of a container's layers in an order in which each comes after those it takes tensors
   !! from, and otherwise as in the file.
   subroutine sort_nodes(document, container, order, stuck)
      type(document_t), intent(in) :: document  !! with resolved references
      integer, intent(in) :: container          !! a block
      integer, allocatable, intent(out) :: order(:) !! positions in `nodes`
      integer, intent(out) :: stuck             !! a node in a cycle or behind one, 0 if none
      integer, allocatable :: nodes(:), place(:), waiting(:), first_user(:), users(:)
      integer :: low, i, k, done, ready
      call list_nodes(document, container, nodes)
      stuck = 0
      allocate (order(size(nodes)))
      if (size(nodes) == 0) return
      low = minval(nodes)
      allocate (place(low:maxval(nodes)))
      do i = 1, size(nodes)
         place(nodes(i)) = i
      end do
      call list_users(document, nodes, place, low, first_user, users, waiting)
      ready = 0
      do i = 1, size(nodes)
         if (waiting(i) == 0) call append(i)
      end do
      done = 0
      do while (done < ready)
         done = done + 1
         i = place(order(done))
         do k = first_user(i), first_user(i + 1) - 1
            waiting(users(k)) = waiting(users(k)) - 1
            if (waiting(users(k)) == 0) call append(users(k))
         end do
      end do
      if (done == size(nodes)) return
      do i = size(nodes), 1, -1
         if (waiting(i) > 0) stuck = nodes(i)
      end do
   contains
      subroutine append(which)
         integer, intent(in) :: which
         ready = ready + 1
         order(ready) = nodes(which)
      end subroutine append
   end subroutine sort_nodes

   !> The nodes of the layers of a container in the order of the file.
   subroutine list_nodes(document, container, nodes)
      type(document_t), intent(in) :: document
      integer, intent(in) :: container
      integer, allocatable, intent(out) :: nodes(:)
      integer :: block, i, n
      n = 0
      block = document%blocks(container)%first_child
      do while (block > 0)
         n = n + document%blocks(block)%nodes%count()
         block = document%blocks(block)%next
      end do
      allocate (nodes(n))
      n = 0
      block = document%blocks(container)%first_child
      do while (block > 0)
         do i = document%blocks(block)%nodes%first, document%blocks(block)%nodes%last
            n = n + 1
            nodes(n) = i
         end do
         block = document%blocks(block)%next
      end do
   end subroutine list_nodes

   !> For each node who takes its tensors, and for how many tensors each node waits.
   subroutine list_users(document, nodes, place, low, first_user, users, waiting)
      type(document_t), intent(in) :: document
      integer, intent(in) :: low
      integer, intent(in) :: nodes(:), place(low:)
      integer, allocatable, intent(out) :: first_user(:), users(:), waiting(:)
      integer :: i, k, from
      allocate (first_user(size(nodes) + 1), waiting(size(nodes)))
      first_user = 0
      do i = 1, size(nodes)
         associate (range => document%nodes(nodes(i))%references)
            waiting(i) = range%count()
            do k = range%first, range%last
               from = place(document%references(k)%node)
               first_user(from) = first_user(from) + 1
            end do
         end associate
      end do
      first_user(1) = first_user(1) + 1
      do i = 2, size(first_user)
         first_user(i) = first_user(i) + first_user(i - 1)
      end do
      allocate (users(first_user(size(first_user))))
      do i = size(nodes), 1, -1
         associate (range => document%nodes(nodes(i))%references)
            do k = range%last, range%first, -1
               from = place(document%references(k)%node)
               first_user(from) = first_user(from) - 1
               users(first_user(from)) = i
            end do
         end associate
      end do
   end subroutine list_users

end module fkb_references
