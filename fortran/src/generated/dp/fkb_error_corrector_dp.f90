! Generated from train/fkb_error_corrector.fypp: edit that file and run tools/generate.py
!> A second, small network that learns online what the first one does wrong, y = f(x) + g(x): the
!> first one stays as it is.
module fkb_error_corrector_dp
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp, wp => dp
   use fkb_loss_dp, only: loss_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_online_dp, only: online_options_t, online_trainer_t
   use fkb_optimizer_dp, only: optimizer_t
   implicit none (type, external)
   private
   public :: error_corrector_t

   !> A network and its corrector. Both must have the `target` attribute and outlive it.
   type :: error_corrector_t
      type(online_trainer_t) :: online               !! trains the second network: options, counters
      type(network_t), pointer, private :: first => null(), second => null()
      type(workspace_t), private :: first_work, second_work
   contains
      procedure :: init
      !> y = f(x) + g(x): `call corrector%predict(x, y, error)`, (features, samples).
      generic :: predict => predict_sp, predict_dp
      !> Learn from the truth: `call corrector%observe(x, y_true, error [, time])`.
      generic :: observe => observe_sp, observe_dp
      procedure :: clear
      procedure, private :: predict_sp, predict_dp, observe_sp, observe_dp
   end type error_corrector_t

contains

   !> Begin. Raises an error where the networks do not take and give the same numbers of values.
   subroutine init(self, first, second, loss, optimizer, options, error)
      class(error_corrector_t), intent(inout) :: self
      type(network_t), intent(in), target :: first            !! not changed
      type(network_t), intent(inout), target :: second        !! learns
      class(loss_t), intent(in) :: loss
      class(optimizer_t), intent(in) :: optimizer
      type(online_options_t), intent(in) :: options
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = first%loaded() .and. second%loaded()
      if (fits) fits = size(first%inputs) == 1 .and. size(first%outputs) == 1
      if (fits) fits = first%input_features(1) == second%input_features(1) .and. &
         first%output_features(1) == second%output_features(1)
      if (.not. fits) then
         call raise(error, fkb_err_argument, 'the network and its corrector must both be'// &
                    ' loaded, with one input and one output of the same sizes')
         return
      end if
      call self%online%init(second, loss, optimizer, options, error)
      call add_context(error, 'the corrector')
      if (allocated(error)) return
      self%first => first
      self%second => second
   end subroutine init

   subroutine predict_sp(self, x, y, error)
      class(error_corrector_t), intent(inout) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)      !! (features in, samples)
      real(sp), intent(inout), contiguous, target :: y(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      real(sp), allocatable, target :: correction(:, :)
      if (.not. associated(self%first)) then
         call raise(error, fkb_err_argument, 'the corrector has no networks: call "init" first')
         return
      end if
      call self%first%predict(x, y, self%first_work, error)
      if (allocated(error)) return
      allocate (correction, mold=y)
      call self%second%predict(x, correction, self%second_work, error)
      if (.not. allocated(error)) y = y + correction
   end subroutine predict_sp

   subroutine observe_sp(self, x, y_true, error, time)
      class(error_corrector_t), intent(inout), target :: self
      real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: time                           !! the host's
      real(sp), allocatable, target :: residual(:, :)
      if (.not. associated(self%first)) then
         call raise(error, fkb_err_argument, 'the corrector has no networks: call "init" first')
         return
      end if
      allocate (residual, mold=y_true)
      call self%first%predict(x, residual, self%first_work, error)
      if (allocated(error)) return
      residual = y_true - residual
      call self%online%observe(x, residual, error, time=time)
   end subroutine observe_sp

   subroutine predict_dp(self, x, y, error)
      class(error_corrector_t), intent(inout) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)      !! (features in, samples)
      real(dp), intent(inout), contiguous, target :: y(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable, target :: correction(:, :)
      if (.not. associated(self%first)) then
         call raise(error, fkb_err_argument, 'the corrector has no networks: call "init" first')
         return
      end if
      call self%first%predict(x, y, self%first_work, error)
      if (allocated(error)) return
      allocate (correction, mold=y)
      call self%second%predict(x, correction, self%second_work, error)
      if (.not. allocated(error)) y = y + correction
   end subroutine predict_dp

   subroutine observe_dp(self, x, y_true, error, time)
      class(error_corrector_t), intent(inout), target :: self
      real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
      real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: time                           !! the host's
      real(dp), allocatable, target :: residual(:, :)
      if (.not. associated(self%first)) then
         call raise(error, fkb_err_argument, 'the corrector has no networks: call "init" first')
         return
      end if
      allocate (residual, mold=y_true)
      call self%first%predict(x, residual, self%first_work, error)
      if (allocated(error)) return
      residual = y_true - residual
      call self%online%observe(x, residual, error, time=time)
   end subroutine observe_dp

   !> Release everything; the networks stay.
   subroutine clear(self)
      class(error_corrector_t), intent(inout) :: self
      call self%online%clear()
      call self%first_work%clear()
      call self%second_work%clear()
      nullify (self%first, self%second)
   end subroutine clear

end module fkb_error_corrector_dp
