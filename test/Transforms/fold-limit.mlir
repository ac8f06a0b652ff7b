// Above 1 MiB a constant is computed only where it replaces at least half of its bytes:
// padded weights do, a repeated row does not.
// RUN: dlc %s --emit=dl | FileCheck %s
// CHECK-LABEL: func.func @f
// CHECK-NOT: dl.pad
// CHECK: dl.broadcast
// CHECK-NOT: dl.pad
// CHECK: return
func.func @f(%x: tensor<300x1200xf32>, %y: tensor<300x1000xf32>) -> (tensor<300x1200xf32>, tensor<300x1000xf32>) {
  %w = arith.constant dense<1.0> : tensor<300x900xf32>
  %r = dl.iota axis 1 : tensor<1x1000xf32>
  %p = dl.pad %w low [0, 0] high [0, 300] : tensor<300x900xf32>
  %0 = dl.add %x, %p : tensor<300x1200xf32>
  %e = dl.broadcast %r : tensor<1x1000xf32> to tensor<300x1000xf32>
  %1 = dl.mul %y, %e : tensor<300x1000xf32>
  return %0, %1 : tensor<300x1200xf32>, tensor<300x1000xf32>
}
