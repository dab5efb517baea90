! Generated from train/fkb_ssim.fypp: edit that file and run tools/generate.py
!> Structural similarity as a loss of images.
module fkb_ssim_sp
   use fkb_batch_sp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: loss_t, weight_of_sample
   use fkb_shape, only: shape_t
   use fkb_ssim_kernels_sp, only: gaussian_window, similarity
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: ssim_t

   !> 1 - the structural similarity of two images, the mean over their channels; outputs are images
   !> of shape (channels, width, height), Keras's (height, width, channels). Source: Wang et al.
   !> (2004), in the form of TensorFlow's `tf.image.ssim`. In files: `fkb>SSIM`.
   type, extends(loss_t) :: ssim_t
      real(dp) :: max_val = 1                     !! range of the values, largest less smallest
      integer :: filter_size = 11                 !! pixels of the window along an edge
      real(dp) :: filter_sigma = 1.5_dp           !! width of its Gaussian, pixels
      real(dp) :: k1 = 0.01_dp, k2 = 0.03_dp      !! of the constants (k max_val)^2
   contains
      procedure :: evaluate
      procedure :: looks_ahead
      procedure :: begin_batch
      procedure :: configure
      procedure :: keras_name
      procedure :: keras_options
   end type ssim_t

contains

   pure logical function looks_ahead(self)
      class(ssim_t), intent(in) :: self
      looks_ahead = .true.
   end function looks_ahead

   !> Outputs must be images at least as large as the window.
   subroutine begin_batch(self, batch, shape, y_true, mask, error)
      class(ssim_t), intent(inout) :: self
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(inout), contiguous :: mask(:, :)
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = shape%rank == 3
      if (fits) fits = min(shape%extent(2), shape%extent(3)) >= self%filter_size
      if (.not. fits) call raise(error, fkb_err_argument, 'the loss "SSIM" takes images of at'// &
         ' least '//decimal(self%filter_size)//' by '//decimal(self%filter_size)//' pixels'// &
         ' (filter_size), an output has the shape '//shape%text())
   end subroutine begin_batch

   !> One value for an image.
   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(ssim_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(dp), allocatable :: p(:, :), slope(:, :), t(:, :), window(:)
      real(dp) :: one, weight
      integer :: channel, channels, j, nx, ny
      channels = shape%extent(1)
      nx = shape%extent(2)
      ny = shape%extent(3)
      allocate (p(nx, ny), t(nx, ny), slope(nx, ny), window(self%filter_size))
      call gaussian_window(self%filter_size, self%filter_sigma, window)
      value = 0
      do j = 1, size(y_pred, 2)
         weight = weight_of_sample(self, sample_weight(:, j), 1)
         do channel = 1, channels
            t = reshape(real(y_true(channel::channels, j), dp), [nx, ny])
            p = reshape(real(y_pred(channel::channels, j), dp), [nx, ny])
            call similarity(nx, ny, self%filter_size, window, (self%k1*self%max_val)**2, &
                            (self%k2*self%max_val)**2, t, p, one, slope)
            value = value + weight*(1 - one)/channels
            grad(channel::channels, j) = real(-weight/channels*reshape(slope, [nx*ny]), wp)
         end do
      end do
   end subroutine evaluate

   subroutine configure(self, config, error)
      class(ssim_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
      if (.not. allocated(error)) call config%get('max_val', self%max_val, error, default=1.0_dp)
      if (.not. allocated(error)) call config%get('filter_size', self%filter_size, error, &
                                                  default=11)
      if (.not. allocated(error)) call config%get('filter_sigma', self%filter_sigma, error, &
                                                  default=1.5_dp)
      if (.not. allocated(error)) call config%get('k1', self%k1, error, default=0.01_dp)
      if (.not. allocated(error)) call config%get('k2', self%k2, error, default=0.03_dp)
      if (allocated(error)) return
      if (self%filter_size < 1 .or. .not. (self%max_val > 0 .and. self%filter_sigma > 0 .and. &
                                           min(self%k1, self%k2) > 0)) then
         call raise(error, fkb_err_argument, 'the options of the loss "SSIM" must be positive')
      end if
   end subroutine configure

   pure function keras_name(self) result(name)
      class(ssim_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'fkb>SSIM'
   end function keras_name

   pure function keras_options(self) result(json)
      class(ssim_t), intent(in) :: self
      character(:), allocatable :: json
      json = ',"max_val":'//json_real_text(self%max_val)//',"filter_size":'// &
         decimal(self%filter_size)//',"filter_sigma":'//json_real_text(self%filter_sigma)// &
         ',"k1":'//json_real_text(self%k1)//',"k2":'//json_real_text(self%k2)
   end function keras_options

end module fkb_ssim_sp
