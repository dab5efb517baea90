! Generated from train/fkb_loss_registry.fypp: edit that file and run tools/generate.py
!> Maps Keras's names of losses to losses: built-in ones, their aliases, and a user's.
module fkb_loss_registry_dp
   use fkb_config, only: config_t
   use fkb_circle_dp, only: circle_t
   use fkb_composed_loss_dp, only: composed_loss_t
   use fkb_crossentropies_dp, only: binary_crossentropy_t, categorical_crossentropy_t, &
      sparse_categorical_crossentropy_t
   use fkb_ctc_dp, only: ctc_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported
   use fkb_focal_losses_dp, only: binary_focal_crossentropy_t, &
      categorical_focal_crossentropy_t, categorical_generalized_crossentropy_t
   use fkb_hinges_dp, only: categorical_hinge_t, hinge_t, squared_hinge_t
   use fkb_loss_dp, only: loss_t
   use fkb_losses_dp, only: huber_t, log_cosh_t, mean_absolute_error_t, mean_squared_error_t
   use fkb_object_config, only: class_to_snake, object_from_json
   use fkb_overlap_losses_dp, only: dice_t, tversky_t
   use fkb_relative_losses_dp, only: cosine_similarity_t, kl_divergence_t, &
      mean_absolute_percentage_error_t, mean_squared_logarithmic_error_t, poisson_t
   use fkb_ssim_dp, only: ssim_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: loss_registry_t, add_builtin_losses, loss_from_config

   type :: entry_t
      character(:), allocatable :: name
      class(loss_t), allocatable :: prototype
   end type entry_t

   !> Losses by the name that Keras saves for them.
   type :: loss_registry_t
      private
      type(entry_t), allocatable :: entries(:)
   contains
      procedure :: add
      procedure :: create
      procedure :: has
      procedure :: clear
      procedure, private :: find
   end type loss_registry_t

