! Generated from train/fkb_composed_loss.fypp: edit that file and run tools/generate.py
!> A data term and physical constraints, each with a weight.
!>
!> ```fortran
!> type(composed_loss_t) :: loss
!> call loss%begin(mean_squared_error_t())
!> call loss%balance(1.0_wp, output=mass, input=fluxes)     ! sum mass*y = sum fluxes*x
!> call loss%keep_non_negative(0.1_wp)
!> call trainer%init(net, loss, adam_t(), error)
!> ```
!> Each constraint adds weight*r^2 to the loss of a sample, r being what is missing. Outputs y and
!> inputs x are those of the network, after the file's transforms; coefficients stand in storage
!> order, those of several inputs one after another.
module fkb_composed_loss_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: loss_t, weight_of_sample
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: composed_loss_t

   integer, parameter :: equal = 1, at_least = 2, non_negative = 3

   !> One constraint.
   type :: term_t
      integer :: kind = equal
      real(wp) :: weight = 1
      real(wp) :: constant = 0
      real(wp), allocatable :: output(:)          !! coefficients of y
      real(wp), allocatable :: input(:)           !! coefficients of x; size 0: none
   end type term_t

   !> The loss of the data plus constraints. `clear` gives the memory back.
   type, extends(loss_t) :: composed_loss_t
      class(loss_t), allocatable, private :: data
      type(term_t), allocatable, private :: terms(:)
   contains
      procedure :: begin
      procedure :: conserve
      procedure :: balance
      procedure :: stay_above
      procedure :: keep_non_negative
      procedure :: clear
      procedure :: evaluate
      procedure :: evaluate_in
      procedure :: looks_ahead
      procedure :: begin_batch
      procedure :: couples_batch
      procedure :: list_sums
      procedure :: take_sums
      procedure :: target_features
      procedure :: positions
      procedure :: check_target
      procedure :: configure
      procedure :: keras_name
      procedure :: keras_options
      procedure, private :: add
   end type composed_loss_t

   interface

      !> Read the data term, one of the library's losses, and the constraints.
      module subroutine configure(self, config, error)
         class(composed_loss_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine configure

      !> `fkb>ComposedLoss`; empty where the data term has no name.
      pure module function keras_name(self) result(name)
         class(composed_loss_t), intent(in) :: self
         character(:), allocatable :: name
      end function keras_name

      !> The data term and the constraints.
      pure module function keras_options(self) result(json)
         class(composed_loss_t), intent(in) :: self
         character(:), allocatable :: json
      end function keras_options

   end interface

contains

   !> Begin with the loss of the data, without constraints. Its reduction is that of the whole.
   subroutine begin(self, data)
      class(composed_loss_t), intent(inout) :: self
      class(loss_t), intent(in) :: data               !! copied
      call self%clear()
      self%reduction = data%reduction
      allocate (self%data, source=data)
      allocate (self%terms(0))
   end subroutine begin

   !> Linear conservation: sum output*y + sum input*x = constant.
   subroutine conserve(self, weight, output, input, constant)
      class(composed_loss_t), intent(inout) :: self
      real(wp), intent(in) :: weight
      real(wp), intent(in) :: output(:)               !! (features out)
      real(wp), intent(in), optional :: input(:)      !! (features in)
      real(wp), intent(in), optional :: constant      !! default 0
      call self%add(equal, weight, output, input, constant)
   end subroutine conserve

   !> A closed budget, such as that of energy: sum output*y = sum input*x.
   subroutine balance(self, weight, output, input)
      class(composed_loss_t), intent(inout) :: self
      real(wp), intent(in) :: weight
      real(wp), intent(in) :: output(:)               !! (features out), such as heat capacities
      real(wp), intent(in) :: input(:)                !! (features in), such as 1 for each flux
      call self%add(equal, weight, output, -input)
   end subroutine balance

   !> An inequality, such as state + time step*tendency >= 0:
   !> sum output*y + sum input*x >= constant.
   subroutine stay_above(self, weight, output, input, constant)
      class(composed_loss_t), intent(inout) :: self
      real(wp), intent(in) :: weight
      real(wp), intent(in) :: output(:)               !! (features out)
      real(wp), intent(in), optional :: input(:)      !! (features in)
      real(wp), intent(in), optional :: constant      !! default 0
      call self%add(at_least, weight, output, input, constant)
   end subroutine stay_above

   !> Outputs that must not be negative: the sum of min(y, 0)^2 over them.
   subroutine keep_non_negative(self, weight, chosen)
      class(composed_loss_t), intent(inout) :: self
      real(wp), intent(in) :: weight
      logical, intent(in), optional :: chosen(:)      !! (features out), default all
      if (present(chosen)) then
         call self%add(non_negative, weight, merge(1.0_wp, 0.0_wp, chosen))
      else
         call self%add(non_negative, weight, [real(wp) ::])
      end if
   end subroutine keep_non_negative

   subroutine add(self, kind, weight, output, input, constant)
      class(composed_loss_t), intent(inout) :: self
      integer, intent(in) :: kind
      real(wp), intent(in) :: weight
      real(wp), intent(in) :: output(:)
      real(wp), intent(in), optional :: input(:)
      real(wp), intent(in), optional :: constant
      type(term_t), allocatable :: grown(:)
      integer :: n
      n = 0
      if (allocated(self%terms)) n = size(self%terms)
      allocate (grown(n + 1))
      if (n > 0) grown(:n) = self%terms
      grown(n + 1)%kind = kind
      grown(n + 1)%weight = weight
      grown(n + 1)%output = output
      allocate (grown(n + 1)%input(0))
      if (present(input)) grown(n + 1)%input = input
      if (present(constant)) grown(n + 1)%constant = constant
      call move_alloc(grown, self%terms)
   end subroutine add

   !> Give the memory back.
   subroutine clear(self)
      class(composed_loss_t), intent(inout) :: self
      if (allocated(self%data)) deallocate (self%data)
      if (allocated(self%terms)) deallocate (self%terms)
   end subroutine clear

   pure logical function looks_ahead(self)
      class(composed_loss_t), intent(in) :: self
      looks_ahead = .true.
   end function looks_ahead

   !> Coefficients must fit outputs and inputs.
   subroutine begin_batch(self, batch, shape, y_true, mask, error)
      class(composed_loss_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(inout), contiguous :: mask(:, :)
      type(error_t), allocatable, intent(out) :: error
      integer :: features_in, features_out, i
      features_out = int(shape%count())
      features_in = inputs_of(batch)
      do i = 1, size(self%terms)
         associate (n_out => size(self%terms(i)%output), n_in => size(self%terms(i)%input))
            if (n_out /= features_out .and. .not. (n_out == 0 .and. &
                self%terms(i)%kind == non_negative)) then
               call refuse(i, decimal(n_out)//' coefficients for '//decimal(features_out)// &
                           ' outputs', error)
            else if (n_in /= 0 .and. n_in /= features_in) then
               call refuse(i, decimal(n_in)//' coefficients for '//decimal(features_in)// &
                           ' inputs', error)
            else if (.not. self%terms(i)%weight >= 0) then
               call refuse(i, 'a negative weight', error)
            end if
         end associate
         if (allocated(error)) return
      end do
      if (self%data%looks_ahead()) call self%data%begin_batch(batch, shape, y_true, mask, error)
   end subroutine begin_batch

   subroutine refuse(number, what, error)
      integer, intent(in) :: number
      character(*), intent(in) :: what
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_argument, 'constraint '//decimal(number)//' of the loss has '// &
                 what)
   end subroutine refuse

   !> Values of all inputs of a sample.
   pure integer function inputs_of(batch) result(features)
      type(batch_t), intent(in) :: batch
      integer :: k
      features = 0
      if (.not. allocated(batch%inputs)) return
      do k = 1, size(batch%inputs)
         features = features + size(batch%inputs(k)%v, 1)
      end do
   end function inputs_of

   pure logical function couples_batch(self)
      class(composed_loss_t), intent(in) :: self
      couples_batch = self%data%couples_batch()
   end function couples_batch

   subroutine list_sums(self, sums)
      class(composed_loss_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      call self%data%list_sums(sums)
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(composed_loss_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      call self%data%take_sums(sums)
   end subroutine take_sums

   pure integer function target_features(self, shape) result(features)
      class(composed_loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      features = self%data%target_features(shape)
   end function target_features

   pure integer function positions(self, shape)
      class(composed_loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      positions = self%data%positions(shape)
   end function positions

   subroutine check_target(self, shape, y_true, error)
      class(composed_loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%data)) then
         call raise(error, fkb_err_argument, 'the composed loss has no data term: call "begin"')
      else
         call self%data%check_target(shape, y_true, error)
      end if
   end subroutine check_target

   !> Without inputs: constraints that need some make the loss a NaN.
   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(composed_loss_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      type(batch_t) :: batch
      batch%samples = size(y_pred, 2)
      call self%evaluate_in(batch, shape, y_true, y_pred, sample_weight, value, grad)
   end subroutine evaluate

   !> A constraint counts once for a sample.
   subroutine evaluate_in(self, batch, shape, y_true, y_pred, sample_weight, value, grad)
      class(composed_loss_t), intent(in) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(dp) :: weight
      integer :: i, j
      call self%data%evaluate_in(batch, shape, y_true, y_pred, sample_weight, value, grad)
      do i = 1, size(self%terms)
         if (size(self%terms(i)%input) > 0 .and. size(self%terms(i)%input) /= inputs_of(batch)) then
            value = ieee_value(value, ieee_quiet_nan)
            return
         end if
         do j = 1, size(y_pred, 2)
            weight = weight_of_sample(self, sample_weight(:, j), 1)
            if (self%terms(i)%kind == non_negative) then
               call add_negative(self%terms(i), weight, y_pred(:, j), value, grad(:, j))
            else
               call add_residual(self%terms(i), weight, batch, j, y_pred(:, j), value, grad(:, j))
            end if
         end do
      end do
   end subroutine evaluate_in

   !> value = value + w sum min(y, 0)^2 over the chosen outputs
   pure subroutine add_negative(term, weight, y, value, grad)
      type(term_t), intent(in) :: term
      real(dp), intent(in) :: weight
      real(wp), intent(in) :: y(:)
      real(dp), intent(inout) :: value
      real(wp), intent(inout) :: grad(:)
      real(dp) :: factor
      integer :: i
      do i = 1, size(y)
         if (y(i) >= 0) cycle
         factor = weight*term%weight
         if (size(term%output) > 0) factor = factor*term%output(i)
         value = value + factor*real(y(i), dp)**2
         grad(i) = grad(i) + real(2*factor*y(i), wp)
      end do
   end subroutine add_negative

   !> value = value + w r^2, r = a.y + b.x - c, or its negative part
   pure subroutine add_residual(term, weight, batch, column, y, value, grad)
      type(term_t), intent(in) :: term
      real(dp), intent(in) :: weight
      type(batch_t), intent(in) :: batch
      integer, intent(in) :: column
      real(wp), intent(in) :: y(:)
      real(dp), intent(inout) :: value
      real(wp), intent(inout) :: grad(:)
      real(dp) :: factor, residual
      integer :: at, i, k
      residual = -term%constant
      do i = 1, size(y)
         residual = residual + real(term%output(i), dp)*y(i)
      end do
      at = 0
      if (size(term%input) > 0) then
         do k = 1, size(batch%inputs)
            do i = 1, size(batch%inputs(k)%v, 1)
               residual = residual + real(term%input(at + i), dp)*batch%inputs(k)%v(i, column)
            end do
            at = at + size(batch%inputs(k)%v, 1)
         end do
      end if
      if (term%kind == at_least) residual = min(residual, 0.0_dp)
      factor = weight*term%weight
      value = value + factor*residual**2
      do i = 1, size(y)
         grad(i) = grad(i) + real(2*factor*residual*term%output(i), wp)
      end do
   end subroutine add_residual

end module fkb_composed_loss_dp
