!> Activation functions by number and by Keras name, with their parameters.
!>
!> A parameter set is `real(dp) :: parameters(n_parameters)`; which entries an activation reads is
!> said beside its number. `default_parameters` gives Keras's defaults.
module fkb_activations
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: activation_id, activation_name, default_parameters, output_features
   public :: backward_needs_input, works_on_columns

   !> Entries of a parameter set.
   integer, parameter, public :: n_parameters = 3

   !> No such activation.
   integer, parameter, public :: act_unknown = 0
   integer, parameter, public :: act_linear = 1
   !> (negative_slope 0, max_value, threshold 0); a negative max_value, the default, means none.
   integer, parameter, public :: act_relu = 2
   integer, parameter, public :: act_relu6 = 3
   !> (negative_slope 0.2); the `LeakyReLU` layer has 0.3.
   integer, parameter, public :: act_leaky_relu = 4
   !> (alpha 1)
   integer, parameter, public :: act_elu = 5
   integer, parameter, public :: act_selu = 6
   !> (alpha 1)
   integer, parameter, public :: act_celu = 7
   integer, parameter, public :: act_softplus = 8
   integer, parameter, public :: act_softsign = 9
   !> Also `swish`.
   integer, parameter, public :: act_silu = 10
   !> The exact form, with erf.
   integer, parameter, public :: act_gelu = 11
   !> `gelu(approximate=True)`, with tanh.
   integer, parameter, public :: act_gelu_approximate = 12
   integer, parameter, public :: act_sigmoid = 13
   !> Keras 3: relu6(x + 3)/6.
   integer, parameter, public :: act_hard_sigmoid = 14
   !> Keras 1 and 2: clip(0.2 x + 0.5, 0, 1).
   integer, parameter, public :: act_hard_sigmoid_keras2 = 15
   !> Also `hard_swish`.
   integer, parameter, public :: act_hard_silu = 16
   integer, parameter, public :: act_hard_tanh = 17
   integer, parameter, public :: act_tanh = 18
   integer, parameter, public :: act_tanh_shrink = 19
   !> (threshold 0.5)
   integer, parameter, public :: act_soft_shrink = 20
   !> (threshold 0.5)
   integer, parameter, public :: act_hard_shrink = 21
   !> (threshold, default_value): Keras has no defaults for them, here 0 and 0.
   integer, parameter, public :: act_threshold = 22
   integer, parameter, public :: act_exponential = 23
   integer, parameter, public :: act_mish = 24
   integer, parameter, public :: act_log_sigmoid = 25
   integer, parameter, public :: act_softmax = 26
   integer, parameter, public :: act_log_softmax = 27
   !> Halves the features: a sigmoid(b), a the first half and b the second.
   integer, parameter, public :: act_glu = 28
   integer, parameter, public :: act_sparse_plus = 29
   integer, parameter, public :: act_sparse_sigmoid = 30
   integer, parameter, public :: act_sparsemax = 31
   !> (b 4)
   integer, parameter, public :: act_squareplus = 32
   !> exp(-x^2), of the old FKB's text files.
   integer, parameter, public :: act_gaussian = 33
   !> 1 where x > 0, else 0, of the old FKB's text files; its derivative is 0.
   integer, parameter, public :: act_step = 34

   !> Names by number.
   character(20), parameter :: names(34) = [character(20) :: &
      "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "softplus", "softsign", &
      "silu", "gelu", "gelu_approximate", "sigmoid", "hard_sigmoid", "hard_sigmoid_keras2", &
      "hard_silu", "hard_tanh", "tanh", "tanh_shrink", "soft_shrink", "hard_shrink", &
      "threshold", "exponential", "mish", "log_sigmoid", "softmax", "log_softmax", "glu", &
      "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "gaussian", "step"]

   !> How many activations there are; their numbers are 1 to `n_activations`.
   integer, parameter, public :: n_activations = size(names)

contains

   !> The number of an activation by its Keras name, `act_unknown` where there is none.
   pure integer function activation_id(name) result(id)
      character(*), intent(in) :: name     !! such as `relu`; `swish` and `hard_swish` are taken too
      select case (name)
      case ("swish")
         id = act_silu
      case ("hard_swish")
         id = act_hard_silu
      case default
         do id = 1, n_activations
            if (names(id) == name) return
         end do
         id = act_unknown
      end select
   end function activation_id

   !> The Keras name of an activation, empty for an unknown number.
   pure function activation_name(id) result(name)
      integer, intent(in) :: id
      character(:), allocatable :: name
      name = ""
      if (id >= 1 .and. id <= n_activations) name = trim(names(id))
   end function activation_name

   !> Keras's defaults for the parameters of an activation.
   pure function default_parameters(id) result(parameters)
      integer, intent(in) :: id
      real(dp) :: parameters(n_parameters)
      parameters = 0
      select case (id)
      case (act_relu)
         parameters(2) = -1
      case (act_leaky_relu)
         parameters(1) = 0.2_dp
      case (act_elu, act_celu)
         parameters(1) = 1
      case (act_soft_shrink, act_hard_shrink)
         parameters(1) = 0.5_dp
      case (act_squareplus)
         parameters(1) = 4
      case default
         continue
      end select
   end function default_parameters

   !> Features that come out of `n` features: half of them for glu, else all.
   pure integer function output_features(id, n) result(features)
      integer, intent(in) :: id, n
      features = n
      if (id == act_glu) features = n/2
   end function output_features

   !> Whether the activation works along the first dimension (softmax and its like), not value by
   !> value.
   pure logical function works_on_columns(id)
      integer, intent(in) :: id
      works_on_columns = id == act_softmax .or. id == act_log_softmax .or. id == act_glu &
         .or. id == act_sparsemax
   end function works_on_columns

   !> Whether the derivative is computed from the input. Where it is not, the output is enough,
   !> and the activation may have overwritten its input.
   pure logical function backward_needs_input(id, parameters) result(needed)
      integer, intent(in) :: id
      real(dp), intent(in) :: parameters(n_parameters)
      select case (id)
      case (act_relu)
         needed = parameters(1) < 0 .or. parameters(2) >= 0 .or. abs(parameters(3)) > 0
      case (act_leaky_relu, act_elu, act_celu)
         needed = parameters(1) < 0
      case (act_softsign, act_silu, act_gelu, act_gelu_approximate, act_hard_sigmoid_keras2, &
            act_hard_silu, act_hard_tanh, act_tanh_shrink, act_soft_shrink, act_hard_shrink, &
            act_threshold, act_mish, act_glu, act_sparse_plus, act_sparse_sigmoid, act_sparsemax, &
            act_squareplus, act_gaussian)
         needed = .true.
      case default
         needed = .false.
      end select
   end function backward_needs_input

end module fkb_activations
