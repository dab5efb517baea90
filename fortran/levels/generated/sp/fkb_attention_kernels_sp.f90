! Generated from kernels/fkb_attention_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_attention_kernels_sp`, each compiled for several processors.
module fkb_attention_kernels_sp
   use fkb_kinds, only: i8, wp => sp
   use fkb_shape, only: max_rank
   implicit none (type, external)
   private
   public :: keep_band
   public :: keep_where
   public :: keep_some
   public :: place_of
   public :: masked_softmax
   public :: masked_softmax_backward
   public :: masked_softmax_tangent
   public :: sum_of_tanh
   public :: sum_of_tanh_backward
   public :: sum_of_tanh_tangent

   interface
      module pure subroutine keep_band(columns, rows, first_row, causal, window, keep)
         integer, intent(in) :: columns, rows
         integer, intent(in) :: first_row
         logical, intent(in) :: causal
         integer, intent(in) :: window
         real(wp), intent(inout) :: keep(columns, rows)
      end subroutine keep_band

      module pure subroutine keep_where(columns, rows, first_row, n_mask, mask, base, column_extent, &
                                 column_stride, row_extent, row_stride, work, keep)
         integer, intent(in) :: columns, rows
         integer, intent(in) :: first_row
         integer, intent(in) :: n_mask
         real(wp), intent(in) :: mask(n_mask)
         integer, intent(in) :: base
         integer, intent(in) :: column_extent(max_rank), column_stride(max_rank)
         integer, intent(in) :: row_extent(max_rank), row_stride(max_rank)
         real(wp), intent(inout) :: work(columns)
         real(wp), intent(inout) :: keep(columns, rows)
      end subroutine keep_where

      module pure integer function place_of(number, extent, stride) result(place)
         integer, intent(in) :: number
         integer, intent(in) :: extent(max_rank), stride(max_rank)
      end function place_of

      module pure subroutine masked_softmax(mode, columns, rows, masked, keep, p)
         integer, intent(in) :: mode
         integer, intent(in) :: columns, rows
         logical, intent(in) :: masked
         real(wp), intent(in) :: keep(columns, rows)
         real(wp), intent(inout) :: p(columns, rows)
      end subroutine masked_softmax

      module pure subroutine masked_softmax_backward(mode, columns, rows, masked, keep, p, d)
         integer, intent(in) :: mode
         integer, intent(in) :: columns, rows
         logical, intent(in) :: masked
         real(wp), intent(in) :: keep(columns, rows), p(columns, rows)
         real(wp), intent(inout) :: d(columns, rows)
      end subroutine masked_softmax_backward

      module pure subroutine keep_some(rate, seed, node, step, first_stream, columns, rows, factor)
         real(wp), intent(in) :: rate
         integer(i8), intent(in) :: seed, step
         integer, intent(in) :: node
         integer(i8), intent(in) :: first_stream
         integer, intent(in) :: columns, rows
         real(wp), intent(out) :: factor(columns, rows)
      end subroutine keep_some

      module pure subroutine sum_of_tanh(n, columns, rows, alpha, weight, scale, q, k, work, p)
         integer, intent(in) :: n, columns, rows
         real(wp), intent(in) :: alpha, weight, scale(n)
         real(wp), intent(in) :: q(n, rows), k(n, columns)
         real(wp), intent(inout) :: work(n, columns)
         real(wp), intent(out) :: p(columns, rows)
      end subroutine sum_of_tanh

      module pure subroutine sum_of_tanh_backward(n, columns, rows, alpha, weight, scale, q, k, dp, work, &
                                           dq, dk, d_alpha, d_weight, d_scale)
         integer, intent(in) :: n, columns, rows
         real(wp), intent(in) :: alpha, weight, scale(n)
         real(wp), intent(in) :: q(n, rows), k(n, columns), dp(columns, rows)
         real(wp), intent(inout) :: work(n, columns)
         real(wp), intent(out) :: dq(n, rows)
         real(wp), intent(inout) :: dk(n, columns), d_alpha, d_weight, d_scale(n)
      end subroutine sum_of_tanh_backward

      module pure subroutine masked_softmax_tangent(mode, columns, rows, masked, keep, p, d)
         integer, intent(in) :: mode
         integer, intent(in) :: columns, rows
         logical, intent(in) :: masked
         real(wp), intent(in) :: keep(columns, rows), p(columns, rows)
         real(wp), intent(inout) :: d(columns, rows)
      end subroutine masked_softmax_tangent

      module pure subroutine sum_of_tanh_tangent(n, columns, rows, alpha, weight, scale, q, k, d_alpha, &
                                          d_weight, d_scale, dq, dk, work, dp)
         integer, intent(in) :: n, columns, rows
         real(wp), intent(in) :: alpha, weight, scale(n)
         real(wp), intent(in) :: q(n, rows), k(n, columns)
         real(wp), intent(in) :: d_alpha, d_weight, d_scale(n), dq(n, rows), dk(n, columns)
         real(wp), intent(inout) :: work(n, columns)
         real(wp), intent(out) :: dp(columns, rows)
      end subroutine sum_of_tanh_tangent
   end interface

end module fkb_attention_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_attention_kernels_sp) fkb_attention_kernels_levels_sp
   use fkb_attention_kernels_sp_v1, only: keep_band_v1 => keep_band, keep_where_v1 => keep_where, &
      place_of_v1 => place_of, masked_softmax_v1 => masked_softmax, &
      masked_softmax_backward_v1 => masked_softmax_backward, keep_some_v1 => keep_some, &
      sum_of_tanh_v1 => sum_of_tanh, sum_of_tanh_backward_v1 => sum_of_tanh_backward, &
      masked_softmax_tangent_v1 => masked_softmax_tangent, &
      sum_of_tanh_tangent_v1 => sum_of_tanh_tangent
   use fkb_attention_kernels_sp_v3, only: keep_band_v3 => keep_band, keep_where_v3 => keep_where, &
      place_of_v3 => place_of, masked_softmax_v3 => masked_softmax, &
      masked_softmax_backward_v3 => masked_softmax_backward, keep_some_v3 => keep_some, &
      sum_of_tanh_v3 => sum_of_tanh, sum_of_tanh_backward_v3 => sum_of_tanh_backward, &
      masked_softmax_tangent_v3 => masked_softmax_tangent, &
      sum_of_tanh_tangent_v3 => sum_of_tanh_tangent
   use fkb_attention_kernels_sp_v4, only: keep_band_v4 => keep_band, keep_where_v4 => keep_where, &
      place_of_v4 => place_of, masked_softmax_v4 => masked_softmax, &
      masked_softmax_backward_v4 => masked_softmax_backward, keep_some_v4 => keep_some, &
      sum_of_tanh_v4 => sum_of_tanh, sum_of_tanh_backward_v4 => sum_of_tanh_backward, &
      masked_softmax_tangent_v4 => masked_softmax_tangent, &
      sum_of_tanh_tangent_v4 => sum_of_tanh_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure keep_band
      select case (code_level)
      case (4)
         call keep_band_v4(columns, rows, first_row, causal, window, keep)
      case (3)
         call keep_band_v3(columns, rows, first_row, causal, window, keep)
      case default
         call keep_band_v1(columns, rows, first_row, causal, window, keep)
      end select
   end procedure keep_band

   module procedure keep_where
      select case (code_level)
      case (4)
         call keep_where_v4(columns, rows, first_row, n_mask, mask, base, column_extent, &
                            column_stride, row_extent, row_stride, work, keep)
      case (3)
         call keep_where_v3(columns, rows, first_row, n_mask, mask, base, column_extent, &
                            column_stride, row_extent, row_stride, work, keep)
      case default
         call keep_where_v1(columns, rows, first_row, n_mask, mask, base, column_extent, &
                            column_stride, row_extent, row_stride, work, keep)
      end select
   end procedure keep_where

   module procedure place_of
      select case (code_level)
      case (4)
         place = place_of_v4(number, extent, stride)
      case (3)
         place = place_of_v3(number, extent, stride)
      case default
         place = place_of_v1(number, extent, stride)
      end select
   end procedure place_of

   module procedure masked_softmax
      select case (code_level)
      case (4)
         call masked_softmax_v4(mode, columns, rows, masked, keep, p)
      case (3)
         call masked_softmax_v3(mode, columns, rows, masked, keep, p)
      case default
         call masked_softmax_v1(mode, columns, rows, masked, keep, p)
      end select
   end procedure masked_softmax

   module procedure masked_softmax_backward
      select case (code_level)
      case (4)
         call masked_softmax_backward_v4(mode, columns, rows, masked, keep, p, d)
      case (3)
         call masked_softmax_backward_v3(mode, columns, rows, masked, keep, p, d)
      case default
         call masked_softmax_backward_v1(mode, columns, rows, masked, keep, p, d)
      end select
   end procedure masked_softmax_backward

   module procedure keep_some
      select case (code_level)
      case (4)
         call keep_some_v4(rate, seed, node, step, first_stream, columns, rows, factor)
      case (3)
         call keep_some_v3(rate, seed, node, step, first_stream, columns, rows, factor)
      case default
         call keep_some_v1(rate, seed, node, step, first_stream, columns, rows, factor)
      end select
   end procedure keep_some

   module procedure sum_of_tanh
      select case (code_level)
      case (4)
         call sum_of_tanh_v4(n, columns, rows, alpha, weight, scale, q, k, work, p)
      case (3)
         call sum_of_tanh_v3(n, columns, rows, alpha, weight, scale, q, k, work, p)
      case default
         call sum_of_tanh_v1(n, columns, rows, alpha, weight, scale, q, k, work, p)
      end select
   end procedure sum_of_tanh

   module procedure sum_of_tanh_backward
      select case (code_level)
      case (4)
         call sum_of_tanh_backward_v4(n, columns, rows, alpha, weight, scale, q, k, dp, work, dq, &
                                      dk, d_alpha, d_weight, d_scale)
      case (3)
         call sum_of_tanh_backward_v3(n, columns, rows, alpha, weight, scale, q, k, dp, work, dq, &
                                      dk, d_alpha, d_weight, d_scale)
      case default
         call sum_of_tanh_backward_v1(n, columns, rows, alpha, weight, scale, q, k, dp, work, dq, &
                                      dk, d_alpha, d_weight, d_scale)
      end select
   end procedure sum_of_tanh_backward

   module procedure masked_softmax_tangent
      select case (code_level)
      case (4)
         call masked_softmax_tangent_v4(mode, columns, rows, masked, keep, p, d)
      case (3)
         call masked_softmax_tangent_v3(mode, columns, rows, masked, keep, p, d)
      case default
         call masked_softmax_tangent_v1(mode, columns, rows, masked, keep, p, d)
      end select
   end procedure masked_softmax_tangent

   module procedure sum_of_tanh_tangent
      select case (code_level)
      case (4)
         call sum_of_tanh_tangent_v4(n, columns, rows, alpha, weight, scale, q, k, d_alpha, &
                                     d_weight, d_scale, dq, dk, work, dp)
      case (3)
         call sum_of_tanh_tangent_v3(n, columns, rows, alpha, weight, scale, q, k, d_alpha, &
                                     d_weight, d_scale, dq, dk, work, dp)
      case default
         call sum_of_tanh_tangent_v1(n, columns, rows, alpha, weight, scale, q, k, d_alpha, &
                                     d_weight, d_scale, dq, dk, work, dp)
      end select
   end procedure sum_of_tanh_tangent

end submodule fkb_attention_kernels_levels_sp
