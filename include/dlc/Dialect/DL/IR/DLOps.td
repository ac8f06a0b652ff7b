//===- DLOps.td - All op families of dl -------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLOPS_TD
#define DLC_DIALECT_DL_IR_DLOPS_TD

include "dlc/Dialect/DL/IR/DLCheck.td"
include "dlc/Dialect/DL/IR/DLConvolution.td"
include "dlc/Dialect/DL/IR/DLDetection.td"
include "dlc/Dialect/DL/IR/DLElementwise.td"
include "dlc/Dialect/DL/IR/DLGradient.td"
include "dlc/Dialect/DL/IR/DLIndexing.td"
include "dlc/Dialect/DL/IR/DLLinear.td"
include "dlc/Dialect/DL/IR/DLLoss.td"
include "dlc/Dialect/DL/IR/DLNormalization.td"
include "dlc/Dialect/DL/IR/DLOptimizer.td"
include "dlc/Dialect/DL/IR/DLPooling.td"
include "dlc/Dialect/DL/IR/DLRandom.td"
include "dlc/Dialect/DL/IR/DLRecurrent.td"
include "dlc/Dialect/DL/IR/DLReduction.td"
include "dlc/Dialect/DL/IR/DLShape.td"

#endif // DLC_DIALECT_DL_IR_DLOPS_TD
