!> Take every network of the list cases.txt apart into a model and build it again: NAME.fkb becomes
!> NAME.again.fkb. Prints a line for each that is refused.
program rebuild
   use FKB_KIND, only: error_t, model_t, network_t
   implicit none (type, external)
   type(model_t) :: model
   type(network_t) :: net, again
   type(error_t), allocatable :: error
   character(80) :: name
   integer :: k, status, unit
   open (newunit=unit, file='cases.txt', action='read')
   do
      read (unit, '(a)', iostat=status) name
      if (status /= 0) exit
      call net%load(trim(name)//'.fkb', error)
      if (.not. allocated(error)) call model%extend(net, error)
      if (.not. allocated(error)) then
         associate (ends => net%document%blocks(1)%outputs%references)
            do k = ends%first, merge(ends%last, ends%first - 1, ends%count() > 1)
               associate (wanted => net%document%references(k))
                  call model%output(model%tensor(net%document%name(wanted%block), wanted%number, &
                     wanted%index))
               end associate
            end do
         end associate
         call model%build(again, error)
      end if
      if (.not. allocated(error)) call again%save(trim(name)//'.again.fkb', error)
      if (allocated(error)) print '(a)', trim(name)//': '//error%message
   end do
   close (unit)
end program rebuild
