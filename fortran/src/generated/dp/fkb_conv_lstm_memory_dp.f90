! Generated from layers/fkb_conv_lstm_memory.fypp: edit that file and run tools/generate.py
!> Where the arrays of a call stand, and what forward and backward prepare alike.
submodule(fkb_conv_lstm_dp) fkb_conv_lstm_memory_dp
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out
   use fkb_conv_tiles, only: conv_scratch, patch_rows, positions_in, positions_out
   use fkb_lstm_kernels_dp, only: lstm_slots
   use fkb_recurrent_kernels_dp, only: draw_masks, split_kernel
   implicit none (type, external)

contains

   module procedure frames_of
      integer(i8) :: columns, next, state
      n%input = plan%settings(at_input:at_input + conv_length - 1)
      n%state = plan%settings(at_state:at_state + conv_length - 1)
      n%mask = plan%settings(at_mask)
      n%first_state = plan%settings(at_first_state)
      n%gate_input = n%input
      n%gate_state = n%state
      n%gate_input(conv_channels_out) = self%filters
      n%gate_state(conv_channels_out) = self%filters
      n%filters = self%filters
      n%places = positions_out(n%input)
      n%reals = n%filters*n%places
      n%pixels = n%input(conv_channels_in)*positions_in(n%input)
      n%steps = plan%in_shapes(1)%extent(self%axes + 2)
      n%batch = batch
      n%chunk = max(1, min(n%steps, wide/(n%places*batch)))
      n%slots = lstm_slots(self%activation, self%parameters, self%recurrent_activation, &
                           self%recurrent_parameters)
      n%keeps = keeps
      if (drops .and. self%dropout > 0) n%n_input = 4*n%pixels
      if (drops .and. self%recurrent_dropout > 0) n%n_state = 4*n%reals
      n%recurrent = 4_i8*n%filters*patch_rows(n%input) + 1
      n%bias = n%recurrent + 4_i8*n%filters*patch_rows(n%state)
      columns = max(n%places, wide)
      state = n%filters*columns
      next = 1
      call place_input()
      if (back) call place_gradients()
      if (keeps) then
         n%h = 1
         n%c = n%h + int(n%reals, i8)*batch*(n%steps + 1)
         n%kept = n%c + int(n%reals, i8)*batch*(n%steps + 1)
      else
         call place(n%h, 2*state)
         call place(n%c, 2*state)
         call place(n%kept, n%slots*state)
      end if
      n%used = next - 1

   contains

      !> The next `size` reals.
      subroutine place(first, size)
         integer(i8), intent(out) :: first
         integer(i8), intent(in) :: size
         first = next
         next = next + size
      end subroutine place

      subroutine place_input()
         integer(i8) :: images
         images = columns/n%places
         call place(n%room, max(conv_scratch(n%input), conv_scratch(n%state)))
         call place(n%x, n%pixels*images)
         call place(n%row, 4_i8*n%filters)
         call place(n%z, 4*state)
         call place(n%masks, (n%n_input + int(n%n_state, i8))*images)
         if (n%n_input + n%n_state > 0) then
            call place(n%masked, max(n%pixels*images, state))
            call place(n%product, state)
         end if
         if (n%n_input > 0) call place(n%kernels, n%recurrent - 1)
         if (n%n_state > 0) call place(n%recurrent_kernels, n%bias - n%recurrent)
         if (n%mask > 0 .or. back) call place(n%output, state)
      end subroutine place_input

      subroutine place_gradients()
         call place(n%dx, n%pixels*(columns/n%places))
         call place(n%dh, state)
         call place(n%dc, state)
         call place(n%work, 4*state)
         if (n%mask > 0) call place(n%dh_held, state)
         if (n%mask > 0) call place(n%dc_held, state)
         if (n%n_input > 0) call place(n%dkernels, n%recurrent - 1)
         if (n%n_state > 0) call place(n%drecurrent_kernels, n%bias - n%recurrent)
      end subroutine place_gradients

   end procedure frames_of

   module procedure split_kernels
      if (n%n_input > 0) then
         call split_kernel(n%filters, 4, patch_rows(n%input), weights, scratch(n%kernels))
      end if
      if (n%n_state > 0) then
         call split_kernel(n%filters, 4, patch_rows(n%state), weights(n%recurrent), &
                           scratch(n%recurrent_kernels))
      end if
   end procedure split_kernels

   module procedure draw_group
      if (n%n_input + n%n_state == 0) return
      call draw_masks(mode%seed, mode%node, mode%step, mode%first_sample + skip, n%batch, &
                      n%n_input, n%n_state, self%dropout, self%recurrent_dropout, &
                      scratch(n%masks))
   end procedure draw_group

   module procedure state_source
      integer :: i
      logical :: zero
      first = n%first_state
      if (.not. self%stateful) return
      if (first > 0 .and. .not. self%prefers_kept) return
      first = size(plan%in_shapes) + 1
      if (n%first_state == 0) return
      zero = .true.
      do i = first, first + 1
         zero = zero .and. .not. any(abs(x(i)%v(:, column)) > 0)
      end do
      if (zero) first = n%first_state
   end procedure state_source

   module procedure time_of
      time = step
      if (self%go_backwards) time = n%steps + 1 - step
   end procedure time_of

end submodule fkb_conv_lstm_memory_dp
