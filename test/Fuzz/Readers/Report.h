//===- Report.h - What readers say of mutated files -------------*- C++ -*-===//

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

/// One more file, and what became of it: null where it was refused. Prints the
/// counts from time to time.
void count(mlir::ModuleOp module);

} // namespace dlc::fuzz

#endif // DLC_TEST_FUZZ_REPORT_H
