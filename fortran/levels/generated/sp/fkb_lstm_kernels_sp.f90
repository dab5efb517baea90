! Generated from kernels/fkb_lstm_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_lstm_kernels_sp`, each compiled for several processors.
module fkb_lstm_kernels_sp
   use fkb_activations, only: n_parameters
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: lstm_slots
   public :: lstm_step
   public :: lstm_step_alone
   public :: lstm_step_backward
   public :: lstm_step_tangent

   interface
      module pure integer function lstm_slots(activation, parameters, recurrent_activation, &
                                       recurrent_parameters) result(slots)
         integer, intent(in) :: activation, recurrent_activation
         real(dp), intent(in) :: parameters(n_parameters)
         real(dp), intent(in) :: recurrent_parameters(n_parameters)
      end function lstm_slots

      module pure subroutine lstm_step(units, columns, slots, activation, parameters, recurrent_activation, &
                                recurrent_parameters, z, c_before, kept, c, h)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation, recurrent_activation
         real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
         real(wp), intent(in) :: z(4*units, columns)
         real(wp), intent(in) :: c_before(units, columns)
         real(wp), intent(out) :: kept(units, columns, slots)
         real(wp), intent(out) :: c(units, columns), h(units, columns)
      end subroutine lstm_step

      module pure subroutine lstm_step_alone(units, columns, activation, parameters, recurrent_activation, &
                                      recurrent_parameters, z, c_before, c, h)
         integer, intent(in) :: units, columns
         integer, intent(in) :: activation, recurrent_activation
         real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
         real(wp), intent(inout) :: z(units, 4, columns)
         real(wp), intent(in) :: c_before(units, columns)
         real(wp), intent(out) :: c(units, columns), h(units, columns)
      end subroutine lstm_step_alone

      module pure subroutine lstm_step_backward(units, columns, slots, activation, parameters, &
                                         recurrent_activation, recurrent_parameters, kept, c_before, &
                                         c, dh, dc, work, dz)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation, recurrent_activation
         real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: c_before(units, columns), c(units, columns)
         real(wp), intent(in) :: dh(units, columns)
         real(wp), intent(inout) :: dc(units, columns)
         real(wp), intent(out) :: work(units, columns, 4)
         real(wp), intent(out) :: dz(4*units, columns)
      end subroutine lstm_step_backward

      module pure subroutine lstm_step_tangent(units, columns, slots, activation, parameters, &
                                        recurrent_activation, recurrent_parameters, kept, c_before, &
                                        c, dz, work, dh, dc)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation, recurrent_activation
         real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: c_before(units, columns), c(units, columns)
         real(wp), intent(in) :: dz(4*units, columns)
         real(wp), intent(out) :: work(units, columns, 4)
         real(wp), intent(out) :: dh(units, columns)
         real(wp), intent(inout) :: dc(units, columns)
      end subroutine lstm_step_tangent
   end interface

end module fkb_lstm_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_lstm_kernels_sp) fkb_lstm_kernels_levels_sp
   use fkb_lstm_kernels_sp_v1, only: lstm_slots_v1 => lstm_slots, lstm_step_v1 => lstm_step, &
      lstm_step_alone_v1 => lstm_step_alone, lstm_step_backward_v1 => lstm_step_backward, &
      lstm_step_tangent_v1 => lstm_step_tangent
   use fkb_lstm_kernels_sp_v3, only: lstm_slots_v3 => lstm_slots, lstm_step_v3 => lstm_step, &
      lstm_step_alone_v3 => lstm_step_alone, lstm_step_backward_v3 => lstm_step_backward, &
      lstm_step_tangent_v3 => lstm_step_tangent
   use fkb_lstm_kernels_sp_v4, only: lstm_slots_v4 => lstm_slots, lstm_step_v4 => lstm_step, &
      lstm_step_alone_v4 => lstm_step_alone, lstm_step_backward_v4 => lstm_step_backward, &
      lstm_step_tangent_v4 => lstm_step_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure lstm_slots
      select case (code_level)
      case (4)
         slots = lstm_slots_v4(activation, parameters, recurrent_activation, recurrent_parameters)
      case (3)
         slots = lstm_slots_v3(activation, parameters, recurrent_activation, recurrent_parameters)
      case default
         slots = lstm_slots_v1(activation, parameters, recurrent_activation, recurrent_parameters)
      end select
   end procedure lstm_slots

   module procedure lstm_step
      select case (code_level)
      case (4)
         call lstm_step_v4(units, columns, slots, activation, parameters, recurrent_activation, &
                           recurrent_parameters, z, c_before, kept, c, h)
      case (3)
         call lstm_step_v3(units, columns, slots, activation, parameters, recurrent_activation, &
                           recurrent_parameters, z, c_before, kept, c, h)
      case default
         call lstm_step_v1(units, columns, slots, activation, parameters, recurrent_activation, &
                           recurrent_parameters, z, c_before, kept, c, h)
      end select
   end procedure lstm_step

   module procedure lstm_step_alone
      select case (code_level)
      case (4)
         call lstm_step_alone_v4(units, columns, activation, parameters, recurrent_activation, &
                                 recurrent_parameters, z, c_before, c, h)
      case (3)
         call lstm_step_alone_v3(units, columns, activation, parameters, recurrent_activation, &
                                 recurrent_parameters, z, c_before, c, h)
      case default
         call lstm_step_alone_v1(units, columns, activation, parameters, recurrent_activation, &
                                 recurrent_parameters, z, c_before, c, h)
      end select
   end procedure lstm_step_alone

   module procedure lstm_step_backward
      select case (code_level)
      case (4)
         call lstm_step_backward_v4(units, columns, slots, activation, parameters, &
                                    recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                    dh, dc, work, dz)
      case (3)
         call lstm_step_backward_v3(units, columns, slots, activation, parameters, &
                                    recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                    dh, dc, work, dz)
      case default
         call lstm_step_backward_v1(units, columns, slots, activation, parameters, &
                                    recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                    dh, dc, work, dz)
      end select
   end procedure lstm_step_backward

   module procedure lstm_step_tangent
      select case (code_level)
      case (4)
         call lstm_step_tangent_v4(units, columns, slots, activation, parameters, &
                                   recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                   dz, work, dh, dc)
      case (3)
         call lstm_step_tangent_v3(units, columns, slots, activation, parameters, &
                                   recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                   dz, work, dh, dc)
      case default
         call lstm_step_tangent_v1(units, columns, slots, activation, parameters, &
                                   recurrent_activation, recurrent_parameters, kept, c_before, c, &
                                   dz, work, dh, dc)
      end select
   end procedure lstm_step_tangent

end submodule fkb_lstm_kernels_levels_sp
