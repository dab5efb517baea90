! Generated from kernels/fkb_ssim_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_ssim_kernels_sp`, each compiled for several processors.
module fkb_ssim_kernels_sp
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: gaussian_window
   public :: similarity

   interface
      module pure subroutine gaussian_window(n, sigma, window)
         integer, intent(in) :: n
         real(dp), intent(in) :: sigma
         real(dp), intent(out) :: window(n)
      end subroutine gaussian_window

      module pure subroutine similarity(nx, ny, n, window, c1, c2, t, p, value, grad)
         integer, intent(in) :: nx, ny
         integer, intent(in) :: n
         real(dp), intent(in) :: window(n)
         real(dp), intent(in) :: c1, c2
         real(dp), intent(in) :: t(nx, ny), p(nx, ny)
         real(dp), intent(out) :: value
         real(dp), intent(out) :: grad(nx, ny)
      end subroutine similarity
   end interface

end module fkb_ssim_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_ssim_kernels_sp) fkb_ssim_kernels_levels_sp
   use fkb_ssim_kernels_sp_v1, only: gaussian_window_v1 => gaussian_window, &
      similarity_v1 => similarity
   use fkb_ssim_kernels_sp_v3, only: gaussian_window_v3 => gaussian_window, &
      similarity_v3 => similarity
   use fkb_ssim_kernels_sp_v4, only: gaussian_window_v4 => gaussian_window, &
      similarity_v4 => similarity
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure gaussian_window
      select case (code_level)
      case (4)
         call gaussian_window_v4(n, sigma, window)
      case (3)
         call gaussian_window_v3(n, sigma, window)
      case default
         call gaussian_window_v1(n, sigma, window)
      end select
   end procedure gaussian_window

   module procedure similarity
      select case (code_level)
      case (4)
         call similarity_v4(nx, ny, n, window, c1, c2, t, p, value, grad)
      case (3)
         call similarity_v3(nx, ny, n, window, c1, c2, t, p, value, grad)
      case default
         call similarity_v1(nx, ny, n, window, c1, c2, t, p, value, grad)
      end select
   end procedure similarity

end submodule fkb_ssim_kernels_levels_sp
