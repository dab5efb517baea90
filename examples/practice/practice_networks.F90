!> The networks of the course, built in Keras's words.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module practice_networks
   use fkb_layers, only: concatenate, conv2d, dense, dropout, flatten, input_layer, max_pooling2d, &
      reshape_layer
   use FKB_KIND, only: error_t, keras_tensor_t, model_t, network_t
   use practice_options, only: options_t
   implicit none (type, external)
   private
   public :: build_network, build_probe

contains

   !> A new network, or the layers of a trained one below a new head.
   subroutine build_network(options, inputs, classes, net, error)
      type(options_t), intent(in) :: options
      integer, intent(in) :: inputs
      integer, intent(in) :: classes               !! 0: one number
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      type(network_t) :: trained
      if (len(options%from) > 0) then
         call trained%load(options%from, error)
         if (.not. allocated(error)) call model%extend(trained, error, upto='hidden_3')
         if (allocated(error)) return
      else
         call model%add(input_layer(shape=[inputs]))
         if (options%network == 'dense') call add_dense(options, model)
         if (options%network == 'conv') call add_convolutions(options, model)
      end if
      if (classes == 0) then
         call model%add(dense(1, use_bias=.false., kernel_initializer=options%initializer, &
                              name='head'))
         call model%compile(options%optimizer, 'mse')
      else
         call model%add(dense(classes, activation='softmax', name='head', &
                              kernel_initializer=options%initializer))
         call model%compile(options%optimizer, 'sparse_categorical_crossentropy', &
                            metrics='["accuracy"]')
      end if
      call model%build(net, error, seed=options%seed)
      if (options%freeze .and. .not. allocated(error)) then
         call net%set_trainable('hidden_*', .false., error)
      end if
   end subroutine build_network

   !> Hidden layers that are all alike.
   subroutine add_dense(options, model)
      type(options_t), intent(in) :: options
      type(model_t), intent(inout) :: model
      integer :: i
      do i = 1, options%layers
         if (len(options%regularizer) > 0) then
            call model%add(dense(options%units, activation=options%activation, &
                                 kernel_initializer=options%initializer, &
                                 kernel_regularizer=options%regularizer, name=hidden(i)))
         else
            call model%add(dense(options%units, activation=options%activation, &
                                 kernel_initializer=options%initializer, name=hidden(i)))
         end if
      end do
      if (options%dropout > 0) call model%add(dropout(options%dropout))
   end subroutine add_dense

   !> Two convolutions over digits and a dense layer.
   subroutine add_convolutions(options, model)
      type(options_t), intent(in) :: options
      type(model_t), intent(inout) :: model
      call model%add(reshape_layer([8, 8, 1]))
      call model%add(conv2d(8, [3, 3], padding='same', activation=options%activation, &
                            kernel_initializer=options%initializer, name=hidden(1)))
      call model%add(max_pooling2d([2, 2]))
      call model%add(conv2d(16, [3, 3], padding='same', activation=options%activation, &
                            kernel_initializer=options%initializer, name=hidden(2)))
      call model%add(flatten())
      call model%add(dense(options%units, activation=options%activation, &
                           kernel_initializer=options%initializer, name=hidden(3)))
   end subroutine add_convolutions

   !> A network that shows the values of all hidden units of another one, side by side.
   subroutine build_probe(net, layers, probe, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: layers
      type(network_t), intent(inout) :: probe
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      type(keras_tensor_t) :: joined, values(layers)
      integer :: i
      call model%extend(net, error)
      if (allocated(error)) return
      do i = 1, layers
         values(i) = model%tensor(hidden(i))
      end do
      joined = values(1)
      if (layers > 1) joined = model%apply(concatenate(), values)
      call model%output(joined)
      call model%build(probe, error)
   end subroutine build_probe

   pure function hidden(i) result(name)
      integer, intent(in) :: i                     !! from 1 to 99
      character(:), allocatable :: name
      character(2) :: number
      write (number, '(i0)') i
      name = 'hidden_'//trim(number)
   end function hidden

end module practice_networks
