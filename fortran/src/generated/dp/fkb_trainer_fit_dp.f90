! Generated from train/fkb_trainer_fit.fypp: edit that file and run tools/generate.py
!> Several passes over a set of samples.
submodule(fkb_trainer_dp) fkb_trainer_fit_dp
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Moduli of the random numbers.
   integer(i8), parameter :: modulus(2) = [2147483563_i8, 2147483399_i8]

   !> Memory for the samples of a batch in another order.
   type :: tray_t
      real(sp), allocatable :: s(:, :)
      real(dp), allocatable :: d(:, :)
   end type tray_t

contains

   module procedure fit_hosts
      type(tray_t), allocatable, target :: trays(:)
      type(host_t), allocatable :: whole(:), part(:)
      integer, allocatable :: order(:)
      integer :: columns, epoch, first, n, n_in, n_out
      logical :: shuffled
      real(dp) :: loss, total
      n_in = size(inputs)
      n_out = size(targets)
      n = 0
      if (present(weights)) n = size(weights)
      allocate (whole(n_in + n_out + n))
      whole(:n_in) = inputs
      whole(n_in + 1:n_in + n_out) = targets
      if (present(weights)) whole(n_in + n_out + 1:) = weights
      call check_samples(whole, batch_size, n, error)
      if (present(history)) history = 0
      if (allocated(error)) return
      if (present(seed)) self%seed = seed
      shuffled = .true.
      if (present(shuffle)) shuffled = shuffle
      allocate (trays(size(whole)), part(size(whole)), order(n))
      order = [(first, first=1, n)]
      do epoch = 1, epochs
         if (shuffled) call reorder(order, epoch, seed)
         total = 0
         do first = 1, n, batch_size
            columns = min(batch_size, n - first + 1)
            if (shuffled) then
               call gather(whole, order(first:first + columns - 1), trays, part)
            else
               call slice(whole, first, columns, part)
            end if
            if (present(weights)) then
               call self%step_hosts(part(:n_in), part(n_in + 1:n_in + n_out), loss, error, &
                                    part(n_in + n_out + 1:))
            else
               call self%step_hosts(part(:n_in), part(n_in + 1:), loss, error)
            end if
            if (allocated(error)) then
               call add_context(error, 'epoch '//decimal(epoch))
               return
            end if
            total = total + loss*columns
         end do
         if (present(history)) then
            if (epoch <= size(history)) history(epoch) = total/n
         end if
      end do
   end procedure fit_hosts

   !> All arrays must have the same number of samples; 0 of them where there is an error.
   subroutine check_samples(arrays, batch_size, n, error)
      type(host_t), intent(in) :: arrays(:)
      integer, intent(in) :: batch_size
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      n = 0
      do k = 1, size(arrays)
         if (arrays(k)%batch() == arrays(1)%batch()) cycle
         call raise(error, fkb_err_argument, 'the arrays have '//decimal(arrays(1)%batch())// &
                    ' and '//decimal(arrays(k)%batch())//' samples (their last dimension)')
         return
      end do
      if (batch_size < 1) then
         call raise(error, fkb_err_argument, 'a batch has '//decimal(batch_size)//' samples')
      else if (size(arrays) > 0) then
         n = arrays(1)%batch()
         if (n == 0) call raise(error, fkb_err_argument, 'the arrays have no samples')
      end if
   end subroutine check_samples

   !> Views of neighbouring samples.
   subroutine slice(whole, first, columns, part)
      type(host_t), intent(in) :: whole(:)
      integer, intent(in) :: first, columns
      type(host_t), intent(out) :: part(:)
      integer :: k
      do k = 1, size(whole)
         if (associated(whole(k)%s)) part(k)%s => whole(k)%s(:, first:first + columns - 1)
         if (associated(whole(k)%d)) part(k)%d => whole(k)%d(:, first:first + columns - 1)
      end do
   end subroutine slice

   !> Copies of chosen samples.
   subroutine gather(whole, chosen, trays, part)
      type(host_t), intent(in) :: whole(:)
      integer, intent(in) :: chosen(:)
      type(tray_t), intent(inout), target :: trays(:)
      type(host_t), intent(out) :: part(:)
      integer :: j, k, n
      n = size(chosen)
      do k = 1, size(whole)
         if (associated(whole(k)%s)) then
            if (.not. allocated(trays(k)%s)) allocate (trays(k)%s(size(whole(k)%s, 1), n))
            do j = 1, n
               trays(k)%s(:, j) = whole(k)%s(:, chosen(j))
            end do
            part(k)%s => trays(k)%s(:, :n)
         else if (associated(whole(k)%d)) then
            if (.not. allocated(trays(k)%d)) allocate (trays(k)%d(size(whole(k)%d, 1), n))
            do j = 1, n
               trays(k)%d(:, j) = whole(k)%d(:, chosen(j))
            end do
            part(k)%d => trays(k)%d(:, :n)
         end if
      end do
   end subroutine gather

   !> A random order of the samples, the same for the same seed and epoch everywhere.
   subroutine reorder(order, epoch, seed)
      integer, intent(inout) :: order(:)
      integer, intent(in) :: epoch
      integer, intent(in), optional :: seed
      integer(i8) :: state(2)
      integer :: i, j, swap
      state = [12345_i8, 67890_i8]
      if (present(seed)) state(1) = 1 + modulo(int(seed, i8)*7919 + 12345, modulus(1) - 1)
      state(2) = 1 + modulo(state(2) + 104729_i8*epoch, modulus(2) - 1)
      do i = 1, 16
         call advance(state)
      end do
      do i = size(order), 2, -1
         call advance(state)
         j = 1 + int(modulo(modulo(state(1) - state(2), modulus(1)), int(i, i8)))
         swap = order(i)
         order(i) = order(j)
         order(j) = swap
      end do
   end subroutine reorder

   !> Combined multiplicative generator. Source: P. L'Ecuyer (1988), Communications of the ACM 31.
   pure subroutine advance(state)
      integer(i8), intent(inout) :: state(2)
      state(1) = modulo(40014*state(1), modulus(1))
      state(2) = modulo(40692*state(2), modulus(2))
   end subroutine advance

end submodule fkb_trainer_fit_dp
