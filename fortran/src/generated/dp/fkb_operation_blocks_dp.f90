! Generated from layers/fkb_operation_blocks.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that repeat values to a shape, or move blocks of an image into its
!> channels and back: `BroadcastTo`, `SpaceToDepth`, `DepthToSpace`.
!>
!> `lay_out` makes a map from places of the result to places of the input; the pass follows it.
module fkb_operation_blocks_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_operations, only: block_broadcast, block_to_depth
   use fkb_place_kernels_dp, only: pick, pick_backward
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: max_rank, open_extent, shape_t, strides_of
   implicit none (type, external)
   private
   public :: block_operation_t

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: block_operation_t
      integer :: id = block_broadcast             !! one of the `block_*` constants
      integer :: n = 0
      integer :: sizes(max_rank + 1) = 0          !! Keras's shape with the batch
      integer :: block = 1                        !! option `block_size`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type block_operation_t

contains

   subroutine configure(self, config, error)
      class(block_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: data_format
      if (self%id == block_broadcast) then
         call config%get_list('shape', self%sizes, self%n, error, null_value=-1)
         if (allocated(error)) return
         if (self%n < 1 .or. any(self%sizes(:self%n) < -1)) call refuse_option(config, 'shape', &
            'expected sizes, the batch first', error)
         return
      end if
      call config%get('block_size', self%block, error)
      if (allocated(error)) return
      if (self%block < 1) call refuse_option(config, 'block_size', 'expected a positive number', &
                                             error)
      if (allocated(error)) return
      call config%get('data_format', data_format, error, default='channels_last')
      if (allocated(error)) return
      if (data_format /= 'channels_last') call refuse_option(config, 'data_format', &
         'expected channels_last', error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(block_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      if (self%id == block_broadcast) then
         call broadcast(self, in_shapes(1), out, error)
      else
         call move_blocks(self, in_shapes(1), out, error)
      end if
      if (.not. allocated(error)) call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (.not. (out%closed() .and. in_shapes(1)%closed())) return
      allocate (plan%settings(out%count()))
      if (self%id == block_broadcast) then
         call map_broadcast(in_shapes(1), out, plan%settings)
      else
         call map_blocks(self, in_shapes(1), out, plan%settings)
      end if
   end subroutine lay_out

   !> The new shape, whose extents of -1 are those of the input.
   subroutine broadcast(self, in_shape, out, error)
      class(block_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      integer :: d
      out = in_shape
      fits = self%n == in_shape%rank + 1
      do d = 1, merge(in_shape%rank, 0, fits)
         associate (wanted => self%sizes(self%n + 1 - d), given => in_shape%extent(d))
            if (wanted >= 0) out%extent(d) = wanted
            fits = fits .and. (any(given == [1, open_extent]) .or. given == out%extent(d))
         end associate
      end do
      if (.not. fits) call raise(error, fkb_err_argument, 'option "shape" is not one that a '// &
                                 'sample of shape '//in_shape%text()//' can be repeated to')
   end subroutine broadcast

   pure subroutine map_broadcast(in_shape, out, map)
      type(shape_t), intent(in) :: in_shape, out
      integer, intent(out) :: map(:)
      integer :: d, index, k, stride(max_rank)
      stride = strides_of(in_shape)
      do k = 1, size(map)
         index = k - 1
         map(k) = 1
         do d = 1, out%rank
            map(k) = map(k) + modulo(index, out%extent(d))*stride(d)
            index = index/out%extent(d)
         end do
      end do
   end subroutine map_broadcast

   !> The shape of an image whose blocks go into its channels, or come from there.
   subroutine move_blocks(self, in_shape, out, error)
      class(block_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape
      type(shape_t), intent(out) :: out
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      integer :: d
      out = in_shape
      fits = in_shape%rank == 3
      if (self%id == block_to_depth) then
         if (in_shape%extent(1) >= 0) out%extent(1) = in_shape%extent(1)*self%block**2
         do d = 2, 3
            if (in_shape%extent(d) == open_extent) cycle
            fits = fits .and. modulo(in_shape%extent(d), self%block) == 0
            out%extent(d) = in_shape%extent(d)/self%block
         end do
      else
         do d = 2, 3
            if (in_shape%extent(d) >= 0) out%extent(d) = in_shape%extent(d)*self%block
         end do
         if (in_shape%extent(1) >= 0) then
            fits = fits .and. modulo(in_shape%extent(1), self%block**2) == 0
            out%extent(1) = in_shape%extent(1)/self%block**2
         end if
      end if
      if (.not. fits) call raise(error, fkb_err_argument, 'an image of shape '//in_shape%text()// &
                                 ' has no whole blocks of this size')
   end subroutine move_blocks

   !> Channel (i*block + j)*n + c of a pixel is channel c at row i and column j of its block.
   subroutine map_blocks(self, in_shape, out, map)
      class(block_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shape, out
      integer, intent(out) :: map(:)
      type(shape_t) :: deep, wide
      integer :: at_deep, at_wide, b, c, column, i, j, row
      b = self%block
      deep = out
      wide = in_shape
      if (self%id /= block_to_depth) then
         deep = in_shape
         wide = out
      end if
      do row = 0, deep%extent(3) - 1
         do column = 0, deep%extent(2) - 1
            do i = 0, b - 1
               do j = 0, b - 1
                  do c = 1, wide%extent(1)
                     at_deep = (row*deep%extent(2) + column)*deep%extent(1) &
                               + (i*b + j)*wide%extent(1) + c
                     at_wide = ((row*b + i)*wide%extent(2) + column*b + j)*wide%extent(1) + c
                     if (self%id == block_to_depth) then
                        map(at_deep) = at_wide
                     else
                        map(at_wide) = at_deep
                     end if
                  end do
               end do
            end do
         end do
      end do
   end subroutine map_blocks

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(block_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call pick(size(x(1)%v, 1), size(y(1)%v, 1), size(y(1)%v, 2), plan%settings, 0.0_wp, &
                x(1)%v, y(1)%v)
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(block_operation_t), intent(in) :: self
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
      dx(1)%v = 0
      call pick_backward(size(dx(1)%v, 1), size(dy(1)%v, 1), size(dy(1)%v, 2), plan%settings, &
                         dy(1)%v, dx(1)%v)
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(block_operation_t), intent(in) :: self
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
      call pick(size(dx(1)%v, 1), size(dy(1)%v, 1), size(dy(1)%v, 2), plan%settings, 0.0_wp, &
                dx(1)%v, dy(1)%v)
   end subroutine tangent

end module fkb_operation_blocks_dp
