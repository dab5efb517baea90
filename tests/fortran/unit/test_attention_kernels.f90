!> Attention over more rows than are computed at once, causal masks against written ones, dropout.
module test_attention_kernels
   use fkb_attention_kernels_dp, only: keep_some
   use fkb_builtin_attention_dp, only: add_attention_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check, check_close, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   !> More rows than a block has, which is of 32768 scores.
   integer, parameter :: rows = 700, columns = 64, features = 3, samples = 2
   character(*), parameter :: options = '{"num_heads":2,"key_dim":2}'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'attention_kernels'
      call suite%add('many rows give what few rows give', many_rows_are_few_rows)
      call suite%add('a causal mask is the mask that it means', causal_mask_is_a_mask)
      call suite%add('dropout keeps the mean and tells rows apart', dropout_keeps_the_mean)
   end subroutine collect

   !> A MultiHeadAttention for `n` rows of the query, with a mask of the scores or without.
   subroutine make(failure, probe, n, arguments, masked)
      type(failure_t), allocatable, intent(inout) :: failure
      type(layer_probe_t), intent(inout) :: probe
      integer, intent(in) :: n
      character(*), intent(in) :: arguments
      logical, intent(in) :: masked
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_attention_layers(registry, error)
      if (masked) then
         call probe%make(registry, 'MultiHeadAttention', options, error, &
                         roles='0 1 attention_mask', arguments=arguments)
         if (.not. allocated(error)) call probe%prepare([shape_of([features, n]), &
                                                         shape_of([features, columns]), &
                                                         shape_of([columns, n])], samples, error)
      else
         call probe%make(registry, 'MultiHeadAttention', options, error, roles='0 1', &
                         arguments=arguments)
         if (.not. allocated(error)) call probe%prepare([shape_of([features, n]), &
                                                         shape_of([features, columns])], &
                                                        samples, error)
      end if
      call registry%clear()
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      call probe%fill(1)
   end subroutine make

   !> Forward and backward, as in training.
   subroutine run(probe)
      type(layer_probe_t), intent(inout) :: probe
      call probe%forward(mode_t(training=.true.))
      probe%gradient = 0
      call probe%backward(mode_t(training=.true.))
   end subroutine run

   subroutine many_rows_are_few_rows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: all, half
      real(dp), allocatable :: gradient(:), dx(:, :)
      integer :: first, last, part
      call make(failure, all, rows, '{}', .false.)
      call make(failure, half, rows/2, '{}', .false.)
      if (allocated(failure)) return
      call run(all)
      half%weights = all%weights
      half%x(2)%v = all%x(2)%v
      gradient = 0*all%gradient
      dx = 0*all%dx(2)%v
      do part = 1, 2
         first = (part - 1)*rows/2*features + 1
         last = part*rows/2*features
         half%x(1)%v = all%x(1)%v(first:last, :)
         half%dy(1)%v = all%dy(1)%v(first:last, :)
         call run(half)
         call check_close(failure, half%y(1)%v, all%y(1)%v(first:last, :), 1e-13_dp, 'the output')
         call check_close(failure, half%dx(1)%v, all%dx(1)%v(first:last, :), 1e-12_dp, &
                          'the gradient of the query')
         gradient = gradient + half%gradient
         dx = dx + half%dx(2)%v
      end do
      call check_close(failure, dx, all%dx(2)%v, 1e-11_dp, 'the gradient of the value')
      call check_close(failure, gradient, all%gradient, 1e-11_dp, 'the gradient of the weights')
      call all%clear()
      call half%clear()
   end subroutine many_rows_are_few_rows

   subroutine causal_mask_is_a_mask(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: causal, masked
      integer :: s, t
      call make(failure, causal, rows, '{"use_causal_mask":true}', .false.)
      call make(failure, masked, rows, '{}', .true.)
      if (allocated(failure)) return
      masked%weights = causal%weights
      masked%x(1)%v = causal%x(1)%v
      masked%x(2)%v = causal%x(2)%v
      masked%dy(1)%v = causal%dy(1)%v
      do t = 1, rows
         do s = 1, columns
            masked%x(3)%v((t - 1)*columns + s, :) = merge(1, 0, s <= t)
         end do
      end do
      call run(causal)
      call run(masked)
      call check_close(failure, causal%y(1)%v, masked%y(1)%v, 1e-14_dp, 'the output')
      call check_close(failure, causal%dx(1)%v, masked%dx(1)%v, 1e-14_dp, 'the query''s gradient')
      call check_close(failure, causal%gradient, masked%gradient, 1e-14_dp, &
                       'the weights'' gradient')
      call check(failure, any(abs(causal%y(1)%v(:features, :) - causal%y(1)%v(features + 1: &
                                                                              2*features, :)) > &
                              1e-3_dp), 'rows do not differ')
      call causal%clear()
      call masked%clear()
   end subroutine causal_mask_is_a_mask

   subroutine dropout_keeps_the_mean(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: factor(120, 60)
      call keep_some(0.25_dp, 3_i8, 1, 2_i8, 7_i8, 120, 60, factor)
      call check(failure, all(abs(factor) <= 0 .or. abs(factor - 1/0.75_dp) < 1e-15_dp), &
                 'factors are neither 0 nor 1/(1 - rate)')
      call check_close(failure, sum(factor)/size(factor), 1.0_dp, 0.03_dp, 'the mean')
      call check(failure, any(abs(factor(:, 1) - factor(:, 2)) > 0), 'two rows are the same')
      call keep_some(1.0_dp, 3_i8, 1, 2_i8, 7_i8, 120, 60, factor)
      call check(failure, all(abs(factor) <= 0), 'a rate of 1 keeps something')
   end subroutine dropout_keeps_the_mean

end module test_attention_kernels
