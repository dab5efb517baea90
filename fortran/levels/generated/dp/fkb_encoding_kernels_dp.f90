! Generated from kernels/fkb_encoding_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_encoding_kernels_dp`, each compiled for several processors.
module fkb_encoding_kernels_dp
   use fkb_encodings, only: encode_int
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: encode
   public :: encode_weighted
   public :: weighted_backward
   public :: first_large
   public :: first_strange

   interface
      module pure subroutine encode(mode, depth, indices, vectors, index, y)
         integer, intent(in) :: mode
         integer, intent(in) :: depth, indices, vectors
         real(wp), intent(in) :: index(vectors, indices)
         real(wp), intent(out) :: y(merge(1, depth, mode == encode_int), vectors)
      end subroutine encode

      module pure subroutine encode_weighted(depth, indices, index, weight, y)
         integer, intent(in) :: depth, indices
         real(wp), intent(in) :: index(indices), weight(indices)
         real(wp), intent(out) :: y(depth)
      end subroutine encode_weighted

      module pure subroutine weighted_backward(depth, indices, index, dy, dweight)
         integer, intent(in) :: depth, indices
         real(wp), intent(in) :: index(indices), dy(depth)
         real(wp), intent(out) :: dweight(indices)
      end subroutine weighted_backward

      module pure integer function first_strange(n, x) result(first)
         integer, intent(in) :: n
         real(wp), intent(in) :: x(n)
      end function first_strange

      module pure integer function first_large(n, x) result(first)
         integer, intent(in) :: n
         real(wp), intent(in) :: x(n)
      end function first_large
   end interface

end module fkb_encoding_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_encoding_kernels_dp) fkb_encoding_kernels_levels_dp
   use fkb_encoding_kernels_dp_v1, only: encode_v1 => encode, &
      encode_weighted_v1 => encode_weighted, weighted_backward_v1 => weighted_backward, &
      first_strange_v1 => first_strange, first_large_v1 => first_large
   use fkb_encoding_kernels_dp_v3, only: encode_v3 => encode, &
      encode_weighted_v3 => encode_weighted, weighted_backward_v3 => weighted_backward, &
      first_strange_v3 => first_strange, first_large_v3 => first_large
   use fkb_encoding_kernels_dp_v4, only: encode_v4 => encode, &
      encode_weighted_v4 => encode_weighted, weighted_backward_v4 => weighted_backward, &
      first_strange_v4 => first_strange, first_large_v4 => first_large
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure encode
      select case (code_level)
      case (4)
         call encode_v4(mode, depth, indices, vectors, index, y)
      case (3)
         call encode_v3(mode, depth, indices, vectors, index, y)
      case default
         call encode_v1(mode, depth, indices, vectors, index, y)
      end select
   end procedure encode

   module procedure encode_weighted
      select case (code_level)
      case (4)
         call encode_weighted_v4(depth, indices, index, weight, y)
      case (3)
         call encode_weighted_v3(depth, indices, index, weight, y)
      case default
         call encode_weighted_v1(depth, indices, index, weight, y)
      end select
   end procedure encode_weighted

   module procedure weighted_backward
      select case (code_level)
      case (4)
         call weighted_backward_v4(depth, indices, index, dy, dweight)
      case (3)
         call weighted_backward_v3(depth, indices, index, dy, dweight)
      case default
         call weighted_backward_v1(depth, indices, index, dy, dweight)
      end select
   end procedure weighted_backward

   module procedure first_strange
      select case (code_level)
      case (4)
         first = first_strange_v4(n, x)
      case (3)
         first = first_strange_v3(n, x)
      case default
         first = first_strange_v1(n, x)
      end select
   end procedure first_strange

   module procedure first_large
      select case (code_level)
      case (4)
         first = first_large_v4(n, x)
      case (3)
         first = first_large_v3(n, x)
      case default
         first = first_large_v1(n, x)
      end select
   end procedure first_large

end submodule fkb_encoding_kernels_levels_dp
