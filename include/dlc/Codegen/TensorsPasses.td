//===- TensorsPasses.td - Loop nests of linalg on tensors -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_TENSORSPASSES_TD
#define DLC_CODEGEN_TENSORSPASSES_TD

include "mlir/Pass/PassBase.td"

def FuseElementwise : Pass<"dlc-fuse-elementwise"> {
  let summary = "Fuse element-wise ops into the op that uses them";
  let description = [{
    A restricted form of upstream's fusion of element-wise ops: a producer is only fused into its
    single user, and only if each of its elements is still computed once. So nothing is fused into
    the operands of a contraction or along a broadcast. In addition, a producer with other users is
    merged with a consumer that has the same loops and indexing maps into one op of several results:
    for example, an optimiser's new moments and the parameter that is computed from them.

    ```mlir
    #id = affine_map<(d0) -> (d0)>
    func.func @f(%x: tensor<8xf32>, %e: tensor<8xf32>) -> tensor<8xf32> {
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %o: f32):
        %b = math.exp %a : f32
        linalg.yield %b : f32
      } -> tensor<8xf32>
      %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
          ins(%y : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%b: f32, %o: f32):
        %c = arith.negf %b : f32
        linalg.yield %c : f32
      } -> tensor<8xf32>
      return %z : tensor<8xf32>
    }
    // becomes
    func.func @f(%x: tensor<8xf32>, %unused: tensor<8xf32>) -> tensor<8xf32> {
      %e = tensor.empty() : tensor<8xf32>
      %z = linalg.generic {...} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %o: f32):
        %b = math.exp %a : f32
        %c = arith.negf %b : f32
        linalg.yield %c : f32
      } -> tensor<8xf32>
      return %z : tensor<8xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def DecomposePads : Pass<"dlc-decompose-pads"> {
  let summary = "Expand tensor.pad to filled strips around the interior";
  let description = [{
    Upstream's decomposition fills the whole result and then copies the source into it. This one
    fills strips around the interior, so that each element is written once, and a source that is
    computed in the function can be computed in place. Runs after fusion, which does not look
    through `tensor.pad`. A padding value that depends on the position is an error.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %zero: f32) -> tensor<7xf32> {
      %y = tensor.pad %x low[1] high[2] {
      ^bb0(%i: index):
        tensor.yield %zero : f32
      } : tensor<4xf32> to tensor<7xf32>
      return %y : tensor<7xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %zero: f32) -> tensor<7xf32> {
      %e = bufferization.alloc_tensor() : tensor<7xf32>
      %a = tensor.extract_slice %e[0] [1] [1] : tensor<7xf32> to tensor<1xf32>
      %b = linalg.fill ins(%zero : f32) outs(%a : tensor<1xf32>) -> tensor<1xf32>
      %c = tensor.insert_slice %b into %e[0] [1] [1] : tensor<1xf32> into tensor<7xf32>
      %h = tensor.extract_slice %c[5] [2] [1] : tensor<7xf32> to tensor<2xf32>
      %i = linalg.fill ins(%zero : f32) outs(%h : tensor<2xf32>) -> tensor<2xf32>
      %j = tensor.insert_slice %i into %c[5] [2] [1] : tensor<2xf32> into tensor<7xf32>
      %place = tensor.extract_slice %j[1] [4] [1] : tensor<7xf32> to tensor<4xf32>
      %inner = linalg.copy ins(%x : tensor<4xf32>) outs(%place : tensor<4xf32>) -> tensor<4xf32>
      %y = tensor.insert_slice %inner into %j[1] [4] [1] : tensor<4xf32> into tensor<7xf32>
      return %y : tensor<7xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::affine::AffineDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def FormNests : Pass<"dlc-form-nests", "::mlir::func::FuncOp"> {
  let summary = "Decide which linalg ops become one loop nest";
  let description = [{
    Visits possible roots from the last op to the first. A root that consumes a contraction element
    by element is fused with it. A pooling whose windows do not overlap is fused, by rows of
    windows, with the product that it reads, if the product's result would not fit in the
    second-level cache. Ops that compute a row from the same row of their operands, with a reduction
    among them, form one nest. Any other op is a nest of its own; element-wise ops whose operands
    are traversed in the same order in memory are collapsed to one loop. The decision is the
    attribute `codegen.nest` of each op. Unused ops are erased.

    ```mlir
    func.func @f(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>)
        -> (tensor<8x32xf32>, tensor<8x32xf32>) {
      %d = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>)
          outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      %e = linalg.exp ins(%d : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      %g = linalg.negf ins(%e : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      return %e, %g : tensor<8x32xf32>, tensor<8x32xf32>
    }
    // becomes
    func.func @f(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>)
        -> (tensor<8x32xf32>, tensor<8x32xf32>) {
      %d = linalg.matmul {codegen.nest = #codegen.nest<1, product>}
          ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>)
          outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      %e = linalg.exp {codegen.nest = #codegen.nest<1, epilogue>}
          ins(%d : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      %g = linalg.negf {codegen.nest = #codegen.nest<0, elementwise>}
          ins(%e : tensor<8x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
      return %e, %g : tensor<8x32xf32>, tensor<8x32xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def MarkRegions : Pass<"dlc-mark-regions", "::mlir::ModuleOp"> {
  let summary = "Number the fused loop nests of a module";
  let description = [{
    Every loop nest of `dlc-tile-and-fuse` has an attribute `codegen.region` with its name,
    operations, bytes and tiles. This pass collects them in the module's `codegen.regions`, which
    `dlc --report` prints as a table. The counts of a nest in a loop over time are multiplied by the
    number of iterations. With `calls` each nest of a kernel is enclosed by `codegen.begin_region`
    and `codegen.end_region`, by which `dlc-run --profile` measures its time.

    ```mlir
    // dlc-opt --dlc-mark-regions=calls=true
    func.func @f(%context: !llvm.ptr, %x: memref<64xf32>, %zero: f32) {
      scf.forall (%i) in (64) {
        memref.store %zero, %x[%i] : memref<64xf32>
      } {codegen.region = #codegen.region<number = 3, name = "fill", kind = elementwise,
          flops = 0, bytes = 256, cost = 0, tile = [1], tasks = [1]>}
      return
    }
    // becomes
    module attributes {codegen.regions = [
        #codegen.region<number = 3, name = "fill", kind = elementwise, flops = 0, bytes = 256,
            cost = 0, tile = [1], tasks = [1], function = @f>]} {
      func.func @f(%context: !llvm.ptr, %x: memref<64xf32>, %zero: f32) {
        codegen.begin_region %context[0]
        scf.forall (%i) in (64) {
          memref.store %zero, %x[%i] : memref<64xf32>
        }
        codegen.end_region %context
        return
      }
    }
    ```
  }];
  let options = [Option<"calls", "calls", "bool", /*default=*/"false",
                        "Call the runtime where a region begins and ends">];
  let dependentDialects = ["::dlc::codegen::CodegenDialect"];
}

def PeelLoops : Pass<"dlc-peel-loops", "::mlir::func::FuncOp"> {
  let summary = "Split off a last partial iteration, so that tiles have constant sizes";
  let description = [{
    A loop whose step does not divide its extent becomes a loop over whole tiles and one iteration
    over the remainder, outer loops first. This includes an `scf.forall` of static bounds, which
    upstream does not peel. In the loop over whole tiles the minimum of step and remaining size is
    the step, so tiles have constant sizes and later passes need no mask. Only the remainder has an
    unknown size, if the bound is unknown. Static sizes are folded into types.

    ```mlir
    func.func @f(%x: tensor<100xf32>, %y: tensor<100xf32>) -> tensor<100xf32> {
      %c0 = arith.constant 0 : index
      %c32 = arith.constant 32 : index
      %c100 = arith.constant 100 : index
      %z = scf.for %i = %c0 to %c100 step %c32 iter_args(%o = %y) -> (tensor<100xf32>) {
        %n = affine.min affine_map<(d0) -> (32, 100 - d0)>(%i)
        %a = tensor.extract_slice %x[%i] [%n] [1] : tensor<100xf32> to tensor<?xf32>
        %p = tensor.insert_slice %a into %o[%i] [%n] [1] : tensor<?xf32> into tensor<100xf32>
        scf.yield %p : tensor<100xf32>
      }
      return %z : tensor<100xf32>
    }
    // becomes
    func.func @f(%x: tensor<100xf32>, %y: tensor<100xf32>) -> tensor<100xf32> {
      %whole = scf.for %i = %c0 to %c96 step %c32 iter_args(%o = %y) -> (tensor<100xf32>) {
        %a = tensor.extract_slice %x[%i] [32] [1] : tensor<100xf32> to tensor<32xf32>
        %p = tensor.insert_slice %a into %o[%i] [32] [1] : tensor<32xf32> into tensor<100xf32>
        scf.yield %p : tensor<100xf32>
      }
      %b = tensor.extract_slice %x[96] [4] [1] : tensor<100xf32> to tensor<4xf32>
      %z = tensor.insert_slice %b into %whole[96] [4] [1] : tensor<4xf32> into tensor<100xf32>
      return %z : tensor<100xf32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def SimplifyWindows : Pass<"dlc-simplify-windows", "::mlir::func::FuncOp"> {
  let summary = "Replace window accesses of one element by strided slices";
  let description = [{
    Applies to an operand indexed by `position * stride + offset * dilation` where the loop over the
    offset (or the position) has one iteration. It becomes a strided slice that is indexed by the
    other loop alone. The vectoriser needs this, as it supports projected permutations only. No
    upstream pattern does this for every rank and for pooling.

    ```mlir
    func.func @f(%x: tensor<9xf32>, %w: tensor<1xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
      %z = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0 * 2 + d1)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%x, %w : tensor<9xf32>, tensor<1xf32>) outs(%y : tensor<5xf32>) {
      ^bb0(%a: f32, %b: f32, %c: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %c, %p : f32
        linalg.yield %s : f32
      } -> tensor<5xf32>
      return %z : tensor<5xf32>
    }
    // becomes
    func.func @f(%x: tensor<9xf32>, %w: tensor<1xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
      %v = tensor.extract_slice %x[0] [5] [2] : tensor<9xf32> to tensor<5xf32>
      %z = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%v, %w : tensor<5xf32>, tensor<1xf32>) outs(%y : tensor<5xf32>) {
        ...
      } -> tensor<5xf32>
      return %z : tensor<5xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def SliceGathers : Pass<"dlc-slice-gathers", "::mlir::func::FuncOp"> {
  let summary = "Read a row that is looked up as a slice, not element by element";
  let description = [{
    Applies to a `linalg.generic` whose innermost loop reads the elements of a row of another tensor
    one by one (`tensor.extract %table[%row, %i]`), and whose other loops have one iteration. The
    row becomes an operand: a slice, which the vectoriser loads as vectors. Upstream's vectoriser
    recognises a contiguous read only if the row is the same for the whole op; if the row comes from
    an operand, it reads one element at a time.

    ```mlir
    func.func @f(%table: tensor<20x64xf32>, %ids: tensor<1xi64>, %to: tensor<1x64xf32>)
        -> tensor<1x64xf32> {
      %y = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%ids : tensor<1xi64>) outs(%to : tensor<1x64xf32>) {
      ^bb0(%id: i64, %o: f32):
        %row = arith.index_cast %id : i64 to index
        %i = linalg.index 1 : index
        %e = tensor.extract %table[%row, %i] : tensor<20x64xf32>
        linalg.yield %e : f32
      } -> tensor<1x64xf32>
      return %y : tensor<1x64xf32>
    }
    // becomes
    func.func @f(%table: tensor<20x64xf32>, %ids: tensor<1xi64>, %to: tensor<1x64xf32>)
        -> tensor<1x64xf32> {
      %id = tensor.extract %ids[%c0] : tensor<1xi64>
      %row = arith.index_cast %id : i64 to index
      %x = tensor.extract_slice %table[%row, %c0] [1, 64] [1, 1]
          : tensor<20x64xf32> to tensor<64xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>,
                           affine_map<(d0, d1) -> (d0, d1)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%ids, %x : tensor<1xi64>, tensor<64xf32>) outs(%to : tensor<1x64xf32>) {
      ^bb0(%unused: i64, %e: f32, %o: f32):
        linalg.yield %e : f32
      } -> tensor<1x64xf32>
      return %y : tensor<1x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

def DropEmptyLoops : Pass<"dlc-drop-empty-loops"> {
  let summary = "Replace linalg ops that loop over nothing by their initial values";
  let description = [{
    A tensor may have no elements, but a tile or a vector may not. A `linalg` op that loops over an
    extent of 0 computes nothing, so its results are its `outs`.

    ```mlir
    func.func @f(%x: tensor<4x0xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
      %y = linalg.reduce {arith.addf} ins(%x : tensor<4x0xf32>) outs(%start : tensor<4xf32>)
          dimensions = [1]
      return %y : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4x0xf32>, %start: tensor<4xf32>) -> tensor<4xf32> {
      return %start : tensor<4xf32>
    }
    ```
  }];
}

def UpdateInPlace : Pass<"dlc-update-in-place", "::mlir::func::FuncOp"> {
  let summary = "Compute the new state in the buffer of the old one";
  let description = [{
    If an element-wise function of the state is stored back to the state, the old value becomes the
    op's destination instead of an operand, so that the new value is computed in place. Each element
    must be computed from the old element at the same position. If the old value is read later,
    bufferisation inserts a copy.

    ```mlir
    #id = affine_map<(d0) -> (d0)>
    func.func @f(%p: memref<8xf32>, %g: tensor<8xf32>) {
      %old = bufferization.to_tensor %p restrict : memref<8xf32> to tensor<8xf32>
      %e = tensor.empty() : tensor<8xf32>
      %new = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%old, %g : tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %d = arith.subf %a, %b : f32
        linalg.yield %d : f32
      } -> tensor<8xf32>
      %buffer = bufferization.to_buffer %new read_only : tensor<8xf32> to memref<8xf32>
      memref.copy %buffer, %p : memref<8xf32> to memref<8xf32>
      return
    }
    // becomes
    func.func @f(%p: memref<8xf32>, %g: tensor<8xf32>) {
      %old = bufferization.to_tensor %p restrict writable : memref<8xf32> to tensor<8xf32>
      %e = tensor.empty() : tensor<8xf32>
      %new = linalg.generic {...} ins(%g : tensor<8xf32>) outs(%old : tensor<8xf32>) {
      ^bb0(%b: f32, %a: f32):
        %d = arith.subf %a, %b : f32
        linalg.yield %d : f32
      } -> tensor<8xf32>
      %buffer = bufferization.to_buffer %new read_only : tensor<8xf32> to memref<8xf32>
      memref.copy %buffer, %p : memref<8xf32> to memref<8xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

#endif // DLC_CODEGEN_TENSORSPASSES_TD
