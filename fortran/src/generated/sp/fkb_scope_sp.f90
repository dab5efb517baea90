! Generated from network/fkb_scope.fypp: edit that file and run tools/generate.py
!> The values that the nodes of one call of a container have made.
module fkb_scope_sp
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_format, raise
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: scope_t

   !> Values by node of the document.
   type :: scope_t
      integer, allocatable :: first(:)           !! per node of the document, 0: not made yet
      integer, allocatable :: count(:)           !! per node of the document
      integer, allocatable :: values(:)          !! a pool
      integer :: used = 0
   contains
      procedure :: start
      procedure :: remember
      procedure :: fetch
   end type scope_t

contains

   !> Nothing is made yet.
   subroutine start(self, n_nodes)
      class(scope_t), intent(inout) :: self
      integer, intent(in) :: n_nodes             !! of the document
      allocate (self%first(n_nodes), self%count(n_nodes), source=0)
      allocate (self%values(16))
      self%used = 0
   end subroutine start

   !> Keep the values that a node has made.
   subroutine remember(self, node, values)
      class(scope_t), intent(inout) :: self
      integer, intent(in) :: node
      integer, intent(in) :: values(:)
      integer, allocatable :: grown(:)
      if (self%used + size(values) > size(self%values)) then
         allocate (grown(2*(self%used + size(values))))
         grown(:self%used) = self%values(:self%used)
         call move_alloc(grown, self%values)
      end if
      self%first(node) = self%used + 1
      self%count(node) = size(values)
      self%values(self%used + 1:self%used + size(values)) = values
      self%used = self%used + size(values)
   end subroutine remember

   !> The value that a reference of the document means.
   subroutine fetch(self, document, reference, value, error)
      class(scope_t), intent(in) :: self
      type(document_t), intent(in) :: document
      integer, intent(in) :: reference
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      value = 0
      associate (wanted => document%references(reference))
         if (wanted%index >= self%count(wanted%node)) then
            call raise(error, fkb_err_format, 'output '//decimal(wanted%index)//' of layer "'// &
               document%text%get(wanted%name)//'" does not exist')
         else
            value = self%values(self%first(wanted%node) + wanted%index)
         end if
      end associate
   end subroutine fetch

end module fkb_scope_sp
