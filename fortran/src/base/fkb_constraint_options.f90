!> Keras's constraints of weights by their names and options: plain data for the segments.
module fkb_constraint_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp
   use fkb_object_config, only: object_from_json
   use fkb_shape, only: max_rank, shape_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: constraint_t, constraint_from_json

   !> What a constraint does.
   integer, parameter, public :: constrain_nothing = 0, constrain_sign = 1, constrain_norm = 2, &
      constrain_unit = 3

   !> A constraint, applied after each step. Safe to copy.
   type :: constraint_t
      integer :: kind = constrain_nothing
      real(dp) :: low = 0                        !! least norm
      real(dp) :: high = 0                       !! largest norm
      real(dp) :: rate = 1                       !! share of the way to the norm between them
      logical :: summed(max_rank) = .false.      !! axes of a norm, storage order
   end type constraint_t

contains

   !> The constraint that a Keras configuration means: a name, `"non_neg"`, or an object,
   !> `{"class_name":"MaxNorm","config":{"max_value":3,"axis":0}}`.
   !> Raises an error for an unknown class, unknown options, and axes that the weight has not.
   subroutine constraint_from_json(given, shape, constraint, error)
      character(*), intent(in) :: given
      type(shape_t), intent(in) :: shape         !! of the weight, storage order
      type(constraint_t), intent(out) :: constraint
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: name, unread
      call object_from_json(given, 'constraint', name, config, error)
      config%class_name = name
      if (.not. allocated(error)) call read_options(name, config, shape, constraint, error)
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'the constraint '// &
                                      quote(name)//' has no option '//unread)
   end subroutine constraint_from_json

   subroutine read_options(name, config, shape, constraint, error)
      character(*), intent(in) :: name
      type(config_t), intent(inout) :: config
      type(shape_t), intent(in) :: shape
      type(constraint_t), intent(inout) :: constraint
      type(error_t), allocatable, intent(out) :: error
      select case (name)
      case ('NonNeg', 'non_neg', 'nonneg')
         constraint%kind = constrain_sign
         return
      case ('UnitNorm', 'unit_norm', 'unitnorm')
         constraint%kind = constrain_unit
      case ('MaxNorm', 'max_norm', 'maxnorm')
         constraint%kind = constrain_norm
         call config%get('max_value', constraint%high, error, default=2.0_dp)
      case ('MinMaxNorm', 'min_max_norm')
         constraint%kind = constrain_norm
         call config%get('min_value', constraint%low, error, default=0.0_dp)
         if (.not. allocated(error)) call config%get('max_value', constraint%high, error, &
                                                     default=1.0_dp)
         if (.not. allocated(error)) call config%get('rate', constraint%rate, error, &
                                                     default=1.0_dp)
      case ('RadialConstraint', 'radial_constraint')
         call raise(error, fkb_err_unsupported, 'the constraint '//quote(name)//', which Keras'// &
                    ' 3 has not, is not supported: train without it')
      case default
         call raise(error, fkb_err_unknown, 'the constraint '//quote(name)//' is not known: use'// &
                    ' one of Keras 3')
      end select
      if (allocated(error)) return
      if (min(constraint%low, constraint%high) < 0 .or. constraint%low > constraint%high) then
         call raise(error, fkb_err_argument, 'options "min_value" and "max_value" of the '// &
                    'constraint must be two norms in ascending order')
         return
      end if
      call read_axes(config, shape, constraint, error)
   end subroutine read_options

   !> Read the axes of a norm: one or several, null for all.
   subroutine read_axes(config, shape, constraint, error)
      type(config_t), intent(inout) :: config
      type(shape_t), intent(in) :: shape
      type(constraint_t), intent(inout) :: constraint
      type(error_t), allocatable, intent(out) :: error
      integer :: axes(max_rank), axis, i, n
      if (config%kind_of('axis') == 'null') then
         constraint%summed(:shape%rank) = .true.
         call config%ignore('axis')
         return
      end if
      call config%get_list('axis', axes, n, error, default=[0])
      if (allocated(error)) return
      do i = 1, n
         axis = axes(i)
         if (axis < 0) axis = axis + shape%rank
         if (axis < 0 .or. axis >= shape%rank) then
            call raise(error, fkb_err_argument, 'axis '//decimal(axes(i))//' of the constraint '// &
                       'is none of a weight of shape '//shape%text())
            return
         end if
         constraint%summed(shape%rank - axis) = .true.
      end do
   end subroutine read_axes

end module fkb_constraint_options
