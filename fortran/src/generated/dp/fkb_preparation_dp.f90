! Generated from network/fkb_preparation.fypp: edit that file and run tools/generate.py
!> What layers change in the weights before the forward pass of a training step.
module fkb_preparation_dp
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_dp, only: mode_t
   use fkb_program_dp, only: always_inference, program_t
   implicit none (type, external)
   private
   public :: prepares_training, prepare_weights, refuse_preparation, refuse_several_calls

contains

   !> Whether a training step changes weights before its forward pass.
   pure logical function prepares_training(graph) result(prepares)
      type(program_t), intent(in) :: graph
      integer :: i
      prepares = .false.
      do i = 1, size(graph%nodes)
         prepares = prepares .or. (graph%nodes(i)%plan%prepares_training .and. &
            graph%nodes(i)%call_mode /= always_inference)
      end do
   end function prepares_training

   !> Let layers change their weights, node by node.
   subroutine prepare_weights(graph, params, mode)
      type(program_t), intent(in) :: graph
      real(wp), intent(inout), contiguous :: params(:)   !! the flat vector
      type(mode_t), intent(in) :: mode
      type(mode_t) :: here
      real(wp) :: nothing(0)
      integer :: i
      here = mode
      do i = 1, size(graph%nodes)
         associate (node => graph%nodes(i), box => graph%layers(graph%nodes(i)%layer))
            if (.not. node%plan%prepares_training .or. node%call_mode == always_inference) cycle
            here%node = i
            if (box%around == 0) then
               call box%layer%prepare(node%plan, params(box%first:box%last), nothing, here)
               cycle
            end if
            associate (inner => graph%layers(box%around))
               call box%layer%prepare(node%plan, params(box%first:box%last), &
                                      params(inner%first:inner%last), here)
            end associate
         end associate
      end do
   end subroutine prepare_weights

   !> Refuse gradients in training mode where the weights cannot be changed.
   subroutine refuse_preparation(graph, error)
      type(program_t), intent(in) :: graph
      type(error_t), allocatable, intent(out) :: error
      if (prepares_training(graph)) call raise(error, fkb_err_unsupported, 'a training step of '// &
         'this network changes weights before its forward pass: take steps of a trainer, '// &
         'or gradients of inference')
   end subroutine refuse_preparation

   !> Refuse layers that would have to change their weights between two calls in one step.
   subroutine refuse_several_calls(graph, error)
      type(program_t), intent(in) :: graph
      type(error_t), allocatable, intent(out) :: error
      integer :: calls(size(graph%layers)), i
      calls = 0
      do i = 1, size(graph%nodes)
         associate (node => graph%nodes(i))
            if (.not. node%plan%once_in_training .or. graph%stays_in_inference(i)) cycle
            calls(node%layer) = calls(node%layer) + 1
            if (calls(node%layer) < 2) cycle
            call raise(error, fkb_err_unsupported, graph%node_name(i)//' cannot be trained: it '// &
               'is called several times, and Keras changes what it uses in each call')
            return
         end associate
      end do
   end subroutine refuse_several_calls

end module fkb_preparation_dp
