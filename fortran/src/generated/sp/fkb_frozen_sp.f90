! Generated from network/fkb_frozen.fypp: edit that file and run tools/generate.py
!> What a network that is frozen for inference holds: its weights as its layers read them.
!>
!> While a network is frozen its vector `params` is not allocated: packed copies of weights that
!> change under them would be wrong answers.
module fkb_frozen_sp
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: frozen_t

   !> The frozen form, made by `freeze` of a network.
   type :: frozen_t
      logical :: on = .false.                       !! whether the network is frozen
      real(wp), allocatable :: weights(:)           !! what `params` holds otherwise
      real(wp), allocatable :: packed(:)            !! what nodes packed, one after another
      integer(i8), allocatable :: first(:)          !! per node: of its part; 0 where it has none
      integer(i8), allocatable :: last(:)           !! per node: of its part
      logical, allocatable :: folded(:)             !! per node: packed with the node before it
      integer(i8) :: key = 0                        !! the graph's when it is not frozen
   end type frozen_t

end module fkb_frozen_sp
