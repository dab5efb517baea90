!> Transform steps that are no straight lines: logarithms, exponentials, powers and tables, and
!> their inverses, element by element in real64.
module fkb_curve
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: curve_value, curve_inverse

   !> Kinds of curves; the numbers are those of the file's steps.
   integer, parameter, public :: step_log10 = 6, step_ln = 7, step_exp10 = 8, step_exp = 9, &
      step_power = 10, step_interpolate = 11

contains

   !> log10(max(x, a)), ln(max(x, a)), 10**(a x), exp(a x), sign(x) |x|**a, or a table. NaN stays.
   pure real(dp) function curve_value(kind, a, knots, levels, x) result(y)
      integer, intent(in) :: kind
      real(dp), intent(in) :: a                      !! floor, factor or exponent
      real(dp), intent(in) :: knots(:), levels(:)    !! of a table
      real(dp), intent(in) :: x
      y = x
      select case (kind)
      case (step_log10)
         if (y < a) y = a
         y = log10(y)
      case (step_ln)
         if (y < a) y = a
         y = log(y)
      case (step_exp10)
         y = 10.0_dp**(a*x)
      case (step_exp)
         y = exp(a*x)
      case (step_power)
         y = sign(abs(x)**a, x)
      case default
         y = interpolated(knots, levels, x)
      end select
   end function curve_value

   !> What `curve_value` makes `y` of; of a logarithm at its floor the floor.
   pure real(dp) function curve_inverse(kind, a, knots, levels, y) result(x)
      integer, intent(in) :: kind
      real(dp), intent(in) :: a                      !! floor, factor or exponent
      real(dp), intent(in) :: knots(:), levels(:)    !! of a table
      real(dp), intent(in) :: y
      select case (kind)
      case (step_log10)
         x = 10.0_dp**y
      case (step_ln)
         x = exp(y)
      case (step_exp10)
         x = log10(y)/a
      case (step_exp)
         x = log(y)/a
      case (step_power)
         x = sign(abs(y)**(1/a), y)
      case default
         if (levels(1) < levels(size(levels))) then
            x = interpolated(levels, knots, y)
         else
            x = interpolated(levels(size(levels):1:-1), knots(size(knots):1:-1), y)
         end if
      end select
   end function curve_inverse

   !> Linear between the knots, constant outside. NaN stays.
   pure real(dp) function interpolated(knots, levels, x) result(y)
      real(dp), intent(in) :: knots(:)               !! strictly ascending
      real(dp), intent(in) :: levels(:)
      real(dp), intent(in) :: x
      integer :: high, low, middle
      low = 1
      high = size(knots)
      if (.not. x > knots(1)) then
         y = levels(1)
         if (.not. abs(x) >= 0) y = x
         return
      else if (x >= knots(high)) then
         y = levels(high)
         return
      end if
      do while (high - low > 1)
         middle = (low + high)/2
         if (x >= knots(middle)) then
            low = middle
         else
            high = middle
         end if
      end do
      y = (levels(high) - levels(low))/(knots(high) - knots(low))*(x - knots(low)) + levels(low)
   end function interpolated

end module fkb_curve
