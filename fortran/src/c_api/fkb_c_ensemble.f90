!> Ensembles for C; documented in fkb.h.
module fkb_c_ensemble
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_int64_t, c_loc, c_null_ptr, c_ptr
   use fkb_c_array, only: c_array_t, check_array
   use fkb_c_text, only: need, report, text_of
   use fkb_ensemble_dp, only: ensemble_dp_t => ensemble_t, work_dp_t => ensemble_workspace_t
   use fkb_ensemble_sp, only: ensemble_sp_t => ensemble_t, work_sp_t => ensemble_workspace_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, i8, sp
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private

   !> An ensemble of one of the kinds, with the workspace of the one thread that uses it.
   type :: ensemble_handle_t
      logical :: double = .false.                       !! which one is loaded
      type(ensemble_sp_t) :: single_one
      type(ensemble_dp_t) :: double_one
      type(work_sp_t) :: single_work
      type(work_dp_t) :: double_work
   end type ensemble_handle_t

   !> Where the values of a call lie, with sizes as Fortran has them.
   type :: call_t
      type(c_ptr) :: x, mean, spread, members
      integer :: n_in = 0, n_out = 0, batch = 0
   end type call_t

contains

   function ensemble_of(handle) result(ensemble)
      type(c_ptr), intent(in), value :: handle
      type(ensemble_handle_t), pointer :: ensemble
      call c_f_pointer(handle, ensemble)
   end function ensemble_of

   integer(c_int) function load_ensemble(path, bytes, handle, error_out) result(code) &
      bind(c, name='fkb_ensemble_load')
      character(kind=c_char), intent(in), optional :: path(*)
      integer(c_int), intent(in), value :: bytes
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(ensemble_handle_t), pointer :: ensemble
      type(error_t), allocatable :: error
      call need(present(handle), 'place for the ensemble', error)
      call need(present(path), 'path', error)
      if (present(handle)) handle = c_null_ptr
      if (.not. allocated(error) .and. bytes /= 4 .and. bytes /= 8) then
         call raise(error, fkb_err_argument, 'a weight has 4 or 8 bytes, not '// &
            decimal(int(bytes)))
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      allocate (ensemble)
      ensemble%double = bytes == 8
      if (ensemble%double) then
         call ensemble%double_one%load(text_of(path), error)
      else
         call ensemble%single_one%load(text_of(path), error)
      end if
      if (allocated(error)) then
         deallocate (ensemble)
      else
         handle = c_loc(ensemble)
      end if
      code = report(error, error_out)
   end function load_ensemble

   subroutine free_ensemble(handle) bind(c, name='fkb_ensemble_free')
      type(c_ptr), intent(in), value :: handle
      type(ensemble_handle_t), pointer :: ensemble
      if (.not. c_associated(handle)) return
      ensemble => ensemble_of(handle)
      call ensemble%single_one%clear()
      call ensemble%double_one%clear()
      call ensemble%single_work%clear()
      call ensemble%double_work%clear()
      deallocate (ensemble)
   end subroutine free_ensemble

   integer(c_int) function count_members(handle) result(n) bind(c, name='fkb_ensemble_members')
      type(c_ptr), intent(in), value :: handle
      type(ensemble_handle_t), pointer :: ensemble
      n = 0
      if (.not. c_associated(handle)) return
      ensemble => ensemble_of(handle)
      if (ensemble%double) then
         n = int(ensemble%double_one%members(), c_int)
      else
         n = int(ensemble%single_one%members(), c_int)
      end if
   end function count_members

   !> Shape of the input or output of the first member, as `fkb_network_shape`.
   integer(c_int) function shape_of_end(handle, is_output, shape) result(rank) &
      bind(c, name='fkb_ensemble_shape')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: is_output
      integer(c_int64_t), intent(inout), optional :: shape(9)
      type(ensemble_handle_t), pointer :: ensemble
      type(shape_t) :: found
      rank = -1
      if (count_members(handle) < 1) return
      ensemble => ensemble_of(handle)
      if (ensemble%double) then
         associate (net => ensemble%double_one%boxes(1)%net)
            if (is_output /= 0) found = net%graph%values(net%graph%outputs(1))%shape
            if (is_output == 0) found = net%graph%values(net%graph%inputs(1))%shape
            if (is_output == 0 .and. allocated(net%inputs(1)%chosen)) then
               found%extent(1) = net%inputs(1)%host_elements
            end if
         end associate
      else
         associate (net => ensemble%single_one%boxes(1)%net)
            if (is_output /= 0) found = net%graph%values(net%graph%outputs(1))%shape
            if (is_output == 0) found = net%graph%values(net%graph%inputs(1))%shape
            if (is_output == 0 .and. allocated(net%inputs(1)%chosen)) then
               found%extent(1) = net%inputs(1)%host_elements
            end if
         end associate
      end if
      rank = int(found%rank + 1, c_int)
      if (.not. present(shape)) return
      shape = 1
      shape(1) = -1
      shape(2:rank) = found%extent(found%rank:1:-1)
   end function shape_of_end

   subroutine get_noise(handle, noise, seed) bind(c, name='fkb_ensemble_get_noise')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(inout), optional :: noise
      integer(c_int64_t), intent(inout), optional :: seed
      type(ensemble_handle_t), pointer :: ensemble
      if (.not. c_associated(handle)) return
      ensemble => ensemble_of(handle)
      if (present(noise)) noise = merge(ensemble%double_one%noise, ensemble%single_one%noise, &
         ensemble%double)
      if (present(seed)) seed = merge(ensemble%double_one%seed, ensemble%single_one%seed, &
         ensemble%double)
   end subroutine get_noise

   !> What is wrong with the noise is said by the next prediction.
   subroutine set_noise(handle, noise, seed) bind(c, name='fkb_ensemble_set_noise')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(in), value :: noise
      integer(c_int64_t), intent(in), value :: seed
      type(ensemble_handle_t), pointer :: ensemble
      if (.not. c_associated(handle)) return
      ensemble => ensemble_of(handle)
      ensemble%single_one%noise = noise
      ensemble%double_one%noise = noise
      ensemble%single_one%seed = seed
      ensemble%double_one%seed = seed
   end subroutine set_noise

   integer(c_int) function predict(handle, x, mean, spread, members, step, first_column, &
      error_out) result(code) bind(c, name='fkb_ensemble_predict')
      type(c_ptr), intent(in), value :: handle
      type(c_array_t), intent(in), optional :: x, mean, spread, members
      integer(c_int), intent(in), value :: step, first_column
      type(c_ptr), intent(in), value :: error_out
      type(ensemble_handle_t), pointer :: ensemble
      type(call_t) :: this
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'ensemble', error)
      call need(present(x), 'array of inputs', error)
      call need(present(mean), 'array of means', error)
      if (.not. allocated(error)) call describe(x, mean, this, error)
      if (.not. allocated(error)) call place(spread, mean, 0, 'spread', this%spread, error)
      if (.not. allocated(error)) call place(members, mean, count_members(handle), 'members', &
         this%members, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      ensemble => ensemble_of(handle)
      if (x%bytes == 8) then
         call predict_dp(ensemble, this, int(step), int(first_column), error)
      else
         call predict_sp(ensemble, this, int(step), int(first_column), error)
      end if
      code = report(error, error_out)
   end function predict

   !> Sizes of a call. Raises an error for arrays of different kinds or numbers of columns.
   subroutine describe(x, mean, this, error)
      type(c_array_t), intent(in) :: x, mean
      type(call_t), intent(out) :: this
      type(error_t), allocatable, intent(out) :: error
      call check_array(x, error)
      if (.not. allocated(error)) call check_array(mean, error)
      if (allocated(error)) return
      if (x%bytes /= mean%bytes .or. x%shape(1) /= mean%shape(1)) then
         call raise(error, fkb_err_argument, 'the inputs and their means must have values of '// &
            'the same kind, and the same number of columns')
         return
      end if
      this%x = x%data
      this%mean = mean%data
      this%batch = int(x%shape(1))
      this%n_in = int(product(x%shape(2:x%rank)))
      this%n_out = int(product(mean%shape(2:mean%rank)))
   end subroutine describe

   !> Memory for more results, which has the shape of the means, for `members` members if not 0.
   subroutine place(array, mean, members, name, data, error)
      type(c_array_t), intent(in), optional :: array
      type(c_array_t), intent(in) :: mean
      integer(c_int), intent(in) :: members
      character(*), intent(in) :: name
      type(c_ptr), intent(out) :: data
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: values
      data = c_null_ptr
      if (.not. present(array)) return
      call check_array(array, error)
      if (allocated(error)) return
      values = product(int(mean%shape(:mean%rank), i8))
      if (members > 0) values = values*members
      if (array%bytes /= mean%bytes .or. product(int(array%shape(:array%rank), i8)) /= values) then
         call raise(error, fkb_err_argument, 'the array for the '//name// &
            ' has another kind or number of values than the ensemble gives: '//decimal(values))
      end if
      data = array%data
   end subroutine place

   subroutine predict_sp(ensemble, this, step, first_column, error)
      type(ensemble_handle_t), intent(inout), target :: ensemble
      type(call_t), intent(in) :: this
      integer, intent(in) :: step, first_column
      type(error_t), allocatable, intent(out) :: error
      real(sp), pointer, contiguous :: x(:, :), mean(:, :), spread(:, :), members(:, :, :)
      nullify (spread, members)
      call c_f_pointer(this%x, x, [this%n_in, this%batch])
      call c_f_pointer(this%mean, mean, [this%n_out, this%batch])
      if (c_associated(this%spread)) call c_f_pointer(this%spread, spread, [this%n_out, this%batch])
      if (ensemble%double) then
         if (c_associated(this%members)) call c_f_pointer(this%members, members, &
            [this%n_out, this%batch, ensemble%double_one%members()])
         call ensemble%double_one%predict(x, mean, ensemble%double_work, error, spread, members, &
            step, first_column)
      else
         if (c_associated(this%members)) call c_f_pointer(this%members, members, &
            [this%n_out, this%batch, ensemble%single_one%members()])
         call ensemble%single_one%predict(x, mean, ensemble%single_work, error, spread, members, &
            step, first_column)
      end if
   end subroutine predict_sp

   subroutine predict_dp(ensemble, this, step, first_column, error)
      type(ensemble_handle_t), intent(inout), target :: ensemble
      type(call_t), intent(in) :: this
      integer, intent(in) :: step, first_column
      type(error_t), allocatable, intent(out) :: error
      real(dp), pointer, contiguous :: x(:, :), mean(:, :), spread(:, :), members(:, :, :)
      nullify (spread, members)
      call c_f_pointer(this%x, x, [this%n_in, this%batch])
      call c_f_pointer(this%mean, mean, [this%n_out, this%batch])
      if (c_associated(this%spread)) call c_f_pointer(this%spread, spread, [this%n_out, this%batch])
      if (ensemble%double) then
         if (c_associated(this%members)) call c_f_pointer(this%members, members, &
            [this%n_out, this%batch, ensemble%double_one%members()])
         call ensemble%double_one%predict(x, mean, ensemble%double_work, error, spread, members, &
            step, first_column)
      else
         if (c_associated(this%members)) call c_f_pointer(this%members, members, &
            [this%n_out, this%batch, ensemble%single_one%members()])
         call ensemble%single_one%predict(x, mean, ensemble%single_work, error, spread, members, &
            step, first_column)
      end if
   end subroutine predict_dp

end module fkb_c_ensemble
