! Generated from layers/fkb_dot.fypp: edit that file and run tools/generate.py
!> Keras's `Dot`: sums products of two inputs along one axis of each.
!>
!> With the two axes brought to the front, an input is a matrix of columns along its axis,
!> a(k, n1) and b(k, n2), and the output is transpose(b) a.
module fkb_dot_sp
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_gemm_sp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, bring_forward, closed_count, expect_inputs, get_axes, &
      refuse_option
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, storage_dimension
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: dot_t

   !> Keras's `Dot`.
   type, extends(layer_t) :: dot_t
      integer :: axes(2) = -1                    !! Keras's, of the two inputs
      logical :: normalize = .false.             !! columns have length 1 before the product
      real(wp) :: smallest_norm = 1e-7_wp        !! shorter columns are divided by this instead
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type dot_t

contains

   subroutine configure(self, config, error)
      class(dot_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: axes(max_rank), n
      if (.not. config%has('axes')) then
         call raise(error, fkb_err_argument, 'option "axes" is missing')
         return
      end if
      call get_axes(config, 'axes', axes, n, error, default=[-1])
      if (allocated(error)) return
      if (n < 1 .or. n > 2) then
         call refuse_option(config, 'axes', 'expected one axis or two', error)
         return
      end if
      self%axes = axes([1, n])
      call config%get('normalize', self%normalize, error, default=.false.)
      if (config%keras_major <= 2) self%smallest_norm = 1e-6_wp
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(dot_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: along(2), i, lengths(2)
      call expect_inputs(in_shapes, 2, error)
      if (allocated(error)) return
      do i = 1, 2
         call storage_dimension(self%axes(i), in_shapes(i)%rank, along(i), error)
         call add_context(error, 'option "axes"')
         if (allocated(error)) return
         lengths(i) = in_shapes(i)%extent(along(i))
      end do
      if (lengths(1) /= lengths(2) .and. all(lengths /= open_extent)) then
         call raise(error, fkb_err_argument, 'the axes to be summed have different extents in '// &
                    in_shapes(1)%text()//' and '//in_shapes(2)%text())
         return
      end if
      call state_output(in_shapes, along, plan, error)
      if (allocated(error)) return
      plan%fixed_scratch = 2*(closed_count(in_shapes(1)) + closed_count(in_shapes(2)))
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> The extents that are left: in storage order the second input's before the first's.
   subroutine state_output(in_shapes, along, plan, error)
      type(shape_t), intent(in) :: in_shapes(2)
      integer, intent(in) :: along(2)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: i, d
      if (in_shapes(1)%rank + in_shapes(2)%rank - 2 > max_rank) then
         call raise(error, fkb_err_unsupported, 'the output would have too high a rank')
         return
      end if
      do i = 2, 1, -1
         do d = 1, in_shapes(i)%rank
            if (d == along(i)) cycle
            out%rank = out%rank + 1
            out%extent(out%rank) = in_shapes(i)%extent(d)
         end do
      end do
      if (out%rank == 0) out = shape_of([1])
      call add_output(plan, out, error)
   end subroutine state_output

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: k, n1, n2, j
      k = summed(self, plan)
      n1 = size(x(1)%v, 1)/max(k, 1)
      n2 = size(x(2)%v, 1)/max(k, 1)
      associate (a => scratch(:k*n1), b => scratch(k*n1 + 1:k*(n1 + n2)))
         do j = 1, size(y(1)%v, 2)
            call collect(self, plan, 1, k, n1, x(1)%v(:, j), a)
            call collect(self, plan, 2, k, n2, x(2)%v(:, j), b)
            call gemm_tn(n2, n1, k, b, a, 0.0_wp, y(1)%v(:, j))
         end do
      end associate
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: k, n1, n2, n, j
      k = summed(self, plan)
      n1 = size(x(1)%v, 1)/max(k, 1)
      n2 = size(x(2)%v, 1)/max(k, 1)
      n = k*(n1 + n2)
      associate (a => scratch(:k*n1), b => scratch(k*n1 + 1:n), &
                 da => scratch(n + 1:n + k*n1), db => scratch(n + k*n1 + 1:2*n))
         do j = 1, size(dy(1)%v, 2)
            call collect(self, plan, 1, k, n1, x(1)%v(:, j), a)
            call collect(self, plan, 2, k, n2, x(2)%v(:, j), b)
            call gemm_nn(k, n1, n2, b, dy(1)%v(:, j), 0.0_wp, da)
            call gemm_nt(k, n2, n1, a, dy(1)%v(:, j), 0.0_wp, db)
            call distribute(self, plan, 1, k, n1, x(1)%v(:, j), a, da, dx(1)%v(:, j))
            call distribute(self, plan, 2, k, n2, x(2)%v(:, j), b, db, dx(2)%v(:, j))
         end do
      end associate
   end subroutine backward

   !> Products summed for one value of the output.
   integer function summed(self, plan) result(k)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(error_t), allocatable :: error
      integer :: along
      call storage_dimension(self%axes(1), plan%in_shapes(1)%rank, along, error)
      k = plan%in_shapes(1)%extent(along)
   end function summed

   !> The summed axis of input i first, normalised where the option says so.
   subroutine collect(self, plan, i, k, n, x, a)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i, k, n
      real(wp), intent(in) :: x(k*n)
      real(wp), intent(out) :: a(k, n)
      integer :: extent(max_rank), stride(max_rank), c
      call view(self, plan, i, extent, stride)
      call gather(extent, stride, k*n, k*n, x, a)
      if (.not. self%normalize) return
      do c = 1, n
         a(:, c) = a(:, c)/max(norm2(a(:, c)), self%smallest_norm)
      end do
   end subroutine collect

   !> dx of input i from the gradient of what `collect` gave; x is collected again for its norms.
   subroutine distribute(self, plan, i, k, n, x, a, da, dx)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i, k, n
      real(wp), intent(in) :: x(k*n), a(k, n)
      real(wp), intent(inout) :: da(k, n)
      real(wp), intent(inout) :: dx(k*n)
      integer :: extent(max_rank), stride(max_rank), c
      real(wp) :: norm
      call view(self, plan, i, extent, stride)
      if (self%normalize) then
         call gather(extent, stride, k*n, k*n, x, dx)
         do c = 1, n
            norm = norm2(dx((c - 1)*k + 1:c*k))
            if (norm > self%smallest_norm) then
               da(:, c) = (da(:, c) - a(:, c)*dot_product(a(:, c), da(:, c)))/norm
            else
               da(:, c) = da(:, c)/self%smallest_norm
            end if
         end do
      end if
      call scatter(extent, stride, k*n, k*n, da, dx)
   end subroutine distribute

   !> How to see a sample of input i as columns along the summed axis.
   subroutine view(self, plan, i, extent, stride)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i
      integer, intent(out) :: extent(max_rank), stride(max_rank)
      type(error_t), allocatable :: error
      logical :: marked(max_rank), in_place
      integer :: along, k, n
      call storage_dimension(self%axes(i), plan%in_shapes(i)%rank, along, error)
      marked = .false.
      marked(along) = .true.
      call bring_forward(plan%in_shapes(i), marked, extent, stride, k, n, in_place)
   end subroutine view

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      integer :: k, n1, n2, n, j
      k = summed(self, plan)
      n1 = size(x(1)%v, 1)/max(k, 1)
      n2 = size(x(2)%v, 1)/max(k, 1)
      n = k*(n1 + n2)
      associate (a => scratch(:k*n1), b => scratch(k*n1 + 1:n), &
                 da => scratch(n + 1:n + k*n1), db => scratch(n + k*n1 + 1:2*n))
         do j = 1, size(dy(1)%v, 2)
            call collect(self, plan, 1, k, n1, x(1)%v(:, j), a)
            call collect(self, plan, 2, k, n2, x(2)%v(:, j), b)
            call collect_tangent(self, plan, 1, k, n1, x(1)%v(:, j), a, dx(1)%v(:, j), da)
            call collect_tangent(self, plan, 2, k, n2, x(2)%v(:, j), b, dx(2)%v(:, j), db)
            call gemm_tn(n2, n1, k, b, da, 0.0_wp, dy(1)%v(:, j))
            call gemm_tn(n2, n1, k, db, a, 1.0_wp, dy(1)%v(:, j))
         end do
      end associate
   end subroutine tangent

   !> The direction of what `collect` gave; x is collected into it first for its norms.
   subroutine collect_tangent(self, plan, i, k, n, x, a, dx, da)
      class(dot_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      integer, intent(in) :: i, k, n
      real(wp), intent(in) :: x(k*n), a(k, n), dx(k*n)
      real(wp), intent(out) :: da(k, n)
      integer :: extent(max_rank), stride(max_rank), c
      real(wp) :: norms(n)
      call view(self, plan, i, extent, stride)
      if (self%normalize) then
         call gather(extent, stride, k*n, k*n, x, da)
         norms = norm2(da, 1)
      end if
      call gather(extent, stride, k*n, k*n, dx, da)
      if (.not. self%normalize) return
      do c = 1, n
         if (norms(c) > self%smallest_norm) then
            da(:, c) = (da(:, c) - a(:, c)*dot_product(a(:, c), da(:, c)))/norms(c)
         else
            da(:, c) = da(:, c)/self%smallest_norm
         end if
      end do
   end subroutine collect_tangent

end module fkb_dot_sp
