! Generated from train/fkb_metric_set.fypp: edit that file and run tools/generate.py
!> The metrics of a network's outputs, as `model.compile(metrics=..., weighted_metrics=...)` says.
module fkb_metric_set_sp
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_metric_sp, only: metric_t
   use fkb_metric_registry_sp, only: metric_from_config, metric_registry_t
   use fkb_reduction_sp, only: reduction_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: metric_set_t

   !> A metric of one output.
   type :: metric_box_t
      class(metric_t), allocatable :: metric
      character(:), allocatable :: name       !! in logs, as in Keras but for `val_`
      character(:), allocatable :: label      !! that of the metric alone
      integer :: output = 1
      logical :: weighted = .false.           !! sample weights count
   end type metric_box_t

   !> All metrics of a network, in the order of Keras's logs.
   type :: metric_set_t
      private
      type(metric_box_t), allocatable :: boxes(:)
      logical, public :: of_file = .false.    !! those that the model was compiled with
   contains
      procedure :: add
      procedure :: add_from_config
      procedure :: reset
      procedure :: update
      procedure :: count => count_values
      procedure :: name => name_of
      procedure :: value => value_of
      procedure :: get_values
      procedure :: keras_config
      procedure :: prefers_logits
      procedure :: clear
   end type metric_set_t

