!> Columns on a ring, with their physics computed by the truth or by a network.
!!
!!     column_physics truth FOLDER
!!     column_physics MODEL.fkb FOLDER --from truth.restart --days 60
!!
!! FOLDER gets days.csv and profile.csv. The last line says how many steps the run made.
program column_physics
   use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
   use column_climate, only: climate_t
   use column_grid, only: steps_per_day
   use column_model, only: column_model_t
   use column_physics_interface, only: physics_t
   use history, only: history_t
   use options, only: options_t, read_options
   use restart, only: load_restart, save_restart
   use ring, only: abandon_all, ring_t
   use samples, only: samples_t
   use truth_physics, only: truth_physics_t
   implicit none (type, external)

   !> Steps between two records of the history.
   integer, parameter :: history_steps = 12

   type(options_t) :: asked
   type(ring_t) :: ring
   type(column_model_t) :: model
   type(climate_t) :: climate
   type(samples_t) :: training_data
   type(history_t) :: records
   class(physics_t), allocatable :: physics
   character(len=:), allocatable :: message
   integer :: step

   call read_options(asked)
   call ring%begin()
   call choose_physics()
   if (allocated(asked%from)) then
      call load_restart(model, ring, asked%from, message)
      call check()
   else
      call model%start(ring, asked%seed)
   end if
   call climate%begin(asked%steps/steps_per_day + 1, asked%spin_up)
   if (allocated(asked%samples)) call training_data%open_file(asked%samples, ring%rank, message)
   call check()
   if (allocated(asked%history)) call records%open_file(asked%history, ring%rank, message)
   call check()

   do step = 1, asked%steps
      call model%step(physics)
      call physics%find_trouble(message)
      call check()
      if (model%failed) exit
      call climate%add(model)
      if (allocated(asked%samples) .and. modulo(step, asked%every) == 0) then
         call training_data%add(model)
      end if
      if (allocated(asked%history) .and. modulo(step, history_steps) == 0) call records%add(model)
      if (allocated(asked%save) .and. step == asked%save_at) then
         call save_restart(model, asked%save, message)
         call check()
      end if
      if (modulo(step, 10*steps_per_day) == 0) call print_days()
   end do

   call training_data%close_file()
   call records%close_file(message)
   call check()
   if (ring%rank == 0) then
      call climate%write_tables(asked%folder, message)
      call check()
      call print_end()
   end if
   call ring%finish()

contains

   !> The physics of the command line.
   subroutine choose_physics()
      allocate (truth_physics_t :: physics)
   end subroutine choose_physics

   !> Means of the last ten days.
   subroutine print_days()
      if (ring%rank /= 0) return
      if (climate%n_days == 10) write (output_unit, "(a)") &
         " day   rain  evap.  vapour    T850    T500    T200  RH500"
      write (output_unit, "(i4,2f7.2,f8.2,3f8.2,f7.3)") climate%n_days, &
         reshape(climate%mean(climate%n_days - 9, climate%n_days), [7])
   end subroutine print_days

   !> Means after the spin-up, and the length of the run.
   subroutine print_end()
      if (climate%n_days > asked%spin_up) write (output_unit, "(a,2f7.2,f8.2,3f8.2,f7.3)") "mean", &
         reshape(climate%mean(asked%spin_up + 1, climate%n_days), [7])
      if (model%failed) then
         write (output_unit, "(a,i0)") "failed at step ", step
      else
         write (output_unit, "(a,i0)") "complete after step ", asked%steps
      end if
   end subroutine print_end

   !> Stop with a sentence where something went wrong.
   subroutine check()
      if (.not. allocated(message)) return
      write (error_unit, "(a)") "column_physics: "//message
      call abandon_all()
   end subroutine check

end program column_physics
