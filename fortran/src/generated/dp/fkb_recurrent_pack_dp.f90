! Generated from layers/fkb_recurrent_pack.fypp: edit that file and run tools/generate.py
!> The weights of a recurrent layer, packed for inference.
submodule(fkb_recurrent_dp) fkb_recurrent_pack_dp
   use fkb_gemm_panelled_dp, only: pack_panels, panelled_reals
   use fkb_packing, only: vectors_of
   implicit none (type, external)

contains

   module procedure pack
      integer(i8) :: bias, places(4), recurrent
      integer :: features, rows
      features = plan%in_shapes(1)%extent(1)
      rows = self%gates()*self%units
      places = packed_places(self, features)
      recurrent = 1 + int(rows, i8)*features
      bias = recurrent + int(rows, i8)*self%units
      packed(places(1):places(1) + size(weights) - bias) = weights(bias:)
      call pack_panels(rows, features, weights, packed(places(2):))
      call pack_panels(rows, self%units, weights(recurrent:), packed(places(3):))
   end procedure pack

   module procedure packed_places
      integer :: rows
      places = 0
      if (self%gates() == 3 .and. .not. self%reset_after) return
      rows = self%gates()*self%units
      places(1) = 1
      places(2) = 1
      if (self%use_bias) places(2) = 1 + vectors_of(merge(2, 1, self%gates() == 3)*rows)
      places(3) = places(2) + panelled_reals(rows, features)
      places(4) = places(3) + panelled_reals(rows, self%units) - 1
   end procedure packed_places

end submodule fkb_recurrent_pack_dp
