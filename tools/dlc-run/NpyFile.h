//===- NpyFile.h - NumPy's file format --------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TOOLS_DLC_RUN_NPYFILE_H
#define DLC_TOOLS_DLC_RUN_NPYFILE_H

#include "llvm/Support/Error.h"
#include <vector>

/// A dense tensor in row-major order that owns its data.
struct Array {
  int element = 0; // dlc_element
  std::vector<int64_t> shape;
  std::vector<char> storage;

  Array() = default;
  Array(int element, std::vector<int64_t> shape);
  int64_t count() const;
  /// Aligned to 64 bytes.
  char *data();
  const char *data() const { return const_cast<Array *>(this)->data(); }
  /// Element `i` as a number.
  double get(int64_t i) const;
  void set(int64_t i, double value);
};

/// Bytes of one element.
int64_t elementBytes(int element);
/// Whether a file of `element`s may be what stands for `wanted`, which NumPy
/// has no name for.
bool standsFor(int element, int wanted);

/// Reads a .npy file (versions 1 to 3, little-endian, C order). bf16 and types
/// of 8 bits and fewer that NumPy lacks are read and written as integers.
llvm::Expected<Array> readNpy(llvm::StringRef path);
llvm::Error writeNpy(llvm::StringRef path, const Array &array);

#endif // DLC_TOOLS_DLC_RUN_NPYFILE_H
