!> Steps that are no straight lines, from their JSON objects in the file.
module fkb_port_curves
   use fkb_config, only: config_from_json, config_t
   use fkb_curve, only: step_exp, step_exp10, step_interpolate, step_power
   use fkb_error, only: error_t, fkb_err_format, raise
   use fkb_kinds, only: dp
   use fkb_port, only: step_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: read_curve

   !> Most values of a table.
   integer, parameter :: most_knots = 100000

contains

   !> Read one step. Raises an error for unknown members and values without an inverse.
   subroutine read_curve(json, kind, elements, step, error)
      character(*), intent(in) :: json
      integer, intent(in) :: kind                    !! `step_log10` ...
      integer, intent(in) :: elements                !! of the axis where the step stands
      type(step_t), intent(out) :: step
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: options
      character(:), allocatable :: names
      integer :: n, range(2)
      step%kind = kind
      call config_from_json(json, options, error)
      if (.not. allocated(error)) call options%get_list('range', range, n, error, &
         default=[0, elements])
      if (allocated(error)) return
      if (n /= 2 .or. range(1) < 0 .or. range(2) <= range(1) .or. range(2) > elements) then
         call raise(error, fkb_err_format, 'range must be two positions that enclose some of '// &
            'the '//decimal(elements)//' elements')
         return
      end if
      allocate (step%acts(elements), source=.false.)
      step%acts(range(1) + 1:range(2)) = .true.
      allocate (step%values(elements), source=1.0_dp)
      associate (values => step%values(range(1) + 1:range(2)))
         select case (kind)
         case (step_interpolate)
            call read_table(options, step, error)
         case (step_exp, step_exp10)
            call read_values(options, 'factor', values, error)
            if (.not. allocated(error) .and. any(.not. abs(values) > 0)) call raise(error, &
               fkb_err_format, 'factor must not be 0')
         case (step_power)
            call read_values(options, 'exponent', values, error)
            if (.not. allocated(error) .and. any(.not. values > 0)) call raise(error, &
               fkb_err_format, 'exponent must be positive')
         case default
            call read_values(options, 'floor', values, error)
            if (.not. allocated(error) .and. any(.not. values > 0)) call raise(error, &
               fkb_err_format, 'floor must be positive')
         end select
      end associate
      if (allocated(error)) return
      call options%unread(names)
      if (len(names) > 0) call raise(error, fkb_err_format, 'unknown members '//names)
   end subroutine read_curve

   !> One number for all elements of the range, or one for each.
   subroutine read_values(options, key, values, error)
      type(config_t), intent(inout) :: options
      character(*), intent(in) :: key
      real(dp), intent(inout) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      logical :: listed
      integer :: n
      listed = options%kind_of(key) == 'array'
      call options%get_list(key, values, n, error)
      if (allocated(error)) return
      if (.not. listed) then
         values = values(1)
      else if (n /= size(values)) then
         call raise(error, fkb_err_format, key//' has '//decimal(n)//' values, '// &
            decimal(size(values))//' are expected')
      end if
   end subroutine read_values

   subroutine read_table(options, step, error)
      type(config_t), intent(inout) :: options
      type(step_t), intent(inout) :: step
      type(error_t), allocatable, intent(out) :: error
      real(dp), allocatable :: x(:), y(:)
      integer :: n, n_y
      allocate (x(most_knots), y(most_knots))
      call options%get_list('x', x, n, error)
      if (.not. allocated(error)) call options%get_list('y', y, n_y, error)
      if (allocated(error)) return
      step%knots = x(:n)
      step%levels = y(:n_y)
      if (n < 2 .or. n /= n_y) then
         call raise(error, fkb_err_format, 'x and y must be lists of one length, at least 2')
      else if (any(x(2:n) <= x(:n - 1))) then
         call raise(error, fkb_err_format, 'x must ascend')
      else if (.not. (all(y(2:n) > y(:n - 1)) .or. all(y(2:n) < y(:n - 1)))) then
         call raise(error, fkb_err_format, 'y must ascend or descend')
      end if
   end subroutine read_table

end module fkb_port_curves
