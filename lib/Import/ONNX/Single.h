//===- Single.h - Lists of one number ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_IMPORT_ONNX_SINGLE_H
#define DLC_LIB_IMPORT_ONNX_SINGLE_H

#include <optional>

namespace dlc::onnx_import {

/// The number in a list of one; none where there is no list, or it has another
/// length. What ONNX calls a scalar may be a tensor of any shape in a file.
template <typename List>
std::optional<typename List::value_type>
single(const std::optional<List> &list) {
  if (!list || list->size() != 1)
    return std::nullopt;
  return list->front();
}

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_SINGLE_H
