! Generated from train/fkb_replay_buffer.fypp: edit that file and run tools/generate.py
!> Samples of a running simulation, as many as there is room for.
!>
!> A ring keeps the newest; a reservoir keeps a random choice of all samples so far, each with the
!> same probability (algorithm R of J. S. Vitter, 1985, ACM Trans. Math. Softw. 11).
module fkb_replay_buffer_dp
   use fkb_generator, only: generator_t
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: replay_buffer_t

   !> A bounded buffer. Safe to copy; its components are all there is to be saved.
   type :: replay_buffer_t
      logical :: reservoir = .false.
      integer :: held = 0                       !! samples in the buffer
      integer :: recent = 0                     !! of the newest samples, beside it
      integer(i8) :: seen = 0                   !! samples that were ever added
      type(generator_t) :: generator
      real(wp), allocatable :: x(:, :)          !! (features in, capacity)
      real(wp), allocatable :: y(:, :)          !! (features out, capacity)
      real(wp), allocatable :: w(:)             !! (capacity): sample weights
      real(wp), allocatable :: new_x(:, :)      !! (features in, newest)
      real(wp), allocatable :: new_y(:, :)      !! (features out, newest)
      real(wp), allocatable :: new_w(:)         !! (newest)
   contains
      procedure :: init
      procedure :: add
      procedure :: draw
   end type replay_buffer_t

contains

   !> An empty buffer.
   subroutine init(self, features_in, features_out, capacity, newest, reservoir, seed)
      class(replay_buffer_t), intent(out) :: self
      integer, intent(in) :: features_in, features_out
      integer, intent(in) :: capacity           !! samples to replay
      integer, intent(in) :: newest             !! newest samples that every batch has
      logical, intent(in) :: reservoir
      integer(i8), intent(in) :: seed
      self%reservoir = reservoir
      ! Zeros, since a restart file holds the empty places too.
      allocate (self%x(features_in, capacity), source=0.0_wp)
      allocate (self%y(features_out, capacity), source=0.0_wp)
      allocate (self%w(capacity), source=0.0_wp)
      allocate (self%new_x(features_in, newest), source=0.0_wp)
      allocate (self%new_y(features_out, newest), source=0.0_wp)
      allocate (self%new_w(newest), source=0.0_wp)
      call self%generator%start(seed, 1)
   end subroutine init

   !> Add one sample; another one may go.
   subroutine add(self, x, y, w)
      class(replay_buffer_t), intent(inout) :: self
      real(wp), intent(in) :: x(:)              !! (features in)
      real(wp), intent(in) :: y(:)              !! (features out)
      real(wp), intent(in) :: w                 !! its weight
      integer :: at
      if (size(self%new_w) > 0) then
         at = int(modulo(self%seen, size(self%new_w, kind=i8))) + 1
         self%new_x(:, at) = x
         self%new_y(:, at) = y
         self%new_w(at) = w
         self%recent = min(self%recent + 1, size(self%new_w))
      end if
      at = int(modulo(self%seen, size(self%w, kind=i8))) + 1
      self%seen = self%seen + 1
      if (self%held < size(self%w)) then
         self%held = self%held + 1
         at = self%held
      else if (self%reservoir) then
         at = self%generator%below(int(min(self%seen, 2147483000_i8)))
         if (at > size(self%w)) return
      end if
      self%x(:, at) = x
      self%y(:, at) = y
      self%w(at) = w
   end subroutine add

   !> A batch: the newest samples, then different random ones of the buffer; `n` says how many.
   subroutine draw(self, x, y, w, n)
      class(replay_buffer_t), intent(inout) :: self
      real(wp), intent(inout) :: x(:, :)        !! (features in, most)
      real(wp), intent(inout) :: y(:, :)        !! (features out, most)
      real(wp), intent(inout) :: w(:)           !! (most)
      integer, intent(out) :: n
      integer :: chosen(size(w))
      integer :: at, j, k, most
      n = min(self%recent, size(w))
      do k = 1, n
         x(:, k) = self%new_x(:, k)
         y(:, k) = self%new_y(:, k)
         w(k) = self%new_w(k)
      end do
      most = min(size(w) - n, self%held)
      do k = 1, most                            ! R. W. Floyd's sample without replacement
         j = self%held - most + k
         at = self%generator%below(j)
         if (any(chosen(:k - 1) == at)) at = j
         chosen(k) = at
         x(:, n + k) = self%x(:, at)
         y(:, n + k) = self%y(:, at)
         w(n + k) = self%w(at)
      end do
      n = n + most
   end subroutine draw

end module fkb_replay_buffer_dp
