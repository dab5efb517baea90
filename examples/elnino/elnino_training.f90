!> Train a network on chosen pairs: **where FKB learns**.
module elnino_training
   use fkb_sp, only: adam_t, cosine_decay_t, dp, error_t, mean_squared_error_t, network_t, &
      trainer_t, wp
   use elnino_groups, only: put_in_order
   implicit none (type, external)
   private
   public :: plan_t, train

   !> How long and how fast.
   type :: plan_t
      integer :: epochs = 12
      !> Learning rate of Adam at the first step; it falls to nothing as a cosine.
      real(dp) :: rate = 2e-3_dp
      integer :: batch = 8
      !> Of the orders.
      integer :: seed = 1
   end type plan_t

contains

   !> Train all layers on the pairs of a list, and give the mean loss of each epoch.
   subroutine train(net, samples, targets, list, plan, losses, error)
      type(network_t), intent(inout), target :: net !! Trained from the weights that it has.
      real(wp), intent(in) :: samples(:, :) !! (sample_size, pair).
      real(wp), intent(in) :: targets(:, :) !! (month_size, pair).
      integer, intent(in) :: list(:) !! The pairs to learn from.
      type(plan_t), intent(in) :: plan !! How.
      real(dp), intent(out) :: losses(:) !! (epoch).
      type(error_t), allocatable, intent(out) :: error !! Whatever the trainer raises.
      type(trainer_t) :: trainer
      type(adam_t) :: adam
      real(wp), allocatable :: x(:, :), y(:, :)
      integer :: order(size(list)), epoch, first, last
      real(wp) :: loss
      losses = 0.0_dp
      allocate (x(size(samples, 1), plan%batch), y(size(targets, 1), plan%batch))
      call adam%set_schedule(cosine_decay_t(initial_learning_rate=plan%rate, &
         decay_steps=real(plan%epochs*steps(size(list), plan%batch), dp)))
      call trainer%init(net, mean_squared_error_t(), adam, error)
      if (allocated(error)) return
      order = list
      do epoch = 1, plan%epochs
         call put_in_order(order, plan%seed, epoch)
         do first = 1, size(order), plan%batch
            last = min(first + plan%batch - 1, size(order))
            associate (n => last - first + 1)
               x(:, :n) = samples(:, order(first:last))
               y(:, :n) = targets(:, order(first:last))
               call trainer%step(x(:, :n), y(:, :n), loss, error)
               if (allocated(error)) exit
               losses(epoch) = losses(epoch) + real(n, dp)*loss/size(order)
            end associate
         end do
         if (allocated(error)) exit
      end do
      call trainer%clear()
   end subroutine train

   !> Batches of an epoch.
   pure integer function steps(pairs, batch)
      integer, intent(in) :: pairs, batch !! Pairs in all and of a batch.
      steps = (pairs + batch - 1)/batch
   end function steps

end module elnino_training
