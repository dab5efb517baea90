! Generated from train/fkb_overlap_losses.fypp: edit that file and run tools/generate.py
!> Losses of overlapping areas: Keras 3's `Dice` and `Tversky`.
!>
!> Sums run over `axis`, by default over everything, the batch included: then the loss has one
!> value and its batch is one block. Sums over axes of a sample give a value for each sample and
!> kept place, those over the batch and some axes one for each kept place.
module fkb_overlap_losses_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: loss_t, positions_of, reduce_sum, weight_of_sample
   use fkb_shape, only: max_rank, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: overlap_t, dice_t, tversky_t

   !> 1 - scale I/(I + alpha (T - I) + beta (P - I) + epsilon), I = sum t p, T = sum t, P = sum p.
   type, abstract, extends(loss_t) :: overlap_t
      integer :: n_axes = 0                       !! of `axis`; 0: all, Keras's null
      integer :: axis(max_rank + 1) = 0           !! Keras's axes, 0 is the batch
   contains
      procedure(numbers_i), deferred :: numbers
      procedure :: evaluate
      procedure :: evaluate_in
      procedure :: looks_ahead => always
      procedure :: begin_batch => check_axes
      procedure :: couples_batch
   end type overlap_t

   abstract interface
      !> The numbers of the formula.
      pure subroutine numbers_i(self, scale, self_weight, alpha, beta)
         import :: overlap_t, dp
         implicit none (type, external)
         class(overlap_t), intent(in) :: self
         real(dp), intent(out) :: scale
         real(dp), intent(out) :: self_weight     !! of I in the divisor
         real(dp), intent(out) :: alpha, beta
      end subroutine numbers_i
   end interface

   !> 1 - 2 I/(T + P + 1e-7). Keras: `Dice`.
   type, extends(overlap_t) :: dice_t
   contains
      procedure :: numbers => numbers_of_dice
      procedure :: configure => configure_dice
      procedure :: keras_name => name_dice
      procedure :: keras_options => options_dice
   end type dice_t

   !> 1 - I/(I + alpha (T - I) + beta (P - I) + 1e-7). Keras: `Tversky`.
   type, extends(overlap_t) :: tversky_t
      real(dp) :: alpha = 0.5_dp                  !! weight of what is missed
      real(dp) :: beta = 0.5_dp                   !! weight of what is too much
   contains
      procedure :: numbers => numbers_of_tversky
      procedure :: configure => configure_tversky
      procedure :: keras_name => name_tversky
      procedure :: keras_options => options_tversky
   end type tversky_t

