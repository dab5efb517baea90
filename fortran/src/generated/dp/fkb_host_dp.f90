! Generated from network/fkb_host.fypp: edit that file and run tools/generate.py
!> The host's arrays: real32 or real64, whatever the kind of the network.
module fkb_host_dp
   use, intrinsic :: iso_c_binding, only: c_intptr_t, c_loc
   use fkb_kinds, only: dp, sp, wp => dp
   use fkb_port, only: port_t
   implicit none (type, external)
   private
   public :: host_t, take, give, take_target, take_slopes, give_slopes

   !> Values that are transformed at a time.
   integer, parameter :: chunk = 256

   !> One array of the host; exactly one of the pointers is associated.
   type :: host_t
      real(sp), pointer, contiguous :: s(:, :) => null()   !! (features, batch)
      real(dp), pointer, contiguous :: d(:, :) => null()   !! (features, batch)
   contains
      procedure :: features
      procedure :: batch
      procedure :: same => same_kind
      procedure :: overlaps
   end type host_t

contains

   !> Values of one sample.
   pure integer function features(self)
      class(host_t), intent(in) :: self
      features = 0
      if (associated(self%s)) features = size(self%s, 1)
      if (associated(self%d)) features = size(self%d, 1)
   end function features

   !> Number of samples.
   pure integer function batch(self)
      class(host_t), intent(in) :: self
      batch = 0
      if (associated(self%s)) batch = size(self%s, 2)
      if (associated(self%d)) batch = size(self%d, 2)
   end function batch

   !> The array itself where it is of the network's kind, else null.
   function same_kind(self) result(x)
      class(host_t), intent(in) :: self
      real(wp), pointer, contiguous :: x(:, :)
      x => self%d
   end function same_kind

   !> Whether two arrays have memory in common.
   logical function overlaps(self, other)
      class(host_t), intent(in) :: self
      type(host_t), intent(in) :: other
      integer(c_intptr_t) :: here(2), there(2)
      here = addresses(self)
      there = addresses(other)
      overlaps = here(1) < there(2) .and. there(1) < here(2)
   end function overlaps

   !> Where an array begins, and where the next one could begin; zeros for no values.
   function addresses(host) result(ends)
      type(host_t), intent(in) :: host
      integer(c_intptr_t) :: ends(2)
      ends = 0
      if (associated(host%s)) then
         if (size(host%s) == 0) return
         ends = transfer(c_loc(host%s), ends(1))
         ends(2) = ends(1) + size(host%s, kind=c_intptr_t)*(storage_size(1.0_sp)/8)
      else if (associated(host%d)) then
         if (size(host%d) == 0) return
         ends = transfer(c_loc(host%d), ends(1))
         ends(2) = ends(1) + size(host%d, kind=c_intptr_t)*(storage_size(1.0_dp)/8)
      end if
   end function addresses

   !> Columns `first` and following of the host, through the input's steps, into the network.
   subroutine take(host, port, elements, first, x)
      type(host_t), intent(in) :: host
      type(port_t), intent(in) :: port
      integer, intent(in) :: elements                       !! of the network's last axis
      integer, intent(in) :: first
      real(wp), intent(out), contiguous :: x(:, :)          !! (features, columns)
      real(dp) :: part(chunk)
      integer :: i, j, p, at, n, stride
      if (.not. port%changes()) then
         if (associated(host%s)) x = real(host%s(:, first:first + size(x, 2) - 1), wp)
         if (associated(host%d)) x = real(host%d(:, first:first + size(x, 2) - 1), wp)
         return
      end if
      stride = elements
      if (allocated(port%chosen)) stride = port%host_elements
      do j = 1, size(x, 2)
         do p = 0, size(x, 1)/elements - 1
            do at = 0, elements - 1, chunk
               n = min(chunk, elements - at)
               do i = 1, n
                  part(i) = element(host, p*stride + position(port, at + i), first + j - 1)
               end do
               call port%apply(at + 1, n, part)
               x(p*elements + at + 1:p*elements + at + n, j) = real(part(:n), wp)
            end do
         end do
      end do
   end subroutine take

   !> Results of the network, through the output's steps, into columns `first` and following.
   subroutine give(x, port, elements, first, host)
      real(wp), intent(in), contiguous :: x(:, :)           !! (features, columns)
      type(port_t), intent(in) :: port
      integer, intent(in) :: elements                       !! of the network's last axis
      integer, intent(in) :: first
      type(host_t), intent(in) :: host
      real(dp) :: part(chunk)
      integer :: at, j, n, p
      if (.not. port%changes()) then
         if (associated(host%s)) host%s(:, first:first + size(x, 2) - 1) = real(x, sp)
         if (associated(host%d)) host%d(:, first:first + size(x, 2) - 1) = real(x, dp)
         return
      end if
      do j = 1, size(x, 2)
         do p = 0, size(x, 1) - 1, elements
            do at = 0, elements - 1, chunk
               n = min(chunk, elements - at)
               part(:n) = real(x(p + at + 1:p + at + n, j), dp)
               call port%apply(at + 1, n, part)
               if (associated(host%s)) then
                  host%s(p + at + 1:p + at + n, first + j - 1) = real(part(:n), sp)
               else
                  host%d(p + at + 1:p + at + n, first + j - 1) = part(:n)
               end if
            end do
         end do
      end do
   end subroutine give

   !> Targets of the host, back through the output's steps, into the space of the network.
   subroutine take_target(host, port, elements, first, y)
      type(host_t), intent(in) :: host
      type(port_t), intent(in) :: port
      integer, intent(in) :: elements                       !! of the last axis of the target
      integer, intent(in) :: first
      real(wp), intent(out), contiguous :: y(:, :)          !! (features, columns)
      real(dp) :: part(chunk)
      integer :: at, i, j, n, p
      do j = 1, size(y, 2)
         do p = 0, size(y, 1) - 1, elements
            do at = 0, elements - 1, chunk
               n = min(chunk, elements - at)
               do i = 1, n
                  part(i) = element(host, p + at + i, first + j - 1)
               end do
               call port%invert(at + 1, n, part)
               y(p + at + 1:p + at + n, j) = real(part(:n), wp)
            end do
         end do
      end do
   end subroutine take_target

   !> Directions of an input, or gradients of an output, from the host into the network: times the
   !> derivative of the port's steps. A host without an array has zeros.
   subroutine take_slopes(host, port, elements, first, x)
      type(host_t), intent(in) :: host
      type(port_t), intent(in) :: port
      integer, intent(in) :: elements                       !! of the network's last axis
      integer, intent(in) :: first
      real(wp), intent(out), contiguous :: x(:, :)          !! (features, columns)
      real(dp) :: part(chunk)
      integer :: at, i, j, n, p, stride
      if (.not. (associated(host%s) .or. associated(host%d))) then
         x = 0
         return
      end if
      stride = elements
      if (allocated(port%chosen)) stride = port%host_elements
      do j = 1, size(x, 2)
         do p = 0, size(x, 1)/max(elements, 1) - 1
            do at = 0, elements - 1, chunk
               n = min(chunk, elements - at)
               do i = 1, n
                  part(i) = element(host, p*stride + position(port, at + i), first + j - 1)
               end do
               call port%scale(at + 1, n, part)
               x(p*elements + at + 1:p*elements + at + n, j) = real(part(:n), wp)
            end do
         end do
      end do
   end subroutine take_slopes

   !> Gradients of an input, or directions of an output, from the network to the host. An element
   !> that the port takes twice gets the sum, one that it does not take gets 0.
   subroutine give_slopes(x, port, elements, first, host)
      real(wp), intent(in), contiguous :: x(:, :)           !! (features, columns)
      type(port_t), intent(in) :: port
      integer, intent(in) :: elements                       !! of the network's last axis
      integer, intent(in) :: first
      type(host_t), intent(in) :: host
      real(dp) :: part(chunk)
      integer :: at, i, j, n, p, row, stride
      stride = elements
      if (allocated(port%chosen)) stride = port%host_elements
      if (associated(host%s)) host%s(:, first:first + size(x, 2) - 1) = 0
      if (associated(host%d)) host%d(:, first:first + size(x, 2) - 1) = 0
      do j = 1, size(x, 2)
         do p = 0, size(x, 1)/max(elements, 1) - 1
            do at = 0, elements - 1, chunk
               n = min(chunk, elements - at)
               part(:n) = real(x(p*elements + at + 1:p*elements + at + n, j), dp)
               call port%scale(at + 1, n, part)
               do i = 1, n
                  row = p*stride + position(port, at + i)
                  if (associated(host%s)) host%s(row, first + j - 1) = &
                     host%s(row, first + j - 1) + real(part(i), sp)
                  if (associated(host%d)) host%d(row, first + j - 1) = &
                     host%d(row, first + j - 1) + part(i)
               end do
            end do
         end do
      end do
   end subroutine give_slopes

   !> Where the network's element `i` of the last axis stands in the host's.
   pure integer function position(port, i)
      type(port_t), intent(in) :: port
      integer, intent(in) :: i
      position = i
      if (allocated(port%chosen)) position = port%chosen(i)
   end function position

   pure real(dp) function element(host, i, j)
      type(host_t), intent(in) :: host
      integer, intent(in) :: i, j
      if (associated(host%s)) then
         element = real(host%s(i, j), dp)
      else
         element = host%d(i, j)
      end if
   end function element

end module fkb_host_dp
