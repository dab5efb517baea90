!> Options of a layer: typed reading, defaults, paths, and the list of what nobody read.
module test_config
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: options = '{"units":8,"use_bias":false,"rate":0.1,"name":"a\nb",' &
      //'"seed":null,"axes":[1,-2],"axis":3,"shape":[null,4],"big":5000000000,"half":2.5,' &
      //'"activation":{"class_name":"LeakyReLU","config":{"negative_slope":0.3}},"tiny":1e-60}'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'config'
      call suite%add('each type of option is read', types_are_read)
      call suite%add('missing and null options take the default', defaults_are_taken)
      call suite%add('wrong options are refused by name and value', wrong_options_are_refused)
      call suite%add('lists are read, a scalar as a list of one', lists_are_read)
      call suite%add('paths lead into nested values', paths_lead_inside)
      call suite%add('options that nobody read are listed', unread_options_are_listed)
      call suite%add('options can be set and removed', options_can_be_changed)
      call suite%add('a copy is independent', copies_are_independent)
      call suite%add('what is no object makes no options', others_make_no_options)
   end subroutine collect

   subroutine make(config, failure)
      type(config_t), intent(out) :: config
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      call config_from_json(options, config, error)
      call check(failure,.not. allocated(error), 'the options are refused')
   end subroutine make

   subroutine types_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      integer :: units
      integer(i8) :: big
      logical :: use_bias
      real(sp) :: rate
      real(dp) :: rate_dp
      character(:), allocatable :: name
      call make(config, failure)
      call config%get('units', units, error)
      call check_equal(failure, units, 8, 'units')
      call config%get('big', big, error)
      call check_equal(failure, big, 5000000000_i8, 'big')
      call config%get('use_bias', use_bias, error)
      call check_equal(failure, use_bias, .false., 'use_bias')
      call config%get('rate', rate, error)
      call check_equal(failure, [rate], [0.1_sp], 'rate in real32')
      call config%get('rate', rate_dp, error)
      call check_equal(failure, [rate_dp], [0.1_dp], 'rate in real64')
      call config%get('units', rate_dp, error)
      call check_equal(failure, [rate_dp], [8.0_dp], 'an integer as a real')
      call config%get('tiny', rate, error)
      call check_equal(failure, [rate], [0.0_sp], 'what real32 rounds to zero')
      call config%get('name', name, error)
      call check_equal(failure, name, 'a'//achar(10)//'b', 'name')
      call config%get_raw('seed', name, error)
      call check_equal(failure, name, 'null', 'the raw text of null')
      call check(failure,.not. allocated(error), 'an option is refused')
      call check_equal(failure, config%kind_of('seed'), 'null', 'the kind of seed')
      call check_equal(failure, config%kind_of('none'), 'missing', 'the kind of none')
      call check_equal(failure, config%has('seed'), .false., 'whether seed is there')
      call check_equal(failure, config%has('axes'), .true., 'whether axes is there')
   end subroutine types_are_read

   subroutine defaults_are_taken(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      integer :: seed, values(3), n
      real(dp) :: rate
      logical :: flag
      character(:), allocatable :: text
      call make(config, failure)
      call config%get('seed', seed, error, 7)
      call check_equal(failure, seed, 7, 'the default of a null')
      call config%get('rates', rate, error, 0.5_dp)
      call check_equal(failure, [rate], [0.5_dp], 'the default of a real')
      call config%get('flag', flag, error, .true.)
      call check_equal(failure, flag, .true., 'the default of a logical')
      call config%get('text', text, error, 'x')
      call check_equal(failure, text, 'x', 'the default of a string')
      call config%get_list('list', values, n, error, [4, 5])
      call check_equal(failure, values(:n), [4, 5], 'the default of a list')
      call config%get('activation.config.threshold', rate, error, 1.0_dp)
      call check_equal(failure, [rate], [1.0_dp], 'the default inside an option')
      call check(failure,.not. allocated(error), 'a default is refused')
      call config%get('seed', seed, error)
      call check_message(failure, error, 'option "seed" is null, an integer is expected')
      call config%get('gain', rate, error)
      call check_message(failure, error, 'option "gain" is missing, a number is expected')
   end subroutine defaults_are_taken

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      integer :: number, values(1), n
      logical :: flag
      real(sp) :: rate
      character(:), allocatable :: text
      type(config_t) :: inner
      call make(config, failure)
      call config%get('half', number, error)
      call check_message(failure, error, 'option "half" is 2.5, an integer is expected')
      call config%get('big', number, error)
      call check_message(failure, error, 'option "big" is 5000000000, an integer is expected')
      call config%get('units', flag, error)
      call check_message(failure, error, 'option "units" is 8, true or false is expected')
      call config%get('use_bias', rate, error)
      call check_message(failure, error, 'option "use_bias" is false, a number is expected')
      call config%get('rate', text, error)
      call check_message(failure, error, 'option "rate" is 0.1, a string is expected')
      call config%get_list('axes', values, n, error)
      call check_message(failure, error, &
                         'option "axes" is [1,-2], a list of at most 1 integers is expected')
      call config%get_object('units', inner, error)
      call check_message(failure, error, 'option "units" is 8, an object is expected')
      call config%set('long', '"'//repeat('x', 200)//'"')
      call config%get('long', number, error)
      call check_message(failure, error, 'option "long" is "'//repeat('x', 59)// &
                         '..., an integer is expected')
      call config%set('huge', '1e300')
      call config%get('huge', rate, error)
      call check_message(failure, error, 'option "huge" is too large for real32')
   end subroutine wrong_options_are_refused

   subroutine lists_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      integer :: values(4), n
      real(dp) :: numbers(4)
      real(sp) :: singles(2)
      call make(config, failure)
      call config%get_list('axes', values, n, error)
      call check_equal(failure, values(:n), [1, -2], 'axes')
      call config%get_list('axis', values, n, error)
      call check_equal(failure, values(:n), [3], 'a scalar')
      call config%get_list('shape', values, n, error, null_value=-1)
      call check_equal(failure, values(:n), [-1, 4], 'a list with null')
      call config%get_list('axes', numbers, n, error)
      call check_equal(failure, numbers(:n), [1.0_dp, -2.0_dp], 'a list of reals')
      call config%get_list('axes', singles, n, error)
      call check_equal(failure, singles(:n), [1.0_sp, -2.0_sp], 'a list of real32')
      call check(failure,.not. allocated(error), 'a list is refused')
      call config%get_list('shape', values, n, error)
      call check(failure, allocated(error), 'a null is taken for an integer')
      call config%get_list('half', values, n, error)
      call check(failure, allocated(error), '2.5 is taken for an integer')
      call config%set('empty', '[]')
      call config%get_list('empty', values, n, error, [1])
      call check_equal(failure, n, 0, 'the length of an empty list')
   end subroutine lists_are_read

   subroutine paths_lead_inside(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config, activation
      type(error_t), allocatable :: error
      real(dp) :: slope
      integer :: axis
      call make(config, failure)
      config%keras_major = 2
      config%layer_name = 'dense'
      call config%get('activation.config.negative_slope', slope, error)
      call check_equal(failure, [slope], [0.3_dp], 'a nested number')
      call config%get('axes.1', axis, error)
      call check_equal(failure, axis, -2, 'an element')
      call check_equal(failure, config%kind_of('activation.config'), 'object', 'a nested kind')
      call check_equal(failure, config%count('axes'), 2, 'a length')
      call config%get_object('activation', activation, error)
      call check(failure,.not. allocated(error), 'the activation is refused')
      call check_equal(failure, activation%class_name, 'LeakyReLU', 'the class')
      call check_equal(failure, activation%layer_name, 'dense', 'the name of the layer')
      call check_equal(failure, activation%keras_major, 2, 'the Keras major')
      call activation%get('negative_slope', slope, error)
      call check_equal(failure, [slope], [0.3_dp], 'the option of the activation')
   end subroutine paths_lead_inside

   subroutine unread_options_are_listed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      character(:), allocatable :: names
      integer :: i
      real(dp) :: x
      call config_from_json('{"a":1,"b":{"c":2},"d":null,"e":4,"f":[1]}', config, error)
      call config%unread(names)
      call check_equal(failure, names, '"a", "b", "d", "e", "f"', 'what is unread at first')
      call config%get('a', i, error)
      call config%get('b.c', x, error)
      call config%get('d', i, error, 3)
      call config%ignore('e zzz')
      call check(failure, config%has('f'), 'f is not there')
      call config%unread(names)
      call check_equal(failure, names, '"f"', 'what is unread')
      call config%get('f.7', i, error, 1)
      call config%unread(names)
      call check_equal(failure, names, '', 'what is unread in the end')
   end subroutine unread_options_are_listed

   subroutine options_can_be_changed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      character(12) :: key
      character(:), allocatable :: names
      integer :: i, value
      do i = 1, 100
         write (key, '(a,i0)') 'k', i
         call config%set(trim(key), '1')
      end do
      do i = 1, 100
         write (key, '(a,i0)') 'k', i
         if (i /= 50) call config%remove(trim(key))
      end do
      call config%remove('none')
      call config%unread(names)
      call check_equal(failure, names, '"k50"', 'what is left')
      call config%set('k50', '7')
      call config%get('k50', value, error)
      call check_equal(failure, value, 7, 'the new value')
   end subroutine options_can_be_changed

   subroutine copies_are_independent(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config, copy
      type(error_t), allocatable :: error
      integer :: units
      call make(config, failure)
      copy = config
      call config%set('units', '9')
      call config%remove('rate')
      call copy%get('units', units, error)
      call check_equal(failure, units, 8, 'units of the copy')
      call check_equal(failure, copy%has('rate'), .true., 'whether the copy has a rate')
      copy = config
      call check_equal(failure, copy%has('rate'), .false., 'whether the second copy has a rate')
   end subroutine copies_are_independent

   subroutine others_make_no_options(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(config_t) :: config
      type(error_t), allocatable :: error
      call config_from_json('[1]', config, error)
      call check(failure, allocated(error), 'an array makes options')
      call config_from_json('{"a":1', config, error)
      call check(failure, allocated(error), 'half an object makes options')
      call config_from_json('{"a":1} 2', config, error)
      call check(failure, allocated(error), 'text after the object is accepted')
   end subroutine others_make_no_options

   !> An error with this message.
   subroutine check_message(failure, error, message)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: message
      call check(failure, allocated(error), 'no error: '//message)
      if (allocated(error)) call check_equal(failure, error%message, message, 'the message')
   end subroutine check_message

end module test_config
