! Generated from couple/fkb_gate.fypp: edit that file and run tools/generate.py
!> Gates: a classifier decides which network, or which constants, serve a column.
!>
!> The columns of a class are gathered into full batches, predicted and put back to their places.
module fkb_gate_dp
   use fkb_crew_dp, only: crew_t, network_box_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_network_dp, only: network_t
   implicit none (type, external)
   private
   public :: gate_t, gate_workspace_t

   !> What serves the columns of a class: a network or constants.
   type :: class_t
      integer :: network = 0                    !! of `boxes`, 0: the constants
      real(dp), allocatable :: constants(:)     !! (1) or (features out)
   end type class_t

   !> A classifier and what serves its classes, in the order of its outputs. A classifier with one
   !> output y has two classes: the first where y <= `threshold`, the second where it is larger.
   !> Networks and classifier take the same values of the host. Read-only while predicting.
   type :: gate_t
      real(dp) :: threshold = 0.5_dp            !! of a classifier with one output
      type(network_box_t), allocatable :: boxes(:)          !! the classifier, then the others
      type(class_t), allocatable, private :: served(:)      !! one per class
   contains
      procedure :: load
      procedure :: set_classifier
      procedure :: add
      procedure :: add_constants
      procedure :: classes => count_classes
      procedure :: outputs => count_outputs
      procedure :: clear
      generic :: predict => predict_sp, predict_dp
      procedure, private :: predict_sp, predict_dp
   end type gate_t

   !> What a caller needs for predictions: one for each thread of the host that predicts.
   type :: gate_workspace_t
      private
      type(crew_t) :: crew
      integer, allocatable :: class(:)          !! of each column, 0: the classifier gave NaN
      integer, allocatable :: order(:)          !! columns, class after class
      integer, allocatable :: tasks(:, :)       !! (class, first and last of `order`; tasks)
   contains
      procedure :: clear => clear_workspace
   end type gate_workspace_t

   interface

      !> Read a gate from a file that begins with `fkb gate 1`. A failed load leaves the object as
      !> it was.
      module subroutine load(self, path, error)
         class(gate_t), intent(inout) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
      end subroutine load

      !> Begin a gate with a copy of its classifier; what was there before is dropped.
      module subroutine set_classifier(self, net, error)
         class(gate_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
      end subroutine set_classifier

      !> Let a copy of a network serve the next class.
      module subroutine add(self, net, error)
         class(gate_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
      end subroutine add

      !> Let constants serve the next class, in the host's numbers.
      module subroutine add_constants(self, values, error)
         class(gate_t), intent(inout) :: self
         real(dp), intent(in) :: values(:)      !! one for all outputs, or one for each
         type(error_t), allocatable, intent(out) :: error
      end subroutine add_constants

      !> Number of classes that are served so far.
      pure integer module function count_classes(self)
         class(gate_t), intent(in) :: self
      end function count_classes

      !> Values that the gate gives for a column, 0 while no network says so.
      pure integer module function count_outputs(self)
         class(gate_t), intent(in) :: self
      end function count_outputs

      !> Release everything.
      module subroutine clear(self)
         class(gate_t), intent(inout) :: self
      end subroutine clear

      !> y = what the column's class is served by. Where the classifier gives NaN, y is NaN.
      !> Thread-safe: only `work` changes. The same bits for any number of threads.
      module subroutine predict_sp(self, x, y, work, error, classes)
         class(gate_t), intent(in) :: self
         real(sp), intent(in), contiguous, target :: x(:, :)         !! (features in, batch)
         real(sp), intent(inout), contiguous, target :: y(:, :)      !! (features out, batch)
         type(gate_workspace_t), intent(inout), target :: work
         type(error_t), allocatable, intent(out) :: error
         integer, intent(inout), optional :: classes(:)     !! (batch): class from 1, 0 for NaN
      end subroutine predict_sp

      !> y = what the column's class is served by. Where the classifier gives NaN, y is NaN.
      !> Thread-safe: only `work` changes. The same bits for any number of threads.
      module subroutine predict_dp(self, x, y, work, error, classes)
         class(gate_t), intent(in) :: self
         real(dp), intent(in), contiguous, target :: x(:, :)         !! (features in, batch)
         real(dp), intent(inout), contiguous, target :: y(:, :)      !! (features out, batch)
         type(gate_workspace_t), intent(inout), target :: work
         type(error_t), allocatable, intent(out) :: error
         integer, intent(inout), optional :: classes(:)     !! (batch): class from 1, 0 for NaN
      end subroutine predict_dp

      !> Release all memory.
      module subroutine clear_workspace(self)
         class(gate_workspace_t), intent(inout) :: self
      end subroutine clear_workspace

   end interface

end module fkb_gate_dp
