!> Keras's schedules without a cosine: `ExponentialDecay`, `InverseTimeDecay`, `PolynomialDecay`,
!> `PiecewiseConstantDecay`. Source: Keras 3.15, keras/src/optimizers/schedules. They are computed
!> in real32 as there, whatever the kind of the network; s is the number of steps made.
module fkb_decays
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, i8, sp
   use fkb_schedule, only: schedule_t
   implicit none (type, external)
   private
   public :: exponential_decay_t, inverse_time_decay_t, polynomial_decay_t, &
      piecewise_constant_decay_t, schedule_object, json_flag

   !> r = r_0 d^p, p = s/decay_steps, a whole number with `staircase`.
   type, extends(schedule_t) :: exponential_decay_t
      real(dp) :: initial_learning_rate = 1e-3_dp
      real(dp) :: decay_steps = 1
      real(dp) :: decay_rate = 1
      logical :: staircase = .false.
   contains
      procedure :: rate => exponential_rate
      procedure :: keras_config => exponential_config
   end type exponential_decay_t

   !> r = r_0/(1 + d p), p = s/decay_steps, a whole number with `staircase`.
   type, extends(schedule_t) :: inverse_time_decay_t
      real(dp) :: initial_learning_rate = 1e-3_dp
      real(dp) :: decay_steps = 1
      real(dp) :: decay_rate = 0
      logical :: staircase = .false.
   contains
      procedure :: rate => inverse_rate
      procedure :: keras_config => inverse_config
   end type inverse_time_decay_t

   !> r = (r_0 - r_1)(1 - p)^power + r_1, p = min(s/decay_steps, 1); with `cycle` the decay begins
   !> again, each time stretched: p = s/(decay_steps k), k = ceiling(s/decay_steps).
   type, extends(schedule_t) :: polynomial_decay_t
      real(dp) :: initial_learning_rate = 1e-3_dp
      real(dp) :: decay_steps = 1
      real(dp) :: end_learning_rate = 1e-4_dp
      real(dp) :: power = 1
      logical :: cycle = .false.
   contains
      procedure :: rate => polynomial_rate
      procedure :: keras_config => polynomial_config
   end type polynomial_decay_t

   !> r = values(k) for the first k with s <= boundaries(k), else the last value.
   type, extends(schedule_t) :: piecewise_constant_decay_t
      integer(i8), allocatable :: boundaries(:)         !! ascending
      real(dp), allocatable :: values(:)                !! one more
   contains
      procedure :: rate => piecewise_rate
      procedure :: keras_config => piecewise_config
   end type piecewise_constant_decay_t

contains

   pure function exponential_rate(self, iteration, time) result(rate)
      class(exponential_decay_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      real(sp) :: p
      p = real(iteration, sp)/real(self%decay_steps, sp)
      if (self%staircase) p = aint(p)
      rate = real(real(self%initial_learning_rate, sp)*real(self%decay_rate, sp)**p, dp)
   end function exponential_rate

   pure function inverse_rate(self, iteration, time) result(rate)
      class(inverse_time_decay_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      real(sp) :: p
      p = real(iteration, sp)/real(self%decay_steps, sp)
      if (self%staircase) p = aint(p)
      rate = real(real(self%initial_learning_rate, sp)/(1 + real(self%decay_rate, sp)*p), dp)
   end function inverse_rate

   pure function polynomial_rate(self, iteration, time) result(rate)
      class(polynomial_decay_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      real(sp) :: decay_steps, last, p, step, turns
      step = real(iteration, sp)
      decay_steps = real(self%decay_steps, sp)
      last = real(self%end_learning_rate, sp)
      if (self%cycle) then
         turns = step/decay_steps
         if (turns > aint(turns)) turns = aint(turns) + 1
         if (iteration == 0) turns = 1
         decay_steps = decay_steps*turns
      else
         step = min(step, decay_steps)
      end if
      p = step/decay_steps
      rate = real((real(self%initial_learning_rate, sp) - last)*(1 - p)**real(self%power, sp) &
                  + last, dp)
   end function polynomial_rate

   pure function piecewise_rate(self, iteration, time) result(rate)
      class(piecewise_constant_decay_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      integer :: k
      k = 1 + count(self%boundaries < iteration)
      rate = real(real(self%values(k), sp), dp)
   end function piecewise_rate

   pure function exponential_config(self) result(json)
      class(exponential_decay_t), intent(in) :: self
      character(:), allocatable :: json
      json = schedule_object('ExponentialDecay', '"initial_learning_rate":'// &
         json_real_text(self%initial_learning_rate)//',"decay_steps":'// &
         json_real_text(self%decay_steps)//',"decay_rate":'//json_real_text(self%decay_rate)// &
         ',"staircase":'//json_flag(self%staircase)//',"name":"ExponentialDecay"')
   end function exponential_config

   pure function inverse_config(self) result(json)
      class(inverse_time_decay_t), intent(in) :: self
      character(:), allocatable :: json
      json = schedule_object('InverseTimeDecay', '"initial_learning_rate":'// &
         json_real_text(self%initial_learning_rate)//',"decay_steps":'// &
         json_real_text(self%decay_steps)//',"decay_rate":'//json_real_text(self%decay_rate)// &
         ',"staircase":'//json_flag(self%staircase)//',"name":"InverseTimeDecay"')
   end function inverse_config

   pure function polynomial_config(self) result(json)
      class(polynomial_decay_t), intent(in) :: self
      character(:), allocatable :: json
      json = schedule_object('PolynomialDecay', '"initial_learning_rate":'// &
         json_real_text(self%initial_learning_rate)//',"decay_steps":'// &
         json_real_text(self%decay_steps)//',"end_learning_rate":'// &
         json_real_text(self%end_learning_rate)//',"power":'//json_real_text(self%power)// &
         ',"cycle":'//json_flag(self%cycle)//',"name":"PolynomialDecay"')
   end function polynomial_config

   pure function piecewise_config(self) result(json)
      class(piecewise_constant_decay_t), intent(in) :: self
      character(:), allocatable :: json
      character(24) :: number
      integer :: k
      json = '"boundaries":['
      do k = 1, size(self%boundaries)
         write (number, '(i0)') self%boundaries(k)
         if (k > 1) json = json//','
         json = json//trim(number)
      end do
      json = json//'],"values":['
      do k = 1, size(self%values)
         if (k > 1) json = json//','
         json = json//json_real_text(self%values(k))
      end do
      json = schedule_object('PiecewiseConstantDecay', json//'],"name":"PiecewiseConstant"')
   end function piecewise_config

   !> A schedule as Keras 3 serialises it.
   pure function schedule_object(class_name, config) result(json)
      character(*), intent(in) :: class_name
      character(*), intent(in) :: config               !! JSON members
      character(:), allocatable :: json
      json = '{"module":"keras.optimizers.schedules","class_name":"'//class_name// &
         '","config":{'//config//'},"registered_name":null}'
   end function schedule_object

   pure function json_flag(flag) result(json)
      logical, intent(in) :: flag
      character(:), allocatable :: json
      json = trim(merge('true ', 'false', flag))
   end function json_flag

end module fkb_decays
