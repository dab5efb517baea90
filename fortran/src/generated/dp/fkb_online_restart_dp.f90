! Generated from train/fkb_online_restart.fypp: edit that file and run tools/generate.py
!> Restarts of an online training, which go on with the same bits.
submodule(fkb_online_dp) fkb_online_restart_dp
   use fkb_blocks, only: block_reader_t, block_writer_t
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_format, raise
   use fkb_text, only: decimal
   implicit none (type, external)

   character(*), parameter :: title = 'fkb online restart 1 dp'

   !> Numbers of the block of integers and of that of reals.
   integer, parameter :: n_integers = 22, n_reals = 5

contains

   module procedure save
      type(block_writer_t), allocatable :: writer        ! its buffer is too large for a stack
      if (.not. allocated(self%buffer%x)) then
         call raise(error, fkb_err_argument, 'there is nothing to save before the first samples')
         return
      else if (self%trainer%net%frozen%on) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call "thaw" '// &
            'before its training is saved')
         return
      end if
      allocate (writer)
      call writer%open(path, title, error)
      if (allocated(error)) return
      call writer%put(integers_of(self))
      call writer%put([self%loss, self%mean_loss, self%trainer%optimizer%learning_rate, &
                       self%trainer%state%time, self%good_state%time])
      call writer%put(self%trainer%net%params)
      call put_state(writer, self%trainer%state)
      call writer%put(self%origin)
      call writer%put(self%good)
      call put_state(writer, self%good_state)
      call writer%put(pack(self%buffer%x, .true.))
      call writer%put(pack(self%buffer%y, .true.))
      call writer%put(self%buffer%w)
      call writer%put(pack(self%buffer%new_x, .true.))
      call writer%put(pack(self%buffer%new_y, .true.))
      call writer%put(self%buffer%new_w)
      if (size(self%rows_out) > 1) call writer%put(int(self%rows_out, i8))
      call writer%finish(error)
   end procedure save

   !> All whole numbers of a training.
   function integers_of(self) result(values)
      class(online_trainer_t), intent(in) :: self
      integer(i8) :: values(n_integers)
      associate (buffer => self%buffer, state => self%trainer%state)
         values = [self%observations, self%updates, self%refused, self%rollbacks, self%limited, &
            state%iteration, self%good_state%iteration, self%trainer%seed, int(buffer%held, i8), &
            int(buffer%recent, i8), buffer%seen, buffer%generator%state, &
            merge(1_i8, 0_i8, buffer%reservoir), size(buffer%x, 1, i8), size(buffer%y, 1, i8), &
            size(buffer%w, kind=i8), size(buffer%new_w, kind=i8), &
            size(self%trainer%net%params, kind=i8), slots_of(state), &
            int(self%options%update_every, i8), int(self%options%batch_size, i8)]
      end associate
   end function integers_of

   pure integer(i8) function slots_of(state) result(slots)
      type(optimizer_state_t), intent(in) :: state
      slots = 0
      if (allocated(state%slots)) slots = size(state%slots, 2, i8)
   end function slots_of

   !> The arrays of an optimizer's state; those that it has not are empty.
   subroutine put_state(writer, state)
      type(block_writer_t), intent(inout) :: writer
      type(optimizer_state_t), intent(in) :: state
      real(wp) :: none(0)
      if (allocated(state%slots)) then
         call writer%put(pack(state%slots, .true.))
      else
         call writer%put(none)
      end if
      call put_optional(writer, state%extra)
      call put_optional(writer, state%average)
      call put_optional(writer, state%gathered)
   end subroutine put_state

   subroutine put_optional(writer, values)
      type(block_writer_t), intent(inout) :: writer
      real(wp), allocatable, intent(in) :: values(:)
      real(wp) :: none(0)
      if (allocated(values)) then
         call writer%put(values)
      else
         call writer%put(none)
      end if
   end subroutine put_optional

   module procedure load
      type(block_reader_t) :: reader
      type(online_trainer_t) :: new
      real(wp), allocatable :: params(:)
      integer(i8), allocatable :: integers(:)
      real(dp), allocatable :: reals(:)
      if (.not. allocated(self%origin)) then
         call raise(error, fkb_err_argument, 'call "init" before a restart is loaded')
         return
      end if
      call reader%open(path, title, error)
      if (allocated(error)) return
      call read_all(self, reader, new, params, integers, reals, error)
      call reader%close()
      call add_context(error, path)
      if (allocated(error)) return
      call take(self, new, params, integers, reals)
      call self%trainer%store(error)
   end procedure load

   !> Read everything into `new`, checked against what this training has.
   subroutine read_all(self, reader, new, params, integers, reals, error)
      class(online_trainer_t), intent(in) :: self
      type(block_reader_t), intent(inout) :: reader
      type(online_trainer_t), intent(inout) :: new
      real(wp), allocatable, intent(out) :: params(:)
      integer(i8), allocatable, intent(out) :: integers(:)
      real(dp), allocatable, intent(out) :: reals(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      n = size(self%trainer%net%params)
      call reader%get(integers, error)
      if (.not. allocated(error)) call reader%get(reals, error)
      if (.not. allocated(error)) call check_numbers(self, integers, reals, error)
      if (.not. allocated(error)) call get_block(reader, n, params, error)
      if (.not. allocated(error)) call get_state(reader, self%trainer%state, new%trainer%state, &
                                                 error)
      if (.not. allocated(error)) call get_block(reader, n, new%origin, error)
      if (.not. allocated(error)) call get_block(reader, n, new%good, error)
      if (.not. allocated(error)) call get_state(reader, self%trainer%state, new%good_state, error)
      if (.not. allocated(error)) call get_matrix(reader, int(integers(15)), int(integers(17)), &
                                                  new%buffer%x, error)
      if (.not. allocated(error)) call get_matrix(reader, int(integers(16)), int(integers(17)), &
                                                  new%buffer%y, error)
      if (.not. allocated(error)) call get_block(reader, int(integers(17)), new%buffer%w, error)
      if (.not. allocated(error)) call get_matrix(reader, int(integers(15)), int(integers(18)), &
                                                  new%buffer%new_x, error)
      if (.not. allocated(error)) call get_matrix(reader, int(integers(16)), int(integers(18)), &
                                                  new%buffer%new_y, error)
      if (.not. allocated(error)) call get_block(reader, int(integers(18)), new%buffer%new_w, error)
      if (.not. allocated(error)) call get_rows(reader, size(self%trainer%net%outputs), &
                                                int(integers(16)), new%rows_out, error)
   end subroutine read_all

   !> Raises an error where the restart is that of another network, optimizer or set of options.
   subroutine check_numbers(self, integers, reals, error)
      class(online_trainer_t), intent(in) :: self
      integer(i8), intent(in) :: integers(:)
      real(dp), intent(in) :: reals(:)
      type(error_t), allocatable, intent(out) :: error
      if (size(integers) /= n_integers .or. size(reals) /= n_reals) then
         call raise(error, fkb_err_format, 'it is damaged: its counters are wrong')
      else if (integers(19) /= size(self%trainer%net%params, kind=i8)) then
         call raise(error, fkb_err_format, 'it is of a network with '//decimal(integers(19))// &
                    ' weights, this one has '// &
                    decimal(size(self%trainer%net%params, kind=i8)))
      else if (integers(20) /= slots_of(self%trainer%state)) then
         call raise(error, fkb_err_format, 'it is of another optimizer')
      else if (integers(15) /= sum(self%rows_in)) then
         call raise(error, fkb_err_format, 'its samples are of another network')
      else if (integers(17) /= self%options%capacity .or. integers(18) /= self%options%newest .or. &
               (integers(14) == 1 .neqv. self%options%reservoir) .or. &
               integers(21) /= self%options%update_every .or. &
               integers(22) /= self%options%batch_size .or. integers(16) < 1 .or. &
               integers(9) > integers(17) .or. integers(10) > integers(18) .or. &
               min(integers(9), integers(10)) < 0) then
         call raise(error, fkb_err_format, 'it was made with other options (capacity, newest,'// &
                    ' reservoir, update_every or batch_size)')
      end if
   end subroutine check_numbers

   !> Values of a target for each output: written where there are several.
   subroutine get_rows(reader, outputs, total, rows, error)
      type(block_reader_t), intent(inout) :: reader
      integer, intent(in) :: outputs, total
      integer, allocatable, intent(out) :: rows(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8), allocatable :: read_rows(:)
      logical :: fits
      rows = [total]
      if (outputs == 1) return
      call reader%get(read_rows, error)
      if (allocated(error)) return
      fits = size(read_rows) == outputs
      if (fits) fits = all(read_rows >= 0 .and. read_rows <= total) .and. sum(read_rows) == total
      if (fits) then
         rows = int(read_rows)
      else
         call raise(error, fkb_err_format, 'its targets are of another network')
      end if
   end subroutine get_rows

   subroutine get_block(reader, n, values, error)
      type(block_reader_t), intent(inout) :: reader
      integer, intent(in) :: n
      real(wp), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      call reader%get(values, error)
      if (allocated(error)) return
      if (size(values) /= n) then
         call raise(error, fkb_err_format, 'a block has '//decimal(size(values))//' values, '// &
                    decimal(n)//' were expected')
      end if
   end subroutine get_block

   subroutine get_matrix(reader, rows, columns, values, error)
      type(block_reader_t), intent(inout) :: reader
      integer, intent(in) :: rows, columns
      real(wp), allocatable, intent(out) :: values(:, :)
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: flat(:)
      call get_block(reader, rows*columns, flat, error)
      if (.not. allocated(error)) values = reshape(flat, [rows, columns])
   end subroutine get_matrix

   !> A state with arrays of the same sizes as those that there are.
   subroutine get_state(reader, like, state, error)
      type(block_reader_t), intent(inout) :: reader
      type(optimizer_state_t), intent(in) :: like
      type(optimizer_state_t), intent(out) :: state
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: flat(:)
      integer :: n
      n = 0
      if (allocated(like%slots)) n = size(like%slots)
      call get_block(reader, n, flat, error)
      if (allocated(error)) return
      if (allocated(like%slots)) state%slots = reshape(flat, shape(like%slots))
      call get_optional(reader, like%extra, state%extra, error)
      if (.not. allocated(error)) call get_optional(reader, like%average, state%average, error)
      if (.not. allocated(error)) call get_optional(reader, like%gathered, state%gathered, error)
   end subroutine get_state

   subroutine get_optional(reader, like, values, error)
      type(block_reader_t), intent(inout) :: reader
      real(wp), allocatable, intent(in) :: like(:)
      real(wp), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      n = 0
      if (allocated(like)) n = size(like)
      call get_block(reader, n, values, error)
      if (.not. allocated(error) .and. .not. allocated(like)) deallocate (values)
   end subroutine get_optional

   !> Make what was read the training's own.
   subroutine take(self, new, params, integers, reals)
      class(online_trainer_t), intent(inout) :: self
      type(online_trainer_t), intent(inout) :: new
      real(wp), intent(in) :: params(:)
      integer(i8), intent(in) :: integers(:)
      real(dp), intent(in) :: reals(:)
      self%trainer%net%params = params
      call self%trainer%net%document%drop_samples()
      self%observations = integers(1)
      self%updates = integers(2)
      self%refused = integers(3)
      self%rollbacks = integers(4)
      self%limited = integers(5)
      self%loss = reals(1)
      self%mean_loss = reals(2)
      self%trainer%optimizer%learning_rate = reals(3)
      self%trainer%seed = integers(8)
      self%trainer%state = new%trainer%state
      self%trainer%state%iteration = integers(6)
      self%trainer%state%time = reals(4)
      self%good_state = new%good_state
      self%good_state%iteration = integers(7)
      self%good_state%time = reals(5)
      self%origin = new%origin
      self%good = new%good
      self%rows_out = new%rows_out
      self%buffer = new%buffer
      self%buffer%held = int(integers(9))
      self%buffer%recent = int(integers(10))
      self%buffer%seen = integers(11)
      self%buffer%generator%state = integers(12:13)
      self%buffer%reservoir = integers(14) == 1
   end subroutine take

end submodule fkb_online_restart_dp
