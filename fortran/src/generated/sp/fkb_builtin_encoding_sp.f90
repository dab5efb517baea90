! Generated from layers/fkb_builtin_encoding.fypp: edit that file and run tools/generate.py
!> Encoding and lookup of categories.
module fkb_builtin_encoding_sp
   use fkb_category_encoding_sp, only: category_encoding_t
   use fkb_discretization_sp, only: discretization_t
   use fkb_embedding_sp, only: embedding_t
   use fkb_error, only: error_t
   use fkb_hashed_crossing_sp, only: hashed_crossing_t
   use fkb_hashing_sp, only: hashing_t
   use fkb_integer_lookup_sp, only: integer_lookup_t
   use fkb_registry_sp, only: registry_t
   implicit none (type, external)
   private
   public :: add_encoding_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_encoding_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('CategoryEncoding', category_encoding_t(), error)
      call registry%put('Discretization', discretization_t(), error)
      call registry%put('Hashing', hashing_t(), error)
      call registry%put('HashedCrossing', hashed_crossing_t(), error)
      call registry%put('IntegerLookup', integer_lookup_t(), error)
      call registry%put('ReversibleEmbedding', embedding_t(reversible=.true.), error)
   end subroutine add_encoding_layers

end module fkb_builtin_encoding_sp
