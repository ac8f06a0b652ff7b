// A library that is compiled for it tells how long its loop nests take; one that is not
// says what to do.
// RUN: rm -rf %t && mkdir %t
// RUN: dlc %s --profile -o %t/m.so
// RUN: dlc-run %t/m.so --profile --function big --repeat 5 --threads 2 --trace %t/m.json | FileCheck %s
// CHECK: us  share  kind
// CHECK: product {{ *[0-9.]+ +[0-9.]+}}  profile.mlir:
// CHECK: between
// CHECK: 100%  call {{.*}}median of 5

// The timeline: every event lies within the call.
// RUN: %python -c "import json,sys; e=json.load(open(sys.argv[1]))['traceEvents']; c=e[0]; assert c['name']=='call' and len(e)>1; assert all(x['ts']>=0 and x['ts']+x['dur']<=c['dur']+0.01 for x in e); assert any('args' in x and x['args']['flops']>0 for x in e); print('ok')" %t/m.json | FileCheck %s --check-prefix=TRACE
// TRACE: ok

// RUN: dlc %s -o %t/n.so
// RUN: not dlc-run %t/n.so --profile --function big 2>&1 | FileCheck %s --check-prefix=PLAIN
// PLAIN: cannot tell how long its parts take: compile it with dlc --profile
// RUN: not dlc-run %t/m.so --function big --trace %t/x.json 2>&1 | FileCheck %s --check-prefix=ALONE
// ALONE: --trace writes what --profile measures: give both
// RUN: not dlc-run %t/m.so --profile --function big --trace %t/none/x.json 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: cannot write '{{.*}}none/x.json'

func.func @big(%x: tensor<64x256xf32>, %w: tensor<256x512xf32>, %b: tensor<512xf32>) -> tensor<64x512xf32> {
  %0 = dl.dense %x, %w, %b : tensor<64x256xf32>, tensor<256x512xf32>, tensor<512xf32>
  %1 = dl.softmax %0 : tensor<64x512xf32>
  return %1 : tensor<64x512xf32>
}
func.func @small(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = dl.relu %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