contains

   !> Register `prototype` under `name`. Raises an error when the name is taken.
   subroutine add(self, name, prototype, error)
      class(loss_registry_t), intent(inout) :: self
      character(*), intent(in) :: name             !! as in the file: `my_pkg>Weighted`
      class(loss_t), intent(in) :: prototype       !! copied; its options are the defaults
      type(error_t), allocatable, intent(out) :: error
      type(entry_t), allocatable :: grown(:)
      integer :: i, n
      if (self%has(name)) then
         call raise(error, fkb_err_argument, 'the loss '//quote(name)//' is registered already')
         return
      end if
      n = 0
      if (allocated(self%entries)) n = size(self%entries)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i)%name = self%entries(i)%name
         call move_alloc(self%entries(i)%prototype, grown(i)%prototype)
      end do
      grown(n + 1)%name = name
      allocate (grown(n + 1)%prototype, source=prototype)
      call move_alloc(grown, self%entries)
   end subroutine add

   !> A fresh loss of the class registered as `name`. Raises an error for an unknown name.
   subroutine create(self, name, loss, error)
      class(loss_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      class(loss_t), allocatable, intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      at = self%find(name)
      if (at == 0) then
         call raise(error, fkb_err_unknown, 'no loss '//quote(name)//' is registered')
      else
         allocate (loss, source=self%entries(at)%prototype)
      end if
   end subroutine create

   !> Whether a loss is registered under `name`.
   pure logical function has(self, name)
      class(loss_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      has = self%find(name) > 0
   end function has

   !> Release all prototypes.
   subroutine clear(self)
      class(loss_registry_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (allocated(self%entries(i)%prototype)) deallocate (self%entries(i)%prototype)
         if (allocated(self%entries(i)%name)) deallocate (self%entries(i)%name)
      end do
      deallocate (self%entries)
   end subroutine clear

   pure integer function find(self, name)
      class(loss_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: i
      find = 0
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (self%entries(i)%name == name) find = i
      end do
   end function find

   !> Register the library's losses under the names of their Keras functions.
   subroutine add_builtin_losses(registry, error)
      type(loss_registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call registry%add('mean_squared_error', mean_squared_error_t(), error)
      if (.not. allocated(error)) then
         call registry%add('mean_absolute_error', mean_absolute_error_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('mean_absolute_percentage_error', &
                           mean_absolute_percentage_error_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('mean_squared_logarithmic_error', &
                           mean_squared_logarithmic_error_t(), error)
      end if
      if (.not. allocated(error)) call registry%add('huber', huber_t(), error)
      if (.not. allocated(error)) call registry%add('log_cosh', log_cosh_t(), error)
      if (.not. allocated(error)) then
         call registry%add('cosine_similarity', cosine_similarity_t(), error)
      end if
      if (.not. allocated(error)) call registry%add('poisson', poisson_t(), error)
      if (.not. allocated(error)) call registry%add('kl_divergence', kl_divergence_t(), error)
      if (.not. allocated(error)) call registry%add('hinge', hinge_t(), error)
      if (.not. allocated(error)) call registry%add('squared_hinge', squared_hinge_t(), error)
      if (.not. allocated(error)) then
         call registry%add('categorical_hinge', categorical_hinge_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('binary_crossentropy', binary_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('binary_focal_crossentropy', binary_focal_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('categorical_crossentropy', categorical_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('categorical_focal_crossentropy', &
                           categorical_focal_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('sparse_categorical_crossentropy', &
                           sparse_categorical_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) then
         call registry%add('categorical_generalized_cross_entropy', &
                           categorical_generalized_crossentropy_t(), error)
      end if
      if (.not. allocated(error)) call registry%add('dice', dice_t(), error)
      if (.not. allocated(error)) call registry%add('tversky', tversky_t(), error)
      if (.not. allocated(error)) call registry%add('circle', circle_t(), error)
      if (.not. allocated(error)) call registry%add('ctc', ctc_t(), error)
      if (.not. allocated(error)) call registry%add('fkb>SSIM', ssim_t(), error)
      if (.not. allocated(error)) then
         call registry%add('fkb>ComposedLoss', composed_loss_t(), error)
      end if
   end subroutine add_builtin_losses

   !> The loss that Keras's compile configuration means: a name, `"mse"`, or a serialised object,
   !> `{"class_name":"Huber","config":{"delta":2.0}}`.
   !> Raises an error for an unknown name or option.
   subroutine loss_from_config(text, keras_major, loss, error, registry)
      character(*), intent(in) :: text             !! JSON, or a bare name
      integer, intent(in) :: keras_major           !! 2 and 3 differ in the binary cross-entropy
      class(loss_t), allocatable, intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      type(loss_registry_t), intent(in), optional :: registry   !! a user's losses, looked at first
      type(loss_registry_t) :: builtin
      type(config_t) :: config
      character(:), allocatable :: name, unread
      call object_from_json(text, 'loss', name, config, error)
      if (allocated(error)) return
      config%keras_major = keras_major
      config%layer_name = name
      if (present(registry)) then
         if (registry%has(name)) call registry%create(name, loss, error)
      end if
      if (.not. allocated(loss)) then
         call refuse_by_name(canonical(name), error)
         if (.not. allocated(error)) call add_builtin_losses(builtin, error)
         if (.not. allocated(error)) call builtin%create(canonical(name), loss, error)
         call builtin%clear()
      end if
      if (allocated(error)) return
      call loss%configure(config, error)
      if (.not. allocated(error)) then
         call config%unread(unread)
         if (len(unread) > 0) then
            call raise(error, fkb_err_unsupported, 'the loss '//quote(name)//' has no option '// &
                       unread)
         end if
      end if
      if (allocated(error)) deallocate (loss)
   end subroutine loss_from_config

   !> Losses of Keras that are none of the library's, with the reason.
   subroutine refuse_by_name(name, error)
      character(*), intent(in) :: name
      type(error_t), allocatable, intent(out) :: error
      select case (name)
      case ('crossentropy', 'ce')
         call raise(error, fkb_err_unsupported, 'the word '//quote(name)//' leaves the loss to'// &
                    ' the shape of the targets: name "binary_crossentropy",'// &
                    ' "categorical_crossentropy" or "sparse_categorical_crossentropy"')
      case default            ! looked up in the registry
      end select
   end subroutine refuse_by_name

   !> The name of the Keras function for an alias or a class name (Keras 2 and 3).
   pure function canonical(name) result(function_name)
      character(*), intent(in) :: name
      character(:), allocatable :: function_name
      select case (name)
      case ('mse', 'MSE')
         function_name = 'mean_squared_error'
      case ('mae', 'MAE')
         function_name = 'mean_absolute_error'
      case ('mape', 'MAPE')
         function_name = 'mean_absolute_percentage_error'
      case ('msle', 'MSLE')
         function_name = 'mean_squared_logarithmic_error'
      case ('huber_loss')
         function_name = 'huber'
      case ('logcosh')
         function_name = 'log_cosh'
      case ('bce', 'BCE')
         function_name = 'binary_crossentropy'
      case ('kld', 'KLD', 'kullback_leibler_divergence')
         function_name = 'kl_divergence'
      case ('cosine_proximity', 'cosine')
         function_name = 'cosine_similarity'
      case default
         function_name = name
         if (index(name, '>') == 0) function_name = class_to_snake(name)
      end select
   end function canonical

end module fkb_loss_registry_dp
