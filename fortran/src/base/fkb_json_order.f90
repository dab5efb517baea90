!> The members of a JSON object in the order of their keys, as Keras takes structures apart.
module fkb_json_order
   use fkb_json, only: json_length, json_next, json_string
   use fkb_text, only: span_t, text_pool_t
   implicit none (type, external)
   private
   public :: sorted_members

contains

   !> The values of an object's members, sorted by key (by Unicode code points).
   subroutine sorted_members(text, values)
      character(*), intent(in) :: text          !! an object
      type(span_t), allocatable, intent(out) :: values(:) !! positions in the text
      type(text_pool_t) :: pool
      type(span_t), allocatable :: keys(:)
      integer, allocatable :: order(:)
      type(span_t) :: key
      integer :: position, i
      allocate (values(json_length(text)))
      allocate (keys(size(values)), order(size(values)))
      position = 0
      do i = 1, size(values)
         call json_next(text, position, key, values(i))
         call pool%add(json_string(text(key%first:key%last)), keys(i))
         order(i) = i
      end do
      call merge_sort(pool, keys, order)
      values = values(order)
   end subroutine sorted_members

   !> Sort positions by their keys: merge runs of 1, 2, 4, ...
   subroutine merge_sort(pool, keys, order)
      type(text_pool_t), intent(in) :: pool
      type(span_t), intent(in) :: keys(:)
      integer, intent(inout) :: order(:)
      integer, allocatable :: other(:)
      integer :: run, first, middle, last, left, right, k
      logical :: take_left
      allocate (other(size(order)))
      run = 1
      do while (run < size(order))
         do first = 1, size(order), 2*run
            middle = min(first + run, size(order) + 1)
            last = min(first + 2*run, size(order) + 1)
            left = first
            right = middle
            do k = first, last - 1
               take_left = right >= last
               if (left < middle .and. right < last) then
                  take_left = .not. before(pool, keys(order(right)), keys(order(left)))
               end if
               if (take_left) then
                  other(k) = order(left)
                  left = left + 1
               else
                  other(k) = order(right)
                  right = right + 1
               end if
            end do
         end do
         order = other
         run = 2*run
      end do
   end subroutine merge_sort

   !> Whether one key comes before another; a key comes before its own continuations.
   pure logical function before(pool, a, b)
      type(text_pool_t), intent(in) :: pool
      type(span_t), intent(in) :: a, b
      character(:), allocatable :: first, second
      integer :: i
      first = pool%get(a)
      second = pool%get(b)
      do i = 1, min(len(first), len(second))
         if (first(i:i) == second(i:i)) cycle
         before = iachar(first(i:i)) < iachar(second(i:i))
         return
      end do
      before = len(first) < len(second)
   end function before

end module fkb_json_order
