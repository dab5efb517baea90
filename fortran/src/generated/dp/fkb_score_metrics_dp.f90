! Generated from train/fkb_score_metrics.fypp: edit that file and run tools/generate.py
!> Scores of vectors, column by column: Keras's `FBetaScore`, `F1Score` and `R2Score`.
!> Masks play no part, as in Keras.
module fkb_score_metrics_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_metric_dp, only: metric_t
   use fkb_optimizer_values, only: option_member
   use fkb_shape, only: shape_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: f_beta_score_t, r2_score_t

   !> Sums over samples for each column.
   type, abstract, extends(metric_t) :: score_t
      real(dp), allocatable :: sums(:, :)         !! (columns, kinds of sums)
      character(:), allocatable :: average        !! empty: a value for each column
   contains
      procedure :: reset
      procedure :: check
      procedure :: takes_mask
      procedure :: value_count
      procedure :: list_sums
      procedure :: take_sums
   end type score_t

   !> The harmonic mean of precision and recall, recall `beta` times as important.
   type, extends(score_t) :: f_beta_score_t
      real(dp) :: beta = 1
      logical :: fixed_beta = .false.             !! it is Keras's `F1Score`
      logical :: largest = .true.                 !! the largest value is positive, no threshold
      real(wp) :: threshold = 0
   contains
      procedure :: accumulate => accumulate_f
      procedure :: get_values => values_of_f
      procedure :: configure => configure_f
      procedure :: keras_name => name_f
      procedure :: keras_options => options_f
      procedure :: default_name => default_f
   end type f_beta_score_t

   !> 1 - sum of squared errors/variance of the targets.
   type, extends(score_t) :: r2_score_t
      integer :: num_regressors = 0               !! for the adjusted score
      real(dp) :: elements = 0                    !! Keras's `num_samples`: all values
   contains
      procedure :: reset => reset_r2
      procedure :: accumulate => accumulate_r2
      procedure :: get_values => values_of_r2
      procedure :: configure => configure_r2
      procedure :: keras_name => name_r2
      procedure :: keras_options => options_r2
      procedure :: list_sums => list_r2
      procedure :: take_sums => take_r2
   end type r2_score_t

