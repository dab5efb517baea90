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
   implicit none (type, external)
   private
   public :: ensemble_t, ensemble_workspace_t

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
      procedure :: clear
      generic :: predict => predict_sp, predict_dp
      procedure, private :: predict_sp, predict_dp
   end type ensemble_t

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

      !> Release everything.
      module subroutine clear(self)
         class(ensemble_t), intent(inout) :: self
      end subroutine clear

      !> mean = sum w y / sum w over the members; spread = sqrt(sum w (y - mean)^2 / (sum w -
      !> sum w^2 / sum w)), with equal weights the standard deviation with n - 1, of one member 0.
      !> Thread-safe: only `work` changes. Uses the threads of the machine outside parallel regions.
      module subroutine predict_sp(self, x, mean, work, error, spread, members, step, &
                                   first_column, columns)
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
      end subroutine predict_sp

      !> mean = sum w y / sum w over the members; spread = sqrt(sum w (y - mean)^2 / (sum w -
      !> sum w^2 / sum w)), with equal weights the standard deviation with n - 1, of one member 0.
      !> Thread-safe: only `work` changes. Uses the threads of the machine outside parallel regions.
      module subroutine predict_dp(self, x, mean, work, error, spread, members, step, &
                                   first_column, columns)
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
      end subroutine predict_dp

      !> Release all memory.
      module subroutine clear_workspace(self)
         class(ensemble_workspace_t), intent(inout) :: self
      end subroutine clear_workspace

   end interface

end module fkb_ensemble_dp
