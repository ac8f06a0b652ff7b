//===- MemoryPasses.td - Layout of buffers in memory -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_MEMORYPASSES_TD
#define DLC_CODEGEN_MEMORYPASSES_TD

include "mlir/Pass/PassBase.td"

def LegalizeElementTypes : Pass<"dlc-legalize-element-types", "::mlir::ModuleOp"> {
  let summary = "Replace bf16, small floats and booleans in memory by integers";
  let description = [{
    Few processors convert bf16, and some of those flush denormals. For the others LLVM calls the
    compiler's runtime library, which a model's library does not have, and scalarises vectors. So
    this pass replaces bf16 by `i16` of the same bits: buffers, vectors and scalars change their
    type, and conversions become shifts and roundings of integers (to nearest, ties to even; NaN
    stays NaN). Ops that only move elements move bits, and other arithmetic is done in f32.
    Instructions of the target that take bf16 keep it: the ops of the dialects in `instructions`,
    which the target's pipeline names. Floats of 8 and 4 bits, in all formats of `dl`, become `i8`
    and `i4` in the same way.

    ```mlir
    func.func @f(%x: memref<?xbf16>, %i: index) -> vector<16xf32> {
      %v = vector.load %x[%i] : memref<?xbf16>, vector<16xbf16>
      %w = arith.extf %v : vector<16xbf16> to vector<16xf32>
      return %w : vector<16xf32>
    }
    // becomes
    func.func @f(%x: memref<?xi16>, %i: index) -> vector<16xf32> {
      %sixteen = arith.constant dense<16> : vector<16xi32>
      %v = vector.load %x[%i] : memref<?xi16>, vector<16xi16>
      %u = arith.extui %v : vector<16xi16> to vector<16xi32>
      %s = arith.shli %u, %sixteen : vector<16xi32>
      %w = arith.bitcast %s : vector<16xi32> to vector<16xf32>
      return %w : vector<16xf32>
    }
    ```

    A boolean is a byte in memory, and `i1` elsewhere.

    ```mlir
    func.func @f(%x: memref<?xi1>, %i: index) -> i1 {
      %b = memref.load %x[%i] : memref<?xi1>
      return %b : i1
    }
    // becomes
    func.func @f(%x: memref<?xi8>, %i: index) -> i1 {
      %byte = memref.load %x[%i] : memref<?xi8>
      %b = arith.cmpi ne, %byte, %c0_i8 : i8
      return %b : i1
    }
    ```
  }];
  let options = [
    ListOption<"instructions", "instructions", "std::string",
               "Dialects of the target's instructions, which take these types as they are">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandCopies : Pass<"dlc-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Turn copies between strided buffers into loops of vectors";
  let description = [{
    A copy whose rows are contiguous on both sides becomes a loop over rows that copies vectors; the
    remainder of a row is copied by vectors of half the size, and so on. A copy of rows that are not
    contiguous becomes `linalg.copy`. For both, upstream calls a function of its runner's library.
    Copies of dense buffers become memcpy later and are not changed. Runs before tasks are outlined,
    as the function's `codegen.target` determines the width of vectors.

    ```mlir
    func.func @f(%x: memref<?x20xf32>, %y: memref<?x20xf32, strided<[?, 1]>>) {
      memref.copy %x, %y : memref<?x20xf32> to memref<?x20xf32, strided<[?, 1]>>
      return
    }
    // becomes
    func.func @f(%x: memref<?x20xf32>, %y: memref<?x20xf32, strided<[?, 1]>>) {
      %rows = memref.dim %x, %c0 : memref<?x20xf32>
      scf.for %i = %c0 to %rows step %c1 {
        %a = vector.load %x[%i, %c0] : memref<?x20xf32>, vector<16xf32>
        vector.store %a, %y[%i, %c0] : memref<?x20xf32, strided<[?, 1]>>, vector<16xf32>
        %b = vector.load %x[%i, %c16] : memref<?x20xf32>, vector<4xf32>
        vector.store %b, %y[%i, %c16] : memref<?x20xf32, strided<[?, 1]>>, vector<4xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def ExpandReshapes : Pass<"dlc-expand-reshapes"> {
  let summary = "Turn reshapes of buffers into plain views";
  let description = [{
    `memref.expand_shape` and `memref.collapse_shape` become `memref.reinterpret_cast`. Upstream
    instead folds them into loads and stores, so that each access divides its index
    (`affine.delinearize_index`). Its `expand-strided-metadata` crashes on several unknown extents
    in a group.

    ```mlir
    // dlc-opt --dlc-expand-reshapes --canonicalize
    func.func @f(%x: memref<?xf32>, %m: index, %n: index) -> memref<?x?xf32> {
      %y = memref.expand_shape %x [[0, 1]] output_shape [%m, %n]
          : memref<?xf32> into memref<?x?xf32>
      return %y : memref<?x?xf32>
    }
    // becomes
    func.func @f(%x: memref<?xf32>, %m: index, %n: index) -> memref<?x?xf32> {
      %y = memref.reinterpret_cast %x to offset: [0], sizes: [%m, %n], strides: [%n, 1]
          : memref<?xf32> to memref<?x?xf32>
      return %y : memref<?x?xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect"];
}

def OrderMaskedTransfers : Pass<"dlc-order-masked-transfers"> {
  let summary = "Rewrite masked reads and writes in the order of memory";
  let description = [{
    The bits of a mask are in the order of memory. A masked read that transposes or broadcasts
    becomes a read in that order, followed by the transposition and the broadcast. A masked write of
    several rows becomes one write per row with its part of the mask.

    Runs before aliases are folded. Folding a rank-reducing subview into a transfer gives it a map
    to dimensions that are not the last ones, such as `(d0, d1, d2, d3) -> (0, d3, d0)`. Upstream's
    unrolling then splits the mask by the dimensions of the vector: a read uses the bit of another
    element, and a write goes past its tile.

    ```mlir
    // dlc-opt --dlc-order-masked-transfers --canonicalize
    func.func @f(%v: vector<2x4xf32>, %mask: vector<2x4xi1>, %y: memref<2x3xf32>) {
      %c0 = arith.constant 0 : index
      vector.transfer_write %v, %y[%c0, %c0], %mask {in_bounds = [true, true]}
          : vector<2x4xf32>, memref<2x3xf32>
      return
    }
    // becomes
    func.func @f(%v: vector<2x4xf32>, %mask: vector<2x4xi1>, %y: memref<2x3xf32>) {
      %v0 = vector.extract %v[0] : vector<4xf32> from vector<2x4xf32>
      %m0 = vector.extract %mask[0] : vector<4xi1> from vector<2x4xi1>
      vector.transfer_write %v0, %y[%c0, %c0], %m0 {in_bounds = [true]} : ...
      %v1 = vector.extract %v[1] : vector<4xf32> from vector<2x4xf32>
      %m1 = vector.extract %mask[1] : vector<4xi1> from vector<2x4xi1>
      vector.transfer_write %v1, %y[%c1, %c0], %m1 {in_bounds = [true]} : ...
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect"];
}

def PlanArena : Pass<"dlc-plan-arena", "::mlir::ModuleOp"> {
  let summary = "Place all intermediate buffers in one arena, which the caller provides";
  let description = [{
    Each `memref.alloc` of a kernel becomes a view into a new last argument, `memref<?xi8>`. Buffers
    with disjoint live ranges, from the first access to the last, share memory. Buffers of static or
    bounded size are packed; those whose size is known at run time share slots. A buffer inside a
    parallel loop exists once per worker. `@f.workspace`, the kernel's `codegen.workspace`, takes
    the same arguments and returns the size of the arena in bytes. A result that is handed to the
    caller gets memory of its own instead.

    ```mlir
    // dlc-opt --dlc-plan-arena --canonicalize
    func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>) {
      %a = memref.alloc() : memref<64xf32>
      memref.copy %x, %a : memref<64xf32> to memref<64xf32>
      memref.copy %a, %x : memref<64xf32> to memref<64xf32>
      %b = memref.alloc() : memref<64xf32>
      memref.copy %x, %b : memref<64xf32> to memref<64xf32>
      memref.copy %b, %x : memref<64xf32> to memref<64xf32>
      return
    }
    // becomes
    func.func private @f.workspace(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>)
        -> index ... {
      return %c256 : index
    }
    func.func @f(%context: !llvm.ptr, %workers: index, %x: memref<64xf32>, %arena: memref<?xi8>)
        attributes {codegen.workspace = @f.workspace} {
      %a = memref.view %arena[%c0][] : memref<?xi8> to memref<64xf32>
      memref.copy %x, %a : memref<64xf32> to memref<64xf32>
      memref.copy %a, %x : memref<64xf32> to memref<64xf32>
      %b = memref.view %arena[%c0][] : memref<?xi8> to memref<64xf32>
      memref.copy %x, %b : memref<64xf32> to memref<64xf32>
      memref.copy %b, %x : memref<64xf32> to memref<64xf32>
      return
    }
    ```
  }];
  let options = [Option<"share", "share", "bool", "true",
                        "Let buffers that are never live at the same time share memory">];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def PlaceWeights : Pass<"dlc-place-weights", "::mlir::ModuleOp"> {
  let summary = "Store constants in one buffer, separate from the code";
  let description = [{
    Constant buffers of at least `least` bytes become views of one buffer, which a kernel obtains at
    its start by `codegen.weight_memory`. Their values and offsets go to the module's
    `codegen.weights`, so that they are written to a file as they are and never become LLVM
    constants.

    ```mlir
    memref.global "private" constant @w : memref<100xf32> = dense<1.0>
    memref.global "private" constant @small : memref<4xf32> = dense<2.0>
    func.func @f(%context: !llvm.ptr) -> (memref<100xf32>, memref<4xf32>) {
      %w = memref.get_global @w : memref<100xf32>
      %s = memref.get_global @small : memref<4xf32>
      return %w, %s : memref<100xf32>, memref<4xf32>
    }
    // becomes
    module attributes {codegen.weights = [
        #codegen.weight<offset = 0, values = dense<1.0> : tensor<100xf32>>]} {
      memref.global "private" constant @small : memref<4xf32> = dense<2.0>
      func.func @f(%context: !llvm.ptr) -> (memref<100xf32>, memref<4xf32>) {
        %weights = codegen.weight_memory %context
        %w = memref.view %weights[%c0][] : memref<?xi8> to memref<100xf32>
        %s = memref.get_global @small : memref<4xf32>
        return %w, %s : memref<100xf32>, memref<4xf32>
      }
    }
    ```
  }];
  let options = [Option<"least", "least", "int64_t", "256",
                        "Smallest constant in bytes that is stored separately">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

def PlaceState : Pass<"dlc-place-state", "::mlir::ModuleOp"> {
  let summary = "Store mutable globals in one buffer, which each context has of its own";
  let description = [{
    Global buffers that are not constant become views of one buffer, which a kernel obtains at its
    start by `codegen.state_memory`: every context has a state of its own. The module's
    `codegen.states` hold names, types and offsets. Initial values that are not zero are appended to
    the weights, and `first` is their offset there.

    ```mlir
    memref.global "private" @s : memref<4xf32> = dense<2.0>
    func.func @f(%context: !llvm.ptr) -> memref<4xf32> {
      %s = memref.get_global @s : memref<4xf32>
      return %s : memref<4xf32>
    }
    // becomes
    module attributes {
        codegen.states = [
            #codegen.state<name = "s", type = tensor<4xf32>, offset = 0, first = 0>],
        codegen.weights = [#codegen.weight<offset = 0, values = dense<2.0> : tensor<4xf32>>]} {
      func.func @f(%context: !llvm.ptr) -> memref<4xf32> {
        %states = codegen.state_memory %context
        %s = memref.view %states[%c0][] : memref<?xi8> to memref<4xf32>
        return %s : memref<4xf32>
      }
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect"];
}

#endif // DLC_CODEGEN_MEMORYPASSES_TD
