// Names that C does not allow, or that would collide.
// RUN: rm -rf %t && mkdir %t && dlc %s -o %t/9-net.so && FileCheck %s < %t/9-net.h
// RUN: %cc -fsyntax-only -x c %t/9-net.h && c++ -fsyntax-only -x c++ %t/9-net.h

// CHECK: typedef struct dlc_context _9_net_context;
// A function may be called like one of libc or of the interface, an argument like a keyword.
// CHECK: in  int_: f32 [?] ('int')
// CHECK: dlc_status _9_net_exp(_9_net_context *context, int64_t int__dim0, const float *int_, const float *int__2, float *y0);
// CHECK: dlc_status _9_net_create_2(_9_net_context *context, const float *context_, float *y0);
func.func @exp(%a: tensor<?xf32> {dl.name = "int"}, %b: tensor<1xf32> {dl.name = "int_"}) -> tensor<?xf32> {
  %y = dl.exp %a : tensor<?xf32>
  %z = dl.pow %y, %b : tensor<?xf32>, tensor<1xf32>
  return %z : tensor<?xf32>
}
func.func @create(%x: tensor<1xf32> {dl.name = "context"}) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}
