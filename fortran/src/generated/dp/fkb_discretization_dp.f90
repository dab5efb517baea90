! Generated from layers/fkb_discretization.fypp: edit that file and run tools/generate.py
!> Keras's `Discretization`: the number of the bin that a value falls into, as it is or encoded.
!>
!> Bin k holds the values from boundary k to below boundary k + 1. TensorFlow keeps the boundaries
!> in real32 whatever the kind of the values; a NaN falls into the last bin.
module fkb_discretization_dp
   use fkb_config, only: config_t
   use fkb_encoding_kernels_dp, only: encode
   use fkb_encodings, only: at_depth, at_indices, at_vectors, encode_count, encode_int, &
      lay_out_encoding, read_output_mode, refuse_depth
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: closed_count, count_option_values, expect_inputs, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_zero
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: discretization_t

   !> Keras's `Discretization`. The boundaries are a weight that the option fills.
   type, extends(unary_layer_t) :: discretization_t
      integer :: boundaries = 0                !! of the bins, which are one more
      integer :: output_mode = encode_int      !! one of `encode_*`
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
   end type discretization_t

contains

   subroutine configure(self, config, error)
      class(discretization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: boundaries(:)
      integer :: n
      call count_option_values(config, 'bin_boundaries', self%boundaries, error)
      if (allocated(error)) return
      if (self%boundaries < 1) then
         call refuse_option(config, 'bin_boundaries', 'expected a list of boundaries; a layer '// &
                            'that was adapted in Keras 2 does not have them', error)
         return
      end if
      call refuse_depth(config, 'bin_boundaries', self%boundaries, digits(1.0_wp), error)
      if (allocated(error)) return
      allocate (boundaries(self%boundaries))
      call config%get_list('bin_boundaries', boundaries, n, error)
      if (allocated(error)) return
      if (any(boundaries(2:) < boundaries(:n - 1))) then
         call refuse_option(config, 'bin_boundaries', 'expected an ascending list', error)
         return
      end if
      call config%ignore('num_bins epsilon')
      call read_output_mode(config, encode_int, encode_count, self%output_mode, error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(discretization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call plan%add_weight('bin_boundaries', shape_of([self%boundaries]), from_option=.true.)
      call lay_out_encoding(plan, self%output_mode, self%boundaries + 1, in_shapes(1), .true., &
                            error)
      plan%fixed_scratch = closed_count(in_shapes(1))
      plan%can_train = .true.
      plan%tangent = tangent_zero
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(discretization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: i, j
      do j = 1, size(x, 2)
         do i = 1, size(x, 1)
            scratch(i) = bin(weights, x(i, j))
         end do
         call encode(self%output_mode, plan%settings(at_depth), plan%settings(at_indices), &
                     plan%settings(at_vectors), scratch(:size(x, 1)), y(:, j))
      end do
   end subroutine apply

   !> How many boundaries are not above the value.
   pure integer function bin(boundaries, value)
      real(wp), intent(in) :: boundaries(:)          !! ascending
      real(wp), intent(in) :: value
      integer :: above, middle
      bin = 0
      above = size(boundaries) + 1
      do while (above - bin > 1)
         middle = (bin + above)/2
         if (value < rounded_to_single(real(boundaries(middle), dp))) then
            above = middle
         else
            bin = middle
         end if
      end do
   end function bin

end module fkb_discretization_dp
