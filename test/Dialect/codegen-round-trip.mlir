// Every op and attribute of codegen is read as it was printed: in its own form, in the generic one, as
// bytecode.
// RUN: dlc-opt %s | dlc-opt | FileCheck %s
// RUN: dlc-opt %s -mlir-print-op-generic | dlc-opt | FileCheck %s
// RUN: dlc-opt %s -emit-bytecode | dlc-opt | FileCheck %s

// Parameters that have their default value are not printed.
// CHECK: module attributes {
// CHECK-SAME: codegen.regions = [#codegen.region<number = 0, name = "a + b", kind = product, flops = 8192, bytes = -1, cost = 0, tile = [4, 8, 0], layout = as_is>, #codegen.region<number = 1, name = "c", kind = elementwise, flops = 0, bytes = 0, cost = 7, function = @f>]
// CHECK-SAME: codegen.states = [#codegen.state<name = "s", type = tensor<4xf32>, offset = 0>, #codegen.state<name = "t", type = tensor<2x2xi64>, offset = 64, first = 128>]
// CHECK-SAME: codegen.targets = [#codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16>, #codegen.cpu<name = "cooperlake", cacheBytes = 1048576, hasBF16Dot = true>]
// CHECK-SAME: codegen.weights = [#codegen.weight<offset = 0, values = dense<1.000000e+00> : tensor<4xf32>>, #codegen.weight<offset = 64, values = dense<[1, 2]> : tensor<2xi8>>]
module attributes {
  codegen.targets = [#codegen.cpu<name = "x86-64-v3", vectorBits = 256, vectorRegisters = 16, cacheBytes = 524288, hasBF16Dot = false>,
                     #codegen.cpu<hasBF16Dot = true, cacheBytes = 1048576, name = "cooperlake", vectorBits = 512>],
  codegen.regions = [#codegen.region<number = 0, name = "a + b", kind = product, flops = 8192, bytes = -1, cost = 0, tile = [4, 8, 0], layout = as_is>,
                     #codegen.region<number = 1, name = "c", kind = elementwise, flops = 0, bytes = 0, cost = 7, function = @f>],
  codegen.weights = [#codegen.weight<offset = 0, values = dense<1.0> : tensor<4xf32>>, #codegen.weight<offset = 64, values = dense<[1, 2]> : tensor<2xi8>>],
  codegen.states = [#codegen.state<name = "s", type = tensor<4xf32>, offset = 0, first = -1>, #codegen.state<name = "t", type = tensor<2x2xi64>, offset = 64, first = 128>]} {

// CHECK: func.func @f(
// CHECK-SAME: codegen.computed = array<i64: 0, 3>, codegen.shapes = @f.shapes, codegen.target = #codegen.cpu<name = "">, codegen.version_of = @g, codegen.workspace = @f.workspace
func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> attributes {codegen.target = #codegen.cpu<name = "">, codegen.version_of = @g, codegen.shapes = @f.shapes, codegen.workspace = @f.workspace, codegen.computed = array<i64: 0, 3>} {
  return %x : tensor<8xf32>
}

// CHECK: func.func private @f.shapes() attributes {codegen.messages = ["extents differ", "too many"]}
func.func private @f.shapes() attributes {codegen.messages = ["extents differ", "too many"]}

// CHECK-LABEL: func.func @roles
// CHECK: #codegen.nest<0, product>
// CHECK: #codegen.nest<0, epilogue>
// CHECK: #codegen.nest<1, depthwise>
// CHECK: #codegen.nest<2, pool, 2>
// CHECK: #codegen.nest<3, row, 1>
// CHECK: #codegen.nest<4, reduction>
// CHECK: #codegen.nest<5, elementwise>
// CHECK: #codegen.nest<6, fill>
func.func @roles(%x: memref<8xf32>, %m: memref<8x8xf32>, %w: memref<8xf32>) {
  linalg.matmul {codegen.nest = #codegen.nest<0, product>} ins(%m, %m : memref<8x8xf32>, memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.exp {codegen.nest = #codegen.nest<0, epilogue, 0>} ins(%m : memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.matmul {codegen.nest = #codegen.nest<1, depthwise>} ins(%m, %m : memref<8x8xf32>, memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.matmul {codegen.nest = #codegen.nest<2, pool, 2>} ins(%m, %m : memref<8x8xf32>, memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.exp {codegen.nest = #codegen.nest<3, row, 1>} ins(%m : memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.matmul {codegen.nest = #codegen.nest<4, reduction>} ins(%m, %m : memref<8x8xf32>, memref<8x8xf32>) outs(%m : memref<8x8xf32>)
  linalg.exp {codegen.nest = #codegen.nest<5, elementwise>} ins(%x : memref<8xf32>) outs(%x : memref<8xf32>)
  linalg.exp {codegen.nest = #codegen.nest<6, fill>} ins(%x : memref<8xf32>) outs(%x : memref<8xf32>)
  return
}

// CHECK-LABEL: func.func @schedules
// CHECK: #codegen.schedule<tasks = [0, 32, 0], rows = [1, 0, 0], tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4], assumed = [256, 0, 0], panel = [1, 32], cost = 21845, packing = 32>
// CHECK: codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4]>
// CHECK: codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2, rowsFirst = true>
// CHECK-SAME: #codegen.schedule<cost = 1>
func.func @schedules(%x: memref<8x8xf32>) {
  linalg.matmul {codegen.schedule = #codegen.schedule<packing = 32, cost = 21845, tasks = [0, 32, 0], rows = [1, 0, 0], tile = [8, 32, 0], order = [1, 0, 2], steps = [0, 0, 4], assumed = [256, 0, 0], panel = [1, 32]>} ins(%x, %x : memref<8x8xf32>, memref<8x8xf32>) outs(%x : memref<8x8xf32>)
  linalg.matmul {codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2, rowsFirst = false>, codegen.schedule = #codegen.schedule<steps = [0, 0, 4], cost = 0>} ins(%x, %x : memref<8x8xf32>, memref<8x8xf32>) outs(%x : memref<8x8xf32>)
  linalg.matmul {codegen.register_tile = #codegen.register_tile<vectors = 2, rows = 4, rowsFirst = true>, codegen.schedule = #codegen.schedule<cost = 1>} ins(%x, %x : memref<8x8xf32>, memref<8x8xf32>) outs(%x : memref<8x8xf32>)
  return
}

// CHECK-LABEL: func.func @loops
// CHECK: scf.for
// CHECK: } {codegen.region = #codegen.region<number = 0, {{.*}}>, codegen.steps}
// CHECK: scf.forall
// CHECK: codegen.scale_cost %arg0 assumed 256
// CHECK: codegen.worker
// CHECK: } {codegen.cost = 1024 : i64}
func.func @loops(%n: index, %x: memref<?xindex>) {
  scf.for %i = %n to %n step %n {
  } {codegen.steps, codegen.region = #codegen.region<number = 0, name = "", kind = copy, flops = 0, bytes = 0, cost = 0>}
  scf.forall (%i) in (%n) {
    codegen.scale_cost %n assumed 256
    %worker = codegen.worker
    memref.store %worker, %x[%i] : memref<?xindex>
  } {codegen.cost = 1024 : i64}
  return
}

func.func private @task(index, index, index, f32, memref<?xf32>)
llvm.func @native(i64, i64, i64)

// CHECK-LABEL: func.func @calls
// CHECK: codegen.require %arg3, "extents \22differ\22"
// CHECK: codegen.parallel_for %arg0, %arg1 cost %arg1 @task(%arg4, %arg5) : index, index, f32, memref<?xf32>
// CHECK: codegen.parallel_for %arg0, %arg2 cost %arg1 @native() {fast} : i64, index{{$}}
// CHECK: %[[OWN:.*]] = codegen.allocate %arg0, %arg1{{$}}
// CHECK: codegen.weight_memory %arg0{{$}}
// CHECK: codegen.state_memory %arg0{{$}}
// CHECK: codegen.set_result %arg0[2], %[[OWN]] : memref<?xi8>
// CHECK: codegen.set_extent %arg0[0], %arg1{{$}}
// CHECK: codegen.begin_region %arg0[7]{{$}}
// CHECK: codegen.end_region %arg0{{$}}
// CHECK: codegen.fail %arg0, "too many"{{$}}
func.func @calls(%context: !llvm.ptr, %n: index, %m: i64, %holds: i1, %s: f32, %x: memref<?xf32>) {
  codegen.require %holds, "extents \22differ\22"
  codegen.parallel_for %context, %n cost %n @task(%s, %x) : index, index, f32, memref<?xf32>
  codegen.parallel_for %context, %m cost %n @native() {fast} : i64, index
  %own = codegen.allocate %context, %n
  %weights = codegen.weight_memory %context
  %state = codegen.state_memory %context
  codegen.set_result %context[2], %own : memref<?xi8>
  codegen.set_extent %context[0], %n
  codegen.begin_region %context[7]
  codegen.end_region %context
  codegen.fail %context, "too many"
  return
}
}
