//===- BufferizationPasses.td - Tensors in buffers -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_BUFFERIZATIONPASSES_TD
#define DLC_CODEGEN_BUFFERIZATIONPASSES_TD

include "mlir/Pass/PassBase.td"

def ReshapeDestinations : Pass<"dlc-reshape-destinations"> {
  let summary = "Write results in the shape in which they were computed";
  let description = [{
    A result that is reshaped at the end is written to a reshaped view of its destination instead.
    The view is created before the ops that compute the result, so that they can compute it in
    place. Destinations with gaps, or of a type less static than the value's, have no such view.

    ```mlir
    func.func @f(%x: tensor<2x4xf32>, %y: memref<8xf32>) {
      %e = tensor.empty() : tensor<2x4xf32>
      %z = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
      %flat = tensor.collapse_shape %z [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
      bufferization.materialize_in_destination %flat in restrict writable %y
          : (tensor<8xf32>, memref<8xf32>) -> ()
      return
    }
    // becomes
    func.func @f(%x: tensor<2x4xf32>, %y: memref<8xf32>) {
      %view = memref.expand_shape %y [[0, 1]] output_shape [2, 4]
          : memref<8xf32> into memref<2x4xf32>
      %e = tensor.empty() : tensor<2x4xf32>
      %z = linalg.exp ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
      %flat = tensor.collapse_shape %z [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
      bufferization.materialize_in_destination %z in restrict writable %view
          : (tensor<2x4xf32>, memref<2x4xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def HideIndices : Pass<"dlc-hide-indices", "::mlir::func::FuncOp"> {
  let summary = "Hide how indices are computed from upstream's analyses";
  let description = [{
    Upstream's bufferisation compares slices by constraints on everything that their offsets and
    sizes are computed from. Where extents derive from an unknown one through many layers, that
    takes minutes. An identity cast after each index that is neither a constant nor the result of
    `affine.apply` stops the search. Equal values, and sums of them, remain comparable.
    Canonicalisation drops the casts.

    ```mlir
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %y = tensor.extract_slice %x[0] [%n] [1] : tensor<?xf32> to tensor<?xf32>
      return %y : tensor<?xf32>
    }
    // becomes
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %hidden = builtin.unrealized_conversion_cast %n : index to index
      %y = tensor.extract_slice %x[0] [%hidden] [1] : tensor<?xf32> to tensor<?xf32>
      return %y : tensor<?xf32>
    }
    ```
  }];
}

def CarryInPlace : Pass<"dlc-carry-in-place"> {
  let summary = "Copy the new state of a loop into the buffer of the previous one";
  let description = [{
    The state of a loop over time would be a new buffer in every iteration unless it is written to
    the tensor of the previous state. This pass inserts the new state into that tensor as a whole.
    Bufferisation drops the copy where the state can be computed in place, and allocates memory
    where that would overwrite values that are still read. Runs just before bufferisation, since
    canonicalisation folds an insertion of a whole tensor.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %steps: index) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %last = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
        %e = bufferization.alloc_tensor() : tensor<4xf32>
        %t = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
        scf.yield %t : tensor<4xf32>
      }
      return %last : tensor<4xf32>
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %steps: index) -> tensor<4xf32> {
      %last = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
        %e = bufferization.alloc_tensor() : tensor<4xf32>
        %t = linalg.exp ins(%s : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
        %u = tensor.insert_slice %t into %s[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
        scf.yield %u : tensor<4xf32>
      }
      return %last : tensor<4xf32>
    }
    ```

    The `scf.condition` of an `scf.while` is made to forward each carried value at its own position,
    as upstream's bufferisation expects. Other values that the second region yields are copied,
    unless that region has created them: two carried values must never alias each other or an
    argument of the function.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def WriteResults : Pass<"dlc-write-results", "::mlir::func::FuncOp"> {
  let summary = "Insert each result into its destination as a tensor";
  let description = [{
    `bufferization.materialize_in_destination` into a buffer is a write that the analysis of
    one-shot bufferisation does not see. If upstream's elimination of empty tensors has put another
    value into that buffer, and this value is read later, the write overwrites it. So each such op
    becomes an insertion of the whole value into the tensor of the buffer. A value that is still
    read then keeps the buffer, and the result goes to other memory first. A copy at the end of the
    function moves such a result to its buffer. Otherwise source and destination of this copy are
    the same, and it folds.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: memref<4xf32>) {
      bufferization.materialize_in_destination %x in restrict writable %y
          : (tensor<4xf32>, memref<4xf32>) -> ()
      return
    }
    // becomes
    func.func @f(%x: tensor<4xf32>, %y: memref<4xf32>) {
      %place = bufferization.to_tensor %y restrict writable : memref<4xf32> to tensor<4xf32>
      %z = tensor.insert_slice %x into %place[0] [4] [1] : tensor<4xf32> into tensor<4xf32>
      %b = bufferization.to_buffer %z read_only : tensor<4xf32> to memref<4xf32>
      memref.copy %b, %y : memref<4xf32> to memref<4xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def DuplicateSharedDestinations : Pass<"dlc-duplicate-shared-destinations"> {
  let summary = "Clone fills and slices that several results begin with";
  let description = [{
    Common subexpression elimination may make two results start from the same fill or slice.
    Upstream's elimination of empty tensors then puts the shared part into the buffer of the first
    result, and the second reads it there after it was overwritten. So empty tensors, fills and
    inserted slices with several writers are cloned for each of them. An empty tensor that layers of
    one shape share is cloned too, with the slices of it that tiles were written to: otherwise
    bufferisation would compare every layer with all others.

    ```mlir
    func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %zero: f32)
        -> (tensor<2xf32>, tensor<2xf32>) {
      %e = tensor.empty() : tensor<2xf32>
      %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
      %x = tensor.insert_slice %a into %zeros[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      %y = tensor.insert_slice %b into %zeros[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      return %x, %y : tensor<2xf32>, tensor<2xf32>
    }
    // becomes
    func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %zero: f32)
        -> (tensor<2xf32>, tensor<2xf32>) {
      %d = tensor.empty() : tensor<2xf32>
      %e = tensor.empty() : tensor<2xf32>
      %ys = linalg.fill ins(%zero : f32) outs(%d : tensor<2xf32>) -> tensor<2xf32>
      %xs = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
      %x = tensor.insert_slice %a into %xs[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      %y = tensor.insert_slice %b into %ys[0] [1] [1] : tensor<1xf32> into tensor<2xf32>
      return %x, %y : tensor<2xf32>, tensor<2xf32>
    }
    ```
  }];
}

#endif // DLC_CODEGEN_BUFFERIZATIONPASSES_TD
