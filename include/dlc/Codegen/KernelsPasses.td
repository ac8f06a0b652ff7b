//===- KernelsPasses.td - Functions that the runtime calls -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_KERNELSPASSES_TD
#define DLC_CODEGEN_KERNELSPASSES_TD

include "mlir/Pass/PassBase.td"

def CheckIndices : Pass<"dlc-check-indices", "::mlir::func::FuncOp"> {
  let summary = "Check or clamp the indices that a model computes";
  let description = [{
    Runs on a model as it was read, as the indices that later passes create are in bounds by
    construction. An index of `tensor.extract` or `tensor.insert` that is out of bounds ends the
    call with a message.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %i: index) -> f32 {
      %e = tensor.extract %x[%i] : tensor<?xf32>
      return %e : f32
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %i: index) -> f32 {
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %inside = arith.cmpi ult, %i, %n : index
      codegen.require %inside, "... an index is outside of its tensor in dimension 0"
      %e = tensor.extract %x[%i] : tensor<?xf32>
      return %e : f32
    }
    ```

    A call cannot end in the body of an op that computes elements (`linalg.generic`, a cell of
    `dl.scan`). There the index is clamped, and a check before that op ends the call if the tensor
    has no elements.

    ```mlir
    func.func @f(%x: tensor<8xf32>, %ids: tensor<4xindex>, %e: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.map ins(%ids : tensor<4xindex>) outs(%e : tensor<4xf32>) (%i: index, %o: f32) {
        %a = tensor.extract %x[%i] : tensor<8xf32>
        linalg.yield %a : f32
      }
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<8xf32>, %ids: tensor<4xindex>, %e: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.map ins(%ids : tensor<4xindex>) outs(%e : tensor<4xf32>)
      (%i: index, %o: f32) {
        %n = tensor.dim %x, %c0 : tensor<8xf32>
        %last = arith.subi %n, %c1 : index
        %most = arith.minsi %i, %last : index
        %inside = arith.maxsi %most, %c0 : index
        %a = tensor.extract %x[%inside] : tensor<8xf32>
        linalg.yield %a : f32
      }
      return %y : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def CheckExtents : Pass<"dlc-check-extents", "::mlir::func::FuncOp"> {
  let summary = "Check every extent that an op relies on";
  let description = [{
    An op of `linalg`, `tensor` or `scf` on tensors of unknown extents relies on relations between
    them: the operands have the extents of the op's loops, a slice is in bounds, a cast to a static
    extent is valid, no extent is negative, and the bytes of a tensor fit in 64 bits. Relations that
    types and loop bounds do not prove become a `codegen.require` before the op, unless a check with
    the same condition precedes it.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %z = linalg.exp ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
      return %z : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %m = tensor.dim %x, %c0 : tensor<?xf32>
      %same = arith.cmpi eq, %m, %n : index
      codegen.require %same, "... operands differ in dimension 0 of operand 1"
      %z = linalg.exp ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
      return %z : tensor<?xf32>
    }
    ```

    Extents are propagated from op to op: each `tensor.dim` is replaced by the extent of an
    argument, by a value, or by arithmetic on these. A condition therefore does not depend on any op
    for which upstream's patterns infer a static extent. A tensor carried by a loop has its initial
    extents if each iteration provably keeps them. For other carried tensors, and for results of an
    `scf.if` whose branches differ, a `tensor.dim` of the result reads the extents.

    Runs directly after a conversion, before canonicalisation. With `analysis` nothing is added, and
    an op that needs a check is an error.

    ```mlir
    // dlc-opt --dlc-check-extents=analysis=true
    func.func @f(%x: tensor<?xf32>) -> tensor<4xf32> {
      %y = tensor.cast %x : tensor<?xf32> to tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // error: no check before it rules out
    ```
  }];
  let options = [Option<"isAnalysis", "analysis", "bool", /*default=*/"false",
                        "Report what is missing instead of adding it">];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::dlc::codegen::CodegenDialect",
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def HoistChecks : Pass<"dlc-hoist-checks", "::mlir::func::FuncOp"> {
  let summary = "Move checks up to where their operands are defined";
  let description = [{
    A check and the arithmetic of its condition move up, to just after the last value that the
    condition is computed from. Outside an `scf.for` loop the check is weakened to "it holds, or the
    loop does not run". Only one of several equal checks is kept. A tensor with an extent is defined
    after the values that determine the extent, and so after the check: later passes may rely on the
    checked condition. Checks in a branch stay there.

    ```mlir
    func.func @f(%m: index, %n: index, %steps: index, %x: f32) -> f32 {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %y = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (f32) {
        %same = arith.cmpi eq, %m, %n : index
        codegen.require %same, "extents differ"
        %t = arith.addf %s, %x : f32
        scf.yield %t : f32
      }
      return %y : f32
    }
    // becomes
    func.func @f(%m: index, %n: index, %steps: index, %x: f32) -> f32 {
      %none = arith.cmpi sle, %steps, %c0 : index
      %same = arith.cmpi eq, %m, %n : index
      %holds = arith.ori %same, %none : i1
      codegen.require %holds, "extents differ"
      %y = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (f32) {
        %t = arith.addf %s, %x : f32
        scf.yield %t : f32
      }
      return %y : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OutlineShapeFunctions : Pass<"dlc-outline-shape-functions", "::mlir::ModuleOp"> {
  let summary = "Give every public function one that checks and infers its shapes";
  let description = [{
    For each public `@f` this pass creates a function `@f.shapes(inputs..., %out: memref<?xi64>)`
    that reads extents only. It writes the extents of all results, one after the other, to `%out[1]`
    and up. To `%out[0]` it writes zero, or the number (from 1) of the first `codegen.require` that
    does not hold. These checks are removed from `@f`; their messages are the shape function's
    `codegen.messages`. An extent that depends on values is written as -1 and listed in
    `codegen.computed` of `@f`; a check that depends on values stays in `@f`. `codegen.shapes` of
    `@f` names its shape function.

    ```mlir
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %m = tensor.dim %x, %c0 : tensor<?xf32>
      %n = tensor.dim %y, %c0 : tensor<?xf32>
      %same = arith.cmpi eq, %m, %n : index
      codegen.require %same, "extents differ"
      return %x : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32>
        attributes {codegen.shapes = @f.shapes} {
      ...
      return %x : tensor<?xf32>
    }
    func.func private @f.shapes(%x: memref<?xf32>, %y: memref<?xf32>, %out: memref<?xi64>)
        attributes {codegen.messages = ["extents differ"], ...} {
      %m = memref.dim %x, %c0 : memref<?xf32>
      %n = memref.dim %y, %c0 : memref<?xf32>
      %extent = memref.dim %x, %c0 : memref<?xf32>
      %first = arith.index_cast %extent : index to i64
      memref.store %first, %out[%c1] : memref<?xi64>
      %differ = arith.cmpi ne, %m, %n : index
      %failed = arith.extui %differ : i1 to i64
      memref.store %failed, %out[%c0] : memref<?xi64>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def ResultsToOutParams
    : Pass<"dlc-results-to-out-params", "::mlir::ModuleOp"> {
  let summary = "Write results of public functions to buffers of the caller";
  let description = [{
    A public `@f(tensors) -> tensors` becomes `@f(%context: !llvm.ptr, %workers: index, inputs as
    memrefs..., results as memrefs...)`. Results are written to the caller's buffers. A result whose
    extents depend on values has no such buffer: `codegen.set_result` and `codegen.set_extent` store
    its address and extents in the context. Global tensors become buffers as well; the values stored
    to them are written after all other ops.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%context: !llvm.ptr, %workers: index,
        %in: memref<4xf32>, %out: memref<4xf32>) ... {
      %x = bufferization.to_tensor %in restrict : memref<4xf32> to tensor<4xf32>
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      bufferization.materialize_in_destination %y in restrict writable %out
          : (tensor<4xf32>, memref<4xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def Multiversion : Pass<"dlc-multiversion", "::mlir::ModuleOp"> {
  let summary = "Copy each kernel for each processor of the library";
  let description = [{
    The module's `codegen.targets` are sorted from the least to the most capable. The kernel `@f` is
    for the first; each other target gets a copy `@f.name`, whose `codegen.version_of` is `@f`.
    Every function has its target as `codegen.target`, by which later passes choose tiles and
    vectors. Functions that kernels share, such as shape functions, are for the first target. When a
    context is created, the runtime selects the best kernel that the processor can run.

    ```mlir
    module attributes {codegen.targets = [
        #codegen.cpu<name = "v3", vectorBits = 256, vectorRegisters = 16>,
        #codegen.cpu<name = "v4">]} {
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
        return %x : tensor<4xf32>
      }
    }
    // becomes
    module attributes {codegen.targets = ...} {
      func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> attributes
          {codegen.target = #codegen.cpu<name = "v3", vectorBits = 256, vectorRegisters = 16>} {
        return %x : tensor<4xf32>
      }
      func.func @f.v4(%x: tensor<4xf32>) -> tensor<4xf32> attributes
          {codegen.target = #codegen.cpu<name = "v4">, codegen.version_of = @f} {
        return %x : tensor<4xf32>
      }
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def CheckBounds : Pass<"dlc-check-bounds", "::mlir::func::FuncOp"> {
  let summary = "Check every load, store, slice, cast and view of a buffer before it happens";
  let description = [{
    Finds defects of the compiler, not of models (`dlc --check-bounds`). The checks of
    upstream's runtime verification of buffers and `linalg` ops become `codegen.require`, so that a
    violation ends the call with the op and its location instead of ending the process. Vectors in
    memory, with or without a mask, views of raw memory and groups of expanded dimensions are
    checked as well. Runs after bufferisation, and again after vectors have become loads and stores.

    ```mlir
    func.func @f(%x: memref<?xf32>, %i: index) -> vector<8xf32> {
      %v = vector.load %x[%i] : memref<?xf32>, vector<8xf32>
      return %v : vector<8xf32>
    }
    // becomes
    func.func @f(%x: memref<?xf32>, %i: index) -> vector<8xf32> {
      %n = memref.dim %x, %c0 : memref<?xf32>
      %last = arith.subi %n, %c8 : index
      %begins = arith.cmpi sge, %i, %c0 : index
      %ends = arith.cmpi sle, %i, %last : index
      %inside = arith.andi %begins, %ends : i1
      codegen.require %inside, "bounds: ... vector.load: an access outside of its buffer"
      %v = vector.load %x[%i] : memref<?xf32>, vector<8xf32>
      return %v : vector<8xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::index::IndexDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def EmitChecks : Pass<"dlc-emit-checks", "::mlir::ModuleOp"> {
  let summary = "Turn checks of values into branches that end the call";
  let description = [{
    Each `codegen.require` that remains in a kernel becomes a branch to a `codegen.fail`, which
    passes the message to the context and does not return. Requires the context as the first
    argument.

    ```mlir
    func.func @f(%context: !llvm.ptr, %holds: i1) {
      codegen.require %holds, "extents differ"
      return
    }
    // becomes
    func.func @f(%context: !llvm.ptr, %holds: i1) {
      %fails = arith.xori %holds, %true : i1
      scf.if %fails {
        codegen.fail %context, "extents differ"
      }
      return
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::scf::SCFDialect"];
}

#endif // DLC_CODEGEN_KERNELSPASSES_TD
