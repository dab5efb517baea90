! Generated from network/fkb_derivatives_faces.fypp: edit that file and run tools/generate.py
!> The host's arrays of either kind on their way into derivatives.
submodule(fkb_derivatives_dp) fkb_derivatives_faces_dp
   use fkb_error, only: fkb_err_argument, raise
   implicit none (type, external)

contains

   module procedure jvp_sp
      type(host_t) :: hosts(4)
      hosts(1)%s => x
      hosts(2)%s => dx
      hosts(3)%s => y
      hosts(4)%s => dy
      call self%jvp_hosts(net, hosts(1:1), hosts(2:2), hosts(3:3), hosts(4:4), error, dparams, &
                          state, dstate)
   end procedure jvp_sp

   module procedure jvp_many_sp
      call self%jvp_hosts(net, hosts_sp(x), hosts_sp(dx), hosts_sp(y), &
                          hosts_sp(dy), error, dparams, state, dstate)
   end procedure jvp_many_sp

   module procedure vjp_sp
      type(host_t) :: hosts(4)
      hosts(1)%s => x
      hosts(2)%s => w
      hosts(3)%s => dx
      if (present(y)) hosts(4)%s => y
      call self%vjp_hosts(net, hosts(1:1), hosts(2:2), hosts(3:3), error, gparams, hosts(4:4), &
                          state, gstate)
   end procedure vjp_sp

   module procedure vjp_many_sp
      call self%vjp_hosts(net, hosts_sp(x), hosts_sp(w), hosts_sp(dx), error, &
                          gparams, state=state, gstate=gstate)
   end procedure vjp_many_sp

   module procedure jacobian_sp
      type(host_t) :: hosts(1), values
      hosts(1)%s => x
      call check_batch(size(jac, 3), size(x, 2), error)
      if (allocated(error)) return
      values%s(1:size(jac, 1), 1:size(jac, 2)*size(jac, 3)) => jac
      call self%jacobian_hosts(net, hosts, 1, 1, values, error, state)
   end procedure jacobian_sp

   module procedure jacobian_many_sp
      type(host_t) :: values
      call check_batch(size(jac, 3), size(x(1)%v, 2), error)
      if (allocated(error)) return
      values%s(1:size(jac, 1), 1:size(jac, 2)*size(jac, 3)) => jac
      call self%jacobian_hosts(net, hosts_sp(x), output, input, values, error, state)
   end procedure jacobian_many_sp

   function hosts_sp(views) result(hosts)
      type(view_sp_t), intent(in) :: views(:)
      type(host_t) :: hosts(size(views))
      integer :: k
      do k = 1, size(views)
         hosts(k) = host_t()           ! gfortran 12 leaves results of this kind as they are
         hosts(k)%s => views(k)%v
      end do
   end function hosts_sp

   module procedure jvp_dp
      type(host_t) :: hosts(4)
      hosts(1)%d => x
      hosts(2)%d => dx
      hosts(3)%d => y
      hosts(4)%d => dy
      call self%jvp_hosts(net, hosts(1:1), hosts(2:2), hosts(3:3), hosts(4:4), error, dparams, &
                          state, dstate)
   end procedure jvp_dp

   module procedure jvp_many_dp
      call self%jvp_hosts(net, hosts_dp(x), hosts_dp(dx), hosts_dp(y), &
                          hosts_dp(dy), error, dparams, state, dstate)
   end procedure jvp_many_dp

   module procedure vjp_dp
      type(host_t) :: hosts(4)
      hosts(1)%d => x
      hosts(2)%d => w
      hosts(3)%d => dx
      if (present(y)) hosts(4)%d => y
      call self%vjp_hosts(net, hosts(1:1), hosts(2:2), hosts(3:3), error, gparams, hosts(4:4), &
                          state, gstate)
   end procedure vjp_dp

   module procedure vjp_many_dp
      call self%vjp_hosts(net, hosts_dp(x), hosts_dp(w), hosts_dp(dx), error, &
                          gparams, state=state, gstate=gstate)
   end procedure vjp_many_dp

   module procedure jacobian_dp
      type(host_t) :: hosts(1), values
      hosts(1)%d => x
      call check_batch(size(jac, 3), size(x, 2), error)
      if (allocated(error)) return
      values%d(1:size(jac, 1), 1:size(jac, 2)*size(jac, 3)) => jac
      call self%jacobian_hosts(net, hosts, 1, 1, values, error, state)
   end procedure jacobian_dp

   module procedure jacobian_many_dp
      type(host_t) :: values
      call check_batch(size(jac, 3), size(x(1)%v, 2), error)
      if (allocated(error)) return
      values%d(1:size(jac, 1), 1:size(jac, 2)*size(jac, 3)) => jac
      call self%jacobian_hosts(net, hosts_dp(x), output, input, values, error, state)
   end procedure jacobian_many_dp

   function hosts_dp(views) result(hosts)
      type(view_dp_t), intent(in) :: views(:)
      type(host_t) :: hosts(size(views))
      integer :: k
      do k = 1, size(views)
         hosts(k) = host_t()           ! gfortran 12 leaves results of this kind as they are
         hosts(k)%d => views(k)%v
      end do
   end function hosts_dp

   subroutine check_batch(n, batch, error)
      integer, intent(in) :: n, batch
      type(error_t), allocatable, intent(out) :: error
      if (n /= batch) call raise(error, fkb_err_argument, &
         'the Jacobian needs a matrix for each sample')
   end subroutine check_batch

end submodule fkb_derivatives_faces_dp
