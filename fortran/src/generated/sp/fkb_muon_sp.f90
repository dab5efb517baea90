! Generated from train/fkb_muon.fypp: edit that file and run tools/generate.py
!> Muon: momentum made orthogonal for matrices, Adam for the rest. Keras 3: `Muon`.
!> Source: K. Jordan et al. (2024), Muon; J. Liu et al. (2025), Muon is Scalable for LLM Training,
!> arXiv:2502.16982.
module fkb_muon_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_kind, json_length, json_string
   use fkb_kinds, only: dp, wp => sp
   use fkb_muon_kernels_sp, only: newton_schulz
   use fkb_optimizer_sp, only: optimizer_state_t, optimizer_t
   use fkb_optimizer_kernels_sp, only: adam_update, power_of
   use fkb_optimizer_state_sp, only: state_list_t
   use fkb_optimizer_values, only: number_or_null, option_member, read_below_one, read_count, &
      read_flag, read_positive, read_real
   use fkb_segment, only: segment_t
   use fkb_text, only: quote, span_t
   implicit none (type, external)
   private
   public :: muon_t

   !> m = momentum m + g, g = g + momentum m with `nesterov`, else m; of a matrix
   !> w = w - r sqrt(longer side) rms_rate O(g), O being five steps towards the orthogonal factor.
   !> What is no matrix, or excluded, makes the steps of Adam with r `adam_lr_ratio`.
   type, extends(optimizer_t) :: muon_t
      real(dp) :: adam_beta_1 = 0.9_dp
      real(dp) :: adam_beta_2 = 0.999_dp
      real(dp) :: adam_weight_decay = 0.004_dp  !! of the weights that Adam trains
      real(dp) :: epsilon = 1e-7_dp
      character(:), allocatable :: exclude_layers   !! JSON list of parts of paths
      logical :: exclude_embeddings = .true.
      real(dp) :: muon_a = 3.4445_dp, muon_b = -4.7750_dp, muon_c = 2.0315_dp
      real(dp) :: adam_lr_ratio = 1
      real(dp) :: momentum = 0.95_dp
      integer :: ns_steps = 5                   !! of Newton and Schulz
      logical :: nesterov = .true.
      real(dp) :: rms_rate = 0.2_dp             !! 0: none, steps are not scaled by the side
   contains
      procedure :: update
      procedure :: decay_of
      procedure :: configure
      procedure :: list_own
      procedure :: slot_count
      procedure :: slot_name
      procedure :: keras_name
      procedure :: keras_options
      procedure, private :: by_adam
   end type muon_t

