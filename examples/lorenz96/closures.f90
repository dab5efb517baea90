!> What may stand for the unresolved scale in the coarse model: nothing, or a fitted polynomial. A
!! network is one more extension of closure_t, elsewhere: nothing here knows about networks.
module closures
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use climate, only: quartic_t
   implicit none (type, external)
   private
   public :: closure_t, constant_closure_t, quartic_closure_t

   !> Tells the closure term B of each slow variable X.
   type, abstract :: closure_t
   contains
      procedure(find_closure), deferred :: find
   end type closure_t

   !> B is the same everywhere, by default nothing.
   type, extends(closure_t) :: constant_closure_t
      real(wp) :: b = 0.0_wp
   contains
      procedure :: find => find_constant
   end type constant_closure_t

   !> B is a polynomial of X of fourth degree. Source: D. S. Wilks (2005), Q. J. R. Meteorol. Soc.
   !! 131, 389.
   type, extends(closure_t) :: quartic_closure_t
      type(quartic_t) :: curve
   contains
      procedure :: find => find_quartic
   end type quartic_closure_t

   abstract interface
      !> B of some X.
      subroutine find_closure(self, x, b)
         import :: closure_t, wp
         implicit none (type, external)
         class(closure_t), intent(inout) :: self
         real(wp), intent(in) :: x(:) !! Slow variables, any number.
         real(wp), intent(out) :: b(:) !! Their closure term, as many.
      end subroutine find_closure
   end interface

contains

   !> The constant for each X.
   subroutine find_constant(self, x, b)
      class(constant_closure_t), intent(inout) :: self
      real(wp), intent(in) :: x(:) !! Slow variables, any number.
      real(wp), intent(out) :: b(:) !! Their closure term, as many.
      b(:size(x)) = self%b
   end subroutine find_constant

   !> The polynomial of each X.
   subroutine find_quartic(self, x, b)
      class(quartic_closure_t), intent(inout) :: self
      real(wp), intent(in) :: x(:) !! Slow variables, any number.
      real(wp), intent(out) :: b(:) !! Their closure term, as many.
      b = self%curve%evaluate(x)
   end subroutine find_quartic

end module closures
