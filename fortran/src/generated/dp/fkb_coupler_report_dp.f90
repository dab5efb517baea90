! Generated from couple/fkb_coupler_report.fypp: edit that file and run tools/generate.py
!> The report of what was changed between host and network.
submodule(fkb_coupler_dp) fkb_coupler_report_dp
   use fkb_tally, only: count_names, n_counts
   use fkb_text, only: decimal
   implicit none (type, external)

   character(*), parameter :: nl = new_line('a')

contains

   module procedure report
      integer :: b
      text = decimal(tally%calls)//' calls, '//decimal(tally%columns)//' columns, '// &
         decimal(tally%handed_back)//' left to the host'//nl
      if (tally%learned + tally%not_learned > 0) text = text//decimal(tally%learned)// &
         ' columns learned from, '//decimal(tally%not_learned)//' not'//nl
      if (.not. allocated(tally%inputs)) return
      if (size(tally%inputs, 2) /= self%rows_in .or. size(tally%outputs, 2) /= self%rows_out) return
      call add_fields(self%inputs, tally%inputs, 'input', text)
      call add_fields(self%others, tally%inputs, 'field', text)
      call add_fields(self%outputs, tally%outputs, 'output', text)
      do b = 1, size(tally%closed)
         if (b > size(self%finish%budgets)) exit
         text = text//'budget "'//self%finish%budgets(b)%name//'": '//decimal(tally%closed(b))// &
            ' columns closed, '//decimal(tally%open(b))//' not, mean imbalance '// &
            number(tally%total(b)/max(1_i8, tally%closed(b) + tally%open(b)))//', largest '// &
            number(tally%largest(b))//nl
      end do
   end procedure report

   !> A line for each field and kind of change that happened.
   subroutine add_fields(fields, counts, side, text)
      type(span_of_field_t), intent(in) :: fields(:)
      integer(i8), intent(in) :: counts(:, :)
      character(*), intent(in) :: side
      character(:), allocatable, intent(inout) :: text
      integer(i8) :: level_counts(maxval([1, fields%about%length])), total
      integer :: f, kind
      do f = 1, size(fields)
         do kind = 1, n_counts
            call sum_levels(fields(f), counts(kind, :), level_counts, total)
            if (total == 0) cycle
            text = text//side//' "'//fields(f)%about%name//'": '//decimal(total)//' '// &
               trim(count_names(kind))
            if (fields(f)%about%length > 1) text = text//', '// &
               levels_text(level_counts(:fields(f)%about%length))
            text = text//nl
         end do
      end do
   end subroutine add_fields

   function number(value) result(text)
      real(dp), intent(in) :: value
      character(:), allocatable :: text
      character(16) :: buffer
      write (buffer, '(es12.4)') value
      text = trim(adjustl(buffer))
   end function number

   subroutine sum_levels(field, counts, level_counts, total)
      type(span_of_field_t), intent(in) :: field
      integer(i8), intent(in) :: counts(:)
      integer(i8), intent(out) :: level_counts(:), total
      integer :: i, level
      level_counts = 0
      do i = 1, field%rows()
         level = mod(i - 1, field%about%length) + 1
         level_counts(level) = level_counts(level) + counts(field%row(i))
      end do
      total = sum(level_counts)
   end subroutine sum_levels

   !> `level 3: 12, level 4: 1`, levels from 1 in the model's order.
   function levels_text(counts) result(text)
      integer(i8), intent(in) :: counts(:)
      character(:), allocatable :: text
      integer :: i
      text = ''
      do i = 1, size(counts)
         if (counts(i) == 0) cycle
         if (len(text) > 0) text = text//', '
         text = text//'level '//decimal(i)//': '//decimal(counts(i))
      end do
   end function levels_text

end submodule fkb_coupler_report_dp
