!> The smallest host: it links FKB, and a file that is not there is an error value.
program user
   use fkb_sp, only: error_t, network_t
   implicit none (type, external)
   type(network_t) :: net
   type(error_t), allocatable :: error
   call net%load("no such file.fkb", error)
   if (.not. allocated(error)) error stop "a file that does not exist was loaded"
   print "(a)", error%message
end program user
