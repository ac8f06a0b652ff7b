# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How dlc is built: against Debian's LLVM and MLIR 22 as shared libraries.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(DLC_SANITIZE "" CACHE STRING "Sanitizers for dlc itself, e.g. address,undefined")
option(DLC_PRECOMPILED_HEADERS "Precompile MLIR's heaviest headers" ON)

set(DLC_LLVM_ROOT /usr/lib/llvm-22 CACHE PATH "Where LLVM and MLIR 22 are installed")
find_package(MLIR 22.1 REQUIRED CONFIG HINTS ${DLC_LLVM_ROOT}/lib/cmake/mlir)
# Its headers alone (fmt::fmt-header-only): nothing more is shipped.
find_package(fmt REQUIRED)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(GNUInstallDirs)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
add_definitions(${LLVM_DEFINITIONS})
# The package is built with RTTI and without exceptions.
add_compile_options(-fno-exceptions -Wall -Wextra -Wno-unused-parameter
                    -Wno-comment -ffunction-sections -fdata-sections
                    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-redundant-move;-Wno-dangling-reference;-Wno-maybe-uninitialized>")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 has not learnt this warning's name yet.
  remove_definitions(-Wno-dangling-reference)
endif()
if(DLC_SANITIZE)
  add_compile_options(-fsanitize=${DLC_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${DLC_SANITIZE})
endif()
add_link_options(-Wl,--gc-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Where g++ finds lld 22, which has no plain name on the PATH.
  add_link_options(-B${DLC_LLVM_ROOT}/bin)
endif()

# dlc_tablegen(out flags...): mlir-tblgen into <build>/include/out.
macro(dlc_tablegen out)
  get_filename_component(_dir ${CMAKE_BINARY_DIR}/include/${out} DIRECTORY)
  file(MAKE_DIRECTORY ${_dir})
  file(RELATIVE_PATH _relative ${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_BINARY_DIR}/include/${out})
  tablegen(MLIR ${_relative} ${ARGN})
endmacro()

macro(dlc_add_tablegen_target name)
  add_custom_target(${name} DEPENDS ${TABLEGEN_OUTPUT})
  set_property(GLOBAL APPEND PROPERTY DLC_TABLEGEN_TARGETS ${name})
endmacro()

# dlc_add_library(name [libraries...]): every .cpp in the folder, linked to MLIR
# and LLVM by name (the package's cmake targets would pull in static copies).
function(dlc_add_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${name} STATIC ${sources})
  get_property(generated GLOBAL PROPERTY DLC_TABLEGEN_TARGETS)
  if(generated)
    add_dependencies(${name} ${generated})
  endif()
  target_link_libraries(${name} PUBLIC ${ARGN} MLIR LLVM)
  dlc_precompile(${name})
endfunction()

# One precompiled header, made once and shared by all libraries.
function(dlc_precompile target)
  if(NOT DLC_PRECOMPILED_HEADERS)
    return()
  endif()
  if(NOT TARGET dlc_pch)
    # Unlike WRITE it leaves alone what is there: all would be built again.
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch.cpp CONTENT "")
    add_library(dlc_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
    target_precompile_headers(dlc_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/Precompiled.h)
  endif()
  target_precompile_headers(${target} REUSE_FROM dlc_pch)
endfunction()
