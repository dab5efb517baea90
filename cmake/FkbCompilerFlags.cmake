# Flags per compiler. -ffast-math is nowhere: it breaks NaN checks and reproducibility.

set(fkb_flags)            # every Fortran file of the library
set(fkb_kernel_flags)     # the elementwise kernels
set(fkb_fused_flags)      # where multiply and add may become one operation
set(fkb_warning_flags)
set(fkb_check_flags)

if(CMAKE_Fortran_COMPILER_ID STREQUAL "GNU")
  # Without -fno-semantic-interposition, -fPIC keeps gfortran from inlining public procedures.
  # Without -ffp-contract=off, a processor with fused multiply-add rounds a value in one way in the
  # body of a loop and in another in its tail.
  set(fkb_flags -std=f2018 -fno-semantic-interposition -ffp-contract=off)
  set(fkb_fused_flags -ffp-contract=fast)
  # Fortran has no errno, and no procedure of these files looks at a floating-point trap: with both
  # said, loops over polynomials with branches become vector code. The values stay the same.
  set(fkb_kernel_flags -fno-math-errno -fno-trapping-math)
  # What is left out: contracts make unused arguments (a layer gets the plan, the mode and the
  # cache, used or not); gfortran 12 takes the bounds of an array allocated by assignment and the
  # hidden length of a deferred-length string for uninitialised (the unit tests run under valgrind
  # instead); no function of ours has side effects, so that it does not matter whether the second
  # operand of `.and.` is evaluated.
  set(fkb_warning_flags -Wall -Wextra -Wimplicit-interface -pedantic -Wno-unused-dummy-argument
    -Wno-uninitialized -Wno-maybe-uninitialized -Wno-function-elimination)
  set(fkb_check_flags -O1 -g -fcheck=all -fcheck=no-array-temps -fbacktrace)
  set(fkb_native_flags -march=native)
  set(fkb_wide_flags -mprefer-vector-width=512)
  # Tuned for processors at large, gfortran leaves some products of fkb_gemm_panelled unfused, and by
  # default fuses chains in wide vectors only: a column would have other bits in a narrow product.
  set(fkb_level_flags -mtune=znver3 --param=avoid-fma-max-bits=0)
  set(fkb_level_3_flags -march=x86-64-v3 ${fkb_level_flags})
  set(fkb_level_4_flags -march=x86-64-v4 ${fkb_level_flags} ${fkb_wide_flags})
elseif(CMAKE_Fortran_COMPILER_ID STREQUAL "LLVMFlang")
  # CMake before 3.28 does not know that flang takes -fPIC.
  set(fkb_flags -std=f2018 -fPIC -ffp-contract=off)
  set(fkb_fused_flags -ffp-contract=fast)
  # Not -pedantic: it warns of what a later standard may change (move_alloc of a deferred-length
  # string). Views point to read-only arguments on purpose; nothing is written through them. fkb_math
  # says why it needs equivalence here.
  set(fkb_warning_flags -Wno-pointer-to-undefinable -Wno-equivalence-non-default-numeric)
  set(fkb_check_flags -O1 -g)
  set(fkb_native_flags -march=native)
  # Optional arguments of bind(c) procedures are Fortran 2018 and what a null pointer of C is; flang
  # calls them unportable and has no name to turn that off. gfortran checks these files.
  set(fkb_interface_flags -w)
else()
  message(STATUS "fkb: ${CMAKE_Fortran_COMPILER_ID} is not one of the tested compilers "
                 "(gfortran 12 and newer, flang 20 and newer)")
endif()

# Both compilers optimise fully only at -O3; CMake's Release of flang would be the same, said here
# so that one place states it.
set(CMAKE_Fortran_FLAGS_RELEASE "-O3")

if(CMAKE_Fortran_COMPILER_ID STREQUAL "GNU" AND CMAKE_Fortran_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR
    "fkb: gfortran ${CMAKE_Fortran_COMPILER_VERSION} is too old, 12 or newer is needed: "
    "install a newer one and say so with -DCMAKE_Fortran_COMPILER=gfortran-12")
endif()

# Whether the code may use the 32 vector registers of AVX-512.
function(fkb_ask_wide out)
  set(${out} "" PARENT_SCOPE)
  if(FKB_NATIVE)
    file(STRINGS /proc/cpuinfo avx512 REGEX "avx512f" LIMIT_COUNT 1)
    set(${out} "${avx512}" PARENT_SCOPE)
  endif()
endfunction()

# -march=native, with full vectors where the processor has AVX-512.
function(fkb_native_options out)
  set(options)
  if(FKB_NATIVE)
    set(options ${fkb_native_flags})
    fkb_ask_wide(wide)
    if(wide)
      list(APPEND options ${fkb_wide_flags})
    endif()
  endif()
  set(${out} ${options} PARENT_SCOPE)
endfunction()

# The library's flags for one target.
function(fkb_set_flags target)
  fkb_native_options(native)
  set(options ${fkb_flags} ${native} ${fkb_warning_flags})
  if(FKB_WERROR)
    list(APPEND options -Werror)
  endif()
  if(FKB_CHECKS)
    list(APPEND options ${fkb_check_flags})
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:Fortran>:${options}>)
endfunction()

# Extra flags for some of these sources: the level of kernels that are chosen at run time; vector code for the elementwise kernels, fused multiply-add
# for matrix products and for the polynomials, which are padded to whole vectors; the C interface;
# matrix products know of many registers.
function(fkb_set_source_flags)
  set(elementwise "/generated/[sd]p/fkb_(math|activation_|column_activations)")
  set(fused "/generated/[sd]p/fkb_(math|gemm|dense_kernels|conv_window_tiles|winograd)")
  fkb_ask_wide(wide)
  foreach(source IN LISTS ARGN)
    set(options)
    if(source MATCHES "/levels/v([134])/")
      set(options ${fkb_level_${CMAKE_MATCH_1}_flags})
    endif()
    if((wide OR source MATCHES "/levels/v4/") AND source MATCHES "/fkb_gemm_portable")
      list(APPEND options -DFKB_WIDE)
    endif()
    if(source MATCHES "${elementwise}")
      list(APPEND options ${fkb_kernel_flags})
    endif()
    if(source MATCHES "${fused}")
      list(APPEND options ${fkb_fused_flags})
    endif()
    if(source MATCHES "/c_api/")
      list(APPEND options ${fkb_interface_flags})
    endif()
    if(options)
      set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "${options}")
    endif()
  endforeach()
endfunction()
