//===- Weights.h - The constants of a library, in one place -----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TARGET_WEIGHTS_H
#define DLC_TARGET_WEIGHTS_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace dlc {

/// One constant, whose bytes begin `offset` bytes after the first weight.
struct Weight {
  std::string name;
  std::string type; // its name in safetensors: F32, ...
  llvm::SmallVector<int64_t> shape;
  int64_t offset = 0, bytes = 0;
  llvm::ArrayRef<char> data; // a single element where `isSplat`
  bool isSplat = false;
};

/// A tensor in the state of each context: its position in the state, and the
/// position of its initial value among the weights (-1: zeros).
struct StateTensor {
  std::string name;
  llvm::SmallVector<int64_t> shape;
  int element = 0; // dlc_element of abi.h
  int64_t offset = 0, bytes = 0, first = -1;
};

struct Weights {
  std::vector<Weight> all;
  std::vector<StateTensor> states;
  int64_t bytes = 0; // from the first weight to the end of the last
  /// The bytes of the constants that stay in the code.
  int64_t inlineBytes = 0;
  /// The name of the file that holds the weights, beside the library; empty:
  /// they are in the library. The file has `bytes` bytes of weights at
  /// `fileOffset`, and `fileHash` is the XXH64 of the whole file.
  std::string file;
  int64_t fileOffset = 0;
  uint64_t fileHash = 0;
};

/// Reads what the passes PlaceWeights and PlaceState have set aside. The module
/// still owns the data.
Weights readWeights(mlir::ModuleOp module);

/// Writes an x86-64 object file with the weights in its section .lrodata.dlc,
/// and the hidden symbol `symbol` at the beginning of the section. The bytes
/// are streamed, never held in memory. The section is marked large, so that
/// linkers place it where it does not push code out of reach.
llvm::Error writeWeightsObject(const Weights &weights, llvm::StringRef symbol,
                               llvm::StringRef path);

/// Writes a file in the safetensors format (a length of 8 bytes, a JSON header,
/// the data). Sets `fileOffset` and `fileHash`.
llvm::Error writeSafetensors(Weights &weights, llvm::StringRef path);

} // namespace dlc

#endif // DLC_TARGET_WEIGHTS_H
