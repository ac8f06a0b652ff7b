// Rounded divisions and bf16 are expanded, extrema are left to LLVM.
// RUN: dlc-opt %s --dlc-expand-arith | FileCheck %s
// CHECK-LABEL: func.func @f
// CHECK: arith.maximumf %{{.*}} fastmath<nsz>
// CHECK-NOT: ceildivsi
// CHECK-NOT: arith.extf
// CHECK: return
func.func @f(%x: vector<8xf32>, %y: vector<8xf32>, %i: index, %j: index, %b: i16) -> (vector<8xf32>, index, f32) {
  %0 = arith.maximumf %x, %y fastmath<nsz> : vector<8xf32>
  %1 = arith.ceildivsi %i, %j : index
  %2 = arith.bitcast %b : i16 to bf16
  %3 = arith.extf %2 : bf16 to f32
  return %0, %1, %3 : vector<8xf32>, index, f32
}
