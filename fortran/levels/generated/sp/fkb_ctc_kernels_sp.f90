! Generated from train/fkb_ctc_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_ctc_kernels_sp`, each compiled for several processors.
module fkb_ctc_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: ctc_loss_of

   interface
      module subroutine ctc_loss_of(classes, steps, n, labels, logits, logs, forward, backward, loss, grad)
         integer, intent(in) :: classes, steps
         integer, intent(in) :: n
         integer, intent(in) :: labels(n)
         real(wp), intent(in) :: logits(classes, steps)
         real(dp), intent(out) :: logs(classes, steps)
         real(dp), intent(out) :: forward(0:n, 2, 0:steps)
         real(dp), intent(out) :: backward(0:n, 2)
         real(dp), intent(out) :: loss
         real(dp), intent(out) :: grad(classes, steps)
      end subroutine ctc_loss_of
   end interface

end module fkb_ctc_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_ctc_kernels_sp) fkb_ctc_kernels_levels_sp
   use fkb_ctc_kernels_sp_v1, only: ctc_loss_of_v1 => ctc_loss_of
   use fkb_ctc_kernels_sp_v3, only: ctc_loss_of_v3 => ctc_loss_of
   use fkb_ctc_kernels_sp_v4, only: ctc_loss_of_v4 => ctc_loss_of
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure ctc_loss_of
      select case (code_level)
      case (4)
         call ctc_loss_of_v4(classes, steps, n, labels, logits, logs, forward, backward, loss, grad)
      case (3)
         call ctc_loss_of_v3(classes, steps, n, labels, logits, logs, forward, backward, loss, grad)
      case default
         call ctc_loss_of_v1(classes, steps, n, labels, logits, logs, forward, backward, loss, grad)
      end select
   end procedure ctc_loss_of

end submodule fkb_ctc_kernels_levels_sp
