!> Columns on a ring, with their physics computed by the truth or by a network.
!!
!!     column_physics truth FOLDER
!!     column_physics MODEL.fkb FOLDER --from truth.restart --days 60
!!     column_physics 'MODELS/*.fkb' FOLDER --from truth.restart --days 60
!!     column_physics MODEL.fkb FOLDER --from truth.restart --learn 240 --learned BETTER.fkb
!!
!! FOLDER gets days.csv and profile.csv. The last line says how many steps the run made.
program column_physics
   use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
   use column_climate, only: climate_t
   use column_grid, only: steps_per_day
   use column_model, only: column_model_t
   use column_physics_interface, only: physics_t
   use ensemble_physics, only: ensemble_physics_t
   use fkb_sp, only: error_t
   use history, only: history_t
   use network_physics, only: network_physics_t
   use online_correction, only: correction_t
   use options, only: options_t, read_options
   use restart, only: load_restart, save_restart
   use ring, only: abandon_all, ring_t
   use samples, only: samples_t
   use truth_physics, only: truth_physics_t
   implicit none (type, external)

   !> Steps between two records of the history.
   integer, parameter :: history_steps = 12
   !> A network that learns has a restart of its own beside the host's.
   character(len=*), parameter :: online_ending = ".online"

   type(options_t) :: asked
   type(ring_t) :: ring
   type(column_model_t) :: model
   type(climate_t) :: climate
   type(samples_t) :: training_data
   type(history_t) :: records
   type(truth_physics_t) :: truth
   type(network_physics_t), target :: network
   type(ensemble_physics_t) :: ensemble
   type(correction_t) :: correction
   type(error_t), allocatable :: error
   character(len=:), allocatable :: message
   integer :: step

   call read_options(asked)
   call ring%begin()
   select case (asked%kind())
   case ("truth")
      call run(truth)
   case ("network")
      call network%load(asked%physics, message)
      call check()
      call run(network)
   case default
      call ensemble%load(asked%physics, message)
      call check()
      call run(ensemble)
   end select
   call ring%finish()

contains

   !> A run with a physics.
   subroutine run(physics)
      class(physics_t), intent(inout) :: physics !! Truth or network.
      call begin_run()
      do step = 1, asked%steps
         call model%step(physics)
         call look_for_trouble(physics)
         if (model%failed) exit
         call climate%add(model)
         if (step <= asked%learn) call learn()
         call write_files()
         if (modulo(step, 10*steps_per_day) == 0) call print_days()
      end do
      call end_run()
   end subroutine run

   !> Take the state and open the files that were asked for.
   subroutine begin_run()
      logical :: learns_already
      if (allocated(asked%from)) then
         call load_restart(model, ring, asked%from, message)
         call check()
      else
         call model%start(ring, asked%seed, asked%warmer)
      end if
      call climate%begin(asked%steps/steps_per_day + 1, asked%spin_up)
      if (allocated(asked%samples)) call training_data%open_file(asked%samples, ring%rank, message)
      call check()
      if (allocated(asked%history)) call records%open_file(asked%history, ring%rank, message)
      call check()
      if (asked%learn == 0) return
      if (asked%kind() /= "network") message = "only a network can learn"
      if (ring%ranks > 1) message = "learning takes one process"
      call check()
      call correction%begin(network%net, asked%rate, asked%conserve, error)
      call check()
      if (.not. allocated(asked%from)) return
      inquire (file=asked%from//online_ending, exist=learns_already)
      if (learns_already) call correction%online%load(asked%from//online_ending, error)
      call check()
   end subroutine begin_run

   !> A physics that has no answer has failed like one whose answer ruins the state.
   subroutine look_for_trouble(physics)
      class(physics_t), intent(in) :: physics !! After a step.
      character(len=:), allocatable :: trouble
      call physics%find_trouble(trouble)
      if (.not. ring%is_true_anywhere(allocated(trouble))) return
      model%failed = .true.
      model%failure = "the physics of another rank has no answer"
      if (allocated(trouble)) model%failure = trouble
   end subroutine look_for_trouble

   !> Correct the network with the truth, and say how it goes.
   subroutine learn()
      call correction%learn(model, error)
      call check()
      if (modulo(step, max(1, asked%learn/10)) == 0) write (output_unit, "(a,i6,3(a,f9.4))") &
         "step", step, "  loss", correction%online%mean_loss, "  enthalpy misses", &
         correction%enthalpy, " W/m2, water", correction%water
      if (step < asked%learn .or. .not. allocated(asked%learned)) return
      call correction%online%trainer%save(asked%learned, error)
      call check()
   end subroutine learn

   !> What is written as the run goes on.
   subroutine write_files()
      if (allocated(asked%samples) .and. modulo(step, asked%every) == 0) then
         call training_data%add(model)
      end if
      if (allocated(asked%history) .and. modulo(step, history_steps) == 0) call records%add(model)
      if (asked%saves(step)) then
         call save_restart(model, asked%save, message)
         call check()
         if (asked%learn > 0) call correction%online%save(asked%save//online_ending, error)
         call check()
      end if
   end subroutine write_files

   !> Close the files, write the tables.
   subroutine end_run()
      call training_data%close_file()
      call records%close_file(message)
      call check()
      if (ring%rank /= 0) return
      call climate%write_tables(asked%folder, message)
      call check()
      call print_end()
   end subroutine end_run

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
         write (output_unit, "(a,i0,2a)") "failed at step ", step, ": ", model%failure
      else
         write (output_unit, "(a,i0)") "complete after step ", asked%steps
      end if
   end subroutine print_end

   !> Stop with a sentence where something went wrong.
   subroutine check()
      if (allocated(error)) message = error%message
      if (.not. allocated(message)) return
      write (error_unit, "(a)") "column_physics: "//message
      call abandon_all()
   end subroutine check

end program column_physics
