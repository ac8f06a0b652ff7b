//===- fuzz-kind.cpp - What a file is -------------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first thing that dlc asks of a file, whatever it is.
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "dlc/Support/FileKind.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  dlc::IdentifiedFile file = dlc::identifyFile(bytes, "model");
  bool isOther = file.kind == dlc::FileKind::Other;
  dlc::fuzz::count(!isOther);
  if (isOther)
    dlc::fuzz::hearRefusal(file.message, bytes, ".kind");
  return 0;
}
