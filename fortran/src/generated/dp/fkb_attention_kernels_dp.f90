! Generated from kernels/fkb_attention_kernels.fypp: edit that file and run tools/generate.py
!> The rows of attention: additive scores, masks, masked softmax, dropout, and derivatives.
!>
!> A block holds some rows of scores as p(columns, rows). `keep` has the same shape: 1 for scores
!> that count, 0 for masked ones.
module fkb_attention_kernels_dp
   use fkb_attention_plan, only: masks_clear, masks_lower, masks_replace
   use fkb_column_activations_dp, only: softmax, softmax_backward
   use fkb_kinds, only: i8, wp => dp
   use fkb_math_dp, only: tanh_values
   use fkb_random_dp, only: uniform_values
   use fkb_shape, only: max_rank
   use fkb_strided_kernels_dp, only: gather
   implicit none (type, external)
   private
   public :: keep_band, keep_where, keep_some, place_of
   public :: masked_softmax, masked_softmax_backward, masked_softmax_tangent
   public :: sum_of_tanh, sum_of_tanh_backward, sum_of_tanh_tangent

   real(wp), parameter :: much = 1e9_wp

contains

   !> keep = keep where the column is not after the row, if `causal`, and less than `window` away
   !> from it, if that is positive
   pure subroutine keep_band(columns, rows, first_row, causal, window, keep)
      integer, intent(in) :: columns, rows
      integer, intent(in) :: first_row                 !! of the block, from 1
      logical, intent(in) :: causal
      integer, intent(in) :: window
      real(wp), intent(inout) :: keep(columns, rows)
      integer :: j, t
      do j = 1, rows
         t = first_row + j - 1
         if (causal) keep(t + 1:, j) = 0
         if (window > 0) then
            keep(:min(t - window, columns), j) = 0
            keep(t + window:, j) = 0
         end if
      end do
   end subroutine keep_band

   !> keep = keep where the mask is not 0, which is repeated to the block
   pure subroutine keep_where(columns, rows, first_row, n_mask, mask, base, column_extent, &
                              column_stride, row_extent, row_stride, work, keep)
      integer, intent(in) :: columns, rows
      integer, intent(in) :: first_row                 !! of the block, from 1
      integer, intent(in) :: n_mask
      real(wp), intent(in) :: mask(n_mask)             !! of one sample
      integer, intent(in) :: base                      !! place of the group and head, from 0
      integer, intent(in) :: column_extent(max_rank), column_stride(max_rank)
      integer, intent(in) :: row_extent(max_rank), row_stride(max_rank)
      real(wp), intent(inout) :: work(columns)
      real(wp), intent(inout) :: keep(columns, rows)
      integer :: j, place
      do j = 1, rows
         place = base + place_of(first_row + j - 2, row_extent, row_stride)
         call gather(column_extent, column_stride, n_mask - place, columns, mask(place + 1), work)
         keep(:, j) = merge(0.0_wp, keep(:, j), abs(work) <= 0)
      end do
   end subroutine keep_where

   !> Where index `number` (from 0) of some axes lies.
   pure integer function place_of(number, extent, stride) result(place)
      integer, intent(in) :: number
      integer, intent(in) :: extent(max_rank), stride(max_rank)
      integer :: d, rest
      place = 0
      rest = number
      do d = 1, max_rank
         place = place + mod(rest, extent(d))*stride(d)
         rest = rest/extent(d)
      end do
   end function place_of

   !> p = softmax of each row's scores, masked ones left out
   pure subroutine masked_softmax(mode, columns, rows, masked, keep, p)
      integer, intent(in) :: mode                      !! one of `masks_*`
      integer, intent(in) :: columns, rows
      logical, intent(in) :: masked                    !! false: `keep` says nothing
      real(wp), intent(in) :: keep(columns, rows)
      real(wp), intent(inout) :: p(columns, rows)      !! scores
      if (masked) then
         select case (mode)
         case (masks_replace)
            p = merge(-0.7_wp*huge(p), p, keep <= 0)
         case (masks_lower)
            p = p - (1 - keep)*much
         case default
            p = merge(-much, p, keep <= 0)
         end select
      end if
      call softmax(columns, rows, p)
      if (masked .and. mode == masks_clear) p = p*keep
   end subroutine masked_softmax

   !> d = the gradient of the scores from that of their softmax p
   pure subroutine masked_softmax_backward(mode, columns, rows, masked, keep, p, d)
      integer, intent(in) :: mode                      !! one of `masks_*`
      integer, intent(in) :: columns, rows
      logical, intent(in) :: masked                    !! false: `keep` says nothing
      real(wp), intent(in) :: keep(columns, rows), p(columns, rows)
      real(wp), intent(inout) :: d(columns, rows)
      call softmax_backward(columns, rows, p, d)
      if (masked .and. mode /= masks_lower) d = d*keep
   end subroutine masked_softmax_backward

   !> What the rows of a block are multiplied by: 0 with probability `rate`, else 1/(1 - rate)
   pure subroutine keep_some(rate, seed, node, step, first_stream, columns, rows, factor)
      real(wp), intent(in) :: rate
      integer(i8), intent(in) :: seed, step
      integer, intent(in) :: node
      integer(i8), intent(in) :: first_stream          !! of the block's first row
      integer, intent(in) :: columns, rows
      real(wp), intent(out) :: factor(columns, rows)
      integer :: j
      real(wp) :: scale
      scale = 0
      if (rate < 1) scale = 1/(1 - rate)
      do j = 1, rows
         call uniform_values(seed, node, step, first_stream + j - 1, columns, factor(:, j))
         factor(:, j) = merge(scale, 0.0_wp, factor(:, j) >= rate)
      end do
   end subroutine keep_some

   !> p(column, row) = weight sum(scale(:) tanh(alpha (q(:, row) + k(:, column))))
   pure subroutine sum_of_tanh(n, columns, rows, alpha, weight, scale, q, k, work, p)
      integer, intent(in) :: n, columns, rows
      real(wp), intent(in) :: alpha, weight, scale(n)
      real(wp), intent(in) :: q(n, rows), k(n, columns)
      real(wp), intent(inout) :: work(n, columns)
      real(wp), intent(out) :: p(columns, rows)
      integer :: i, j
      do j = 1, rows
         call tanh_of_sums(n, columns, alpha, q(1, j), k, work)
         do i = 1, columns
            p(i, j) = weight*sum(scale*work(:, i))
         end do
      end do
   end subroutine sum_of_tanh

   !> work = tanh(alpha (q + k))
   pure subroutine tanh_of_sums(n, columns, alpha, q, k, work)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: alpha, q(n), k(n, columns)
      real(wp), intent(out) :: work(n, columns)
      integer :: i
      do i = 1, columns
         work(:, i) = alpha*(q + k(:, i))
      end do
      call tanh_values(n*columns, work)
   end subroutine tanh_of_sums

   !> Gradients of `sum_of_tanh`: dq overwritten, all others added to
   pure subroutine sum_of_tanh_backward(n, columns, rows, alpha, weight, scale, q, k, dp, work, &
                                        dq, dk, d_alpha, d_weight, d_scale)
      integer, intent(in) :: n, columns, rows
      real(wp), intent(in) :: alpha, weight, scale(n)
      real(wp), intent(in) :: q(n, rows), k(n, columns), dp(columns, rows)
      real(wp), intent(inout) :: work(n, columns)
      real(wp), intent(out) :: dq(n, rows)
      real(wp), intent(inout) :: dk(n, columns), d_alpha, d_weight, d_scale(n)
      integer :: i, j
      do j = 1, rows
         call tanh_of_sums(n, columns, alpha, q(1, j), k, work)
         dq(:, j) = 0
         do i = 1, columns
            d_weight = d_weight + dp(i, j)*sum(scale*work(:, i))
            d_scale = d_scale + weight*dp(i, j)*work(:, i)
            work(:, i) = weight*dp(i, j)*scale*(1 - work(:, i)**2)
            d_alpha = d_alpha + sum(work(:, i)*(q(:, j) + k(:, i)))
            dq(:, j) = dq(:, j) + alpha*work(:, i)
            dk(:, i) = dk(:, i) + alpha*work(:, i)
         end do
      end do
   end subroutine sum_of_tanh_backward

   !> d = the direction of the softmax p from that of the scores
   pure subroutine masked_softmax_tangent(mode, columns, rows, masked, keep, p, d)
      integer, intent(in) :: mode                      !! one of `masks_*`
      integer, intent(in) :: columns, rows
      logical, intent(in) :: masked                    !! false: `keep` says nothing
      real(wp), intent(in) :: keep(columns, rows), p(columns, rows)
      real(wp), intent(inout) :: d(columns, rows)
      if (masked .and. mode /= masks_lower) d = d*keep
      call softmax_backward(columns, rows, p, d)
   end subroutine masked_softmax_tangent

   !> The direction of `sum_of_tanh` from those of q, k, alpha, weight and scale
   pure subroutine sum_of_tanh_tangent(n, columns, rows, alpha, weight, scale, q, k, d_alpha, &
                                       d_weight, d_scale, dq, dk, work, dp)
      integer, intent(in) :: n, columns, rows
      real(wp), intent(in) :: alpha, weight, scale(n)
      real(wp), intent(in) :: q(n, rows), k(n, columns)
      real(wp), intent(in) :: d_alpha, d_weight, d_scale(n), dq(n, rows), dk(n, columns)
      real(wp), intent(inout) :: work(n, columns)
      real(wp), intent(out) :: dp(columns, rows)
      integer :: i, j
      do j = 1, rows
         call tanh_of_sums(n, columns, alpha, q(1, j), k, work)
         do i = 1, columns
            dp(i, j) = sum((d_weight*scale + weight*d_scale)*work(:, i)) + &
               weight*sum(scale*(1 - work(:, i)**2)*(alpha*(dq(:, j) + dk(:, i)) + &
                                                     d_alpha*(q(:, j) + k(:, i))))
         end do
      end do
   end subroutine sum_of_tanh_tangent

end module fkb_attention_kernels_dp
