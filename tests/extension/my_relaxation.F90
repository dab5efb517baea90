!> An optimizer: steps along an averaged gradient, none longer than the learning rate.
module my_relaxation
   use FKB_KIND, only: config_t, dp, error_t, i8, json_real_text, next_run, optimizer_state_t, &
      optimizer_t, segment_t, wp
   implicit none (type, external)
   private
   public :: relaxation_t

   !> `my_pkg>Relaxation`: the class `Relaxation` of my_pkg.py.
   type, extends(optimizer_t) :: relaxation_t
      real(dp) :: memory = 0.9_dp               !! option `memory`, from 0 to 1
   contains
      procedure :: update
      procedure :: configure
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type relaxation_t

contains

   !> Trainable weights lie side by side in runs with one factor of the learning rate.
   subroutine update(self, params, grad, state, segments, error)
      class(relaxation_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)        !! all weights of the network
      real(wp), intent(inout), contiguous :: grad(:)          !! clipped; may be changed
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: first, last
      real(dp) :: factor
      integer :: at
      at = 0
      do
         call next_run(segments, at, first, last, factor)
         if (at == 0) exit
         call relax(last - first + 1, real(self%rate_at(state)*factor, wp), &
                    real(self%memory, wp), real(1 - self%memory, wp), grad(first:last), &
                    state%slots(first:last, 1), params(first:last))
      end do
   end subroutine update

   !> m = memory m + (1 - memory) g, w = w - r m/(1 + |m|)
   pure subroutine relax(n, rate, memory, rest, g, m, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, memory, rest, g(n)
      real(wp), intent(inout) :: m(n), w(n)
      m = memory*m + rest*g
      w = w - rate*m/(1 + abs(m))
   end subroutine relax

   !> Read the options, those that all optimizers of Keras have with `configure_common`.
   subroutine configure(self, config, error)
      class(relaxation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call config%get('memory', self%memory, error, default=0.9_dp)
   end subroutine configure

   !> One number of state for each weight.
   pure integer function slot_count(self) result(count)
      class(relaxation_t), intent(in) :: self
      count = 1
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(relaxation_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'memory'
   end function slot_name

   !> The name that Keras saves, so that a model trained with this optimizer names it.
   pure function keras_name(self) result(name)
      class(relaxation_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'my_pkg>Relaxation'
   end function keras_name

   !> The options as Keras saves them, after those of all optimizers.
   pure function keras_options(self) result(json)
      class(relaxation_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"memory":'//json_real_text(self%memory)
   end function keras_options

end module my_relaxation
