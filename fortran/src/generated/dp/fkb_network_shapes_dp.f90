! Generated from network/fkb_network_shapes.fypp: edit that file and run tools/generate.py
!> The shapes of all values for given input shapes, and the views of the nodes on them.
submodule(fkb_network_dp:fkb_network_inner_dp) fkb_network_shapes_dp
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_program_dp, only: inner_shape
   use fkb_shape, only: open_extent
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure close_shapes
      integer :: i, k
      if (size(in_shapes) /= size(graph%inputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(graph%inputs))// &
            ' inputs, '//decimal(size(in_shapes))//' were given')
         return
      end if
      allocate (self%in_shapes, source=in_shapes)
      allocate (self%shapes(size(graph%values)), self%plans(size(graph%nodes)))
      allocate (self%folds(size(graph%nodes)))
      do k = 1, size(in_shapes)
         call match(graph%values(graph%inputs(k))%shape, in_shapes(k), k, error)
         if (allocated(error)) return
         self%shapes(graph%inputs(k)) = in_shapes(k)
      end do
      do i = 1, size(graph%nodes)
         call close_node(self, graph, i, error)
         if (allocated(error)) then
            call add_context(error, graph%node_name(i))
            return
         end if
      end do
      do i = 1, size(self%shapes)
         if (self%shapes(i)%closed() .and. self%shapes(i)%count() <= huge(1)) cycle
         call raise(error, fkb_err_argument, 'a value of shape '//self%shapes(i)%text()// &
            ' is open or too large')
         return
      end do
      call list_views(self, graph)
   end procedure close_shapes

   !> Lay one node out and state the shapes of what it makes and keeps.
   subroutine close_node(self, graph, i, error)
      class(workspace_t), intent(inout) :: self
      type(program_t), intent(in) :: graph
      integer, intent(in) :: i                     !! the node
      type(error_t), allocatable, intent(out) :: error
      integer :: k, n_in, n_out
      associate (node => graph%nodes(i), plan => self%plans(i))
         n_in = size(node%roles)
         n_out = size(node%outputs) - (size(node%inputs) - n_in)
         plan%roles = node%roles
         plan%call = node%call
         plan%in_shapes = inner_shape(self%shapes(node%inputs(:n_in)), node%fold)
         call graph%layers(node%layer)%layer%lay_out(plan%in_shapes, plan, error)
         if (allocated(error)) return
         if (.not. allocated(plan%states)) allocate (plan%states(0))
         if (size(plan%out_shapes) /= n_out .or. size(plan%states) /= size(node%inputs) - n_in) then
            call raise(error, fkb_err_argument, &
               'the number of outputs or states depends on the input shapes')
            return
         end if
         associate (like => self%shapes(node%inputs(1)))
            self%folds(i) = product(like%extent(like%rank - node%fold + 1:like%rank))
            do k = 1, n_out
               associate (shape => self%shapes(node%outputs(k)), inner => plan%out_shapes(k))
                  shape = inner
                  shape%rank = inner%rank + node%fold
                  shape%extent(inner%rank + 1:shape%rank) = &
                     like%extent(like%rank - node%fold + 1:like%rank)
               end associate
            end do
         end associate
         do k = 1, size(plan%states)
            self%shapes(node%inputs(n_in + k)) = plan%states(k)
            self%shapes(node%outputs(n_out + k)) = plan%states(k)
         end do
      end associate
   end subroutine close_node

   subroutine match(declared, given, k, error)
      type(shape_t), intent(in) :: declared, given
      integer, intent(in) :: k
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      logical :: same
      same = declared%rank == given%rank .and. given%closed()
      do i = 1, min(declared%rank, given%rank)
         same = same .and. (declared%extent(i) == open_extent .or. &
            declared%extent(i) == given%extent(i))
      end do
      if (.not. same) call raise(error, fkb_err_argument, 'input '//decimal(k)//' has shape '// &
         declared%text()//' without the batch, '//given%text()//' was given')
   end subroutine match

   !> One view for each argument and result of each node.
   subroutine list_views(self, graph)
      class(workspace_t), intent(inout) :: self
      type(program_t), intent(in) :: graph
      integer :: i, k, n, n_x, n_y, v
      n = size(graph%nodes)
      allocate (self%first_x(n + 1), self%first_y(n + 1))
      self%first_x(1) = 1
      self%first_y(1) = 1
      do i = 1, n
         self%first_x(i + 1) = self%first_x(i) + size(graph%nodes(i)%inputs)
         self%first_y(i + 1) = self%first_y(i) + size(graph%nodes(i)%outputs)
      end do
      n_x = self%first_x(n + 1) - 1
      n_y = self%first_y(n + 1) - 1
      allocate (self%x(n_x), self%dx(n_x), self%x_value(n_x))
      allocate (self%y(n_y), self%dy(n_y), self%y_value(n_y))
      allocate (self%given(size(graph%values)))
      do i = 1, n
         do k = 1, size(graph%nodes(i)%inputs)
            v = graph%nodes(i)%inputs(k)
            self%x_value(self%first_x(i) + k - 1) = v
            self%x(self%first_x(i) + k - 1)%shape = inner_shape(self%shapes(v), graph%nodes(i)%fold)
         end do
         do k = 1, size(graph%nodes(i)%outputs)
            v = graph%nodes(i)%outputs(k)
            self%y_value(self%first_y(i) + k - 1) = v
            self%y(self%first_y(i) + k - 1)%shape = inner_shape(self%shapes(v), graph%nodes(i)%fold)
         end do
      end do
      do k = 1, n_x
         self%dx(k)%shape = self%x(k)%shape
      end do
      do k = 1, n_y
         self%dy(k)%shape = self%y(k)%shape
      end do
      allocate (self%runs(n), source=.true.)
      allocate (self%place(size(graph%values)), self%offset(size(graph%values)))
      self%place = [(k, k=1, size(graph%values))]
      self%offset = 0
   end subroutine list_views

end submodule fkb_network_shapes_dp
