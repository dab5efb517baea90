! Generated from train/fkb_composed_config.fypp: edit that file and run tools/generate.py
!> A composed loss in a model file: `{"data":{...},"terms":[{"kind":"conserve","weight":1.0,
!> "output":[1.0],"input":[-1.0],"constant":0.0}]}`; docs/format.md.
submodule(fkb_composed_loss_sp) fkb_composed_config_sp
   use fkb_config, only: config_from_json
   use fkb_error, only: add_context, fkb_err_unsupported
   use fkb_json, only: json_element, json_kind, json_length, json_list_text, json_real_text
   use fkb_loss_registry_sp, only: loss_from_config
   use fkb_text, only: quote, span_t
   implicit none (type, external)

contains

   module procedure configure
      class(loss_t), allocatable :: data
      character(:), allocatable :: json
      type(span_t) :: part
      logical :: reduced
      integer :: i
      call self%clear()
      reduced = config%has('reduction')
      call self%configure_reduction(config, error)
      if (.not. allocated(error)) call config%get_raw('data', json, error)
      if (.not. allocated(error)) call loss_from_config(json, config%keras_major, data, error)
      if (allocated(error)) then
         call add_context(error, 'the term "data" of a composed loss')
         return
      end if
      if (.not. reduced) self%reduction = data%reduction
      data%reduction = self%reduction
      call move_alloc(data, self%data)
      allocate (self%terms(0))
      call config%get_raw('terms', json, error, default='[]')
      if (allocated(error)) return
      if (json_kind(json) /= 'array') then
         call raise(error, fkb_err_argument, 'option "terms" of a composed loss is no list')
         return
      end if
      do i = 1, json_length(json)
         part = json_element(json, i - 1)
         call read_term(self, json(part%first:part%last), error)
         if (allocated(error)) then
            call add_context(error, 'term '//decimal(i)//' of a composed loss')
            return
         end if
      end do
   end procedure configure

   !> Read one constraint and add it.
   subroutine read_term(self, json, error)
      class(composed_loss_t), intent(inout) :: self
      character(*), intent(in) :: json
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: kind, unread
      real(wp), allocatable :: input(:), output(:)
      real(wp) :: constant, weight
      call config_from_json(json, config, error)
      if (.not. allocated(error)) call config%get('kind', kind, error)
      if (.not. allocated(error)) call config%get('weight', weight, error, default=1.0_wp)
      if (.not. allocated(error)) call config%get('constant', constant, error, default=0.0_wp)
      if (.not. allocated(error)) call read_numbers(config, 'output', output, error)
      if (.not. allocated(error)) call read_numbers(config, 'input', input, error)
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) then
         call raise(error, fkb_err_unsupported, 'a constraint has no option '//unread)
         return
      end if
      select case (kind)
      case ('conserve')
         call self%conserve(weight, output, input, constant)
      case ('balance')
         call self%add(equal, weight, output, -input, constant)
      case ('stay_above')
         call self%stay_above(weight, output, input, constant)
      case ('keep_non_negative')
         if (size(input) > 0 .or. abs(constant) > 0) then
            call raise(error, fkb_err_argument, 'the constraint "keep_non_negative" is of'// &
                       ' outputs alone')
         else
            call self%add(non_negative, weight, output)
         end if
      case default
         call raise(error, fkb_err_argument, 'the kind of a constraint is '//quote(kind)// &
                    ', not "conserve", "balance", "stay_above" or "keep_non_negative"')
      end select
   end subroutine read_term

   !> A list of numbers; of size 0 where there is none.
   subroutine read_numbers(config, key, values, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(wp), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      if (.not. config%has(key)) then
         allocate (values(0))
         return
      end if
      allocate (values(max(0, config%count(key))))
      call config%get_list(key, values, n, error)
   end subroutine read_numbers

   module procedure keras_name
      name = ''
      if (.not. allocated(self%data)) return
      if (len(self%data%keras_name()) > 0) name = 'fkb>ComposedLoss'
   end procedure keras_name

   module procedure keras_options
      integer :: i
      json = ',"data":'//self%data%keras_config()//',"terms":['
      do i = 1, size(self%terms)
         if (i > 1) json = json//','
         json = json//term_text(self%terms(i))
      end do
      json = json//']'
   end procedure keras_options

   !> A constraint as JSON.
   pure function term_text(term) result(json)
      type(term_t), intent(in) :: term
      character(:), allocatable :: json
      select case (term%kind)
      case (equal)
         json = 'conserve'
      case (at_least)
         json = 'stay_above'
      case default
         json = 'keep_non_negative'
      end select
      json = '{"kind":"'//json//'","weight":'//json_real_text(real(term%weight, dp))
      if (size(term%output) > 0) json = json//',"output":'//json_list_text(real(term%output, dp))
      if (size(term%input) > 0) json = json//',"input":'//json_list_text(real(term%input, dp))
      if (abs(term%constant) > 0) json = json//',"constant":'// &
                                         json_real_text(real(term%constant, dp))
      json = json//'}'
   end function term_text

end submodule fkb_composed_config_sp
