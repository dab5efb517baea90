! Generated from network/fkb_network_info.fypp: edit that file and run tools/generate.py
!> Questions about a network.
submodule(fkb_network_dp) fkb_network_info_dp
   use fkb_error, only: fkb_err_argument, fkb_err_unsupported, raise
   use fkb_preparation_dp, only: refuse_several_calls
   implicit none (type, external)

contains

   module procedure loaded
      loaded = allocated(self%params) .or. self%frozen%on
   end procedure loaded

   module procedure input_features
      n = 0
      associate (shape => self%graph%values(self%graph%inputs(k))%shape)
         if (shape%closed()) n = self%inputs(k)%features(shape)
      end associate
   end procedure input_features

   module procedure output_features
      n = 0
      associate (shape => self%graph%values(self%graph%outputs(k))%shape)
         if (shape%closed()) n = self%outputs(k)%features(shape)
      end associate
   end procedure output_features

   module procedure can_train
      logical :: for_training
      integer :: i
      for_training = .true.
      if (present(training)) for_training = training
      if (.not. self%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      if (self%frozen%on) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call "thaw" '// &
            'before training and derivatives')
         return
      end if
      do i = 1, size(self%graph%nodes)
         associate (node => self%graph%nodes(i))
            if (.not. node%plan%can_train) then
               call raise(error, fkb_err_unsupported, self%graph%node_name(i)// &
                  ' cannot be trained')
               return
            end if
            if (self%graph%layers(node%layer)%activity%orthogonal > 0 .and. for_training .and. &
                (node%plan%out_shapes(1)%rank /= 1 .or. node%fold > 0)) then
               call raise(error, fkb_err_unsupported, self%graph%node_name(i)//' has an '// &
                  'orthogonal activity regularizer, which is for outputs with one axis only')
               return
            end if
            if (.not. for_training .or. self%graph%stays_in_inference(i)) cycle
            if (.not. allocated(node%plan%only_infers)) cycle
            call raise(error, fkb_err_unsupported, self%graph%node_name(i)// &
               ' cannot be trained: '//node%plan%only_infers)
            return
         end associate
      end do
      if (for_training) call refuse_several_calls(self%graph, error)
      if (allocated(error)) return
      do i = 1, size(self%graph%segments)
         if (.not. allocated(self%graph%segments(i)%refusal)) cycle
         if (.not. self%graph%segments(i)%trainable) cycle
         call raise(error, fkb_err_unsupported, self%graph%segments(i)%refusal)
         return
      end do
   end procedure can_train

   module procedure has_batch_coupling
      integer :: i
      coupled = .false.
      do i = 1, size(self%graph%nodes)
         associate (node => self%graph%nodes(i))
            coupled = coupled .or. self%graph%layers(node%layer)%activity%orthogonal > 0
            if (self%graph%stays_in_inference(i)) cycle
            coupled = coupled .or. node%plan%batch_coupled
         end associate
      end do
   end procedure has_batch_coupling

end submodule fkb_network_info_dp
