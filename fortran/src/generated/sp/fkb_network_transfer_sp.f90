! Generated from network/fkb_network_transfer.fypp: edit that file and run tools/generate.py
!> What transfer learning changes of a network: which layers are trained and how fast, and weights
!> that come from another network.
submodule(fkb_network_sp) fkb_network_transfer_sp
   use fkb_boxes_sp, only: set_frozen
   use fkb_document_parts, only: buffer_of, in_integers
   use fkb_error, only: fkb_err_argument, fkb_err_format, fkb_err_unknown, raise
   use fkb_pattern, only: names_path
   use fkb_text, only: quote
   implicit none (type, external)

contains

   module procedure set_trainable
      integer :: block, box, s
      logical :: before, changed, found
      found = .false.
      do block = 1, self%document%block_count
         if (.not. is_meant(block > 1, self%document%path(block), path)) cycle
         found = .true.
         call self%document%set_block_option(block, 'trainable', &
            trim(merge('true ', 'false', trainable)))
      end do
      if (.not. found) then
         call raise(error, fkb_err_unknown, 'no layer has the path "'//path//'"')
         return
      end if
      changed = .false.
      do box = 1, size(self%graph%layers)
         associate (layer => self%graph%layers(box))
            if (layer%block == 0) cycle
            call set_frozen(self%document, layer)
            do s = layer%first_segment, layer%last_segment
               before = self%graph%segments(s)%trainable
               self%graph%segments(s)%trainable = self%graph%segments(s)%variable .and. &
                  .not. layer%frozen
               changed = changed .or. (before .neqv. self%graph%segments(s)%trainable)
            end do
         end associate
      end do
      if (changed) call drop_state(self)
      if (.not. trainable) return
      do box = 1, size(self%graph%layers)
         associate (layer => self%graph%layers(box))
            if (.not. layer%frozen .or. .not. layer%own_trainable) cycle
            if (.not. is_meant(.true., layer%path, path)) cycle
            call raise(error, fkb_err_argument, 'layer "'//layer%path// &
               '" stays frozen with a model around it: thaw that one')
            return
         end associate
      end do
   end procedure set_trainable

   !> Whether a pattern means a layer; an empty one means all, the model itself too.
   pure logical function is_meant(inside, path, pattern)
      logical, intent(in) :: inside                  !! it is no model that nothing is around
      character(*), intent(in) :: path, pattern
      is_meant = len(pattern) == 0
      if (inside .and. .not. is_meant) is_meant = names_path(path, pattern)
   end function is_meant

   !> The file's state belongs to an optimizer that changes other weights: as in Keras, where
   !> `compile` follows and begins anew.
   subroutine drop_state(net)
      class(network_t), intent(inout) :: net
      if (allocated(net%optimizer_state)) deallocate (net%optimizer_state)
      allocate (net%optimizer_state(0))
   end subroutine drop_state

   module procedure set_rate_factor
      integer :: s
      logical :: found
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      if (.not. (factor >= 0 .and. factor <= huge(factor))) then
         call raise(error, fkb_err_argument, 'the factor of a learning rate must be finite and '// &
            'not negative')
         return
      end if
      found = .false.
      do s = 1, size(self%graph%segments)
         if (.not. is_meant(.true., self%graph%segments(s)%path, pattern)) cycle
         if (.not. self%graph%segments(s)%variable) cycle
         found = .true.
         self%graph%segments(s)%rate_factor = factor
      end do
      if (.not. found) call raise(error, fkb_err_unknown, 'no weight fits the pattern '// &
         quote(pattern))
   end procedure set_rate_factor

   module procedure copy_weights
      integer, allocatable :: mine(:), theirs(:)
      integer :: i, k, n
      if (.not. (self%loaded() .and. from%loaded())) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      else if (self%frozen%on) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call "thaw" '// &
            'before new weights')
         return
      end if
      allocate (mine(self%document%tensor_count), theirs(self%document%tensor_count))
      n = 0
      do i = 1, self%document%tensor_count
         if (self%weight_at(i) == 0) cycle
         if (.not. is_meant(.true., weight_path(self, i), pattern)) cycle
         k = counterpart(self, i, from)
         if (k == 0) then
            call raise(error, fkb_err_unknown, 'the other network has no weight '// &
               quote(weight_path(self, i)))
            return
         end if
         associate (to => self%document%tensors(i), source => from%document%tensors(k))
            if (to%rank /= source%rank .or. any(to%extent /= source%extent)) then
               call raise(error, fkb_err_format, 'weight '//quote(weight_path(self, i))// &
                  ' has another shape in the other network')
               return
            end if
         end associate
         n = n + 1
         mine(n) = i
         theirs(n) = k
      end do
      if (n == 0) then
         call raise(error, fkb_err_unknown, 'no weight fits the pattern '//quote(pattern))
         return
      end if
      do i = 1, n
         call copy_tensor(self, mine(i), from, theirs(i))
      end do
      call self%document%drop_samples()
   end procedure copy_weights

   !> The path of a weight by its tensor of the document.
   function weight_path(net, tensor) result(path)
      class(network_t), intent(in) :: net
      integer, intent(in) :: tensor
      character(:), allocatable :: path
      associate (weight => net%document%tensors(tensor))
         path = net%document%path(weight%owner_index)//'/'//net%document%text%get(weight%name)
      end associate
   end function weight_path

   !> The weight of the same path in another network, 0 where there is none.
   integer function counterpart(net, tensor, other) result(at)
      class(network_t), intent(in) :: net, other
      integer, intent(in) :: tensor
      character(:), allocatable :: path
      path = weight_path(net, tensor)
      do at = 1, other%document%tensor_count
         if (other%weight_at(at) == 0) cycle
         if (.not. other%document%text%same(other%document%tensors(at)%name, &
            net%document%text%get(net%document%tensors(tensor)%name))) cycle
         if (quote(weight_path(other, at)) == quote(path)) return
      end do
      at = 0
   end function counterpart

   !> Copy the values of one weight; integers stand apart.
   subroutine copy_tensor(to, mine, from, theirs)
      class(network_t), intent(inout) :: to
      class(network_t), intent(in) :: from
      integer, intent(in) :: mine, theirs
      integer(i8) :: a, b, n
      a = to%weight_at(mine)
      b = from%weight_at(theirs)
      n = to%document%tensors(mine)%count
      if (is_integer(to, mine)) then
         to%integers(a:a + n - 1) = from%integers(b:b + n - 1)
      else if (from%frozen%on) then
         to%params(a:a + n - 1) = from%frozen%weights(b:b + n - 1)
      else
         to%params(a:a + n - 1) = from%params(b:b + n - 1)
      end if
   end subroutine copy_tensor

   !> Whether a weight is kept as integers.
   logical function is_integer(net, tensor)
      class(network_t), intent(in) :: net
      integer, intent(in) :: tensor
      is_integer = buffer_of(net%document%tensors(tensor)%dtype) == in_integers
   end function is_integer

end submodule fkb_network_transfer_sp
