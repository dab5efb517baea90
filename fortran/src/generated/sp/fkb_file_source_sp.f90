! Generated from train/fkb_file_source.fypp: edit that file and run tools/generate.py
!> Batches from a set of files, of which one at a time is in memory.
!>
!> Extend `file_source_t` and implement `read_file` for the files that you have.
module fkb_file_source_sp
   use fkb_array_source_sp, only: array_source_t
   use fkb_batch_source_sp, only: batch_source_t, samples_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_generator, only: generator_t
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: file_source_t

   !> A name of a file.
   type :: path_t
      character(:), allocatable :: text
   end type path_t

   !> Files whose samples are cut into batches, file after file; the last batch of a file may be
   !> smaller. `add` each file, then set `batch_size`, `shuffled` and `seed`.
   type, abstract, extends(batch_source_t) :: file_source_t
      integer :: batch_size = 32
      logical :: shuffled = .false.             !! files and samples, a new order in each epoch
      integer(i8) :: seed = 0                   !! of the orders
      type(path_t), allocatable, private :: paths(:)
      integer, allocatable, private :: order(:)
      type(array_source_t), private :: samples  !! of the file in memory
      integer, private :: epoch = 1
      integer, private :: at = 0                !! files begun in this epoch
      logical, private :: open = .false.        !! a file is in memory
   contains
      procedure(read_file_i), deferred :: read_file
      procedure :: add
      procedure :: next
      procedure :: begin_epoch
   end type file_source_t

   abstract interface

      !> Read all samples of a file into memory of your own and point to it with `samples%put`.
      subroutine read_file_i(self, path, samples, error)
         import :: file_source_t, samples_t, error_t
         implicit none (type, external)
         class(file_source_t), intent(inout), target :: self
         character(*), intent(in) :: path
         type(samples_t), intent(inout) :: samples
         type(error_t), allocatable, intent(out) :: error
      end subroutine read_file_i

   end interface

contains

   !> Add a file to the set.
   subroutine add(self, path)
      class(file_source_t), intent(inout) :: self
      character(*), intent(in) :: path
      type(path_t), allocatable :: grown(:)
      integer :: i, n
      n = 0
      if (allocated(self%paths)) n = size(self%paths)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i)%text = self%paths(i)%text
      end do
      grown(n + 1)%text = path
      call move_alloc(grown, self%paths)
   end subroutine add

   !> Begin with the first file of the order of this epoch.
   subroutine begin_epoch(self, epoch, error)
      class(file_source_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(generator_t) :: generator
      integer :: i
      if (.not. allocated(self%paths)) then
         call raise(error, fkb_err_argument, 'the source of batches has no files: call "add" first')
         return
      end if
      if (allocated(self%order)) deallocate (self%order)
      allocate (self%order(size(self%paths)))
      do i = 1, size(self%order)
         self%order(i) = i
      end do
      call generator%start(self%seed, epoch)
      if (self%shuffled) call generator%shuffle(self%order)
      self%epoch = epoch
      self%at = 0
      self%open = .false.
   end subroutine begin_epoch

   !> The next batch of the file in memory, or the first of the next file.
   subroutine next(self, batch, done, error)
      class(file_source_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      type(samples_t) :: whole
      done = .false.
      do
         if (self%open) then
            call self%samples%next(batch, done, error)
            if (allocated(error) .or. .not. done) return
         end if
         self%open = .false.
         done = .not. allocated(self%order)
         if (.not. done) done = self%at >= size(self%order)
         if (done) return
         self%at = self%at + 1
         associate (path => self%paths(self%order(self%at))%text)
            call self%read_file(path, whole, error)
            if (.not. allocated(error)) call self%samples%init_batch(whole, self%batch_size, error)
            if (allocated(error)) then
               call add_context(error, path)
               return
            end if
         end associate
         self%samples%shuffled = self%shuffled
         self%samples%seed = self%seed + self%order(self%at)
         call self%samples%begin_epoch(self%epoch, error)
         if (allocated(error)) return
         self%open = .true.
      end do
   end subroutine next

end module fkb_file_source_sp
