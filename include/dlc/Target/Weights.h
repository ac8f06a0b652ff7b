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

/// One constant: its bytes lie `offset` bytes from the first.
struct Weight {
  std::string name;
  std::string type; // as safetensors names it: F32, ...
  llvm::SmallVector<int64_t> shape;
  int64_t offset = 0, bytes = 0;
  llvm::ArrayRef<char> data; // one element of it where `isSplat`
  bool isSplat = false;
};

/// A tensor of the state of each context: where it lies there, and where its
/// first value is among the weights (-1: zeros).
struct StateTensor {
  std::string name;
  llvm::SmallVector<int64_t> shape;
  int element = 0; // dlc_element of abi.h
  int64_t offset = 0, bytes = 0, first = -1;
};

struct Weights {
  std::vector<Weight> all;
  std::vector<StateTensor> states;
  int64_t bytes = 0; // from the first to the end of the last
  /// Beside the library, in a file of this name, of `bytes` bytes behind
  /// `fileOffset` and this hash (XXH64) of all of it; empty: inside.
  std::string file;
  int64_t fileOffset = 0;
  uint64_t fileHash = 0;
};

/// What the passes PlaceWeights and PlaceState have put aside. The data stays
/// the module's.
Weights readWeights(mlir::ModuleOp module);

/// The bytes of the section .lrodata.dlc of an x86-64 object file, with the
/// hidden symbol `symbol` at its beginning. They are streamed, never held; the
/// section is marked large, so that linkers put it where it pushes no code out
/// of reach.
llvm::Error writeWeightsObject(const Weights &weights, llvm::StringRef symbol,
                               llvm::StringRef path);

/// A file in the safetensors format (a length of 8 bytes, a JSON header, the
/// data); fills in `fileOffset` and `fileHash`.
llvm::Error writeSafetensors(Weights &weights, llvm::StringRef path);

} // namespace dlc

#endif // DLC_TARGET_WEIGHTS_H
