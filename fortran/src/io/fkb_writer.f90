!> Write a document as a model file: the canonical bytes of docs/format.md.
module fkb_writer
   use fkb_document, only: document_t
   use fkb_document_labels, only: shape_text, side
   use fkb_document_parts, only: dtype_name, step_names, tensor_t
   use fkb_error, only: error_t
   use fkb_json, only: json_quote
   use fkb_kinds, only: dp, i8, sp
   use fkb_sink, only: sink_t
   use fkb_text, only: decimal, is_word, span_t
   use fkb_write_values, only: check_values, write_values
   implicit none (type, external)
   private
   public :: write_document

   character(1), parameter :: line_feed = achar(10)

contains

   !> Write a model file. It appears complete under its name, or stays as it was.
   !!
   !! The values of a tensor follow position `tensors(i)%offset` of the buffer that
   !! `buffer_of(tensors(i)%dtype)` names. An error is raised for a value that is not finite, a
   !! buffer that is too short, and a file that cannot be written.
   subroutine write_document(path, document, singles, doubles, integers, error)
      character(*), intent(in) :: path          !! name of the file
      type(document_t), intent(in) :: document
      real(sp), intent(in), contiguous :: singles(:)    !! float32, float16 and bfloat16 values
      real(dp), intent(in), contiguous :: doubles(:)    !! float64 values
      integer(i8), intent(in), contiguous :: integers(:) !! int32, int64, uint8 and bool values
      type(error_t), allocatable, intent(out) :: error
      type(sink_t), allocatable :: sink
      integer, allocatable :: order(:)
      call document%declared_tensors(order)
      call check_values(document, order, singles, doubles, integers, error)
      if (allocated(error)) return
      allocate (sink)
      call sink%open(path, error)
      if (allocated(error)) return
      call write_structure(sink, document)
      call write_values(sink, document, order, singles, doubles, integers)
      call sink%put('end'//line_feed)
      call sink%finish(error)
   end subroutine write_document

   !> Everything up to the checksum of the structure.
   subroutine write_structure(sink, document)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer :: i
      call sink%checksum%start()
      sink%summing = .true.
      call put_line(sink, 0, 'fkb 1')
      call put_line(sink, 0, 'precision '//dtype_name(document%precision))
      call put_line(sink, 0, 'keras '//json_quote(document%keras_version))
      if (document%block_count > 0) call write_block(sink, document, 1)
      do i = 1, document%port_count
         call write_port(sink, document, i)
      end do
      if (document%compiled) call write_compile(sink, document)
      do i = 1, document%sample_count
         call write_sample(sink, document, i)
      end do
      sink%summing = .false.
      call put_line(sink, 0, 'checksum '//sink%checksum%hex())
   end subroutine write_structure

   !> Write the beginning of a line that may be very long.
   subroutine begin_line(sink, depth, text)
      type(sink_t), intent(inout) :: sink
      integer, intent(in) :: depth
      character(*), intent(in) :: text
      call sink%put(repeat('  ', depth)//text)
   end subroutine begin_line

   !> Write a line, indented by two blanks for each level.
   subroutine put_line(sink, depth, text)
      type(sink_t), intent(inout) :: sink
      integer, intent(in) :: depth
      character(*), intent(in) :: text
      call sink%put(repeat('  ', depth)//text//line_feed)
   end subroutine put_line

   !> A model or layer with all it contains.
   recursive subroutine write_block(sink, document, at)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer, intent(in) :: at
      integer :: i, inner, child
      associate (block => document%blocks(at), text => document%text)
         inner = block%depth + 1
         call put_line(sink, block%depth, block_head(document, at))
         call write_options(sink, document, block%options, inner, .false.)
         call write_options(sink, document, block%options, inner, .true.)
         do i = block%nodes%first, block%nodes%last
            call begin_line(sink, inner, 'node ')
            call sink%put(text%get(document%nodes(i)%args))
            call sink%put(' ')
            call sink%put(text%get(document%nodes(i)%kwargs))
            call sink%put(line_feed)
         end do
         do i = block%weights%first, block%weights%last
            call put_line(sink, inner, 'weight '//json_quote(text%get(document%tensors(i)%name))// &
                          declaration(document%tensors(i))//role_of(document%tensors(i)%trainable))
         end do
         child = block%first_child
         do while (child > 0)
            call write_block(sink, document, child)
            child = document%blocks(child)%next
         end do
         if (block%inputs%json%count() > 0) then
            call begin_line(sink, inner, 'inputs ')
            call sink%put(text%get(block%inputs%json))
            call sink%put(line_feed)
            call begin_line(sink, inner, 'outputs ')
            call sink%put(text%get(block%outputs%json))
            call sink%put(line_feed)
         end if
         call put_line(sink, block%depth, 'end')
      end associate
   end subroutine write_block

   !> The first line of a model or layer.
   function block_head(document, at) result(line)
      type(document_t), intent(in) :: document
      integer, intent(in) :: at
      character(:), allocatable :: line, class_name
      line = 'layer'
      if (document%blocks(at)%depth == 0) line = 'model'
      class_name = document%class_name(at)
      if (.not. is_word(class_name)) class_name = json_quote(class_name)
      line = line//' '//json_quote(document%name(at))//' '//class_name
      if (document%blocks(at)%role%count() > 0) then
         line = line//' as '//document%text%get(document%blocks(at)%role)
      end if
   end function block_head

   !> ` trainable` or ` fixed`.
   pure function role_of(trainable) result(word)
      logical, intent(in) :: trainable
      character(:), allocatable :: word
      word = ' fixed'
      if (trainable) word = ' trainable'
   end function role_of

   !> The dtype and the shape of a tensor, a blank before each.
   pure function declaration(tensor) result(text)
      type(tensor_t), intent(in) :: tensor
      character(:), allocatable :: text
      text = ' '//dtype_name(tensor%dtype)//' '//shape_text(tensor)
   end function declaration

   !> The options of a range, or its meta data.
   subroutine write_options(sink, document, range, depth, meta)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      type(span_t), intent(in) :: range
      integer, intent(in) :: depth
      logical, intent(in) :: meta
      character(:), allocatable :: key
      integer :: i
      do i = range%first, range%last
         if (document%options(i)%meta .neqv. meta) cycle
         key = document%text%get(document%options(i)%key)
         if (meta) then
            key = '@'//key
         else if (.not. is_word(key)) then
            key = json_quote(key)
         end if
         call begin_line(sink, depth, key//' = ')
         call sink%put(document%text%get(document%options(i)%json))
         call sink%put(line_feed)
      end do
   end subroutine write_options

   !> The description of an input or output.
   subroutine write_port(sink, document, at)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer, intent(in) :: at
      integer :: i
      associate (port => document%ports(at))
         call put_line(sink, 0, side(port%is_output)//' '//decimal(port%position)//' '// &
                       json_quote(document%text%get(port%name)))
         call write_options(sink, document, port%options, 1, .false.)
         do i = port%steps%first, port%steps%last
            associate (step => document%steps(i))
               if (step%tensor > 0) then
                  call put_line(sink, 1, 'step '//trim(step_names(step%kind))// &
                                declaration(document%tensors(step%tensor)))
               else
                  call begin_line(sink, 1, 'step '//trim(step_names(step%kind))//' ')
                  call sink%put(document%text%get(step%json))
                  call sink%put(line_feed)
               end if
            end associate
         end do
      end associate
      call put_line(sink, 0, 'end')
   end subroutine write_port

   !> The compile configuration and the optimizer's variables.
   subroutine write_compile(sink, document)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer :: i
      call put_line(sink, 0, 'compile')
      call write_options(sink, document, document%compile_options, 1, .false.)
      do i = document%variables%first, document%variables%last
         associate (tensor => document%tensors(i))
            call put_line(sink, 1, 'variable '//json_quote(document%text%get(tensor%name))//' '// &
                          json_quote(document%text%get(tensor%path))//declaration(tensor))
         end associate
      end do
      call put_line(sink, 0, 'end')
   end subroutine write_compile

   !> Recorded inputs and outputs.
   subroutine write_sample(sink, document, at)
      type(sink_t), intent(inout) :: sink
      type(document_t), intent(in) :: document
      integer, intent(in) :: at
      integer :: i
      call put_line(sink, 0, 'sample')
      associate (sample => document%samples(at))
         call write_options(sink, document, sample%options, 1, .false.)
         do i = sample%tensors%first, sample%tensors%last
            associate (tensor => document%tensors(i))
               call put_line(sink, 1, side(tensor%is_output)//' '//decimal(tensor%position)// &
                             declaration(tensor))
            end associate
         end do
      end associate
      call put_line(sink, 0, 'end')
   end subroutine write_sample

end module fkb_writer
