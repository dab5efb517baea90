!> The contract of a learning-rate schedule, Keras's or a user's.
module fkb_schedule
   use fkb_kinds, only: dp, i8
   implicit none (type, external)
   private
   public :: schedule_t

   !> A schedule. Extend it and implement `rate`; it holds options only, so that a training that is
   !> restarted goes on with the same rates.
   type, abstract :: schedule_t
   contains
      procedure(rate_i), deferred :: rate
      procedure :: keras_config => no_config
   end type schedule_t

   abstract interface

      !> The learning rate of the next step. Keras's schedules compute it in real32.
      pure function rate_i(self, iteration, time) result(rate)
         import :: dp, i8, schedule_t
         implicit none (type, external)
         class(schedule_t), intent(in) :: self
         integer(i8), intent(in) :: iteration         !! steps made so far, 0 before the first
         real(dp), intent(in) :: time                 !! the host's: `trainer%state%time`
         real(dp) :: rate
      end function rate_i

   end interface

contains

   !> Keras's serialised configuration, empty for a schedule that a file cannot name.
   pure function no_config(self) result(json)
      class(schedule_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
   end function no_config

end module fkb_schedule