contains

   subroutine update(self, params, grad, state, segments, error)
      class(muon_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(inout) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      real(wp) :: alpha, power_1, power_2, rate
      integer :: i
      power_1 = power_of(self%adam_beta_1, self%updates(state) + 1)
      power_2 = power_of(self%adam_beta_2, self%updates(state) + 1)
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         rate = real(self%rate_at(state)*segments(i)%rate_factor, wp)
         associate (first => segments(i)%first, last => segments(i)%last)
            if (self%by_adam(segments(i))) then
               rate = rate*real(self%adam_lr_ratio, wp)
               alpha = (rate*sqrt(1 - power_2))/(1 - power_1)
               call adam_update(last - first + 1, alpha, real(1 - self%adam_beta_1, wp), &
                                real(1 - self%adam_beta_2, wp), real(self%epsilon, wp), &
                                grad(first:last), state%slots(first:last, 1), &
                                state%slots(first:last, 2), params(first:last))
            else
               call step_matrix(self, segments(i)%shape%extent(1), segments(i)%shape%extent(2), &
                                rate, grad(first:last), state%slots(first:last, 1), &
                                params(first:last))
            end if
         end associate
      end do
   end subroutine update

   !> One step of one matrix.
   subroutine step_matrix(self, rows, columns, rate, g, m, w)
      type(muon_t), intent(in) :: self
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: rate
      real(wp), intent(inout) :: g(rows, columns), m(rows, columns), w(rows, columns)
      real(wp), allocatable :: applied(:, :), factor(:, :), squares(:, :)
      integer :: n
      if (size(w) == 0) return
      n = min(rows, columns)
      allocate (factor(n, n), squares(n, n), applied(rows, columns))
      m = m + (g + m*real(self%momentum - 1, wp))
      if (self%nesterov) then
         g = g + real(self%momentum, wp)*m
      else
         g = m
      end if
      call newton_schulz(rows, columns, self%ns_steps, real(self%muon_a, wp), &
                         real(self%muon_b, wp), real(self%muon_c, wp), g, squares, factor, applied)
      g = rate*g
      if (self%rms_rate > 0) then
         g = (g*sqrt(real(max(rows, columns), wp)))*real(self%rms_rate, wp)
      end if
      w = w - g
   end subroutine step_matrix

   !> Whether Adam trains a weight: what is no matrix, an embedding, or excluded by its path.
   logical function by_adam(self, segment)
      class(muon_t), intent(in) :: self
      type(segment_t), intent(in) :: segment
      character(:), allocatable :: path
      type(span_t) :: part
      integer :: i
      by_adam = segment%shape%rank /= 2
      path = ''
      if (allocated(segment%path)) path = segment%path
      if (self%exclude_embeddings) by_adam = by_adam .or. index(lower(path), 'embedding') > 0
      if (by_adam .or. .not. allocated(self%exclude_layers)) return
      do i = 1, json_length(self%exclude_layers)
         part = json_element(self%exclude_layers, i - 1)
         by_adam = by_adam .or. &
            index(path, json_string(self%exclude_layers(part%first:part%last))) > 0
      end do
   end function by_adam

   pure function lower(text) result(small)
      character(*), intent(in) :: text
      character(len(text)) :: small
      integer :: i
      small = text
      do i = 1, len(text)
         if (text(i:i) >= 'A' .and. text(i:i) <= 'Z') small(i:i) = achar(iachar(text(i:i)) + 32)
      end do
   end function lower

   real(dp) function decay_of(self, segment) result(decay)
      class(muon_t), intent(in) :: self
      type(segment_t), intent(in) :: segment
      decay = self%weight_decay
      if (self%by_adam(segment)) decay = self%adam_weight_decay
   end function decay_of

   !> The momentum of each weight, and where Adam trains it the velocity.
   subroutine list_own(self, segments, list)
      class(muon_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      type(state_list_t), intent(inout) :: list
      integer :: i
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         call list%add_weight('momentum', 1, segments, i)
         if (self%by_adam(segments(i))) call list%add_weight('velocity', 2, segments, i)
      end do
   end subroutine list_own

   !> Read Keras's options; those that are absent keep their values. A null decay is none.
   subroutine configure(self, config, error)
      class(muon_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      if (config%kind_of('weight_decay') == 'null') self%weight_decay = 0
      if (config%kind_of('adam_weight_decay') == 'null') self%adam_weight_decay = 0
      if (config%kind_of('rms_rate') == 'null') self%rms_rate = 0
      call self%configure_common(config, error)
      if (.not. allocated(error)) then
         call read_below_one(config, 'adam_beta_1', self%adam_beta_1, error)
      end if
      if (.not. allocated(error)) then
         call read_below_one(config, 'adam_beta_2', self%adam_beta_2, error)
      end if
      if (.not. allocated(error)) then
         call read_positive(config, 'adam_weight_decay', self%adam_weight_decay, error)
      end if
      if (.not. allocated(error)) call read_positive(config, 'epsilon', self%epsilon, error)
      if (.not. allocated(error)) call read_real(config, 'muon_a', self%muon_a, error)
      if (.not. allocated(error)) call read_real(config, 'muon_b', self%muon_b, error)
      if (.not. allocated(error)) call read_real(config, 'muon_c', self%muon_c, error)
      if (.not. allocated(error)) then
         call read_positive(config, 'adam_lr_ratio', self%adam_lr_ratio, error)
      end if
      if (.not. allocated(error)) call read_positive(config, 'momentum', self%momentum, error)
      if (.not. allocated(error)) call read_count(config, 'ns_steps', 0, self%ns_steps, error)
      if (.not. allocated(error)) call read_flag(config, 'nesterov', self%nesterov, error)
      if (.not. allocated(error)) call read_positive(config, 'rms_rate', self%rms_rate, error)
      if (.not. allocated(error)) then
         call read_flag(config, 'exclude_embeddings', self%exclude_embeddings, error)
      end if
      if (.not. allocated(error)) call read_excluded(self, config, error)
   end subroutine configure

   !> Read the list of parts of paths. Keras takes them for regular expressions.
   subroutine read_excluded(self, config, error)
      class(muon_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(*), parameter :: special = '.^$*+?{}[]\|()'
      character(:), allocatable :: text
      type(span_t) :: part
      integer :: i
      call config%get_raw('exclude_layers', text, error, default='[]')
      if (allocated(error)) return
      if (json_kind(text) /= 'array') then
         call raise(error, fkb_err_argument, 'option "exclude_layers" of the optimizer is no list')
         return
      end if
      do i = 1, json_length(text)
         part = json_element(text, i - 1)
         if (json_kind(text(part%first:part%last)) /= 'string') then
            call raise(error, fkb_err_argument, 'option "exclude_layers" of the optimizer is no'// &
                       ' list of names')
            return
         else if (scan(json_string(text(part%first:part%last)), special) > 0) then
            call raise(error, fkb_err_unsupported, 'option "exclude_layers" of the optimizer'// &
                       ' has the regular expression '// &
                       quote(json_string(text(part%first:part%last)))//': name layers by plain'// &
                       ' parts of their paths')
            return
         end if
      end do
      self%exclude_layers = text
   end subroutine read_excluded

   !> Momentum, and the velocity of what Adam trains.
   pure integer function slot_count(self) result(count)
      class(muon_t), intent(in) :: self
      count = 2
   end function slot_count

   pure function slot_name(self, i) result(name)
      class(muon_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = trim(merge('momentum', 'velocity', i == 1))
   end function slot_name

   pure function keras_name(self) result(name)
      class(muon_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Muon'
   end function keras_name

   pure function keras_options(self) result(json)
      class(muon_t), intent(in) :: self
      character(:), allocatable :: json
      json = '[]'
      if (allocated(self%exclude_layers)) json = self%exclude_layers
      json = ',"exclude_layers":'//json//option_member('adam_beta_1', self%adam_beta_1)// &
         option_member('adam_beta_2', self%adam_beta_2)// &
         ',"adam_weight_decay":'//number_or_null(self%adam_weight_decay)// &
         option_member('epsilon', self%epsilon)// &
         option_member('exclude_embeddings', self%exclude_embeddings)// &
         option_member('muon_a', self%muon_a)//option_member('muon_b', self%muon_b)// &
         option_member('muon_c', self%muon_c)// &
         option_member('adam_lr_ratio', self%adam_lr_ratio)// &
         option_member('momentum', self%momentum)//option_member('ns_steps', self%ns_steps)// &
         option_member('nesterov', self%nesterov)//',"rms_rate":'//number_or_null(self%rms_rate)
   end function keras_options

end module fkb_muon_sp
