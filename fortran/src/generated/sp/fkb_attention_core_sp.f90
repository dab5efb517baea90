! Generated from layers/fkb_attention_core.fypp: edit that file and run tools/generate.py
!> Attention of one sample, which the attention layers share: for each group of positions and each
!> head, output = value softmax(scores(query, key)).
!>
!> Scores are computed some rows at a time and not kept: backward computes them again. Query and
!> output are (key_dim, heads, positions) and (value_dim, heads, positions), key and value likewise
!> with their own heads and positions.
module fkb_attention_core_sp
   use fkb_attention_kernels_sp, only: keep_band, keep_some, keep_where, masked_softmax, &
      masked_softmax_backward, masked_softmax_tangent, place_of, sum_of_tanh, &
      sum_of_tanh_backward, sum_of_tanh_tangent
   use fkb_attention_plan, only: attention_t, block_rows, walk_t
   use fkb_gemm_sp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: i8, wp => sp
   use fkb_layer_sp, only: mode_t, view_t
   use fkb_shape, only: max_rank
   use fkb_strided_kernels_sp, only: gather, scatter, scatter_add
   implicit none (type, external)
   private
   public :: scoring_t, attend, attend_backward, attend_tangent
   ! For the submodule: gfortran 12 keeps private procedures of an optimised module to its file.
   public :: place_parts, put_head, take_head, value_head, weigh

   !> How scores are made: `alpha` key query, or where they are `additive`
   !> `weight` sum(scale tanh(`alpha` (query + key))).
   type :: scoring_t
      logical :: additive = .false.
      real(wp) :: alpha = 1
      real(wp) :: weight = 1
      real(wp) :: dropout = 0                    !! share of the weights that training drops
      logical :: shows_dropped = .false.         !! the scores given back are those after dropout
   end type scoring_t

   !> One head of one sample: where it is, and where its parts lie in the scratch.
   type :: head_t
      integer :: sample = 0, group = 0, head = 0     !! group and head from 0
      integer :: q = 1, k = 1, v = 1, o = 1          !! query, key, value, output
      integer :: dq = 1, dk = 1, dv = 1, d_o = 1     !! their gradients
      integer :: p = 1, keep = 1, factor = 1, dp = 1 !! blocks of scores
      integer :: row = 1, sums = 1                   !! one row, and sums of query and keys
      logical :: masked = .false.
   end type head_t

   interface
      !> The direction of the output from those of query, key, value and parameters; in inference.
      module subroutine attend_tangent(a, scoring, scale, x, j, q, k, v, dq, dk, dv, &
                                       d_parameters, d_output, d_scores, work)
         type(attention_t), intent(in) :: a
         type(scoring_t), intent(in) :: scoring
         real(wp), intent(in), contiguous :: scale(:)
         type(view_t), intent(in) :: x(:)
         integer, intent(in) :: j                           !! the sample
         real(wp), intent(in), contiguous :: q(:), k(:), v(:)
         real(wp), intent(in), contiguous :: dq(:), dk(:), dv(:)
         real(wp), intent(in), contiguous :: d_parameters(:)   !! of alpha, weight, scale
         real(wp), intent(inout), contiguous :: d_output(:)
         real(wp), intent(inout), contiguous :: d_scores(:)    !! or of size 0
         real(wp), intent(inout), contiguous :: work(:)        !! `head_work` values
      end subroutine attend_tangent
   end interface

