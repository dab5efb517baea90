! Generated from couple/fkb_ensemble_state.fypp: edit that file and run tools/generate.py
!> States of the stateful members of an ensemble.
submodule(fkb_ensemble_sp) fkb_ensemble_state_sp
   use fkb_error, only: fkb_err_argument, raise
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure keeps_state
      integer :: k
      keeps_state = .false.
      if (.not. allocated(self%boxes)) return
      do k = 1, size(self%boxes)
         keeps_state = keeps_state .or. self%boxes(k)%net%keeps_state()
      end do
   end procedure keeps_state

   module procedure make_state
      integer :: k
      if (self%members() == 0) then
         call raise(error, fkb_err_argument, 'the ensemble has no member: load or add some')
         return
      end if
      state%columns = columns
      allocate (state%networks(size(self%boxes)))
      do k = 1, size(self%boxes)
         if (.not. self%boxes(k)%net%keeps_state()) cycle
         call self%boxes(k)%net%make_state(state%networks(k), columns*self%copies(k), error)
         if (allocated(error)) return
      end do
   end procedure make_state

   module procedure begin_states
      integer :: k
      work%columns = columns
      if (allocated(work%states)) then
         if (size(work%states) /= size(self%boxes)) deallocate (work%states)
      end if
      if (.not. allocated(work%states)) allocate (work%states(size(self%boxes)))
      if (allocated(work%held)) then
         if (size(work%held) < threads) deallocate (work%held)
      end if
      if (.not. allocated(work%held)) allocate (work%held(threads))
      if (present(state)) then
         if (.not. allocated(state%networks)) then
            call raise(error, fkb_err_argument, 'the state is empty: call ensemble%make_state '// &
               'first')
         else if (size(state%networks) /= size(self%boxes)) then
            call raise(error, fkb_err_argument, 'the state is of another ensemble')
         else if (state%columns /= columns) then
            call raise(error, fkb_err_argument, 'the state has '//decimal(state%columns)// &
               ' columns, the inputs '//decimal(columns))
         end if
      else if (self%keeps_state()) then
         call raise(error, fkb_err_argument, 'the ensemble has stateful members: make a state '// &
            'with ensemble%make_state and pass it as state=')
      end if
      if (allocated(error)) return
      do k = 1, size(self%boxes)
         if (.not. self%boxes(k)%net%keeps_state()) then
            call work%states(k)%clear()
         else if (state%networks(k)%columns() /= columns*self%copies(k)) then
            call raise(error, fkb_err_argument, 'the state is of another ensemble')
            return
         else
            work%states(k)%values = state%networks(k)%values
         end if
      end do
   end procedure begin_states

   module procedure finish_states
      integer :: k
      if (.not. present(state)) return
      do k = 1, size(work%states)
         if (allocated(work%states(k)%values)) state%networks(k)%values = work%states(k)%values
      end do
   end procedure finish_states

   module procedure fetch_states
      integer :: j, n
      n = task%last - task%first + 1
      if (allocated(held%values)) then
         if (any(shape(held%values) /= [size(states%values, 1), n])) deallocate (held%values)
      end if
      if (.not. allocated(held%values)) allocate (held%values(size(states%values, 1), n))
      do j = 1, n
         held%values(:, j) = states%values(:, place(task%first + j - 1, pass_columns, before, &
            columns))
      end do
   end procedure fetch_states

   module procedure return_states
      integer :: j
      do j = 1, task%last - task%first + 1
         states%values(:, place(task%first + j - 1, pass_columns, before, columns)) = &
            held%values(:, j)
      end do
   end procedure return_states

   !> Where the state of column `j` of a network in a pass stands, counted through its copies.
   pure integer function place(j, pass_columns, before, columns)
      integer, intent(in) :: j, pass_columns, before, columns
      place = (j - 1)/pass_columns*columns + before + mod(j - 1, pass_columns) + 1
   end function place

end submodule fkb_ensemble_state_sp
