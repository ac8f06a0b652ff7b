//===- DLWindow.td - What windowed ops share --------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution and pooling slide a window over the spatial dimensions. Its arithmetic
// is in Window.h.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLWINDOW_TD
#define DLC_DIALECT_DL_IR_DLWINDOW_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_AutoPadding : I32EnumAttr<"AutoPadding", "padding computed from the extents", [
    I32EnumAttrCase<"valid", 0>,
    I32EnumAttrCase<"same", 1>,
    I32EnumAttrCase<"same_lower", 2>]> {
  let cppNamespace = "::dlc::dl";
}

/// The attributes of a window, each optional:
///   strides [2, 2]  dilations [1, 1]
///   padding valid | same | same_lower | [1, 1] (both sides) | [0, 0] to [1, 1]
/// `same` gives an output extent of ceil(input / stride). An odd row of padding is
/// added at the end, with `same_lower` at the beginning.
defvar windowAttributes = (ins
    OptionalAttr<DenseI64ArrayAttr>:$strides,
    OptionalAttr<DenseI64ArrayAttr>:$dilations,
    OptionalAttr<DL_AutoPadding>:$auto_padding,
    OptionalAttr<DenseI64ArrayAttr>:$padding);

#endif // DLC_DIALECT_DL_IR_DLWINDOW_TD
