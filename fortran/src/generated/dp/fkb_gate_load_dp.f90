! Generated from couple/fkb_gate_load.fypp: edit that file and run tools/generate.py
!> Where a gate comes from: a file and networks.
submodule(fkb_gate_dp) fkb_gate_load_dp
   use fkb_collection, only: collection_t
   use fkb_crew_dp, only: append, check_ends, check_member, clear_boxes, load_box
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_format, raise
   use fkb_files, only: beside
   use fkb_text, only: decimal, quote
   implicit none (type, external)

contains

   module procedure load
      type(gate_t) :: fresh
      type(collection_t) :: file
      integer :: i
      call file%read(path, 'gate', error)
      if (allocated(error)) return
      do i = 1, size(file%lines)
         call load_line(fresh, file, i, error)
         if (allocated(error)) exit
      end do
      if (.not. allocated(error)) then
         call check_complete(fresh, error)
         call add_context(error, file%path)
      end if
      if (.not. allocated(error)) then
         call self%clear()
         self%threshold = fresh%threshold
         call move_alloc(fresh%boxes, self%boxes)
         call move_alloc(fresh%served, self%served)
      end if
      call clear_boxes(fresh%boxes)
   end procedure load

   subroutine load_line(self, file, i, error)
      type(gate_t), intent(inout) :: self
      type(collection_t), intent(in) :: file
      integer, intent(in) :: i
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: values(:)
      integer :: k
      select case (file%lines(i)%word(1))
      case ('classifier')
         call file%need_words(i, 2, 2, 'classifier FILE', error)
         if (.not. allocated(error)) call load_network(self, file, i, error)
      case ('class')
         call file%need_words(i, 2, 2, 'class FILE', error)
         if (.not. allocated(error)) call load_network(self, file, i, error)
      case ('constant')
         call file%need_words(i, 2, huge(i), 'constant VALUE ...', error)
         allocate (values(max(0, file%lines(i)%count() - 1)))
         do k = 1, size(values)
            if (.not. allocated(error)) call file%get_real(i, k + 1, values(k), error)
         end do
         if (allocated(error)) return
         call self%add_constants(values, error)
         call add_context(error, file%path//':'//decimal(file%lines(i)%number))
      case ('threshold')
         call file%need_words(i, 2, 2, 'threshold VALUE', error)
         if (.not. allocated(error)) call file%get_real(i, 2, self%threshold, error)
      case default
         call file%fail(i, 'unknown word '//quote(file%lines(i)%word(1))// &
                        ', expected classifier, class, constant or threshold', error)
      end select
   end subroutine load_line

   !> The network of a line `classifier FILE` or `class FILE`.
   subroutine load_network(self, file, i, error)
      type(gate_t), intent(inout) :: self
      type(collection_t), intent(in) :: file
      integer, intent(in) :: i
      type(error_t), allocatable, intent(out) :: error
      type(network_box_t) :: box
      if (file%lines(i)%word(1) == 'classifier' .and. allocated(self%boxes)) then
         call file%fail(i, 'a second classifier', error)
         return
      end if
      call load_box(box, beside(file%path, file%lines(i)%word(2)), error)
      if (.not. allocated(error)) then
         if (file%lines(i)%word(1) == 'classifier') then
            call take_classifier(self, box, error)
         else
            call take_class(self, box, error)
         end if
      end if
      if (.not. allocated(error)) return
      call add_context(error, file%path//':'//decimal(file%lines(i)%number))
      if (allocated(box%net)) call box%net%clear()
   end subroutine load_network

   module procedure set_classifier
      type(network_box_t) :: box
      allocate (box%net)
      box%name = 'the classifier'
      call box%net%copy(net)
      call check_member(box, error)
      if (.not. allocated(error)) then
         call self%clear()
         call take_classifier(self, box, error)
      end if
      if (allocated(box%net)) call box%net%clear()
   end procedure set_classifier

   subroutine take_classifier(self, box, error)
      class(gate_t), intent(inout) :: self
      type(network_box_t), intent(inout) :: box
      type(error_t), allocatable, intent(out) :: error
      if (box%net%output_features(1) == 0) then
         call raise(error, fkb_err_argument, box%name//' leaves the number of classes open')
         return
      end if
      call append(self%boxes, box)
      if (.not. allocated(self%served)) allocate (self%served(0))
   end subroutine take_classifier

   module procedure add
      type(network_box_t) :: box
      allocate (box%net)
      box%name = 'the network of class '//decimal(self%classes() + 1)
      call box%net%copy(net)
      call check_member(box, error)
      if (.not. allocated(error)) call take_class(self, box, error)
      if (allocated(box%net)) call box%net%clear()
   end procedure add

   !> Check a network against the others and take it; the box is empty afterwards.
   subroutine take_class(self, box, error)
      class(gate_t), intent(inout) :: self
      type(network_box_t), intent(inout) :: box
      type(error_t), allocatable, intent(out) :: error
      type(class_t) :: class
      integer :: k
      call check_room(self, error)
      if (.not. allocated(error)) call check_ends(box, self%boxes(1), .false., error)
      if (allocated(error)) return
      if (box%net%output_features(1) == 0) then
         call raise(error, fkb_err_argument, box%name//' leaves the size of its output open')
      else if (size(self%boxes) > 1) then
         call check_ends(box, self%boxes(2), .true., error)
      else
         do k = 1, size(self%served)
            call check_constants(size(self%served(k)%constants), box%net%output_features(1), error)
            if (allocated(error)) return
         end do
      end if
      if (allocated(error)) return
      call append(self%boxes, box)
      class%network = size(self%boxes)
      call append_class(self, class)
   end subroutine take_class

   module procedure add_constants
      type(class_t) :: class
      call check_room(self, error)
      if (.not. allocated(error)) call check_constants(size(values), self%outputs(), error)
      if (allocated(error)) return
      class%constants = values
      call append_class(self, class)
   end procedure add_constants

   subroutine append_class(self, class)
      class(gate_t), intent(inout) :: self
      type(class_t), intent(in) :: class
      type(class_t), allocatable :: more(:)
      integer :: n
      n = size(self%served)
      allocate (more(n + 1))
      more(:n) = self%served
      more(n + 1) = class
      call move_alloc(more, self%served)
   end subroutine append_class

   !> Refuse a class before the classifier, and one more than it has.
   subroutine check_room(self, error)
      class(gate_t), intent(in) :: self
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%boxes)) then
         call raise(error, fkb_err_argument, 'the classifier of a gate comes before its classes')
      else if (size(self%served) >= wanted(self)) then
         call raise(error, fkb_err_argument, self%boxes(1)%name//' has '// &
                    decimal(wanted(self))//' classes, this is one more')
      end if
   end subroutine check_room

   subroutine check_constants(n, outputs, error)
      integer, intent(in) :: n, outputs
      type(error_t), allocatable, intent(out) :: error
      if (n == 1 .or. n == outputs .or. (outputs == 0 .and. n > 0)) return
      call raise(error, fkb_err_argument, decimal(n)//' constants for '//decimal(outputs)// &
                 ' outputs: give one for all or one for each')
   end subroutine check_constants

   !> Classes that the classifier has.
   pure integer function wanted(self)
      class(gate_t), intent(in) :: self
      wanted = max(2, self%boxes(1)%net%output_features(1))
   end function wanted

   subroutine check_complete(self, error)
      type(gate_t), intent(in) :: self
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%boxes)) then
         call raise(error, fkb_err_format, 'no classifier is named')
      else if (size(self%served) /= wanted(self)) then
         call raise(error, fkb_err_format, self%boxes(1)%name//' has '//decimal(wanted(self))// &
                    ' classes, '//decimal(size(self%served))//' are served')
      else if (size(self%boxes) == 1) then
         call raise(error, fkb_err_format, 'no class is served by a network')
      end if
   end subroutine check_complete

   module procedure count_classes
      count_classes = 0
      if (allocated(self%served)) count_classes = size(self%served)
   end procedure count_classes

   module procedure count_outputs
      count_outputs = 0
      if (.not. allocated(self%boxes)) return
      if (size(self%boxes) > 1) count_outputs = self%boxes(2)%net%output_features(1)
   end procedure count_outputs

   module procedure clear
      call clear_boxes(self%boxes)
      if (allocated(self%served)) deallocate (self%served)
   end procedure clear

end submodule fkb_gate_load_dp
