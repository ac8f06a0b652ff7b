// RUN: dlc-opt %s -dl-drop-dropout | FileCheck %s
// CHECK-LABEL: func.func @f
// CHECK-NEXT: return %arg0
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = dl.dropout %x rate 0.3 : tensor<?xf32>
  return %y : tensor<?xf32>
}
