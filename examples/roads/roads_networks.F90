!> The auto-encoders VGG10, VGG12 and VGG16 of Kebir et al. (2021) with the builder.
!>
!> Convolutions of 3x3 with relu; a maximum over 2x2 after each stage of the encoder, every pixel
!> four times before each stage of the decoder; a sigmoid says how likely each pixel is road.
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module roads_networks
   use fkb_layers, only: conv2d, input_layer, max_pooling2d, up_sampling2d
   use FKB_KIND, only: error_t, fkb_err_argument, model_t, network_t, raise
   implicit none (type, external)
   private
   public :: build_network

   !> The width of the first stage as published; other widths are in proportion.
   integer, parameter, public :: full_width = 64

   !> The stages of an encoder and its mirror, the decoder.
   type :: stages_t
      integer, allocatable :: filters(:)     !! of each stage of the encoder
      integer, allocatable :: down(:)        !! convolutions of each stage of the encoder
      integer, allocatable :: up(:)          !! of the decoder, innermost first
   end type stages_t

contains

   !> The stages of a network.
   subroutine find_stages(name, stages, error)
      character(*), intent(in) :: name
      type(stages_t), intent(out) :: stages
      type(error_t), allocatable, intent(out) :: error
      select case (name)
      case ('vgg10')
         stages%filters = [64, 128, 256, 512]
         stages%down = [1, 1, 1, 1]
         stages%up = [1, 1, 1, 1]
      case ('vgg12')
         stages%filters = [64, 128, 256, 512]
         stages%down = [1, 1, 3, 1]
         stages%up = [2, 2, 1, 1]
      case ('vgg16')
         stages%filters = [64, 128, 256, 512, 512]
         stages%down = [2, 2, 3, 3, 3]
         stages%up = [3, 3, 3, 2, 2]
      case default
         call raise(error, fkb_err_argument, 'the network is vgg10, vgg12 or vgg16, not '//name)
      end select
   end subroutine find_stages

   !> Build a network with first weights of a seed.
   subroutine build_network(name, width, edge, optimizer, initializer, seed, net, error)
      character(*), intent(in) :: name           !! `vgg10`, `vgg12`, `vgg16`
      integer, intent(in) :: width               !! filters of the first stage, 64 as published
      integer, intent(in) :: edge                !! of a tile, in pixels
      character(*), intent(in) :: optimizer      !! a name or Keras's JSON
      character(*), intent(in) :: initializer    !! of the kernels
      integer, intent(in) :: seed
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      type(stages_t) :: stages
      integer :: filters, i, k
      call find_stages(name, stages, error)
      if (allocated(error)) return
      if (mod(edge, 2**size(stages%filters)) /= 0 .or. edge < 1) then
         call raise(error, fkb_err_argument, name//' halves a tile again and again: its edge'// &
                    ' must be a multiple of 16, of 32 for vgg16')
         return
      end if
      call model%add(input_layer(shape=[edge, edge, 3], name='tile'))
      do i = 1, size(stages%filters)
         do k = 1, stages%down(i)
            filters = stages%filters(i)*width/full_width
            call model%add(conv2d(filters, [3, 3], padding='same', activation='relu', &
                                  kernel_initializer=initializer))
         end do
         call model%add(max_pooling2d([2, 2]))
      end do
      do i = 1, size(stages%up)
         call model%add(up_sampling2d([2, 2]))
         do k = 1, stages%up(i)
            filters = stages%filters(size(stages%up) + 1 - i)*width/full_width
            call model%add(conv2d(filters, [3, 3], padding='same', activation='relu', &
                                  kernel_initializer=initializer))
         end do
      end do
      call model%add(conv2d(1, [3, 3], padding='same', activation='sigmoid', &
                            kernel_initializer=initializer, name='road'))
      call model%compile(optimizer, 'binary_crossentropy')
      call model%build(net, error, seed=seed)
   end subroutine build_network

end module roads_networks
