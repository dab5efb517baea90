!> Columns as vectors, in the order of the training data: Q, T, V, PS, SOLIN, SHF, LHF and dq, dT,
!! FSNT, FSNS, FLNT, FLNS, PRECT.
module column_vectors
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: n_levels
   use column_physics_interface, only: physics_input_t, physics_output_t
   implicit none (type, external)
   private
   public :: pack_input, pack_output, unpack_output

   !> Values of an input and of an output.
   integer, parameter, public :: n_inputs = 3*n_levels + 4, n_outputs = 2*n_levels + 5
   !> Where the kinds begin.
   integer, parameter, public :: at_t = n_levels + 1, at_v = 2*n_levels + 1
   integer, parameter, public :: at_ps = 3*n_levels + 1, at_solin = 3*n_levels + 2
   integer, parameter, public :: at_shf = 3*n_levels + 3, at_lhf = 3*n_levels + 4
   integer, parameter, public :: at_dt = n_levels + 1, at_fsnt = 2*n_levels + 1
   integer, parameter, public :: at_fsns = 2*n_levels + 2, at_flnt = 2*n_levels + 3
   integer, parameter, public :: at_flns = 2*n_levels + 4, at_prect = 2*n_levels + 5

contains

   !> What physics is asked, (n_inputs, column).
   pure subroutine pack_input(input, first, last, x)
      type(physics_input_t), intent(in) :: input !! What the host offers.
      integer, intent(in) :: first !! First column.
      integer, intent(in) :: last !! Last column.
      real(wp), intent(out) :: x(n_inputs, last - first + 1) !! The vectors.
      x(:n_levels, :) = input%q(:, first:last)
      x(at_t:at_v - 1, :) = input%t(:, first:last)
      x(at_v:at_ps - 1, :) = input%v(:, first:last)
      x(at_ps, :) = input%ps(first:last)
      x(at_solin, :) = input%solin(first:last)
      x(at_shf, :) = input%shf(first:last)
      x(at_lhf, :) = input%lhf(first:last)
   end subroutine pack_input

   !> What physics says, (n_outputs, column).
   pure subroutine pack_output(output, first, last, y)
      type(physics_output_t), intent(in) :: output !! What physics has given.
      integer, intent(in) :: first !! First column.
      integer, intent(in) :: last !! Last column.
      real(wp), intent(out) :: y(n_outputs, last - first + 1) !! The vectors.
      y(:n_levels, :) = output%dq(:, first:last)
      y(at_dt:at_fsnt - 1, :) = output%dt(:, first:last)
      y(at_fsnt, :) = output%fsnt(first:last)
      y(at_fsns, :) = output%fsns(first:last)
      y(at_flnt, :) = output%flnt(first:last)
      y(at_flns, :) = output%flns(first:last)
      y(at_prect, :) = output%prect(first:last)
   end subroutine pack_output

   !> The answer of physics from vectors, (n_outputs, column).
   pure subroutine unpack_output(y, first, last, output)
      integer, intent(in) :: first !! First column.
      integer, intent(in) :: last !! Last column.
      real(wp), intent(in) :: y(n_outputs, last - first + 1) !! The vectors.
      type(physics_output_t), intent(inout) :: output !! Columns first to last are set.
      output%dq(:, first:last) = y(:n_levels, :)
      output%dt(:, first:last) = y(at_dt:at_fsnt - 1, :)
      output%fsnt(first:last) = y(at_fsnt, :)
      output%fsns(first:last) = y(at_fsns, :)
      output%flnt(first:last) = y(at_flnt, :)
      output%flns(first:last) = y(at_flns, :)
      output%prect(first:last) = y(at_prect, :)
   end subroutine unpack_output

end module column_vectors
