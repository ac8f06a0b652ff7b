//===- DLGradient.td - Derivatives of functions -----------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_DIALECT_DL_IR_DLGRADIENT_TD
#define DLC_DIALECT_DL_IR_DLGRADIENT_TD

include "dlc/Dialect/DL/IR/DLDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def DL_GradOp : DL_Op<"grad", [AttrSizedOperandSegments,
                               DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the derivative of a function";
  let description = [{
    The gradient of the first result of `callee`, a float of rank 0 (the loss), at the
    given inputs. `dl-differentiate` replaces the op by reverse-mode derivatives,
    which are again in `dl`. Further results of the function (metrics, running
    averages) are computed too and do not influence the gradient.

    The gradients are with respect to the arguments numbered in `wrt`, and to the
    globals in `parameters`, which the function reads. Without both, they are with
    respect to all float arguments. With `with_value`, the results of the function
    come first.

    ```mlir
    %loss, %dw = dl.grad @loss(%x, %w) wrt [1] with_value
        : (tensor<8x4xf32>, tensor<4x2xf32>) -> (tensor<f32>, tensor<4x2xf32>)
    ```

    With `seeds`, one for each result and of its type, the function may return any
    tensors. The gradients are those of the sum over all results of result times seed
    (a vector-Jacobian product).

    For second derivatives, `callee` may itself contain a `dl.grad`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<DL_Tensor>:$inputs,
                       Variadic<DL_Tensor>:$seeds,
                       OptionalAttr<DenseI64ArrayAttr>:$wrt,
                       OptionalAttr<FlatSymbolRefArrayAttr>:$parameters,
                       UnitAttr:$with_value);
  let results = (outs Variadic<DL_Tensor>:$values);
  let assemblyFormat = [{
    $callee `(` $inputs `)` (`seeds` `(` $seeds^ `:` type($seeds) `)`)?
    oilist(`wrt` custom<Extents>($wrt) | `parameters` $parameters
           | `with_value` $with_value)
    attr-dict `:` functional-type($inputs, $values)
  }];
  let extraClassDeclaration = [{
    /// The numbers of the arguments to differentiate by, given or by default.
    ::llvm::SmallVector<int64_t> getArguments();
  }];
}

def DL_BarrierOp : Op<DL_Dialect, "barrier", [SameOperandsAndResultType, DL_BoundedTensors]> {
  let summary = "a copy of x that no pass merges with x";
  let description = [{
    The result equals `x`, but no pass treats it as the same value, so computations
    from it are not merged with those from `x`. Rematerialised layers begin with this
    op (`dl-differentiate` with `memory`).
  }];
  let arguments = (ins DL_Tensor:$x);
  let results = (outs Res<DL_Tensor, "", [MemAlloc]>:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLGRADIENT_TD
