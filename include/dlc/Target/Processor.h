//===- Processor.h - The target processor -----------------------*- C++ -*-===//
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
  /// The CPU whose latencies LLVM's scheduler uses; empty: `cpu`.
  std::string tuning;
  /// The width of the vector registers.
  int64_t vectorBits = 128;
  int64_t vectorRegisters = 16;
  /// The size of a core's L2 cache. It is the smallest of the processors in
  /// use, so that a library is the same wherever it is compiled.
  int64_t cacheBytes = 512 << 10;
  /// More than a core's share of the last level cache.
  int64_t sharedCacheBytes = 8 << 20;
  /// Whether it has dot products of bf16 pairs (AVX-512 BF16).
  bool hasBF16Dot = false;

  bool has(llvm::StringRef feature) const;

  /// Returns the processor of a name: `native`, or a name that LLVM knows
  /// (`x86-64-v3`, `znver4`, ...). The error for an unknown name suggests the
  /// nearest one.
  static llvm::Expected<Processor> get(llvm::StringRef name);

  /// Returns the processors of a comma-separated list, sorted, the least
  /// capable first. `portable` stands for x86-64-v3 and x86-64-v4 and, if bf16
  /// is wanted, cooperlake, the least capable processor that has it.
  static llvm::Expected<std::vector<Processor>> getAll(llvm::StringRef names,
                                                       bool wantsBF16 = false);

  /// Returns a code generator for it; `level` is 0 to 3.
  std::unique_ptr<llvm::TargetMachine> makeMachine(unsigned level) const;
};

} // namespace dlc

#endif // DLC_TARGET_PROCESSOR_H
