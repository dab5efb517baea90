! Generated from kernels/fkb_recurrent_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_recurrent_kernels_dp`, each compiled for several processors.
module fkb_recurrent_kernels_dp
   use fkb_kinds, only: dp, i8, wp => dp
   implicit none (type, external)
   private
   public :: take_steps
   public :: put_steps
   public :: split_gates
   public :: join_gates
   public :: split_kernel
   public :: add_split_kernel
   public :: draw_masks
   public :: multiply_by_masks
   public :: add_columns_of
   public :: gate_products
   public :: gate_products_input
   public :: gate_products_kernel

   integer, parameter, public :: many_units = 32

   interface
      module pure subroutine take_steps(n, steps, batch, first, direction, count, x, y)
         integer, intent(in) :: n, steps, batch
         integer, intent(in) :: first, direction
         integer, intent(in) :: count
         real(wp), intent(in) :: x(n, steps, batch)
         real(wp), intent(out) :: y(n, batch, count)
      end subroutine take_steps

      module pure subroutine put_steps(n, steps, batch, first, direction, count, y, x)
         integer, intent(in) :: n, steps, batch
         integer, intent(in) :: first, direction
         integer, intent(in) :: count
         real(wp), intent(in) :: y(n, batch, count)
         real(wp), intent(inout) :: x(n, steps, batch)
      end subroutine put_steps

      module pure subroutine split_gates(units, gates, columns, z, y)
         integer, intent(in) :: units, gates, columns
         real(wp), intent(in) :: z(units, gates, columns)
         real(wp), intent(inout) :: y(units, columns, gates)
      end subroutine split_gates

      module pure subroutine join_gates(units, gates, columns, y, z)
         integer, intent(in) :: units, gates, columns
         real(wp), intent(in) :: y(units, columns, gates)
         real(wp), intent(inout) :: z(units, gates, columns)
      end subroutine join_gates

      module pure subroutine split_kernel(units, gates, n, kernel, split)
         integer, intent(in) :: units, gates, n
         real(wp), intent(in) :: kernel(units, gates, n)
         real(wp), intent(out) :: split(units, n, gates)
      end subroutine split_kernel

      module pure subroutine add_split_kernel(units, gates, n, split, kernel)
         integer, intent(in) :: units, gates, n
         real(wp), intent(in) :: split(units, n, gates)
         real(wp), intent(inout) :: kernel(units, gates, n)
      end subroutine add_split_kernel

      module pure subroutine add_columns_of(n, columns, a, total)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: a(n, columns)
         real(wp), intent(inout) :: total(n)
      end subroutine add_columns_of

      module pure subroutine draw_masks(seed, node, step, first_sample, batch, n_input, n_state, input_rate, &
                                 state_rate, masks)
         integer(i8), intent(in) :: seed, step, first_sample
         integer, intent(in) :: node, batch, n_input, n_state
         real(dp), intent(in) :: input_rate, state_rate
         real(wp), intent(out) :: masks(n_input + n_state, batch)
      end subroutine draw_masks

      module pure subroutine multiply_by_masks(n, batch, count, total, skip, advance, masks, x)
         integer, intent(in) :: n, batch, count, total, skip
         integer, intent(in) :: advance
         real(wp), intent(in) :: masks(total, batch)
         real(wp), intent(inout) :: x(n, batch, count)
      end subroutine multiply_by_masks

      module pure subroutine gate_products(units, gates, first, last, n, batch, count, kernel, drops, total, &
                                    skip, masks, x, masked, product, z)
         integer, intent(in) :: units, gates, first, last, n, batch, count
         real(wp), intent(in) :: kernel(units, n, gates)
         logical, intent(in) :: drops
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, *)
         real(wp), intent(in) :: x(n, batch*count)
         real(wp), intent(out) :: masked(n, batch*count), product(units, batch*count)
         real(wp), intent(inout) :: z(units, gates, batch*count)
      end subroutine gate_products

      module pure subroutine gate_products_input(units, gates, first, last, n, batch, count, kernel, drops, &
                                          total, skip, masks, dz, dx_gate, dz_gate, dx)
         integer, intent(in) :: units, gates, first, last, n, batch, count
         real(wp), intent(in) :: kernel(units, n, gates)
         logical, intent(in) :: drops
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, *)
         real(wp), intent(in) :: dz(units, gates, batch*count)
         real(wp), intent(out) :: dx_gate(n, batch*count), dz_gate(units, batch*count)
         real(wp), intent(inout) :: dx(n, batch*count)
      end subroutine gate_products_input

      module pure subroutine gate_products_kernel(units, gates, first, last, n, batch, count, drops, total, &
                                           skip, masks, dz, x, masked, dz_gate, dkernel)
         integer, intent(in) :: units, gates, first, last, n, batch, count
         logical, intent(in) :: drops
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, *)
         real(wp), intent(in) :: dz(units, gates, batch*count), x(n, batch*count)
         real(wp), intent(out) :: masked(n, batch*count), dz_gate(units, batch*count)
         real(wp), intent(inout) :: dkernel(units, n, gates)
      end subroutine gate_products_kernel
   end interface

end module fkb_recurrent_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_recurrent_kernels_dp) fkb_recurrent_kernels_levels_dp
   use fkb_recurrent_kernels_dp_v1, only: take_steps_v1 => take_steps, put_steps_v1 => put_steps, &
      split_gates_v1 => split_gates, join_gates_v1 => join_gates, split_kernel_v1 => split_kernel, &
      add_split_kernel_v1 => add_split_kernel, add_columns_of_v1 => add_columns_of, &
      draw_masks_v1 => draw_masks, multiply_by_masks_v1 => multiply_by_masks, &
      gate_products_v1 => gate_products, gate_products_input_v1 => gate_products_input, &
      gate_products_kernel_v1 => gate_products_kernel
   use fkb_recurrent_kernels_dp_v3, only: take_steps_v3 => take_steps, put_steps_v3 => put_steps, &
      split_gates_v3 => split_gates, join_gates_v3 => join_gates, split_kernel_v3 => split_kernel, &
      add_split_kernel_v3 => add_split_kernel, add_columns_of_v3 => add_columns_of, &
      draw_masks_v3 => draw_masks, multiply_by_masks_v3 => multiply_by_masks, &
      gate_products_v3 => gate_products, gate_products_input_v3 => gate_products_input, &
      gate_products_kernel_v3 => gate_products_kernel
   use fkb_recurrent_kernels_dp_v4, only: take_steps_v4 => take_steps, put_steps_v4 => put_steps, &
      split_gates_v4 => split_gates, join_gates_v4 => join_gates, split_kernel_v4 => split_kernel, &
      add_split_kernel_v4 => add_split_kernel, add_columns_of_v4 => add_columns_of, &
      draw_masks_v4 => draw_masks, multiply_by_masks_v4 => multiply_by_masks, &
      gate_products_v4 => gate_products, gate_products_input_v4 => gate_products_input, &
      gate_products_kernel_v4 => gate_products_kernel
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure take_steps
      select case (code_level)
      case (4)
         call take_steps_v4(n, steps, batch, first, direction, count, x, y)
      case (3)
         call take_steps_v3(n, steps, batch, first, direction, count, x, y)
      case default
         call take_steps_v1(n, steps, batch, first, direction, count, x, y)
      end select
   end procedure take_steps

   module procedure put_steps
      select case (code_level)
      case (4)
         call put_steps_v4(n, steps, batch, first, direction, count, y, x)
      case (3)
         call put_steps_v3(n, steps, batch, first, direction, count, y, x)
      case default
         call put_steps_v1(n, steps, batch, first, direction, count, y, x)
      end select
   end procedure put_steps

   module procedure split_gates
      select case (code_level)
      case (4)
         call split_gates_v4(units, gates, columns, z, y)
      case (3)
         call split_gates_v3(units, gates, columns, z, y)
      case default
         call split_gates_v1(units, gates, columns, z, y)
      end select
   end procedure split_gates

   module procedure join_gates
      select case (code_level)
      case (4)
         call join_gates_v4(units, gates, columns, y, z)
      case (3)
         call join_gates_v3(units, gates, columns, y, z)
      case default
         call join_gates_v1(units, gates, columns, y, z)
      end select
   end procedure join_gates

   module procedure split_kernel
      select case (code_level)
      case (4)
         call split_kernel_v4(units, gates, n, kernel, split)
      case (3)
         call split_kernel_v3(units, gates, n, kernel, split)
      case default
         call split_kernel_v1(units, gates, n, kernel, split)
      end select
   end procedure split_kernel

   module procedure add_split_kernel
      select case (code_level)
      case (4)
         call add_split_kernel_v4(units, gates, n, split, kernel)
      case (3)
         call add_split_kernel_v3(units, gates, n, split, kernel)
      case default
         call add_split_kernel_v1(units, gates, n, split, kernel)
      end select
   end procedure add_split_kernel

   module procedure add_columns_of
      select case (code_level)
      case (4)
         call add_columns_of_v4(n, columns, a, total)
      case (3)
         call add_columns_of_v3(n, columns, a, total)
      case default
         call add_columns_of_v1(n, columns, a, total)
      end select
   end procedure add_columns_of

   module procedure draw_masks
      select case (code_level)
      case (4)
         call draw_masks_v4(seed, node, step, first_sample, batch, n_input, n_state, input_rate, &
                            state_rate, masks)
      case (3)
         call draw_masks_v3(seed, node, step, first_sample, batch, n_input, n_state, input_rate, &
                            state_rate, masks)
      case default
         call draw_masks_v1(seed, node, step, first_sample, batch, n_input, n_state, input_rate, &
                            state_rate, masks)
      end select
   end procedure draw_masks

   module procedure multiply_by_masks
      select case (code_level)
      case (4)
         call multiply_by_masks_v4(n, batch, count, total, skip, advance, masks, x)
      case (3)
         call multiply_by_masks_v3(n, batch, count, total, skip, advance, masks, x)
      case default
         call multiply_by_masks_v1(n, batch, count, total, skip, advance, masks, x)
      end select
   end procedure multiply_by_masks

   module procedure gate_products
      select case (code_level)
      case (4)
         call gate_products_v4(units, gates, first, last, n, batch, count, kernel, drops, total, &
                               skip, masks, x, masked, product, z)
      case (3)
         call gate_products_v3(units, gates, first, last, n, batch, count, kernel, drops, total, &
                               skip, masks, x, masked, product, z)
      case default
         call gate_products_v1(units, gates, first, last, n, batch, count, kernel, drops, total, &
                               skip, masks, x, masked, product, z)
      end select
   end procedure gate_products

   module procedure gate_products_input
      select case (code_level)
      case (4)
         call gate_products_input_v4(units, gates, first, last, n, batch, count, kernel, drops, &
                                     total, skip, masks, dz, dx_gate, dz_gate, dx)
      case (3)
         call gate_products_input_v3(units, gates, first, last, n, batch, count, kernel, drops, &
                                     total, skip, masks, dz, dx_gate, dz_gate, dx)
      case default
         call gate_products_input_v1(units, gates, first, last, n, batch, count, kernel, drops, &
                                     total, skip, masks, dz, dx_gate, dz_gate, dx)
      end select
   end procedure gate_products_input

   module procedure gate_products_kernel
      select case (code_level)
      case (4)
         call gate_products_kernel_v4(units, gates, first, last, n, batch, count, drops, total, &
                                      skip, masks, dz, x, masked, dz_gate, dkernel)
      case (3)
         call gate_products_kernel_v3(units, gates, first, last, n, batch, count, drops, total, &
                                      skip, masks, dz, x, masked, dz_gate, dkernel)
      case default
         call gate_products_kernel_v1(units, gates, first, last, n, batch, count, drops, total, &
                                      skip, masks, dz, x, masked, dz_gate, dkernel)
      end select
   end procedure gate_products_kernel

end submodule fkb_recurrent_kernels_levels_dp
