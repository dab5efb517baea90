# The coupled model as libraries, for this example and for others that are about its El Nino:
# zebiak_cane_host (the model), zebiak_cane_files (netCDF, command line) and zebiak_cane_forecasts
# (months as networks know them; needs fkb::fkb). Included once or more. Without netcdf-fortran
# FKB_NETCDF_FORTRAN is false, and there are none.
if(TARGET zebiak_cane_host)
  return()
endif()
find_library(FKB_NETCDF_FORTRAN netcdff)
if(NOT FKB_NETCDF_FORTRAN)
  return()
endif()

set(zebiak_cane_folder "${CMAKE_CURRENT_LIST_DIR}")
# A library of files of this folder, with its modules where those who link to it find them.
function(add_zebiak_cane_library name)
  list(TRANSFORM ARGN PREPEND "${zebiak_cane_folder}/" OUTPUT_VARIABLE sources)
  add_library(${name} STATIC ${sources})
  set(modules "${CMAKE_CURRENT_BINARY_DIR}/${name}_modules")
  set_target_properties(${name} PROPERTIES Fortran_MODULE_DIRECTORY "${modules}"
    Fortran_PREPROCESS OFF)
  target_include_directories(${name} PUBLIC "${modules}")
  if(COMMAND fkb_set_flags)
    fkb_set_flags(${name})
  endif()
endfunction()
add_zebiak_cane_library(zebiak_cane_host atmosphere.f90 background.f90 grid.f90 mean_state.f90
  ocean.f90 random.f90 series.f90 sst.f90 stress.f90 subsurface.f90 surface_layer.f90
  zebiak_cane.f90)
add_zebiak_cane_library(zebiak_cane_files history.f90 netcdf_files.f90 netcdf_library.f90
  options.f90)
add_zebiak_cane_library(zebiak_cane_forecasts forecast_network.f90 nature.f90 tables.f90)
target_link_libraries(zebiak_cane_files PUBLIC zebiak_cane_host "${FKB_NETCDF_FORTRAN}")
target_link_libraries(zebiak_cane_forecasts PUBLIC zebiak_cane_files fkb::fkb)
