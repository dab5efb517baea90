!> What becomes of shapes side by side, and of shapes that are repeated to fit each other.
module fkb_shape_rules
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: i8
   use fkb_shape, only: open_extent, shape_t
   implicit none (type, external)
   private
   public :: join_shapes, widen_shape

contains

   !> Lengthen `out` by another shape.
   subroutine join_shapes(out, other, along, error)
      type(shape_t), intent(inout) :: out           !! unchanged where there is an error
      type(shape_t), intent(in) :: other
      integer, intent(in) :: along                  !! storage dimension that grows
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: joined
      integer(i8) :: total
      integer :: i
      logical :: fits
      joined = out
      fits = out%rank == other%rank
      do i = 1, out%rank
         if (i == along .or. .not. fits) cycle
         if (joined%extent(i) == open_extent) joined%extent(i) = other%extent(i)
         fits = other%extent(i) == joined%extent(i) .or. other%extent(i) == open_extent
      end do
      if (out%extent(along) == open_extent .or. other%extent(along) == open_extent) then
         total = open_extent
      else
         total = int(out%extent(along), i8) + other%extent(along)
      end if
      if (.not. fits .or. total > huge(1)) then
         call raise(error, fkb_err_argument, 'the shapes '//out%text()//' and '//other%text()// &
                    ' cannot be concatenated')
         return
      end if
      joined%extent(along) = int(total)
      out = joined
   end subroutine join_shapes

   !> The shape that both shapes can be repeated to. A missing dimension counts as 1.
   subroutine widen_shape(out, other, error)
      type(shape_t), intent(inout) :: out           !! unchanged where there is an error
      type(shape_t), intent(in) :: other
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: wide
      integer :: i
      wide = out
      wide%rank = max(out%rank, other%rank)
      do i = 1, wide%rank
         if (out%extent(i) == other%extent(i) .or. other%extent(i) == 1) cycle
         if (out%extent(i) == 1) then
            wide%extent(i) = other%extent(i)
         else if (out%extent(i) == open_extent .or. other%extent(i) == open_extent) then
            wide%extent(i) = max(out%extent(i), other%extent(i))
         else
            call raise(error, fkb_err_argument, 'the shapes '//out%text()//' and '// &
                       other%text()//' do not fit together')
            return
         end if
      end do
      out = wide
   end subroutine widen_shape

end module fkb_shape_rules
