!> Forecasts all sequences of a file and says how far they are from what came.
!!
!!     nowcasting_forecast TRAINED.fkb STEP.fkb SET.frames FORECASTS [--encoder ENCODER.fkb]
!!        [--past 7] [--batch 16] [--table ERRORS.csv]
!!
!! ENCODER.fkb and STEP.fkb are the inference models of TRAINED.fkb, whose weights they take by
!! name; without --encoder STEP.fkb is a stateful network. FORECASTS gets the images. Errors are
!! those of a pixel from 0 to 255, squared (MSE) and absolute (MAE), for each frame ahead; beside
!! them those of a forecast that repeats the last known frame.
program nowcasting_forecast
   use, intrinsic :: iso_fortran_env, only: real64
   use fkb_sp, only: error_t, wp
   use frames, only: frames_t, write_forecasts
   use nowcasting_options, only: options_t, read_options, stop_with
   use stepper, only: stepper_t
   implicit none (type, external)

   character(len=*), parameter :: name = "nowcasting_forecast"
   type(options_t) :: asked
   type(stepper_t) :: model
   type(frames_t) :: truth
   type(error_t), allocatable :: error
   character(len=:), allocatable :: message
   real(wp), allocatable :: ahead(:, :, :)     ! (pixels, leads, sequences)
   real(real64), allocatable :: errors(:, :)   ! (4, leads)

   call read_options(asked, 4, name//" TRAINED.fkb STEP.fkb SET.frames FORECASTS"// &
      " [--encoder ENCODER.fkb] [--past 7] [--batch 16] [--table ERRORS.csv]")
   call model%load(trim(asked%words(1)), trim(asked%words(2)), trim(asked%encoder), error)
   if (allocated(error)) call stop_with(name, error%message)
   call truth%read(trim(asked%words(3)), message)
   if (.not. allocated(message) .and. truth%frames <= asked%past) then
      message = trim(asked%words(3))//": there is nothing after the known frames"
   end if
   call stop_with(name, message)
   allocate (ahead(truth%pixels, truth%frames - asked%past, truth%sequences))
   call forecast_all(error)
   if (allocated(error)) call stop_with(name, error%message)
   allocate (errors(4, size(ahead, 2)))
   call judge(errors)
   call show(errors)
   if (asked%table /= "") call write_table(trim(asked%table), errors)
   call write_forecasts(trim(asked%words(4)), ahead, message)
   call stop_with(name, message)

contains

   !> Batches of sequences, a thread each.
   subroutine forecast_all(error)
      type(error_t), allocatable, intent(out) :: error
      type(error_t), allocatable :: own
      integer :: first, last
      !$omp parallel do default(none) shared(model, truth, asked, ahead, error) private(own, last) &
      !$omp schedule(dynamic)
      do first = 1, truth%sequences, asked%batch
         last = min(first + asked%batch - 1, truth%sequences)
         call model%forecast(truth, first, asked%past, ahead(:, :, first:last), own)
         !$omp critical (nowcasting_errors)
         if (allocated(own) .and. .not. allocated(error)) error = own
         !$omp end critical (nowcasting_errors)
      end do
      !$omp end parallel do
   end subroutine forecast_all

   !> Mean errors at each lead: squared, absolute; the same of the last known frame.
   subroutine judge(errors)
      real(real64), intent(out) :: errors(:, :)
      real(wp), allocatable :: came(:), last(:)
      real(real64) :: values
      integer :: lead, sequence
      allocate (came(truth%pixels), last(truth%pixels))
      errors = 0
      do sequence = 1, truth%sequences
         call truth%copy(sequence, asked%past, last)
         do lead = 1, size(errors, 2)
            call truth%copy(sequence, asked%past + lead, came)
            associate (off => 255*(ahead(:, lead, sequence) - came), still => 255*(last - came))
               errors(:, lead) = errors(:, lead) + [sum(real(off, real64)**2), &
                  sum(abs(real(off, real64))), sum(real(still, real64)**2), &
                  sum(abs(real(still, real64)))]
            end associate
         end do
      end do
      values = real(truth%pixels, real64)*truth%sequences
      errors = errors/values
   end subroutine judge

   subroutine show(errors)
      real(real64), intent(in) :: errors(:, :)
      integer :: lead
      print "(a)", "frame ahead        MSE      MAE    last frame: MSE      MAE"
      do lead = 1, size(errors, 2)
         print "(i11,2f11.1,f18.1,f11.1)", lead, errors(:, lead)
      end do
      print "(a11,2f11.1,f18.1,f11.1)", "mean", sum(errors, 2)/size(errors, 2)
   end subroutine show

   subroutine write_table(path, errors)
      character(len=*), intent(in) :: path
      real(real64), intent(in) :: errors(:, :)
      integer :: lead, status, unit
      open (newunit=unit, file=path, action="write", status="replace", iostat=status)
      if (status /= 0) message = path//": cannot be written"
      call stop_with(name, message)
      write (unit, "(a)") "lead,mse,mae,still_mse,still_mae"
      do lead = 1, size(errors, 2)
         write (unit, "(i0,4(',',es15.8))") lead, errors(:, lead)
      end do
      close (unit)
   end subroutine write_table

end program nowcasting_forecast
