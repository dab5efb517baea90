!> Reading and writing the options of optimizers.
!>
!> Each option keeps its value where the configuration has none, so that a prototype's options are
!> the defaults.
module fkb_optimizer_values
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: read_positive, read_real, read_share, read_below_one, read_count, read_flag
   public :: option_member, number_or_null, count_or_null

   !> A member of a JSON object behind a comma: `option_member('rho', 0.9_dp)` is `,"rho":0.9`.
   interface option_member
      module procedure real_member, flag_member, count_member
   end interface

contains

   !> Read a number that is not negative.
   subroutine read_positive(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      call read_real(config, key, value, error)
      if (allocated(error)) return
      if (value < 0) call refuse(key, 'not be negative', error)
   end subroutine read_positive

   !> Read a finite number.
   subroutine read_real(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: default
      default = value
      call config%get(key, value, error, default=default)
      if (allocated(error)) return
      if (.not. abs(value) <= huge(value)) call refuse(key, 'be a finite number', error)
   end subroutine read_real

   !> Read a number from 0 to 1.
   subroutine read_share(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      call read_real(config, key, value, error)
      if (allocated(error)) return
      if (value < 0 .or. value > 1) call refuse(key, 'lie between 0 and 1', error)
   end subroutine read_share

   !> Read a number that is at least 0 and less than 1.
   subroutine read_below_one(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      call read_real(config, key, value, error)
      if (allocated(error)) return
      if (value < 0 .or. value >= 1) call refuse(key, 'be at least 0 and less than 1', error)
   end subroutine read_below_one

   !> Read a whole number; 0 means none.
   subroutine read_count(config, key, least, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(in) :: least                !! of those that are not 0
      integer, intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      integer :: default
      default = value
      call config%get(key, value, error, default=default)
      if (allocated(error)) return
      if (value /= 0 .and. value < least) call refuse(key, 'be at least '//decimal(least), error)
   end subroutine read_count

   !> Read true or false.
   subroutine read_flag(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      logical, intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      logical :: default
      default = value
      call config%get(key, value, error, default=default)
   end subroutine read_flag

   subroutine refuse(key, expected, error)
      character(*), intent(in) :: key, expected
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_argument, 'option '//quote(key)//' of the optimizer must '// &
                 expected)
   end subroutine refuse

   pure function real_member(name, value) result(json)
      character(*), intent(in) :: name
      real(dp), intent(in) :: value
      character(:), allocatable :: json
      json = ',"'//name//'":'//json_real_text(value)
   end function real_member

   pure function flag_member(name, value) result(json)
      character(*), intent(in) :: name
      logical, intent(in) :: value
      character(:), allocatable :: json
      json = ',"'//name//'":'//trim(merge('true ', 'false', value))
   end function flag_member

   pure function count_member(name, value) result(json)
      character(*), intent(in) :: name
      integer, intent(in) :: value
      character(:), allocatable :: json
      json = ',"'//name//'":'//decimal(value)
   end function count_member

   !> A positive number as JSON; 0 stands for none.
   pure function number_or_null(value) result(json)
      real(dp), intent(in) :: value
      character(:), allocatable :: json
      json = 'null'
      if (value > 0) json = json_real_text(value)
   end function number_or_null

   !> A positive count as JSON; 0 stands for none.
   pure function count_or_null(value) result(json)
      integer, intent(in) :: value
      character(:), allocatable :: json
      json = 'null'
      if (value > 0) json = decimal(value)
   end function count_or_null

end module fkb_optimizer_values
