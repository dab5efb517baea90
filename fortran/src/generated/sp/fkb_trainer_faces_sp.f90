! Generated from train/fkb_trainer_faces.fypp: edit that file and run tools/generate.py
!> The host's arrays of either kind on their way into a trainer.
submodule(fkb_trainer_sp) fkb_trainer_faces_sp
   use fkb_array_source_sp, only: array_source_t
   use fkb_error, only: fkb_err_argument, raise
   implicit none (type, external)

contains

   module procedure step_sp
      type(host_t) :: inputs(1), targets(1), weights(1)
      real(dp) :: value
      inputs(1)%s => x
      targets(1)%s => y_true
      if (present(sample_weight)) then
         weights(1)%s(1:1, 1:size(sample_weight)) => sample_weight
         call self%step_hosts(inputs, targets, value, error, weights)
      else
         call self%step_hosts(inputs, targets, value, error)
      end if
      loss = real(value, sp)
   end procedure step_sp

   module procedure step_one_sp
      type(host_t) :: inputs(1), targets(1)
      real(dp) :: value
      inputs(1)%s(1:size(x), 1:1) => x
      targets(1)%s(1:size(y_true), 1:1) => y_true
      call self%step_hosts(inputs, targets, value, error)
      loss = real(value, sp)
   end procedure step_one_sp

   module procedure step_many_sp
      type(host_t), allocatable :: weights(:)
      real(dp) :: value
      if (present(sample_weight)) allocate (weights, source=hosts_sp(sample_weight))
      call self%step_hosts(hosts_sp(x), hosts_sp(y_true), value, error, weights)
      loss = real(value, sp)
   end procedure step_many_sp

   module procedure gradient_sp
      type(host_t) :: inputs(1), targets(1), weights(1)
      real(dp) :: value
      inputs(1)%s => x
      targets(1)%s => y_true
      if (present(sample_weight)) then
         weights(1)%s(1:1, 1:size(sample_weight)) => sample_weight
         call self%gradient_hosts(inputs, targets, value, error, weights)
      else
         call self%gradient_hosts(inputs, targets, value, error)
      end if
      loss = real(value, sp)
      call hand_over(self, grad, error)
   end procedure gradient_sp

   module procedure gradient_many_sp
      type(host_t), allocatable :: weights(:)
      real(dp) :: value
      if (present(sample_weight)) allocate (weights, source=hosts_sp(sample_weight))
      call self%gradient_hosts(hosts_sp(x), hosts_sp(y_true), value, error, weights)
      loss = real(value, sp)
      call hand_over(self, grad, error)
   end procedure gradient_many_sp

   module procedure fit_sp
      type(host_t) :: inputs(1), targets(1)
      type(host_t), allocatable :: weights(:)
      inputs(1)%s => x
      targets(1)%s => y_true
      if (present(sample_weight)) then
         allocate (weights(1))
         weights(1)%s(1:1, 1:size(sample_weight)) => sample_weight
      end if
      call self%fit(inputs, targets, epochs, batch_size, error, weights, shuffle, seed, history, &
                    validation, callbacks, options, record)
   end procedure fit_sp

   module procedure evaluate_sp
      type(array_source_t), target :: source
      type(logs_t) :: results
      integer :: samples
      loss = 0
      samples = 32
      if (present(batch_size)) samples = batch_size
      call source%init(x, y_true, samples, error, sample_weight)
      if (.not. allocated(error)) call self%evaluate(source, results, error)
      if (allocated(error)) return
      loss = real(results%get('loss'), sp)
      if (present(logs)) logs = results
   end procedure evaluate_sp

   !> The memory of views.
   function hosts_sp(views) result(hosts)
      type(view_sp_t), intent(in) :: views(:)
      type(host_t) :: hosts(size(views))
      integer :: k
      do k = 1, size(views)
         hosts(k) = host_t()           ! gfortran 12 leaves results of this kind as they are
         hosts(k)%s => views(k)%v
      end do
   end function hosts_sp

   module procedure step_dp
      type(host_t) :: inputs(1), targets(1), weights(1)
      real(dp) :: value
      inputs(1)%d => x
      targets(1)%d => y_true
      if (present(sample_weight)) then
         weights(1)%d(1:1, 1:size(sample_weight)) => sample_weight
         call self%step_hosts(inputs, targets, value, error, weights)
      else
         call self%step_hosts(inputs, targets, value, error)
      end if
      loss = real(value, dp)
   end procedure step_dp

   module procedure step_one_dp
      type(host_t) :: inputs(1), targets(1)
      real(dp) :: value
      inputs(1)%d(1:size(x), 1:1) => x
      targets(1)%d(1:size(y_true), 1:1) => y_true
      call self%step_hosts(inputs, targets, value, error)
      loss = real(value, dp)
   end procedure step_one_dp

   module procedure step_many_dp
      type(host_t), allocatable :: weights(:)
      real(dp) :: value
      if (present(sample_weight)) allocate (weights, source=hosts_dp(sample_weight))
      call self%step_hosts(hosts_dp(x), hosts_dp(y_true), value, error, weights)
      loss = real(value, dp)
   end procedure step_many_dp

   module procedure gradient_dp
      type(host_t) :: inputs(1), targets(1), weights(1)
      real(dp) :: value
      inputs(1)%d => x
      targets(1)%d => y_true
      if (present(sample_weight)) then
         weights(1)%d(1:1, 1:size(sample_weight)) => sample_weight
         call self%gradient_hosts(inputs, targets, value, error, weights)
      else
         call self%gradient_hosts(inputs, targets, value, error)
      end if
      loss = real(value, dp)
      call hand_over(self, grad, error)
   end procedure gradient_dp

   module procedure gradient_many_dp
      type(host_t), allocatable :: weights(:)
      real(dp) :: value
      if (present(sample_weight)) allocate (weights, source=hosts_dp(sample_weight))
      call self%gradient_hosts(hosts_dp(x), hosts_dp(y_true), value, error, weights)
      loss = real(value, dp)
      call hand_over(self, grad, error)
   end procedure gradient_many_dp

   module procedure fit_dp
      type(host_t) :: inputs(1), targets(1)
      type(host_t), allocatable :: weights(:)
      inputs(1)%d => x
      targets(1)%d => y_true
      if (present(sample_weight)) then
         allocate (weights(1))
         weights(1)%d(1:1, 1:size(sample_weight)) => sample_weight
      end if
      call self%fit(inputs, targets, epochs, batch_size, error, weights, shuffle, seed, history, &
                    validation, callbacks, options, record)
   end procedure fit_dp

   module procedure evaluate_dp
      type(array_source_t), target :: source
      type(logs_t) :: results
      integer :: samples
      loss = 0
      samples = 32
      if (present(batch_size)) samples = batch_size
      call source%init(x, y_true, samples, error, sample_weight)
      if (.not. allocated(error)) call self%evaluate(source, results, error)
      if (allocated(error)) return
      loss = real(results%get('loss'), dp)
      if (present(logs)) logs = results
   end procedure evaluate_dp

   !> The memory of views.
   function hosts_dp(views) result(hosts)
      type(view_dp_t), intent(in) :: views(:)
      type(host_t) :: hosts(size(views))
      integer :: k
      do k = 1, size(views)
         hosts(k) = host_t()           ! gfortran 12 leaves results of this kind as they are
         hosts(k)%d => views(k)%v
      end do
   end function hosts_dp

   !> Give the caller the gradient, zeros where there is none.
   subroutine hand_over(self, grad, error)
      type(trainer_t), intent(in) :: self
      real(wp), intent(out) :: grad(:)
      type(error_t), allocatable, intent(inout) :: error
      grad = 0
      if (allocated(error)) return
      if (size(grad) == size(self%grad)) then
         grad = self%grad
      else
         call raise(error, fkb_err_argument, 'the array for the gradient has the wrong length')
      end if
   end subroutine hand_over

end submodule fkb_trainer_faces_sp
