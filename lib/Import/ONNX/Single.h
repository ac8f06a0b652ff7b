//===- Single.h - Lists of one number ---------------------------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_LIB_IMPORT_ONNX_SINGLE_H
#define DLC_LIB_IMPORT_ONNX_SINGLE_H

#include <optional>

namespace dlc::onnx_import {

/// Returns the element of a list of length one; nothing for other lengths or if
/// there is no list. In real models, a scalar of the ONNX specification may be
/// a tensor of any rank.
template <typename List>
std::optional<typename List::value_type>
single(const std::optional<List> &list) {
  if (!list || list->size() != 1)
    return std::nullopt;
  return list->front();
}

} // namespace dlc::onnx_import

#endif // DLC_LIB_IMPORT_ONNX_SINGLE_H
