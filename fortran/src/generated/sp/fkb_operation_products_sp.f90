! Generated from layers/fkb_operation_products.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that multiply and sum: `Matmul`, `Dot`, `Inner`, `Tensordot`, `Einsum`,
!> `Kron`.
module fkb_operation_products_sp
   use fkb_config, only: config_t
   use fkb_einsum, only: einsum_size, einsum_work, plan_einsum
   use fkb_einsum_equation, only: sample_equation
   use fkb_einsum_kernels_sp, only: einsum_backward_a, einsum_backward_b, einsum_forward
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_operations, only: product_dot, product_einsum, product_inner, product_kron, &
      product_matmul, product_tensordot
   use fkb_plan, only: plan_t, tangent_own
   use fkb_product_equations, only: contraction_equation, kronecker_equation, matmul_equation
   use fkb_shape, only: max_rank, open_extent, shape_t
   implicit none (type, external)
   private
   public :: product_operation_t

   integer, parameter :: longest = 64

   !> One of these operations; the prototype says which.
   type, extends(layer_t) :: product_operation_t
      integer :: id = product_matmul               !! one of the `product_*` constants
      logical :: transposed(2) = .false.           !! `Matmul` of Keras 2: exchange the last axes
      logical :: listed = .false.                  !! the axes of `Tensordot` are two lists
      integer :: n_axes = 2
      integer :: axes(max_rank, 2) = 0             !! of `Tensordot`, Keras's
      character(longest) :: equation = ''          !! of `Einsum`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
   end type product_operation_t

