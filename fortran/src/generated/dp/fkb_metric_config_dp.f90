! Generated from train/fkb_metric_config.fypp: edit that file and run tools/generate.py
!> What a model file's compile configuration means: the metrics of each output.
module fkb_metric_config_dp
   use fkb_compile_dp, only: compile_option, name_t, output_names, text_at
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_check, json_compact, json_element, json_kind, json_length, &
      json_member, json_next, json_string
   use fkb_metric_registry_dp, only: metric_registry_t
   use fkb_metric_set_dp, only: metric_set_t
   use fkb_text, only: quote, span_t
   implicit none (type, external)
   private
   public :: metrics_from_config, metrics_of_document

contains

   !> The metrics that the model was compiled with; none where it names none.
   subroutine metrics_of_document(document, metrics, error, registry)
      type(document_t), intent(in) :: document
      type(metric_set_t), intent(inout) :: metrics          !! replaced
      type(error_t), allocatable, intent(out) :: error
      type(metric_registry_t), intent(in), optional :: registry   !! a user's metrics
      call metrics_from_config(document, compile_option(document, 'metrics'), &
                               compile_option(document, 'weighted_metrics'), metrics, error, &
                               registry)
      metrics%of_file = .true.
   end subroutine metrics_of_document

   !> The metrics of all outputs from Keras's `metrics` and `weighted_metrics`.
   !>
   !> Of one output: a metric, a list, or an object with its name. Of several: a list with an entry
   !> for each (a metric, a list, or null), or an object by their names. In files of Keras 2 a
   !> list of metrics is for all outputs. Names in the logs are Keras's.
   subroutine metrics_from_config(document, metrics_json, weighted_json, metrics, error, registry)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: metrics_json              !! JSON or a name, empty for none
      character(*), intent(in) :: weighted_json             !! likewise; sample weights count
      type(metric_set_t), intent(inout) :: metrics          !! replaced
      type(error_t), allocatable, intent(out) :: error
      type(metric_registry_t), intent(in), optional :: registry
      type(name_t), allocatable :: names(:)
      call metrics%clear()
      call output_names(document, names)
      call add_configured(document%keras_major(), metrics_json, .false., names, metrics, error, &
                          registry)
      if (.not. allocated(error)) then
         call add_configured(document%keras_major(), weighted_json, .true., names, metrics, &
                             error, registry)
      end if
      if (allocated(error)) call metrics%clear()
   end subroutine metrics_from_config

   !> Add the metrics of one of the two options to those of all outputs.
   subroutine add_configured(major, given, weighted, names, metrics, error, registry)
      integer, intent(in) :: major
      character(*), intent(in) :: given
      logical, intent(in) :: weighted
      type(name_t), intent(in) :: names(:)
      type(metric_set_t), intent(inout) :: metrics
      type(error_t), allocatable, intent(out) :: error
      type(metric_registry_t), intent(in), optional :: registry
      character(:), allocatable :: option, prefix, text
      integer :: k
      option = trim(merge('weighted_metrics', 'metrics         ', weighted))
      text = json_compact(given)
      if (len(text) == 0 .or. text == 'null') return
      if (scan(text, '{["') /= 1) text = '"'//text//'"'
      call check_form(option, text, major, names, error)
      do k = 1, size(names)
         if (allocated(error)) return
         prefix = ''
         if (size(names) > 1) prefix = names(k)%text
         call add_nested(part_of(text, k, major, names), major, k, weighted, prefix, metrics, &
                         error, registry)
      end do
   end subroutine add_configured

   !> JSON that fits the outputs.
   subroutine check_form(option, text, major, names, error)
      character(*), intent(in) :: option, text
      integer, intent(in) :: major
      type(name_t), intent(in) :: names(:)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: problem
      type(span_t) :: key, value
      integer :: last, position
      call json_check(text, 1, last, problem)
      if (allocated(problem) .or. last /= len(text)) then
         call raise(error, fkb_err_argument, 'malformed configuration of '//quote(option)//', '// &
                    quote(text))
      else if (is_by_name(text)) then
         position = 0
         do
            call json_next(text, position, key, value)
            if (position == 0) return
            if (any_named(names, json_string(text_at(text, key)))) cycle
            call raise(error, fkb_err_argument, 'option '//quote(option)//' names the output '// &
                       text_at(text, key)//', which the network does not have')
            return
         end do
      else if (size(names) > 1 .and. .not. for_all(text, major)) then
         if (json_kind(text) == 'array' .and. json_length(text) == size(names)) return
         call raise(error, fkb_err_argument, 'option '//quote(option)//' is '//quote(text)// &
                    ': for several outputs it must be a list with an entry for each, or an'// &
                    ' object by their names')
      end if
   end subroutine check_form

   !> Whether an object gives metrics by the names of outputs.
   logical function is_by_name(text)
      character(*), intent(in) :: text
      is_by_name = .false.
      if (json_kind(text) /= 'object') return
      is_by_name = json_kind(text_at(text, json_member(text, 'class_name'))) /= 'string'
   end function is_by_name

   pure logical function any_named(names, name)
      type(name_t), intent(in) :: names(:)
      character(*), intent(in) :: name
      integer :: k
      any_named = .false.
      do k = 1, size(names)
         any_named = any_named .or. names(k)%text == name
      end do
   end function any_named

   !> Keras 2 takes a metric, or a list without lists in it, for all outputs.
   logical function for_all(text, major)
      character(*), intent(in) :: text
      integer, intent(in) :: major
      integer :: i
      for_all = major < 3
      if (json_kind(text) /= 'array') return
      do i = 0, json_length(text) - 1
         for_all = for_all .and. json_kind(text_at(text, json_element(text, i))) /= 'array'
      end do
   end function for_all

   !> What an option says for output `k`, empty for nothing.
   function part_of(text, k, major, names) result(part)
      character(*), intent(in) :: text
      integer, intent(in) :: k, major
      type(name_t), intent(in) :: names(:)
      character(:), allocatable :: part
      if (is_by_name(text)) then
         part = text_at(text, json_member(text, names(k)%text))
      else if (size(names) == 1 .or. for_all(text, major)) then
         part = text
      else
         part = text_at(text, json_element(text, k - 1))
      end if
   end function part_of

   !> A metric, or those of a list, in whatever lists.
   recursive subroutine add_nested(part, major, output, weighted, prefix, metrics, error, registry)
      character(*), intent(in) :: part, prefix
      integer, intent(in) :: major, output
      logical, intent(in) :: weighted
      type(metric_set_t), intent(inout) :: metrics
      type(error_t), allocatable, intent(out) :: error
      type(metric_registry_t), intent(in), optional :: registry
      integer :: i
      if (len(part) == 0 .or. part == 'null') return
      if (json_kind(part) /= 'array') then
         call metrics%add_from_config(part, error, output, weighted, prefix, major, registry)
         return
      end if
      do i = 0, json_length(part) - 1
         call add_nested(text_at(part, json_element(part, i)), major, output, weighted, prefix, &
                         metrics, error, registry)
         if (allocated(error)) return
      end do
   end subroutine add_nested

end module fkb_metric_config_dp