contains

   !> Add a metric of your own. Its name in the logs is made unique as in Keras.
   subroutine add(self, metric, error, output, name, weighted, output_name)
      class(metric_set_t), intent(inout) :: self
      class(metric_t), intent(in) :: metric                  !! copied
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: output                !! default 1
      character(*), intent(in), optional :: name             !! default: that of its class
      logical, intent(in), optional :: weighted              !! whether sample weights count
      character(*), intent(in), optional :: output_name      !! put before the name
      class(metric_t), allocatable :: copy
      character(:), allocatable :: label
      allocate (copy, source=metric)
      call copy%reset()
      label = copy%default_name()
      if (present(name)) label = name
      call take(self, copy, label, error, output, weighted, output_name)
   end subroutine add

   !> Add a metric by Keras's name or configuration: `mse`, `{"class_name":"AUC","config":{}}`.
   subroutine add_from_config(self, text, error, output, weighted, output_name, keras_major, &
                              registry)
      class(metric_set_t), intent(inout) :: self
      character(*), intent(in) :: text
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: output                !! default 1
      logical, intent(in), optional :: weighted              !! whether sample weights count
      character(*), intent(in), optional :: output_name      !! put before the name
      integer, intent(in), optional :: keras_major           !! default 3
      type(metric_registry_t), intent(in), optional :: registry   !! a user's metrics
      class(metric_t), allocatable :: metric
      character(:), allocatable :: label
      integer :: major
      major = 3
      if (present(keras_major)) major = keras_major
      call metric_from_config(text, major, metric, label, error, registry)
      if (.not. allocated(error)) call take(self, metric, label, error, output, weighted, &
                                            output_name)
   end subroutine add_from_config

   !> Put a metric at the end, under a name that no other has.
   subroutine take(self, metric, label, error, output, weighted, output_name)
      type(metric_set_t), intent(inout) :: self
      class(metric_t), allocatable, intent(inout) :: metric
      character(*), intent(in) :: label
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: output
      logical, intent(in), optional :: weighted
      character(*), intent(in), optional :: output_name
      type(metric_box_t), allocatable :: grown(:)
      character(:), allocatable :: prefix
      integer :: i, n
      if (present(output)) then
         if (output < 1) then
            call raise(error, fkb_err_argument, 'the metric '//quote(label)//' is for output '// &
                       decimal(output)//', outputs count from 1')
            return
         end if
      end if
      n = 0
      if (allocated(self%boxes)) n = size(self%boxes)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i)%name = self%boxes(i)%name
         grown(i)%label = self%boxes(i)%label
         grown(i)%output = self%boxes(i)%output
         grown(i)%weighted = self%boxes(i)%weighted
         call move_alloc(self%boxes(i)%metric, grown(i)%metric)
      end do
      call move_alloc(metric, grown(n + 1)%metric)
      if (present(output)) grown(n + 1)%output = output
      if (present(weighted)) grown(n + 1)%weighted = weighted
      prefix = ''
      if (present(output_name)) then
         if (len(output_name) > 0) prefix = output_name//'_'
      end if
      grown(n + 1)%label = label
      self%of_file = .false.
      grown(n + 1)%name = unique_name(grown(:n), prefix, label, grown(n + 1)%weighted)
      if (allocated(self%boxes)) deallocate (self%boxes)
      call move_alloc(grown, self%boxes)
   end subroutine take

   !> Keras's name in the logs (`CompileMetrics.result`): a number is added to a name that is
   !> taken, `weighted_` is put before that of a weighted metric.
   function unique_name(boxes, prefix, label, weighted) result(name)
      type(metric_box_t), intent(in) :: boxes(:)
      character(*), intent(in) :: prefix, label
      logical, intent(in) :: weighted
      character(:), allocatable :: name, stem
      integer :: i
      stem = prefix//label
      if (is_taken(boxes, stem) .and. weighted) stem = prefix//'weighted_'//label
      name = stem
      do i = 1, size(boxes)
         if (.not. is_taken(boxes, name)) exit
         name = stem//'_'//decimal(i)
      end do
   end function unique_name

   pure logical function is_taken(boxes, name)
      type(metric_box_t), intent(in) :: boxes(:)
      character(*), intent(in) :: name
      integer :: i
      is_taken = .false.
      do i = 1, size(boxes)
         is_taken = is_taken .or. boxes(i)%name == name
      end do
   end function is_taken

   !> Forget all batches.
   subroutine reset(self)
      class(metric_set_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%boxes)) return
      do i = 1, size(self%boxes)
         call self%boxes(i)%metric%reset()
      end do
   end subroutine reset

   !> Add a batch of one output to its metrics.
   subroutine update(self, output, shape, y_true, y_pred, error, sample_weight, mask, logits)
      class(metric_set_t), intent(inout) :: self
      integer, intent(in) :: output
      type(shape_t), intent(in) :: shape                     !! of one sample of `y_pred`
      real(wp), intent(in), contiguous :: y_true(:, :)       !! (target features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)       !! (features, batch)
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(in), optional :: sample_weight(:, :)  !! (1 or positions, batch)
      real(wp), intent(in), optional :: mask(:, :)           !! (1 or positions, batch)
      real(wp), intent(in), contiguous, optional :: logits(:, :)   !! input of the last activation
      integer :: i
      if (.not. allocated(self%boxes)) return
      do i = 1, size(self%boxes)
         associate (box => self%boxes(i))
            if (box%output /= output) cycle
            if (box%weighted) then
               call box%metric%update(shape, y_true, y_pred, error, sample_weight, mask, logits)
            else
               call box%metric%update(shape, y_true, y_pred, error, mask=mask, logits=logits)
            end if
            if (allocated(error)) call add_context(error, 'metric '//box%name)
         end associate
         if (allocated(error)) return
      end do
   end subroutine update

   !> Number of values, one or more for each metric.
   pure integer function count_values(self) result(count)
      class(metric_set_t), intent(in) :: self
      integer :: i
      count = 0
      if (.not. allocated(self%boxes)) return
      do i = 1, size(self%boxes)
         count = count + self%boxes(i)%metric%value_count()
      end do
   end function count_values

   !> The box of value `i` and the value's place in it.
   pure subroutine locate(self, i, box, place)
      class(metric_set_t), intent(in) :: self
      integer, intent(in) :: i
      integer, intent(out) :: box, place
      place = i
      do box = 1, size(self%boxes)
         if (place <= self%boxes(box)%metric%value_count()) return
         place = place - self%boxes(box)%metric%value_count()
      end do
   end subroutine locate

   !> The name of value `i` in Keras's logs, without `val_`; several values of one metric are
   !> numbered from 0, in brackets.
   function name_of(self, i) result(name)
      class(metric_set_t), intent(in) :: self
      integer, intent(in) :: i                    !! from 1 to count()
      character(:), allocatable :: name
      integer :: box, place
      name = ''
      if (i < 1 .or. i > self%count()) return
      call locate(self, i, box, place)
      name = self%boxes(box)%name
      if (self%boxes(box)%metric%value_count() > 1) name = name//'['//decimal(place - 1)//']'
   end function name_of

   !> Value `i` of all batches since the last reset.
   real(dp) function value_of(self, i) result(value)
      class(metric_set_t), intent(in) :: self
      integer, intent(in) :: i                    !! from 1 to count()
      real(dp), allocatable :: values(:)
      integer :: box, place
      value = 0
      if (i < 1 .or. i > self%count()) return
      call locate(self, i, box, place)
      allocate (values(self%boxes(box)%metric%value_count()))
      call self%boxes(box)%metric%get_values(values)
      value = values(place)
   end function value_of

   !> All values; over all ranks where there is a reduction, which all of them call then.
   subroutine get_values(self, values, reduction)
      class(metric_set_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: values(:)          !! (count())
      class(reduction_t), intent(in), optional :: reduction
      class(metric_t), allocatable :: copy
      real(dp), allocatable :: part(:), sums(:)
      integer :: at, i, n, taken
      allocate (values(self%count()), source=0.0_dp)
      if (.not. allocated(self%boxes)) return
      allocate (sums(0))
      if (present(reduction)) then
         do i = 1, size(self%boxes)
            call self%boxes(i)%metric%list_sums(part)
            sums = [sums, part]
         end do
         if (size(sums) > 0) call reduction%add_values(sums)
      end if
      at = 0
      taken = 0
      do i = 1, size(self%boxes)
         allocate (copy, source=self%boxes(i)%metric)
         if (present(reduction)) then
            call copy%list_sums(part)
            n = size(part)
            if (n > 0) call copy%take_sums(sums(taken + 1:taken + n))
            taken = taken + n
         end if
         n = copy%value_count()
         call copy%get_values(values(at + 1:at + n))
         at = at + n
         deallocate (copy)
      end do
   end subroutine get_values

   !> The metrics as Keras's compile configuration has them, a list for one output, lists for
   !> several; `null` where there are none. One that a file cannot name is left out.
   function keras_config(self, outputs, weighted) result(json)
      class(metric_set_t), intent(in) :: self
      integer, intent(in) :: outputs
      logical, intent(in) :: weighted                          !! those that weights count for
      character(:), allocatable :: json
      character(:), allocatable :: one, part
      integer :: i, k
      logical :: any_metric
      any_metric = .false.
      json = ''
      do k = 1, outputs
         part = ''
         do i = 1, size(self%boxes)
            if (self%boxes(i)%output /= k .or. (self%boxes(i)%weighted .neqv. weighted)) cycle
            one = self%boxes(i)%metric%keras_config(self%boxes(i)%label)
            if (len(one) == 0) cycle
            if (len(part) > 0) part = part//','
            part = part//one
            any_metric = .true.
         end do
         if (k > 1) json = json//','
         json = json//'['//part//']'
      end do
      if (outputs > 1) json = '['//json//']'
      if (.not. any_metric) json = 'null'
   end function keras_config

   !> Whether a metric of this output wants the input of a final sigmoid or softmax.
   pure logical function prefers_logits(self, output)
      class(metric_set_t), intent(in) :: self
      integer, intent(in) :: output
      integer :: i
      prefers_logits = .false.
      if (.not. allocated(self%boxes)) return
      do i = 1, size(self%boxes)
         if (self%boxes(i)%output /= output) cycle
         prefers_logits = prefers_logits .or. self%boxes(i)%metric%prefers_logits()
      end do
   end function prefers_logits

   !> Release all metrics.
   subroutine clear(self)
      class(metric_set_t), intent(inout) :: self
      integer :: i
      self%of_file = .false.
      if (.not. allocated(self%boxes)) return
      do i = 1, size(self%boxes)
         if (allocated(self%boxes(i)%metric)) deallocate (self%boxes(i)%metric)
      end do
      deallocate (self%boxes)
   end subroutine clear

end module fkb_metric_set_sp
