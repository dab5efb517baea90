!> What the processor can do at most, in real32: multiply-adds, and reading memory.
!>
!> Usage: time_limits SECONDS [BYTES ...]
!>
!> Prints `peak GFLOP/s`, then for each size of an array `read BYTES GB/s`: the best of short runs
!> within SECONDS each, summed over OMP_NUM_THREADS threads, which work on shares of the array.
program time_limits
   use, intrinsic :: iso_fortran_env, only: int64, output_unit
   use bench_tools, only: now, word
   use fkb_sp, only: dp, sp
   implicit none (type, external)
   integer, parameter :: lanes = 16       !! values that one vector of AVX-512 holds
   integer, parameter :: chains = 12      !! independent: more than latency times units

   call main()

contains

   subroutine main()
      character(:), allocatable :: text
      integer(int64) :: bytes
      real(dp) :: seconds
      integer :: i
      text = word(1)
      read (text, *) seconds
      write (output_unit, '(a,f12.3)') 'peak', peak(seconds)/1e9_dp
      do i = 2, command_argument_count()
         text = word(i)
         read (text, *) bytes
         write (output_unit, '(a,i14,f12.3)') 'read', bytes, bandwidth(bytes, seconds)/1e9_dp
      end do
   end subroutine main

   !> Operations per second; a multiply-add is two.
   real(dp) function peak(seconds)
      real(dp), intent(in) :: seconds
      integer, parameter :: count = 100000
      real(dp) :: start, t0, t1
      real(sp) :: total
      integer :: threads
      peak = 0
      total = 0
      start = now()
      do
         threads = 0
         t0 = now()
         !$omp parallel default(none) shared(start) reduction(+:total, threads)
         threads = threads + 1
         total = total + multiply_add(count, real(start, sp))
         !$omp end parallel
         t1 = now()
         peak = max(peak, 2.0_dp*lanes*chains*count*threads/(t1 - t0))
         if (t1 - start > seconds) exit
      end do
      if (total < 0) write (output_unit, *) total
   end function peak

   !> `count` multiply-adds of each of `chains` vectors, from values that no compiler knows: a chain
   !> whose value stays the same would be left out.
   real(sp) function multiply_add(count, first) result(total)
      integer, intent(in) :: count
      real(sp), intent(in) :: first
      real(sp) :: factor(lanes), term(lanes)
      real(sp) :: v1(lanes), v2(lanes), v3(lanes), v4(lanes), v5(lanes), v6(lanes)
      real(sp) :: v7(lanes), v8(lanes), v9(lanes), v10(lanes), v11(lanes), v12(lanes)
      integer :: i, k
      factor = 0.999_sp
      term = 0.001_sp
      v1 = first + 1
      v2 = first + 2
      v3 = first + 3
      v4 = first + 4
      v5 = first + 5
      v6 = first + 6
      v7 = first + 7
      v8 = first + 8
      v9 = first + 9
      v10 = first + 10
      v11 = first + 11
      v12 = first + 12
      do k = 1, count
         do i = 1, lanes
            v1(i) = v1(i)*factor(i) + term(i)
            v2(i) = v2(i)*factor(i) + term(i)
            v3(i) = v3(i)*factor(i) + term(i)
            v4(i) = v4(i)*factor(i) + term(i)
            v5(i) = v5(i)*factor(i) + term(i)
            v6(i) = v6(i)*factor(i) + term(i)
            v7(i) = v7(i)*factor(i) + term(i)
            v8(i) = v8(i)*factor(i) + term(i)
            v9(i) = v9(i)*factor(i) + term(i)
            v10(i) = v10(i)*factor(i) + term(i)
            v11(i) = v11(i)*factor(i) + term(i)
            v12(i) = v12(i)*factor(i) + term(i)
         end do
      end do
      total = sum(v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11 + v12)
   end function multiply_add

   !> Bytes per second that sums of the values read, again and again.
   real(dp) function bandwidth(bytes, seconds)
      integer(int64), intent(in) :: bytes
      real(dp), intent(in) :: seconds
      real(sp), allocatable :: values(:)
      real(dp) :: start, t0, t1
      real(sp) :: total
      integer(int64) :: part, parts, share
      integer :: k, repeats
      ! 64 KiB at a time, so that the threads have equal work.
      share = min(16384_int64, max(64_int64, bytes/16))
      parts = max(1_int64, bytes/4/share)
      allocate (values(parts*share))
      !$omp parallel do default(none) shared(values, parts, share) schedule(static)
      do part = 1, parts
         values((part - 1)*share + 1:part*share) = 1
      end do
      !$omp end parallel do
      repeats = int(max(1_int64, 20000000_int64/size(values, kind=int64)))
      bandwidth = 0
      start = now()
      do
         total = 0
         t0 = now()
         !$omp parallel default(none) shared(values, parts, share, repeats) private(k) &
         !$omp reduction(+:total)
         do k = 1, repeats
            !$omp do schedule(static)
            do part = 1, parts
               total = total + total_of(int(share), values((part - 1)*share + 1))
            end do
            !$omp end do nowait
         end do
         !$omp end parallel
         t1 = now()
         bandwidth = max(bandwidth, 4.0_dp*size(values, kind=int64)*repeats/(t1 - t0))
         if (t1 - start > seconds) exit
      end do
      if (total < 0) write (output_unit, *) total
   end function bandwidth

   !> The sum of `n` values in 64 partial sums, which no compiler must keep in order.
   real(sp) function total_of(n, values) result(total)
      integer, intent(in) :: n                    !! a multiple of 64 counts, the rest is left out
      real(sp), intent(in) :: values(n)
      real(sp) :: u1(lanes), u2(lanes), u3(lanes), u4(lanes)
      integer :: i, k
      u1 = 0
      u2 = 0
      u3 = 0
      u4 = 0
      do k = 0, n - 4*lanes, 4*lanes
         do i = 1, lanes
            u1(i) = u1(i) + values(k + i)
            u2(i) = u2(i) + values(k + lanes + i)
            u3(i) = u3(i) + values(k + 2*lanes + i)
            u4(i) = u4(i) + values(k + 3*lanes + i)
         end do
      end do
      total = sum(u1 + u2 + u3 + u4)
   end function total_of

end program time_limits
