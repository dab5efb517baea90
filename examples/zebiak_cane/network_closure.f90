!> A network in the place of the formula for the subsurface temperature: **where FKB is used**.
!!
!! The coupled model asks a closure_t; this one asks a network, for all points at once, and can
!! learn while the model runs: whatever tells what would have been right is its teacher. What the
!! network takes, in which units and within which limits, stands in the model file (closure.toml).
module network_closure
   use background, only: thermocline_depth
   use fkb_dp, only: adam_t, coupler_t, error_t, exchange_t, mean_squared_error_t, network_t, &
      online_options_t, online_trainer_t, wp
   use grid, only: nx_box, ny_box
   use subsurface, only: closure_t, tanh_closure_t
   implicit none (type, external)
   private
   public :: network_closure_t

   integer, parameter :: points = nx_box*ny_box
   !> Days between two lessons.
   integer, parameter :: lesson_days = 10

   !> The closure.
   type, extends(closure_t) :: network_closure_t
      type(network_t), pointer :: net => null()
      !> Tells what would have been right.
      type(tanh_closure_t) :: teacher
      !> Whether the network learns of it.
      logical :: learning = .false.
      type(online_trainer_t) :: online
      !> Between the model's fields and the network's, and what it counted.
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      !> Sum of the squares of the error in K**2, and of how many values.
      real(wp) :: squares = 0.0_wp
      integer :: values = 0
      !> What the network raised first.
      type(error_t), allocatable :: error
      integer, private :: day = 0, at_h = 0, at_depth = 0, at_temperature = 0
   contains
      procedure :: begin, find, take_rmse
      procedure, private :: ask
   end type network_closure_t

contains

   !> Begin with a network, as it is.
   subroutine begin(self, net, teacher, learning)
      class(network_closure_t), intent(inout) :: self
      type(network_t), intent(inout), target :: net !! The network, which must stay.
      type(tanh_closure_t), intent(in) :: teacher !! What would be right.
      logical, intent(in) :: learning !! Whether the network learns.
      self%net => net
      self%teacher = teacher
      self%learning = learning
      self%day = 0
      call self%coupler%offer("thermocline_anomaly", 1, "m", self%at_h)
      call self%coupler%offer("thermocline_mean_depth", 1, "m", self%at_depth)
      call self%coupler%accept("subsurface_temperature_anomaly", 1, "K", self%at_temperature)
      call self%coupler%connect(net, self%error)
      if (allocated(self%error) .or. .not. learning) return
      ! A lesson: 128 of the newest samples and as many of the last year.
      call self%online%init(net, mean_squared_error_t(), adam_t(learning_rate=2e-3_wp), &
         online_options_t(capacity=36*points, batch_size=256, newest=128, explosion=10.0_wp, &
         steps_per_update=4, seed=1), self%error)
   end subroutine begin

   !> The temperature on the whole box.
   subroutine find(self, h, temperature)
      class(network_closure_t), intent(inout) :: self
      real(wp), intent(in) :: h(nx_box, ny_box) !! Thermocline anomaly in m.
      real(wp), intent(out) :: temperature(nx_box, ny_box) !! Anomaly in K.
      real(wp) :: depth(nx_box, ny_box), right(nx_box, ny_box), x(2, points)
      temperature = 0.0_wp
      if (allocated(self%error)) return
      depth = spread(thermocline_depth, 2, ny_box)
      call self%ask(h, depth, temperature)
      if (allocated(self%error)) return

      call self%teacher%find(h, right)
      self%squares = self%squares + sum((temperature - right)**2)
      self%values = self%values + points
      if (self%learning .and. modulo(self%day, lesson_days) == 0) then
         x(1, :) = reshape(h, [points])
         x(2, :) = reshape(depth, [points])
         call self%online%observe(x, reshape(right, [1, points]), self%error)
      end if
      self%day = self%day + 1
   end subroutine find

   !> Ask the network: one column for each point.
   subroutine ask(self, h, depth, temperature)
      class(network_closure_t), intent(inout) :: self
      real(wp), intent(in) :: h(points), depth(points) !! Thermocline: anomaly and mean depth in m.
      real(wp), intent(inout) :: temperature(points) !! Anomaly in K.
      call self%coupler%begin(self%exchange, points, self%error)
      if (.not. allocated(self%error)) then
         call self%coupler%give(self%exchange, self%at_h, h, self%error)
      end if
      if (.not. allocated(self%error)) then
         call self%coupler%give(self%exchange, self%at_depth, depth, self%error)
      end if
      if (.not. allocated(self%error)) then
         call self%coupler%run(self%net, self%exchange, self%error)
      end if
      if (.not. allocated(self%error)) then
         call self%coupler%take(self%exchange, self%at_temperature, temperature, self%error)
      end if
   end subroutine ask

   !> Error in K since the last call.
   real(wp) function take_rmse(self)
      class(network_closure_t), intent(inout) :: self
      take_rmse = sqrt(self%squares/max(1, self%values))
      self%squares = 0.0_wp
      self%values = 0
   end function take_rmse

end module network_closure
