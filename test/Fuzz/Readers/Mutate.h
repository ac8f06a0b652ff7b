//===- Mutate.h - Changes of files that leave them nearly right -*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TEST_FUZZ_MUTATE_H
#define DLC_TEST_FUZZ_MUTATE_H

#include "llvm/ADT/StringRef.h"
#include <random>
#include <string>

namespace dlc::fuzz {

using Random = std::mt19937;

/// One of [0, count).
size_t below(Random &random, size_t count);

/// A number that readers stumble over, or one beside the old one.
int64_t otherNumber(Random &random, int64_t old);

/// Text with a few of its tokens or lines changed, dropped, doubled or
/// exchanged. Fits MLIR, JSON and what NumPy writes.
std::string mutateText(llvm::StringRef text, Random &random);

/// The first text with a few lines of the second one.
std::string crossTexts(llvm::StringRef first, llvm::StringRef second,
                       Random &random);

/// As many bytes of the text as there is room for; returns their number.
size_t put(llvm::StringRef text, uint8_t *data, size_t room);

/// Where the length of a file's header is written; the header is text and
/// follows, data comes after.
struct Frame {
  size_t at, bytes; // of the length, which is little-endian
};

/// A file with a header: its text is mutated and its length put right, or its
/// data changes, or now and then any byte. Takes what libFuzzer's custom
/// mutator takes.
size_t mutateFramed(uint8_t *data, size_t size, size_t room, unsigned seed,
                    Frame frame);

} // namespace dlc::fuzz

#endif // DLC_TEST_FUZZ_MUTATE_H
