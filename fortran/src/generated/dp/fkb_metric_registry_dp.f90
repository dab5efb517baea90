! Generated from train/fkb_metric_registry.fypp: edit that file and run tools/generate.py
!> Maps Keras's names of metrics to metrics: built-in ones, their aliases, and a user's.
module fkb_metric_registry_dp
   use fkb_metric_names_dp, only: builtin_metric
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_metric_dp, only: metric_t
   use fkb_object_config, only: object_from_json
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: metric_registry_t, metric_from_config

   type :: entry_t
      character(:), allocatable :: name
      class(metric_t), allocatable :: prototype
   end type entry_t

   !> A user's metrics by the name that Keras saves for them.
   type :: metric_registry_t
      private
      type(entry_t), allocatable :: entries(:)
   contains
      procedure :: add
      procedure :: create
      procedure :: has
      procedure :: clear
      procedure, private :: find
   end type metric_registry_t

contains

   !> Register `prototype` under `name`. Raises an error when the name is taken.
   subroutine add(self, name, prototype, error)
      class(metric_registry_t), intent(inout) :: self
      character(*), intent(in) :: name             !! as in the file: `my_pkg>HitRate`
      class(metric_t), intent(in) :: prototype     !! copied; its options are the defaults
      type(error_t), allocatable, intent(out) :: error
      type(entry_t), allocatable :: grown(:)
      integer :: i, n
      if (self%has(name)) then
         call raise(error, fkb_err_argument, 'the metric '//quote(name)//' is registered already')
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

   !> A fresh metric of the class registered as `name`. Raises an error for an unknown name.
   subroutine create(self, name, metric, error)
      class(metric_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      class(metric_t), allocatable, intent(out) :: metric
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      at = self%find(name)
      if (at == 0) then
         call raise(error, fkb_err_unknown, 'no metric '//quote(name)//' is registered')
      else
         allocate (metric, source=self%entries(at)%prototype)
      end if
   end subroutine create

   !> Whether a metric is registered under `name`.
   pure logical function has(self, name)
      class(metric_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      has = self%find(name) > 0
   end function has

   !> Release all prototypes.
   subroutine clear(self)
      class(metric_registry_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (allocated(self%entries(i)%prototype)) deallocate (self%entries(i)%prototype)
         if (allocated(self%entries(i)%name)) deallocate (self%entries(i)%name)
      end do
      deallocate (self%entries)
   end subroutine clear

   pure integer function find(self, name)
      class(metric_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: i
      find = 0
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (self%entries(i)%name == name) find = i
      end do
   end function find

   !> The metric that Keras's compile configuration means, and its name in Keras's logs: that of
   !> the configuration, the name itself where only a name is given.
   !> Raises an error for an unknown name or option.
   subroutine metric_from_config(text, keras_major, metric, name, error, registry)
      character(*), intent(in) :: text             !! JSON, or a bare name: `mse`, `accuracy`
      integer, intent(in) :: keras_major
      class(metric_t), allocatable, intent(out) :: metric
      character(:), allocatable, intent(out) :: name
      type(error_t), allocatable, intent(out) :: error
      type(metric_registry_t), intent(in), optional :: registry   !! a user's, looked at first
      type(config_t) :: config
      character(:), allocatable :: class_name, unread
      logical :: is_function
      name = ''
      call object_from_json(text, 'metric', class_name, config, error, is_function)
      if (allocated(error)) return
      config%keras_major = keras_major
      config%layer_name = class_name
      if (present(registry)) then
         if (registry%has(class_name)) call registry%create(class_name, metric, error)
      end if
      if (.not. allocated(metric)) call builtin_metric(class_name, is_function, metric, error)
      if (allocated(error)) return
      if (config%has('name')) then
         call config%get('name', name, error)
      else if (is_function .or. scan(text, '{') == 0) then
         name = class_name
      else
         name = metric%default_name()
      end if
      metric%keras_major = keras_major
      if (.not. allocated(error)) call metric%configure(config, error)
      if (.not. allocated(error)) then
         call config%unread(unread)
         if (len(unread) > 0) then
            call raise(error, fkb_err_unsupported, 'the metric '//quote(class_name)// &
                       ' has no option '//unread)
         end if
      end if
      if (allocated(error)) then
         deallocate (metric)
      else
         call metric%reset()
      end if
   end subroutine metric_from_config

end module fkb_metric_registry_dp
