!> Matrix products against the plain triple loop, for sizes around those of the tiles.
!>
!> The bound is that of a sum of k products in any order: k units of the sum of their sizes.
module test_gemm
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_gemm_dp, only: dp_nn => gemm_nn, dp_nt => gemm_nt, dp_tn => gemm_tn
   use fkb_gemm_packed_dp, only: dp_add_packed => add_packed, dp_pack => pack_rows, &
      dp_packed_size => packed_size
   use fkb_gemm_packed_sp, only: add_packed, pack_rows, packed_size
   use fkb_gemm_sp, only: columns_independent, gemm_nn, gemm_nn_from, gemm_nt, gemm_tn
   use fkb_kinds, only: dp, sp
   use fkb_testing, only: check_close, check_equal, failure_t, skip, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: sizes(14) = [1, 2, 3, 5, 7, 8, 9, 16, 17, 31, 33, 40, 65, 300]

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "gemm"
      call suite%add("products in real32 agree with the plain loop", real32_products)
      call suite%add("products in real64 agree with the plain loop", real64_products)
      call suite%add("with beta 0 nothing of the old c is read", beta_zero_overwrites)
      call suite%add("an empty product is zero or adds nothing", empty_products)
      call suite%add("a column has the same bits alone and among others", columns_alone)
      call suite%add("a product from a start is one added to it", product_from_start)
      call suite%add("a packed matrix gives a column the same bits", packed_products)
      call suite%add("the same call gives the same bits again", calls_repeat)
   end subroutine collect

   subroutine real32_products(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: a(:, :), b(:, :), c(:, :), start(:, :)
      real(dp), allocatable :: plain(:, :), size_of(:, :)
      real(sp) :: beta
      integer :: i, j, k, l
      do i = 1, size(sizes)
         do j = 1, size(sizes)
            do l = 1, size(sizes), 2
               k = sizes(l)
               beta = real(mod(i + j + l, 2), sp)
               call random_matrix(sizes(i), k, a)
               call random_matrix(k, sizes(j), b)
               call random_matrix(sizes(i), sizes(j), start)
               call plain_product(real(a, dp), real(b, dp), real(beta*start, dp), plain, size_of)
               c = start
               call gemm_nn(sizes(i), sizes(j), k, a, b, beta, c)
               call compare(failure, real(c, dp), plain, size_of, k*real(epsilon(c), dp), "nn")
               c = start
               call gemm_tn(sizes(i), sizes(j), k, transpose(a), b, beta, c)
               call compare(failure, real(c, dp), plain, size_of, k*real(epsilon(c), dp), "tn")
               c = start
               call gemm_nt(sizes(i), sizes(j), k, a, transpose(b), beta, c)
               call compare(failure, real(c, dp), plain, size_of, k*real(epsilon(c), dp), "nt")
            end do
         end do
      end do
   end subroutine real32_products

   subroutine real64_products(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: narrow(:, :)
      real(dp), allocatable :: a(:, :), b(:, :), c(:, :), start(:, :)
      real(dp), allocatable :: plain(:, :), size_of(:, :)
      real(dp) :: beta
      integer :: i, j, k, l
      do i = 1, size(sizes)
         do j = 1, size(sizes)
            do l = 2, size(sizes), 2
               k = sizes(l)
               beta = real(mod(i + j + l/2, 2), dp)
               call random_matrix(sizes(i), k, narrow)
               a = narrow/3.0_dp
               call random_matrix(k, sizes(j), narrow)
               b = narrow/7.0_dp
               call random_matrix(sizes(i), sizes(j), narrow)
               start = narrow
               call plain_product(a, b, beta*start, plain, size_of)
               c = start
               call dp_nn(sizes(i), sizes(j), k, a, b, beta, c)
               call compare(failure, c, plain, size_of, k*epsilon(c), "nn")
               c = start
               call dp_tn(sizes(i), sizes(j), k, transpose(a), b, beta, c)
               call compare(failure, c, plain, size_of, k*epsilon(c), "tn")
               c = start
               call dp_nt(sizes(i), sizes(j), k, a, transpose(b), beta, c)
               call compare(failure, c, plain, size_of, k*epsilon(c), "nt")
            end do
         end do
      end do
   end subroutine real64_products

   subroutine beta_zero_overwrites(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: a(5, 3), b(3, 4), c(5, 4), nan
      nan = ieee_value(nan, ieee_quiet_nan)
      a = 1
      b = 2
      c = nan
      call gemm_nn(5, 4, 3, a, b, 0.0_sp, c)
      call check_close(failure, c, spread(spread(6.0_sp, 1, 5), 2, 4), 0.0_sp, "nn")
      c = nan
      call gemm_tn(5, 4, 3, transpose(a), b, 0.0_sp, c)
      call check_close(failure, c, spread(spread(6.0_sp, 1, 5), 2, 4), 0.0_sp, "tn")
      c = nan
      call gemm_nt(5, 4, 3, a, transpose(b), 0.0_sp, c)
      call check_close(failure, c, spread(spread(6.0_sp, 1, 5), 2, 4), 0.0_sp, "nt")
   end subroutine beta_zero_overwrites

   subroutine empty_products(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: a(2, 0), b(0, 3), c(2, 3), none(0, 3)
      c = 5
      call gemm_nn(2, 3, 0, a, b, 1.0_sp, c)
      call check_close(failure, c, spread(spread(5.0_sp, 1, 2), 2, 3), 0.0_sp, "beta 1")
      call gemm_nn(2, 3, 0, a, b, 0.0_sp, c)
      call check_close(failure, c, spread(spread(0.0_sp, 1, 2), 2, 3), 0.0_sp, "beta 0")
      call gemm_nn(0, 3, 2, none, c, 1.0_sp, none)
      call gemm_nt(2, 0, 3, c, none, 1.0_sp, a)
   end subroutine empty_products

   subroutine columns_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: heights(7) = [7, 16, 33, 65, 256, 450, 1750]
      integer, parameter :: widths(7) = [1, 2, 3, 5, 8, 11, 30]
      real(sp), allocatable :: a(:, :), b(:, :), together(:, :), alone(:, :)
      integer :: first, i, j, m
      if (.not. columns_independent()) then
         call skip(failure, "the BLAS does not promise it")
         return
      end if
      do i = 1, size(heights)
         m = heights(i)
         call random_matrix(m, 270, a)
         call random_matrix(270, 150, b)
         allocate (together(m, 150), alone(m, 150))
         call gemm_nn(m, 150, 270, a, b, 0.0_sp, together)
         do j = 1, size(widths)
            do first = 1, 150 - widths(j), 13
               call gemm_nn(m, widths(j), 270, a, b(1, first), 0.0_sp, alone)
               call check_equal(failure, alone(:, :widths(j)), &
                                together(:, first:first + widths(j) - 1), "columns")
            end do
         end do
         deallocate (together, alone)
      end do
   end subroutine columns_alone

   subroutine product_from_start(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: a(:, :), b(:, :), start(:, :), c(:, :), expected(:, :)
      integer :: i, j, k
      do i = 1, size(sizes)
         do j = 1, size(sizes)
            k = sizes(1 + mod(i + j, size(sizes)))
            call random_matrix(sizes(i), k, a)
            call random_matrix(k, sizes(j), b)
            call random_matrix(sizes(i), 1, start)
            expected = spread(start(:, 1), 2, sizes(j))
            call gemm_nn(sizes(i), sizes(j), k, a, b, 1.0_sp, expected)
            c = 0*expected + 7
            call gemm_nn_from(sizes(i), sizes(j), k, a, b, start, c)
            call check_equal(failure, c, expected, "from a start")
         end do
      end do
      call gemm_nn_from(size(start), 1, 0, a, b, start, c)
      call check_equal(failure, c(:, :1), start(:, :1), "without depth")
   end subroutine product_from_start

   subroutine calls_repeat(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: a(:, :), b(:, :)
      real(sp) :: once(70, 50), again(70, 50)
      call random_matrix(70, 90, a)
      call random_matrix(90, 50, b)
      call gemm_nn(70, 50, 90, a, b, 0.0_sp, once)
      call gemm_nn(70, 50, 90, a, b, 0.0_sp, again)
      call check_equal(failure, again, once, "nn")
   end subroutine calls_repeat

   !> c = start + a b, and the same of the absolute values
   subroutine plain_product(a, b, start, c, size_of)
      real(dp), intent(in) :: a(:, :), b(:, :), start(:, :)
      real(dp), allocatable, intent(out) :: c(:, :), size_of(:, :)
      integer :: j, l
      c = start
      size_of = abs(start)
      do j = 1, size(b, 2)
         do l = 1, size(a, 2)
            c(:, j) = c(:, j) + a(:, l)*b(l, j)
            size_of(:, j) = size_of(:, j) + abs(a(:, l)*b(l, j))
         end do
      end do
   end subroutine plain_product

   subroutine compare(failure, actual, expected, size_of, tolerance, what)
      type(failure_t), allocatable, intent(inout) :: failure
      real(dp), intent(in) :: actual(:, :), expected(:, :), size_of(:, :), tolerance
      character(*), intent(in) :: what
      call check_close(failure, actual/size_of, expected/size_of, tolerance, what, scale=1.0_dp)
   end subroutine compare

   !> One column goes through the library's own kernel with a BLAS too.
   subroutine packed_products(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: a(:, :), b(:, :), c(:, :), expected(:, :), packed(:)
      real(dp), allocatable :: packed_dp(:), c_dp(:, :), expected_dp(:, :)
      integer :: i, k, l
      do i = 1, size(sizes)
         do l = 1, size(sizes)
            k = sizes(l)
            call random_matrix(sizes(i), k, a)
            call random_matrix(k, 1, b)
            call random_matrix(sizes(i), 1, c)
            allocate (packed(packed_size(sizes(i), k)), packed_dp(dp_packed_size(sizes(i), k)))
            c_dp = c
            expected = c
            expected_dp = c
            call pack_rows(sizes(i), k, a, packed)
            call add_packed(sizes(i), k, packed, b, c)
            call gemm_nn(sizes(i), 1, k, a, b, 1.0_sp, expected)
            call check_equal(failure, c(:, 1), expected(:, 1), "real32")
            call dp_pack(sizes(i), k, a/3.0_dp, packed_dp)
            call dp_add_packed(sizes(i), k, packed_dp, b/7.0_dp, c_dp)
            call dp_nn(sizes(i), 1, k, a/3.0_dp, b/7.0_dp, 1.0_dp, expected_dp)
            call check_equal(failure, c_dp(:, 1), expected_dp(:, 1), "real64")
            deallocate (packed, packed_dp)
         end do
      end do
   end subroutine packed_products

   !> Values between -1 and 1, none of them 0, the same on every call.
   subroutine random_matrix(m, n, a)
      integer, intent(in) :: m, n
      real(sp), allocatable, intent(out) :: a(:, :)
      integer :: i, j, state
      allocate (a(m, n))
      state = 1 + m + 13*n
      do j = 1, n
         do i = 1, m
            state = mod(state*171, 30269)
            a(i, j) = 2*real(state, sp)/30269 - 1.00001_sp
         end do
      end do
   end subroutine random_matrix

end module test_gemm
