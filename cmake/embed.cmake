# loom_embed(TARGET <library> SYMBOL <function> ROOT <folder> FILES <path>... | GLOB <pattern>...)
#
# Adds `std::span<const loom::EmbeddedFile> loom::<function>()` to the library: path (relative to ROOT) and text
# of each file, or the bytes of an object (.o), as of build time. GLOB patterns are relative to ROOT and look into every
# folder below it.
function(loom_embed)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;SYMBOL;ROOT" "FILES;GLOB")
  cmake_path(ABSOLUTE_PATH arg_ROOT BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  set(files ${arg_FILES})
  if(arg_GLOB)
    list(TRANSFORM arg_GLOB PREPEND ${arg_ROOT}/)
    file(GLOB_RECURSE found RELATIVE ${arg_ROOT} CONFIGURE_DEPENDS ${arg_GLOB})
    list(APPEND files ${found})
  endif()
  list(SORT files)

  # The list is itself a dependency, so that a file that goes away leaves the library too.
  set(list_file ${CMAKE_CURRENT_BINARY_DIR}/${arg_SYMBOL}.txt)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${arg_SYMBOL}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  list(JOIN files "\n" lines)
  file(CONFIGURE OUTPUT ${list_file} CONTENT "${lines}" @ONLY)
  list(TRANSFORM files PREPEND ${arg_ROOT}/ OUTPUT_VARIABLE paths)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DROOT=${arg_ROOT} -DLIST=${list_file} -DSYMBOL=${arg_SYMBOL} -DOUTPUT=${output}
            -P ${script}
    DEPENDS ${paths} ${list_file} ${script}
    COMMENT "Embedding ${arg_SYMBOL}"
    VERBATIM)
  target_sources(${arg_TARGET} PRIVATE ${output})
endfunction()
