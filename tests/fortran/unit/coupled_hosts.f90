!> Two hosts of the column model, and an exchange of each from beginning to end.
module coupled_hosts
   use coupled_models, only: column_model
   use fkb_dp, only: column_rule_t, coupler_t, dp, error_t, exchange_t, network_t
   implicit none (type, external)
   private
   public :: ask_all, connect_full_host, connect_host, exchange_all, handles_t, plain

   !> A host's numbers for its fields.
   type :: handles_t
      integer :: q = 0, t = 0, ps = 0, mass = 0, flux = 0, dq = 0, rain = 0
   end type handles_t

contains

   !> The host of `column_model`, connected.
   subroutine connect_host(net, coupler, at, error, path)
      type(network_t), intent(inout) :: net
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in) :: path
      call net%load(path, error)
      if (allocated(error)) return
      call coupler%offer('q', 3, 'kg/kg', at%q)
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('unused', 7, 'm', at%ps)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq)
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
   end subroutine connect_host

   !> One exchange from beginning to end.
   subroutine exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error, mask)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      real(dp), intent(inout) :: dq(:, :), rain(:)
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: mask(:)
      call coupler%begin(exchange, size(ps), error, mask=mask)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
   end subroutine exchange_all

   !> Connect a host with masses and a flux; levels of masses counted the other way round.
   subroutine connect_full_host(net, coupler, at, error, path)
      type(network_t), intent(inout) :: net
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in) :: path
      call net%load(path, error)
      if (allocated(error)) return
      call coupler%offer('q', 3, 'kg/kg', at%q, order='top_down')
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%offer('mass', 3, 'kg/m2', at%mass, order='bottom_up')
      call coupler%offer('flux', 1, 'kg/m2/s', at%flux)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq, order='top_down')
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
   end subroutine connect_full_host

   !> Give all fields and run.
   subroutine ask_all(net, coupler, at, exchange, q, t, ps, error, dt, rule, mass, flux)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: dt
      class(column_rule_t), intent(in), optional :: rule
      real(dp), intent(in), optional :: mass(:, :), flux(:)
      real(dp) :: own_mass(3, size(ps)), own_flux(size(ps))
      own_mass = spread([300.0_dp, 200.0_dp, 100.0_dp], 2, size(ps))
      if (present(mass)) own_mass = mass
      own_flux = 1.0e-4_dp
      if (present(flux)) own_flux = flux
      call coupler%begin(exchange, size(ps), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%mass, own_mass, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%flux, own_flux, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error, dt=dt, rule=rule)
   end subroutine ask_all

   !> What the network says without limits.
   subroutine plain(q, t, ps, dq, rain, error)
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      real(dp), intent(out) :: dq(:, :), rain(:)
      type(error_t), allocatable, intent(out) :: error
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      call column_model('rules_plain.fkb')
      call connect_full_host(net, coupler, at, error, 'rules_plain.fkb')
      dq = 0
      rain = 0
      if (.not. allocated(error)) call ask_all(net, coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
   end subroutine plain

end module coupled_hosts
