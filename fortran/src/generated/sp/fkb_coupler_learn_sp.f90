! Generated from couple/fkb_coupler_learn.fypp: edit that file and run tools/generate.py
!> A network learns in the host: its inputs and their truth as fields, packed as for `run`.
submodule(fkb_coupler_sp) fkb_coupler_learn_sp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_host_sp, only: host_t
   use fkb_text, only: quote
   implicit none (type, external)

   !> Samples of one input or output, in the host's numbers.
   type :: samples_t
      real(dp), allocatable :: v(:, :)           !! (features, samples)
   end type samples_t

contains

   module procedure learn_online
      type(samples_t), allocatable, target :: x(:), y(:)
      type(host_t) :: inputs(size(self%in_ends)), targets(size(self%out_ends))
      call check_trainer(self, trainer%trainer, exchange, error)
      if (.not. allocated(error)) call make_samples(self, exchange, x, y, error, previous)
      if (allocated(error)) return
      call show(x, inputs)
      call show(y, targets)
      call trainer%observe_hosts(inputs, targets, error, time)
   end procedure learn_online

   module procedure learn_step
      type(samples_t), allocatable, target :: x(:), y(:)
      type(host_t) :: inputs(size(self%in_ends)), targets(size(self%out_ends))
      loss = 0
      call check_trainer(self, trainer, exchange, error)
      if (.not. allocated(error)) call make_samples(self, exchange, x, y, error, previous)
      if (allocated(error)) return
      if (size(x(1)%v, 2) == 0) then
         call raise(error, fkb_err_argument, 'there is no column to learn from')
         return
      end if
      call show(x, inputs)
      call show(y, targets)
      call trainer%step_hosts(inputs, targets, loss, error)
   end procedure learn_step

   !> The training must be that of the network that is connected, and every output have its truth.
   subroutine check_trainer(self, trainer, exchange, error)
      class(coupler_t), intent(in) :: self
      type(trainer_t), intent(in) :: trainer
      type(exchange_t), intent(in) :: exchange
      type(error_t), allocatable, intent(out) :: error
      integer :: f, s
      if (.not. associated(trainer%net)) then
         call raise(error, fkb_err_argument, 'the training has no network: call init first')
      else if (trainer%net%graph%key /= self%key) then
         call raise(error, fkb_err_argument, 'the training is of another network than the one '// &
            'that is connected')
      else if (.not. allocated(exchange%taught)) then
         call raise(error, fkb_err_argument, 'no truth was given: call teach first')
      end if
      if (allocated(error)) return
      do f = 1, size(self%outputs)
         do s = size(self%slots), 1, -1
            if (self%slots(s)%is_output .and. self%slots(s)%needed .and. &
               self%slots(s)%name == self%outputs(f)%about%name) exit
         end do
         if (s > 0) then
            if (exchange%taught(s)) cycle
         end if
         call raise(error, fkb_err_argument, 'no truth was given for '// &
            quote(self%outputs(f)%about%name))
         return
      end do
   end subroutine check_trainer

   !> Inputs and truth of the columns that can be learned from.
   subroutine make_samples(self, exchange, x, y, error, previous)
      class(coupler_t), intent(in) :: self
      type(exchange_t), intent(inout) :: exchange
      type(samples_t), allocatable, intent(out) :: x(:), y(:)
      type(error_t), allocatable, intent(out) :: error
      type(previous_t), intent(in), optional :: previous
      integer :: chosen(exchange%active)
      integer :: j, n
      call check_ready(self, self%key, exchange, error, previous)
      if (.not. (allocated(error) .or. exchange%answered)) call open_run(self, exchange, &
         .false., error, previous)
      if (allocated(error)) return
      n = 0
      do j = 1, exchange%active
         if (.not. exchange%good(j)) cycle
         if (.not. all(abs(exchange%truth(:, j)) <= huge(1.0_dp))) cycle
         n = n + 1
         chosen(n) = j
      end do
      exchange%tally%learned = exchange%tally%learned + n
      exchange%tally%not_learned = exchange%tally%not_learned + exchange%active - n
      call choose(self%in_ends, exchange%x, chosen(:n), x)
      call choose(self%out_ends, exchange%truth, chosen(:n), y)
   end subroutine make_samples

   subroutine choose(ends, values, columns, samples)
      type(end_t), intent(in) :: ends(:)
      real(dp), intent(in) :: values(:, :)           !! (rows, active)
      integer, intent(in) :: columns(:)
      type(samples_t), allocatable, intent(out) :: samples(:)
      integer :: j, k, n
      allocate (samples(size(ends)))
      do k = 1, size(ends)
         n = ends(k)%places*ends(k)%host_elements
         allocate (samples(k)%v(n, size(columns)))
         do j = 1, size(columns)
            samples(k)%v(:, j) = values(ends(k)%first:ends(k)%first + n - 1, columns(j))
         end do
      end do
   end subroutine choose

   subroutine show(samples, hosts)
      type(samples_t), intent(in), target :: samples(:)
      type(host_t), intent(inout) :: hosts(:)
      integer :: k
      do k = 1, size(samples)
         hosts(k)%d => samples(k)%v
      end do
   end subroutine show

end submodule fkb_coupler_learn_sp
