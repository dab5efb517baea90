! Generated from network/fkb_network_state.fypp: edit that file and run tools/generate.py
!> The state of a stateful network on its way through a call.
submodule(fkb_network_dp:fkb_network_inner_dp) fkb_network_state_dp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure keeps_state
      keeps = .false.
      if (allocated(self%graph%states)) keeps = size(self%graph%states) > 0
   end procedure keeps_state

   module procedure make_state
      type(workspace_t) :: work
      type(shape_t) :: shapes(merge(size(self%graph%states), 0, self%loaded()))
      integer :: s
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
      else if (columns < 0) then
         call raise(error, fkb_err_argument, 'the number of columns is negative')
      end if
      if (allocated(error)) return
      do s = 1, size(shapes)
         shapes(s) = self%graph%values(self%graph%states(s)%before)%shape
      end do
      if (.not. all([(shapes(s)%closed(), s=1, size(shapes))])) then
         if (.not. present(in_shapes)) then
            call raise(error, fkb_err_argument, 'the state''s shape depends on open dimensions '// &
               'of the inputs: pass in_shapes')
            return
         end if
         call work%prepare(self, in_shapes, 1, error)
         if (allocated(error)) return
         do s = 1, size(shapes)
            shapes(s) = work%shapes(self%graph%states(s)%before)
         end do
         call work%clear()
      end if
      call list_parts(self%graph, shapes, state)
      allocate (state%values(rows_of(shapes), columns), source=0.0_wp)
   end procedure make_state

   !> The rows of a state, layer after layer.
   subroutine list_parts(graph, shapes, state)
      type(program_t), intent(in) :: graph
      type(shape_t), intent(in) :: shapes(:)
      type(state_t), intent(inout) :: state
      integer :: number, row, s
      allocate (state%parts(size(graph%states)))
      row = 0
      number = 0
      do s = 1, size(state%parts)
         associate (from => graph%states(s), part => state%parts(s))
            number = number + 1
            if (s > 1) then
               if (graph%states(s - 1)%node /= from%node) number = 1
            end if
            part%path = graph%layers(graph%nodes(from%node)%layer)%path
            part%number = number
            part%shape = shapes(s)
            part%first = row + 1
            row = row + int(part%shape%count())
            part%last = row
         end associate
      end do
   end subroutine list_parts

   pure integer function rows_of(shapes) result(rows)
      type(shape_t), intent(in) :: shapes(:)
      integer :: s
      rows = 0
      do s = 1, size(shapes)
         rows = rows + int(shapes(s)%count())
      end do
   end function rows_of

   module procedure check_state
      integer :: rows, s
      if (.not. present(state)) then
         if (size(graph%states) > 0) call raise(error, fkb_err_argument, 'the network has '// &
            'stateful layers: make a state with net%make_state and pass it as state=')
         return
      end if
      if (.not. allocated(state%values)) then
         call raise(error, fkb_err_argument, 'the state is empty: call net%make_state first')
         return
      end if
      rows = 0
      do s = 1, size(graph%states)
         rows = rows + int(work%shapes(graph%states(s)%before)%count())
      end do
      if (size(state%values, 1) /= rows .or. size(state%values, 2) /= batch) then
         call raise(error, fkb_err_argument, 'the state has '//decimal(size(state%values, 1))// &
            ' rows and '//decimal(size(state%values, 2))//' columns, '//decimal(rows)//' and '// &
            decimal(batch)//' are needed')
         return
      end if
      call state%begin()
   end procedure check_state

   module procedure move_state
      integer :: row, s, v
      row = 0
      do s = 1, size(graph%states)
         v = graph%states(s)%before
         if (back) v = graph%states(s)%after
         call move(int(work%shapes(v)%count()), work%values(work%offset(v) + 1:))
      end do

   contains

      subroutine move(rows, values)
         integer, intent(in) :: rows
         real(wp), intent(inout) :: values(rows, columns)
         if (back) then
            state%next(row + 1:row + rows, first:first + columns - 1) = values
         else
            values = state%values(row + 1:row + rows, first:first + columns - 1)
         end if
         row = row + rows
      end subroutine move

   end procedure move_state

end submodule fkb_network_state_dp
