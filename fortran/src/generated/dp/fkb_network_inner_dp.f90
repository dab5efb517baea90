! Generated from network/fkb_network_inner.fypp: edit that file and run tools/generate.py
!> What the submodules of a network share: the shapes of a workspace, states, and checks of a call.
submodule(fkb_network_dp) fkb_network_inner_dp
   implicit none (type, external)

   interface

      !> Lay out every node of the workspace for these input shapes, and list its views.
      module subroutine close_shapes(self, graph, in_shapes, error)
         class(workspace_t), intent(inout) :: self
         type(program_t), intent(in) :: graph
         type(shape_t), intent(in) :: in_shapes(:)      !! one per input
         type(error_t), allocatable, intent(out) :: error
      end subroutine close_shapes

      !> Make `state%next` ready. Raises an error where a stateful network gets no state and
      !> where the state does not fit.
      module subroutine check_state(graph, batch, work, error, state)
         type(program_t), intent(in) :: graph
         integer, intent(in) :: batch                   !! samples of the whole call
         type(workspace_t), intent(in) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional :: state
      end subroutine check_state

      !> Put columns of a state where the layers read it, or take the new state back from there.
      module subroutine move_state(graph, state, first, columns, work, back)
         type(program_t), intent(in) :: graph
         type(state_t), intent(inout) :: state          !! `values` is read, `next` is written
         integer, intent(in) :: first, columns          !! columns of the state
         type(workspace_t), intent(inout), target :: work
         logical, intent(in) :: back
      end subroutine move_state

      !> The same number of samples everywhere, and as many arrays as the network has ends.
      module subroutine check_arrays(self, inputs, outputs, batch, error)
         type(network_t), intent(in) :: self
         type(host_t), intent(in) :: inputs(:), outputs(:)
         integer, intent(out) :: batch
         type(error_t), allocatable, intent(out) :: error
      end subroutine check_arrays

      !> As many values a sample as the inputs and outputs have.
      module subroutine check_sizes(self, ports, inputs, outputs, work, error)
         type(network_t), intent(in) :: self
         type(port_t), intent(in) :: ports(:)
         type(host_t), intent(in) :: inputs(:), outputs(:)
         type(workspace_t), intent(in) :: work
         type(error_t), allocatable, intent(out) :: error
      end subroutine check_sizes

   end interface

end submodule fkb_network_inner_dp
