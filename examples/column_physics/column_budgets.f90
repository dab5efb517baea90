!> What a column must balance, as linear sums over its vectors.
module column_budgets
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: dp, n_levels
   use column_vectors, only: at_dt, at_flns, at_flnt, at_fsns, at_fsnt, at_lhf, at_prect, at_shf, &
      n_inputs, n_outputs
   use thermodynamics, only: gravity, heat_capacity, latent_heat
   implicit none (type, external)
   private
   public :: budget_t, enthalpy_budget, missing, water_budget

   !> sum(output*y) = sum(input*x) in W/m2 for the true physics.
   type :: budget_t
      real(wp) :: output(n_outputs) = 0.0_wp
      real(wp) :: input(n_inputs) = 0.0_wp
   end type budget_t

contains

   !> Moist enthalpy: heating and moistening come from the surface fluxes and from radiation.
   pure function enthalpy_budget() result(budget)
      type(budget_t) :: budget
      budget%output(:n_levels) = latent_heat*dp/gravity
      budget%output(at_dt:at_fsnt - 1) = heat_capacity*dp/gravity
      budget%output([at_fsns, at_flnt]) = 1.0_wp
      budget%output([at_fsnt, at_flns]) = -1.0_wp
      budget%input([at_shf, at_lhf]) = 1.0_wp
   end function enthalpy_budget

   !> Water, times the latent heat: what evaporates stays or rains.
   pure function water_budget() result(budget)
      type(budget_t) :: budget
      budget%output(:n_levels) = latent_heat*dp/gravity
      budget%output(at_prect) = 1000*latent_heat
      budget%input(at_lhf) = 1.0_wp
   end function water_budget

   !> Root of the mean square of what columns miss in W/m2.
   pure real(wp) function missing(budget, x, y)
      type(budget_t), intent(in) :: budget !! What must balance.
      real(wp), intent(in) :: x(:, :) !! Inputs, (n_inputs, column).
      real(wp), intent(in) :: y(:, :) !! Outputs, (n_outputs, column).
      real(wp) :: total
      integer :: i
      total = 0.0_wp
      do i = 1, size(x, 2)
         total = total + (sum(budget%output*y(:, i)) - sum(budget%input*x(:, i)))**2
      end do
      missing = sqrt(total/max(1, size(x, 2)))
   end function missing

end module column_budgets
