!> `network_type` of the 2020 FKB over this library. It computes in `rk`, takes real32 and real64,
!> reads model files of this library, and stops the program with a sentence where the old one did,
!> or would have gone on with wrong numbers.
module mod_network
   use, intrinsic :: iso_fortran_env, only: real32, real64
#ifdef REAL64
   use fkb_dp, only: error_t, mean_squared_error_t, network_t, sgd_t, trainer_t, workspace_t
#else
   use fkb_sp, only: error_t, mean_squared_error_t, network_t, sgd_t, trainer_t, workspace_t
#endif
   use fkb_json, only: json_find, json_real
   use fkb_text, only: decimal, span_t
   use mod_kinds, only: rk
!$ use omp_lib, only: omp_get_level, omp_get_max_threads, omp_get_thread_num
   implicit none (type, external)
   private
   public :: network_type, stop_on

   !> What a network owns; `network_type` points to it, so that a copy is the same network, as the
   !> layers of the old one were.
   type :: engine_t
      type(network_t) :: net
      type(workspace_t), allocatable :: work(:)    !! one per thread
      type(trainer_t) :: trainer
      real(real64) :: rate = -1                    !! that the trainer was begun with
      real(rk), allocatable :: input(:)            !! of the last `fwdprop`
   end type engine_t

   !> A network with one input and one output.
   type :: network_type
      real(rk) :: learning_rate = -1               !! of training; negative: none is known
      type(engine_t), pointer, private :: engine => null()
   contains
      procedure :: load
      procedure :: save => save_network
      generic :: output => output_real32, output_real64
      generic :: output_batch => batch_real32, batch_real64
      generic :: train => train_real32, train_real64
      generic :: backprop => backprop_real32, backprop_real64, backprop_last_real32, &
         backprop_last_real64
      generic :: fwdprop => fwdprop_real32, fwdprop_real64
      procedure :: clear
      procedure, private :: output_real32, output_real64, batch_real32, batch_real64
      procedure, private :: train_real32, train_real64, backprop_real32, backprop_real64
      procedure, private :: backprop_last_real32, backprop_last_real64
      procedure, private :: fwdprop_real32, fwdprop_real64
   end type network_type

contains

   !> Stop the program with the sentence of an error, if there is one.
   subroutine stop_on(error)
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) error stop 'FKB: '//error%message
   end subroutine stop_on

   !> Read a model file, such as `fkb convert old.txt new.fkb` writes, and its learning rate.
   subroutine load(self, filename)
      class(network_type), intent(inout) :: self
      character(*), intent(in) :: filename
      type(error_t), allocatable :: error
      integer :: threads
      call self%clear()
      allocate (self%engine)
      threads = 1
!$    threads = omp_get_max_threads()
      allocate (self%engine%work(threads))
      call self%engine%net%load(trim(filename), error)
      call stop_on(error)
      if (size(self%engine%net%inputs) /= 1 .or. size(self%engine%net%outputs) /= 1) then
         error stop 'FKB: '//trim(filename)//' has several inputs or outputs: network_type has one'
      end if
      if (self%engine%net%keeps_state()) then
         error stop 'FKB: '//trim(filename)//' is stateful: use network_t of fkb_sp or fkb_dp'
      end if
      call read_rate(self)
   end subroutine load

   !> The learning rate of the file's compile configuration, where it has one.
   subroutine read_rate(self)
      class(network_type), intent(inout) :: self
      character(:), allocatable :: json
      type(span_t) :: found
      real(real64) :: rate
      integer :: at
      logical :: valid
      self%learning_rate = -1
      associate (document => self%engine%net%document)
         if (.not. document%compiled) return
         at = document%find_option(document%compile_options, 'optimizer')
         if (at == 0) return
         json = document%text%get(document%options(at)%json)
      end associate
      found = json_find(json, 'config.learning_rate')
      if (found%count() == 0) return
      call json_real(json(found%first:found%last), rate, valid)
      if (valid) self%learning_rate = real(rate, rk)
   end subroutine read_rate

   !> Write a model file of this library: `fkb export` makes a Keras model of it.
   subroutine save_network(self, filename)
      class(network_type), intent(in) :: self
      character(*), intent(in) :: filename
      type(error_t), allocatable :: error
      call need(self)
      call self%engine%net%save(trim(filename), error)
      call stop_on(error)
   end subroutine save_network

   !> Release the network, and all copies of this variable.
   subroutine clear(self)
      class(network_type), intent(inout) :: self
      integer :: i
      if (.not. associated(self%engine)) return
      call self%engine%trainer%clear()
      do i = 1, size(self%engine%work)
         call self%engine%work(i)%clear()
      end do
      call self%engine%net%clear()
      deallocate (self%engine)
   end subroutine clear

   subroutine need(self)
      class(network_type), intent(in) :: self
      if (.not. associated(self%engine)) error stop 'FKB: no network is loaded'
   end subroutine need

   !> Begin training with the present learning rate, unless that was done.
   subroutine need_trainer(self)
      class(network_type), intent(in) :: self
      type(error_t), allocatable :: error
      real(real64) :: rate
      call need(self)
      if (self%learning_rate < 0) then
         error stop 'FKB: the model file has no learning rate: set "net % learning_rate"'
      end if
      ! The old loss is half the squared error, summed over outputs; Keras's is the mean square.
      rate = real(self%learning_rate, real64)*self%engine%net%output_features(1)/2
      if (abs(rate - self%engine%rate) <= 0) return
      call self%engine%trainer%clear()
      call self%engine%trainer%init(self%engine%net, mean_squared_error_t(), &
                                    sgd_t(learning_rate=rate), error)
      call stop_on(error)
      self%engine%rate = rate
   end subroutine need_trainer

#define KIND real32
#define OUTPUT output_real32
#define BATCH batch_real32
#define TRAIN train_real32
#define BACKPROP backprop_real32
#define BACKPROP_LAST backprop_last_real32
#define FWDPROP fwdprop_real32
#include "mod_network_calls.inc"
#undef KIND
#undef OUTPUT
#undef BATCH
#undef TRAIN
#undef BACKPROP
#undef BACKPROP_LAST
#undef FWDPROP
#define KIND real64
#define OUTPUT output_real64
#define BATCH batch_real64
#define TRAIN train_real64
#define BACKPROP backprop_real64
#define BACKPROP_LAST backprop_last_real64
#define FWDPROP fwdprop_real64
#include "mod_network_calls.inc"

end module mod_network
