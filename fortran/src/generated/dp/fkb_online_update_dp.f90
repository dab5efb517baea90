! Generated from train/fkb_online_update.fypp: edit that file and run tools/generate.py
!> Taking samples, and learning from them without harm.
submodule(fkb_online_dp) fkb_online_update_dp
   use fkb_error, only: fkb_err_argument, fkb_err_numeric, fkb_err_unsupported, raise
   use fkb_host_dp, only: host_t
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure init
      call check(net, options, error)
      if (.not. allocated(error)) then
         call self%trainer%init(net, loss, optimizer, error, seed=options%seed)
      end if
      if (.not. allocated(error)) call begin(self, options)
   end procedure init

   module procedure init_from_file
      call check(net, options, error)
      if (.not. allocated(error)) then
         call self%trainer%init_from_file(net, error, loss=loss, optimizer=optimizer, &
                                          seed=options%seed)
      end if
      if (.not. allocated(error)) call begin(self, options)
   end procedure init_from_file

   !> Raises an error for a network and options that are not for an online training.
   subroutine check(net, options, error)
      type(network_t), intent(in) :: net
      type(online_options_t), intent(in) :: options
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
      else if (net%keeps_state()) then
         call raise(error, fkb_err_unsupported, 'a stateful network cannot be trained online:'// &
                    ' its samples belong together')
      else if (any([(net%input_features(k) < 1, k=1, size(net%inputs))])) then
         call raise(error, fkb_err_unsupported, 'a network with open dimensions cannot be'// &
                    ' trained online: its samples have no fixed size')
      else if (options%newest < 0 .or. options%newest > options%batch_size) then
         call raise(error, fkb_err_argument, 'of '//decimal(options%batch_size)//' samples of'// &
                    ' an update, '//decimal(options%newest)//' are to be the newest')
      else if (min(options%capacity, options%batch_size, options%update_every, &
                   options%steps_per_update, options%first_update) < 1) then
         call raise(error, fkb_err_argument, 'capacity, batch_size, update_every,'// &
                    ' steps_per_update and first_update are at least 1')
      else if (.not. min(options%anchor, options%largest_change, options%explosion) >= 0) then
         call raise(error, fkb_err_argument, 'anchor, largest_change and explosion are at least 0')
      end if
   end subroutine check

   subroutine begin(self, options)
      class(online_trainer_t), intent(inout) :: self
      type(online_options_t), intent(in) :: options
      integer :: k
      self%options = options
      self%rows_in = [(self%trainer%net%input_features(k), k=1, size(self%trainer%net%inputs))]
      if (allocated(self%rows_out)) deallocate (self%rows_out)
      self%observations = 0
      self%updates = 0
      self%refused = 0
      self%rollbacks = 0
      self%limited = 0
      self%loss = 0
      self%mean_loss = 0
      self%origin = self%trainer%net%params
      self%good = self%origin
      self%good_state = self%trainer%state
      if (allocated(self%buffer%x)) call release(self%buffer)
   end subroutine begin

   !> The buffer is made with the first samples, when the sizes of targets are known.
   subroutine release(buffer)
      type(replay_buffer_t), intent(out) :: buffer
   end subroutine release

   module procedure observe_sp
      type(host_t) :: inputs(1), targets(1), weights
      inputs(1)%s => x
      targets(1)%s => y_true
      if (present(sample_weight)) then
         weights%s(1:1, 1:size(sample_weight)) => sample_weight
         call self%observe_hosts(inputs, targets, error, time, weights)
      else
         call self%observe_hosts(inputs, targets, error, time)
      end if
   end procedure observe_sp

   module procedure observe_many_sp
      type(host_t) :: inputs(size(x)), targets(size(y_true)), weights
      integer :: k
      do k = 1, size(x)
         inputs(k)%s => x(k)%v
      end do
      do k = 1, size(y_true)
         targets(k)%s => y_true(k)%v
      end do
      if (present(sample_weight)) then
         weights%s(1:1, 1:size(sample_weight)) => sample_weight
         call self%observe_hosts(inputs, targets, error, time, weights)
      else
         call self%observe_hosts(inputs, targets, error, time)
      end if
   end procedure observe_many_sp

   module procedure observe_dp
      type(host_t) :: inputs(1), targets(1), weights
      inputs(1)%d => x
      targets(1)%d => y_true
      if (present(sample_weight)) then
         weights%d(1:1, 1:size(sample_weight)) => sample_weight
         call self%observe_hosts(inputs, targets, error, time, weights)
      else
         call self%observe_hosts(inputs, targets, error, time)
      end if
   end procedure observe_dp

   module procedure observe_many_dp
      type(host_t) :: inputs(size(x)), targets(size(y_true)), weights
      integer :: k
      do k = 1, size(x)
         inputs(k)%d => x(k)%v
      end do
      do k = 1, size(y_true)
         targets(k)%d => y_true(k)%v
      end do
      if (present(sample_weight)) then
         weights%d(1:1, 1:size(sample_weight)) => sample_weight
         call self%observe_hosts(inputs, targets, error, time, weights)
      else
         call self%observe_hosts(inputs, targets, error, time)
      end if
   end procedure observe_many_dp

   module procedure observe_hosts
      real(wp), allocatable :: sample(:), target(:), weight(:)
      integer :: j
      call prepare(self, x, y_true, error)
      if (.not. allocated(error) .and. present(weights)) then
         if (weights%features() /= 1 .or. weights%batch() /= x(1)%batch()) then
            call raise(error, fkb_err_argument, 'there are '//decimal(x(1)%batch())// &
                       ' samples and '//decimal(weights%batch())//' sample weights')
         end if
      end if
      if (allocated(error)) return
      allocate (sample(sum(self%rows_in)), target(sum(self%rows_out)), weight(1))
      weight = 1
      do j = 1, x(1)%batch()
         call gather(x, j, sample)
         call gather(y_true, j, target)
         if (present(weights)) call gather([weights], j, weight)
         call self%buffer%add(sample, target, weight(1))
      end do
      if (present(time)) self%trainer%state%time = time
      self%observations = self%observations + 1
      if (modulo(self%observations, int(self%options%update_every, i8)) /= 0) return
      if (self%buffer%seen >= self%options%first_update) call self%update(error)
   end procedure observe_hosts

   !> Column `j` of all arrays, one after another.
   subroutine gather(hosts, j, values)
      type(host_t), intent(in) :: hosts(:)
      integer, intent(in) :: j
      real(wp), intent(out) :: values(:)
      integer :: at, k, n
      at = 0
      do k = 1, size(hosts)
         n = hosts(k)%features()
         if (associated(hosts(k)%s)) then
            values(at + 1:at + n) = real(hosts(k)%s(:, j), wp)
         else
            values(at + 1:at + n) = real(hosts(k)%d(:, j), wp)
         end if
         at = at + n
      end do
   end subroutine gather

   !> Make room for samples of this size, or check that there is.
   subroutine prepare(self, x, y_true, error)
      class(online_trainer_t), intent(inout) :: self
      type(host_t), intent(in) :: x(:), y_true(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      if (.not. allocated(self%origin)) then
         call raise(error, fkb_err_argument, 'the online training has no network: call'// &
                    ' "init" first')
      else if (size(x) /= size(self%rows_in) .or. &
               size(y_true) /= size(self%trainer%net%outputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(self%rows_in))// &
                    ' inputs and '//decimal(size(self%trainer%net%outputs))//' outputs, '// &
                    decimal(size(x))//' and '//decimal(size(y_true))//' arrays were given')
      end if
      if (allocated(error)) return
      do k = 1, size(x)
         call check_rows(x(k), x(1)%batch(), self%rows_in(k), 'a sample', error)
         if (allocated(error)) return
      end do
      do k = 1, size(y_true)
         if (allocated(self%rows_out)) then
            call check_rows(y_true(k), x(1)%batch(), self%rows_out(k), 'a target', error)
         else
            call check_rows(y_true(k), x(1)%batch(), y_true(k)%features(), 'a target', error)
         end if
         if (allocated(error)) return
      end do
      if (allocated(self%buffer%x)) return
      self%rows_out = [(y_true(k)%features(), k=1, size(y_true))]
      call self%buffer%init(sum(self%rows_in), sum(self%rows_out), self%options%capacity, &
                            self%options%newest, self%options%reservoir, int(self%options%seed, i8))
   end subroutine prepare

   !> An array must have so many samples of so many values.
   subroutine check_rows(host, samples, rows, what, error)
      type(host_t), intent(in) :: host
      integer, intent(in) :: samples, rows
      character(*), intent(in) :: what
      type(error_t), allocatable, intent(out) :: error
      if (host%batch() /= samples) then
         call raise(error, fkb_err_argument, 'there are '//decimal(samples)//' samples and '// &
                    decimal(host%batch())//' in another array')
      else if (host%features() /= rows) then
         call raise(error, fkb_err_argument, what//' has '//decimal(host%features())// &
                    ' values, '//decimal(rows)//' are expected')
      end if
   end subroutine check_rows

   module procedure update
      real(wp), allocatable, target :: w(:)
      real(wp), allocatable :: x(:, :), y(:, :)
      type(host_t) :: weights(1)
      type(host_t), allocatable :: inputs(:), targets(:)
      integer :: k, n
      if (.not. allocated(self%buffer%x)) then
         call raise(error, fkb_err_argument, 'there are no samples to learn from')
         return
      end if
      allocate (x(size(self%buffer%x, 1), self%options%batch_size))
      allocate (y(size(self%buffer%y, 1), self%options%batch_size), w(self%options%batch_size))
      do k = 1, self%options%steps_per_update
         call self%buffer%draw(x, y, w, n)
         if (n == 0) return
         call part(x, n, self%rows_in, inputs)
         call part(y, n, self%rows_out, targets)
         weights(1)%d(1:1, 1:n) => w
         call learn(self, inputs, targets, weights, error)
         call give_back(inputs)
         call give_back(targets)
         if (allocated(error)) return
      end do
   end procedure update

   !> The first `n` columns as one array for each input or output.
   subroutine part(values, n, rows, hosts)
      real(wp), intent(in) :: values(:, :)
      integer, intent(in) :: n
      integer, intent(in) :: rows(:)
      type(host_t), allocatable, intent(out) :: hosts(:)
      integer :: at, k
      allocate (hosts(size(rows)))
      at = 0
      do k = 1, size(rows)
         allocate (hosts(k)%d(rows(k), n), source=values(at + 1:at + rows(k), :n))
         at = at + rows(k)
      end do
   end subroutine part

   subroutine give_back(hosts)
      type(host_t), intent(inout) :: hosts(:)
      integer :: k
      do k = 1, size(hosts)
         deallocate (hosts(k)%d)
      end do
   end subroutine give_back

   !> One step from one batch, if it is a good one. What is not finite is counted, not an error.
   subroutine learn(self, inputs, targets, weights, error)
      class(online_trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: inputs(:), targets(:), weights(1)
      type(error_t), allocatable, intent(out) :: error
      call self%trainer%gradient_hosts(inputs, targets, self%loss, error, weights)
      if (allocated(error)) then
         call count_refusal(self, error)
         return
      end if
      if (self%options%explosion > 0 .and. self%updates > 0) then
         if (self%loss > self%options%explosion*self%mean_loss) then
            call go_back(self)
            self%rollbacks = self%rollbacks + 1
            self%mean_loss = 1.1_dp*self%mean_loss      ! what lasts is accepted in the end
            return
         end if
      end if
      self%good = self%trainer%net%params
      self%good_state = self%trainer%state
      if (self%options%anchor > 0) call pull(self)
      call self%trainer%accept(error)
      if (allocated(error)) then
         call count_refusal(self, error)
         return
      end if
      call limit_change(self)
      if (.not. all(abs(self%trainer%net%params) <= huge(1.0_wp))) then
         call go_back(self)
         self%refused = self%refused + 1
         return
      end if
      self%updates = self%updates + 1
      self%mean_loss = merge(self%loss, 0.9_dp*self%mean_loss + 0.1_dp*self%loss, self%updates == 1)
   end subroutine learn

   subroutine count_refusal(self, error)
      class(online_trainer_t), intent(inout) :: self
      type(error_t), allocatable, intent(inout) :: error
      if (error%code /= fkb_err_numeric) return
      deallocate (error)
      self%refused = self%refused + 1
   end subroutine count_refusal

   !> The last good weights and what belongs to them; the host's time goes on.
   subroutine go_back(self)
      class(online_trainer_t), intent(inout) :: self
      real(dp) :: time
      time = self%trainer%state%time
      self%trainer%net%params = self%good
      self%trainer%state = self%good_state
      self%trainer%state%time = time
   end subroutine go_back

   !> Add the penalty towards the first weights, a sum((w - w0)**2), of those that are trained.
   subroutine pull(self)
      class(online_trainer_t), intent(inout), target :: self
      real(wp) :: factor
      integer(i8) :: first, last
      integer :: i
      factor = real(2*self%options%anchor, wp)
      associate (net => self%trainer%net, grad => self%trainer%grad)
         do i = 1, size(net%graph%segments)
            if (.not. net%graph%segments(i)%trainable) cycle
            first = net%graph%segments(i)%first
            last = net%graph%segments(i)%last
            grad(first:last) = grad(first:last) + factor*(net%params(first:last) - &
                                                          self%origin(first:last))
         end do
      end associate
   end subroutine pull

   !> Shorten a step that is too large: |dw| <= largest_change |w|.
   subroutine limit_change(self)
      class(online_trainer_t), intent(inout) :: self
      real(dp) :: allowed, change
      integer(i8) :: i
      if (.not. self%options%largest_change > 0) return
      allowed = 0
      change = 0
      do i = 1, size(self%good, kind=i8)
         allowed = allowed + real(self%good(i), dp)**2
         change = change + (real(self%trainer%net%params(i), dp) - real(self%good(i), dp))**2
      end do
      allowed = self%options%largest_change*sqrt(allowed)
      change = sqrt(change)
      if (.not. (change > allowed .and. change <= huge(change))) return
      self%limited = self%limited + 1
      self%trainer%net%params = self%good + real(allowed/change, wp)* &
         (self%trainer%net%params - self%good)
   end subroutine limit_change

   module procedure clear
      call self%trainer%clear()
      if (allocated(self%origin)) deallocate (self%origin, self%good, self%rows_in)
      if (allocated(self%rows_out)) deallocate (self%rows_out)
      call release(self%buffer)
      self%good_state = optimizer_state_t()
   end procedure clear

end submodule fkb_online_update_dp
