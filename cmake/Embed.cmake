# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Writes a C++ file with the runtime's bitcode and the text of the ABI header.
file(READ ${BITCODE} bitcode HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bitcode "${bitcode}")
file(SIZE ${BITCODE} size)
file(READ ${HEADER} header)
file(WRITE ${OUT} "namespace dlc {
extern const char runtimeBitcode[];
extern const unsigned runtimeBitcodeSize;
extern const char abiHeaderText[];
alignas(16) const char runtimeBitcode[] = \"${bitcode}\";
const unsigned runtimeBitcodeSize = ${size};
const char abiHeaderText[] = R\"dlc(${header})dlc\";
} // namespace dlc
")
