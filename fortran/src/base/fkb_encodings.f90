!> What the layers that encode categories have in common: the option `output_mode`, the shapes of
!> encoded outputs, and checks of integers that stand in reals.
module fkb_encodings
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_layer_options, only: add_output, refuse_option
   use fkb_plan, only: plan_t
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: read_output_mode, lay_out_encoding, refuse_depth, refuse_value

   !> Values of `output_mode`: the index itself; a one for each index; which of the indices of a
   !> sample occur, how often, and how often times a weight.
   integer, parameter, public :: encode_int = 0, encode_one_hot = 1, encode_multi_hot = 2, &
      encode_count = 3, encode_tf_idf = 4
   !> Places in `plan%settings`: the mode, the length of the output's new axis, how many indices go
   !> into one output vector, and how many output vectors a sample has.
   integer, parameter, public :: at_mode = 1, at_depth = 2, at_indices = 3, at_vectors = 4
   character(*), parameter :: names(0:4) = [character(9) :: 'int', 'one_hot', 'multi_hot', &
                                            'count', 'tf_idf']

contains

   !> Read `output_mode` and `sparse`. Raises an error for sparse tensors.
   subroutine read_output_mode(config, default, last, mode, error)
      type(config_t), intent(inout) :: config
      integer, intent(in) :: default                !! one of `encode_*`
      integer, intent(in) :: last                   !! the last mode that the layer has
      integer, intent(out) :: mode
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: name
      logical :: sparse
      mode = default
      call config%get('sparse', sparse, error, default=.false.)
      if (allocated(error)) return
      if (sparse) then
         call refuse_option(config, 'sparse', 'tensors are dense here; false gives the same '// &
                            'values', error)
         return
      end if
      call config%get('output_mode', name, error, default=trim(names(default)))
      if (allocated(error)) return
      do mode = 0, last
         if (name == names(mode)) return
      end do
      call refuse_option(config, 'output_mode', 'no such mode is known', error)
   end subroutine read_output_mode

   !> State the output of a mode and what `forward` must know: one vector per index, in place of a
   !> last Keras axis of extent 1, or one vector of what indices occur along the axis behind the
   !> batch (where `along_first`, for inputs of any rank, else for a rank of 2 with the batch).
   subroutine lay_out_encoding(plan, mode, depth, in_shape, along_first, error)
      type(plan_t), intent(inout) :: plan
      integer, intent(in) :: mode, depth
      type(shape_t), intent(in) :: in_shape
      logical, intent(in) :: along_first
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: indices, skip
      out = in_shape
      indices = 1
      if (mode == encode_one_hot) then
         skip = 0
         if (in_shape%rank > 0 .and. in_shape%extent(1) == 1) skip = 1
         out%rank = in_shape%rank + 1 - skip
         if (out%rank > max_rank) then
            call raise(error, fkb_err_unsupported, 'the output would have a rank above '// &
                       decimal(max_rank))
            return
         end if
         out%extent(1) = depth
         out%extent(2:out%rank) = in_shape%extent(1 + skip:in_shape%rank)
      else if (mode /= encode_int) then
         if (in_shape%rank < 1 .or. (in_shape%rank > 1 .and. .not. along_first)) then
            call raise(error, fkb_err_unsupported, 'option "output_mode" = "'//trim(names(mode))// &
                       '" wants an input of rank 2, the batch counted, not '//in_shape%text()// &
                       ': Keras encodes another axis there than it states')
            return
         end if
         indices = in_shape%extent(in_shape%rank)
         if (indices == open_extent) indices = 0
         out%extent(1) = depth
         out%extent(2:in_shape%rank) = in_shape%extent(:in_shape%rank - 1)
      end if
      call add_output(plan, out, error)
      plan%settings = [mode, depth, indices, 0]
      if (.not. in_shape%closed()) return
      plan%settings(at_vectors) = int(in_shape%count())/max(indices, 1)
   end subroutine lay_out_encoding

   !> Raise an error unless the kind of the network holds all whole numbers up to this option.
   subroutine refuse_depth(config, key, depth, digits, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      integer, intent(in) :: depth                  !! the option's value
      integer, intent(in) :: digits                 !! binary, of the network's kind
      type(error_t), allocatable, intent(out) :: error
      if (depth < 1) then
         call refuse_option(config, key, 'expected a positive integer', error)
      else if (digits < 31 .and. depth > 2**min(digits, 30)) then
         call refuse_option(config, key, 'the network''s kind holds whole numbers up to '// &
                            decimal(2**min(digits, 30))//' only; load it in double precision', &
                            error)
      end if
   end subroutine refuse_depth

   !> Report an input value that has no meaning.
   subroutine refuse_value(value, element, sample, wanted, error)
      character(*), intent(in) :: value             !! as text
      integer, intent(in) :: element, sample        !! from 1
      character(*), intent(in) :: wanted            !! such as `an index from 0 to 4`
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_argument, 'value '//decimal(element)//' of sample '// &
                 decimal(sample)//' is '//trim(adjustl(value))//', expected '//wanted)
   end subroutine refuse_value

end module fkb_encodings
