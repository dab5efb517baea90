! Generated from kernels/fkb_einsum_kernels.fypp: edit that file and run tools/generate.py
!> Products over named axes, one sample at a time, as `plan_einsum` of `fkb_einsum` planned them.
!>
!> An operand that does not lie as a matrix product wants it is copied into `work` first; the
!> product itself is `fkb_gemm`'s. `work` needs `einsum_work(settings)` values.
module fkb_einsum_kernels_dp
   use fkb_einsum, only: at_a, at_b, at_columns, at_items, at_rows, at_summed, at_y, einsum_size, &
      of_extent, of_in_place, of_leading, of_stride
   use fkb_gemm_dp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: wp => dp
   use fkb_shape, only: max_rank
   use fkb_strided_kernels_dp, only: gather, scatter, scatter_add
   implicit none (type, external)
   private
   public :: einsum_forward, einsum_backward_a, einsum_backward_b
   public :: einsum_arrange, einsum_add_back

contains

   !> y = the product of a and b
   pure subroutine einsum_forward(settings, n_a, n_b, n_y, a, b, y, work)
      integer, intent(in) :: settings(einsum_size)
      integer, intent(in) :: n_a, n_b, n_y
      real(wp), intent(in) :: a(n_a), b(n_b)
      real(wp), intent(inout) :: y(n_y)                !! overwritten
      real(wp), intent(inout) :: work(*)
      integer :: size_a, size_b
      size_a = settings(at_summed)*settings(at_rows)*settings(at_items)
      size_b = settings(at_summed)*settings(at_columns)*settings(at_items)
      if (settings(at_a + of_in_place) == 1) then
         call forward_with_b(settings, n_b, n_y, a, b, y, work, work(size_b + 1))
      else
         call einsum_arrange(settings, at_a, n_a, a, size_a, work)
         call forward_with_b(settings, n_b, n_y, work, b, y, work(size_a + 1), &
                             work(size_a + size_b + 1))
      end if
   end subroutine einsum_forward

   !> The same where a lies as the product wants it.
   pure subroutine forward_with_b(settings, n_b, n_y, a, b, y, work_b, work_y)
      integer, intent(in) :: settings(einsum_size)
      integer, intent(in) :: n_b, n_y
      real(wp), intent(in) :: a(*), b(n_b)
      real(wp), intent(inout) :: y(n_y), work_b(*), work_y(*)
      integer :: size_b
      size_b = settings(at_summed)*settings(at_columns)*settings(at_items)
      if (settings(at_b + of_in_place) == 1) then
         call forward_into_y(settings, n_y, a, b, y, work_y)
      else
         call einsum_arrange(settings, at_b, n_b, b, size_b, work_b)
         call forward_into_y(settings, n_y, a, work_b, y, work_y)
      end if
   end subroutine forward_with_b

   !> The same where a and b lie as the product wants them.
   pure subroutine forward_into_y(settings, n_y, a, b, y, work_y)
      integer, intent(in) :: settings(einsum_size)
      integer, intent(in) :: n_y
      real(wp), intent(in) :: a(*), b(*)
      real(wp), intent(inout) :: y(n_y), work_y(*)
      if (settings(at_y + of_in_place) == 1) then
         call multiply(settings, a, b, y)
      else
         call multiply(settings, a, b, work_y)
         call scatter(extent_of(settings, at_y), stride_of(settings, at_y), n_y, n_y, work_y, y)
      end if
   end subroutine forward_into_y

   !> da = the product of dy and b, or added to da
   pure subroutine einsum_backward_a(settings, n_a, n_b, n_y, b, dy, beta, da, work)
      integer, intent(in) :: settings(einsum_size)
      integer, intent(in) :: n_a, n_b, n_y
      real(wp), intent(in) :: b(n_b), dy(n_y)
      real(wp), intent(in) :: beta                     !! 0: overwrite da, 1: add
      real(wp), intent(inout) :: da(n_a), work(*)
      call backward_from_y(settings, at_a, at_b, n_a, n_b, n_y, b, dy, beta, da, work)
   end subroutine einsum_backward_a

   !> db = the product of dy and a, or added to db
   pure subroutine einsum_backward_b(settings, n_a, n_b, n_y, a, dy, beta, db, work)
      integer, intent(in) :: settings(einsum_size)
      integer, intent(in) :: n_a, n_b, n_y
      real(wp), intent(in) :: a(n_a), dy(n_y)
      real(wp), intent(in) :: beta                     !! 0: overwrite db, 1: add
      real(wp), intent(inout) :: db(n_b), work(*)
      call backward_from_y(settings, at_b, at_a, n_b, n_a, n_y, a, dy, beta, db, work)
   end subroutine einsum_backward_b

   !> The gradient of operand `at_this` from that of y and the other operand.
   pure subroutine backward_from_y(settings, at_this, at_other, n_this, n_other, n_y, other, dy, &
                                   beta, d_this, work)
      integer, intent(in) :: settings(einsum_size), at_this, at_other, n_this, n_other, n_y
      real(wp), intent(in) :: other(n_other), dy(n_y), beta
      real(wp), intent(inout) :: d_this(n_this), work(*)
      integer :: size_y
      size_y = settings(at_rows)*settings(at_columns)*settings(at_items)
      if (settings(at_y + of_in_place) == 1) then
         call backward_from_other(settings, at_this, at_other, n_this, n_other, other, dy, beta, &
                                  d_this, work)
      else
         call einsum_arrange(settings, at_y, n_y, dy, size_y, work)
         call backward_from_other(settings, at_this, at_other, n_this, n_other, other, work, beta, &
                                  d_this, work(size_y + 1))
      end if
   end subroutine backward_from_y

   !> The same where dy lies as the product wants it.
   pure subroutine backward_from_other(settings, at_this, at_other, n_this, n_other, other, dy, &
                                       beta, d_this, work)
      integer, intent(in) :: settings(einsum_size), at_this, at_other, n_this, n_other
      real(wp), intent(in) :: other(n_other), dy(*), beta
      real(wp), intent(inout) :: d_this(n_this), work(*)
      integer :: size_other
      if (settings(at_other + of_in_place) == 1) then
         call backward_into_this(settings, at_this, n_this, other, dy, beta, d_this, work)
      else
         size_other = settings(at_summed)*settings(at_items)* &
                      merge(settings(at_columns), settings(at_rows), at_other == at_b)
         call einsum_arrange(settings, at_other, n_other, other, size_other, work)
         call backward_into_this(settings, at_this, n_this, work, dy, beta, d_this, &
                                 work(size_other + 1))
      end if
   end subroutine backward_from_other

   !> The same where the other operand does, too.
   pure subroutine backward_into_this(settings, at_this, n_this, other, dy, beta, d_this, work)
      integer, intent(in) :: settings(einsum_size), at_this, n_this
      real(wp), intent(in) :: other(*), dy(*), beta
      real(wp), intent(inout) :: d_this(n_this), work(*)
      integer :: size_this
      size_this = settings(at_summed)*settings(at_items)* &
                  merge(settings(at_columns), settings(at_rows), at_this == at_b)
      if (settings(at_this + of_in_place) == 1) then
         call multiply_back(settings, at_this, other, dy, beta, d_this)
      else
         call multiply_back(settings, at_this, other, dy, 0.0_wp, work)
         if (beta <= 0) d_this = 0
         call einsum_add_back(settings, at_this, size_this, work, n_this, d_this)
      end if
   end subroutine backward_into_this

   !> A tensor (`at_a`, `at_b` or `at_y`) in the order that the product wants.
   pure subroutine einsum_arrange(settings, at, n, x, n_arranged, arranged)
      integer, intent(in) :: settings(einsum_size), at
      integer, intent(in) :: n, n_arranged
      real(wp), intent(in) :: x(n)
      real(wp), intent(out) :: arranged(n_arranged)
      call gather(extent_of(settings, at), stride_of(settings, at), n, n_arranged, x, arranged)
   end subroutine einsum_arrange

   !> Add what stands in the order of the product to a tensor: the derivative of `einsum_arrange`.
   pure subroutine einsum_add_back(settings, at, n_arranged, arranged, n, x)
      integer, intent(in) :: settings(einsum_size), at
      integer, intent(in) :: n, n_arranged
      real(wp), intent(in) :: arranged(n_arranged)
      real(wp), intent(inout) :: x(n)
      call scatter_add(extent_of(settings, at), stride_of(settings, at), n, n_arranged, arranged, x)
   end subroutine einsum_add_back

   pure function extent_of(settings, at) result(extent)
      integer, intent(in) :: settings(einsum_size), at
      integer :: extent(max_rank)
      extent = settings(at + of_extent:at + of_extent + max_rank - 1)
   end function extent_of

   pure function stride_of(settings, at) result(stride)
      integer, intent(in) :: settings(einsum_size), at
      integer :: stride(max_rank)
      stride = settings(at + of_stride:at + of_stride + max_rank - 1)
   end function stride_of

   !> y of every item. Where rows come first y is (rows, columns) = op(a) op(b), else (columns,
   !> rows) = op(b) op(a); the plan leaves out the case of two transposed matrices.
   pure subroutine multiply(settings, a, b, y)
      integer, intent(in) :: settings(einsum_size)
      real(wp), intent(in) :: a(*), b(*)
      real(wp), intent(inout) :: y(*)
      integer :: i, k, m, n
      logical :: a_leads, b_leads
      k = settings(at_summed)
      m = settings(at_rows)
      n = settings(at_columns)
      a_leads = settings(at_a + of_leading) == 1
      b_leads = settings(at_b + of_leading) == 1
      do i = 0, settings(at_items) - 1
         if (settings(at_y + of_leading) == 1) then
            call product_of(m, n, k, a_leads, b_leads, a(i*k*m + 1), b(i*k*n + 1), y(i*m*n + 1))
         else
            call product_of(n, m, k, b_leads, a_leads, b(i*k*n + 1), a(i*k*m + 1), y(i*m*n + 1))
         end if
      end do
   end subroutine multiply

   !> y(m,n) = p q, where p is (k,m) if it leads with the summed letters and else (m,k), and q is
   !> (k,n) or (n,k)
   pure subroutine product_of(m, n, k, p_leads, q_leads, p, q, y)
      integer, intent(in) :: m, n, k
      logical, intent(in) :: p_leads, q_leads
      real(wp), intent(in) :: p(*), q(*)
      real(wp), intent(inout) :: y(*)
      if (.not. q_leads) then
         call gemm_nt(m, n, k, p, q, 0.0_wp, y)
      else if (p_leads) then
         call gemm_tn(m, n, k, p, q, 0.0_wp, y)
      else
         call gemm_nn(m, n, k, p, q, 0.0_wp, y)
      end if
   end subroutine product_of

   !> The gradient of operand `at_this` of every item.
   pure subroutine multiply_back(settings, at_this, other, dy, beta, d_this)
      integer, intent(in) :: settings(einsum_size), at_this
      real(wp), intent(in) :: other(*), dy(*), beta
      real(wp), intent(inout) :: d_this(*)
      integer :: i, k, m, n, at_other
      logical :: first, leads, other_leads
      k = settings(at_summed)
      m = settings(at_rows)
      n = settings(at_columns)
      if (at_this == at_b) then
         m = settings(at_columns)
         n = settings(at_rows)
      end if
      at_other = at_a + at_b - at_this
      first = (settings(at_y + of_leading) == 1) .eqv. at_this == at_a
      leads = settings(at_this + of_leading) == 1
      other_leads = settings(at_other + of_leading) == 1
      do i = 0, settings(at_items) - 1
         call gradient_of(m, n, k, first, leads, other_leads, other(i*k*n + 1), dy(i*m*n + 1), &
                          beta, d_this(i*k*m + 1))
      end do
   end subroutine multiply_back

   !> dp of y = p q or y = q p: p is (k,m) or (m,k), q is (k,n) or (n,k), dy is (m,n) where p comes
   !> first and else (n,m).
   pure subroutine gradient_of(m, n, k, p_first, p_leads, q_leads, q, dy, beta, dp)
      integer, intent(in) :: m, n, k
      logical, intent(in) :: p_first, p_leads, q_leads
      real(wp), intent(in) :: q(*), dy(*), beta
      real(wp), intent(inout) :: dp(*)
      if (p_first .and. p_leads) then
         call gemm_nt(k, m, n, q, dy, beta, dp)
      else if (p_first .and. q_leads) then
         call gemm_nt(m, k, n, dy, q, beta, dp)
      else if (p_first) then
         call gemm_nn(m, k, n, dy, q, beta, dp)
      else if (.not. p_leads) then
         call gemm_tn(m, k, n, dy, q, beta, dp)
      else if (q_leads) then
         call gemm_nn(k, m, n, q, dy, beta, dp)
      else
         call gemm_tn(k, m, n, q, dy, beta, dp)
      end if
   end subroutine gradient_of

end module fkb_einsum_kernels_dp