contains

   pure logical function always(self)
      class(overlap_t), intent(in) :: self
      always = .true.
   end function always

   !> Whether the sums run over the batch.
   pure logical function couples_batch(self)
      class(overlap_t), intent(in) :: self
      couples_batch = self%n_axes == 0 .or. any(self%axis(:self%n_axes) == 0)
   end function couples_batch

   !> Which dimensions of a sample, in storage order, the sums run over.
   pure subroutine summed_dimensions(self, shape, summed)
      class(overlap_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      logical, intent(out) :: summed(max_rank)
      integer :: axis, k
      summed = self%n_axes == 0
      do k = 1, self%n_axes
         axis = self%axis(k)
         if (axis < 0) axis = axis + shape%rank + 1
         if (axis > 0) summed(shape%rank + 1 - axis) = .true.
      end do
   end subroutine summed_dimensions

   !> The values that a sample has, or all samples together.
   pure integer function kept_places(self, shape) result(places)
      class(overlap_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      logical :: summed(max_rank)
      integer :: k
      call summed_dimensions(self, shape, summed)
      places = 1
      do k = 1, shape%rank
         if (.not. summed(k)) places = places*shape%extent(k)
      end do
   end function kept_places

   !> Axes must exist; weights of single positions need a value at each of them.
   subroutine check_axes(self, batch, shape, y_true, mask, error)
      class(overlap_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(inout), contiguous :: mask(:, :)
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      do k = 1, self%n_axes
         if (self%axis(k) >= -shape%rank .and. self%axis(k) <= shape%rank) cycle
         call raise(error, fkb_err_argument, 'option "axis" of the loss "'//self%keras_name()// &
                    '" is '//decimal(self%axis(k))//', an output of shape '//shape%text()// &
                    ' does not have it')
         return
      end do
      if (.not. batch%weighted .or. kept_places(self, shape) == 1) return
      call raise(error, fkb_err_unsupported, 'the loss "'//self%keras_name()//'" has several'// &
                 ' values for these axes, which sample weights do not fit: give none')
   end subroutine check_axes

   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(overlap_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      type(batch_t) :: batch
      batch%samples = size(y_pred, 2)
      batch%weighted = any(abs(sample_weight - 1) > 0)
      call self%evaluate_in(batch, shape, y_true, y_pred, sample_weight, value, grad)
   end subroutine evaluate

   !> The sum over values, scaled such that the trainer's division by positions and samples gives
   !> Keras's mean over these values; a single value is no sum to Keras.
   subroutine evaluate_in(self, batch, shape, y_true, y_pred, sample_weight, value, grad)
      class(overlap_t), intent(in) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      logical :: summed(max_rank)
      integer, allocatable :: place(:)
      real(dp) :: one, scale
      integer :: j, places, positions
      call summed_dimensions(self, shape, summed)
      allocate (place(size(y_pred, 1)))
      call places_of(shape, summed, place)
      places = kept_places(self, shape)
      positions = positions_of(shape)
      if (self%couples_batch()) then
         call overlap(self, places, place, y_true, y_pred, value, grad)
         if (batch%weighted) then
            scale = sum(real(sample_weight, dp))
         else if (self%n_axes == 0) then
            scale = self%normaliser(shape, batch%samples, sample_weight)
         else
            scale = merge(1.0_dp, real(positions, dp)*batch%samples/places, &
                          self%reduction == reduce_sum)
         end if
         value = scale*value
         grad = real(scale, wp)*grad
         return
      end if
      value = 0
      do j = 1, size(y_pred, 2)
         call overlap(self, places, place, y_true(:, j:j), y_pred(:, j:j), one, grad(:, j:j))
         scale = weight_of_sample(self, sample_weight(:, j), places)
         value = value + scale*one
         grad(:, j) = real(scale, wp)*grad(:, j)
      end do
   end subroutine evaluate_in

   !> The kept place of each value of a sample, from 1.
   pure subroutine places_of(shape, summed, place)
      type(shape_t), intent(in) :: shape
      logical, intent(in) :: summed(max_rank)
      integer, intent(out) :: place(:)
      integer :: i, index, k, rest, stride
      do i = 1, size(place)
         rest = i - 1
         stride = 1
         place(i) = 1
         do k = 1, shape%rank
            index = mod(rest, shape%extent(k))
            rest = rest/shape%extent(k)
            if (summed(k)) cycle
            place(i) = place(i) + stride*index
            stride = stride*shape%extent(k)
         end do
      end do
   end subroutine places_of

   !> The sum of the loss over the kept places of all given columns, and its derivative.
   subroutine overlap(self, places, place, t, p, value, grad)
      class(overlap_t), intent(in) :: self
      integer, intent(in) :: places
      integer, intent(in) :: place(:)             !! of each row
      real(wp), intent(in) :: t(:, :), p(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(:, :)
      real(dp), parameter :: least = 1e-7_dp
      real(dp) :: both(places), divisor(places), of_p(places), of_t(places)
      real(dp) :: alpha, beta, own, scale
      integer :: i, j
      call self%numbers(scale, own, alpha, beta)
      both = 0
      of_t = 0
      of_p = 0
      do j = 1, size(p, 2)
         do i = 1, size(p, 1)
            associate (k => place(i))
               both(k) = both(k) + real(t(i, j), dp)*p(i, j)
               of_t(k) = of_t(k) + t(i, j)
               of_p(k) = of_p(k) + p(i, j)
            end associate
         end do
      end do
      divisor = own*both + alpha*(of_t - both) + beta*(of_p - both) + least
      value = sum(1 - scale*both/divisor)
      do j = 1, size(p, 2)
         do i = 1, size(p, 1)
            associate (k => place(i))
               grad(i, j) = real(-scale*(t(i, j)*divisor(k) - both(k)*(t(i, j)* &
                                 (own - alpha - beta) + beta))/divisor(k)**2, wp)
            end associate
         end do
      end do
   end subroutine overlap

   !> Read `axis`: null, an axis or a list of them.
   subroutine configure_axes(self, config, error)
      class(overlap_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      self%n_axes = 0
      call self%configure_reduction(config, error)
      if (allocated(error)) return
      if (config%has('axis')) then
         call config%get_list('axis', self%axis, self%n_axes, error)
      else
         call config%ignore('axis')
      end if
   end subroutine configure_axes

   pure function axes_text(self) result(json)
      class(overlap_t), intent(in) :: self
      character(:), allocatable :: json
      integer :: k
      json = 'null'
      if (self%n_axes == 0) return
      json = ''
      do k = 1, self%n_axes
         json = json//','//decimal(self%axis(k))
      end do
      json = '['//json(2:)//']'
   end function axes_text

   pure subroutine numbers_of_dice(self, scale, self_weight, alpha, beta)
      class(dice_t), intent(in) :: self
      real(dp), intent(out) :: scale, self_weight, alpha, beta
      scale = 2
      self_weight = 2
      alpha = 1
      beta = 1
   end subroutine numbers_of_dice

   subroutine configure_dice(self, config, error)
      class(dice_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_axes(self, config, error)
   end subroutine configure_dice

   pure function name_dice(self) result(name)
      class(dice_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Dice'
   end function name_dice

   pure function options_dice(self) result(json)
      class(dice_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"axis":'//axes_text(self)
   end function options_dice

   pure subroutine numbers_of_tversky(self, scale, self_weight, alpha, beta)
      class(tversky_t), intent(in) :: self
      real(dp), intent(out) :: scale, self_weight, alpha, beta
      scale = 1
      self_weight = 1
      alpha = self%alpha
      beta = self%beta
   end subroutine numbers_of_tversky

   subroutine configure_tversky(self, config, error)
      class(tversky_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call configure_axes(self, config, error)
      if (.not. allocated(error)) call config%get('alpha', self%alpha, error, default=0.5_dp)
      if (.not. allocated(error)) call config%get('beta', self%beta, error, default=0.5_dp)
   end subroutine configure_tversky

   pure function name_tversky(self) result(name)
      class(tversky_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Tversky'
   end function name_tversky

   pure function options_tversky(self) result(json)
      class(tversky_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"alpha":'//json_real_text(self%alpha)//',"beta":'//json_real_text(self%beta)// &
         ',"axis":'//axes_text(self)
   end function options_tversky

end module fkb_overlap_losses_dp
