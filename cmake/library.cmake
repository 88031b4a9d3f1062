# loom_library(<folder> LINK <target>...): the static library loom_<folder> of src/<folder>, called from there.
#
# Its sources are all .cpp files of the folder but the kernel-side ones, which are compiled at run time.
function(loom_library FOLDER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  list(FILTER sources EXCLUDE REGEX "/(kernels|kernel_api)/")
  if(NOT sources)  # a folder with headers only is a library too
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/headers_only.cpp)
    file(TOUCH ${sources})
  endif()
  add_library(loom_${FOLDER} STATIC ${sources})
  target_include_directories(loom_${FOLDER} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(loom_${FOLDER} PUBLIC ${arg_LINK})
endfunction()
