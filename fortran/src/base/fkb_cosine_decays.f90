!> Keras's schedules with a cosine: `CosineDecay` and `CosineDecayRestarts`. Source: Keras 3.15,
!> keras/src/optimizers/schedules. They are computed in real32 as there, whatever the kind of the
!> network; s is the number of steps made.
module fkb_cosine_decays
   use fkb_decays, only: schedule_object
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, i8, sp
   use fkb_schedule, only: schedule_t
   implicit none (type, external)
   private
   public :: cosine_decay_t, cosine_decay_restarts_t

   real(sp), parameter :: pi = acos(-1.0_sp)

   !> r = r_0 ((1 - alpha)(1 + cos(pi p))/2 + alpha), p = min(s/decay_steps, 1). With a warm-up the
   !> rate first goes in a straight line from r_0 to `warmup_target`, and decays from there
   !> (Loshchilov and Hutter 2017, SGDR).
   type, extends(schedule_t) :: cosine_decay_t
      real(dp) :: initial_learning_rate = 1e-3_dp
      real(dp) :: decay_steps = 1
      real(dp) :: alpha = 0                   !! share of the rate that stays
      real(dp) :: warmup_target = -1          !! negative: no warm-up
      real(dp) :: warmup_steps = 0
   contains
      procedure :: rate => cosine_rate
      procedure :: keras_config => cosine_config
   end type cosine_decay_t

   !> Decays that begin again: the k-th takes first_decay_steps t_mul^k steps and begins with
   !> r_0 m_mul^k (Loshchilov and Hutter 2017, SGDR).
   type, extends(schedule_t) :: cosine_decay_restarts_t
      real(dp) :: initial_learning_rate = 1e-3_dp
      real(dp) :: first_decay_steps = 1
      real(dp) :: t_mul = 2
      real(dp) :: m_mul = 1
      real(dp) :: alpha = 0                   !! share of the rate that stays
   contains
      procedure :: rate => restarts_rate
      procedure :: keras_config => restarts_config
   end type cosine_decay_restarts_t

contains

   pure function cosine_rate(self, iteration, time) result(rate)
      class(cosine_decay_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      real(sp) :: decay_steps, first, step, target, warmup_steps
      step = real(iteration, sp)
      decay_steps = real(self%decay_steps, sp)
      first = real(self%initial_learning_rate, sp)
      if (self%warmup_target < 0) then
         step = min(step, decay_steps)
         rate = real(first*decayed(step/decay_steps, self%alpha), dp)
         return
      end if
      target = real(self%warmup_target, sp)
      warmup_steps = real(self%warmup_steps, sp)
      step = min(step, decay_steps + warmup_steps)
      if (step < warmup_steps) then
         rate = real((target - first)*(step/warmup_steps) + first, dp)
      else
         rate = real(target*decayed((step - warmup_steps)/decay_steps, self%alpha), dp)
      end if
   end function cosine_rate

   pure real(sp) function decayed(p, alpha)
      real(sp), intent(in) :: p
      real(dp), intent(in) :: alpha
      decayed = real(1 - alpha, sp)*(0.5_sp*(1 + cos(pi*p))) + real(alpha, sp)
   end function decayed

   pure function restarts_rate(self, iteration, time) result(rate)
      class(cosine_decay_restarts_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      real(sp) :: alpha, p, restart, stretch, t_mul
      alpha = real(self%alpha, sp)
      t_mul = real(self%t_mul, sp)
      p = real(iteration, sp)/real(self%first_decay_steps, sp)
      if (abs(t_mul - 1) > 0) then
         restart = log(1 - p*(1 - t_mul))/log(t_mul)
         restart = floored(restart)
         stretch = t_mul**restart
         p = (p - (1 - stretch)/(1 - t_mul))/stretch
      else
         restart = floored(p)
         p = p - restart
      end if
      stretch = 0.5_sp*real(self%m_mul, sp)**restart*(1 + cos(pi*p))
      rate = real(real(self%initial_learning_rate, sp)*((1 - alpha)*stretch + alpha), dp)
   end function restarts_rate

   !> The largest whole number that is not above x, of any size; NaN stays.
   pure real(sp) function floored(x)
      real(sp), intent(in) :: x
      floored = x
      if (abs(x) < 2.0_sp**24) floored = aint(x)
      if (floored > x) floored = floored - 1
   end function floored

   pure function cosine_config(self) result(json)
      class(cosine_decay_t), intent(in) :: self
      character(:), allocatable :: json
      json = 'null'
      if (self%warmup_target >= 0) json = json_real_text(self%warmup_target)
      json = schedule_object('CosineDecay', '"initial_learning_rate":'// &
         json_real_text(self%initial_learning_rate)//',"decay_steps":'// &
         json_real_text(self%decay_steps)//',"alpha":'//json_real_text(self%alpha)// &
         ',"name":"CosineDecay","warmup_target":'//json//',"warmup_steps":'// &
         json_real_text(self%warmup_steps))
   end function cosine_config

   pure function restarts_config(self) result(json)
      class(cosine_decay_restarts_t), intent(in) :: self
      character(:), allocatable :: json
      json = schedule_object('CosineDecayRestarts', '"initial_learning_rate":'// &
         json_real_text(self%initial_learning_rate)//',"first_decay_steps":'// &
         json_real_text(self%first_decay_steps)//',"t_mul":'//json_real_text(self%t_mul)// &
         ',"m_mul":'//json_real_text(self%m_mul)//',"alpha":'//json_real_text(self%alpha)// &
         ',"name":"SGDRDecay"')
   end function restarts_config

end module fkb_cosine_decays
