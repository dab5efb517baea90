! Generated from layers/fkb_spectral_normalization.fypp: edit that file and run tools/generate.py
!> What Keras's `SpectralNormalization` keeps beside its inner layer.
!>
!> In inference the wrapper is its inner layer, whose kernel was normalised in the last training
!> step. In training Keras divides the kernel by its largest singular value before each forward
!> pass, which is not supported.
module fkb_spectral_normalization_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_identity_sp, only: identity_t
   use fkb_layer_options, only: refuse_option
   use fkb_plan, only: plan_t
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: spectral_normalization_t

   !> Weights: vector_u (length, 1), of the power iteration.
   type, extends(identity_t) :: spectral_normalization_t
      integer :: length = 1             !! extent of the kernel's last axis
   contains
      procedure :: configure
      procedure :: lay_out
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
      if (allocated(error)) return
      if (self%length < 1) call refuse_option(config, 'length', 'expected a positive integer', &
                                              error)
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
      plan%only_infers = 'in training Keras divides the kernel by its largest singular value, '// &
         'which is not supported'
   end subroutine lay_out

end module fkb_spectral_normalization_sp
