//===- fuzz-tuning.cpp - Mutated files of schedules -----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What --tune reads. The model has no product, so that none is measured.
//
//===----------------------------------------------------------------------===//

#include "Driver/Artifacts.h"
#include "Driver/Lowering.h"
#include "Mutate.h"
#include "Report.h"
#include "dlc/Target/Processor.h"
#include "llvm/Support/raw_ostream.h"

using namespace dlc::fuzz;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  Random random(seed);
  llvm::StringRef text(reinterpret_cast<char *>(data), size);
  return put(mutateText(text.empty() ? "{}" : text, random), data, room);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  static const dlc::Processor processor =
      llvm::cantFail(dlc::Processor::get("native"));
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::UnknownLoc::get(&context()));
  File file(bytes);
  dlc::Artifacts artifacts;
  llvm::Error error =
      dlc::tune(*module, processor, file.path(), artifacts, llvm::nulls());
  count(!error);
  if (error)
    hearRefusal(llvm::toString(std::move(error)), bytes, ".tuning");
  return 0;
}
