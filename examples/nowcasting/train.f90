!> Trains a network on sequences of images.
!!
!!     nowcasting_train MODEL.fkb FOLDER TRAINED.fkb --learn taught|free|next [--begin OTHER.fkb]
!!        [--epochs 20] [--batch 16] [--past 7] [--patience 5] [--seed 1] [--table EPOCHS.csv]
!!
!! FOLDER holds train.frames and validation.frames. What is learned: `taught`, each frame from those
!! that are known and the true one before it; `free`, all from those that are known; `next`, after
!! each frame the next. --begin takes the weights of a network with layers of the same names. Loss
!! and optimizer are those that the model was compiled with in Keras. The training ends after so
!! many epochs without a better validation loss as --patience says, and keeps the best weights.
!! --seed 0: the sequences in the order of the file.
program nowcasting_train
   use fkb_sp, only: callbacks_t, csv_logger_t, early_stopping_t, error_t, network_t, progress_t, &
      trainer_t
   use nowcasting_options, only: options_t, read_options, stop_with
   use sequence_source, only: learn_free, learn_next, learn_taught, sequence_source_t
   implicit none (type, external)

   character(len=*), parameter :: name = "nowcasting_train"
   type(options_t) :: asked
   type(network_t), target :: net
   type(network_t) :: other
   type(trainer_t) :: trainer
   type(sequence_source_t), target :: sequences, validation
   type(early_stopping_t), target :: stopping
   type(csv_logger_t), target :: table
   type(progress_t), target :: progress
   type(callbacks_t) :: callbacks
   type(error_t), allocatable :: error
   character(len=:), allocatable :: message

   call read_options(asked, 3, name//" MODEL.fkb FOLDER TRAINED.fkb --learn taught|free|next"// &
      " [--begin OTHER.fkb] [--epochs 20] [--batch 16] [--past 7] [--patience 5] [--seed 1]"// &
      " [--table EPOCHS.csv]")
   call net%load(trim(asked%words(1)), error)
   call check()
   if (asked%begin /= "") then
      call other%load(trim(asked%begin), error)
      if (.not. allocated(error)) call net%copy_weights(other, "", error)
      call check()
   end if
   call open_source(sequences, "train")
   sequences%shuffle = asked%seed /= 0
   call open_source(validation, "validation")

   stopping = early_stopping_t(patience=asked%patience, restore_best_weights=.true.)
   call callbacks%add(stopping)
   if (asked%table /= "") then
      table%filename = trim(asked%table)
      call callbacks%add(table)
   end if
   call callbacks%add(progress)
   call trainer%init_from_file(net, error)
   call check()
   call trainer%fit(sequences, asked%epochs, error, validation=validation, callbacks=callbacks)
   call check()
   call trainer%save(trim(asked%words(3)), error)
   call check()

contains

   !> A source of the batches of one file.
   subroutine open_source(source, set)
      type(sequence_source_t), intent(inout) :: source
      character(len=*), intent(in) :: set
      call source%all%read(trim(asked%words(2))//"/"//set//".frames", message)
      call stop_with(name, message)
      source%past = asked%past
      source%batch_size = asked%batch
      select case (asked%lesson)
      case ("taught")
         source%lesson = learn_taught
      case ("free")
         source%lesson = learn_free
      case ("next")
         source%lesson = learn_next
      case default
         message = "--learn must be taught, free or next"
      end select
      call stop_with(name, message)
      source%seed = asked%seed
   end subroutine open_source

   !> Stop with the text of an error.
   subroutine check()
      if (allocated(error)) call stop_with(name, error%message)
   end subroutine check

end program nowcasting_train
