! Generated from train/fkb_ctc_kernels.fypp: edit that file and run tools/generate.py
!> Connectionist temporal classification of one sample: all paths that spell its labels.
!>
!> Source: A. Graves et al. (2006), Connectionist Temporal Classification, equations 6 to 16, in
!> logarithms, and in TensorFlow's form (`ctc_loss_dense`): states beyond the labels are there too,
!> and a path that begins or ends in a wrong state has the probability 1e-307, so that labels which
!> no path can spell have a finite loss.
module fkb_ctc_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: ctc_loss_of

   !> log(0); sums of it over many steps stay finite.
   real(dp), parameter :: nothing = -1e290_dp
   !> log(1e-307) in real32, TensorFlow's zero at both ends of a path.
   real(dp), parameter :: unlikely = -706.8936157226562_dp
   integer, parameter :: label = 1, blank = 2

contains

   !> loss = -log P(labels), grad = its derivative by the logits, whose first class is the blank.
   subroutine ctc_loss_of(classes, steps, n, labels, logits, logs, forward, backward, loss, grad)
      integer, intent(in) :: classes, steps
      integer, intent(in) :: n                                 !! places for labels
      integer, intent(in) :: labels(n)                         !! from 1; 0 behind the last
      real(wp), intent(in) :: logits(classes, steps)
      real(dp), intent(out) :: logs(classes, steps)            !! scratch: log softmax
      real(dp), intent(out) :: forward(0:n, 2, 0:steps)        !! scratch
      real(dp), intent(out) :: backward(0:n, 2)                !! scratch
      real(dp), intent(out) :: loss
      real(dp), intent(out) :: grad(classes, steps)
      integer :: ending, t
      ending = count(labels /= 0)
      forward(:, :, 0) = unlikely
      forward(0, label, 0) = 0
      do t = 1, steps
         call log_softmax(classes, logits(:, t), logs(:, t))
         call go_on(classes, n, labels, logs(:, t), forward(:, :, t - 1), forward(:, :, t))
      end do
      backward = unlikely
      backward(ending, :) = 0
      do t = steps, 1, -1
         call share_out(classes, n, labels, logs(:, t), forward(:, :, t), backward, grad(:, t))
         call go_back(classes, n, labels, logs(:, t), backward)
      end do
      loss = -backward(0, label)
   end subroutine ctc_loss_of

   pure subroutine log_softmax(n, x, y)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(dp), intent(out) :: y(n)
      y = real(x, dp) - maxval(real(x, dp))
      y = y - log(sum(exp(y)))
   end subroutine log_softmax

   !> Whether a path may go from label `i - 1` to label `i` without a blank between.
   pure logical function may_skip(n, labels, i)
      integer, intent(in) :: n, i
      integer, intent(in) :: labels(n)
      may_skip = i == 1
      if (i > 1) may_skip = labels(i) /= labels(i - 1)
   end function may_skip

   !> One step forward: all ways to each state, and what the step says of it.
   pure subroutine go_on(classes, n, labels, logs, before, now)
      integer, intent(in) :: classes, n
      integer, intent(in) :: labels(n)
      real(dp), intent(in) :: logs(classes)
      real(dp), intent(in) :: before(0:n, 2)
      real(dp), intent(out) :: now(0:n, 2)
      real(dp) :: skipped
      integer :: i
      now(0, label) = nothing
      do i = 1, n
         skipped = nothing
         if (may_skip(n, labels, i)) skipped = before(i - 1, label)
         now(i, label) = log_sum(before(i, label), before(i - 1, blank), skipped) + &
                         logs(labels(i) + 1)
      end do
      do i = 0, n
         now(i, blank) = log_sum(before(i, blank), before(i, label), nothing) + logs(1)
      end do
   end subroutine go_on

   !> One step back.
   pure subroutine go_back(classes, n, labels, logs, state)
      integer, intent(in) :: classes, n
      integer, intent(in) :: labels(n)
      real(dp), intent(in) :: logs(classes)
      real(dp), intent(inout) :: state(0:n, 2)
      real(dp) :: next, skipped
      integer :: i
      state(:, blank) = state(:, blank) + logs(1)
      do i = 1, n
         state(i, label) = state(i, label) + logs(labels(i) + 1)
      end do
      state(0, label) = nothing
      do i = 0, n
         next = nothing
         skipped = nothing
         if (i < n) then
            next = state(i + 1, label)
            if (may_skip(n, labels, i + 1)) skipped = next
         end if
         state(i, label) = log_sum(state(i, label), state(i, blank), skipped)
         state(i, blank) = log_sum(state(i, blank), next, nothing)
      end do
   end subroutine go_back

   !> The derivative by the logits of one step: the softmax less the probability of being at a
   !> label. States beyond the last label count for none, as in TensorFlow.
   pure subroutine share_out(classes, n, labels, logs, forward, backward, grad)
      integer, intent(in) :: classes, n
      integer, intent(in) :: labels(n)
      real(dp), intent(in) :: logs(classes)
      real(dp), intent(in) :: forward(0:n, 2), backward(0:n, 2)
      real(dp), intent(out) :: grad(classes)
      real(dp) :: top, total
      integer :: i
      top = maxval(forward + backward)
      total = sum(exp(forward + backward - top))
      grad = exp(logs)
      do i = 0, n
         grad(1) = grad(1) - exp(forward(i, blank) + backward(i, blank) - top)/total
      end do
      do i = 1, n
         if (labels(i) == 0) cycle
         grad(labels(i) + 1) = grad(labels(i) + 1) - &
                               exp(forward(i, label) + backward(i, label) - top)/total
      end do
   end subroutine share_out

   !> log(exp(a) + exp(b) + exp(c))
   pure real(dp) function log_sum(a, b, c)
      real(dp), intent(in) :: a, b, c
      real(dp) :: top
      top = max(a, b, c)
      log_sum = top + log(exp(a - top) + exp(b - top) + exp(c - top))
   end function log_sum

end module fkb_ctc_kernels_dp
