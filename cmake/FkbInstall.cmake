# Install the libraries, the modules, the C header, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

install(TARGETS fkb_static fkb_shared EXPORT fkb-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# Submodule files (*.smod of gfortran, parent-child.mod of flang) are of no use to a host, nor are
# the kernels of one level.
install(DIRECTORY "${PROJECT_BINARY_DIR}/include/fkb/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fkb
  FILES_MATCHING PATTERN "*.mod" PATTERN "*-*.mod" EXCLUDE PATTERN "*_v[134].mod" EXCLUDE)

set(fkb_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fkb)
install(EXPORT fkb-targets NAMESPACE fkb:: DESTINATION ${fkb_package_dir})
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/fkb-config.cmake.in"
  "${PROJECT_BINARY_DIR}/cmake/fkb-config.cmake" INSTALL_DESTINATION ${fkb_package_dir})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/fkb-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/fkb-config.cmake"
  "${PROJECT_BINARY_DIR}/cmake/fkb-config-version.cmake" DESTINATION ${fkb_package_dir})

# pkg-config: the paths are relative to the file, so that an installed tree can be moved.
set(fkb_pc_private)
if(fkb_blas_found)
  foreach(library IN LISTS BLAS_LIBRARIES)
    get_filename_component(directory "${library}" DIRECTORY)
    get_filename_component(name "${library}" NAME_WE)
    string(REGEX REPLACE "^lib" "" name "${name}")
    if(directory AND NOT directory IN_LIST CMAKE_Fortran_IMPLICIT_LINK_DIRECTORIES)
      string(APPEND fkb_pc_private " -L${directory}")
    endif()
    string(APPEND fkb_pc_private " -l${name}")
  endforeach()
endif()
if(fkb_openmp_found)
  string(APPEND fkb_pc_private " ${OpenMP_Fortran_FLAGS}")
endif()
foreach(library IN LISTS CMAKE_Fortran_IMPLICIT_LINK_LIBRARIES)
  if(library MATCHES "^(gfortran|quadmath|flang_rt.*|FortranRuntime|m)$")
    string(APPEND fkb_pc_private " -l${library}")
  endif()
endforeach()
file(RELATIVE_PATH fkb_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" fkb_pc_up "${fkb_pc_up}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/fkb.pc.in" "${PROJECT_BINARY_DIR}/cmake/fkb.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cmake/fkb.pc"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The same for hosts built with make.
file(RELATIVE_PATH fkb_mk_up "/prefix/${CMAKE_INSTALL_DATADIR}/fkb" "/prefix")
string(REGEX REPLACE "/$" "" fkb_mk_up "${fkb_mk_up}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/fkb.mk.in" "${PROJECT_BINARY_DIR}/cmake/fkb.mk" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cmake/fkb.mk" DESTINATION ${CMAKE_INSTALL_DATADIR}/fkb)
