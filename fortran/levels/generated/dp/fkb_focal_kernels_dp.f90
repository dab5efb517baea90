! Generated from train/fkb_focal_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_focal_kernels_dp`, each compiled for several processors.
module fkb_focal_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: binary_focal
   public :: categorical_focal
   public :: generalized
   public :: softmax_of
   public :: through_softmax

   interface
      module pure subroutine binary_focal(n, m, t, p, z, on_logits, w, keep, shift, e, gamma, balance, &
                                   value, grad, factor_grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), z(n, m), w(m), keep, shift, e, gamma, balance(2)
         logical, intent(in) :: on_logits
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m), factor_grad(n, m)
      end subroutine binary_focal

      module pure subroutine categorical_focal(n, m, t, p, w, keep, shift, gamma, alphas, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift, gamma, alphas(n)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine categorical_focal

      module pure subroutine generalized(n, m, labels, p, w, q, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: labels(m), p(n, m), w(m), q
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine generalized

      module pure subroutine softmax_of(n, m, z, p)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: z(n, m)
         real(wp), intent(out) :: p(n, m)
      end subroutine softmax_of

      module pure subroutine through_softmax(n, m, p, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: p(n, m)
         real(wp), intent(inout) :: grad(n, m)
      end subroutine through_softmax
   end interface

end module fkb_focal_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_focal_kernels_dp) fkb_focal_kernels_levels_dp
   use fkb_focal_kernels_dp_v1, only: binary_focal_v1 => binary_focal, &
      categorical_focal_v1 => categorical_focal, generalized_v1 => generalized, &
      softmax_of_v1 => softmax_of, through_softmax_v1 => through_softmax
   use fkb_focal_kernels_dp_v3, only: binary_focal_v3 => binary_focal, &
      categorical_focal_v3 => categorical_focal, generalized_v3 => generalized, &
      softmax_of_v3 => softmax_of, through_softmax_v3 => through_softmax
   use fkb_focal_kernels_dp_v4, only: binary_focal_v4 => binary_focal, &
      categorical_focal_v4 => categorical_focal, generalized_v4 => generalized, &
      softmax_of_v4 => softmax_of, through_softmax_v4 => through_softmax
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure binary_focal
      select case (code_level)
      case (4)
         call binary_focal_v4(n, m, t, p, z, on_logits, w, keep, shift, e, gamma, balance, value, &
                              grad, factor_grad)
      case (3)
         call binary_focal_v3(n, m, t, p, z, on_logits, w, keep, shift, e, gamma, balance, value, &
                              grad, factor_grad)
      case default
         call binary_focal_v1(n, m, t, p, z, on_logits, w, keep, shift, e, gamma, balance, value, &
                              grad, factor_grad)
      end select
   end procedure binary_focal

   module procedure categorical_focal
      select case (code_level)
      case (4)
         call categorical_focal_v4(n, m, t, p, w, keep, shift, gamma, alphas, value, grad)
      case (3)
         call categorical_focal_v3(n, m, t, p, w, keep, shift, gamma, alphas, value, grad)
      case default
         call categorical_focal_v1(n, m, t, p, w, keep, shift, gamma, alphas, value, grad)
      end select
   end procedure categorical_focal

   module procedure generalized
      select case (code_level)
      case (4)
         call generalized_v4(n, m, labels, p, w, q, value, grad)
      case (3)
         call generalized_v3(n, m, labels, p, w, q, value, grad)
      case default
         call generalized_v1(n, m, labels, p, w, q, value, grad)
      end select
   end procedure generalized

   module procedure softmax_of
      select case (code_level)
      case (4)
         call softmax_of_v4(n, m, z, p)
      case (3)
         call softmax_of_v3(n, m, z, p)
      case default
         call softmax_of_v1(n, m, z, p)
      end select
   end procedure softmax_of

   module procedure through_softmax
      select case (code_level)
      case (4)
         call through_softmax_v4(n, m, p, grad)
      case (3)
         call through_softmax_v3(n, m, p, grad)
      case default
         call through_softmax_v1(n, m, p, grad)
      end select
   end procedure through_softmax

end submodule fkb_focal_kernels_levels_dp
