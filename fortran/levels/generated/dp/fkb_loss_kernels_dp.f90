! Generated from train/fkb_loss_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_loss_kernels_dp`, each compiled for several processors.
module fkb_loss_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: squared_error
   public :: absolute_error
   public :: huber_error
   public :: log_cosh_error
   public :: binary_from_logits
   public :: binary_from_probabilities
   public :: categorical_from_logits
   public :: categorical_from_probabilities
   public :: sparse_from_logits
   public :: sparse_from_probabilities

   interface
      module pure subroutine squared_error(n, m, t, p, w, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine squared_error

      module pure subroutine absolute_error(n, m, t, p, w, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine absolute_error

      module pure subroutine huber_error(n, m, t, p, w, delta, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m), delta
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine huber_error

      module pure subroutine log_cosh_error(n, m, t, p, w, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine log_cosh_error

      module pure subroutine binary_from_logits(n, m, t, z, w, keep, shift, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), z(n, m), w(m), keep, shift
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine binary_from_logits

      module pure subroutine binary_from_probabilities(n, m, t, p, w, keep, shift, e, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift, e
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine binary_from_probabilities

      module pure subroutine categorical_from_logits(n, m, t, z, w, keep, shift, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), z(n, m), w(m), keep, shift
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine categorical_from_logits

      module pure subroutine categorical_from_probabilities(n, m, t, p, w, keep, shift, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine categorical_from_probabilities

      module pure subroutine sparse_from_logits(n, m, labels, z, w, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: labels(m), z(n, m), w(m)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine sparse_from_logits

      module pure subroutine sparse_from_probabilities(n, m, labels, p, w, value, grad)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: labels(m), p(n, m), w(m)
         real(dp), intent(out) :: value
         real(wp), intent(out) :: grad(n, m)
      end subroutine sparse_from_probabilities
   end interface

end module fkb_loss_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_loss_kernels_dp) fkb_loss_kernels_levels_dp
   use fkb_loss_kernels_dp_v1, only: squared_error_v1 => squared_error, &
      absolute_error_v1 => absolute_error, huber_error_v1 => huber_error, &
      log_cosh_error_v1 => log_cosh_error, binary_from_logits_v1 => binary_from_logits, &
      binary_from_probabilities_v1 => binary_from_probabilities, &
      categorical_from_logits_v1 => categorical_from_logits, &
      categorical_from_probabilities_v1 => categorical_from_probabilities, &
      sparse_from_logits_v1 => sparse_from_logits, &
      sparse_from_probabilities_v1 => sparse_from_probabilities
   use fkb_loss_kernels_dp_v3, only: squared_error_v3 => squared_error, &
      absolute_error_v3 => absolute_error, huber_error_v3 => huber_error, &
      log_cosh_error_v3 => log_cosh_error, binary_from_logits_v3 => binary_from_logits, &
      binary_from_probabilities_v3 => binary_from_probabilities, &
      categorical_from_logits_v3 => categorical_from_logits, &
      categorical_from_probabilities_v3 => categorical_from_probabilities, &
      sparse_from_logits_v3 => sparse_from_logits, &
      sparse_from_probabilities_v3 => sparse_from_probabilities
   use fkb_loss_kernels_dp_v4, only: squared_error_v4 => squared_error, &
      absolute_error_v4 => absolute_error, huber_error_v4 => huber_error, &
      log_cosh_error_v4 => log_cosh_error, binary_from_logits_v4 => binary_from_logits, &
      binary_from_probabilities_v4 => binary_from_probabilities, &
      categorical_from_logits_v4 => categorical_from_logits, &
      categorical_from_probabilities_v4 => categorical_from_probabilities, &
      sparse_from_logits_v4 => sparse_from_logits, &
      sparse_from_probabilities_v4 => sparse_from_probabilities
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure squared_error
      select case (code_level)
      case (4)
         call squared_error_v4(n, m, t, p, w, value, grad)
      case (3)
         call squared_error_v3(n, m, t, p, w, value, grad)
      case default
         call squared_error_v1(n, m, t, p, w, value, grad)
      end select
   end procedure squared_error

   module procedure absolute_error
      select case (code_level)
      case (4)
         call absolute_error_v4(n, m, t, p, w, value, grad)
      case (3)
         call absolute_error_v3(n, m, t, p, w, value, grad)
      case default
         call absolute_error_v1(n, m, t, p, w, value, grad)
      end select
   end procedure absolute_error

   module procedure huber_error
      select case (code_level)
      case (4)
         call huber_error_v4(n, m, t, p, w, delta, value, grad)
      case (3)
         call huber_error_v3(n, m, t, p, w, delta, value, grad)
      case default
         call huber_error_v1(n, m, t, p, w, delta, value, grad)
      end select
   end procedure huber_error

   module procedure log_cosh_error
      select case (code_level)
      case (4)
         call log_cosh_error_v4(n, m, t, p, w, value, grad)
      case (3)
         call log_cosh_error_v3(n, m, t, p, w, value, grad)
      case default
         call log_cosh_error_v1(n, m, t, p, w, value, grad)
      end select
   end procedure log_cosh_error

   module procedure binary_from_logits
      select case (code_level)
      case (4)
         call binary_from_logits_v4(n, m, t, z, w, keep, shift, value, grad)
      case (3)
         call binary_from_logits_v3(n, m, t, z, w, keep, shift, value, grad)
      case default
         call binary_from_logits_v1(n, m, t, z, w, keep, shift, value, grad)
      end select
   end procedure binary_from_logits

   module procedure binary_from_probabilities
      select case (code_level)
      case (4)
         call binary_from_probabilities_v4(n, m, t, p, w, keep, shift, e, value, grad)
      case (3)
         call binary_from_probabilities_v3(n, m, t, p, w, keep, shift, e, value, grad)
      case default
         call binary_from_probabilities_v1(n, m, t, p, w, keep, shift, e, value, grad)
      end select
   end procedure binary_from_probabilities

   module procedure categorical_from_logits
      select case (code_level)
      case (4)
         call categorical_from_logits_v4(n, m, t, z, w, keep, shift, value, grad)
      case (3)
         call categorical_from_logits_v3(n, m, t, z, w, keep, shift, value, grad)
      case default
         call categorical_from_logits_v1(n, m, t, z, w, keep, shift, value, grad)
      end select
   end procedure categorical_from_logits

   module procedure categorical_from_probabilities
      select case (code_level)
      case (4)
         call categorical_from_probabilities_v4(n, m, t, p, w, keep, shift, value, grad)
      case (3)
         call categorical_from_probabilities_v3(n, m, t, p, w, keep, shift, value, grad)
      case default
         call categorical_from_probabilities_v1(n, m, t, p, w, keep, shift, value, grad)
      end select
   end procedure categorical_from_probabilities

   module procedure sparse_from_logits
      select case (code_level)
      case (4)
         call sparse_from_logits_v4(n, m, labels, z, w, value, grad)
      case (3)
         call sparse_from_logits_v3(n, m, labels, z, w, value, grad)
      case default
         call sparse_from_logits_v1(n, m, labels, z, w, value, grad)
      end select
   end procedure sparse_from_logits

   module procedure sparse_from_probabilities
      select case (code_level)
      case (4)
         call sparse_from_probabilities_v4(n, m, labels, p, w, value, grad)
      case (3)
         call sparse_from_probabilities_v3(n, m, labels, p, w, value, grad)
      case default
         call sparse_from_probabilities_v1(n, m, labels, p, w, value, grad)
      end select
   end procedure sparse_from_probabilities

end submodule fkb_loss_kernels_levels_dp
