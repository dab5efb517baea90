! Generated from layers/fkb_reshape.fypp: edit that file and run tools/generate.py
!> Keras's `Reshape`: the same values under another shape.
module fkb_reshape_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: i8
   use fkb_identity_dp, only: identity_t
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: reshape_t

   !> Keras's `Reshape`.
   type, extends(identity_t) :: reshape_t
      integer :: rank = 0                      !! of the output
      integer :: target_shape(max_rank) = 1    !! storage order; at most one extent is -1
   contains
      procedure :: configure
      procedure :: lay_out
   end type reshape_t

contains

   subroutine configure(self, config, error)
      class(reshape_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: extents(max_rank), n
      if (config%count('target_shape') > max_rank) then
         call refuse_option(config, 'target_shape', 'the rank is too high', error)
         return
      end if
      call config%get_list('target_shape', extents, n, error, null_value=-1)
      if (allocated(error)) return
      if (any(extents(:n) < -1) .or. count(extents(:n) == -1) > 1) then
         call refuse_option(config, 'target_shape', &
                            'expected extents that are not negative, but for one -1', error)
         return
      end if
      self%rank = n
      self%target_shape(:n) = extents(n:1:-1)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(reshape_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer(i8) :: known
      integer :: i
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      out = shape_of(self%target_shape(:self%rank))
      if (in_shapes(1)%closed()) then
         known = 1
         do i = 1, out%rank
            if (out%extent(i) /= open_extent) known = known*out%extent(i)
            if (known > huge(1)) exit
         end do
         do i = 1, out%rank
            if (out%extent(i) /= open_extent .or. known == 0) cycle
            out%extent(i) = int(in_shapes(1)%count()/known)
         end do
         if (known <= huge(1)) known = out%count()
         if (known /= in_shapes(1)%count()) then
            call raise(error, fkb_err_argument, 'a tensor of shape '//in_shapes(1)%text()// &
                       ' cannot take the shape '//requested(self))
            return
         end if
      end if
      call add_output(plan, out, error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .true.
   end subroutine lay_out

   !> The option as it stands in messages.
   function requested(self) result(text)
      class(reshape_t), intent(in) :: self
      character(:), allocatable :: text
      type(shape_t) :: shape
      shape = shape_of(self%target_shape(:self%rank))
      text = shape%text()
   end function requested

end module fkb_reshape_dp
