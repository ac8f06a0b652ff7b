//===- DLShape.td - Ops that move elements ----------------------*- tablegen -*-===//

#ifndef DLC_DIALECT_DL_IR_DLSHAPE_TD
#define DLC_DIALECT_DL_IR_DLSHAPE_TD

include "dlc/Dialect/DL/IR/DLDialect.td"

def DL_ReshapeOp : DL_Op<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    Element counts agree. One extent of the result may be `?` and follows from the
    others; where more are, all of them are given:
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
  let summary = "all dimensions from `axis` on become one";
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
    Shapes are aligned at the last dimension, and an extent of 1 stretches to that
    of the result. An unknown one is 1 or that of the result; a call where it is
    neither ends with a message. Each `?` of the result's type has an operand:
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
  let summary = "each element is its own place along `axis`";
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
  let summary = "y[i0, i1, ...] has extent x.shape[permutation[k]] at dimension k";
  let description = [{
    Result dimension k is operand dimension `permutation[k]`, as in NumPy.
  }];
  let arguments = (ins DL_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$x $permutation attr-dict `:` type($x)";
  let hasFolder = 1;
}

def DL_ConcatOp : DL_InferredOp<"concat"> {
  let summary = "operands one after the other along `axis`";
  let arguments = (ins Variadic<DL_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs)";
  let hasFolder = 1;
}

def DL_SliceOp : DL_InferredOp<"slice"> {
  let summary = "x[starts : ends : steps], as in Python";
  let description = [{
    One triple a dimension. Negative starts and ends count from the end, both are
    clamped to the extent, a negative step walks backwards; the largest (smallest)
    i64 as an end means "to the very end (beginning)".
  }];
  let arguments = (ins DL_Tensor:$x, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$ends,
                       OptionalAttr<DenseI64ArrayAttr>:$steps);
  let results = (outs DL_Tensor:$y);
  let assemblyFormat = [{
    $x $starts `to` $ends (`steps` custom<Extents>($steps)^)? attr-dict `:` type($x)
  }];
  // Places `start` to `end` of one dimension, all of the others.
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "int64_t":$axis,
                                 "int64_t":$start, "int64_t":$end)>];
}

def DL_SplitOp : DL_InferredOp<"split"> {
  let summary = "consecutive parts of given sizes along `axis`";
  let arguments = (ins DL_Tensor:$x, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<DL_Tensor>:$parts);
  let assemblyFormat = "$x `axis` $axis `sizes` $sizes attr-dict `:` type($x)";
}

def DL_PadMode : I32EnumAttr<"PadMode", "what padding is filled with", [
    I32EnumAttrCase<"constant", 0>,
    I32EnumAttrCase<"edge", 1>,
    I32EnumAttrCase<"reflect", 2>,
    I32EnumAttrCase<"wrap", 3>]> {
  let cppNamespace = "::dlc::dl";
}

def DL_PadOp : DL_InferredOp<"pad"> {
  let summary = "elements added before and after each dimension";
  let description = [{
    `low[d]` elements are added before and `high[d]` after dimension d: the constant
    `value`, the `edge` element, the elements mirrored at the edge without it
    (`reflect`, up to extent - 1 of them), or those of the other end (`wrap`).
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
  let summary = "slices of x along `axis` picked by index";
  let description = [{
    `y` has the shape of `x` with dimension `axis` replaced by the shape of
    `indices`. Negative indices count from the end; indices beyond an end are
    clamped to it, so that no input reads outside `x`. With axis 0 and a matrix `x`
    this is the embedding lookup.
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
