! Generated from couple/fkb_ensemble.fypp: edit that file and run tools/generate.py
!> Ensembles: several networks, or one network with noise, and the mean and spread of their answers.
!>
!> Blocks of columns have bounds that do not depend on threads, noise is a function of seed, member,
!> step, column and element, and sums over members run in the order of the members: all results have
!> the same bits for any number of threads.
module fkb_ensemble_dp
   use fkb_crew_dp, only: crew_t, network_box_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_network_dp, only: network_t
   use fkb_state_dp, only: state_t
   implicit none (type, external)
   private
   public :: ensemble_t, ensemble_state_t, ensemble_workspace_t

   !> Networks with one input and one output each, alike on the host's side. Read-only while
   !> predicting: one ensemble serves all threads.
   type :: ensemble_t
      real(dp) :: noise = 0                     !! standard deviation, in the networks' own numbers
      integer(i8) :: seed = 0                   !! of the noise
      type(network_box_t), allocatable :: boxes(:)
      real(dp), allocatable :: weights(:)       !! of a member, one per network
      integer, allocatable :: copies(:)         !! members that each network is
   contains
      procedure :: load
      procedure :: load_files
      procedure :: add
      procedure :: members => count_members
      procedure :: keeps_state
      procedure :: make_state
      procedure :: clear
      generic :: predict => predict_sp, predict_dp
      procedure, private :: predict_sp, predict_dp
   end type ensemble_t

   !> What stateful members keep from call to call. The caller owns it, with one column for each of
   !> its own and member: all columns of a copy of a network, then those of the next. It writes the
   !> values with its restart files.
   type :: ensemble_state_t
      integer :: columns = 0                    !! of the host
      type(state_t), allocatable :: networks(:) !! one per network, (n_state, columns*copies)
   end type ensemble_state_t

   !> Some columns of the members that are one network: member after member, each with all columns
   !> of a pass.
   type :: task_t
      integer :: network = 0
      integer :: before = 0                     !! members of the networks before
      integer :: first = 0, last = 0            !! columns, counted through its members
   end type task_t

   !> What a thread needs where it adds noise.
   type :: lane_t
      real(wp), allocatable :: x(:)             !! inputs in the network's numbers
      real(wp), allocatable :: y(:)             !! outputs in the network's numbers
      real(wp), allocatable :: noise(:)         !! of a column
   end type lane_t

   !> What a caller needs for predictions: one for each thread of the host that predicts. It grows
   !> when more is asked of it and allocates nothing after that.
   type :: ensemble_workspace_t
      private
      type(crew_t) :: crew
      type(task_t), allocatable :: tasks(:)
      type(lane_t), allocatable :: lanes(:)     !! one per thread
      real(dp), allocatable :: weights(:)       !! (members)
      integer(i8), allocatable :: numbers(:)    !! of the columns, for noise
      integer :: columns = 0                    !! of the call
      type(state_t), allocatable :: states(:)   !! one per network, on their way
      type(state_t), allocatable :: held(:)     !! one per thread, of a task
      real(sp), allocatable :: all_sp(:)   !! (features out, columns, members), flat
      real(dp), allocatable :: all_dp(:)   !! (features out, columns, members), flat
   contains
      procedure :: clear => clear_workspace
   end type ensemble_workspace_t

   interface

      !> Read an ensemble: all `*.fkb` of a directory in the order of their names, or, where it
      !> holds `ensemble.txt`, what that says; a file `*.txt` that describes one; the model files
      !> that match a pattern; one model file. A failed load leaves the object as it was. Raises an
      !> error for members that do not fit each other.
      module subroutine load(self, path, error)
         class(ensemble_t), intent(inout) :: self
         character(*), intent(in) :: path       !! `models`, `models/*.fkb`, `winter.txt`
         type(error_t), allocatable, intent(out) :: error
      end subroutine load

      !> Read an ensemble from a list of model files. A failed load leaves the object as it was.
      module subroutine load_files(self, files, error, weights)
         class(ensemble_t), intent(inout) :: self
         character(*), intent(in) :: files(:)   !! blanks at the end do not count
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: weights(:)   !! one per file, default 1
      end subroutine load_files

      !> Add a copy of a network: one member, or several that differ by their noise and share
      !> batches.
      module subroutine add(self, net, error, weight, copies)
         class(ensemble_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: weight       !! of each of them, 0 or more, default 1
         integer, intent(in), optional :: copies        !! members, default 1, at most 100000
      end subroutine add

      !> Number of members.
      pure integer module function count_members(self)
         class(ensemble_t), intent(in) :: self
      end function count_members

      !> Whether a member is stateful: then every call needs a state.
      pure logical module function keeps_state(self)
         class(ensemble_t), intent(in) :: self
      end function keeps_state

      !> A fresh state, zeros, for so many columns.
      module subroutine make_state(self, state, columns, error)
         class(ensemble_t), intent(in) :: self
         type(ensemble_state_t), intent(out) :: state
         integer, intent(in) :: columns         !! of the host
         type(error_t), allocatable, intent(out) :: error
      end subroutine make_state

      !> Release everything.
      module subroutine clear(self)
         class(ensemble_t), intent(inout) :: self
      end subroutine clear

      !> mean = sum w y / sum w over the members; spread = sqrt(sum w (y - mean)^2 / (sum w -
      !> sum w^2 / sum w)), with equal weights the standard deviation with n - 1, of one member 0.
      !> Thread-safe: only `work` changes. Uses the threads of the machine outside parallel regions.
      module subroutine predict_sp(self, x, mean, work, error, spread, members, step, &
                                   first_column, columns, state)
         class(ensemble_t), intent(in) :: self
         real(sp), intent(in), contiguous, target :: x(:, :)     !! (features in, batch)
         real(sp), intent(inout), contiguous :: mean(:, :)       !! (features out, batch)
         type(ensemble_workspace_t), intent(inout), target :: work
         type(error_t), allocatable, intent(out) :: error
         real(sp), intent(inout), optional :: spread(:, :)       !! (features out, batch)
         real(sp), intent(inout), optional :: members(:, :, :)   !! (as mean, members)
         integer, intent(in), optional :: step          !! of the host, for its noise; default 0
         integer, intent(in), optional :: first_column  !! global number of column 1, default 1
         integer, intent(in), optional :: columns(:)    !! which columns x has, default 1, 2, ...
         type(ensemble_state_t), intent(inout), optional :: state   !! of these columns
      end subroutine predict_sp

      !> mean = sum w y / sum w over the members; spread = sqrt(sum w (y - mean)^2 / (sum w -
      !> sum w^2 / sum w)), with equal weights the standard deviation with n - 1, of one member 0.
      !> Thread-safe: only `work` changes. Uses the threads of the machine outside parallel regions.
      module subroutine predict_dp(self, x, mean, work, error, spread, members, step, &
                                   first_column, columns, state)
         class(ensemble_t), intent(in) :: self
         real(dp), intent(in), contiguous, target :: x(:, :)     !! (features in, batch)
         real(dp), intent(inout), contiguous :: mean(:, :)       !! (features out, batch)
         type(ensemble_workspace_t), intent(inout), target :: work
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(inout), optional :: spread(:, :)       !! (features out, batch)
         real(dp), intent(inout), optional :: members(:, :, :)   !! (as mean, members)
         integer, intent(in), optional :: step          !! of the host, for its noise; default 0
         integer, intent(in), optional :: first_column  !! global number of column 1, default 1
         integer, intent(in), optional :: columns(:)    !! which columns x has, default 1, 2, ...
         type(ensemble_state_t), intent(inout), optional :: state   !! of these columns
      end subroutine predict_dp

      !> Take the states of a call into the workspace. Raises an error where they do not fit.
      module subroutine begin_states(self, columns, threads, work, error, state)
         type(ensemble_t), intent(in) :: self
         integer, intent(in) :: columns
         integer, intent(in) :: threads         !! at most
         type(ensemble_workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(ensemble_state_t), intent(in), optional :: state
      end subroutine begin_states

      !> The new states of a call that did not fail.
      module subroutine finish_states(work, state)
         type(ensemble_workspace_t), intent(in) :: work
         type(ensemble_state_t), intent(inout), optional :: state
      end subroutine finish_states

      !> The states of the columns of a task, or back from it to where they belong.
      module subroutine fetch_states(task, pass_columns, before, columns, states, held)
         type(task_t), intent(in) :: task
         integer, intent(in) :: pass_columns    !! of the pass
         integer, intent(in) :: before          !! columns of the passes before
         integer, intent(in) :: columns         !! of the call
         type(state_t), intent(in) :: states    !! of the network
         type(state_t), intent(inout) :: held
      end subroutine fetch_states

      module subroutine return_states(task, pass_columns, before, columns, held, states)
         type(task_t), intent(in) :: task
         integer, intent(in) :: pass_columns, before, columns
         type(state_t), intent(in) :: held
         type(state_t), intent(inout) :: states
      end subroutine return_states

      !> Release all memory.
      module subroutine clear_workspace(self)
         class(ensemble_workspace_t), intent(inout) :: self
      end subroutine clear_workspace

   end interface

end module fkb_ensemble_dp
