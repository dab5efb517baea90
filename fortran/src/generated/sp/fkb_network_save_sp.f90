! Generated from network/fkb_network_save.fypp: edit that file and run tools/generate.py
!> From a network to a document: weights and optimizer state as they are now.
submodule(fkb_network_sp) fkb_network_save_sp
   use fkb_document_parts, only: buffer_of, dtype_of, in_doubles, in_integers, in_singles, tensor_t
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_text, only: span_t
   use fkb_writer, only: write_document
   implicit none (type, external)

contains

   module procedure save
      type(document_t) :: document
      type(values_t) :: values
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      else if (self%frozen%on .and. allocated(self%params)) then
         call raise(error, fkb_err_argument, 'the weights of a frozen network were assigned: '// &
            'call "thaw" before it')
         return
      end if
      call self%document%copy_structure(document)
      if (present(precision)) then
         if (precision /= 'float32' .and. precision /= 'float64') then
            call raise(error, fkb_err_argument, &
               'precision must be float32 or float64, not "'//precision//'"')
            return
         end if
         call document%set_precision(dtype_of(precision))
      end if
      call put_values(self, document, values)
      call write_document(path, document, values%singles, values%doubles, values%integers, error)
      call add_context(error, path)
   end procedure save

   !> Lay out the document's values for writing: weights and optimizer state as they are now, the
   !> rest as it was read.
   subroutine put_values(self, document, values)
      class(network_t), intent(in) :: self
      type(document_t), intent(inout) :: document
      type(values_t), intent(out) :: values
      integer, allocatable :: order(:)
      integer :: i, t, first_variable
      document%variables = span_t()
      first_variable = document%tensor_count + 1
      do i = 1, size(self%optimizer_state)
         associate (variable => self%optimizer_state(i))
            call document%add_variable(variable%slot, variable%path, dtype_of(variable%dtype), &
               variable%shape%extent(variable%shape%rank:1:-1), t)
         end associate
      end do
      call document%lay_out_values()
      allocate (values%singles(document%value_count(in_singles)))
      allocate (values%doubles(document%value_count(in_doubles)))
      allocate (values%integers(document%value_count(in_integers)))
      call document%declared_tensors(order)
      do i = 1, size(order)
         t = order(i)
         associate (tensor => document%tensors(t))
            if (t >= first_variable) then
               call put_variable(self%optimizer_state(t - first_variable + 1), tensor, values)
            else if (self%weight_at(t) > 0) then
               call put_weight(self, self%weight_at(t), tensor, values)
            else
               call put_kept(self, self%document%tensors(t), tensor, values)
            end if
         end associate
      end do
   end subroutine put_values

   subroutine put_weight(self, at, tensor, values)
      class(network_t), intent(in) :: self
      integer(i8), intent(in) :: at
      type(tensor_t), intent(in) :: tensor
      type(values_t), intent(inout) :: values
      associate (a => tensor%offset + 1, b => tensor%offset + tensor%count, n => tensor%count)
         select case (buffer_of(tensor%dtype))
         case (in_singles)
            if (self%frozen%on) then
               values%singles(a:b) = real(self%frozen%weights(at:at + n - 1), sp)
            else
               values%singles(a:b) = real(self%params(at:at + n - 1), sp)
            end if
         case (in_doubles)
            if (self%frozen%on) then
               values%doubles(a:b) = real(self%frozen%weights(at:at + n - 1), dp)
            else
               values%doubles(a:b) = real(self%params(at:at + n - 1), dp)
            end if
         case default
            values%integers(a:b) = self%integers(at:at + n - 1)
         end select
      end associate
   end subroutine put_weight

   subroutine put_variable(variable, tensor, values)
      type(variable_t), intent(in) :: variable
      type(tensor_t), intent(in) :: tensor
      type(values_t), intent(inout) :: values
      associate (a => tensor%offset + 1, b => tensor%offset + tensor%count)
         select case (buffer_of(tensor%dtype))
         case (in_singles)
            values%singles(a:b) = real(variable%values, sp)
         case (in_doubles)
            values%doubles(a:b) = variable%values
         case default
            values%integers(a:b) = variable%integers
         end select
      end associate
   end subroutine put_variable

   !> Copy a kept tensor from where it was read to where it is written, in its new kind.
   subroutine put_kept(self, old, new, values)
      class(network_t), intent(in) :: self
      type(tensor_t), intent(in) :: old, new
      type(values_t), intent(inout) :: values
      integer(i8) :: from
      real(dp), allocatable :: wide(:)
      from = old%offset - self%kept_after(buffer_of(old%dtype))
      if (buffer_of(new%dtype) == in_integers) then
         values%integers(new%offset + 1:new%offset + new%count) = &
            self%kept%integers(from + 1:from + old%count)
         return
      end if
      if (buffer_of(old%dtype) == in_singles) then
         wide = real(self%kept%singles(from + 1:from + old%count), dp)
      else
         wide = self%kept%doubles(from + 1:from + old%count)
      end if
      if (buffer_of(new%dtype) == in_singles) then
         values%singles(new%offset + 1:new%offset + new%count) = real(wide, sp)
      else
         values%doubles(new%offset + 1:new%offset + new%count) = wide
      end if
   end subroutine put_kept

end submodule fkb_network_save_sp
