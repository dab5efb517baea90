! Generated from kernels/fkb_spectral_kernels.fypp: edit that file and run tools/generate.py
!> The kernel of spectral normalisation: a matrix over its largest singular value.
module fkb_spectral_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: normalize_spectrum

contains

   !> W := W/sigma with sigma = v W u after power iterations v = W u/|W u|, u = v W/|v W|, so many.
   !> A matrix of zeros stays, and so does u then.
   !> Source: `SpectralNormalization.normalized_weights` of Keras 3.15; Miyato et al., Spectral
   !> normalization for generative adversarial networks, 2018, algorithm 1.
   pure subroutine normalize_spectrum(length, rows, iterations, shortest, matrix, u, v)
      integer, intent(in) :: length, rows, iterations
      real(wp), intent(in) :: shortest                  !! lower bound of the vectors' lengths
      real(wp), intent(inout) :: matrix(length, rows)   !! Keras's (rows, length)
      real(wp), intent(inout) :: u(length)
      real(wp), intent(out) :: v(rows)                  !! free to use
      real(wp) :: sigma
      integer :: i, r
      v = 0
      if (.not. any(abs(matrix) > 0)) return
      do i = 1, iterations
         do r = 1, rows
            v(r) = sum(u*matrix(:, r))
         end do
         call shorten(rows, shortest, v)
         u = 0
         do r = 1, rows
            u = u + v(r)*matrix(:, r)
         end do
         call shorten(length, shortest, u)
      end do
      sigma = 0
      do r = 1, rows
         sigma = sigma + v(r)*sum(u*matrix(:, r))
      end do
      matrix = matrix/sigma
   end subroutine normalize_spectrum

   !> A vector over its length.
   pure subroutine shorten(n, shortest, vector)
      integer, intent(in) :: n
      real(wp), intent(in) :: shortest
      real(wp), intent(inout) :: vector(n)
      vector = vector/max(sqrt(sum(vector**2)), shortest)
   end subroutine shorten

end module fkb_spectral_kernels_dp
