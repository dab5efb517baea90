! Generated from layers/fkb_permute.fypp: edit that file and run tools/generate.py
!> Layers that move values to other places: Keras's `Permute` and `Flatten`.
module fkb_permute_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_inputs, expect_rank, get_data_format, &
      refuse_option
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t, strides_of
   use fkb_strided_kernels_sp, only: gather, scatter
   implicit none (type, external)
   private
   public :: permute_t, flatten_t

   !> Keras's `Permute`.
   type, extends(unary_layer_t) :: permute_t
      integer :: rank = 0                !! of input and output
      integer :: source(max_rank) = 0    !! storage dimension of the input for each of the output
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: order
      procedure :: apply
      procedure :: apply_backward
   end type permute_t

   !> Keras's `Flatten`: one dimension; with channels first, the channels come last before.
   type, extends(permute_t) :: flatten_t
      logical :: channels_first = .false.
   contains
      procedure :: configure => configure_flatten
      procedure :: lay_out => lay_out_flatten
      procedure :: order => order_flatten
   end type flatten_t

contains

   subroutine configure(self, config, error)
      class(permute_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: dims(max_rank), n, i
      if (config%count('dims') > max_rank) then
         call refuse_option(config, 'dims', 'the rank is too high', error)
         return
      end if
      call config%get_list('dims', dims, n, error)
      if (allocated(error)) return
      do i = 1, n
         if (count(dims(:n) == i) == 1) cycle
         call refuse_option(config, 'dims', 'expected each axis from 1 on once', error)
         return
      end do
      self%rank = n
      self%source(:n) = n + 1 - dims(n:1:-1)
   end subroutine configure

   subroutine configure_flatten(self, config, error)
      class(flatten_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_data_format(config, self%channels_first, error)
   end subroutine configure_flatten

   subroutine lay_out(self, in_shapes, plan, error)
      class(permute_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_rank(in_shapes, self%rank, error)
      if (allocated(error)) return
      call add_output(plan, shape_of(in_shapes(1)%extent(self%source(:self%rank))), error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
   end subroutine lay_out

   subroutine lay_out_flatten(self, in_shapes, plan, error)
      class(flatten_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (.not. in_shapes(1)%closed()) then
         call add_output(plan, shape_of([open_extent]), error)
      else if (in_shapes(1)%count() > huge(1)) then
         call raise(error, fkb_err_argument, 'a tensor of shape '//in_shapes(1)%text()// &
                    ' has too many values')
      else
         call add_output(plan, shape_of([int(in_shapes(1)%count())]), error)
      end if
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .not. self%channels_first
   end subroutine lay_out_flatten

   !> Which storage dimension of the input each dimension of the walk is.
   subroutine order(self, rank, source)
      class(permute_t), intent(in) :: self
      integer, intent(in) :: rank
      integer, intent(out) :: source(max_rank)    !! the first `rank` are set
      source = self%source
      source(rank + 1:) = 0
   end subroutine order

   subroutine order_flatten(self, rank, source)
      class(flatten_t), intent(in) :: self
      integer, intent(in) :: rank
      integer, intent(out) :: source(max_rank)    !! the first `rank` are set
      integer :: i
      source = 0
      do i = 1, rank
         source(i) = i
         ! Not cshift(source(:rank), -1), for which flang 22 writes past its copy at -O3.
         if (self%channels_first) source(i) = modulo(i - 2, rank) + 1
      end do
   end subroutine order_flatten

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(permute_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, j
      call walk(self, plan%in_shapes(1), extent, stride)
      n = size(x, 1)
      do j = 1, size(x, 2)
         call gather(extent, stride, n, n, x(:, j), y(:, j))
      end do
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(permute_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: extent(max_rank), stride(max_rank), n, j
      call walk(self, plan%in_shapes(1), extent, stride)
      n = size(x, 1)
      do j = 1, size(x, 2)
         call scatter(extent, stride, n, n, dy(:, j), dx(:, j))
      end do
   end subroutine apply_backward

   !> How to walk the input in the output's order.
   subroutine walk(self, shape, extent, stride)
      class(permute_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(out) :: extent(max_rank), stride(max_rank)
      integer :: source(max_rank), strides(max_rank), i
      call self%order(shape%rank, source)
      strides = strides_of(shape)
      extent = 1
      stride = 0
      do i = 1, shape%rank
         extent(i) = shape%extent(source(i))
         stride(i) = strides(source(i))
      end do
   end subroutine walk

end module fkb_permute_sp
