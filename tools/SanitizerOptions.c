/*===- SanitizerOptions.c - For programs under the address sanitizer ------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* LLVM's allocators tell the sanitizer which of their bytes are in use. Only
|* those parts do so that are inlined into code of ours: LLVM and lld, as Debian
|* builds them, do not, and would be caught using their own memory. And MLIR's
|* parser leaks a region or two of a text that it refuses.
|*
\*===----------------------------------------------------------------------===*/

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allow_user_poisoning=0:detect_leaks=0";
}
