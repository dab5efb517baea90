!> Growing pools of a document's parts.
module fkb_document_pools
   use fkb_document_parts, only: block_t, node_t, option_t, port_t, reference_t, sample_t, step_t, &
      tensor_t
   implicit none (type, external)
   private
   public :: make_room

   !> Make room for one more element after the first `used`; an absent pool is made.
   interface make_room
      module procedure room_for_block, room_for_option, room_for_node, room_for_reference, &
         room_for_tensor, room_for_port, room_for_step, room_for_sample
   end interface make_room

   integer, parameter :: first_room = 16

contains

   subroutine room_for_block(pool, used)
      type(block_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(block_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_block

   subroutine room_for_option(pool, used)
      type(option_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(option_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_option

   subroutine room_for_node(pool, used)
      type(node_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(node_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_node

   subroutine room_for_reference(pool, used)
      type(reference_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(reference_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_reference

   subroutine room_for_tensor(pool, used)
      type(tensor_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(tensor_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_tensor

   subroutine room_for_port(pool, used)
      type(port_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(port_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_port

   subroutine room_for_step(pool, used)
      type(step_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(step_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_step

   subroutine room_for_sample(pool, used)
      type(sample_t), allocatable, intent(inout) :: pool(:)
      integer, intent(in) :: used
      type(sample_t), allocatable :: longer(:)
      if (.not. allocated(pool)) allocate (pool(first_room))
      if (used < size(pool)) return
      allocate (longer(2*used))
      longer(:used) = pool(:used)
      call move_alloc(longer, pool)
   end subroutine room_for_sample

end module fkb_document_pools
