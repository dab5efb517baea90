! Generated from network/fkb_derivatives_jacobian.fypp: edit that file and run tools/generate.py
!> Whole Jacobians: samples are repeated, each with a direction of its own.
submodule(fkb_derivatives_dp) fkb_derivatives_jacobian_dp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_plan, only: tangent_none
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Pairs of a sample and a direction that are computed together.
   integer, parameter :: most_pairs = 256

   !> Arrays of a block of pairs.
   type :: block_t
      real(dp), allocatable :: d(:, :)
   end type block_t

contains

   module procedure jacobian_hosts
      integer :: batch, columns, first, n_in, n_out, pairs
      logical :: by_rows
      integer, allocatable :: inputs(:), outputs(:)
      call make_ready(self, net, x, columns_of(state), columns, .true., error, shapes)
      if (allocated(error)) return
      if (output < 1 .or. output > size(net%outputs) .or. input < 1 .or. &
          input > size(net%inputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(net%inputs))// &
            ' inputs and '//decimal(size(net%outputs))//' outputs')
         return
      end if
      batch = x(1)%batch()
      inputs = host_features(self, net, .true.)
      outputs = host_features(self, net, .false.)
      n_in = inputs(input)
      n_out = outputs(output)
      if (jac%features() /= n_out .or. jac%batch() /= n_in*batch) then
         call raise(error, fkb_err_argument, 'the Jacobian has '//decimal(n_out)//' rows and '// &
            decimal(n_in)//' columns for each sample')
         return
      end if
      by_rows = n_out < n_in .or. lacks_tangent(net)
      pairs = batch*merge(n_out, n_in, by_rows)
      do first = 1, pairs, most_pairs
         call compute_pairs(self, net, x, output, input, jac, inputs, outputs, by_rows, first, &
                            min(most_pairs, pairs - first + 1), error, state, shapes)
         if (allocated(error)) return
      end do
   end procedure jacobian_hosts

   !> Whether a layer has no forward derivative, so that only rows can be computed.
   pure logical function lacks_tangent(net)
      type(network_t), intent(in) :: net
      integer :: i
      lacks_tangent = .false.
      do i = 1, size(net%graph%nodes)
         lacks_tangent = lacks_tangent .or. net%graph%nodes(i)%plan%tangent == tangent_none
      end do
   end function lacks_tangent

   !> Some pairs: their samples repeated, a unit vector each, and the result into its place.
   subroutine compute_pairs(self, net, x, output, input, jac, inputs, outputs, by_rows, first, n, &
                            error, state, shapes)
      class(derivatives_t), intent(inout), target :: self
      type(network_t), intent(in) :: net
      type(host_t), intent(in) :: x(:)
      integer, intent(in) :: output, input
      type(host_t), intent(in) :: jac
      integer, intent(in) :: inputs(:), outputs(:)
      logical, intent(in) :: by_rows
      integer, intent(in) :: first, n
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(in), optional :: state
      type(shape_t), intent(in), optional :: shapes(:)
      type(block_t), target :: values(size(x)), seed, result
      type(host_t) :: xs(size(x)), dx(size(x)), w(size(net%outputs)), none(size(net%outputs))
      type(state_t) :: states
      integer :: k, of_sample, p
      of_sample = merge(outputs(output), inputs(input), by_rows)
      do k = 1, size(x)
         allocate (values(k)%d(inputs(k), n))
         do p = 1, n
            call copy_column(x(k), (first + p - 2)/of_sample + 1, values(k)%d(:, p))
         end do
         xs(k)%d => values(k)%d
      end do
      allocate (seed%d(of_sample, n), source=0.0_dp)
      do p = 1, n
         seed%d(mod(first + p - 2, of_sample) + 1, p) = 1
      end do
      allocate (result%d(merge(inputs(input), outputs(output), by_rows), n))
      if (present(state)) then
         states = state
         deallocate (states%values)
         allocate (states%values(size(state%values, 1), n))
         do p = 1, n
            states%values(:, p) = state%values(:, (first + p - 2)/of_sample + 1)
         end do
      end if
      if (by_rows) then
         w(output)%d => seed%d
         dx(input)%d => result%d
         call reverse()
      else
         dx(input)%d => seed%d
         w(output)%d => result%d
         call direct()
      end if
      if (.not. allocated(error)) call put_pairs(jac, by_rows, inputs(input), of_sample, first, &
                                                 result%d)

   contains

      subroutine reverse()
         if (present(state)) then
            call self%vjp_hosts(net, xs, w, dx, error, state=states, shapes=shapes)
         else
            call self%vjp_hosts(net, xs, w, dx, error, shapes=shapes)
         end if
      end subroutine reverse

      subroutine direct()
         if (present(state)) then
            call self%jvp_hosts(net, xs, dx, none, w, error, state=states, shapes=shapes)
         else
            call self%jvp_hosts(net, xs, dx, none, w, error, shapes=shapes)
         end if
      end subroutine direct

   end subroutine compute_pairs

   subroutine copy_column(host, column, x)
      type(host_t), intent(in) :: host
      integer, intent(in) :: column
      real(dp), intent(out) :: x(:)
      if (associated(host%s)) then
         x = real(host%s(:, column), dp)
      else
         x = host%d(:, column)
      end if
   end subroutine copy_column

   !> Rows or columns of the Jacobians.
   subroutine put_pairs(jac, by_rows, n_in, of_sample, first, values)
      type(host_t), intent(in) :: jac
      logical, intent(in) :: by_rows
      integer, intent(in) :: n_in, of_sample, first
      real(dp), intent(in) :: values(:, :)
      integer :: direction, p, sample
      do p = 1, size(values, 2)
         sample = (first + p - 2)/of_sample
         direction = mod(first + p - 2, of_sample) + 1
         if (by_rows) then
            if (associated(jac%s)) jac%s(direction, sample*n_in + 1:(sample + 1)*n_in) = &
               real(values(:, p), sp)
            if (associated(jac%d)) jac%d(direction, sample*n_in + 1:(sample + 1)*n_in) = &
               values(:, p)
         else
            if (associated(jac%s)) jac%s(:, sample*n_in + direction) = real(values(:, p), sp)
            if (associated(jac%d)) jac%d(:, sample*n_in + direction) = values(:, p)
         end if
      end do
   end subroutine put_pairs

   !> Columns of a state, -1 for none.
   pure integer function columns_of(state) result(columns)
      type(state_t), intent(in), optional :: state
      columns = -1
      if (present(state)) columns = state%columns()
   end function columns_of

end submodule fkb_derivatives_jacobian_dp
