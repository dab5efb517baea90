! Generated from c_api/fkb_bridge_search.fypp: edit that file and run tools/generate.py
!> What the C interface does with L-BFGS of this kind.
module fkb_bridge_search_sp
   use fkb_batch_source_sp, only: samples_t
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_full_batch_sp, only: full_batch_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_lbfgs_sp, only: lbfgs_state_t, lbfgs_t
   use fkb_trainer_sp, only: trainer_t
   implicit none (type, external)
   private
   public :: bridge_minimize

contains

   !> Search a minimum of the loss over the samples, from the weights of the network on.
   subroutine bridge_minimize(trainer, samples, options, state, error)
      type(trainer_t), intent(inout), target :: trainer
      type(samples_t), intent(in) :: samples
      character(*), intent(in) :: options               !! JSON, the components of `lbfgs_t`
      type(lbfgs_state_t), intent(inout) :: state       !! of an earlier search, where it goes on
      type(error_t), allocatable, intent(out) :: error
      type(full_batch_t) :: objective
      type(lbfgs_t) :: search
      real(wp), allocatable :: params(:)
      logical :: goes_on
      call read_options(options, search, goes_on, error)
      if (allocated(error)) return
      if (.not. goes_on) state = lbfgs_state_t()
      call objective%init(trainer, samples%inputs, samples%targets, error, samples%weights)
      if (.not. allocated(error)) call trainer%net%can_train(error)
      if (allocated(error)) return
      params = trainer%net%params
      call search%minimize(objective, params, state, error)
      trainer%net%params = params
      call trainer%net%document%drop_samples()
   end subroutine bridge_minimize

   subroutine read_options(options, search, goes_on, error)
      character(*), intent(in) :: options
      type(lbfgs_t), intent(out) :: search
      logical, intent(out) :: goes_on
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: unread
      goes_on = .false.
      call config_from_json(options, config, error)
      if (.not. allocated(error)) call config%get('history', search%history, error, default=10)
      if (.not. allocated(error)) call config%get('max_iterations', search%max_iterations, error, &
                                                  default=100)
      if (.not. allocated(error)) call config%get('max_evaluations', search%max_evaluations, &
                                                  error, default=25)
      if (.not. allocated(error)) call config%get('gradient_tolerance', &
         search%gradient_tolerance, error, default=1e-5_dp)
      if (.not. allocated(error)) call config%get('c1', search%c1, error, default=1e-4_dp)
      if (.not. allocated(error)) call config%get('c2', search%c2, error, default=0.9_dp)
      if (.not. allocated(error)) call config%get('resume', goes_on, error, default=.false.)
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'L-BFGS has no option '//unread)
   end subroutine read_options

end module fkb_bridge_search_sp
