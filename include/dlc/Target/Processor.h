//===- Processor.h - The processor that code is made for --------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TARGET_PROCESSOR_H
#define DLC_TARGET_PROCESSOR_H

#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace dlc {

struct Processor {
  std::string triple, cpu, features;
  /// Whose latencies LLVM's scheduler goes by; empty: those of `cpu`.
  std::string tuning;
  /// Of the vector registers.
  int64_t vectorBits = 128;
  int64_t vectorRegisters = 16;
  /// Of a core's second level cache: the least of the processors in use, so
  /// that a library is the same wherever it is compiled.
  int64_t cacheBytes = 512 << 10;
  /// Whether it multiplies pairs of bf16 (AVX-512 BF16).
  bool hasBF16Dot = false;

  bool has(llvm::StringRef feature) const;

  /// `native` or a name that LLVM knows (`x86-64-v3`, `znver4`, ...). An
  /// unknown name is an error that suggests the nearest.
  static llvm::Expected<Processor> get(llvm::StringRef name);

  /// Several names with commas between them, or `portable` for x86-64-v3 and
  /// x86-64-v4, where bf16 is wanted also cooperlake, the least of those that
  /// have it; sorted, the least first.
  static llvm::Expected<std::vector<Processor>> getAll(llvm::StringRef names,
                                                       bool wantsBF16 = false);

  /// A code generator for it; `level` is 0 to 3.
  std::unique_ptr<llvm::TargetMachine> makeMachine(unsigned level) const;
};

} // namespace dlc

#endif // DLC_TARGET_PROCESSOR_H
