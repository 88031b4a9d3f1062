# loom_library(<folder> [OBJECTS] LINK <target>...): the library loom_<folder> of src/<folder>, called from there.
#
# Its sources are all .cpp files of the folder but the kernel-side ones, which are compiled at run time. With OBJECTS they
# are compiled into loom_<folder>_objects, for loom_engine().
function(loom_library FOLDER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OBJECTS" "" "LINK")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  list(FILTER sources EXCLUDE REGEX "/(kernels|kernel_api)/")
  if(NOT sources)  # a folder with headers only is a library too
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/headers_only.cpp)
    file(TOUCH ${sources})
  endif()
  if(arg_OBJECTS)
    set(target loom_${FOLDER}_objects)
    add_library(${target} OBJECT ${sources})
    add_library(loom_${FOLDER} INTERFACE)
    target_include_directories(loom_${FOLDER} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(loom_${FOLDER} INTERFACE ${arg_LINK})
  else()
    set(target loom_${FOLDER})
    add_library(${target} STATIC ${sources})
  endif()
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${arg_LINK})
endfunction()

# loom_engine(<folder>...): the objects of those folders as one library, loom_engine.
#
# Release builds optimise it across files (LOOM_IPO): here, once, and not again for each program that is linked with it,
# which would be a good part of a build.
function(loom_engine)
  list(TRANSFORM ARGN REPLACE "(.+)" "loom_\\1_objects" OUTPUT_VARIABLE libraries)
  list(TRANSFORM libraries REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  if(LOOM_IPO AND CMAKE_BUILD_TYPE STREQUAL Release)
    set_target_properties(${libraries} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
    set(engine ${CMAKE_CURRENT_BINARY_DIR}/engine.o)
    # g++ spreads the work over the CPUs by make; without that it warns of parts one after another, so it gets one part.
    find_program(LOOM_MAKE make)
    set(parts $<IF:$<BOOL:${LOOM_MAKE}>,-flto=auto,-flto-partition=one>)
    add_custom_command(
      OUTPUT ${engine}
      COMMAND ${CMAKE_CXX_COMPILER} -O2 -fPIC ${parts} -r -flinker-output=nolto-rel -o ${engine} ${objects}
      DEPENDS ${libraries} ${objects}
      COMMENT "Optimising the engine across its files"
      COMMAND_EXPAND_LISTS VERBATIM)
    set(objects ${engine})
  endif()
  add_library(loom_engine STATIC ${objects})
  set_target_properties(loom_engine PROPERTIES LINKER_LANGUAGE CXX)
  list(TRANSFORM libraries REPLACE "(.+)" "$<TARGET_PROPERTY:\\1,LINK_LIBRARIES>" OUTPUT_VARIABLE linked)
  target_link_libraries(loom_engine PUBLIC ${linked})
endfunction()