contains

   !> output = value softmax(scores), for sample `j`
   subroutine attend(a, scoring, scale, x, j, mode, q, k, v, output, scores, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      real(wp), intent(in), contiguous :: scale(:)          !! of additive scores, (key_dim)
      type(view_t), intent(in) :: x(:)                      !! inputs, which hold the masks
      integer, intent(in) :: j
      type(mode_t), intent(in) :: mode
      real(wp), intent(in), contiguous :: q(:), k(:), v(:)
      real(wp), intent(inout), contiguous :: output(:)
      real(wp), intent(inout), contiguous :: scores(:)      !! their softmax, or of size 0
      real(wp), intent(inout), contiguous :: work(:)        !! `head_work` values
      type(head_t) :: h
      integer :: i, first, rows, at, n
      call place_parts(a, j, h)
      do i = 0, a%groups*a%heads - 1
         h%group = i/a%heads
         h%head = mod(i, a%heads)
         call take_head(a, h, a%key_dim, a%heads, h%head, a%row, a%group, q, work(h%q:))
         call take_head(a, h, a%key_dim, a%value_heads, value_head(a, h), a%column, &
                        a%value_group, k, work(h%k:))
         call take_head(a, h, a%value_dim, a%value_heads, value_head(a, h), a%column, &
                        a%value_group, v, work(h%v:))
         do first = 1, a%rows, block_rows(a)
            rows = min(block_rows(a), a%rows - first + 1)
            n = rows*a%columns
            at = ((h%group*a%heads + h%head)*a%rows + first - 1)*a%columns
            call weigh(a, scoring, scale, x, h, mode, first, rows, work)
            if (size(scores) > 0) scores(at + 1:at + n) = work(h%p:h%p + n - 1)
            if (drops(scoring, mode)) then
               call drop(a, scoring, h, mode, first, rows, work)
               call scale_by(n, work(h%factor:), work(h%p:))
               if (size(scores) > 0 .and. scoring%shows_dropped) then
                  scores(at + 1:at + n) = work(h%p:h%p + n - 1)
               end if
            end if
            call gemm_nn(a%value_dim, rows, a%columns, work(h%v:), work(h%p:), 0.0_wp, &
                         work(h%o + (first - 1)*a%value_dim:))
         end do
         call put_head(a, h, a%value_dim, a%heads, h%head, a%row, a%group, work(h%o:), output)
      end do
   end subroutine attend

   !> Gradients of query, key and value, overwritten, and of the parameters, added to.
   subroutine attend_backward(a, scoring, scale, x, j, mode, q, k, v, d_output, d_scores, dq, dk, &
                              dv, d_parameters, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      real(wp), intent(in), contiguous :: scale(:)
      type(view_t), intent(in) :: x(:)
      integer, intent(in) :: j
      type(mode_t), intent(in) :: mode
      real(wp), intent(in), contiguous :: q(:), k(:), v(:)
      real(wp), intent(in), contiguous :: d_output(:)
      real(wp), intent(in), contiguous :: d_scores(:)       !! or of size 0
      real(wp), intent(inout), contiguous :: dq(:), dk(:), dv(:)
      real(wp), intent(inout), contiguous :: d_parameters(:)   !! alpha, weight, scale
      real(wp), intent(inout), contiguous :: work(:)        !! `head_work` values
      type(head_t) :: h
      integer :: i, first, rows
      call place_parts(a, j, h)
      dk = 0
      dv = 0
      do i = 0, a%groups*a%heads - 1
         h%group = i/a%heads
         h%head = mod(i, a%heads)
         call take_head(a, h, a%key_dim, a%heads, h%head, a%row, a%group, q, work(h%q:))
         call take_head(a, h, a%key_dim, a%value_heads, value_head(a, h), a%column, &
                        a%value_group, k, work(h%k:))
         call take_head(a, h, a%value_dim, a%value_heads, value_head(a, h), a%column, &
                        a%value_group, v, work(h%v:))
         call take_head(a, h, a%value_dim, a%heads, h%head, a%row, a%group, d_output, &
                        work(h%d_o:))
         work(h%dk:h%dk + a%key_dim*a%columns - 1) = 0
         work(h%dv:h%dv + a%value_dim*a%columns - 1) = 0
         do first = 1, a%rows, block_rows(a)
            rows = min(block_rows(a), a%rows - first + 1)
            call weigh(a, scoring, scale, x, h, mode, first, rows, work)
            call differentiate_weights(a, scoring, h, mode, first, rows, d_scores, work)
            call differentiate_scores(a, scoring, scale, h, first, rows, d_parameters, work)
         end do
         call put_head(a, h, a%key_dim, a%heads, h%head, a%row, a%group, work(h%dq:), dq)
         call add_head(a, h, a%key_dim, work(h%dk:), dk)
         call add_head(a, h, a%value_dim, work(h%dv:), dv)
      end do
   end subroutine attend_backward

   !> The scratch's parts.
   pure subroutine place_parts(a, j, h)
      type(attention_t), intent(in) :: a
      integer, intent(in) :: j
      type(head_t), intent(out) :: h
      integer :: block
      block = a%columns*block_rows(a)
      h%sample = j
      h%masked = a%causal > 0 .or. a%window > 0 .or. a%n_masks > 0
      h%k = h%q + a%key_dim*a%rows
      h%v = h%k + a%key_dim*a%columns
      h%o = h%v + a%value_dim*a%columns
      h%dq = h%o + a%value_dim*a%rows
      h%dk = h%dq + a%key_dim*a%rows
      h%dv = h%dk + a%key_dim*a%columns
      h%d_o = h%dv + a%value_dim*a%columns
      h%p = h%d_o + a%value_dim*a%rows
      h%keep = h%p + block
      h%factor = h%keep + block
      h%dp = h%factor + block
      h%row = h%dp + block
      h%sums = h%row + a%columns
   end subroutine place_parts

   !> The head of key and value that a head of the query attends to.
   pure integer function value_head(a, h)
      type(attention_t), intent(in) :: a
      type(head_t), intent(in) :: h
      value_head = h%head/(a%heads/a%value_heads)
   end function value_head

   !> The walk of one head: its features first, then its positions.
   pure subroutine walk_head(h, n, heads, head, along, group, extent, stride, place)
      type(head_t), intent(in) :: h
      integer, intent(in) :: n, heads, head
      type(walk_t), intent(in) :: along, group
      integer, intent(out) :: extent(max_rank), stride(max_rank), place
      extent = [n, along%extent(:max_rank - 1)]
      stride = [1, n*heads*along%stride(:max_rank - 1)]
      place = n*head + n*heads*place_of(h%group, group%extent, group%stride)
   end subroutine walk_head

   !> A head's part of a tensor, (n, positions), in the order of rows or columns.
   subroutine take_head(a, h, n, heads, head, along, group, tensor, part)
      type(attention_t), intent(in) :: a
      type(head_t), intent(in) :: h
      integer, intent(in) :: n, heads, head
      type(walk_t), intent(in) :: along, group
      real(wp), intent(in), contiguous :: tensor(:)
      real(wp), intent(inout), contiguous :: part(:)
      integer :: extent(max_rank), stride(max_rank), place
      call walk_head(h, n, heads, head, along, group, extent, stride, place)
      call gather(extent, stride, size(tensor) - place, product(extent), tensor(place + 1:), part)
   end subroutine take_head

   !> Put a head's part back.
   subroutine put_head(a, h, n, heads, head, along, group, part, tensor)
      type(attention_t), intent(in) :: a
      type(head_t), intent(in) :: h
      integer, intent(in) :: n, heads, head
      type(walk_t), intent(in) :: along, group
      real(wp), intent(in), contiguous :: part(:)
      real(wp), intent(inout), contiguous :: tensor(:)
      integer :: extent(max_rank), stride(max_rank), place
      call walk_head(h, n, heads, head, along, group, extent, stride, place)
      call scatter(extent, stride, size(tensor) - place, product(extent), part, tensor(place + 1:))
   end subroutine put_head

   !> Add a head's part to key or value, which several heads of the query may share.
   subroutine add_head(a, h, n, part, tensor)
      type(attention_t), intent(in) :: a
      type(head_t), intent(in) :: h
      integer, intent(in) :: n
      real(wp), intent(in), contiguous :: part(:)
      real(wp), intent(inout), contiguous :: tensor(:)
      integer :: extent(max_rank), stride(max_rank), place
      call walk_head(h, n, a%value_heads, value_head(a, h), a%column, a%value_group, extent, &
                     stride, place)
      call scatter_add(extent, stride, size(tensor) - place, product(extent), part, &
                       tensor(place + 1:))
   end subroutine add_head

   !> The softmax of some rows of scores, into `work(h%p:)`, and what is kept, into `work(h%keep:)`.
   subroutine weigh(a, scoring, scale, x, h, mode, first, rows, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      real(wp), intent(in), contiguous :: scale(:)
      type(view_t), intent(in) :: x(:)
      type(head_t), intent(in) :: h
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: first, rows
      real(wp), intent(inout), contiguous :: work(:)
      integer :: base, m, n, q
      n = rows*a%columns
      q = h%q + (first - 1)*a%key_dim
      if (scoring%additive) then
         call sum_of_tanh(a%key_dim, a%columns, rows, scoring%alpha, scoring%weight, scale, &
                          work(q:), work(h%k:), work(h%sums:), work(h%p:))
      else
         call gemm_tn(a%columns, rows, a%key_dim, work(h%k:), work(q:), 0.0_wp, work(h%p:))
         work(h%p:h%p + n - 1) = scoring%alpha*work(h%p:h%p + n - 1)
      end if
      if (h%masked) then
         work(h%keep:h%keep + n - 1) = 1
         call keep_band(a%columns, rows, first, a%causal > 0, a%window, work(h%keep:))
         do m = 1, a%n_masks
            associate (walk => a%masks(m))
               base = h%head*walk%head + place_of(h%group, a%group%extent, walk%group)
               call keep_where(a%columns, rows, first, size(x(walk%input)%v, 1), &
                               x(walk%input)%v(:, h%sample), base, a%column%extent, walk%column, &
                               a%row%extent, walk%row, work(h%row:), work(h%keep:))
            end associate
         end do
      end if
      call masked_softmax(a%mask_mode, a%columns, rows, h%masked, work(h%keep:), work(h%p:))
   end subroutine weigh

   !> Whether weights are dropped.
   pure logical function drops(scoring, mode)
      type(scoring_t), intent(in) :: scoring
      type(mode_t), intent(in) :: mode
      drops = mode%training .and. scoring%dropout > 0
   end function drops

   !> What dropout multiplies the weights of a block by, into `work(h%factor:)`.
   subroutine drop(a, scoring, h, mode, first, rows, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      type(head_t), intent(in) :: h
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: first, rows
      real(wp), intent(inout), contiguous :: work(:)
      integer(i8) :: stream
      stream = (mode%first_sample + h%sample - 2)*a%groups*a%heads + h%group*a%heads + h%head
      call keep_some(scoring%dropout, mode%seed, mode%node, mode%step, stream*a%rows + first, &
                     a%columns, rows, work(h%factor:))
   end subroutine drop

   !> y = y*x
   pure subroutine scale_by(n, x, y)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(wp), intent(inout) :: y(n)
      y = y*x
   end subroutine scale_by

   !> The gradient of a block's scores into `work(h%dp:)`, and that of the value.
   subroutine differentiate_weights(a, scoring, h, mode, first, rows, d_scores, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      type(head_t), intent(in) :: h
      type(mode_t), intent(in) :: mode
      integer, intent(in) :: first, rows
      real(wp), intent(in), contiguous :: d_scores(:)
      real(wp), intent(inout), contiguous :: work(:)
      integer :: at, d_o, n
      n = rows*a%columns
      d_o = h%d_o + (first - 1)*a%value_dim
      call gemm_tn(a%columns, rows, a%value_dim, work(h%v:), work(d_o:), 0.0_wp, work(h%dp:))
      at = ((h%group*a%heads + h%head)*a%rows + first - 1)*a%columns
      if (size(d_scores) > 0 .and. scoring%shows_dropped) then
         work(h%dp:h%dp + n - 1) = work(h%dp:h%dp + n - 1) + d_scores(at + 1:at + n)
      end if
      if (drops(scoring, mode)) then
         call drop(a, scoring, h, mode, first, rows, work)
         call scale_by(n, work(h%factor:), work(h%dp:))
         call scale_by(n, work(h%p:), work(h%factor:))
         call gemm_nt(a%value_dim, a%columns, rows, work(d_o:), work(h%factor:), 1.0_wp, &
                      work(h%dv:))
      else
         call gemm_nt(a%value_dim, a%columns, rows, work(d_o:), work(h%p:), 1.0_wp, work(h%dv:))
      end if
      if (size(d_scores) > 0 .and. .not. scoring%shows_dropped) then
         work(h%dp:h%dp + n - 1) = work(h%dp:h%dp + n - 1) + d_scores(at + 1:at + n)
      end if
      call masked_softmax_backward(a%mask_mode, a%columns, rows, h%masked, work(h%keep:), &
                                   work(h%p:), work(h%dp:))
   end subroutine differentiate_weights

   !> The gradients of query, key and parameters from that of a block's scores.
   subroutine differentiate_scores(a, scoring, scale, h, first, rows, d_parameters, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      real(wp), intent(in), contiguous :: scale(:)
      type(head_t), intent(in) :: h
      integer, intent(in) :: first, rows
      real(wp), intent(inout), contiguous :: d_parameters(:)
      real(wp), intent(inout), contiguous :: work(:)
      integer :: dq, n, q
      q = h%q + (first - 1)*a%key_dim
      dq = h%dq + (first - 1)*a%key_dim
      if (scoring%additive) then
         call sum_of_tanh_backward(a%key_dim, a%columns, rows, scoring%alpha, scoring%weight, &
                                   scale, work(q:), work(h%k:), work(h%dp:), work(h%sums:), &
                                   work(dq:), work(h%dk:), d_parameters(1), d_parameters(2), &
                                   d_parameters(3:))
         return
      end if
      n = rows*a%key_dim
      call gemm_nn(a%key_dim, rows, a%columns, work(h%k:), work(h%dp:), 0.0_wp, work(dq:))
      d_parameters(1) = d_parameters(1) + dot_product(work(q:q + n - 1), work(dq:dq + n - 1))
      work(dq:dq + n - 1) = scoring%alpha*work(dq:dq + n - 1)
      n = rows*a%columns
      work(h%dp:h%dp + n - 1) = scoring%alpha*work(h%dp:h%dp + n - 1)
      call gemm_nt(a%key_dim, a%columns, rows, work(q:), work(h%dp:), 1.0_wp, work(h%dk:))
   end subroutine differentiate_scores

end module fkb_attention_core_sp
