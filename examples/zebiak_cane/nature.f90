!> A run of the coupled model as the series that forecasts begin from and are judged by.
module nature
   use background, only: background_t
   use forecast_network, only: month_size, to_network, wp
   use mean_state, only: make_background
   use options, only: options_t
   use zebiak_cane, only: month_t, zebiak_cane_t
   implicit none (type, external)
   private
   public :: nino34_of, nature_t

   !> Years at the beginning of a run that are left out.
   integer, parameter, public :: spin_up_years = 15

   !> The coupled model, month by month.
   type :: nature_t
      type(options_t) :: asked
      type(zebiak_cane_t), allocatable :: model
      !> Months so far, the spin-up not counted: the first one is a January.
      integer :: months = 0
   contains
      procedure :: begin, next, run
   end type nature_t

contains

   !> Run through the spin-up; not where a restart will be loaded.
   subroutine begin(self, asked)
      class(nature_t), intent(inout) :: self
      type(options_t), intent(in) :: asked !! Which model.
      type(background_t), allocatable :: mean
      type(month_t) :: means
      integer :: n
      allocate (mean, self%model)
      self%asked = asked
      call make_background(mean)
      call self%model%init(asked%parameters, mean)
      self%months = 0
      if (asked%restart /= "") return
      do n = 1, 12*spin_up_years
         call self%model%advance_month(self%asked%closure, means)
      end do
   end subroutine begin

   !> One month.
   subroutine next(self, month)
      class(nature_t), intent(inout) :: self
      real(wp), intent(out) :: month(month_size) !! As the network knows it.
      type(month_t) :: means
      call self%model%advance_month(self%asked%closure, means)
      self%months = self%months + 1
      month = to_network(means%sst, means%h)
   end subroutine next

   !> Many months.
   subroutine run(self, months)
      class(nature_t), intent(inout) :: self
      real(wp), intent(out) :: months(:, :) !! (month_size, month).
      integer :: n
      do n = 1, size(months, 2)
         call self%next(months(:, n))
      end do
   end subroutine run

   !> Nino-3.4 in K of months as the network knows them.
   pure function nino34_of(months) result(index)
      use, intrinsic :: iso_fortran_env, only: real64
      use forecast_network, only: sst_scale
      use grid, only: nx_box, ny_box
      use zebiak_cane, only: nino34
      real(wp), intent(in) :: months(:, :) !! (month_size, month).
      real(real64) :: index(size(months, 2))
      integer :: n
      do n = 1, size(months, 2)
         index(n) = nino34(sst_scale*reshape(real(months(1::2, n), real64), [nx_box, ny_box]))
      end do
   end function nino34_of

end module nature
