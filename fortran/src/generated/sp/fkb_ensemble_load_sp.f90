! Generated from couple/fkb_ensemble_load.fypp: edit that file and run tools/generate.py
!> Where an ensemble comes from: files and networks.
submodule(fkb_ensemble_sp) fkb_ensemble_load_sp
   use fkb_collection, only: collection_t
   use fkb_crew_sp, only: append, check_ends, check_member, clear_boxes, load_box
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_file, raise
   use fkb_files, only: beside, files_like, is_directory, literal, path_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)

   !> Members that one network may be.
   integer, parameter :: most_copies = 100000

contains

   module procedure load
      type(ensemble_t) :: fresh
      type(path_t), allocatable :: files(:)
      character(:), allocatable :: name
      name = trim(path)
      fresh%noise = self%noise
      fresh%seed = self%seed
      if (is_directory(name)) then
         call files_like(literal(name)//'/ensemble.txt', files)
         if (size(files) == 1) then
            call load_description(fresh, files(1)%text, error)
         else
            call files_like(literal(name)//'/*.fkb', files)
            call load_paths(fresh, files, name//' holds neither ensemble.txt nor a file *.fkb', &
                            error)
         end if
      else if (ends_with(name, '.txt')) then
         call load_description(fresh, name, error)
      else
         call files_like(name, files)
         if (size(files) == 0) call files_like(literal(name), files)
         call load_paths(fresh, files, 'no file is there that matches "'//name//'"', error)
      end if
      if (.not. allocated(error)) call take_over(self, fresh)
      call clear_boxes(fresh%boxes)
   end procedure load

   module procedure load_files
      type(ensemble_t) :: fresh
      integer :: i
      real(dp) :: weight
      fresh%noise = self%noise
      fresh%seed = self%seed
      if (size(files) == 0) call raise(error, fkb_err_argument, 'the list of files is empty')
      if (present(weights) .and. .not. allocated(error)) then
         if (size(weights) /= size(files)) call raise(error, fkb_err_argument, &
            decimal(size(files))//' files but '//decimal(size(weights))//' weights')
      end if
      do i = 1, size(files)
         if (allocated(error)) exit
         weight = 1
         if (present(weights)) weight = weights(i)
         call load_one(fresh, trim(files(i)), weight, 1, error)
      end do
      if (.not. allocated(error)) call take_over(self, fresh)
      call clear_boxes(fresh%boxes)
   end procedure load_files

   pure logical function ends_with(text, tail)
      character(*), intent(in) :: text, tail
      ends_with = len(text) >= len(tail)
      if (ends_with) ends_with = text(len(text) - len(tail) + 1:) == tail
   end function ends_with

   subroutine take_over(self, fresh)
      class(ensemble_t), intent(inout) :: self
      type(ensemble_t), intent(inout) :: fresh
      call self%clear()
      self%noise = fresh%noise
      self%seed = fresh%seed
      call move_alloc(fresh%boxes, self%boxes)
      call move_alloc(fresh%weights, self%weights)
      call move_alloc(fresh%copies, self%copies)
   end subroutine take_over

   subroutine load_paths(self, files, none, error)
      type(ensemble_t), intent(inout) :: self
      type(path_t), intent(in) :: files(:)
      character(*), intent(in) :: none          !! the error where there is no file
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      if (size(files) == 0) call raise(error, fkb_err_file, none)
      do i = 1, size(files)
         if (allocated(error)) return
         call load_one(self, files(i)%text, 1.0_dp, 1, error)
      end do
   end subroutine load_paths

   !> Read a file that begins with `fkb ensemble 1`.
   subroutine load_description(self, path, error)
      type(ensemble_t), intent(inout) :: self
      character(*), intent(in) :: path
      type(error_t), allocatable, intent(out) :: error
      type(collection_t) :: file
      integer :: i
      call file%read(path, 'ensemble', error)
      if (allocated(error)) return
      do i = 1, size(file%lines)
         select case (file%lines(i)%word(1))
         case ('member')
            call load_member(self, file, i, error)
         case ('noise')
            call file%need_words(i, 2, 2, 'noise STANDARD_DEVIATION', error)
            if (.not. allocated(error)) call file%get_real(i, 2, self%noise, error)
            if (.not. allocated(error) .and. self%noise < 0) then
               call file%fail(i, 'the noise is negative', error)
            end if
         case ('seed')
            call file%need_words(i, 2, 2, 'seed INTEGER', error)
            if (.not. allocated(error)) call file%get_integer(i, 2, self%seed, error)
         case default
            call file%fail(i, 'unknown word '//quote(file%lines(i)%word(1))// &
                           ', expected member, noise or seed', error)
         end select
         if (allocated(error)) return
      end do
      if (self%members() == 0) call raise(error, fkb_err_file, path//' names no member')
   end subroutine load_description

   !> A line `member FILE [weight W] [copies N]`.
   subroutine load_member(self, file, i, error)
      type(ensemble_t), intent(inout) :: self
      type(collection_t), intent(in) :: file
      integer, intent(in) :: i
      type(error_t), allocatable, intent(out) :: error
      character(*), parameter :: form = 'member FILE [weight W] [copies N]'
      integer(i8) :: copies
      integer :: k, words
      real(dp) :: weight
      words = file%lines(i)%count()
      call file%need_words(i, 2, 6, form, error)
      if (.not. allocated(error) .and. modulo(words, 2) /= 0) then
         call file%fail(i, 'expected "'//form//'"', error)
      end if
      weight = 1
      copies = 1
      do k = 3, words - 1, 2
         if (allocated(error)) return
         select case (file%lines(i)%word(k))
         case ('weight')
            call file%get_real(i, k + 1, weight, error)
         case ('copies')
            call file%get_integer(i, k + 1, copies, error)
         case default
            call file%fail(i, 'expected "'//form//'"', error)
         end select
      end do
      if (allocated(error)) return
      if (copies > most_copies) copies = 0
      call load_one(self, beside(file%path, file%lines(i)%word(2)), weight, int(copies), error)
      if (allocated(error)) call add_context(error, &
         file%path//':'//decimal(file%lines(i)%number))
   end subroutine load_member

   subroutine load_one(self, path, weight, copies, error)
      type(ensemble_t), intent(inout) :: self
      character(*), intent(in) :: path
      real(dp), intent(in) :: weight
      integer, intent(in) :: copies
      type(error_t), allocatable, intent(out) :: error
      type(network_box_t) :: box
      call load_box(box, path, error, with_state=.true.)
      if (.not. allocated(error)) call add_box(self, box, weight, copies, error)
      if (allocated(error) .and. allocated(box%net)) call box%net%clear()
   end subroutine load_one

   module procedure add
      type(network_box_t) :: box
      real(dp) :: w
      integer :: n
      w = 1
      if (present(weight)) w = weight
      n = 1
      if (present(copies)) n = copies
      allocate (box%net)
      box%name = 'member '//decimal(self%members() + 1)
      call box%net%copy(net)
      call check_member(box, error, with_state=.true.)
      if (.not. allocated(error)) call add_box(self, box, w, n, error)
      if (allocated(error) .and. allocated(box%net)) call box%net%clear()
   end procedure add

   !> Check a member against those before it and take it; the box is empty afterwards.
   subroutine add_box(self, box, weight, copies, error)
      class(ensemble_t), intent(inout) :: self
      type(network_box_t), intent(inout) :: box
      real(dp), intent(in) :: weight
      integer, intent(in) :: copies
      type(error_t), allocatable, intent(out) :: error
      if (.not. (weight >= 0 .and. weight <= huge(1.0_sp))) then
         call raise(error, fkb_err_argument, box%name//': the weight of a member is a finite'// &
            ' number, 0 or more')
      else if (copies < 1 .or. copies > most_copies) then
         call raise(error, fkb_err_argument, box%name//': a network makes 1 to '// &
            decimal(most_copies)//' members')
      else if (allocated(self%boxes)) then
         call check_ends(box, self%boxes(1), .true., error)
      end if
      if (allocated(error)) return
      call append(self%boxes, box)
      if (.not. allocated(self%weights)) allocate (self%weights(0), self%copies(0))
      self%weights = [self%weights, weight]
      self%copies = [self%copies, copies]
   end subroutine add_box

   module procedure count_members
      count_members = 0
      if (allocated(self%copies)) count_members = sum(self%copies)
   end procedure count_members

   module procedure clear
      call clear_boxes(self%boxes)
      if (allocated(self%weights)) deallocate (self%weights)
      if (allocated(self%copies)) deallocate (self%copies)
   end procedure clear

end submodule fkb_ensemble_load_sp
