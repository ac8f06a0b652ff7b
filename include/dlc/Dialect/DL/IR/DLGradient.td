//===- DLGradient.td - Derivatives of functions -----------------*- tablegen -*-===//

#ifndef DLC_DIALECT_DL_IR_DLGRADIENT_TD
#define DLC_DIALECT_DL_IR_DLGRADIENT_TD

include "dlc/Dialect/DL/IR/DLDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def DL_GradOp : DL_Op<"grad", [AttrSizedOperandSegments,
                               DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the derivative of a function";
  let description = [{
    Asks for the gradient of the first result of `callee`, a float of rank 0 (the
    loss), at the inputs given; `dl-differentiate` replaces it by reverse-mode
    derivatives, which are `dl` again. Further results of the function (metrics,
    running averages) are computed on the way and have no influence.

    The gradients are by the arguments whose numbers stand behind `wrt` and by the
    globals behind `parameters` that the function reads; where neither is written, by
    all arguments of floats. `with_value` gives the results of the function as well,
    first.

    ```mlir
    %loss, %dw = dl.grad @loss(%x, %w) wrt [1] with_value
        : (tensor<8x4xf32>, tensor<4x2xf32>) -> (tensor<f32>, tensor<4x2xf32>)
    ```

    With `seeds`, one of each result's type, the function may return anything: the
    gradients are those of the sum over all results of result times seed
    (a vector-Jacobian product).

    The derivative of a derivative is written as one: `callee` may hold a `dl.grad`.
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
    /// The arguments to differentiate by, as written or by default.
    ::llvm::SmallVector<int64_t> getArguments();
  }];
}

def DL_BarrierOp : Op<DL_Dialect, "barrier", [SameOperandsAndResultType, DL_BoundedTensors]> {
  let summary = "x, as a value of its own";
  let description = [{
    The result has the elements of `x`, and no pass takes it for the same value: what
    is computed of it is computed a second time. The derivative of layers that are
    computed again begins with one (`dl-differentiate` with `memory`).
  }];
  let arguments = (ins DL_Tensor:$x);
  let results = (outs Res<DL_Tensor, "", [MemAlloc]>:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

#endif // DLC_DIALECT_DL_IR_DLGRADIENT_TD
