! Generated from train/fkb_moment_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_moment_kernels_sp`, each compiled for several processors.
module fkb_moment_kernels_sp
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: adamax_update
   public :: nadam_update
   public :: lion_update
   public :: lamb_direction

   interface
      module pure subroutine adamax_update(n, rate, c1, beta_2, rest, epsilon, g, m, u, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, beta_2, epsilon, g(n)
         real(wp), intent(in) :: c1
         real(wp), intent(in) :: rest
         real(wp), intent(inout) :: m(n), u(n), w(n)
      end subroutine adamax_update

      module pure subroutine nadam_update(n, rate, c, next, next_rest, now, now_rest, rest, epsilon, g, m, &
                                   v, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, epsilon, g(n)
         real(wp), intent(in) :: c(2)
         real(wp), intent(in) :: next, next_rest
         real(wp), intent(in) :: now, now_rest
         real(wp), intent(in) :: rest
         real(wp), intent(inout) :: m(n), v(n), w(n)
      end subroutine nadam_update

      module pure subroutine lion_update(n, rate, beta_1, beta_2, g, m, w)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: rate, beta_1, beta_2, g(n)
         real(wp), intent(inout) :: m(n), w(n)
      end subroutine lion_update

      module pure subroutine lamb_direction(n, c1, c2, rest_1, rest_2, epsilon, m, v, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: c1, c2
         real(wp), intent(in) :: rest_1, rest_2
         real(wp), intent(in) :: epsilon
         real(wp), intent(inout) :: m(n), v(n), g(n)
      end subroutine lamb_direction
   end interface

end module fkb_moment_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_moment_kernels_sp) fkb_moment_kernels_levels_sp
   use fkb_moment_kernels_sp_v1, only: adamax_update_v1 => adamax_update, &
      nadam_update_v1 => nadam_update, lion_update_v1 => lion_update, &
      lamb_direction_v1 => lamb_direction
   use fkb_moment_kernels_sp_v3, only: adamax_update_v3 => adamax_update, &
      nadam_update_v3 => nadam_update, lion_update_v3 => lion_update, &
      lamb_direction_v3 => lamb_direction
   use fkb_moment_kernels_sp_v4, only: adamax_update_v4 => adamax_update, &
      nadam_update_v4 => nadam_update, lion_update_v4 => lion_update, &
      lamb_direction_v4 => lamb_direction
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure adamax_update
      select case (code_level)
      case (4)
         call adamax_update_v4(n, rate, c1, beta_2, rest, epsilon, g, m, u, w)
      case (3)
         call adamax_update_v3(n, rate, c1, beta_2, rest, epsilon, g, m, u, w)
      case default
         call adamax_update_v1(n, rate, c1, beta_2, rest, epsilon, g, m, u, w)
      end select
   end procedure adamax_update

   module procedure nadam_update
      select case (code_level)
      case (4)
         call nadam_update_v4(n, rate, c, next, next_rest, now, now_rest, rest, epsilon, g, m, v, w)
      case (3)
         call nadam_update_v3(n, rate, c, next, next_rest, now, now_rest, rest, epsilon, g, m, v, w)
      case default
         call nadam_update_v1(n, rate, c, next, next_rest, now, now_rest, rest, epsilon, g, m, v, w)
      end select
   end procedure nadam_update

   module procedure lion_update
      select case (code_level)
      case (4)
         call lion_update_v4(n, rate, beta_1, beta_2, g, m, w)
      case (3)
         call lion_update_v3(n, rate, beta_1, beta_2, g, m, w)
      case default
         call lion_update_v1(n, rate, beta_1, beta_2, g, m, w)
      end select
   end procedure lion_update

   module procedure lamb_direction
      select case (code_level)
      case (4)
         call lamb_direction_v4(n, c1, c2, rest_1, rest_2, epsilon, m, v, g)
      case (3)
         call lamb_direction_v3(n, c1, c2, rest_1, rest_2, epsilon, m, v, g)
      case default
         call lamb_direction_v1(n, c1, c2, rest_1, rest_2, epsilon, m, v, g)
      end select
   end procedure lamb_direction

end submodule fkb_moment_kernels_levels_sp
