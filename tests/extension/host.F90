!> A simulator in small: loads a network with this project's layers, predicts, trains it with this
!> project's loss and optimizer and saves it.
!>
!>     host MODEL.fkb FOLDER BATCH
!>
!> FOLDER holds x.bin and y.bin, real64, sample after sample. The first BATCH samples are predicted
!> (before.bin) and give a gradient (gradient.bin); then each following BATCH is a training step
!> (losses.bin). At last the first samples are predicted again (after.bin) and evaluated
!> (logs.bin: loss and metrics), and trained.fkb holds the network with its optimizer's state.
program host
   use FKB_KIND, only: dp, error_t, logs_t, loss_registry_t, metric_registry_t, network_t, &
      optimizer_registry_t, registry_t, trainer_t, workspace_t, wp
   use my_extension, only: add_my_layers, add_my_losses, add_my_metrics, add_my_optimizers
   implicit none (type, external)
   type(registry_t) :: registry
   type(loss_registry_t) :: losses
   type(metric_registry_t) :: metrics
   type(logs_t) :: logs
   type(optimizer_registry_t) :: optimizers
   type(network_t), target :: net
   type(workspace_t) :: work
   type(trainer_t) :: trainer
   type(error_t), allocatable :: error
   character(:), allocatable :: model, folder
   character(12) :: word
   real(dp), allocatable :: x(:, :), y(:, :), y_pred(:, :), history(:)
   real(wp), allocatable :: gradient(:)
   integer :: batch, step
   real(dp) :: loss

   model = argument(1)
   folder = argument(2)//'/'
   call get_command_argument(3, word)
   read (word, *) batch

   call add_my_layers(registry, error)
   call stop_at(error)
   call add_my_losses(losses, error)
   call stop_at(error)
   call add_my_optimizers(optimizers, error)
   call stop_at(error)
   call add_my_metrics(metrics, error)
   call stop_at(error)
   call net%load(model, error, registry=registry)
   call stop_at(error)
   call net%check_samples(work, error)
   call stop_at(error)
   call read_columns(folder//'x.bin', net%input_features(1), x)
   call read_columns(folder//'y.bin', net%output_features(1), y)

   allocate (y_pred(net%output_features(1), batch), source=0.0_dp)
   call net%predict(x(:, :batch), y_pred, work, error)
   call stop_at(error)
   call write_values(folder//'before.bin', reshape(y_pred, [size(y_pred)]))

   call trainer%init_from_file(net, error, registry=losses, optimizers=optimizers)
   call stop_at(error)
   allocate (gradient(size(net%params)))
   call trainer%gradient(x(:, :batch), y(:, :batch), loss, gradient, error)
   call stop_at(error)
   call write_values(folder//'gradient.bin', real(gradient, dp))

   allocate (history(size(x, 2)/batch - 1))
   do step = 1, size(history)
      associate (first => step*batch + 1, last => (step + 1)*batch)
         call trainer%step(x(:, first:last), y(:, first:last), history(step), error)
      end associate
      call stop_at(error)
   end do
   call write_values(folder//'losses.bin', history)

   call net%predict(x(:, :batch), y_pred, work, error)
   call stop_at(error)
   call write_values(folder//'after.bin', reshape(y_pred, [size(y_pred)]))
   call trainer%use_metrics(error, registry=metrics)
   call stop_at(error)
   call trainer%evaluate(x(:, :batch), y(:, :batch), loss, error, batch_size=batch, logs=logs)
   call stop_at(error)
   call write_values(folder//'logs.bin', [loss, logs%get('hit_rate')])
   call trainer%save(folder//'trained.fkb', error)
   call stop_at(error)

   call trainer%clear()
   call work%clear()
   call net%clear()
   call losses%clear()
   call metrics%clear()
   call optimizers%clear()
   call registry%clear()

contains

   !> End the program with the sentence of an error.
   subroutine stop_at(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      print '(a)', error%message
      error stop 1
   end subroutine stop_at

   !> A word of the command line.
   function argument(number) result(text)
      integer, intent(in) :: number
      character(:), allocatable :: text
      integer :: length
      call get_command_argument(number, length=length)
      allocate (character(length) :: text)
      call get_command_argument(number, text)
   end function argument

   !> All values of a file, `rows` in a column.
   subroutine read_columns(path, rows, values)
      character(*), intent(in) :: path
      integer, intent(in) :: rows
      real(dp), allocatable, intent(out) :: values(:, :)
      integer :: unit, bytes
      open (newunit=unit, file=path, access='stream', form='unformatted', action='read', &
            status='old')
      inquire (unit=unit, size=bytes)
      allocate (values(rows, bytes/(8*rows)))
      read (unit) values
      close (unit)
   end subroutine read_columns

   subroutine write_values(path, values)
      character(*), intent(in) :: path
      real(dp), intent(in) :: values(:)
      integer :: unit
      open (newunit=unit, file=path, access='stream', form='unformatted', action='write', &
            status='replace')
      write (unit) values
      close (unit)
   end subroutine write_values

end program host
