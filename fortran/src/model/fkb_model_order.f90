!> The calls that a model needs, and the order in which Keras has its layers.
!>
!> Source: `map_graph` of Keras 3.15: by depth, the number of calls to the outputs, then in the
!> order in which a search from the outputs meets them.
module fkb_model_order
   use fkb_document, only: document_t
   implicit none (type, external)
   private
   public :: keras_order, mark_needed

contains

   !> Mark the calls that lead to a call, that call too.
   subroutine mark_needed(document, node, needed)
      type(document_t), intent(in) :: document
      integer, intent(in) :: node                       !! position in `nodes`
      logical, intent(inout) :: needed(:)               !! per node of the document
      integer, allocatable :: stack(:)
      integer :: depth, i, next
      allocate (stack(document%node_count + document%reference_count + 1))
      stack(1) = node
      depth = 1
      do while (depth > 0)
         next = stack(depth)
         depth = depth - 1
         if (needed(next)) cycle
         needed(next) = .true.
         associate (range => document%nodes(next)%references)
            do i = range%first, range%last
               depth = depth + 1
               stack(depth) = document%references(i)%node
            end do
         end associate
      end do
   end subroutine mark_needed

   !> The layers of the model, block 1, that its outputs need, with all inputs, in Keras's order.
   subroutine keras_order(document, blocks, needed)
      type(document_t), intent(in) :: document
      integer, allocatable, intent(out) :: blocks(:)    !! positions in `blocks`
      logical, allocatable, intent(out) :: needed(:)    !! per node of the document
      integer, allocatable :: met(:), depth(:), finished(:)
      logical, allocatable :: derived(:)
      integer :: count, i, n, k
      allocate (needed(document%node_count), source=.false.)
      allocate (derived(document%block_count), source=.false.)
      do i = 2, document%block_count
         derived(i) = is_derived(document, i)
      end do
      allocate (met(document%block_count), depth(document%block_count), source=-1)
      allocate (finished(document%node_count))
      n = 0
      count = 0
      associate (range => document%blocks(1)%outputs%references)
         do i = range%first, range%last
            call search(document, document%references(i)%node, derived, needed, finished, n, met, &
                        count)
         end do
      end associate
      call find_depths(document, finished(:n), derived, depth)
      associate (range => document%blocks(1)%inputs%references)
         do i = range%first, range%last
            k = document%references(i)%block
            needed(document%references(i)%node) = .true.
            if (met(k) < 0) depth(k) = 0
         end do
      end associate
      call sort_blocks(depth, met, blocks)
      if (.not. any(derived)) return
      needed = .false.
      associate (range => document%blocks(1)%outputs%references)
         do i = range%first, range%last
            call mark_needed(document, document%references(i)%node, needed)
         end do
      end associate
      do i = 1, size(blocks)                            ! inputs that nothing uses
         if (document%class_name(blocks(i)) /= 'InputLayer') cycle
         needed(document%blocks(blocks(i))%nodes%first) = .true.
      end do
      call insert_derived(document, derived, needed, blocks)
   end subroutine keras_order

   !> Whether a layer computes a mask that Keras derives by itself: Keras does not know the layer.
   logical function is_derived(document, block)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      integer :: i
      is_derived = .false.
      do i = document%blocks(block)%options%first, document%blocks(block)%options%last
         is_derived = is_derived .or. (document%options(i)%meta .and. &
            document%text%same(document%options(i)%key, 'implicit'))
      end do
   end function is_derived

   !> Put the layers that compute masks where they stood: behind those that were before them.
   subroutine insert_derived(document, derived, needed, blocks)
      type(document_t), intent(in) :: document
      logical, intent(in) :: derived(:)                 !! per block
      logical, intent(in) :: needed(:)                  !! per node
      integer, allocatable, intent(inout) :: blocks(:)
      integer :: at, before, block
      before = 0
      block = document%blocks(1)%first_child
      do while (block > 0)
         associate (nodes => document%blocks(block)%nodes)
            if (any(needed(nodes%first:nodes%last))) then
               if (derived(block)) then
                  at = findloc(blocks, before, dim=1)
                  blocks = [blocks(:at), block, blocks(at + 1:)]
               end if
               before = block
            end if
         end associate
         block = document%blocks(block)%next
      end do
   end subroutine insert_derived

   !> Depth-first search from an output: number the layers as they are met, list the calls as they
   !> are finished.
   subroutine search(document, root, derived, needed, finished, n, met, count)
      type(document_t), intent(in) :: document
      integer, intent(in) :: root
      logical, intent(in) :: derived(:)                 !! per block: left out
      logical, intent(inout) :: needed(:)
      integer, intent(inout) :: finished(:), n, met(:), count
      integer, allocatable :: stack(:), next(:), turn(:)
      integer :: depth, node, wanted
      call sort_arguments(document, turn)
      allocate (stack(document%node_count + 1), next(document%node_count + 1))
      depth = 0
      call enter(root)
      do while (depth > 0)
         node = stack(depth)
         associate (range => document%nodes(node)%references)
            if (next(depth) > range%last) then
               n = n + 1
               finished(n) = node
               depth = depth - 1
               cycle
            end if
            wanted = document%references(turn(next(depth)))%node
            next(depth) = next(depth) + 1
         end associate
         if (.not. derived(document%nodes(wanted)%block)) call enter(wanted)
      end do
   contains
      subroutine enter(new)
         integer, intent(in) :: new
         if (needed(new)) return
         needed(new) = .true.
         depth = depth + 1
         stack(depth) = new
         next(depth) = document%nodes(new)%references%first
         associate (block => document%nodes(new)%block)
            if (met(block) < 0) then
               met(block) = count
               count = count + 1
            end if
         end associate
      end subroutine enter
   end subroutine search

   !> The references in the order in which Keras looks at them: keywords sorted within a call.
   subroutine sort_arguments(document, turn)
      type(document_t), intent(in) :: document
      integer, allocatable, intent(out) :: turn(:)      !! per position: the reference
      integer :: first, i, k, moved, node
      allocate (turn(document%reference_count))
      turn = [(i, i=1, document%reference_count)]
      do node = 1, document%node_count
         first = document%nodes(node)%references%first
         do i = first + 1, document%nodes(node)%references%last
            do k = i, first + 1, -1
               associate (one => document%references(turn(k - 1)), &
                          two => document%references(turn(k)))
                  if (.not. document%text%get(one%keyword) > document%text%get(two%keyword)) exit
               end associate
               moved = turn(k)
               turn(k) = turn(k - 1)
               turn(k - 1) = moved
            end do
         end do
      end do
   end subroutine sort_arguments

   !> The depth of each layer that is met: that of its deepest call.
   subroutine find_depths(document, finished, derived, depth)
      type(document_t), intent(in) :: document
      integer, intent(in) :: finished(:)                !! calls, inputs before outputs
      logical, intent(in) :: derived(:)                 !! per block: left out
      integer, intent(inout) :: depth(:)                !! per block
      integer :: of_node(document%node_count), i, k, node
      of_node = 0
      do i = size(finished), 1, -1
         node = finished(i)
         associate (block => document%nodes(node)%block, range => document%nodes(node)%references)
            depth(block) = max(depth(block), of_node(node))
            of_node(node) = depth(block)
            do k = range%first, range%last
               if (derived(document%references(k)%block)) cycle
               associate (before => of_node(document%references(k)%node))
                  before = max(before, of_node(node) + 1)
               end associate
            end do
         end associate
      end do
   end subroutine find_depths

   !> The blocks that have a depth: deepest first, those of one depth as they were met.
   subroutine sort_blocks(depth, met, blocks)
      integer, intent(in) :: depth(:), met(:)           !! per block
      integer, allocatable, intent(out) :: blocks(:)
      integer :: i, k, moved, n
      n = count(depth >= 0)
      allocate (blocks(n))
      n = 0
      do i = 1, size(depth)
         if (depth(i) < 0) cycle
         n = n + 1
         blocks(n) = i
         do k = n, 2, -1
            if (depth(blocks(k - 1)) > depth(blocks(k))) exit
            if (depth(blocks(k - 1)) == depth(blocks(k)) .and. &
                met(blocks(k - 1)) <= met(blocks(k))) exit
            moved = blocks(k)
            blocks(k) = blocks(k - 1)
            blocks(k - 1) = moved
         end do
      end do
   end subroutine sort_blocks

end module fkb_model_order
