!> Checks of layers for the unit tests: the contract in real64, and real32 against real64.
module layer_cases
   use fkb_builtin_dp, only: add_builtin_layers_dp => add_builtin_layers
   use fkb_builtin_sp, only: add_builtin_layers_sp => add_builtin_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_layer_check_dp, only: check_layer
   use fkb_layer_dp, only: mode_dp_t => mode_t
   use fkb_layer_probe_dp, only: layer_probe_dp_t => layer_probe_t
   use fkb_layer_probe_sp, only: layer_probe_sp_t => layer_probe_t
   use fkb_layer_sp, only: mode_sp_t => mode_t
   use fkb_plan, only: tangent_none
   use fkb_registry_dp, only: registry_dp_t => registry_t
   use fkb_registry_sp, only: registry_sp_t => registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_tangent_check_sp, only: check_tangent_sp => check_tangent
   use fkb_testing, only: check, check_close, fail, failure_t
   implicit none (type, external)
   private
   public :: one, several, check_all_tested

contains

   !> Check a layer with one input.
   subroutine one(failure, class_name, options, extents, batch, indices, keras_major, arguments)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      integer, intent(in) :: extents(:)
      integer, intent(in), optional :: batch, indices, keras_major
      character(*), intent(in), optional :: arguments
      call several(failure, class_name, options, [shape_of(extents)], batch, indices, keras_major, &
                   arguments=arguments)
   end subroutine one

   !> Check a layer: its contract in real64, then real32 against real64.
   subroutine several(failure, class_name, options, shapes, batch, indices, keras_major, roles, &
                      arguments)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      integer, intent(in), optional :: batch, indices, keras_major
      character(*), intent(in), optional :: roles, arguments
      type(registry_dp_t) :: registry
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      call add_builtin_layers_dp(registry, error)
      if (.not. allocated(error)) call check_layer(registry, class_name, options, shapes, error, &
                                                   batch, indices, keras_major, &
                                                   roles=roles, arguments=arguments)
      if (allocated(error)) call fail(failure, error%message)
      if (.not. allocated(failure)) then
         call compare_kinds(failure, registry, class_name, options, shapes, batch, indices, &
                            keras_major, roles, arguments)
      end if
      call registry%clear()
   end subroutine several

   !> real32 gives what real64 gives, to 16 eps of the scale forward (10 in nine steps of a GRU
   !> without fused operations) and 64 eps backward, where sums and steep slopes come in.
   subroutine compare_kinds(failure, registry, class_name, options, shapes, batch, indices, &
                            keras_major, roles, arguments)
      type(failure_t), allocatable, intent(inout) :: failure
      type(registry_dp_t), intent(in) :: registry
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      integer, intent(in), optional :: batch, indices, keras_major
      character(*), intent(in), optional :: roles, arguments
      type(registry_sp_t) :: registry_sp
      type(layer_probe_dp_t), target :: double
      type(layer_probe_sp_t), target :: single
      type(error_t), allocatable :: error
      integer :: samples, i
      samples = 5
      if (present(batch)) samples = batch
      call double%make(registry, class_name, options, error, keras_major, roles, &
                       arguments)
      call double%prepare(shapes, samples, error)
      call double%fill(3, indices)
      call add_builtin_layers_sp(registry_sp, error)
      call single%make(registry_sp, class_name, options, error, keras_major, roles, &
                       arguments)
      call single%prepare(shapes, samples, error)
      call single%fill(3, indices)
      call double%forward(mode_dp_t(training=.true., seed=5_i8))
      call single%forward(mode_sp_t(training=.true., seed=5_i8))
      call double%backward(mode_dp_t(training=.true., seed=5_i8))
      call single%backward(mode_sp_t(training=.true., seed=5_i8))
      do i = 1, size(single%y)
         call check_close(failure, real(single%y(i)%v, dp), double%y(i)%v, &
                          16*epsilon(1.0_sp)*1.0_dp, &
                          class_name//' '//options//': output in real32', &
                              scale=scale_of(double%y(i)%v))
      end do
      do i = 1, size(single%dx)
         call check_close(failure, real(single%dx(i)%v, dp), double%dx(i)%v, &
                          64*epsilon(1.0_sp)*1.0_dp, class_name//' '//options// &
                          ': gradient of the input in real32', scale=scale_of(double%dx(i)%v))
      end do
      if (size(single%gradient) > 0) then
         call check_close(failure, real(single%gradient, dp), double%gradient, &
                          64*epsilon(1.0_sp)*1.0_dp, class_name//' '//options// &
                          ': gradient of the weights in real32', &
                          scale=max(1.0_dp, maxval(abs(double%gradient))))
      end if
      call check(failure, single%plan%tangent /= tangent_none, class_name//' '//options// &
                 ': no forward derivative')
      if (.not. allocated(failure)) then
         call check_tangent_sp(single, .not. present(indices), error)
         if (allocated(error)) call fail(failure, class_name//' '//options//' in real32: '// &
                                         error%message)
      end if
      call registry_sp%clear()
      call single%clear()
      call double%clear()
   end subroutine compare_kinds

   !> Fail for a class of the registry that does not stand in `tested`, names between blanks. The
   !> registry is cleared.
   subroutine check_all_tested(failure, registry, tested)
      type(failure_t), allocatable, intent(inout) :: failure
      type(registry_dp_t), intent(inout) :: registry
      character(*), intent(in) :: tested
      integer :: i
      call check(failure, registry%count() > 0, 'no class is registered')
      do i = 1, registry%count()
         call check(failure, index(' '//tested//' ', ' '//registry%name(i)//' ') > 0, &
                    registry%name(i)//' is not tested')
      end do
      call registry%clear()
   end subroutine check_all_tested

   !> The largest value, at least 1.
   pure real(dp) function scale_of(v)
      real(dp), intent(in) :: v(:, :)
      scale_of = 1
      if (size(v) > 0) scale_of = max(scale_of, maxval(abs(v)))
   end function scale_of

end module layer_cases
