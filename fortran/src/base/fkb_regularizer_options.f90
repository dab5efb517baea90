!> Keras's regularizers by their names and options: plain data for weights and activities.
module fkb_regularizer_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp
   use fkb_object_config, only: object_from_json
   use fkb_rounding, only: rounded_to_single
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: regularizer_t, regularizer_from_json, round_factor

   !> l1 sum |x| + l2 sum x^2 + `orthogonal` times the mean of |u_i u_j| over pairs of rows or
   !> columns u of length 1. Safe to copy.
   type :: regularizer_t
      real(dp) :: l1 = 0
      real(dp) :: l2 = 0
      real(dp) :: orthogonal = 0
      logical :: columns = .false.          !! Keras's columns, not rows, are to be orthogonal
      real(dp) :: floor = 1e-7_dp           !! least norm that is divided by
   contains
      procedure :: acts
   end type regularizer_t

contains

   !> Whether it adds anything to the loss.
   elemental logical function acts(self)
      class(regularizer_t), intent(in) :: self
      acts = self%l1 > 0 .or. self%l2 > 0 .or. self%orthogonal > 0
   end function acts

   !> The regularizer that a Keras configuration means: a name, `"l2"`, or an object,
   !> `{"class_name":"OrthogonalRegularizer","config":{"factor":0.1,"mode":"columns"}}`.
   !> Raises an error for an unknown class, and for options that are unknown or out of range.
   subroutine regularizer_from_json(given, keras_major, regularizer, error)
      character(*), intent(in) :: given
      integer, intent(in) :: keras_major
      type(regularizer_t), intent(out) :: regularizer
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: name, unread
      call object_from_json(given, 'regularizer', name, config, error)
      config%class_name = name
      if (.not. allocated(error)) call read_options(name, config, keras_major, regularizer, error)
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'the regularizer '// &
                                      quote(name)//' has no option '//unread)
   end subroutine regularizer_from_json

   subroutine read_options(name, config, keras_major, regularizer, error)
      character(*), intent(in) :: name
      type(config_t), intent(inout) :: config
      integer, intent(in) :: keras_major
      type(regularizer_t), intent(inout) :: regularizer
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: mode
      select case (name)
      case ('L1', 'l1')
         call read_factor(config, 'l1', keras_major, regularizer%l1, error)
      case ('L2', 'l2')
         call read_factor(config, 'l2', keras_major, regularizer%l2, error)
      case ('L1L2', 'l1_l2')
         call read_factor(config, 'l1', keras_major, regularizer%l1, error)
         if (.not. allocated(error)) call read_factor(config, 'l2', keras_major, regularizer%l2, &
                                                      error)
      case ('OrthogonalRegularizer', 'orthogonal_regularizer')
         call read_factor(config, 'factor', keras_major, regularizer%orthogonal, error)
         if (.not. allocated(error)) call config%get('mode', mode, error, default='rows')
         if (allocated(error)) return
         regularizer%columns = mode == 'columns'
         if (keras_major < 3) regularizer%floor = 1e-6_dp
         if (mode /= 'rows' .and. mode /= 'columns') then
            call raise(error, fkb_err_argument, 'option "mode" of the regularizer is '// &
                       quote(mode)//', not "rows" or "columns"')
         end if
      case default
         call raise(error, fkb_err_unknown, 'the regularizer '//quote(name)//' is not known:'// &
                    ' use one of Keras, or a loss of your own')
      end select
   end subroutine read_options

   !> Read a factor, 0.01 where the file names none.
   subroutine read_factor(config, key, keras_major, factor, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(in) :: keras_major
      real(dp), intent(out) :: factor
      type(error_t), allocatable, intent(out) :: error
      call config%get(key, factor, error, default=0.01_dp)
      if (allocated(error)) return
      if (factor < 0) call raise(error, fkb_err_argument, 'option '//quote(key)//' of the '// &
                                 'regularizer must not be negative')
      call round_factor(keras_major, factor)
   end subroutine read_factor

   !> Keras 3 casts the factors of regularizers through real32 whatever the kind.
   pure subroutine round_factor(keras_major, factor)
      integer, intent(in) :: keras_major
      real(dp), intent(inout) :: factor
      if (keras_major >= 3) factor = rounded_to_single(factor)
   end subroutine round_factor

end module fkb_regularizer_options
