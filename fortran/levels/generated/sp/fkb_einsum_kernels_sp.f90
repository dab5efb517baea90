! Generated from kernels/fkb_einsum_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_einsum_kernels_sp`, each compiled for several processors.
module fkb_einsum_kernels_sp
   use fkb_einsum, only: einsum_size
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: einsum_forward
   public :: einsum_backward_a
   public :: einsum_backward_b
   public :: einsum_arrange
   public :: einsum_add_back

   interface
      module pure subroutine einsum_forward(settings, n_a, n_b, n_y, a, b, y, work)
         integer, intent(in) :: settings(einsum_size)
         integer, intent(in) :: n_a, n_b, n_y
         real(wp), intent(in) :: a(n_a), b(n_b)
         real(wp), intent(inout) :: y(n_y)
         real(wp), intent(inout) :: work(*)
      end subroutine einsum_forward

      module pure subroutine einsum_backward_a(settings, n_a, n_b, n_y, b, dy, beta, da, work)
         integer, intent(in) :: settings(einsum_size)
         integer, intent(in) :: n_a, n_b, n_y
         real(wp), intent(in) :: b(n_b), dy(n_y)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: da(n_a), work(*)
      end subroutine einsum_backward_a

      module pure subroutine einsum_backward_b(settings, n_a, n_b, n_y, a, dy, beta, db, work)
         integer, intent(in) :: settings(einsum_size)
         integer, intent(in) :: n_a, n_b, n_y
         real(wp), intent(in) :: a(n_a), dy(n_y)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: db(n_b), work(*)
      end subroutine einsum_backward_b

      module pure subroutine einsum_arrange(settings, at, n, x, n_arranged, arranged)
         integer, intent(in) :: settings(einsum_size), at
         integer, intent(in) :: n, n_arranged
         real(wp), intent(in) :: x(n)
         real(wp), intent(out) :: arranged(n_arranged)
      end subroutine einsum_arrange

      module pure subroutine einsum_add_back(settings, at, n_arranged, arranged, n, x)
         integer, intent(in) :: settings(einsum_size), at
         integer, intent(in) :: n, n_arranged
         real(wp), intent(in) :: arranged(n_arranged)
         real(wp), intent(inout) :: x(n)
      end subroutine einsum_add_back
   end interface

end module fkb_einsum_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_einsum_kernels_sp) fkb_einsum_kernels_levels_sp
   use fkb_einsum_kernels_sp_v1, only: einsum_forward_v1 => einsum_forward, &
      einsum_backward_a_v1 => einsum_backward_a, einsum_backward_b_v1 => einsum_backward_b, &
      einsum_arrange_v1 => einsum_arrange, einsum_add_back_v1 => einsum_add_back
   use fkb_einsum_kernels_sp_v3, only: einsum_forward_v3 => einsum_forward, &
      einsum_backward_a_v3 => einsum_backward_a, einsum_backward_b_v3 => einsum_backward_b, &
      einsum_arrange_v3 => einsum_arrange, einsum_add_back_v3 => einsum_add_back
   use fkb_einsum_kernels_sp_v4, only: einsum_forward_v4 => einsum_forward, &
      einsum_backward_a_v4 => einsum_backward_a, einsum_backward_b_v4 => einsum_backward_b, &
      einsum_arrange_v4 => einsum_arrange, einsum_add_back_v4 => einsum_add_back
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure einsum_forward
      select case (code_level)
      case (4)
         call einsum_forward_v4(settings, n_a, n_b, n_y, a, b, y, work)
      case (3)
         call einsum_forward_v3(settings, n_a, n_b, n_y, a, b, y, work)
      case default
         call einsum_forward_v1(settings, n_a, n_b, n_y, a, b, y, work)
      end select
   end procedure einsum_forward

   module procedure einsum_backward_a
      select case (code_level)
      case (4)
         call einsum_backward_a_v4(settings, n_a, n_b, n_y, b, dy, beta, da, work)
      case (3)
         call einsum_backward_a_v3(settings, n_a, n_b, n_y, b, dy, beta, da, work)
      case default
         call einsum_backward_a_v1(settings, n_a, n_b, n_y, b, dy, beta, da, work)
      end select
   end procedure einsum_backward_a

   module procedure einsum_backward_b
      select case (code_level)
      case (4)
         call einsum_backward_b_v4(settings, n_a, n_b, n_y, a, dy, beta, db, work)
      case (3)
         call einsum_backward_b_v3(settings, n_a, n_b, n_y, a, dy, beta, db, work)
      case default
         call einsum_backward_b_v1(settings, n_a, n_b, n_y, a, dy, beta, db, work)
      end select
   end procedure einsum_backward_b

   module procedure einsum_arrange
      select case (code_level)
      case (4)
         call einsum_arrange_v4(settings, at, n, x, n_arranged, arranged)
      case (3)
         call einsum_arrange_v3(settings, at, n, x, n_arranged, arranged)
      case default
         call einsum_arrange_v1(settings, at, n, x, n_arranged, arranged)
      end select
   end procedure einsum_arrange

   module procedure einsum_add_back
      select case (code_level)
      case (4)
         call einsum_add_back_v4(settings, at, n_arranged, arranged, n, x)
      case (3)
         call einsum_add_back_v3(settings, at, n_arranged, arranged, n, x)
      case default
         call einsum_add_back_v1(settings, at, n_arranged, arranged, n, x)
      end select
   end procedure einsum_add_back

end submodule fkb_einsum_kernels_levels_sp
