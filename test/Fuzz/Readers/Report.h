//===- Report.h - What readers say of mutated files -------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TEST_FUZZ_REPORT_H
#define DLC_TEST_FUZZ_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

namespace dlc::fuzz {

/// A context with dlc's dialects that is made anew from time to time: types and
/// attributes of mutated files are never freed.
mlir::MLIRContext &context();

/// While it lives, errors go here. Those that are not meant for users are
/// written to $DLC_FUZZ_FINDINGS, each kind once, with the file that caused it.
class Listener {
public:
  explicit Listener(llvm::StringRef input, llvm::StringRef suffix);
  ~Listener();
  bool heardError() const { return errors > 0; }
  /// A file that was refused without a word.
  void silent();

private:
  void hear(llvm::StringRef message);
  llvm::StringRef input, suffix;
  uint64_t handler;
  int errors = 0;
};

/// One more file, and whether it was accepted: two numbers of 64 bits in
/// $DLC_FUZZ_COUNTS.
void count(bool isAccepted);

/// One more model: null where it was refused. What its ops are counts as
/// coverage, and of those accepted one in $DLC_FUZZ_SAMPLE is written to
/// $DLC_FUZZ_ACCEPTED. Returns what libFuzzer wants to hear: with
/// $DLC_FUZZ_DEEP set, files that are refused lead to no others.
int count(mlir::ModuleOp module, llvm::StringRef input, llvm::StringRef suffix);

/// What a reader without a context says of a file it refused; counts as
/// coverage. Nothing said is a finding.
void hearRefusal(llvm::StringRef message, llvm::StringRef input,
                 llvm::StringRef suffix);

/// What must not be: keeps the file and says why.
void keep(llvm::StringRef what, llvm::StringRef input, llvm::StringRef suffix);

/// A file of these bytes in memory, with a path, for readers that open one.
class File {
public:
  explicit File(llvm::StringRef bytes);
  ~File();
  const char *path() const { return name; }

private:
  int descriptor;
  char name[32];
};

} // namespace dlc::fuzz

#endif // DLC_TEST_FUZZ_REPORT_H
