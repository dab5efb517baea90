# Kernels compiled for several levels of the x86-64 psABI, of which the library chooses one when it is
# loaded (docs/decisions/0030-kernels-for-several-processors.md). Sets fkb_levels.
include(CheckLanguage)

# The file that looks at the processor is in C. Not with flang: its preprocessor breaks long lines,
# in which CMake then finds no names of modules.
set(fkb_levels_default OFF)
set(fkb_levels_possible OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" AND DEFINED fkb_level_3_flags)
  set(fkb_levels_possible ON)
  check_language(C)
  if(CMAKE_C_COMPILER)
    set(fkb_levels_default ON)
  endif()
endif()
option(FKB_LEVELS "Without FKB_NATIVE: kernels for three kinds of x86-64, chosen at run time"
       ${fkb_levels_default})
if(FKB_LEVELS AND NOT FKB_NATIVE AND NOT fkb_levels_possible)
  message(FATAL_ERROR "fkb: FKB_LEVELS needs gfortran on x86-64; build with -DFKB_NATIVE=ON for this "
    "processor, or with -DFKB_LEVELS=OFF for any")
endif()
set(fkb_levels OFF)
if(FKB_LEVELS AND NOT FKB_NATIVE)
  set(fkb_levels ON)
  enable_language(C)
endif()

# The names of the generated modules that are kernels, in both precisions.
function(fkb_kernel_modules out)
  file(GLOB templates CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/fortran/templates/kernels/*.fypp"
    "${PROJECT_SOURCE_DIR}/fortran/templates/train/*_kernels.fypp")
  set(modules)
  foreach(template IN LISTS templates)
    get_filename_component(name "${template}" NAME_WE)
    list(APPEND modules ${name}_sp ${name}_dp)
  endforeach()
  set(${out} ${modules} PARENT_SCOPE)
endfunction()

# In this list of sources, put three files in the place of each kernel module, and its chooser. Such a
# file includes the kernel's source, after macros that put _v1, _v3 or _v4 at the end of all their
# names: debuggers and messages point to the one source.
function(fkb_use_levels sources)
  fkb_kernel_modules(modules)
  set(kept)
  set(kernels)
  foreach(source IN LISTS ${sources})
    get_filename_component(name "${source}" NAME_WE)
    if(name IN_LIST modules)
      list(APPEND kernels "${source}")
    else()
      list(APPEND kept "${source}")
    endif()
  endforeach()
  foreach(level IN ITEMS v1 v3 v4)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/levels/${level}")
    set(macros)
    foreach(module IN LISTS modules)
      string(APPEND macros "#define ${module} ${module}_${level}\n")
    endforeach()
    file(CONFIGURE OUTPUT "${folder}/names.h" CONTENT "${macros}" @ONLY)
    foreach(kernel IN LISTS kernels)
      file(RELATIVE_PATH path "${CMAKE_CURRENT_SOURCE_DIR}/src" "${kernel}")
      string(REGEX REPLACE "[.][^.]*$" ".F90" path "${path}")
      file(CONFIGURE OUTPUT "${folder}/${path}" @ONLY
        CONTENT "#include \"${folder}/names.h\"\n#include \"${kernel}\"\n")
      list(APPEND kept "${folder}/${path}")
    endforeach()
  endforeach()
  file(GLOB_RECURSE choosers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/levels/*.f90")
  set_source_files_properties(${choosers} PROPERTIES Fortran_PREPROCESS OFF)
  set(${sources} ${kept} ${choosers} PARENT_SCOPE)
endfunction()
