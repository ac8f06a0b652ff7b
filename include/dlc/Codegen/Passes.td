//===- Passes.td - From linalg to machine loops ----------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One file per directory of lib/Codegen. lib/Codegen/CPU/Pipelines.cpp and
// lib/Driver/Pipelines.cpp define the order of the passes, which `dlc-opt
// --print-pipelines` prints.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_PASSES_TD
#define DLC_CODEGEN_PASSES_TD

include "dlc/Codegen/KernelsPasses.td"
include "dlc/Codegen/TensorsPasses.td"
include "dlc/Codegen/BufferizationPasses.td"
include "dlc/Codegen/MemoryPasses.td"
include "dlc/Codegen/MathPasses.td"
include "dlc/Codegen/CPUPasses.td"
include "dlc/Codegen/ThreadsPasses.td"

#endif // DLC_CODEGEN_PASSES_TD
