// RUN: dlc-opt %s -split-input-file -verify-diagnostics

// What the ops of codegen refuse.

func.func @assumed(%n: index) {
  // expected-error @below {{attribute 'assumed' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  codegen.scale_cost %n assumed 0
  return
}

// -----

func.func @result(%context: !llvm.ptr, %x: memref<4xf32>) {
  // expected-error @below {{attribute 'number' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  codegen.set_result %context[-1], %x : memref<4xf32>
  return
}

// -----

func.func @extent(%context: !llvm.ptr, %n: index) {
  // expected-error @below {{attribute 'number' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  codegen.set_extent %context[-1], %n
  return
}

// -----

func.func @region(%context: !llvm.ptr) {
  // expected-error @below {{attribute 'number' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  codegen.begin_region %context[-1]
  return
}

// -----

func.func @memory(%context: !llvm.ptr) {
  // expected-error @below {{result #0 must be memref<?xi8>, but got 'memref<4xi8>'}}
  %0 = "codegen.weight_memory"(%context) : (!llvm.ptr) -> memref<4xi8>
  return
}

// -----

func.func @space(%context: !llvm.ptr) {
  // expected-error @below {{result #0 must be memref<?xi8>, but got 'memref<?xi8, 1>'}}
  %0 = "codegen.state_memory"(%context) : (!llvm.ptr) -> memref<?xi8, 1>
  return
}

// -----

func.func @context(%context: index) {
  // expected-error @below {{operand #0 must be a pointer to the context, but got 'index'}}
  "codegen.end_region"(%context) : (index) -> ()
  return
}

// -----

func.func @no_task(%context: !llvm.ptr, %n: index) {
  // expected-error @below {{'codegen.parallel_for' op runs @task, expected a function}}
  codegen.parallel_for %context, %n cost %n @task() : index, index
  return
}

// -----

memref.global "private" @task : memref<4xf32>
func.func @no_function(%context: !llvm.ptr, %n: index) {
  // expected-error @below {{'codegen.parallel_for' op runs @task, expected a function}}
  codegen.parallel_for %context, %n cost %n @task() : index, index
  return
}

// -----

func.func private @task(index, index, index)
func.func @number(%context: !llvm.ptr, %n: i32) {
  // expected-error @below {{operand #1 must be index or 64-bit signless integer, but got 'i32'}}
  codegen.parallel_for %context, %n cost %n @task() : i32, i32
  return
}
