!> Patterns of paths: `*` stands for any characters, `?` for one.
module fkb_pattern
   implicit none (type, external)
   private
   public :: matches, names_path

contains

   !> Whether a text has the form of a pattern; upper and lower case differ.
   pure logical function matches(text, pattern)
      character(*), intent(in) :: text
      character(*), intent(in) :: pattern           !! such as `dense_*/kernel`
      integer :: i, k, retry, star
      i = 1
      k = 1
      star = 0
      retry = 1
      do while (i <= len(text))
         if (k <= len(pattern)) then
            if (pattern(k:k) == '*') then
               star = k
               retry = i
               k = k + 1
               cycle
            else if (pattern(k:k) == '?' .or. pattern(k:k) == text(i:i)) then
               i = i + 1
               k = k + 1
               cycle
            end if
         end if
         matches = star > 0
         if (.not. matches) return
         retry = retry + 1
         i = retry
         k = star + 1
      end do
      matches = verify(pattern(k:), '*') == 0
   end function matches

   !> Whether a pattern names a path or one above it: `encoder` names `encoder/dense/kernel`, and so
   !> do `enc*` and `*/kernel`.
   pure logical function names_path(path, pattern)
      character(*), intent(in) :: path              !! such as `encoder/dense/kernel`
      character(*), intent(in) :: pattern
      integer :: i
      names_path = matches(path, pattern)
      do i = 1, len(path)
         if (names_path) return
         if (path(i:i) == '/') names_path = matches(path(:i - 1), pattern)
      end do
   end function names_path

end module fkb_pattern
