!> Which of the kernels' compiled forms runs.
!>
!> A library for any x86-64 processor (`FKB_LEVELS` of CMake) holds its kernels compiled for three
!> levels of the x86-64 psABI: v1 (SSE2), v3 (AVX2 and fused multiply-add) and v4 (AVX-512). The
!> highest that the processor has is chosen once, before the program begins; the environment
!> variable `FKB_CPU_LEVEL` chooses a lower one.
module fkb_processor
   use, intrinsic :: iso_c_binding, only: c_int
   use fkb_error, only: error_t, fkb_err_argument, raise
   implicit none (type, external)
   private
   public :: processor_level, check_processor_level

   !> 1, 3 or 4; 0 where there is nothing to choose. Set by fkb_processor.c before the program
   !> begins and never again, so that threads read it without a lock.
   integer(c_int), protected, public, bind(c, name='fkb_code_level') :: code_level = 0

#ifdef FKB_LEVELS
   interface
      !> The highest level of this processor; the library calls it so that the linker keeps the file
      !> that sets `code_level`.
      integer(c_int) function highest_level() bind(c, name='fkb_highest_level')
         import :: c_int
         implicit none (type, external)
      end function highest_level
   end interface
#endif

contains

   !> The level whose code runs: `v1`, `v3`, `v4`, or `fixed` where the library was compiled for one
   !> kind of processor only.
   pure function processor_level() result(name)
      character(:), allocatable :: name
      name = level_name(code_level)
   end function processor_level

   !> Raise where `FKB_CPU_LEVEL` asks for a level that does not run.
   subroutine check_processor_level(error)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: known
      character(32) :: wanted
      integer(c_int) :: highest, level
      call get_environment_variable('FKB_CPU_LEVEL', wanted)
      if (wanted == '' .or. wanted == processor_level()) return
      highest = 0
      known = 'this library was compiled for one kind of processor'
#ifdef FKB_LEVELS
      highest = highest_level()
      known = 'this library and this processor have'
#endif
      do level = 1, highest
         if (level /= 2) known = known//' '//level_name(level)
         if (wanted == level_name(level)) then
            call raise(error, fkb_err_argument, 'the environment variable FKB_CPU_LEVEL became '// &
                       '"'//trim(wanted)//'" after the library had been loaded, with '// &
                       processor_level()//': set it before')
            return
         end if
      end do
      call raise(error, fkb_err_argument, 'the environment variable FKB_CPU_LEVEL is "'// &
                 trim(wanted)//'": '//known)
   end subroutine check_processor_level

   pure function level_name(level) result(name)
      integer(c_int), intent(in) :: level
      character(:), allocatable :: name
      select case (level)
      case (4)
         name = 'v4'
      case (3)
         name = 'v3'
      case (1)
         name = 'v1'
      case default
         name = 'fixed'
      end select
   end function level_name

end module fkb_processor
