! Generated from layers/fkb_spectral_normalization.fypp: edit that file and run tools/generate.py
!> What Keras's `SpectralNormalization` does to the kernel of its inner layer.
!>
!> The wrapper runs its inner layer with the kernel as it is. A training step first divides that
!> kernel, as a matrix (rows, last axis), by an estimate of its largest singular value, and the
!> divided kernel is what the step goes on with: no gradient passes through the division.
module fkb_spectral_normalization_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_identity_sp, only: identity_t
   use fkb_kinds, only: wp => sp
   use fkb_layer_sp, only: mode_t
   use fkb_layer_options, only: refuse_option
   use fkb_plan, only: plan_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_spectral_kernels_sp, only: normalize_spectrum
   implicit none (type, external)
   private
   public :: spectral_normalization_t

   !> Weights: vector_u (length, 1), of the power iteration.
   type, extends(identity_t) :: spectral_normalization_t
      integer :: length = 1             !! extent of the kernel's last axis
      integer :: power_iterations = 1   !! of a training step
      integer :: kernel_first = 1       !! of the kernel's elements among the inner layer's weights
      integer :: kernel_size = 0        !! number of its elements; 0: training is refused
      real(wp) :: shortest = 1e-7_wp    !! lower bound of the length of vectors
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: prepare
   end type spectral_normalization_t

   !> How Keras begins.
   character(*), parameter :: vector_initializer = &
      '{"class_name":"TruncatedNormal","config":{"stddev":0.02}}'

contains

   subroutine configure(self, config, error)
      class(spectral_normalization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('length', self%length, error)
      if (.not. allocated(error)) call config%get('power_iterations', self%power_iterations, &
         error, default=1)
      if (.not. allocated(error)) call config%get('kernel_first', self%kernel_first, error, &
         default=1)
      if (.not. allocated(error)) call config%get('kernel_size', self%kernel_size, error, &
         default=0)
      if (.not. allocated(error)) call config%get('shortest', self%shortest, error, &
         default=1e-7_wp)
      if (allocated(error)) return
      if (self%length < 1) then
         call refuse_option(config, 'length', 'expected a positive integer', error)
      else if (self%power_iterations < 1) then
         call refuse_option(config, 'power_iterations', 'expected a positive integer', error)
      else if (self%kernel_first < 1) then
         call refuse_option(config, 'kernel_first', 'expected a positive integer', error)
      else if (self%kernel_size < 0 .or. mod(self%kernel_size, self%length) /= 0) then
         call refuse_option(config, 'kernel_size', 'expected a multiple of "length"', error)
      end if
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(spectral_normalization_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call self%identity_t%lay_out(in_shapes, plan, error)
      if (allocated(error)) return
      call plan%add_weight('vector_u', shape_of([self%length, 1]), trainable=.false., &
                           initializer=vector_initializer)
      plan%prepares_training = .true.
      plan%once_in_training = .true.
      if (self%kernel_size == 0) plan%only_infers = 'its inner layer has no weight "kernel"'
   end subroutine lay_out

   subroutine prepare(self, plan, weights, inner, mode)
      class(spectral_normalization_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(inout), contiguous :: weights(:)
      real(wp), intent(inout), contiguous :: inner(:)
      type(mode_t), intent(in) :: mode
      real(wp), allocatable :: v(:)
      integer :: last, rows
      rows = self%kernel_size/self%length
      last = self%kernel_first + self%kernel_size - 1
      if (rows == 0 .or. last > size(inner)) return
      allocate (v(rows))
      call normalize_spectrum(self%length, rows, self%power_iterations, self%shortest, &
         inner(self%kernel_first:last), weights, v)
   end subroutine prepare

end module fkb_spectral_normalization_sp
