# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# dlc_add_model(target FILE model.mlir [CPU name] [OPTIONS option...])
#
# Compiles a model while building and makes `target` a library to link: its header
# <target>.h is found without further ado. CPU and OPTIONS are those of dlc.
function(dlc_add_model target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FILE;CPU" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    list(JOIN arg_UNPARSED_ARGUMENTS " " rest)
    message(FATAL_ERROR "dlc_add_model(${target}): '${rest}' is not understood, "
                        "expected FILE, CPU or OPTIONS with what belongs to them")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES)
    list(JOIN arg_KEYWORDS_MISSING_VALUES ", " rest)
    message(FATAL_ERROR "dlc_add_model(${target}): ${rest} has no value")
  endif()
  if(NOT arg_FILE)
    message(FATAL_ERROR "dlc_add_model(${target}): FILE is missing, expected a model")
  endif()
  if(NOT arg_CPU)
    set(arg_CPU native)
  endif()
  get_filename_component(model ${arg_FILE} ABSOLUTE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.dlc)
  file(MAKE_DIRECTORY ${folder})
  set(library ${folder}/${target}.so)
  add_custom_command(
    OUTPUT ${library} ${folder}/${target}.h
    COMMAND DLC::dlc ${model} -o ${library} --cpu=${arg_CPU} ${arg_OPTIONS}
    DEPENDS ${model} DLC::dlc
    COMMENT "Compiling ${arg_FILE} with dlc"
    VERBATIM)
  add_custom_target(${target}_compile DEPENDS ${library})
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${library}
    INTERFACE_INCLUDE_DIRECTORIES ${folder})
  add_dependencies(${target} ${target}_compile)
endfunction()
