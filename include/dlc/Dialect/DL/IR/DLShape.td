//===- DLShape.td - Ops that move elements ----------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLSHAPE_TD
#define DLC_DIALECT_DL_IR_DLSHAPE_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_ReshapeOp : DL_Op<"reshape"> {
  let summary = "the same elements in row-major order in another shape";
  let description = [{
    Element counts must agree. A single `?` of the result follows from the other
    extents. If there are several, each has an operand:
    `dl.reshape %x [%n, %m] : tensor<?xf32> to tensor<?x?xf32>`.
  }];
  let arguments = (ins DL_Tensor:$x, Variadic<Index>:$extents);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x (`[` $extents^ `]`)? attr-dict `:` type($x) `to` type($y)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$x),
                            "build($_builder, $_state, type, x, {});">];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def DL_FlattenOp : DL_InferredOp<"flatten"> {
  let summary = "merges all dimensions from `axis` on into one";
  let description = [{
    `[d0, ..., d(axis-1), d(axis), ...]` becomes `[d0, ..., d(axis-1), product]`. The
    default axis 1 keeps the batch dimension.
  }];
  let arguments = (ins DL_Tensor:$x, DefaultValuedAttr<I64Attr, "1">:$axis);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x (`axis` $axis^)? attr-dict `:` type($x)";
}

def DL_BroadcastOp : DL_Op<"broadcast"> {
  let summary = "x repeated to a larger shape";
  let description = [{
    Shapes are aligned at the last dimension, and an extent of 1 is repeated to that
    of the result. An unknown extent must be 1 or that of the result at run time;
    otherwise the call ends with a message. Each `?` of the result type has an operand:
    `dl.broadcast %x [%n] : tensor<3xf32> to tensor<?x3xf32>`.
  }];
  let arguments = (ins DL_Tensor:$x, Variadic<Index>:$extents);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x (`[` $extents^ `]`)? attr-dict `:` type($x) `to` type($y)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def DL_IotaOp : DL_Op<"iota", [DL_NotDifferentiable]> {
  let summary = "a tensor whose elements are their positions along `axis`";
  let description = [{
    Each `?` of the type has an operand: `dl.iota [%n] axis 0 : tensor<?xi64>`.
  }];
  let arguments = (ins Variadic<Index>:$extents, I64Attr:$axis);
  let results = (outs DL_NumberTensor:$y);
  let assemblyFormat = [{
    (`[` $extents^ `]`)? `axis` $axis attr-dict `:` type($y)
  }];
  let hasVerifier = 1;
}

def DL_TransposeOp : DL_InferredOp<"transpose"> {
  let summary = "x with its dimensions permuted";
  let description = [{
    Dimension k of the result is dimension `permutation[k]` of the operand, as in NumPy.
  }];
  let arguments = (ins DL_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x $permutation attr-dict `:` type($x)";
  let hasFolder = 1;
}

def DL_ConcatOp : DL_InferredOp<"concat"> {
  let summary = "concatenates the operands along `axis`";
  let arguments = (ins Variadic<DL_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs)";
  let hasFolder = 1;
}

def DL_SliceOp : DL_InferredOp<"slice"> {
  let summary = "x[starts : ends : steps], as in Python";
  let description = [{
    One start, end and step per dimension. Negative starts and ends count from the end.
    Both are clamped to the extent. A negative step iterates backwards. The largest
    (smallest) i64 as an end means "to the very end (beginning)".
  }];
  let arguments = (ins DL_Tensor:$x, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$ends,
                       OptionalAttr<DenseI64ArrayAttr>:$steps);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x $starts `to` $ends (`steps` custom<Extents>($steps)^)? attr-dict `:` type($x)
  }];
  // Positions `start` to `end` along one dimension, all of the others.
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "int64_t":$axis,
                                 "int64_t":$start, "int64_t":$end)>];
}

def DL_SplitOp : DL_InferredOp<"split"> {
  let summary = "consecutive parts of given sizes along `axis`";
  let arguments = (ins DL_Tensor:$x, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<DL_Tensor>:$parts);
  let assemblyFormat = "$x `axis` $axis `sizes` $sizes attr-dict `:` type($x)";
}

def DL_PadMode : I32EnumAttr<"PadMode", "the values of padding", [
    I32EnumAttrCase<"constant", 0>,
    I32EnumAttrCase<"edge", 1>,
    I32EnumAttrCase<"reflect", 2>,
    I32EnumAttrCase<"wrap", 3>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_PadOp : DL_InferredOp<"pad"> {
  let summary = "elements added before and after each dimension";
  let description = [{
    `low[d]` elements are added before and `high[d]` after dimension d. They are the
    constant `value`, the element at the edge (`edge`), the elements mirrored at the
    edge, which is not repeated (`reflect`, at most extent - 1 of them), or the elements
    from the other end (`wrap`).
  }];
  let arguments = (ins DL_Tensor:$x, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DefaultValuedAttr<DL_PadMode, "PadMode::constant">:$mode,
                       DefaultValuedAttr<F64Attr, "0.0">:$value);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x `low` $low `high` $high oilist(`mode` $mode | `value` $value)
    attr-dict `:` type($x)
  }];
  let hasVerifier = 1;
}

def DL_GatherOp : DL_InferredOp<"gather"> {
  let summary = "slices of x along `axis` selected by index";
  let description = [{
    `y` has the shape of `x` with dimension `axis` replaced by the shape of
    `indices`. Negative indices count from the end. Indices beyond either end are then
    clamped to it, so no input reads outside `x`. With axis 0 and a matrix `x` this is
    the embedding lookup.
  }];
  let arguments = (ins DL_Tensor:$x, DL_IndexTensor:$indices,
                       DefaultValuedAttr<I64Attr, "0">:$axis);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x `,` $indices (`axis` $axis^)? attr-dict `:` type($x) `,` type($indices)
  }];
}

def DL_UpsampleOp : DL_InferredOp<"upsample"> {
  let summary = "each element repeated `scales` times along the spatial dimensions";
  let description = [{
    Nearest-neighbour upsampling of `[N, spatial..., C]` by integer factors:
    y[n, i, j, c] = x[n, i / s0, j / s1, c].
  }];
  let arguments = (ins DL_FloatTensor:$x, DenseI64ArrayAttr:$scales);
  let results = (outs DL_FloatTensor:$y);
  let assemblyFormat = "$x `by` $scales attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLSHAPE_TD
