!> The code of a level of processors: which one runs, and refusals of others.
module test_processor
   use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
   use fkb_dp, only: error_t, model_t, network_t, processor_level
   use fkb_layers, only: dense, input_layer
   use fkb_processor, only: code_level
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   interface
      integer(c_int) function setenv(name, value, overwrite) bind(c)
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: name(*), value(*)
         integer(c_int), value :: overwrite
      end function setenv
   end interface

   character(*), parameter :: variable = 'FKB_CPU_LEVEL'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'processor'
      call suite%add('the level that was asked for runs', level_runs)
      call suite%add('a level that there is not is refused when a network is made', unknown_level)
      call suite%add('a level named after loading is refused', late_level)
   end subroutine collect

   subroutine level_runs(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      character(8) :: wanted
      call get_environment_variable(variable, wanted)
      if (wanted /= '') then
         call check_equal(failure, processor_level(), trim(wanted), 'level')
      else
         call check(failure, index('fixed v1 v3 v4', processor_level()) > 0, processor_level())
      end if
      if (allocated(failure)) return
      call make_network(error)
      call check(failure, .not. allocated(error), 'a network is made')
   end subroutine level_runs

   subroutine unknown_level(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: message
      message = said_with('v9')
      call check(failure, index(message, 'FKB_CPU_LEVEL is "v9": this library') > 0, message)
      if (allocated(failure)) return
      call check(failure, index(message, ' v1') > 0 .neqv. code_level == 0, message)
      if (allocated(failure)) return
      message = said_with('')
      call check_equal(failure, message, '', 'without a level')
   end subroutine unknown_level

   subroutine late_level(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: message
      if (code_level == 1) return
      message = said_with('v1')
      call check(failure, index(message, 'after the library had been loaded, with '// &
                                processor_level()) > 0 .neqv. code_level == 0, message)
      if (allocated(failure)) return
      call check(failure, message /= '', 'a level that does not run is an error')
   end subroutine late_level

   !> The error of making a network while the variable has a value, which is then put back.
   function said_with(value) result(message)
      character(*), intent(in) :: value
      character(:), allocatable :: message
      type(error_t), allocatable :: error
      character(32) :: before
      integer(c_int) :: status
      call get_environment_variable(variable, before)
      status = setenv(variable//c_null_char, value//c_null_char, 1_c_int)
      call make_network(error)
      message = ''
      if (allocated(error)) message = error%message
      if (status /= 0) message = 'setenv failed'
      status = setenv(variable//c_null_char, trim(before)//c_null_char, 1_c_int)
   end function said_with

   subroutine make_network(error)
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      type(network_t) :: net
      call model%add(input_layer(shape=[3]))
      call model%add(dense(2))
      call model%build(net, error)
   end subroutine make_network

end module test_processor
