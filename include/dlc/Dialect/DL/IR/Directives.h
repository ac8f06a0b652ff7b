//===- Directives.h - Custom pieces of dl's assembly format -----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DIRECTIVES_H
#define DLC_DIALECT_DL_IR_DIRECTIVES_H

#include "dlc/Dialect/DL/IR/DL.h"

namespace dlc::dl {

/// Two types, written once if they are equal.
inline mlir::ParseResult parseSharedType(mlir::OpAsmParser &parser,
                                         mlir::Type &a, mlir::Type &b) {
  if (parser.parseType(a))
    return mlir::failure();
  b = a;
  if (succeeded(parser.parseOptionalComma()))
    return parser.parseType(b);
  return mlir::success();
}

inline void printSharedType(mlir::OpAsmPrinter &printer, mlir::Operation *,
                            mlir::Type a, mlir::Type b) {
  printer << a;
  if (a != b)
    printer << ", " << b;
}

/// Extents such as `[2, 2]` in an optional clause. ODS would parse an optional
/// `$attribute` here as another kind of array attribute.
inline mlir::ParseResult parseExtents(mlir::OpAsmParser &parser,
                                      mlir::DenseI64ArrayAttr &extents) {
  extents = llvm::dyn_cast_if_present<mlir::DenseI64ArrayAttr>(
      mlir::DenseI64ArrayAttr::parse(parser, {}));
  return mlir::success(bool(extents));
}

inline void printExtents(mlir::OpAsmPrinter &printer, mlir::Operation *,
                         mlir::DenseI64ArrayAttr extents) {
  printer << '[';
  if (extents)
    printer << extents.asArrayRef();
  printer << ']';
}

/// A number in an optional clause. ODS would accept any attribute here for an
/// optional `$attribute`, even a type.
inline mlir::ParseResult parseNumber(mlir::OpAsmParser &parser,
                                     mlir::IntegerAttr &number) {
  return parser.parseAttribute(number, parser.getBuilder().getI64Type());
}
inline mlir::ParseResult parseNumber(mlir::OpAsmParser &parser,
                                     mlir::FloatAttr &number) {
  return parser.parseAttribute(number, parser.getBuilder().getF64Type());
}

inline void printNumber(mlir::OpAsmPrinter &printer, mlir::Operation *,
                        mlir::Attribute number) {
  printer.printAttributeWithoutType(number);
}

/// `valid`, `same`, `same_lower`, `[1, 1]` for both sides, or `[0, 0] to [1,
/// 1]`.
inline mlir::ParseResult parsePadding(mlir::OpAsmParser &parser,
                                      AutoPaddingAttr &mode,
                                      mlir::DenseI64ArrayAttr &padding) {
  llvm::StringRef keyword;
  llvm::SMLoc loc = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword(&keyword))) {
    std::optional<AutoPadding> value = symbolizeAutoPadding(keyword);
    if (!value)
      return parser.emitError(loc)
             << "expected padding valid, same, same_lower or [extents], got '"
             << keyword << "'";
    mode = AutoPaddingAttr::get(parser.getContext(), *value);
    return mlir::success();
  }
  mlir::DenseI64ArrayAttr low;
  if (parseExtents(parser, low))
    return mlir::failure();
  mlir::DenseI64ArrayAttr high = low;
  if (succeeded(parser.parseOptionalKeyword("to")) &&
      parseExtents(parser, high))
    return mlir::failure();
  llvm::SmallVector<int64_t> both(low.asArrayRef());
  llvm::append_range(both, high.asArrayRef());
  padding = mlir::DenseI64ArrayAttr::get(parser.getContext(), both);
  return mlir::success();
}

inline void printPadding(mlir::OpAsmPrinter &printer, mlir::Operation *,
                         AutoPaddingAttr mode,
                         mlir::DenseI64ArrayAttr padding) {
  if (mode) {
    printer << stringifyAutoPadding(mode.getValue());
    return;
  }
  if (!padding)
    return;
  llvm::ArrayRef<int64_t> both = padding.asArrayRef();
  auto low = both.take_front(both.size() / 2);
  auto high = both.drop_front(both.size() / 2);
  printer << '[' << low << ']';
  if (low != high)
    printer << " to [" << high << ']';
}

} // namespace dlc::dl

#endif // DLC_DIALECT_DL_IR_DIRECTIVES_H
