// RUN: dlc-opt %s -dlc-write-results | FileCheck %s

// The value that the destination holds is read again: the analysis of buffers sees
// an insertion, a copy home comes last.
// CHECK-LABEL: func @result(
// CHECK: %[[PLACE:.*]] = bufferization.to_tensor %arg1 restrict writable
// CHECK: %[[ALL:.*]] = tensor.insert_slice %{{.*}} into %[[PLACE]][0] [4] [1]
// CHECK-NOT: materialize_in_destination
// CHECK: %[[BUFFER:.*]] = bufferization.to_buffer %[[ALL]] read_only
// CHECK: memref.copy %[[BUFFER]], %arg1
// CHECK-NEXT: return
func.func @result(%arg0: memref<4xf32>, %arg1: memref<4xf32>) {
  %x = bufferization.to_tensor %arg0 restrict : memref<4xf32> to tensor<4xf32>
  bufferization.materialize_in_destination %x in restrict writable %arg1 : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// What was computed there is not inserted again.
// CHECK-LABEL: func @inplace(
// CHECK-NOT: insert_slice
// CHECK: return
func.func @inplace(%arg0: memref<4xf32>, %arg1: memref<4xf32>) {
  %x = bufferization.to_tensor %arg0 restrict : memref<4xf32> to tensor<4xf32>
  %y = bufferization.to_tensor %arg1 restrict writable : memref<4xf32> to tensor<4xf32>
  %z = linalg.exp ins(%x : tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  bufferization.materialize_in_destination %z in writable %arg1 : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// A read of the destination that stands in a branch is moved to where it serves both.
// CHECK-LABEL: func @branch(
// CHECK-NEXT: %[[PLACE:.*]] = bufferization.to_tensor %arg1 restrict writable
// CHECK: scf.if
// CHECK: tensor.insert_slice %{{.*}} into %[[PLACE]]
func.func @branch(%arg0: memref<4xf32>, %arg1: memref<4xf32>, %p: i1) {
  %x = bufferization.to_tensor %arg0 restrict : memref<4xf32> to tensor<4xf32>
  %y = scf.if %p -> (tensor<4xf32>) {
    %d = bufferization.to_tensor %arg1 restrict writable : memref<4xf32> to tensor<4xf32>
    %e = linalg.exp ins(%x : tensor<4xf32>) outs(%d : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %e : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  bufferization.materialize_in_destination %y in restrict writable %arg1 : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// Nothing is written where nothing is.
// CHECK-LABEL: func @nothing(
// CHECK-NEXT: to_tensor %arg0
// CHECK-NEXT: return
func.func @nothing(%arg0: memref<?x0xf32>, %arg1: memref<?x0xf32>) {
  %x = bufferization.to_tensor %arg0 restrict : memref<?x0xf32> to tensor<?x0xf32>
  bufferization.materialize_in_destination %x in restrict writable %arg1 : (tensor<?x0xf32>, memref<?x0xf32>) -> ()
  return
}
