!> How attention walks its tensors, for one sample: which positions of the query are *rows* of the
!> scores, which positions of key and value are *columns*, which axes are *groups* of their own,
!> and how masks are repeated to the scores.
!>
!> Keras's scores are (batch, groups, heads, rows, columns), so in storage (columns, rows, heads,
!> groups). A tensor is (features, positions); positions are counted in storage order.
module fkb_attention_plan
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: i8
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: attention_t, walk_t, plan_attention, plan_mask, scores_shape, settings_of, &
      attention_from, block_rows, head_work

   !> What happens to masked scores: `masks_replace` puts the lowest number in their place,
   !> `masks_clear` -1e9 and makes their weights 0 after the softmax, `masks_lower` subtracts 1e9,
   !> `masks_lower_hard` puts -1e9 in their place. They differ where all columns are masked.
   integer, parameter, public :: masks_replace = 1, masks_clear = 2, masks_lower = 3, &
      masks_lower_hard = 4

   !> Most masks that a call may have: of query, value and key, and of the scores.
   integer, parameter, public :: most_masks = 4

   !> Extents of some axes, fastest first, and what a step along each is in a tensor.
   type :: walk_t
      integer :: extent(max_rank) = 1
      integer :: stride(max_rank) = 0
   end type walk_t

   !> How a mask is repeated: places between neighbouring columns, rows, heads and groups.
   type :: mask_walk_t
      integer :: input = 0                       !! that holds the mask
      integer :: column(max_rank) = 0
      integer :: row(max_rank) = 0
      integer :: head = 0
      integer :: group(max_rank) = 0
   end type mask_walk_t

   !> The plan. Integers only, so that it can be kept as settings.
   type :: attention_t
      integer :: n_axes = 1                      !! that are attended over
      integer :: heads = 1                       !! of the query
      integer :: value_heads = 1                 !! of key and value, each for several of the query
      integer :: key_dim = 0, value_dim = 0      !! features of a head
      integer :: mask_mode = 0                   !! what happens to masked scores
      integer :: causal = 0                      !! 1: no column after the row
      integer :: window = 0                      !! columns this far from the row are masked
      integer :: rows = 0, columns = 0, groups = 0
      type(walk_t) :: row                        !! in positions of the query
      type(walk_t) :: column                     !! in positions of key and value
      type(walk_t) :: group                      !! in positions of the query
      type(walk_t) :: value_group                !! in positions of key and value
      integer :: n_masks = 0
      type(mask_walk_t) :: masks(most_masks)
   end type attention_t

