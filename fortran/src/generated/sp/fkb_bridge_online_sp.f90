! Generated from c_api/fkb_bridge_online.fypp: edit that file and run tools/generate.py
!> What the C interface does with an online training of this kind.
module fkb_bridge_online_sp
   use fkb_bridge_sp, only: attach
   use fkb_c_array, only: c_array_t
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp
   use fkb_network_sp, only: network_t
   use fkb_online_sp, only: online_options_t, online_trainer_t
   implicit none (type, external)
   private
   public :: bridge_begin, bridge_observe

contains

   !> Begin with options as JSON, the components of `online_options_t`.
   subroutine bridge_begin(online, net, loss, optimizer, options, error)
      type(online_trainer_t), intent(inout) :: online
      type(network_t), intent(inout), target :: net
      character(:), allocatable, intent(in) :: loss, optimizer   !! not allocated: of the file
      character(*), intent(in) :: options
      type(error_t), allocatable, intent(out) :: error
      type(online_options_t) :: chosen
      call read_options(options, chosen, error)
      if (allocated(error)) return
      call online%init_from_file(net, chosen, error, loss=loss, optimizer=optimizer)
   end subroutine bridge_begin

   subroutine read_options(options, chosen, error)
      character(*), intent(in) :: options
      type(online_options_t), intent(out) :: chosen
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: unread
      call config_from_json(options, config, error)
      if (.not. allocated(error)) call config%get('capacity', chosen%capacity, error, default=1024)
      if (.not. allocated(error)) call config%get('reservoir', chosen%reservoir, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call config%get('batch_size', chosen%batch_size, error, &
                                                  default=32)
      if (.not. allocated(error)) call config%get('newest', chosen%newest, error, default=0)
      if (.not. allocated(error)) call config%get('update_every', chosen%update_every, error, &
                                                  default=1)
      if (.not. allocated(error)) call config%get('steps_per_update', chosen%steps_per_update, &
                                                  error, default=1)
      if (.not. allocated(error)) call config%get('first_update', chosen%first_update, error, &
                                                  default=1)
      if (.not. allocated(error)) call config%get('seed', chosen%seed, error, default=0)
      if (.not. allocated(error)) call config%get('anchor', chosen%anchor, error, default=0.0_dp)
      if (.not. allocated(error)) call config%get('largest_change', chosen%largest_change, error, &
                                                  default=0.0_dp)
      if (.not. allocated(error)) call config%get('explosion', chosen%explosion, error, &
                                                  default=0.0_dp)
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'an online training has no'// &
                                      ' option '//unread)
   end subroutine read_options

   !> Take the samples of one step of the host.
   subroutine bridge_observe(online, inputs, targets, weights, time, error)
      type(online_trainer_t), intent(inout), target :: online
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: targets(:)         !! one per output
      type(c_array_t), intent(in) :: weights(:)         !! one, or none
      real(dp), intent(in), optional :: time
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: x(size(inputs)), y(size(targets)), w(size(weights))
      call attach(inputs, x, error)
      if (.not. allocated(error)) call attach(targets, y, error)
      if (.not. allocated(error)) call attach(weights, w, error)
      if (allocated(error)) return
      if (size(w) > 0) then
         call online%observe_hosts(x, y, error, time, w(1))
      else
         call online%observe_hosts(x, y, error, time)
      end if
   end subroutine bridge_observe

end module fkb_bridge_online_sp
