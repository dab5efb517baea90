! Generated from network/fkb_network_samples.fypp: edit that file and run tools/generate.py
!> Recorded samples: what Keras gave, run again here.
submodule(fkb_network_dp) fkb_network_samples_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_config, only: config_t
   use fkb_document_parts, only: buffer_of, in_doubles, in_singles
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_format, fkb_err_numeric, raise
   use fkb_shape, only: shape_of
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure check_samples
      type(config_t) :: options
      real(dp) :: difference, largest, tolerance
      integer :: i
      largest = 0
      if (present(worst)) worst = 0
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      do i = 1, self%document%sample_count
         call self%document%options_config(self%document%samples(i)%options, options)
         call options%get('tolerance', tolerance, error)
         if (.not. allocated(error)) call check_one(self, i, work, difference, error)
         if (.not. allocated(error)) then
            if (.not. difference <= tolerance) call raise(error, fkb_err_numeric, &
               'the outputs differ from the recorded ones by more than the tolerance')
         end if
         if (allocated(error)) then
            call add_context(error, 'sample '//decimal(i))
            return
         end if
         largest = max(largest, difference)
      end do
      if (present(worst)) worst = largest
   end procedure check_samples

   !> Run one sample without the host's steps; largest difference over largest output.
   subroutine check_one(self, sample, work, difference, error)
      class(network_t), intent(in) :: self
      integer, intent(in) :: sample
      type(workspace_t), intent(inout), target :: work
      real(dp), intent(out) :: difference
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: in_shapes(size(self%inputs)), out_shapes(size(self%outputs))
      type(host_t) :: inputs(size(self%inputs)), outputs(size(self%outputs))
      real(dp), allocatable, target :: given(:), wanted(:), got(:)
      real(dp) :: scale
      difference = 0
      call gather(self, sample, .false., given, inputs, in_shapes, error)
      if (allocated(error)) return
      call gather(self, sample, .true., wanted, outputs, out_shapes, error)
      if (allocated(error)) return
      call work%prepare(self, in_shapes, inputs(1)%batch(), error)
      if (allocated(error)) return
      allocate (got(size(wanted)), source=0.0_dp)
      call point(got, outputs)
      call self%run(inputs, outputs, work, error, raw=.true.)
      if (allocated(error)) return
      scale = maxval(abs(wanted))
      difference = maxval(abs(got - wanted))
      if (any(ieee_is_nan(got))) difference = huge(difference)
      if (scale > 0) difference = difference/scale
   end subroutine check_one

   !> Collect the recorded inputs or outputs of a sample, one after the other.
   subroutine gather(self, sample, of_outputs, numbers, arrays, shapes, error)
      class(network_t), intent(in) :: self
      integer, intent(in) :: sample
      logical, intent(in) :: of_outputs
      real(dp), allocatable, target, intent(out) :: numbers(:)
      type(host_t), intent(inout) :: arrays(:)
      type(shape_t), intent(out) :: shapes(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: from
      integer :: found(size(arrays)), batch(size(arrays)), at, i, k, t
      found = 0
      do t = self%document%samples(sample)%tensors%first, self%document%samples(sample)%tensors%last
         associate (tensor => self%document%tensors(t))
            if (tensor%is_output .neqv. of_outputs) cycle
            if (tensor%position >= size(arrays) .or. tensor%rank < 1) cycle
            found(tensor%position + 1) = t
         end associate
      end do
      if (any(found == 0)) then
         call raise(error, fkb_err_format, 'the sample has not all inputs and outputs')
         return
      end if
      allocate (numbers(sum(self%document%tensors(found)%count)))
      at = 0
      do i = 1, size(arrays)
         associate (tensor => self%document%tensors(found(i)))
            from = tensor%offset - self%kept_after(buffer_of(tensor%dtype))
            do k = 1, tensor%count
               select case (buffer_of(tensor%dtype))
               case (in_singles)
                  numbers(at + k) = real(self%kept%singles(from + k), dp)
               case (in_doubles)
                  numbers(at + k) = self%kept%doubles(from + k)
               case default
                  numbers(at + k) = real(self%kept%integers(from + k), dp)
               end select
            end do
            at = at + tensor%count
            batch(i) = tensor%extent(1)
            shapes(i) = shape_of(tensor%extent(tensor%rank:2:-1))
         end associate
      end do
      at = 0
      do i = 1, size(arrays)
         associate (n => int(shapes(i)%count()))
            arrays(i)%d(1:n, 1:batch(i)) => numbers(at + 1:at + n*batch(i))
            at = at + n*batch(i)
         end associate
      end do
   end subroutine gather

   !> Point arrays at other memory of the same layout.
   subroutine point(numbers, arrays)
      real(dp), contiguous, target, intent(in) :: numbers(:)
      type(host_t), intent(inout) :: arrays(:)
      integer :: at, batch, i, n
      at = 0
      do i = 1, size(arrays)
         n = arrays(i)%features()
         batch = arrays(i)%batch()
         arrays(i)%d(1:n, 1:batch) => numbers(at + 1:at + n*batch)
         at = at + n*batch
      end do
   end subroutine point

end submodule fkb_network_samples_dp
