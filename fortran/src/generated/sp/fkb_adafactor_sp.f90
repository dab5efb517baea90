! Generated from train/fkb_adafactor.fypp: edit that file and run tools/generate.py
!> Adafactor (Shazeer and Stern 2018). Keras 3: `Adafactor`.
module fkb_adafactor_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_sp, only: optimizer_state_t, optimizer_t
   use fkb_adafactor_kernels_sp, only: divide_by_root, factored_velocity, &
      plain_velocity
   use fkb_optimizer_kernels_sp, only: descend, square_sum
   use fkb_optimizer_state_sp, only: state_list_t
   use fkb_optimizer_values, only: option_member, read_flag, read_positive, read_real
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: adafactor_t

   !> b = 1 - t^d, v = b v + (1 - b)(g^2 + epsilon_1), for matrices and more the product of
   !> averages over the last and the last but one of Keras's axes; u = g/sqrt(v),
   !> w = w - max(epsilon_2, rms(w)) min(r, 1/sqrt(t)) u/max(1, rms(u)/clip_threshold).
   !> `relative_step` changes nothing, as in Keras: the smaller of r and 1/sqrt(t) counts anyway.
   !> Options by keyword: `adafactor_t(learning_rate=1e-2_dp)`.
   type, extends(optimizer_t) :: adafactor_t
      real(dp) :: beta_2_decay = -0.8_dp
      real(dp) :: epsilon_1 = 1e-30_dp
      real(dp) :: epsilon_2 = 1e-3_dp
      real(dp) :: clip_threshold = 1
      logical :: relative_step = .true.
   contains
      procedure :: update
      procedure :: configure
      procedure :: prepare
      procedure :: list_own
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
   end type adafactor_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(adafactor_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: at
      integer :: i
      at = 1
      do i = 1, size(segments)
         if (segments(i)%trainable) then
            call update_weight(self, params, grad, state, segments(i), at)
         end if
         at = at + extra_of(segments(i))
      end do
   end subroutine update

   !> Update one weight, whose factors stand in `extra` from `at` on: rows, then columns.
   subroutine update_weight(self, params, grad, state, segment, at)
      class(adafactor_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segment
      integer(i8), intent(in) :: at
      integer(i8) :: n, n1, n2
      real(wp) :: t, beta, alpha, length, rate
      t = real(self%updates(state) + 1, wp)
      beta = 1 - real(real(t, dp)**real(real(self%beta_2_decay, wp), dp), wp)
      rate = min(real(self%rate_at(state), wp), 1/sqrt(t))
      associate (first => segment%first, last => segment%last, shape => segment%shape)
         n = last - first + 1
         if (n == 0) return
         alpha = max(real(rounded_to_single(self%epsilon_2), wp), rms(n, params(first:last)))*rate
         if (shape%rank > 1) then
            n1 = shape%extent(1)
            n2 = n/n1
            call factored_velocity(n1, int(shape%extent(2), i8), n2/shape%extent(2), beta, &
                                   real(self%epsilon_1, wp), grad(first:last), &
                                   state%extra(at:at + n2 - 1), &
                                   state%extra(at + n2:at + extra_of(segment) - 1), &
                                   state%slots(first:last, 1))
         else
            call plain_velocity(n, beta, real(self%epsilon_1, wp), grad(first:last), &
                                state%slots(first:last, 1))
         end if
         call divide_by_root(n, state%slots(first:last, 1), grad(first:last))
         length = max(1.0_wp, rms(n, grad(first:last))/real(self%clip_threshold, wp))
         alpha = alpha*real(segment%rate_factor, wp)
         call descend(n, alpha/length, grad(first:last), params(first:last))
      end associate
   end subroutine update_weight

   !> sqrt(mean(x^2))
   pure real(wp) function rms(n, x)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: x(n)
      rms = real(sqrt(square_sum(n, x)/real(n, dp)), wp)
   end function rms

   !> Values of rows and columns of one weight, frozen or not.
   pure integer(i8) function extra_of(segment) result(count)
      type(segment_t), intent(in) :: segment
      type(shape_t) :: rows, columns
      count = 0
      if (segment%shape%rank < 2) return
      rows = row_shape(segment%shape)
      columns = column_shape(segment%shape)
      count = rows%count() + columns%count()
   end function extra_of

   !> The shape without Keras's last axis.
   pure type(shape_t) function row_shape(shape) result(rows)
      type(shape_t), intent(in) :: shape
      rows = shape_of(shape%extent(2:shape%rank))
   end function row_shape

   !> The shape without Keras's last axis but one.
   pure type(shape_t) function column_shape(shape) result(columns)
      type(shape_t), intent(in) :: shape
      columns = shape_of([shape%extent(1), shape%extent(3:shape%rank)])
   end function column_shape

   subroutine prepare(self, state, params, segments)
      class(adafactor_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      real(wp), intent(in) :: params(:)
      type(segment_t), intent(in) :: segments(:)
      integer(i8) :: total
      integer :: i
      call self%prepare_common(state, params, segments)
      total = 0
      do i = 1, size(segments)
         total = total + extra_of(segments(i))
      end do
      deallocate (state%extra)
      allocate (state%extra(total), source=0.0_wp)
   end subroutine prepare

   !> Rows, columns and velocity of each weight.
   subroutine list_own(self, segments, list)
      class(adafactor_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      type(state_list_t), intent(inout) :: list
      type(shape_t) :: rows, columns
      integer(i8) :: at
      integer :: i
      at = 1
      do i = 1, size(segments)
         if (segments(i)%trainable) then
            if (segments(i)%shape%rank > 1) then
               rows = row_shape(segments(i)%shape)
               columns = column_shape(segments(i)%shape)
               call list%add_extra('r', at, rows, i)
               call list%add_extra('c', at + rows%count(), columns, i)
            end if
            call list%add_weight('velocity', 1, segments, i)
         end if
         at = at + extra_of(segments(i))
      end do
   end subroutine list_own

   !> Read Keras's options; those that are absent keep their values.
   subroutine configure(self, config, error)
      class(adafactor_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      call read_real(config, 'beta_2_decay', self%beta_2_decay, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon_1', self%epsilon_1, error)
      if (allocated(error)) return
      call read_positive(config, 'epsilon_2', self%epsilon_2, error)
      if (allocated(error)) return
      call read_positive(config, 'clip_threshold', self%clip_threshold, error)
      if (allocated(error)) return
      call read_flag(config, 'relative_step', self%relative_step, error)
   end subroutine configure

   pure integer function slot_count(self) result(count)
      class(adafactor_t), intent(in) :: self
      count = 1
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(adafactor_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'velocity'
   end function slot_name

   pure function keras_name(self) result(name)
      class(adafactor_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Adafactor'
   end function keras_name

   pure function keras_options(self) result(json)
      class(adafactor_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('beta_2_decay', self%beta_2_decay)// &
         option_member('epsilon_1', self%epsilon_1)//option_member('epsilon_2', self%epsilon_2)// &
         option_member('clip_threshold', self%clip_threshold)// &
         option_member('relative_step', self%relative_step)
   end function keras_options

end module fkb_adafactor_sp
