// Rounded divisions are expanded, extrema are left to LLVM.
// RUN: dlc-opt %s --dlc-expand-arith | FileCheck %s
// CHECK-LABEL: func.func @f
// CHECK: arith.maximumf %{{.*}} fastmath<nsz>
// CHECK-NOT: ceildivsi
// CHECK: return
func.func @f(%x: vector<8xf32>, %y: vector<8xf32>, %i: index, %j: index) -> (vector<8xf32>, index) {
  %0 = arith.maximumf %x, %y fastmath<nsz> : vector<8xf32>
  %1 = arith.ceildivsi %i, %j : index
  return %0, %1 : vector<8xf32>, index
}
