!> Names of files: those that match a pattern, and a name beside another one.
!>
!> Fortran cannot read a directory. POSIX's `glob` can; of its result only the number of names and
!> the list are used. The list stands right behind the number (Linux); where the number comes a
!> second time (`gl_matchc` of BSD and macOS), it is the fifth word.
module fkb_files
   use, intrinsic :: iso_c_binding, only: c_char, c_f_pointer, c_int, c_intptr_t, c_null_char, &
      c_null_ptr, c_ptr, c_size_t
   implicit none (type, external)
   private
   public :: path_t, files_like, is_directory, literal, beside

   !> A name of a file.
   type :: path_t
      character(:), allocatable :: text
   end type path_t

   !> Words of a `glob_t` and more: it has 9 on Linux, 11 on macOS.
   integer, parameter :: glob_words = 32

   interface
      integer(c_int) function c_glob(pattern, flags, on_error, found) bind(c, name='glob')
         import :: c_char, c_int, c_intptr_t, c_ptr, glob_words
         implicit none (type, external)
         character(kind=c_char), intent(in) :: pattern(*)
         integer(c_int), value, intent(in) :: flags
         type(c_ptr), value, intent(in) :: on_error
         integer(c_intptr_t), intent(inout) :: found(glob_words)
      end function c_glob
      subroutine c_globfree(found) bind(c, name='globfree')
         import :: c_intptr_t, glob_words
         implicit none (type, external)
         integer(c_intptr_t), intent(inout) :: found(glob_words)
      end subroutine c_globfree
      integer(c_size_t) function c_strlen(text) bind(c, name='strlen')
         import :: c_ptr, c_size_t
         implicit none (type, external)
         type(c_ptr), value, intent(in) :: text
      end function c_strlen
   end interface

contains

   !> The files that match a pattern with `*`, `?` and `[...]`, in the order of their bytes,
   !> whatever the language of the machine; none where nothing matches.
   subroutine files_like(pattern, files)
      character(*), intent(in) :: pattern       !! such as `models/*.fkb`
      type(path_t), allocatable, intent(out) :: files(:)
      integer(c_intptr_t) :: found(glob_words)
      type(c_ptr) :: list
      type(c_ptr), pointer :: names(:)
      integer :: i
      found = 0
      if (c_glob(trim(pattern)//c_null_char, 0_c_int, c_null_ptr, found) /= 0) then
         allocate (files(0))
         return
      end if
      list = transfer(merge(found(5), found(2), found(2) == found(1)), c_null_ptr)
      call c_f_pointer(list, names, [found(1)])
      allocate (files(found(1)))
      do i = 1, size(files)
         call copy_name(names(i), files(i)%text)
      end do
      call c_globfree(found)
      call sort(files)
   end subroutine files_like

   subroutine copy_name(name, text)
      type(c_ptr), intent(in) :: name
      character(:), allocatable, intent(out) :: text
      character(kind=c_char), pointer :: letters(:)
      integer :: i
      call c_f_pointer(name, letters, [c_strlen(name)])
      allocate (character(size(letters)) :: text)
      do i = 1, size(letters)
         text(i:i) = letters(i)
      end do
   end subroutine copy_name

   !> Insertion sort by bytes; directories of models are short.
   subroutine sort(files)
      type(path_t), intent(inout) :: files(:)
      character(:), allocatable :: text
      integer :: i, k
      do i = 2, size(files)
         call move_alloc(files(i)%text, text)
         do k = i - 1, 1, -1
            if (lle(files(k)%text, text)) exit
            call move_alloc(files(k)%text, files(k + 1)%text)
         end do
         call move_alloc(text, files(k + 1)%text)
      end do
   end subroutine sort

   !> Whether a name is that of a directory.
   logical function is_directory(path)
      character(*), intent(in) :: path
      type(path_t), allocatable :: found(:)
      is_directory = len_trim(path) > 0
      if (.not. is_directory) return
      call files_like(literal(path)//'/.', found)
      is_directory = size(found) == 1
   end function is_directory

   !> A name as a pattern that matches it alone.
   pure function literal(path) result(pattern)
      character(*), intent(in) :: path
      character(:), allocatable :: pattern
      integer :: i
      pattern = ''
      do i = 1, len_trim(path)
         if (index('*?[]\', path(i:i)) > 0) pattern = pattern//'\'
         pattern = pattern//path(i:i)
      end do
   end function literal

   !> A name that a text file holds: seen from the directory of that file unless it begins with `/`.
   pure function beside(path, name) result(full)
      character(*), intent(in) :: path          !! of the text file
      character(*), intent(in) :: name          !! as it stands there
      character(:), allocatable :: full
      full = name
      if (index(name, '/') == 1) return
      full = path(:index(path, '/', back=.true.))//name
   end function beside

end module fkb_files
