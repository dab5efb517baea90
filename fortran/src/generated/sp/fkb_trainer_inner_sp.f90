! Generated from train/fkb_trainer_inner.fypp: edit that file and run tools/generate.py
!> What the parts of a trainer's step call of each other.
submodule(fkb_trainer_sp) fkb_trainer_inner_sp
   use fkb_port, only: port_t
   implicit none (type, external)

   interface

      !> Whether the samples of a batch depend on each other, in a layer, a loss, or the number of
      !> positions that the mask of an output leaves.
      pure module function is_coupled(self)
         class(trainer_t), intent(in) :: self
         logical :: is_coupled
      end function is_coupled

      !> The network's inputs of the last pass of a bench.
      module function inputs_of(self, bench) result(views)
         class(trainer_t), intent(in) :: self
         type(bench_t), intent(in), target :: bench
         type(view_t), allocatable :: views(:)
      end function inputs_of

      !> The loss of one output of a block, and its gradient into the workspace.
      module subroutine evaluate_goal(self, bench, k, target, first, columns, cut, value, &
                                      sum_of_losses)
         type(trainer_t), intent(in), target :: self
         type(bench_t), intent(inout), target :: bench
         integer, intent(in) :: k
         type(host_t), intent(in) :: target
         integer, intent(in) :: first, columns
         type(cut_t), intent(in) :: cut
         real(dp), intent(inout) :: value
         real(dp), intent(inout) :: sum_of_losses
      end subroutine evaluate_goal

      !> The targets of a block in the space of the network: the host's memory where it serves.
      module subroutine fetch_target(target, port, goal, first, columns, memory, y_true)
         type(host_t), intent(in) :: target
         type(port_t), intent(in) :: port
         type(goal_t), intent(in) :: goal
         integer, intent(in) :: first, columns
         real(wp), intent(inout), contiguous, target :: memory(:)
         real(wp), pointer, contiguous, intent(out) :: y_true(:, :)
      end subroutine fetch_target

   end interface

end submodule fkb_trainer_inner_sp