contains

   subroutine configure(self, config, error)
      class(product_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: equation
      select case (self%id)
      case (product_matmul)
         call config%get('transpose_a', self%transposed(1), error, default=.false.)
         if (.not. allocated(error)) call config%get('transpose_b', self%transposed(2), error, &
                                                     default=.false.)
      case (product_einsum)
         call config%get('subscripts', equation, error)
         if (allocated(error)) return
         if (len(equation) > longest) call refuse_option(config, 'subscripts', 'it is too long', &
                                                         error)
         self%equation = equation
      case (product_tensordot)
         call get_axes(self, config, error)
      case default
         continue
      end select
   end subroutine configure

   !> The option `axes`: how many, or which axes of both operands.
   subroutine get_axes(self, config, error)
      class(product_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      self%listed = config%kind_of('axes') == 'array'
      if (.not. self%listed) then
         call config%get('axes', self%n_axes, error, default=2)
         return
      end if
      call config%get_list('axes.0', self%axes(:, 1), self%n_axes, error)
      if (.not. allocated(error)) call config%get_list('axes.1', self%axes(:, 2), n, error)
      if (allocated(error)) return
      if (n /= self%n_axes .or. config%count('axes') /= 2) then
         call refuse_option(config, 'axes', 'expected two lists of as many axes', error)
      end if
   end subroutine get_axes

   subroutine lay_out(self, in_shapes, plan, error)
      class(product_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out, two
      character(:), allocatable :: equation
      integer :: settings(einsum_size)
      if (self%id == product_einsum .and. size(in_shapes) == 1) then
         two = shape_t()
      else
         call expect_inputs(in_shapes, 2, error)
         if (allocated(error)) return
         two = in_shapes(2)
      end if
      call find_equation(self, plan, in_shapes(1), two, size(in_shapes), equation, error)
      if (allocated(error)) return
      call plan_einsum(equation, in_shapes(1), two, settings, out, error)
      if (self%id == product_kron .and. .not. allocated(error)) then
         call join_pairs(in_shapes(1), in_shapes(2), &
                         in_shapes(merge(2, 1, plan%is_constant(1)))%rank, out)
      end if
      if (.not. allocated(error)) call add_output(plan, out, error)
      plan%settings = settings
      plan%fixed_scratch = einsum_work(settings) + 1
      if (out%closed()) plan%fixed_tangent_scratch = plan%fixed_scratch + out%count()
      plan%can_train = .true.
      plan%tangent = tangent_own
   end subroutine lay_out

   !> The shape of a Kronecker product: the extents of both operands multiplied.
   pure subroutine join_pairs(one, two, rank, out)
      type(shape_t), intent(in) :: one, two
      integer, intent(in) :: rank                  !! of the operand that is a tensor
      type(shape_t), intent(out) :: out
      integer :: d
      out%rank = rank
      do d = 1, rank
         out%extent(d) = one%extent(d)*two%extent(d)
         if (min(one%extent(d), two%extent(d)) < 0) out%extent(d) = open_extent
      end do
   end subroutine join_pairs

   !> The equation of a Kronecker product of a tensor and a constant.
   subroutine find_pairs(one, two, constant, equation, error)
      type(shape_t), intent(in) :: one, two
      logical, intent(in) :: constant(2)
      character(:), allocatable, intent(out) :: equation
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: given
      integer :: rank
      rank = merge(two%rank, one%rank, constant(1))
      given = two
      if (constant(1)) given = one
      if (given%rank == rank + 1 .and. given%extent(min(rank + 1, max_rank)) == 1) then
         given%rank = rank
      end if
      if (count(constant) /= 1 .or. given%rank > rank .or. 2*rank > max_rank) then
         call raise(error, fkb_err_argument, 'the operands '//one%text()//' and '//two%text()// &
                    ' must be a tensor and a constant: else samples would be mixed')
      else
         call kronecker_equation(one%rank, two%rank, rank, equation)
      end if
   end subroutine find_pairs

   !> The equation of one sample.
   subroutine find_equation(self, plan, one, two, n, equation, error)
      class(product_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(shape_t), intent(in) :: one, two
      integer, intent(in) :: n                     !! operands
      character(:), allocatable, intent(out) :: equation
      type(error_t), allocatable, intent(out) :: error
      logical :: constant(2)
      constant = [plan%is_constant(1), .true.]
      if (n > 1) constant(2) = plan%is_constant(2)
      select case (self%id)
      case (product_matmul)
         call matmul_equation(one, two, constant, self%transposed, equation, error)
      case (product_kron)
         call find_pairs(one, two, constant, equation, error)
      case (product_einsum)
         call sample_equation(trim(self%equation), one%rank, two%rank, .not. constant(1), &
                              .not. constant(2), equation, error)
      case default
         if (constant(1) .or. .not. constant(2)) then
            call raise(error, fkb_err_argument, 'the first operand must be a tensor and the '// &
                       'second a constant: else samples would be mixed')
            return
         end if
         call contract(self, one, two, equation, error)
      end select
   end subroutine find_equation

   !> The axes of `Dot`, `Inner` and `Tensordot` that are summed.
   subroutine contract(self, one, two, equation, error)
      class(product_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: one, two
      character(:), allocatable, intent(out) :: equation
      type(error_t), allocatable, intent(out) :: error
      integer :: axes(max_rank, 2), i, n
      n = 1
      axes = 0
      axes(1, :) = [one%rank - 1, two%rank - 1]
      if (self%id == product_dot .and. two%rank > 1) axes(1, 2) = two%rank - 2
      if (self%id == product_tensordot) then
         n = self%n_axes
         do i = 1, max(min(n, max_rank), 0)
            if (self%listed) then
               axes(i, 1) = modulo(self%axes(i, 1), one%rank + 1) - 1
               axes(i, 2) = modulo(self%axes(i, 2), max(two%rank, 1))
            else
               axes(i, :) = [one%rank - n + i - 1, i - 1]
            end if
         end do
      end if
      if (n < 0 .or. n > min(one%rank, two%rank) .or. one%rank + two%rank > 26) then
         call raise(error, fkb_err_argument, 'the operands '//one%text()//' and '//two%text()// &
                    ' have not the axes that are to be summed')
      else if (any(axes(:n, 1) < 0)) then
         call raise(error, fkb_err_argument, 'the batch is summed: samples would be mixed')
      else
         call contraction_equation(one%rank, two%rank, n, axes(:n, 1), axes(:n, 2), equation)
      end if
   end subroutine contract

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(product_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: j, n
      n = size(y(1)%v, 1)
      scratch(1) = 1
      do j = 1, size(y(1)%v, 2)
         if (size(x) == 1) then
            call einsum_forward(plan%settings, size(x(1)%v, 1), 1, n, x(1)%v(:, j), scratch(:1), &
                                y(1)%v(:, j), scratch(2:))
         else
            call einsum_forward(plan%settings, size(x(1)%v, 1), size(x(2)%v, 1), n, &
                                x(1)%v(:, j), x(2)%v(:, j), y(1)%v(:, j), scratch(2:))
         end if
      end do
   end subroutine forward

   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(product_operation_t), intent(in) :: self
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
      integer :: j, n, n_a, n_b
      n = size(dy(1)%v, 1)
      n_a = size(x(1)%v, 1)
      n_b = 1
      if (size(x) > 1) n_b = size(x(2)%v, 1)
      scratch(1) = 1
      do j = 1, size(dy(1)%v, 2)
         if (size(x) == 1) then
            call einsum_backward_a(plan%settings, n_a, 1, n, scratch(:1), dy(1)%v(:, j), 0.0_wp, &
                                   dx(1)%v(:, j), scratch(2:))
         else
            call einsum_backward_a(plan%settings, n_a, n_b, n, x(2)%v(:, j), dy(1)%v(:, j), &
                                   0.0_wp, dx(1)%v(:, j), scratch(2:))
            call einsum_backward_b(plan%settings, n_a, n_b, n, x(1)%v(:, j), dy(1)%v(:, j), &
                                   0.0_wp, dx(2)%v(:, j), scratch(2:))
         end if
      end do
   end subroutine backward

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(product_operation_t), intent(in) :: self
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
      integer :: j, n, n_a, n_b
      n = size(dy(1)%v, 1)
      n_a = size(x(1)%v, 1)
      n_b = 1
      if (size(x) > 1) n_b = size(x(2)%v, 1)
      scratch(1) = 1
      do j = 1, size(dy(1)%v, 2)
         if (size(x) == 1) then
            call einsum_forward(plan%settings, n_a, 1, n, dx(1)%v(:, j), scratch(:1), &
                                dy(1)%v(:, j), scratch(2:))
         else
            associate (other => scratch(2:n + 1), free => scratch(n + 2:))
               call einsum_forward(plan%settings, n_a, n_b, n, dx(1)%v(:, j), x(2)%v(:, j), &
                                   dy(1)%v(:, j), free)
               call einsum_forward(plan%settings, n_a, n_b, n, x(1)%v(:, j), dx(2)%v(:, j), &
                                   other, free)
               dy(1)%v(:, j) = dy(1)%v(:, j) + other
            end associate
         end if
      end do
   end subroutine tangent

end module fkb_operation_products_sp
