!> Months of a run of the coupled model, read from its file, as pairs to learn from.
module elnino_months
   use, intrinsic :: iso_fortran_env, only: real64
   use fkb_sp, only: error_t, fkb_err_file, raise
   use forecast_network, only: frames, make_samples, month_size, sample_size, to_network, wp
   use grid, only: nx_box, ny_box
   use netcdf_files, only: netcdf_file_t
   implicit none (type, external)
   private
   public :: read_pairs

   !> Months at the beginning of a run that are left out: the kick, and what it left.
   integer, parameter, public :: spin_up = 180

contains

   !> Read the months of a run after its spin-up: pair n is months n, n + 1, n + 2 with the calendar
   !! month of n + 3, and month n + 3, which is column n + 3 of `months`.
   subroutine read_pairs(path, most, samples, months, error)
      character(len=*), intent(in) :: path !! months.nc of zebiak_cane.
      integer, intent(in) :: most !! Read at most so many months.
      real(wp), allocatable, intent(out) :: samples(:, :) !! (sample_size, months - 3).
      real(wp), allocatable, intent(out) :: months(:, :) !! (month_size, months).
      type(error_t), allocatable, intent(out) :: error !! Where the file cannot be read.
      type(netcdf_file_t) :: file
      real(real64) :: h(nx_box, ny_box), sst(nx_box, ny_box)
      integer :: length, n
      call file%open(path)
      call file%records("sst", length)
      length = max(0, min(most, length - spin_up))
      allocate (months(month_size, length), samples(sample_size, max(0, length - frames)))
      h = 0.0_real64
      sst = 0.0_real64
      do n = 1, length
         call file%get("sst", sst, spin_up + n)
         call file%get("h", h, spin_up + n)
         months(:, n) = to_network(sst, h)
      end do
      call file%close()
      if (allocated(file%error)) then
         call raise(error, fkb_err_file, file%error)
      else if (length <= frames) then
         call raise(error, fkb_err_file, path//": there are too few months after the spin-up")
      else
         ! The runs begin in January, and the spin-up is whole years.
         call make_samples(months, 0, samples)
      end if
   end subroutine read_pairs

end module elnino_months