contains

   !> The plan for attention over these axes. As long as an extent is open, counts are zero.
   subroutine plan_attention(axes, heads, query, value, plan, error)
      integer, intent(in) :: axes(:)             !! Keras's, from 1; empty: all but the last
      integer, intent(in) :: heads               !! of the query
      type(shape_t), intent(in) :: query, value  !! of one sample, storage order
      type(attention_t), intent(out) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: own(max_rank), i, d, n_groups
      if (query%rank < 2 .or. value%rank /= query%rank) then
         call raise(error, fkb_err_argument, 'expected a query and a value of the same rank, '// &
                    'with time steps, not '//query%text()//' and '//value%text())
         return
      end if
      plan%n_axes = size(axes)
      if (size(axes) == 0) plan%n_axes = query%rank - 1
      own(:plan%n_axes) = [(i, i=1, plan%n_axes)]
      if (size(axes) > 0) own(:plan%n_axes) = axes
      plan%heads = heads
      if (2*plan%n_axes + query%rank - plan%n_axes > max_rank) then
         call raise(error, fkb_err_unsupported, 'the attention scores would have too many axes')
         return
      end if
      do i = 1, plan%n_axes
         if (own(i) < 1 .or. own(i) >= query%rank .or. any(own(:i - 1) == own(i))) then
            call raise(error, fkb_err_argument, 'option "attention_axes" names axis '// &
                       decimal(own(i))//', expected axes between the batch and the last, each once')
            return
         end if
         d = query%rank + 1 - own(plan%n_axes + 1 - i)
         call set_axis(plan%row, i, query, d)
         call set_axis(plan%column, i, value, d)
      end do
      n_groups = 0
      do d = 2, query%rank
         if (any(own(:plan%n_axes) == query%rank + 1 - d)) cycle
         if (.not. same_extent(query%extent(d), value%extent(d))) then
            call raise(error, fkb_err_argument, 'query and value differ off the attention '// &
                       'axes: '//query%text()//' and '//value%text())
            return
         end if
         n_groups = n_groups + 1
         call set_axis(plan%group, n_groups, query, d)
         call set_axis(plan%value_group, n_groups, value, d)
      end do
      if (.not. (query%closed() .and. value%closed())) return
      plan%rows = product(plan%row%extent)
      plan%columns = product(plan%column%extent)
      plan%groups = product(plan%group%extent)
   end subroutine plan_attention

   !> Whether two extents are equal, or may be.
   pure logical function same_extent(a, b)
      integer, intent(in) :: a, b
      same_extent = a == b .or. a == open_extent .or. b == open_extent
   end function same_extent

   !> Walk dimension `d` of a tensor as axis `i`, in positions.
   pure subroutine set_axis(walk, i, shape, d)
      type(walk_t), intent(inout) :: walk
      integer, intent(in) :: i, d
      type(shape_t), intent(in) :: shape
      walk%extent(i) = shape%extent(d)
      walk%stride(i) = product(shape%extent(2:d - 1))
   end subroutine set_axis

   !> The shape of the scores of one sample.
   pure type(shape_t) function scores_shape(plan, rank) result(shape)
      type(attention_t), intent(in) :: plan
      integer, intent(in) :: rank                !! of the query
      integer :: n, n_groups
      n = plan%n_axes
      n_groups = rank - 1 - n
      shape%rank = 2*n + 1 + n_groups
      shape%extent(:n) = plan%column%extent(:n)
      shape%extent(n + 1:2*n) = plan%row%extent(:n)
      shape%extent(2*n + 1) = plan%heads
      shape%extent(2*n + 2:shape%rank) = plan%group%extent(:n_groups)
   end function scores_shape

   !> Add a mask. Its last axes are those of rows and columns, its first axes those of groups and
   !> heads, as far as it has them; extents of 1 are repeated.
   subroutine plan_mask(input, mask, expand, scores, plan, error)
      integer, intent(in) :: input               !! that holds it
      type(shape_t), intent(in) :: mask          !! of one sample, storage order
      integer, intent(in) :: expand              !! dimension put in as 1, 0 for none
      type(shape_t), intent(in) :: scores        !! of one sample
      type(attention_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: extent(0:max_rank + 1), stride(0:max_rank + 1), at, d, k, n, n_low
      n = mask%rank
      if (expand > 0) n = n + 1
      n_low = 2*plan%n_axes
      if (n < max(n_low, expand) .or. n > scores%rank .or. plan%n_masks == most_masks) then
         call raise(error, fkb_err_unsupported, 'a mask of shape '//mask%text()// &
                    ' does not fit attention scores of shape '//scores%text())
         return
      end if
      k = 0
      do d = 1, n
         extent(d) = 1
         stride(d) = 0
         if (d == expand) cycle
         k = k + 1
         extent(d) = mask%extent(k)
         if (extent(d) /= 1) stride(d) = product(mask%extent(:k - 1))
      end do
      plan%n_masks = plan%n_masks + 1
      associate (walk => plan%masks(plan%n_masks))
         walk%input = input
         do d = 1, n
            at = d
            if (d > n_low) at = scores%rank - n + d
            if (extent(d) /= 1 .and. .not. same_extent(extent(d), scores%extent(at))) then
               call raise(error, fkb_err_argument, 'a mask of shape '//mask%text()// &
                          ' does not fit attention scores of shape '//scores%text())
               return
            end if
            if (at <= plan%n_axes) then
               walk%column(at) = stride(d)
            else if (at <= n_low) then
               walk%row(at - plan%n_axes) = stride(d)
            else if (at == n_low + 1) then
               walk%head = stride(d)
            else
               walk%group(at - n_low - 1) = stride(d)
            end if
         end do
      end associate
   end subroutine plan_mask

   !> Rows of scores that are computed at once, so that large scores need little memory.
   pure integer function block_rows(plan) result(rows)
      type(attention_t), intent(in) :: plan
      integer, parameter :: most_scores = 32768
      rows = max(1, min(plan%rows, most_scores/max(plan%columns, 1)))
   end function block_rows

   !> Reals of scratch for one head: query, key, value and output, their gradients, and blocks of
   !> scores.
   pure integer(i8) function head_work(plan) result(work)
      type(attention_t), intent(in) :: plan
      integer(i8) :: features, block
      features = plan%key_dim + plan%value_dim
      block = int(plan%columns, i8)*block_rows(plan)
      work = 2*features*(plan%rows + plan%columns) + 4*block + plan%columns + &
             int(plan%key_dim, i8)*plan%columns
   end function head_work

   !> The plan as integers.
   pure function settings_of(plan) result(settings)
      type(attention_t), intent(in) :: plan
      integer, allocatable :: settings(:)
      integer(i8) :: n
      n = storage_size(plan)/storage_size(0)
      allocate (settings(n))
      settings = transfer(plan, settings)
   end function settings_of

   !> The plan from its integers.
   pure type(attention_t) function attention_from(settings) result(plan)
      integer, intent(in) :: settings(:)
      plan = transfer(settings, plan)
   end function attention_from

end module fkb_attention_plan
