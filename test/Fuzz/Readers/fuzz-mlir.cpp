//===- fuzz-mlir.cpp - Mutated .mlir files --------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What dlc does with a .mlir file first: checks of the text, parser, verifiers,
// shape inference, allowed ops. Files are changed by tokens and lines: what is
// left is mostly grammatical.
//
//===----------------------------------------------------------------------===//

#include "Driver/ReadMLIR.h"
#include "Mutate.h"
#include "Report.h"

using namespace mlir;
using namespace dlc::fuzz;
using llvm::StringRef;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  Random random(seed);
  StringRef text(reinterpret_cast<char *>(data), size);
  if (text.empty())
    text = "func.func @f() { return }";
  return put(mutateText(text, random), data, room);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t sizeA,
                                            const uint8_t *b, size_t sizeB,
                                            uint8_t *out, size_t room,
                                            unsigned seed) {
  Random random(seed);
  return put(crossTexts({reinterpret_cast<const char *>(a), sizeA},
                        {reinterpret_cast<const char *>(b), sizeB}, random),
             out, room);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef text(reinterpret_cast<const char *>(data), size);
  MLIRContext &mlir = context();
  Listener listener(text, ".mlir");
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "-"),
                             llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      dlc::readMLIR(sources, /*allowNativeCode=*/false, mlir);
  if (!module && !listener.heardError())
    listener.silent();
  return count(module ? *module : mlir::ModuleOp(), text, ".mlir");
}
