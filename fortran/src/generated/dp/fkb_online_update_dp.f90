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
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
      else if (size(net%inputs) /= 1 .or. size(net%outputs) /= 1) then
         call raise(error, fkb_err_unsupported, 'a network with several inputs or outputs'// &
                    ' cannot be trained online: use "trainer_t" and a source of batches')
      else if (net%keeps_state()) then
         call raise(error, fkb_err_unsupported, 'a stateful network cannot be trained online:'// &
                    ' its samples belong together')
      else if (net%input_features(1) < 1) then
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
      self%options = options
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
      real(wp) :: weight
      integer :: j
      call prepare(self, size(x, 1), size(y_true, 1), error)
      if (allocated(error)) return
      if (size(x, 2) /= size(y_true, 2)) then
         call raise(error, fkb_err_argument, 'there are '//decimal(size(x, 2))//' inputs and '// &
                    decimal(size(y_true, 2))//' targets')
         return
      end if
      if (present(sample_weight)) then
         if (size(sample_weight) /= size(x, 2)) then
            call raise(error, fkb_err_argument, 'there are '//decimal(size(x, 2))// &
                       ' samples and '//decimal(size(sample_weight))//' sample weights')
            return
         end if
      end if
      weight = 1
      do j = 1, size(x, 2)
         if (present(sample_weight)) weight = real(sample_weight(j), wp)
         call self%buffer%add(real(x(:, j), wp), real(y_true(:, j), wp), weight)
      end do
      if (present(time)) self%trainer%state%time = time
      self%observations = self%observations + 1
      if (modulo(self%observations, int(self%options%update_every, i8)) /= 0) return
      if (self%buffer%seen >= self%options%first_update) call self%update(error)
   end procedure observe_sp

   module procedure observe_dp
      real(wp) :: weight
      integer :: j
      call prepare(self, size(x, 1), size(y_true, 1), error)
      if (allocated(error)) return
      if (size(x, 2) /= size(y_true, 2)) then
         call raise(error, fkb_err_argument, 'there are '//decimal(size(x, 2))//' inputs and '// &
                    decimal(size(y_true, 2))//' targets')
         return
      end if
      if (present(sample_weight)) then
         if (size(sample_weight) /= size(x, 2)) then
            call raise(error, fkb_err_argument, 'there are '//decimal(size(x, 2))// &
                       ' samples and '//decimal(size(sample_weight))//' sample weights')
            return
         end if
      end if
      weight = 1
      do j = 1, size(x, 2)
         if (present(sample_weight)) weight = real(sample_weight(j), wp)
         call self%buffer%add(real(x(:, j), wp), real(y_true(:, j), wp), weight)
      end do
      if (present(time)) self%trainer%state%time = time
      self%observations = self%observations + 1
      if (modulo(self%observations, int(self%options%update_every, i8)) /= 0) return
      if (self%buffer%seen >= self%options%first_update) call self%update(error)
   end procedure observe_dp

   !> Make room for samples of this size, or check that there is.
   subroutine prepare(self, features_in, features_out, error)
      class(online_trainer_t), intent(inout) :: self
      integer, intent(in) :: features_in, features_out
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%origin)) then
         call raise(error, fkb_err_argument, 'the online training has no network: call'// &
                    ' "init" first')
      else if (features_in /= self%trainer%net%input_features(1)) then
         call raise(error, fkb_err_argument, 'a sample has '//decimal(features_in)// &
                    ' values, the network takes '//decimal(self%trainer%net%input_features(1)))
      else if (.not. allocated(self%buffer%x)) then
         call self%buffer%init(features_in, features_out, self%options%capacity, &
                               self%options%newest, self%options%reservoir, &
                               int(self%options%seed, i8))
      else if (features_out /= size(self%buffer%y, 1)) then
         call raise(error, fkb_err_argument, 'a target has '//decimal(features_out)// &
                    ' values, those before had '//decimal(size(self%buffer%y, 1)))
      end if
   end subroutine prepare

   module procedure update
      real(wp), allocatable, target :: w(:), x(:, :), y(:, :)
      type(host_t) :: inputs(1), targets(1), weights(1)
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
         inputs(1)%d => x(:, :n)
         targets(1)%d => y(:, :n)
         weights(1)%d(1:1, 1:n) => w
         call learn(self, inputs, targets, weights, error)
         if (allocated(error)) return
      end do
   end procedure update

   !> One step from one batch, if it is a good one. What is not finite is counted, not an error.
   subroutine learn(self, inputs, targets, weights, error)
      class(online_trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: inputs(1), targets(1), weights(1)
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
      if (allocated(self%origin)) deallocate (self%origin, self%good)
      call release(self%buffer)
      self%good_state = optimizer_state_t()
   end procedure clear

end submodule fkb_online_update_dp
