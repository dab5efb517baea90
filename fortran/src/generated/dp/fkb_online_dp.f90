! Generated from train/fkb_online.fypp: edit that file and run tools/generate.py
!> Training inside a running simulation: samples come with the host's time steps, are kept in a
!> bounded buffer, and every few steps the network learns from some of them.
!>
!> Whatever the samples are, the weights stay good: a loss or gradient that is not finite is not
!> applied, a step can be limited, and where the loss explodes the last good weights come back.
!> A restart goes on with the same bits.
module fkb_online_dp
   use fkb_error, only: error_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_loss_dp, only: loss_t
   use fkb_network_dp, only: network_t
   use fkb_optimizer_dp, only: optimizer_state_t, optimizer_t
   use fkb_replay_buffer_dp, only: replay_buffer_t
   use fkb_trainer_dp, only: trainer_t
   use fkb_views, only: view_dp_t, view_sp_t
   implicit none (type, external)
   private
   public :: online_trainer_t, online_options_t

   !> What an online training can be told.
   type :: online_options_t
      integer :: capacity = 1024             !! samples that are kept
      logical :: reservoir = .false.         !! keep a random choice of all, not the newest
      integer :: batch_size = 32             !! samples of an update
      integer :: newest = 0                  !! so many of them are the newest, the others replayed
      integer :: update_every = 1            !! calls of `observe` from one update to the next
      integer :: steps_per_update = 1        !! of the optimizer
      integer :: first_update = 1            !! samples that there must be before
      integer :: seed = 0                    !! of the choice of samples and of the noise
      real(dp) :: anchor = 0                 !! a in loss + a sum((w - w0)**2), w0 the first weights
      real(dp) :: largest_change = 0         !! of a step, |dw| <= largest_change |w|; 0: any
      real(dp) :: explosion = 0              !! go back where loss > explosion mean loss; 0: never
   end type online_options_t

   !> Trains one network while the host runs.
   type :: online_trainer_t
      type(trainer_t) :: trainer             !! its optimizer, its state with the host's time
      type(online_options_t) :: options
      type(replay_buffer_t) :: buffer
      integer(i8) :: observations = 0        !! calls of `observe`
      integer(i8) :: updates = 0             !! steps of the optimizer that were made
      integer(i8) :: refused = 0             !! that were not: something was not finite
      integer(i8) :: rollbacks = 0           !! the loss had exploded
      integer(i8) :: limited = 0             !! steps that were too large
      real(dp) :: loss = 0                   !! of the last update
      real(dp) :: mean_loss = 0              !! running mean of the good updates
      integer, allocatable, private :: rows_in(:)           !! values of a sample, per input
      integer, allocatable, private :: rows_out(:)          !! of a target, once it is known
      real(wp), allocatable, private :: origin(:)           !! first weights
      real(wp), allocatable, private :: good(:)             !! last good weights
      type(optimizer_state_t), private :: good_state
   contains
      procedure :: init
      procedure :: init_from_file
      !> Take the samples of one step of the host, and update where it is time:
      !> `call online%observe(x, y_true, error [, time] [, sample_weight])`, (features, samples);
      !> lists of views where there are several inputs or outputs.
      generic :: observe => observe_sp, observe_dp, observe_many_sp, observe_many_dp
      procedure :: observe_hosts
      procedure :: update
      procedure :: save
      procedure :: load
      procedure :: clear
      procedure, private :: observe_sp, observe_dp, observe_many_sp, observe_many_dp
   end type online_trainer_t

   interface

      !> Begin with a loss and an optimizer. The network must have the `target` attribute.
      module subroutine init(self, net, loss, optimizer, options, error)
         class(online_trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net
         class(loss_t), intent(in) :: loss                  !! copied
         class(optimizer_t), intent(in) :: optimizer        !! copied
         type(online_options_t), intent(in) :: options
         type(error_t), allocatable, intent(out) :: error
      end subroutine init

      !> Begin with the model file's loss and optimizer, and its state.
      module subroutine init_from_file(self, net, options, error, loss, optimizer)
         class(online_trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net
         type(online_options_t), intent(in) :: options
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: loss         !! another, as `trainer_t` takes it
         character(*), intent(in), optional :: optimizer
      end subroutine init_from_file

      module subroutine observe_sp(self, x, y_true, error, time, sample_weight)
         class(online_trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time             !! the host's, for a schedule
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      end subroutine observe_sp

      module subroutine observe_many_sp(self, x, y_true, error, time, sample_weight)
         class(online_trainer_t), intent(inout), target :: self
         type(view_sp_t), intent(in) :: x(:)          !! one per input
         type(view_sp_t), intent(in) :: y_true(:)     !! one per output
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      end subroutine observe_many_sp

      module subroutine observe_dp(self, x, y_true, error, time, sample_weight)
         class(online_trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time             !! the host's, for a schedule
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      end subroutine observe_dp

      module subroutine observe_many_dp(self, x, y_true, error, time, sample_weight)
         class(online_trainer_t), intent(inout), target :: self
         type(view_dp_t), intent(in) :: x(:)          !! one per input
         type(view_dp_t), intent(in) :: y_true(:)     !! one per output
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
      end subroutine observe_many_dp

      !> As `observe`, with the host's arrays.
      module subroutine observe_hosts(self, x, y_true, error, time, weights)
         class(online_trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: x(:)                   !! one per input
         type(host_t), intent(in) :: y_true(:)              !! one per output
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), optional :: time
         type(host_t), intent(in), optional :: weights      !! (1, samples)
      end subroutine observe_hosts

      !> Learn from the buffer now.
      module subroutine update(self, error)
         class(online_trainer_t), intent(inout), target :: self
         type(error_t), allocatable, intent(out) :: error
      end subroutine update

      !> Write weights, optimizer, buffer, random numbers and counters. The file is replaced in one
      !> step: whenever the program ends, the old or the new one is whole.
      module subroutine save(self, path, error)
         class(online_trainer_t), intent(in) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
      end subroutine save

      !> Go on from such a file, after `init` with the same network, optimizer and options: the
      !> weights of the network are replaced. A failed load changes nothing.
      module subroutine load(self, path, error)
         class(online_trainer_t), intent(inout) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
      end subroutine load

      !> Release everything; the network stays.
      module subroutine clear(self)
         class(online_trainer_t), intent(inout) :: self
      end subroutine clear

   end interface

end module fkb_online_dp
