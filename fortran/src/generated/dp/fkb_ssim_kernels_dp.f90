! Generated from kernels/fkb_ssim_kernels.fypp: edit that file and run tools/generate.py
!> Structural similarity of two images of one channel, and its derivative.
!>
!> Source: Wang, Bovik, Sheikh and Simoncelli (2004), IEEE Trans. Image Process. 13; borders and the
!> Gaussian window as in TensorFlow's `tf.image.ssim`. Computed in real64 in either kind, because
!> variances are differences of large numbers.
module fkb_ssim_kernels_dp
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: gaussian_window, similarity

contains

   !> A normal distribution at n places, with the sum 1.
   pure subroutine gaussian_window(n, sigma, window)
      integer, intent(in) :: n
      real(dp), intent(in) :: sigma               !! in pixels
      real(dp), intent(out) :: window(n)
      integer :: i
      do i = 1, n
         window(i) = exp(-0.5_dp*((i - 0.5_dp*(n + 1))/sigma)**2)
      end do
      window = window/sum(window)
   end subroutine gaussian_window

   !> The mean over all windows of L C: L = (2uv + c1)/(u^2 + v^2 + c1),
   !> C = (2 s - 2uv + c2)/(q - u^2 - v^2 + c2), where u, v, s, q are the windowed means of p, t,
   !> p t and p^2 + t^2; and its derivative by p.
   pure subroutine similarity(nx, ny, n, window, c1, c2, t, p, value, grad)
      integer, intent(in) :: nx, ny               !! pixels
      integer, intent(in) :: n                    !! places of the window, at most nx and ny
      real(dp), intent(in) :: window(n)
      real(dp), intent(in) :: c1, c2
      real(dp), intent(in) :: t(nx, ny), p(nx, ny)
      real(dp), intent(out) :: value
      real(dp), intent(out) :: grad(nx, ny)
      real(dp), dimension(nx - n + 1, ny - n + 1) :: u, v, s, q, l, c, e
      real(dp) :: part(nx, ny), scale
      call windowed(nx, ny, n, window, p, u)
      call windowed(nx, ny, n, window, t, v)
      call windowed(nx, ny, n, window, p*t, s)
      call windowed(nx, ny, n, window, p**2 + t**2, q)
      l = (2*u*v + c1)/(u**2 + v**2 + c1)
      e = q - u**2 - v**2 + c2
      c = (2*s - 2*u*v + c2)/e
      scale = 1.0_dp/size(u)
      value = scale*sum(l*c)
      ! dL = (2v - 2u L)/(u^2 + v^2 + c1) du, dC = (2 ds - 2v du - C (dq - 2u du))/E
      call spread_back(nx, ny, n, window, &
                       scale*(c*(2*v - 2*u*l)/(u**2 + v**2 + c1) + l*(2*u*c - 2*v)/e), grad)
      call spread_back(nx, ny, n, window, scale*2*l/e, part)
      grad = grad + part*t
      call spread_back(nx, ny, n, window, -scale*l*c/e, part)
      grad = grad + 2*part*p
   end subroutine similarity

   !> Means under the window at all places where it lies within the image.
   pure subroutine windowed(nx, ny, n, window, image, mean)
      integer, intent(in) :: nx, ny, n
      real(dp), intent(in) :: window(n), image(nx, ny)
      real(dp), intent(out) :: mean(nx - n + 1, ny - n + 1)
      real(dp) :: rows(nx - n + 1, ny)
      integer :: k
      rows = 0
      do k = 1, n
         rows = rows + window(k)*image(k:k + nx - n, :)
      end do
      mean = 0
      do k = 1, n
         mean = mean + window(k)*rows(:, k:k + ny - n)
      end do
   end subroutine windowed

   !> The transpose of `windowed`.
   pure subroutine spread_back(nx, ny, n, window, mean, image)
      integer, intent(in) :: nx, ny, n
      real(dp), intent(in) :: window(n), mean(nx - n + 1, ny - n + 1)
      real(dp), intent(out) :: image(nx, ny)
      real(dp) :: rows(nx - n + 1, ny)
      integer :: k
      rows = 0
      do k = 1, n
         rows(:, k:k + ny - n) = rows(:, k:k + ny - n) + window(k)*mean
      end do
      image = 0
      do k = 1, n
         image(k:k + nx - n, :) = image(k:k + nx - n, :) + window(k)*rows
      end do
   end subroutine spread_back

end module fkb_ssim_kernels_dp
