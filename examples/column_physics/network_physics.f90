!> A network as the column physics of the host. The model file says which fields the network takes
!! and gives, in which order, units and with which transforms; here stands what the host has.
module network_physics
   use column_grid, only: chunk_size, n_columns, n_levels
   use column_physics_interface, only: physics_input_t, physics_output_t, physics_t
   use fkb_sp, only: coupler_t, error_t, exchange_t, network_t
   implicit none (type, external)
   private
   public :: network_physics_t

   !> What the computation of a chunk needs and what it raised.
   type :: chunk_t
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
   end type chunk_t

   !> Where the coupler has the host's fields.
   type :: places_t
      integer :: q = 0, t = 0, v = 0, ps = 0, solin = 0, shf = 0, lhf = 0
      integer :: dq = 0, dt = 0, fsnt = 0, fsns = 0, flnt = 0, flns = 0, prect = 0
   end type places_t

   !> A network that all threads share.
   type, extends(physics_t) :: network_physics_t
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(places_t) :: at
      type(chunk_t), allocatable :: chunks(:)
   contains
      procedure :: load, run_chunk, find_trouble
      procedure, private :: give_fields, take_fields
   end type network_physics_t

contains

   !> Read the network and see whether it fits the host.
   subroutine load(self, path, message)
      class(network_physics_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! A model file.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      type(error_t), allocatable :: error
      allocate (self%chunks(n_columns/chunk_size))
      call self%coupler%offer("Q", n_levels, "kg/kg", self%at%q, order="top_down")
      call self%coupler%offer("T", n_levels, "K", self%at%t, order="top_down")
      call self%coupler%offer("V", n_levels, "m/s", self%at%v, order="top_down")
      call self%coupler%offer("PS", 1, "Pa", self%at%ps)
      call self%coupler%offer("SOLIN", 1, "W/m2", self%at%solin)
      call self%coupler%offer("SHF", 1, "W/m2", self%at%shf)
      call self%coupler%offer("LHF", 1, "W/m2", self%at%lhf)
      call self%coupler%accept("PHQ", n_levels, "kg/kg/s", self%at%dq, order="top_down")
      call self%coupler%accept("TPHYSTND", n_levels, "K/s", self%at%dt, order="top_down")
      call self%coupler%accept("FSNT", 1, "W/m2", self%at%fsnt)
      call self%coupler%accept("FSNS", 1, "W/m2", self%at%fsns)
      call self%coupler%accept("FLNT", 1, "W/m2", self%at%flnt)
      call self%coupler%accept("FLNS", 1, "W/m2", self%at%flns)
      call self%coupler%accept("PRECT", 1, "m/s", self%at%prect)
      call self%net%load(path, error)
      if (.not. allocated(error)) call self%coupler%connect(self%net, error)
      if (allocated(error)) message = error%message
   end subroutine load

   !> Compute a chunk as one batch.
   subroutine run_chunk(self, chunk, first, last, input, output)
      class(network_physics_t), intent(inout) :: self
      integer, intent(in) :: chunk !! Number of the chunk in this process, from 1.
      integer, intent(in) :: first !! Its first column in the arrays.
      integer, intent(in) :: last !! Its last column.
      type(physics_input_t), intent(in) :: input !! What the host offers.
      type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      type(error_t), allocatable :: error
      associate (exchange => self%chunks(chunk)%exchange)
         call self%coupler%begin(exchange, last - first + 1, error)
         if (.not. allocated(error)) call self%give_fields(exchange, first, last, input, error)
         if (.not. allocated(error)) call self%coupler%run(self%net, exchange, error)
         if (.not. allocated(error)) call self%take_fields(exchange, first, last, output, error)
      end associate
      call move_alloc(error, self%chunks(chunk)%error)
   end subroutine run_chunk

   !> What the network wants of the host.
   subroutine give_fields(self, exchange, first, last, input, error)
      class(network_physics_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange !! Of the chunk.
      integer, intent(in) :: first !! First column.
      integer, intent(in) :: last !! Last column.
      type(physics_input_t), intent(in) :: input !! What the host offers.
      type(error_t), allocatable, intent(out) :: error !! Whatever the coupler raises.
      associate (coupler => self%coupler, at => self%at)
         call coupler%give(exchange, at%q, input%q(:, first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%t, input%t(:, first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%v, input%v(:, first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%ps, input%ps(first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%solin, input%solin(first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%shf, input%shf(first:last), error)
         if (allocated(error)) return
         call coupler%give(exchange, at%lhf, input%lhf(first:last), error)
      end associate
   end subroutine give_fields

   !> What the host wants of the network.
   subroutine take_fields(self, exchange, first, last, output, error)
      class(network_physics_t), intent(in) :: self
      type(exchange_t), intent(in) :: exchange !! Of the chunk, after the run.
      integer, intent(in) :: first !! First column.
      integer, intent(in) :: last !! Last column.
      type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      type(error_t), allocatable, intent(out) :: error !! Whatever the coupler raises.
      associate (coupler => self%coupler, at => self%at)
         call coupler%take(exchange, at%dq, output%dq(:, first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%dt, output%dt(:, first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%fsnt, output%fsnt(first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%fsns, output%fsns(first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%flnt, output%flnt(first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%flns, output%flns(first:last), error)
         if (allocated(error)) return
         call coupler%take(exchange, at%prect, output%prect(first:last), error)
      end associate
   end subroutine take_fields

   !> The first error of the chunks.
   subroutine find_trouble(self, message)
      class(network_physics_t), intent(in) :: self
      character(len=:), allocatable, intent(inout) :: message !! The sentence.
      integer :: i
      if (allocated(message)) deallocate (message)
      do i = 1, size(self%chunks)
         if (.not. allocated(self%chunks(i)%error)) cycle
         message = self%chunks(i)%error%message
         return
      end do
   end subroutine find_trouble

end module network_physics