contains

   subroutine reset(self)
      class(score_t), intent(inout) :: self
      if (.not. allocated(self%average)) self%average = ''
      if (allocated(self%sums)) self%sums = 0
   end subroutine reset

   subroutine reset_r2(self)
      class(r2_score_t), intent(inout) :: self
      self%elements = 0
      if (.not. allocated(self%average)) self%average = 'uniform_average'
      if (allocated(self%sums)) self%sums = 0
   end subroutine reset_r2

   pure logical function takes_mask(self)
      class(score_t), intent(in) :: self
      takes_mask = .false.
   end function takes_mask

   subroutine check(self, shape, y_true, error)
      class(score_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = shape%rank == 1
      if (fits .and. allocated(self%sums)) fits = size(self%sums, 1) == shape%extent(1)
      if (.not. fits) call raise(error, fkb_err_unsupported, 'the metric '// &
         quote(self%keras_name())//' is for vectors of one length, the output has the shape '// &
         shape%text())
   end subroutine check

   subroutine list_sums(self, sums)
      class(score_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      allocate (sums(0))
      if (allocated(self%sums)) sums = [self%sums]
   end subroutine list_sums

   subroutine take_sums(self, sums)
      class(score_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      if (allocated(self%sums)) self%sums = reshape(sums, shape(self%sums))
   end subroutine take_sums

   pure integer function value_count(self) result(count)
      class(score_t), intent(in) :: self
      count = 1
      if (.not. allocated(self%average) .or. .not. allocated(self%sums)) return
      if (len(self%average) == 0) count = size(self%sums, 1)
   end function value_count

   subroutine accumulate_f(self, shape, y_true, y_pred, weight, batch)
      class(f_beta_score_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: p, t, w
      integer :: i, j
      if (.not. allocated(self%sums)) allocate (self%sums(shape%extent(1), 4), source=0.0_dp)
      do j = 1, size(y_pred, 2)
         w = weight(1, j)
         do i = 1, size(y_pred, 1)
            if (self%largest) then
               p = merge(1, 0, y_pred(i, j) >= maxval(y_pred(:, j)) .and. &
                         abs(y_pred(i, j)) > 1e-9_wp)
            else
               p = merge(1, 0, y_pred(i, j) > self%threshold)
            end if
            t = y_true(i, j)
            self%sums(i, :) = self%sums(i, :) + w*[p*t, p*(1 - t), (1 - p)*t, t]
         end do
      end do
   end subroutine accumulate_f

   subroutine values_of_f(self, values)
      class(f_beta_score_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      real(dp), parameter :: least = 1e-7_dp
      real(dp), allocatable :: scores(:), sums(:, :)
      values = 0
      if (.not. allocated(self%sums)) return
      sums = self%sums
      if (self%average == 'micro') sums = reshape(sum(self%sums, 1), [1, 4])
      associate (precision => sums(:, 1)/(sums(:, 1) + sums(:, 2) + least), &
                 recall => sums(:, 1)/(sums(:, 1) + sums(:, 3) + least))
         scores = (1 + self%beta**2)*(precision*recall/(self%beta**2*precision + recall + least))
      end associate
      select case (self%average)
      case ('')
         values = scores
      case ('weighted')
         values = sum(scores*sums(:, 4))/(sum(sums(:, 4)) + least)
      case default
         values = sum(scores)/size(scores)
      end select
   end subroutine values_of_f

   !> Read `average`, `threshold` and, but for `F1Score`, `beta`.
   subroutine configure_f(self, config, error)
      class(f_beta_score_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (.not. allocated(error)) call config%get('average', self%average, error, default='')
      if (.not. allocated(error) .and. .not. self%fixed_beta) then
         call config%get('beta', self%beta, error, default=1.0_dp)
      end if
      if (allocated(error)) return
      self%largest = .not. config%has('threshold')
      call config%get('threshold', self%threshold, error, default=0.5_wp)
      if (allocated(error)) return
      if (all(self%average /= [character(8) :: '', 'micro', 'macro', 'weighted']) .or. &
          .not. self%beta > 0 .or. .not. (self%threshold > 0 .and. self%threshold <= 1)) then
         call raise(error, fkb_err_argument, 'the metric '//quote(self%keras_name())//' needs'// &
                    ' an average null, "micro", "macro" or "weighted", a positive beta and a'// &
                    ' threshold above 0, at most 1')
      end if
   end subroutine configure_f

   pure function name_f(self) result(name)
      class(f_beta_score_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'FBetaScore'
      if (self%fixed_beta) name = 'F1Score'
   end function name_f

   pure function options_f(self) result(json)
      class(f_beta_score_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      if (allocated(self%average)) then
         if (len(self%average) > 0) json = ',"average":"'//self%average//'"'
      end if
      if (.not. self%fixed_beta) json = json//option_member('beta', self%beta)
      if (.not. self%largest) json = json//option_member('threshold', real(self%threshold, dp))
   end function options_f

   function default_f(self) result(name)
      class(f_beta_score_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'fbeta_score'
      if (self%fixed_beta) name = 'f1_score'
   end function default_f

   subroutine accumulate_r2(self, shape, y_true, y_pred, weight, batch)
      class(r2_score_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(dp) :: t, w
      integer :: i, j
      if (.not. allocated(self%sums)) allocate (self%sums(shape%extent(1), 4), source=0.0_dp)
      do j = 1, size(y_pred, 2)
         w = weight(1, j)
         do i = 1, size(y_pred, 1)
            t = y_true(i, j)
            self%sums(i, :) = self%sums(i, :) + w*[t, t**2, (t - y_pred(i, j))**2, 1.0_dp]
         end do
      end do
      self%elements = self%elements + size(y_true)
   end subroutine accumulate_r2

   subroutine values_of_r2(self, values)
      class(r2_score_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      real(dp), allocatable :: scores(:), total(:)
      values = 0
      if (.not. allocated(self%sums)) return
      total = self%sums(:, 2) - self%sums(:, 1)**2/self%sums(:, 4)
      scores = 1 - self%sums(:, 3)/total
      where (abs(scores) > huge(scores)) scores = 0
      select case (self%average)
      case ('')
         values = scores
      case ('variance_weighted_average')
         values = sum(total*scores)/sum(total)
      case default
         values = sum(scores)/size(scores)
      end select
      if (self%num_regressors == 0 .or. self%num_regressors >= self%elements - 1) return
      values = 1 - (1 - values)*(self%elements - 1)/(self%elements - self%num_regressors - 1)
   end subroutine values_of_r2

   !> Read `class_aggregation` and `num_regressors`.
   subroutine configure_r2(self, config, error)
      class(r2_score_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_common(config, error)
      if (allocated(error)) return
      if (config%kind_of('class_aggregation') == 'null') then
         call config%ignore('class_aggregation')
         self%average = ''
      else
         call config%get('class_aggregation', self%average, error, default='uniform_average')
      end if
      if (.not. allocated(error)) call config%get('num_regressors', self%num_regressors, error, &
                                                  default=0)
      if (allocated(error)) return
      if (all(self%average /= [character(25) :: '', 'uniform_average', &
                               'variance_weighted_average']) .or. self%num_regressors < 0) then
         call raise(error, fkb_err_argument, 'the metric "R2Score" needs a class_aggregation'// &
                    ' null, "uniform_average" or "variance_weighted_average", and'// &
                    ' num_regressors of at least 0')
      end if
   end subroutine configure_r2

   pure function name_r2(self) result(name)
      class(r2_score_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'R2Score'
   end function name_r2

   pure function options_r2(self) result(json)
      class(r2_score_t), intent(in) :: self
      character(:), allocatable :: json
      json = option_member('num_regressors', self%num_regressors)
      if (.not. allocated(self%average)) return
      if (len(self%average) == 0) then
         json = json//',"class_aggregation":null'
      else
         json = json//',"class_aggregation":"'//self%average//'"'
      end if
   end function options_r2

   subroutine list_r2(self, sums)
      class(r2_score_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      allocate (sums(0))
      if (allocated(self%sums)) sums = [self%sums, self%elements]
   end subroutine list_r2

   subroutine take_r2(self, sums)
      class(r2_score_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      if (.not. allocated(self%sums)) return
      self%sums = reshape(sums(:size(self%sums)), shape(self%sums))
      self%elements = sums(size(sums))
   end subroutine take_r2

end module fkb_score_metrics_dp
