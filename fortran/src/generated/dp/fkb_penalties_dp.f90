! Generated from network/fkb_penalties.fypp: edit that file and run tools/generate.py
!> Regularizers and constraints of the weights, from the options of their layers.
module fkb_penalties_dp
   use fkb_boxes_dp, only: ends_with, option_text
   use fkb_constraint_options, only: constraint_from_json
   use fkb_document, only: document_t
   use fkb_error, only: error_t
   use fkb_program_dp, only: program_t
   use fkb_regularizer_options, only: regularizer_from_json
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: read_penalties

contains

   !> Regularizers and constraints of every segment. What is not supported keeps the weight from
   !> being trained.
   subroutine read_penalties(document, graph)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      integer :: box, s
      do box = 1, size(graph%layers)
         associate (layer => graph%layers(box))
            if (layer%block == 0) cycle
            do s = layer%first_segment, layer%last_segment
               call read_constraint(document, layer%block, layer%path, graph%segments(s))
               call read_regularizer(document, layer%block, layer%path, graph%segments(s))
            end do
            call refuse_unmatched(document, layer%block, &
               graph%segments(layer%first_segment:layer%last_segment))
         end associate
      end do
   end subroutine read_penalties

   subroutine read_constraint(document, block_index, path, segment)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block_index
      character(*), intent(in) :: path
      type(segment_t), intent(inout) :: segment
      type(error_t), allocatable :: error
      character(:), allocatable :: json
      json = option_text(document, block_index, segment%options//'_constraint')
      if (json == '' .or. json == 'null') return
      call constraint_from_json(json, segment%shape, segment%constraint, error)
      if (allocated(error)) segment%refusal = 'option "'//segment%options// &
         '_constraint" of layer "'//path//'": '//error%message
   end subroutine read_constraint

   subroutine read_regularizer(document, block_index, path, segment)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block_index
      character(*), intent(in) :: path
      type(segment_t), intent(inout) :: segment
      type(error_t), allocatable :: error
      character(:), allocatable :: json, problem
      json = option_text(document, block_index, segment%options//'_regularizer')
      if (json == '' .or. json == 'null' .or. allocated(segment%refusal)) return
      call regularizer_from_json(json, document%keras_major(), segment%regularizer, error)
      if (allocated(error)) then
         problem = error%message
      else if (segment%regularizer%orthogonal > 0 .and. segment%shape%rank /= 2) then
         problem = 'the regularizer "OrthogonalRegularizer" is for matrices only, the weight'// &
            ' has the shape '//segment%shape%text()
      else if (segment%regularizer%orthogonal > 0 .and. &
               segment%shape%extent(merge(1, 2, segment%regularizer%columns)) < 2) then
         problem = 'the regularizer "OrthogonalRegularizer" needs at least two vectors, the '// &
            'weight has the shape '//segment%shape%text()
      else
         return
      end if
      segment%refusal = 'option "'//segment%options//'_regularizer" of layer "'//path//'": '// &
         problem
   end subroutine read_regularizer

   !> A regularizer or constraint that is none of a weight's must not be passed over in training.
   !> One of a weight that the layer does without (a bias) says nothing.
   subroutine refuse_unmatched(document, block_index, segments)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block_index
      type(segment_t), intent(inout) :: segments(:)   !! of the layer
      character(:), allocatable :: key, weight
      integer :: i, s
      logical :: missing
      if (size(segments) == 0) return
      associate (options => document%blocks(block_index)%options)
         do i = options%first, options%last
            if (document%options(i)%meta) cycle
            if (document%text%get(document%options(i)%json) == 'null') cycle
            key = document%text%get(document%options(i)%key)
            weight = ''
            if (ends_with(key, '_regularizer')) weight = key(:len(key) - len('_regularizer'))
            if (ends_with(key, '_constraint')) weight = key(:len(key) - len('_constraint'))
            if (weight == '' .or. weight == 'activity') cycle
            missing = weight /= 'bias' .and. weight /= 'beta' .and. weight /= 'gamma'
            do s = 1, size(segments)
               if (ends_with('/'//segments(s)%path, '/'//weight)) missing = .true.
            end do
            do s = 1, size(segments)
               if (segments(s)%options == weight) missing = .false.
            end do
            if (missing) segments(1)%refusal = 'option "'//key//'" of layer "'// &
               document%path(block_index)//'" is not supported in training'
         end do
      end associate
   end subroutine refuse_unmatched

end module fkb_penalties_dp
