!> How a layer puts integers into bins: TensorFlow's hash of their decimal digits.
module fkb_hash_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_fingerprint, only: decimal_text, fingerprint, keyed_hash, unsigned_remainder
   use fkb_kinds, only: i8
   use fkb_layer_options, only: refuse_option
   implicit none (type, external)
   private
   public :: read_salt, hash_bin

contains

   !> Read the option `salt`: nothing, a number, or two.
   subroutine read_salt(config, salted, salt, error)
      type(config_t), intent(inout) :: config
      logical, intent(out) :: salted
      integer(i8), intent(out) :: salt(2)
      type(error_t), allocatable, intent(out) :: error
      salt = 0
      salted = .true.
      select case (config%kind_of('salt'))
      case ('missing', 'null')
         salted = .false.
         call config%ignore('salt')
      case ('number')
         call config%get('salt', salt(1), error)
         salt(2) = salt(1)
      case ('array')
         if (config%count('salt') == 2) then
            call config%get('salt.0', salt(1), error)
            if (.not. allocated(error)) call config%get('salt.1', salt(2), error)
            call config%ignore('salt')
         else
            call refuse_option(config, 'salt', 'expected a number or two', error)
         end if
      case default
         call refuse_option(config, 'salt', 'expected a number or two', error)
      end select
   end subroutine read_salt

   !> The bin of a number: SipHash with the salt, FarmHash without.
   pure integer function hash_bin(number, bins, salted, salt) result(bin)
      integer(i8), intent(in) :: number
      integer, intent(in) :: bins                  !! at least 1
      logical, intent(in) :: salted
      integer(i8), intent(in) :: salt(2)
      character(20) :: text
      integer :: n
      call decimal_text(number, text, n)
      if (salted) then
         bin = unsigned_remainder(keyed_hash(salt, text(:n)), bins)
      else
         bin = unsigned_remainder(fingerprint(text(:n)), bins)
      end if
   end function hash_bin

end module fkb_hash_options
