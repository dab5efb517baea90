! Generated from network/fkb_penalties.fypp: edit that file and run tools/generate.py
!> Regularizers and constraints of the weights, from the options of their layers.
module fkb_penalties_dp
   use fkb_boxes_dp, only: ends_with, option_text, penalty_of
   use fkb_document, only: document_t
   use fkb_program_dp, only: program_t
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: read_penalties

contains

   !> Regularizers and constraints of every segment.
   subroutine read_penalties(document, graph)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      character(:), allocatable :: json
      integer :: box, s
      do box = 1, size(graph%layers)
         associate (layer => graph%layers(box))
            if (layer%block == 0) cycle
            do s = layer%first_segment, layer%last_segment
               associate (segment => graph%segments(s))
                  json = option_text(document, layer%block, segment%options//'_constraint')
                  if (json /= '' .and. json /= 'null') segment%refusal = &
                     'option "'//segment%options//'_constraint" of layer "'//layer%path// &
                     '" is not supported in training'
                  json = option_text(document, layer%block, segment%options//'_regularizer')
                  if (json == '' .or. json == 'null' .or. allocated(segment%refusal)) cycle
                  call penalty_of(json, document%keras_major(), segment%l1, segment%l2, &
                     segment%refusal)
                  if (allocated(segment%refusal)) segment%refusal = 'option "'// &
                     segment%options//'_regularizer" of layer "'//layer%path//'": '// &
                     segment%refusal
               end associate
            end do
            call refuse_unmatched(document, layer%block, &
               graph%segments(layer%first_segment:layer%last_segment))
         end associate
      end do
   end subroutine read_penalties

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
