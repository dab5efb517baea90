!> `ensemble_type` of the 2020 FKB over this library. Threads may share it; members may differ.
module mod_ensemble
   use, intrinsic :: iso_fortran_env, only: real32, real64
#ifdef REAL64
   use fkb_dp, only: ensemble_t, ensemble_workspace_t, error_t
#else
   use fkb_sp, only: ensemble_t, ensemble_workspace_t, error_t
#endif
   use mod_network, only: stop_on
!$ use omp_lib, only: omp_get_level, omp_get_max_threads, omp_get_thread_num
   implicit none (type, external)
   private
   public :: ensemble_type

   !> What an ensemble owns; `ensemble_type` points to it, so that the value of a function can be
   !> assigned without a copy of all networks.
   type :: engine_t
      type(ensemble_t) :: ensemble
      type(ensemble_workspace_t), allocatable :: work(:)    !! one per thread
      integer :: calls = 0                                  !! each has noise of its own
   end type engine_t

   !> All networks of a directory.
   type :: ensemble_type
      type(engine_t), pointer, private :: engine => null()
   contains
      generic :: average => average_real32, average_real64
      procedure :: members
      procedure :: clear
      procedure, private :: average_real32, average_real64
   end type ensemble_type

   !> `ensemble_type(directory, noise)`: all model files of a directory, and the standard deviation
   !> of Gaussian noise that each member adds to its input.
   interface ensemble_type
      module procedure make_real32, make_real64
   end interface ensemble_type

contains

   function make_real32(directory, noise) result(ensemble)
      character(*), intent(in) :: directory
      real(real32), intent(in) :: noise
      type(ensemble_type) :: ensemble
      ensemble = make_real64(directory, real(noise, real64))
   end function make_real32

   function make_real64(directory, noise) result(ensemble)
      character(*), intent(in) :: directory
      real(real64), intent(in) :: noise
      type(ensemble_type) :: ensemble
      type(error_t), allocatable :: error
      integer :: threads
      threads = 1
!$    threads = omp_get_max_threads()
      allocate (ensemble%engine)
      allocate (ensemble%engine%work(threads))
      call ensemble%engine%ensemble%load(trim(directory), error)
      call stop_on(error)
      if (.not. noise >= 0) error stop 'FKB: the noise of an ensemble is 0 or more'
      ensemble%engine%ensemble%noise = noise
   end function make_real64

   !> Number of networks.
   integer function members(self)
      class(ensemble_type), intent(in) :: self
      members = 0
      if (associated(self%engine)) members = self%engine%ensemble%members()
   end function members

   !> Release the ensemble, and all copies of this variable.
   subroutine clear(self)
      class(ensemble_type), intent(inout) :: self
      integer :: i
      if (.not. associated(self%engine)) return
      do i = 1, size(self%engine%work)
         call self%engine%work(i)%clear()
      end do
      call self%engine%ensemble%clear()
      deallocate (self%engine)
   end subroutine clear

   !> The mean of the members' outputs for one column.
   function average_real64(self, input) result(y)
      class(ensemble_type), intent(in) :: self
      real(real64), intent(in) :: input(:)         !! (features in)
      real(real64), allocatable :: y(:)            !! (features out)
      type(ensemble_workspace_t) :: nested
      type(error_t), allocatable :: error
      real(real64), allocatable :: x(:, :), mean(:, :)
      integer :: call_number, slot
      if (.not. associated(self%engine)) error stop 'FKB: the ensemble has no member'
      allocate (x(size(input), 1))
      allocate (mean(self%engine%ensemble%boxes(1)%net%output_features(1), 1))
      x(:, 1) = input
      !$omp atomic capture
      self%engine%calls = self%engine%calls + 1
      call_number = self%engine%calls
      !$omp end atomic
      slot = 1
!$    slot = merge(omp_get_thread_num() + 1, 0, omp_get_level() <= 1)
      if (slot >= 1 .and. slot <= size(self%engine%work)) then
         call self%engine%ensemble%predict(x, mean, self%engine%work(slot), error, &
                                           step=call_number)
      else
         call self%engine%ensemble%predict(x, mean, nested, error, step=call_number)
         call nested%clear()
      end if
      call stop_on(error)
      y = mean(:, 1)
   end function average_real64

   !> The mean of the members' outputs for one column.
   function average_real32(self, input) result(y)
      class(ensemble_type), intent(in) :: self
      real(real32), intent(in) :: input(:)         !! (features in)
      real(real32), allocatable :: y(:)            !! (features out)
      y = real(self%average(real(input, real64)), real32)
   end function average_real32

end module mod_ensemble
