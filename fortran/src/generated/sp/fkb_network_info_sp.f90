! Generated from network/fkb_network_info.fypp: edit that file and run tools/generate.py
!> Questions about a network, and freezing.
submodule(fkb_network_sp) fkb_network_info_sp
   use fkb_error, only: fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   implicit none (type, external)

contains

   module procedure loaded
      loaded = allocated(self%params)
   end procedure loaded

   module procedure input_features
      n = features_of(self%graph%values(self%graph%inputs(k))%shape, self%inputs(k))
   end procedure input_features

   module procedure output_features
      n = features_of(self%graph%values(self%graph%outputs(k))%shape, self%outputs(k))
   end procedure output_features

   pure integer function features_of(shape, port) result(n)
      type(shape_t), intent(in) :: shape
      type(port_t), intent(in) :: port
      n = 0
      if (.not. shape%closed()) return
      n = int(shape%count())
      if (allocated(port%chosen) .and. shape%extent(1) > 0) &
         n = n/shape%extent(1)*port%host_elements
   end function features_of

   module procedure set_trainable
      logical :: found
      integer :: box, s
      found = .false.
      do box = 1, size(self%graph%layers)
         associate (layer => self%graph%layers(box))
            if (.not. (path == '' .or. layer%path == path .or. &
               index(layer%path, path//'/') == 1)) cycle
            found = .true.
            layer%frozen = .not. trainable
            do s = layer%first_segment, layer%last_segment
               self%graph%segments(s)%trainable = self%graph%segments(s)%variable .and. trainable
            end do
         end associate
      end do
      if (.not. found) then
         call raise(error, fkb_err_unknown, 'no layer has the path "'//path//'"')
         return
      end if
      call write_flags(self)
   end procedure set_trainable

   !> Let the document say what is frozen, so that a saved file does.
   subroutine write_flags(self)
      class(network_t), intent(inout) :: self
      integer :: block, box
      do block = 1, self%document%block_count
         if (self%document%is_container(block)) &
            call self%document%set_block_option(block, 'trainable', 'true')
      end do
      do box = 1, size(self%graph%layers)
         associate (layer => self%graph%layers(box))
            if (layer%block == 0) cycle
            if (layer%frozen) then
               call self%document%set_block_option(layer%block, 'trainable', 'false')
            else
               call self%document%set_block_option(layer%block, 'trainable', 'true')
            end if
         end associate
      end do
   end subroutine write_flags

   module procedure can_train
      integer :: i
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      do i = 1, size(self%graph%nodes)
         if (self%graph%nodes(i)%plan%can_train) cycle
         call raise(error, fkb_err_unsupported, self%graph%node_name(i)//' cannot be trained')
         return
      end do
      do i = 1, size(self%graph%segments)
         if (.not. allocated(self%graph%segments(i)%refusal)) cycle
         if (.not. self%graph%segments(i)%trainable) cycle
         call raise(error, fkb_err_unsupported, self%graph%segments(i)%refusal)
         return
      end do
   end procedure can_train

   module procedure has_batch_coupling
      integer :: i
      coupled = .false.
      do i = 1, size(self%graph%nodes)
         coupled = coupled .or. self%graph%nodes(i)%plan%batch_coupled
      end do
   end procedure has_batch_coupling

end submodule fkb_network_info_sp
