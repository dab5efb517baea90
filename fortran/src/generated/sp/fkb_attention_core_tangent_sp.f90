! Generated from layers/fkb_attention_core_tangent.fypp: edit that file and run tools/generate.py
!> The forward derivative of the attention of one sample.
submodule(fkb_attention_core_sp) fkb_attention_core_tangent_sp
   implicit none (type, external)

contains

   module procedure attend_tangent
      type(head_t) :: h
      type(mode_t) :: mode
      integer :: at, first, i, n, rows
      call place_parts(a, j, h)
      do i = 0, a%groups*a%heads - 1
         h%group = i/a%heads
         h%head = mod(i, a%heads)
         call take_three(a, h, q, k, v, work(h%q:), work(h%k:), work(h%v:))
         call take_three(a, h, dq, dk, dv, work(h%dq:), work(h%dk:), work(h%dv:))
         do first = 1, a%rows, block_rows(a)
            rows = min(block_rows(a), a%rows - first + 1)
            n = rows*a%columns
            at = ((h%group*a%heads + h%head)*a%rows + first - 1)*a%columns
            call weigh(a, scoring, scale, x, h, mode, first, rows, work)
            call direct_scores(a, scoring, scale, d_parameters, h, first, rows, work)
            call masked_softmax_tangent(a%mask_mode, a%columns, rows, h%masked, work(h%keep:), &
                                        work(h%p:), work(h%dp:))
            if (size(d_scores) > 0) d_scores(at + 1:at + n) = work(h%dp:h%dp + n - 1)
            associate (o => h%o + (first - 1)*a%value_dim)
               call gemm_nn(a%value_dim, rows, a%columns, work(h%v:), work(h%dp:), 0.0_wp, work(o:))
               call gemm_nn(a%value_dim, rows, a%columns, work(h%dv:), work(h%p:), 1.0_wp, work(o:))
            end associate
         end do
         call put_head(a, h, a%value_dim, a%heads, h%head, a%row, a%group, work(h%o:), d_output)
      end do
   end procedure attend_tangent

   !> A head's parts of query, key and value.
   subroutine take_three(a, h, q, k, v, head_q, head_k, head_v)
      type(attention_t), intent(in) :: a
      type(head_t), intent(in) :: h
      real(wp), intent(in), contiguous :: q(:), k(:), v(:)
      real(wp), intent(inout), contiguous :: head_q(:), head_k(:), head_v(:)
      call take_head(a, h, a%key_dim, a%heads, h%head, a%row, a%group, q, head_q)
      call take_head(a, h, a%key_dim, a%value_heads, value_head(a, h), a%column, a%value_group, &
                     k, head_k)
      call take_head(a, h, a%value_dim, a%value_heads, value_head(a, h), a%column, &
                     a%value_group, v, head_v)
   end subroutine take_three

   !> The direction of a block's scores, into `work(h%dp:)`.
   subroutine direct_scores(a, scoring, scale, d_parameters, h, first, rows, work)
      type(attention_t), intent(in) :: a
      type(scoring_t), intent(in) :: scoring
      real(wp), intent(in), contiguous :: scale(:), d_parameters(:)
      type(head_t), intent(in) :: h
      integer, intent(in) :: first, rows
      real(wp), intent(inout), contiguous :: work(:)
      integer :: dq, n, q
      q = h%q + (first - 1)*a%key_dim
      dq = h%dq + (first - 1)*a%key_dim
      if (scoring%additive) then
         call sum_of_tanh_tangent(a%key_dim, a%columns, rows, scoring%alpha, scoring%weight, &
                                  scale, work(q:), work(h%k:), d_parameters(1), d_parameters(2), &
                                  d_parameters(3:), work(dq:), work(h%dk:), work(h%sums:), &
                                  work(h%dp:))
         return
      end if
      n = rows*a%columns
      call gemm_tn(a%columns, rows, a%key_dim, work(h%dk:), work(q:), 0.0_wp, work(h%dp:))
      call gemm_tn(a%columns, rows, a%key_dim, work(h%k:), work(dq:), 1.0_wp, work(h%dp:))
      work(h%dp:h%dp + n - 1) = scoring%alpha*work(h%dp:h%dp + n - 1)
      if (.not. abs(d_parameters(1)) > 0) return
      call gemm_tn(a%columns, rows, a%key_dim, work(h%k:), work(q:), 0.0_wp, work(h%factor:))
      work(h%dp:h%dp + n - 1) = work(h%dp:h%dp + n - 1) + &
         d_parameters(1)*work(h%factor:h%factor + n - 1)
   end subroutine direct_scores

end submodule fkb_attention_core_tangent_sp
