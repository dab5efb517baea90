!> What is known of a run: means of each day and of all days after a spin-up, as tables.
module column_climate
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: day, dp, layer_pressure, n_columns, n_levels, steps_per_day
   use column_model, only: column_model_t, row_evaporation, row_rain
   use thermodynamics, only: gravity, latent_heat, saturation
   implicit none (type, external)
   private
   public :: climate_t

   !> Numbers of a day: rain and evaporation in mm/day, precipitable water in mm, temperature at
   !! 850, 483 and 183 hPa in K, relative humidity at 483 hPa, standard deviation of rain in mm/day.
   integer, parameter, public :: n_numbers = 8
   character(len=*), parameter, public :: number_names = &
      "rain,evaporation,vapour,t850,t500,t200,rh500,rain_deviation"
   !> The layers that stand for 850, 500 and 200 hPa.
   integer, parameter :: level_850 = 26, level_500 = 15, level_200 = 6

   !> Sums of the current day, and what has been written.
   type :: climate_t
      !> Means of the days so far, (number, day), days in use.
      real(wp), allocatable :: days(:, :)
      integer :: n_days = 0
      !> Mean profiles of T and q of the days after the spin-up, (level), and how many days.
      real(wp) :: t(n_levels) = 0.0_wp, q(n_levels) = 0.0_wp
      integer :: profile_days = 0
      integer :: spin_up = 0
      real(wp), private :: sums(n_numbers) = 0.0_wp
      real(wp), private :: day_t(n_levels) = 0.0_wp, day_q(n_levels) = 0.0_wp
      integer, private :: steps = 0
   contains
      procedure :: begin, add, mean, write_tables
   end type climate_t

contains

   !> Before the first step.
   subroutine begin(self, days, spin_up)
      class(climate_t), intent(inout) :: self
      integer, intent(in) :: days !! Days to come, at most.
      integer, intent(in) :: spin_up !! First days that the means leave out.
      allocate (self%days(n_numbers, days), source=0.0_wp)
      self%spin_up = spin_up
   end subroutine begin

   !> After each step.
   subroutine add(self, model)
      class(climate_t), intent(inout) :: self
      type(column_model_t), intent(in) :: model !! The run.
      real(wp), dimension(n_levels) :: q, t
      real(wp) :: rain(n_columns)
      associate (all_t => model%whole(:n_levels, :), &
         all_q => model%whole(n_levels + 1:2*n_levels, :))
         t = sum(all_t, dim=2)/n_columns
         q = sum(all_q, dim=2)/n_columns
         rain = model%whole(row_rain, :)*day
         self%sums = self%sums + [sum(rain)/n_columns, &
            sum(model%whole(row_evaporation, :))/n_columns*day/latent_heat, &
            sum(q)*dp/gravity, t(level_850), t(level_500), t(level_200), &
            sum(all_q(level_500, :)/saturation(all_t(level_500, :), layer_pressure(level_500))) &
            /n_columns, sqrt(sum((rain - sum(rain)/n_columns)**2)/n_columns)]
      end associate
      self%day_t = self%day_t + t
      self%day_q = self%day_q + q
      self%steps = self%steps + 1
      if (self%steps == steps_per_day) call end_day(self)
   end subroutine add

   !> Turn the sums of a day into means.
   subroutine end_day(self)
      class(climate_t), intent(inout) :: self
      self%n_days = self%n_days + 1
      self%days(:, self%n_days) = self%sums/steps_per_day
      if (self%n_days > self%spin_up) then
         self%profile_days = self%profile_days + 1
         self%t = self%t + (self%day_t/steps_per_day - self%t)/self%profile_days
         self%q = self%q + (self%day_q/steps_per_day - self%q)/self%profile_days
      end if
      self%sums = 0.0_wp
      self%day_t = 0.0_wp
      self%day_q = 0.0_wp
      self%steps = 0
   end subroutine end_day

   !> Means over days.
   pure function mean(self, first, last)
      class(climate_t), intent(in) :: self
      integer, intent(in) :: first !! Day, from 1.
      integer, intent(in) :: last !! Day, at most n_days.
      real(wp) :: mean(n_numbers)
      mean = sum(self%days(:, first:last), dim=2)/max(1, last - first + 1)
   end function mean

   !> Write days.csv and profile.csv.
   subroutine write_tables(self, folder, message)
      class(climate_t), intent(in) :: self
      character(len=*), intent(in) :: folder !! An existing folder.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      integer :: i, status, unit
      open (newunit=unit, file=folder//"/days.csv", action="write", iostat=status)
      if (status == 0) then
         write (unit, "(a)") "day,"//number_names
         do i = 1, self%n_days
            write (unit, "(i0,*(:,',',es15.8))") i, self%days(:, i)
         end do
         close (unit)
         open (newunit=unit, file=folder//"/profile.csv", action="write", iostat=status)
      end if
      if (status /= 0) then
         message = "the folder """//folder//""" cannot be written to"
         return
      end if
      write (unit, "(a)") "pressure,temperature,humidity"
      do i = 1, n_levels
         write (unit, "(es15.8,*(:,',',es15.8))") layer_pressure(i), self%t(i), self%q(i)
      end do
      close (unit)
   end subroutine write_tables

end module column_climate
