!> Reads activations from a layer's options.
module fkb_activation_options
   use fkb_activations, only: act_elu, act_glu, act_hard_sigmoid, act_hard_sigmoid_keras2, &
      act_leaky_relu, act_relu, act_softmax, act_threshold, act_unknown, activation_id, &
      default_parameters, n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_unknown, raise
   use fkb_kinds, only: dp, sp
   use fkb_layer_options, only: refuse_option
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: get_activation, get_activation_options, get_step_activation

contains

   !> Read an activation: the number and parameters of a name such as `relu`, or of a serialised
   !> activation layer (ReLU, LeakyReLU, ELU, Softmax, ThresholdedReLU). Missing or null is linear.
   subroutine get_activation(config, key, id, parameters, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key               !! such as `activation`
      integer, intent(out) :: id                    !! one of the `act_*` constants
      real(dp), intent(out) :: parameters(n_parameters)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: name
      type(config_t) :: object
      id = act_unknown
      parameters = 0
      if (config%kind_of(key) == 'object') then
         if (config%kind_of(key//'.config') == 'object') then
            call config%get_object(key, object, error)
            if (allocated(error)) return
            name = object%class_name
            call get_activation_options(object, name, id, parameters, error)
            call add_context(error, 'option '//quote(key))
            return
         end if
         call config%get(key//'.config', name, error)
      else
         call config%get(key, name, error, default='linear')
      end if
      if (allocated(error)) return
      id = activation_id(name)
      if (id == act_hard_sigmoid .and. config%keras_major <= 2) id = act_hard_sigmoid_keras2
      parameters = default_parameters(id)
      if (id == act_leaky_relu) parameters(1) = in_real32(parameters(1))
      if (id == act_unknown) call raise(error, fkb_err_unknown, &
         'option '//quote(key)//': no activation '//quote(name)//' is known')
   end subroutine get_activation

   !> Read an activation of the steps of a recurrent layer. Raises an error for one that halves its
   !> input.
   subroutine get_step_activation(config, key, default, id, parameters, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key               !! such as `recurrent_activation`
      integer, intent(in) :: default                !! taken where the option is missing
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      type(error_t), allocatable, intent(out) :: error
      if (config%kind_of(key) == 'missing') then
         id = default
         parameters = default_parameters(id)
         return
      end if
      call get_activation(config, key, id, parameters, error)
      if (allocated(error) .or. id /= act_glu) return
      call refuse_option(config, key, 'an activation that halves its input cannot be one of a '// &
                         'recurrent layer', error)
   end subroutine get_step_activation

   !> Read the options of an activation layer that works value by value or along the last axis.
   !> Raises an error for other classes.
   subroutine get_activation_options(config, class_name, id, parameters, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: class_name        !! such as `LeakyReLU`
      integer, intent(out) :: id                    !! one of the `act_*` constants
      real(dp), intent(out) :: parameters(n_parameters)
      type(error_t), allocatable, intent(out) :: error
      integer :: axis
      id = act_unknown
      parameters = 0
      select case (class_name)
      case ('ReLU')
         id = act_relu
         call config%get('negative_slope', parameters(1), error, default=0.0_dp)
         if (allocated(error)) return
         call config%get('max_value', parameters(2), error, default=-1.0_dp)
         if (allocated(error)) return
         if (config%has('max_value')) then
            if (parameters(2) < 0) then
               call refuse_option(config, 'max_value', 'expected a number that is not negative', &
                                  error)
               return
            end if
         end if
         call config%get('threshold', parameters(3), error, default=0.0_dp)
         if (parameters(2) >= 0 .or. abs(parameters(3)) > 0) return
         parameters(1) = in_real32(parameters(1))
      case ('LeakyReLU')
         id = act_leaky_relu
         call config%get('negative_slope', parameters(1), error, default=0.3_dp)
         parameters(1) = in_real32(parameters(1))
      case ('ELU')
         id = act_elu
         call config%get('alpha', parameters(1), error, default=1.0_dp)
      case ('ThresholdedReLU')
         id = act_threshold
         call config%get('theta', parameters(1), error, default=1.0_dp)
      case ('Softmax')
         id = act_softmax
         call config%get('axis', axis, error, default=-1)
         if (allocated(error) .or. axis == -1) return
         call refuse_option(config, 'axis', 'only -1 is supported in an activation', error)
      case default
         call raise(error, fkb_err_unknown, 'no activation class '//quote(class_name)//' is known')
      end select
   end subroutine get_activation_options

   !> TensorFlow's leaky_relu, which also computes a relu with nothing but a slope, takes the slope
   !> in real32 whatever the kind of the tensor.
   elemental real(dp) function in_real32(slope)
      real(dp), intent(in) :: slope
      in_real32 = real(real(slope, sp), dp)
   end function in_real32

end module fkb_activation_options
