!> Cut model.fkb behind its layer head_1 and put a new head there: test_transfer.py does the same in
!> Keras. Compiled with FKB_KIND as fkb_sp and as fkb_dp.
program new_head
   use FKB_KIND, only: error_t, model_t, network_t
   use fkb_layers, only: dense
   implicit none (type, external)
   type(model_t) :: model
   type(network_t) :: base, net
   type(error_t), allocatable :: error
   call base%load('model.fkb', error)
   if (.not. allocated(error)) call model%extend(base, error, upto='head_1')
   if (.not. allocated(error)) then
      call model%add(dense(6, activation='tanh', name='new_1'))
      call model%add(dense(3, name='new_2'))
      call model%compile('{"class_name": "Adam", "config": {"learning_rate": 0.01}}', 'mse')
      call model%build(net, error, seed=5)
   end if
   if (.not. allocated(error)) call net%save('head.fkb', error)
   if (allocated(error)) then
      print '(a)', error%message
      error stop 1
   end if
end program new_head
