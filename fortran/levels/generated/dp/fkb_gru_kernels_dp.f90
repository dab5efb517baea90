! Generated from kernels/fkb_gru_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_gru_kernels_dp`, each compiled for several processors.
module fkb_gru_kernels_dp
   use fkb_activations, only: n_parameters
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: gru_slots
   public :: gru_gates
   public :: gru_state
   public :: gru_step_alone
   public :: gru_state_backward
   public :: gru_gates_backward
   public :: gru_gates_tangent
   public :: gru_third_tangent
   public :: gru_state_tangent

   interface
      module pure integer function gru_slots(activation, parameters, recurrent_activation, &
                                      recurrent_parameters) result(slots)
         integer, intent(in) :: activation, recurrent_activation
         real(dp), intent(in) :: parameters(n_parameters)
         real(dp), intent(in) :: recurrent_parameters(n_parameters)
      end function gru_slots

      module pure subroutine gru_gates(units, columns, slots, activation, parameters, x, u, kept)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: x(units, 3, columns)
         real(wp), intent(in) :: u(units, 3, columns)
         real(wp), intent(inout) :: kept(units, columns, slots)
      end subroutine gru_gates

      module pure subroutine gru_state(units, columns, slots, reset_after, activation, parameters, x, u, &
                                h_before, kept, h)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         logical, intent(in) :: reset_after
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: x(units, 3, columns)
         real(wp), intent(in) :: u(units, 3, columns)
         real(wp), intent(in) :: h_before(units, columns)
         real(wp), intent(inout) :: kept(units, columns, slots)
         real(wp), intent(out) :: h(units, columns)
      end subroutine gru_state

      module pure subroutine gru_step_alone(units, columns, activation, parameters, recurrent_activation, &
                                     recurrent_parameters, x, u, h_before, h)
         integer, intent(in) :: units, columns
         integer, intent(in) :: activation, recurrent_activation
         real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
         real(wp), intent(in) :: x(units, 3, columns)
         real(wp), intent(inout) :: u(units, 3, columns)
         real(wp), intent(in) :: h_before(units, columns)
         real(wp), intent(out) :: h(units, columns)
      end subroutine gru_step_alone

      module pure subroutine gru_state_backward(units, columns, slots, activation, parameters, kept, &
                                         h_before, dh, d)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: h_before(units, columns)
         real(wp), intent(inout) :: dh(units, columns)
         real(wp), intent(inout) :: d(units, columns, 3)
      end subroutine gru_state_backward

      module pure subroutine gru_gates_backward(units, columns, slots, reset_after, activation, parameters, &
                                         kept, d, dx, du)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         logical, intent(in) :: reset_after
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(inout) :: d(units, columns, 3)
         real(wp), intent(out) :: dx(3*units, columns)
         real(wp), intent(inout) :: du(3*units, columns)
      end subroutine gru_gates_backward

      module pure subroutine gru_gates_tangent(units, columns, slots, activation, parameters, kept, dsums, d)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: dsums(units, 3, columns)
         real(wp), intent(inout) :: d(units, columns, 3)
      end subroutine gru_gates_tangent

      module pure subroutine gru_third_tangent(units, columns, slots, kept, dx, du, d)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: dx(units, 3, columns), du(units, 3, columns)
         real(wp), intent(inout) :: d(units, columns, 3)
      end subroutine gru_third_tangent

      module pure subroutine gru_state_tangent(units, columns, slots, activation, parameters, kept, &
                                        h_before, d, dh)
         integer, intent(in) :: units, columns
         integer, intent(in) :: slots
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(in) :: kept(units, columns, slots)
         real(wp), intent(in) :: h_before(units, columns)
         real(wp), intent(inout) :: d(units, columns, 3)
         real(wp), intent(inout) :: dh(units, columns)
      end subroutine gru_state_tangent
   end interface

end module fkb_gru_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_gru_kernels_dp) fkb_gru_kernels_levels_dp
   use fkb_gru_kernels_dp_v1, only: gru_slots_v1 => gru_slots, gru_gates_v1 => gru_gates, &
      gru_state_v1 => gru_state, gru_step_alone_v1 => gru_step_alone, &
      gru_state_backward_v1 => gru_state_backward, gru_gates_backward_v1 => gru_gates_backward, &
      gru_gates_tangent_v1 => gru_gates_tangent, gru_third_tangent_v1 => gru_third_tangent, &
      gru_state_tangent_v1 => gru_state_tangent
   use fkb_gru_kernels_dp_v3, only: gru_slots_v3 => gru_slots, gru_gates_v3 => gru_gates, &
      gru_state_v3 => gru_state, gru_step_alone_v3 => gru_step_alone, &
      gru_state_backward_v3 => gru_state_backward, gru_gates_backward_v3 => gru_gates_backward, &
      gru_gates_tangent_v3 => gru_gates_tangent, gru_third_tangent_v3 => gru_third_tangent, &
      gru_state_tangent_v3 => gru_state_tangent
   use fkb_gru_kernels_dp_v4, only: gru_slots_v4 => gru_slots, gru_gates_v4 => gru_gates, &
      gru_state_v4 => gru_state, gru_step_alone_v4 => gru_step_alone, &
      gru_state_backward_v4 => gru_state_backward, gru_gates_backward_v4 => gru_gates_backward, &
      gru_gates_tangent_v4 => gru_gates_tangent, gru_third_tangent_v4 => gru_third_tangent, &
      gru_state_tangent_v4 => gru_state_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure gru_slots
      select case (code_level)
      case (4)
         slots = gru_slots_v4(activation, parameters, recurrent_activation, recurrent_parameters)
      case (3)
         slots = gru_slots_v3(activation, parameters, recurrent_activation, recurrent_parameters)
      case default
         slots = gru_slots_v1(activation, parameters, recurrent_activation, recurrent_parameters)
      end select
   end procedure gru_slots

   module procedure gru_gates
      select case (code_level)
      case (4)
         call gru_gates_v4(units, columns, slots, activation, parameters, x, u, kept)
      case (3)
         call gru_gates_v3(units, columns, slots, activation, parameters, x, u, kept)
      case default
         call gru_gates_v1(units, columns, slots, activation, parameters, x, u, kept)
      end select
   end procedure gru_gates

   module procedure gru_state
      select case (code_level)
      case (4)
         call gru_state_v4(units, columns, slots, reset_after, activation, parameters, x, u, &
                           h_before, kept, h)
      case (3)
         call gru_state_v3(units, columns, slots, reset_after, activation, parameters, x, u, &
                           h_before, kept, h)
      case default
         call gru_state_v1(units, columns, slots, reset_after, activation, parameters, x, u, &
                           h_before, kept, h)
      end select
   end procedure gru_state

   module procedure gru_step_alone
      select case (code_level)
      case (4)
         call gru_step_alone_v4(units, columns, activation, parameters, recurrent_activation, &
                                recurrent_parameters, x, u, h_before, h)
      case (3)
         call gru_step_alone_v3(units, columns, activation, parameters, recurrent_activation, &
                                recurrent_parameters, x, u, h_before, h)
      case default
         call gru_step_alone_v1(units, columns, activation, parameters, recurrent_activation, &
                                recurrent_parameters, x, u, h_before, h)
      end select
   end procedure gru_step_alone

   module procedure gru_state_backward
      select case (code_level)
      case (4)
         call gru_state_backward_v4(units, columns, slots, activation, parameters, kept, h_before, &
                                    dh, d)
      case (3)
         call gru_state_backward_v3(units, columns, slots, activation, parameters, kept, h_before, &
                                    dh, d)
      case default
         call gru_state_backward_v1(units, columns, slots, activation, parameters, kept, h_before, &
                                    dh, d)
      end select
   end procedure gru_state_backward

   module procedure gru_gates_backward
      select case (code_level)
      case (4)
         call gru_gates_backward_v4(units, columns, slots, reset_after, activation, parameters, &
                                    kept, d, dx, du)
      case (3)
         call gru_gates_backward_v3(units, columns, slots, reset_after, activation, parameters, &
                                    kept, d, dx, du)
      case default
         call gru_gates_backward_v1(units, columns, slots, reset_after, activation, parameters, &
                                    kept, d, dx, du)
      end select
   end procedure gru_gates_backward

   module procedure gru_gates_tangent
      select case (code_level)
      case (4)
         call gru_gates_tangent_v4(units, columns, slots, activation, parameters, kept, dsums, d)
      case (3)
         call gru_gates_tangent_v3(units, columns, slots, activation, parameters, kept, dsums, d)
      case default
         call gru_gates_tangent_v1(units, columns, slots, activation, parameters, kept, dsums, d)
      end select
   end procedure gru_gates_tangent

   module procedure gru_third_tangent
      select case (code_level)
      case (4)
         call gru_third_tangent_v4(units, columns, slots, kept, dx, du, d)
      case (3)
         call gru_third_tangent_v3(units, columns, slots, kept, dx, du, d)
      case default
         call gru_third_tangent_v1(units, columns, slots, kept, dx, du, d)
      end select
   end procedure gru_third_tangent

   module procedure gru_state_tangent
      select case (code_level)
      case (4)
         call gru_state_tangent_v4(units, columns, slots, activation, parameters, kept, h_before, &
                                   d, dh)
      case (3)
         call gru_state_tangent_v3(units, columns, slots, activation, parameters, kept, h_before, &
                                   d, dh)
      case default
         call gru_state_tangent_v1(units, columns, slots, activation, parameters, kept, h_before, &
                                   d, dh)
      end select
   end procedure gru_state_tangent

end submodule fkb_gru_kernels_levels_dp
