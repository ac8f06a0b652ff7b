//===- fuzz-npy.cpp - Mutated .npy files ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reader of dlc-run. An array that it accepts has all its elements.
//
//===----------------------------------------------------------------------===//

#include "Mutate.h"
#include "NpyFile.h"
#include "Report.h"

using namespace dlc::fuzz;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  // Two bytes of length in version 1, four in later ones.
  bool isFirst = size > 6 && data[6] == 1;
  return mutateFramed(data, size, room, seed, {8, isFirst ? 2u : 4u});
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  File file(bytes);
  llvm::Expected<Array> array = readNpy(file.path());
  count(bool(array));
  if (!array) {
    hearRefusal(llvm::toString(array.takeError()), bytes, ".npy");
    return 0;
  }
  double sum = 0;
  for (int64_t i = 0, n = array->count(); i < n; ++i)
    sum += array->get(i);
  for (int64_t extent : array->shape)
    if (extent < 0)
      keep("a negative extent", bytes, ".npy");
  volatile double used = sum;
  (void)used;
  return 0;
}
