! Generated from fkb_mpi.fypp: edit that file and run tools/generate.py
!> FKB between the ranks of an MPI program: one reads the model file, all train on one batch.
!>
!> ```fortran
!> call load_on_all(net, 'model.fkb', MPI_COMM_WORLD, error)
!> call trainer%init(net, mean_squared_error_t(), adam_t(), error)
!> call reduction%begin(MPI_COMM_WORLD)
!> call trainer%reduce_over(reduction, error)
!> call trainer%step(x, y, loss, error)       ! x, y: the samples of this rank
!> ```
module fkb_mpi_dp
   use fkb_crc32, only: crc32_t
   use fkb_document, only: document_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_file, raise
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_network_dp, only: network_t
   use fkb_reader, only: parse_document
   use fkb_reduction_dp, only: reduction_t
   use fkb_registry_dp, only: registry_t
   use fkb_text, only: decimal
   use mpi_f08, only: MPI_Allreduce, MPI_Bcast, MPI_Comm, MPI_COMM_NULL, MPI_Comm_rank, &
      MPI_Comm_size, MPI_CHARACTER, MPI_DOUBLE_PRECISION, MPI_IN_PLACE, MPI_INTEGER, MPI_INTEGER8, &
      MPI_MAX, MPI_MIN, MPI_REAL, MPI_SUM
   implicit none (type, external)
   private
   public :: mpi_reduction_t, load_on_all, broadcast_weights, check_same_weights

   !> One message has at most so many bytes or values.
   integer(i8), parameter :: longest = 2_i8**29

   !> Sums over the ranks of a communicator, for `trainer%reduce_over`. An MPI library adds in the
   !> same order for the same number of ranks, so that runs are repeatable.
   type, extends(reduction_t) :: mpi_reduction_t
      type(MPI_Comm) :: comm = MPI_COMM_NULL
   contains
      procedure :: begin
      procedure :: add_values
      procedure :: add_gradient
   end type mpi_reduction_t

