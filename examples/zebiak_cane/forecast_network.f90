!> Forecasts of the next months by a network: **where FKB is used**.
!!
!! Three months of SST/2 K and thermocline/50 m go in, the next month comes out, and is fed back.
!! A sample is one column: the months as (2, longitude, latitude, 3), which is Keras's
!! (3, latitude, longitude, 2), and then the calendar month of the fourth, 0 for January.
module forecast_network
   use fkb_sp, only: error_t, network_t, workspace_t, wp
   use grid, only: nx_box, ny_box
   implicit none (type, external)
   private
   public :: forecast, make_samples, slide, to_network, wp

   !> Values of one month and months of a sample.
   integer, parameter, public :: month_size = 2*nx_box*ny_box, frames = 3
   integer, parameter, public :: sample_size = frames*month_size + 1
   real(wp), parameter, public :: sst_scale = 2.0_wp, h_scale = 50.0_wp

contains

   !> A month as the network knows it, (2, longitude, latitude) as one column.
   pure function to_network(sst, h) result(month)
      use, intrinsic :: iso_fortran_env, only: real64
      real(real64), intent(in) :: sst(nx_box, ny_box) !! SST anomaly in K.
      real(real64), intent(in) :: h(nx_box, ny_box) !! Thermocline anomaly in m.
      real(wp) :: month(month_size)
      month(1::2) = reshape(real(sst, wp)/sst_scale, [nx_box*ny_box])
      month(2::2) = reshape(real(h, wp)/h_scale, [nx_box*ny_box])
   end function to_network

   !> All samples of a run: months n, n + 1, n + 2 and the calendar month of n + 3.
   pure subroutine make_samples(months, first, samples)
      real(wp), intent(in) :: months(:, :) !! (month_size, month).
      integer, intent(in) :: first !! Calendar month of months(:, 1), 0 for January.
      real(wp), intent(out) :: samples(:, :) !! (sample_size, size(months, 2) - 3).
      integer :: n
      do n = 1, size(samples, 2)
         samples(:sample_size - 1, n) = reshape(months(:, n:n + frames - 1), [sample_size - 1])
         samples(sample_size, n) = real(modulo(first + n + frames - 1, 12), wp)
      end do
   end subroutine make_samples

   !> Roll forward: the network's months 1, 2, ... after the samples.
   subroutine forecast(net, samples, work, months, error)
      type(network_t), intent(in) :: net !! The forecast network.
      real(wp), intent(in) :: samples(:, :) !! Where to begin, (sample_size, start).
      type(workspace_t), intent(inout) :: work !! Scratch.
      real(wp), intent(out) :: months(:, :, :) !! (month_size, start, lead).
      type(error_t), allocatable, intent(out) :: error !! Whatever the network raises.
      real(wp), allocatable :: x(:, :), y(:, :)
      integer :: lead
      allocate (x, source=samples)
      allocate (y(month_size, size(samples, 2)))
      do lead = 1, size(months, 3)
         call net%predict(x, y, work, error)
         if (allocated(error)) return
         months(:, :, lead) = y
         call slide(x, y)
      end do
   end subroutine forecast

   !> The oldest month leaves the samples, a new one comes in.
   pure subroutine slide(samples, month)
      real(wp), intent(inout) :: samples(:, :) !! (sample_size, start).
      real(wp), intent(in) :: month(:, :) !! (month_size, start).
      samples(:sample_size - 1 - month_size, :) = samples(month_size + 1:sample_size - 1, :)
      samples(sample_size - month_size:sample_size - 1, :) = month
      samples(sample_size, :) = modulo(samples(sample_size, :) + 1, 12.0_wp)
   end subroutine slide

end module forecast_network
