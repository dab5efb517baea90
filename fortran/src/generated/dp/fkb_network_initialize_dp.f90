! Generated from network/fkb_network_initialize.fypp: edit that file and run tools/generate.py
!> First values of all weights.
submodule(fkb_network_dp) fkb_network_initialize_dp
   use fkb_config, only: config_t
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_initializer_options, only: default_initializer, initializer_from_json, initializer_t
   use fkb_initializer_dp, only: fill_weights
   use fkb_pattern, only: names_path
   use fkb_plan, only: keep_values, weight_t
   use fkb_shape, only: shape_of
   implicit none (type, external)

contains

   module procedure initialize
      real(wp), allocatable :: params(:)
      integer :: box, found, i, node, s
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      else if (self%frozen%on) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call "thaw" '// &
            'before new weights')
         return
      end if
      allocate (params, source=self%params)
      found = 0
      do box = 1, size(self%graph%layers)
         node = findloc(self%graph%nodes%layer, box, dim=1)
         if (node == 0) cycle
         s = self%graph%layers(box)%first_segment - 1
         associate (weights => self%graph%nodes(node)%plan%weights)
            do i = 1, size(weights)
               if (weights(i)%integer_valued) cycle
               s = s + 1
               if (weights(i)%from_option) cycle
               if (present(pattern)) then
                  if (.not. names_path(self%graph%segments(s)%path, pattern)) cycle
               end if
               found = found + 1
               call fill_segment(self, box, s, weights(i), seed, params, error)
               if (.not. allocated(error)) cycle
               call add_context(error, 'weight "'//self%graph%segments(s)%path//'"')
               return
            end do
         end associate
      end do
      if (found == 0 .and. present(pattern)) then
         call raise(error, fkb_err_unknown, 'no weight fits the pattern "'//pattern//'"')
         return
      end if
      call move_alloc(params, self%params)
      if (allocated(self%optimizer_state)) deallocate (self%optimizer_state)
      allocate (self%optimizer_state(0))
      call self%document%drop_samples()
   end procedure initialize

   !> Fill one weight array, for the forget gate of an LSTM in three parts.
   subroutine fill_segment(net, box, s, weight, seed, params, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: box, s, seed
      type(weight_t), intent(in) :: weight
      real(wp), intent(inout), contiguous :: params(:)
      type(error_t), allocatable, intent(out) :: error
      type(initializer_t) :: initializer
      character(:), allocatable :: json
      integer :: before, behind
      call initializer_text(net, box, weight, json, error)
      if (allocated(error) .or. json == keep_values) return
      call initializer_from_json(json, initializer, error)
      if (allocated(error)) return
      associate (segment => net%graph%segments(s))
         if (weight%ones(1) > 0) then
            before = weight%ones(1) - 1
            behind = int(segment%last - segment%first) + 1 - weight%ones(2)
            params(segment%first:segment%last) = 1
            call fill_weights(initializer, shape_of([before]), int(seed, i8), segment%path, &
                              params(segment%first:segment%first + before - 1), error)
            if (.not. allocated(error)) call fill_weights(initializer, shape_of([behind]), &
               int(seed, i8), segment%path//'/behind', &
               params(segment%last - behind + 1:segment%last), error)
         else if (weight%fans(1) > 0) then
            call fill_weights(initializer, segment%shape, int(seed, i8), segment%path, &
                              params(segment%first:segment%last), error, fans=weight%fans)
         else
            call fill_weights(initializer, segment%shape, int(seed, i8), segment%path, &
                              params(segment%first:segment%last), error)
         end if
      end associate
   end subroutine fill_segment

   !> What the layer's option says, else what its class does without it.
   subroutine initializer_text(net, box, weight, json, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: box
      type(weight_t), intent(in) :: weight
      character(:), allocatable, intent(out) :: json
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      associate (layer => net%graph%layers(box))
         if (layer%block > 0) then
            call net%document%config(layer%block, config)
         else
            config = layer%options
         end if
         call config%get_raw(weight%initial//'_initializer', json, error, default='')
         if (allocated(error) .or. len(json) > 0) return
         if (allocated(weight%initializer)) then
            json = weight%initializer
         else if (index(layer%class_name, '>') == 0) then
            json = default_initializer(weight%initial)
         end if
         if (len(json) == 0) call raise(error, fkb_err_unsupported, 'the file names no '// &
            'initializer, and the class '//layer%class_name//' neither: give the layer an '// &
            'option "'//weight%initial//'_initializer", or `add_weight` an `initializer`')
      end associate
   end subroutine initializer_text

end submodule fkb_network_initialize_dp
