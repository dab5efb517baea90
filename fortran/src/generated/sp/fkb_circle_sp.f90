! Generated from train/fkb_circle.fypp: edit that file and run tools/generate.py
!> The circle loss of embeddings: all samples of a batch against each other. Keras 3's `Circle`.
!> Source: Y. Sun et al. (2020), Circle Loss, arXiv:2002.10857, equation 6.
module fkb_circle_sp
   use fkb_config, only: config_t
   use fkb_crossentropies_sp, only: logical_text
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: loss_t, positions_of, reduce_mean, reduce_sum
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: circle_t

   !> Softplus of the summed exponentials over equal and over other labels. The outputs must be of
   !> length 1, as behind `UnitNormalization`. A sample whose value is 0 is left out of the mean.
   type, extends(loss_t) :: circle_t
      real(dp) :: gamma = 80                      !! scale
      real(dp) :: margin = 0.4_dp                 !! radius of the circle
      logical :: remove_diagonal = .true.         !! a sample is no companion of itself
   contains
      procedure :: evaluate
      procedure :: couples_batch => always
      procedure :: target_features => one_label
      procedure :: check_target => check_shape
      procedure :: configure
      procedure :: keras_name
      procedure :: keras_options
   end type circle_t

contains

   pure logical function always(self)
      class(circle_t), intent(in) :: self
      always = .true.
   end function always

   !> One label for each sample.
   pure integer function one_label(self, shape) result(features)
      class(circle_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      features = positions_of(shape)
   end function one_label

   !> Embeddings are vectors, labels are whole numbers.
   subroutine check_shape(self, shape, y_true, error)
      class(circle_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      if (shape%rank /= 1) then
         call raise(error, fkb_err_unsupported, 'the loss "Circle" is for vectors, the output'// &
                    ' has the shape '//shape%text())
      else if (.not. all(abs(y_true) < 2.0_wp**24)) then
         call raise(error, fkb_err_argument, 'a label of the loss "Circle" is too large')
      end if
   end subroutine check_shape

   !> The sum over samples. Keras divides a mean by the samples that have a value, which only the
   !> whole batch tells: the sum is scaled by that here.
   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(circle_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (1, batch), labels
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (features, batch), of length 1
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (1, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(dp), allocatable :: cosines(:, :), slopes(:, :)
      real(dp) :: loss, scale, valid, weight
      integer :: i, j, n
      n = size(y_pred, 2)
      allocate (cosines(n, n), slopes(n, n))
      do j = 1, n
         do i = 1, n
            cosines(i, j) = sum(real(y_pred(:, i), dp)*y_pred(:, j))
         end do
      end do
      value = 0
      valid = 0
      weight = 0
      do j = 1, n
         call one_sample(self, j, int(y_true(1, :)), cosines(:, j), loss, slopes(:, j))
         if (.not. real(loss, wp) > 0) slopes(:, j) = 0
         slopes(:, j) = sample_weight(1, j)*slopes(:, j)
         value = value + sample_weight(1, j)*loss
         if (.not. real(loss, wp) > 0) cycle
         valid = valid + 1
         weight = weight + sample_weight(1, j)
      end do
      scale = 1
      if (self%reduction == reduce_mean) weight = valid
      if (self%reduction /= reduce_sum .and. abs(weight) > 0) then
         scale = self%normaliser(shape, n, sample_weight)/weight
      end if
      value = scale*value
      do j = 1, n
         grad(:, j) = 0
         do i = 1, n
            grad(:, j) = grad(:, j) + real(scale*(slopes(i, j) + slopes(j, i)), wp)*y_pred(:, i)
         end do
      end do
   end subroutine evaluate

   !> The value of sample `j` and its derivative by the cosines of its column.
   pure subroutine one_sample(self, j, labels, cosines, loss, slope)
      class(circle_t), intent(in) :: self
      integer, intent(in) :: j
      integer, intent(in) :: labels(:)            !! (batch)
      real(dp), intent(in) :: cosines(:)          !! (batch), with sample `j`
      real(dp), intent(out) :: loss
      real(dp), intent(out) :: slope(:)           !! (batch)
      real(dp) :: d, exponents(size(labels)), slopes(size(labels)), sums(2), tops(2)
      logical :: alike(size(labels)), other(size(labels))
      integer :: i
      alike = labels == labels(j)
      other = .not. alike
      if (self%remove_diagonal) alike(j) = .false.
      do i = 1, size(labels)
         d = max(1 - cosines(i), 0.0_dp)
         if (other(i)) then
            exponents(i) = self%gamma*max(1 + self%margin - d, 0.0_dp)*(1 - self%margin - d)
            slopes(i) = self%gamma*(2*d - 2)
            if (1 + self%margin - d < 0) slopes(i) = 0
         else
            exponents(i) = -self%gamma*(self%margin + d)*(self%margin - d)
            slopes(i) = self%gamma*2*d
         end if
         if (1 - cosines(i) < 0) slopes(i) = 0
      end do
      slope = 0
      loss = 0
      if (.not. any(alike) .or. .not. any(other)) return
      tops = [maxval(exponents, mask=alike), maxval(exponents, mask=other)]
      sums = [sum(exp(exponents - tops(1)), mask=alike), sum(exp(exponents - tops(2)), mask=other)]
      d = sum(tops + log(sums))
      loss = max(d, 0.0_dp) + log(1 + exp(-abs(d)))
      if (d < -30) loss = exp(d)
      d = 1/(1 + exp(-d))
      where (alike) slope = -d*slopes*exp(exponents - tops(1))/sums(1)
      where (other) slope = -d*slopes*exp(exponents - tops(2))/sums(2)
   end subroutine one_sample

   subroutine configure(self, config, error)
      class(circle_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
      if (.not. allocated(error)) call config%get('gamma', self%gamma, error, default=80.0_dp)
      if (.not. allocated(error)) call config%get('margin', self%margin, error, default=0.4_dp)
      if (.not. allocated(error)) call config%get('remove_diagonal', self%remove_diagonal, error, &
                                                  default=.true.)
   end subroutine configure

   pure function keras_name(self) result(name)
      class(circle_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'Circle'
   end function keras_name

   pure function keras_options(self) result(json)
      class(circle_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"gamma":'//json_real_text(self%gamma)//',"margin":'//json_real_text(self%margin)// &
         ',"remove_diagonal":'//logical_text(self%remove_diagonal)
   end function keras_options

end module fkb_circle_sp