contains

   !> Take part in a communicator. MPI must be initialised; all ranks of `comm` call this.
   subroutine begin(self, comm)
      class(mpi_reduction_t), intent(inout) :: self
      type(MPI_Comm), intent(in) :: comm          !! such as `MPI_COMM_WORLD`
      self%comm = comm
      call MPI_Comm_rank(comm, self%rank)
      call MPI_Comm_size(comm, self%ranks)
   end subroutine begin

   subroutine add_values(self, values)
      class(mpi_reduction_t), intent(in) :: self
      real(dp), intent(inout), contiguous :: values(:)
      call MPI_Allreduce(MPI_IN_PLACE, values, size(values), MPI_DOUBLE_PRECISION, MPI_SUM, &
                         self%comm)
   end subroutine add_values

   !> One call for the whole vector, unless it has more than 2^29 weights.
   subroutine add_gradient(self, grad)
      class(mpi_reduction_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: grad(:)
      integer(i8) :: first, last
      do first = 1, size(grad, kind=i8), longest
         last = min(first + longest - 1, size(grad, kind=i8))
         associate (part => grad(first:last))
            if (wp == sp) then
               call MPI_Allreduce(MPI_IN_PLACE, part, size(part), MPI_REAL, MPI_SUM, self%comm)
            else
               call MPI_Allreduce(MPI_IN_PLACE, part, size(part), MPI_DOUBLE_PRECISION, MPI_SUM, &
                                  self%comm)
            end if
         end associate
      end do
   end subroutine add_gradient

   !> Load a network on all ranks of a communicator; rank `root` alone touches the file.
   !> Raises the same error on all ranks, and leaves their networks as they were.
   subroutine load_on_all(net, path, comm, error, registry, root)
      type(network_t), intent(inout) :: net
      character(*), intent(in) :: path                        !! needed on `root` only
      type(MPI_Comm), intent(in) :: comm
      type(error_t), allocatable, intent(out) :: error
      type(registry_t), intent(in), optional :: registry      !! default: the library's layers
      integer, intent(in), optional :: root                   !! default 0
      character(1), allocatable, target :: bytes(:)
      type(document_t) :: document
      integer :: rank, sender
      integer(i8) :: first, last, length
      sender = 0
      if (present(root)) sender = root
      call MPI_Comm_rank(comm, rank)
      length = -1
      if (rank == sender) then
         call read_bytes(path, bytes, error)
         if (.not. allocated(error)) length = size(bytes, kind=i8)
      end if
      call MPI_Bcast(length, 1, MPI_INTEGER8, sender, comm)
      if (length < 0) then
         call share_error(error, sender, comm)
         return
      end if
      if (rank /= sender) allocate (bytes(length))
      do first = 1, length, longest
         last = min(first + longest - 1, length)
         associate (part => bytes(first:last))
            call MPI_Bcast(part, size(part), MPI_CHARACTER, sender, comm)
         end associate
      end do
      call parse_document(bytes, document, error)
      if (.not. allocated(error)) call net%load_document(document, error, registry)
      if (allocated(error)) call add_context(error, path)
   end subroutine load_on_all

   !> Give the error of one rank to all others, so that whichever reports it says the reason.
   subroutine share_error(error, sender, comm)
      type(error_t), allocatable, intent(inout) :: error   !! Allocated on rank `sender`.
      integer, intent(in) :: sender
      type(MPI_Comm), intent(in) :: comm
      character(:), allocatable :: message
      integer :: length
      length = 0
      if (allocated(error)) length = len(error%message)
      call MPI_Bcast(length, 1, MPI_INTEGER, sender, comm)
      if (allocated(error)) then
         message = error%message
      else
         allocate (character(length) :: message)
      end if
      call MPI_Bcast(message, length, MPI_CHARACTER, sender, comm)
      if (.not. allocated(error)) call raise(error, fkb_err_file, message)
   end subroutine share_error

   !> The whole file.
   subroutine read_bytes(path, bytes, error)
      character(*), intent(in) :: path
      character(1), allocatable, intent(out) :: bytes(:)
      type(error_t), allocatable, intent(out) :: error
      character(256) :: reason
      integer :: status, unit
      integer(i8) :: length
      reason = ''
      open (newunit=unit, file=path, access='stream', form='unformatted', status='old', &
            action='read', iostat=status, iomsg=reason)
      if (status == 0) then
         inquire (unit=unit, size=length)
         allocate (bytes(max(length, 0_i8)))
         if (length > 0) read (unit, iostat=status, iomsg=reason) bytes
         close (unit)
      end if
      if (status /= 0) then
         call raise(error, fkb_err_file, 'the model file "'//path//'" cannot be read: '// &
                    trim(reason))
      end if
   end subroutine read_bytes

   !> Give the weights of one rank to all others. Frozen networks are thawed.
   subroutine broadcast_weights(net, comm, root)
      type(network_t), intent(inout) :: net
      type(MPI_Comm), intent(in) :: comm
      integer, intent(in), optional :: root       !! default 0
      integer(i8) :: first, last
      integer :: sender
      call net%thaw()
      sender = 0
      if (present(root)) sender = root
      do first = 1, size(net%params, kind=i8), longest
         last = min(first + longest - 1, size(net%params, kind=i8))
         associate (part => net%params(first:last))
            if (wp == sp) then
               call MPI_Bcast(part, size(part), MPI_REAL, sender, comm)
            else
               call MPI_Bcast(part, size(part), MPI_DOUBLE_PRECISION, sender, comm)
            end if
         end associate
      end do
   end subroutine broadcast_weights

   !> Raise an error on all ranks unless all have the same bits in their weights.
   subroutine check_same_weights(net, comm, error)
      type(network_t), intent(in) :: net
      type(MPI_Comm), intent(in) :: comm
      type(error_t), allocatable, intent(out) :: error
      type(crc32_t) :: checksum
      integer :: least(2), most(2)
      call checksum%start()
      if (net%frozen%on) then
         call checksum%add(net%frozen%weights)
         least = [int(checksum%value()), size(net%frozen%weights)]
      else
         call checksum%add(net%params)
         least = [int(checksum%value()), size(net%params)]
      end if
      most = least
      call MPI_Allreduce(MPI_IN_PLACE, least, 2, MPI_INTEGER, MPI_MIN, comm)
      call MPI_Allreduce(MPI_IN_PLACE, most, 2, MPI_INTEGER, MPI_MAX, comm)
      if (least(2) /= most(2)) then
         call raise(error, fkb_err_argument, 'the ranks have networks with '//decimal(least(2))// &
                    ' to '//decimal(most(2))//' weights')
      else if (least(1) /= most(1)) then
         call raise(error, fkb_err_argument, 'the weights differ between ranks')
      end if
   end subroutine check_same_weights

end module fkb_mpi_dp
