//===- ThreadsPasses.td - Tasks, and calls of the runtime -*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_CODEGEN_THREADSPASSES_TD
#define DLC_CODEGEN_THREADSPASSES_TD

include "mlir/Pass/PassBase.td"

def ShareLoops : Pass<"dlc-share-loops", "::mlir::ModuleOp"> {
  let summary = "Share one function among equal loop nests";
  let description = [{
    Equivalent loop nests at the top level of kernels, which differ in their buffers only, become
    calls of one function `@f.shared.N(%context, %workers, captures...)`. Later passes, which take
    most of the compile time, then process it once. Networks repeat such nests: blocks of the same
    shape, the update of each parameter, and the forward part that inference, evaluation and the
    training step have in common. Memory that the loops allocate is in a buffer that the caller
    passes as the last argument. Kernels for different targets share nothing. Upstream's
    `duplicate-function-elimination` only compares whole functions.

    ```mlir
    // dlc-opt --dlc-share-loops=least=1
    func.func @f(%context: !llvm.ptr, %workers: index,
        %x: memref<8xf32>, %y: memref<8xf32>, %s: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %y[%i] : memref<8xf32>
      }
      return
    }
    // becomes
    func.func private @f.shared.0(%context: !llvm.ptr, %workers: index,
        %s: f32, %x: memref<8xf32>) {
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    func.func @f(%context: !llvm.ptr, %workers: index,
        %x: memref<8xf32>, %y: memref<8xf32>, %s: f32) {
      call @f.shared.0(%context, %workers, %s, %x) : (!llvm.ptr, index, f32, memref<8xf32>) -> ()
      call @f.shared.0(%context, %workers, %s, %y) : (!llvm.ptr, index, f32, memref<8xf32>) -> ()
      return
    }
    ```
  }];
  let options = [Option<"least", "least", "int64_t", "6",
                        "Smallest number of operations of a nest that is shared">];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::memref::MemRefDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def SplitFunctions : Pass<"dlc-split-functions", "::mlir::ModuleOp"> {
  let summary = "Split functions of very many loops into several";
  let description = [{
    LLVM's time for a function grows faster than its number of loops, and the training step of a
    residual network has a thousand. The ops at the top level of such a function move, about `loops`
    loops at a time and in order, into functions `@f.part.N` without results. Pure ops that a part
    reads (views of the arena, constants) are cloned there; other values become arguments. An op
    whose result has users stays in place. A function of at most `2 * loops` loops is not split.

    ```mlir
    // dlc-opt --dlc-split-functions=loops=1 --canonicalize
    func.func @f(%arena: memref<?xi8>, %s: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      %v = memref.load %x[%c1] : memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %v, %x[%i] : memref<8xf32>
      }
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    // becomes
    func.func private @f.part.0(%s: f32, %arena: memref<?xi8>) ... {
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 {
        memref.store %s, %x[%i] : memref<8xf32>
      }
      return
    }
    func.func private @f.part.1(%v: f32, %arena: memref<?xi8>) ... {
      ...
    }
    func.func private @f.part.2(%s: f32, %arena: memref<?xi8>) ... {
      ...
    }
    func.func @f(%arena: memref<?xi8>, %s: f32) {
      %x = memref.view %arena[%c0][] : memref<?xi8> to memref<8xf32>
      call @f.part.0(%s, %arena) : (f32, memref<?xi8>) -> ()
      %v = memref.load %x[%c1] : memref<8xf32>
      call @f.part.1(%v, %arena) : (f32, memref<?xi8>) -> ()
      call @f.part.2(%s, %arena) : (f32, memref<?xi8>) -> ()
      return
    }
    ```
  }];
  let options = [Option<"loops", "loops", "int64_t", "100",
                        "Approximate number of loops in a part">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def OutlineParallelLoops : Pass<"dlc-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "Move bodies of scf.forall into functions over a range of tasks";
  let description = [{
    The body of each `scf.forall` becomes a function `@f.0.task(%begin, %end, %worker, captures...)`
    over a range of tasks, and the loop a `codegen.parallel_for`. Several dimensions are linearised,
    `codegen.scale_cost` becomes part of the cost, and `codegen.worker` an argument of the task.
    Upstream's lowering through the `omp` dialect requires private entry points of libomp; this one
    requires one call of the runtime, so that a library depends on libc alone.

    ```mlir
    // dlc-opt --dlc-outline-parallel-loops --canonicalize
    func.func @f(%context: !llvm.ptr, %x: f32, %y: memref<64xf32>) {
      scf.forall (%i) in (64) {
        memref.store %x, %y[%i] : memref<64xf32>
      } {codegen.cost = 1024 : i64}
      return
    }
    // becomes
    func.func private @f.0.task(%begin: index, %end: index, %worker: index, %x: f32,
        %y: memref<64xf32>) {
      scf.for %i = %begin to %end step %c1 {
        memref.store %x, %y[%i] : memref<64xf32>
      }
      return
    }
    func.func @f(%context: !llvm.ptr, %x: f32, %y: memref<64xf32>) {
      codegen.parallel_for %context, %c64 cost %c1024 @f.0.task(%x, %y)
          : index, index, f32, memref<64xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::dlc::codegen::CodegenDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::scf::SCFDialect"];
}

def ParallelizeLoops : Pass<"dlc-parallelize-loops", "::mlir::func::FuncOp"> {
  let summary = "Run independent loops as tasks";
  let description = [{
    Two loops over time (`codegen.steps`) in one block become the two tasks of an `scf.forall`, if
    they take long enough and neither accesses memory that the other writes: for instance, the two
    directions of a recurrent layer. Ops between the loops move before the first or after the
    second. Loops that contain tasks are not changed. Runs on buffers whose slices are still
    `memref.subview`s, which show that parts of one buffer do not overlap.

    ```mlir
    func.func @f(%a: memref<64xf32>, %b: memref<64xf32>, %x: vector<64xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c20000 = arith.constant 20000 : index
      scf.for %t = %c0 to %c20000 step %c1 {
        %v = math.exp %x : vector<64xf32>
        vector.store %v, %a[%c0] : memref<64xf32>, vector<64xf32>
      } {codegen.steps}
      scf.for %t = %c0 to %c20000 step %c1 {
        %v = math.exp %x : vector<64xf32>
        vector.store %v, %b[%c0] : memref<64xf32>, vector<64xf32>
      } {codegen.steps}
      return
    }
    // becomes
    func.func @f(%a: memref<64xf32>, %b: memref<64xf32>, %x: vector<64xf32>) {
      scf.forall (%task) in (2) {
        %first = arith.cmpi eq, %task, %c0 : index
        scf.if %first {
          scf.for %t = %c0 to %c20000 step %c1 {
            %v = math.exp %x : vector<64xf32>
            vector.store %v, %a[%c0] : memref<64xf32>, vector<64xf32>
          } {codegen.steps}
        } else {
          scf.for %t = %c0 to %c20000 step %c1 {
            %v = math.exp %x : vector<64xf32>
            vector.store %v, %b[%c0] : memref<64xf32>, vector<64xf32>
          } {codegen.steps}
        }
      } {codegen.cost = ... : i64}
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def ConvertCodegenToLLVM : Pass<"dlc-convert-codegen-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert ops of codegen to calls of the runtime";
  let description = [{
    Runs after the conversions of buffers and functions. Memory that the runtime returns becomes a
    descriptor, and the captured buffers of a parallel loop become the fields that its task takes.
    Apart from this pass, only `dlc-emit-dispatch` knows a function of the runtime.

    ```mlir
    func.func @f(%context: !llvm.ptr, %number: index, %y: memref<?xf32>) {
      codegen.set_result %context[1], %y : memref<?xf32>
      codegen.set_extent %context[3], %number
      codegen.fail %context, "too many"
      return
    }
    // becomes
    llvm.func @dlc_rt_fail(!llvm.ptr, !llvm.ptr)
    llvm.mlir.global internal constant @dlc.check.0("too many\00") ...
    llvm.func @dlc_rt_set_extent(!llvm.ptr, i64, i64)
    llvm.func @dlc_rt_set_result(!llvm.ptr, i64, !llvm.ptr)
    func.func @f(%context: !llvm.ptr, %number: index, %y: memref<?xf32>) {
      %extent = builtin.unrealized_conversion_cast %number : index to i64
      %descriptor = builtin.unrealized_conversion_cast %y : memref<?xf32> to !llvm.struct<...>
      %one = llvm.mlir.constant(1 : i64) : i64
      %place = llvm.extractvalue %descriptor[1] : !llvm.struct<...>
      llvm.call @dlc_rt_set_result(%context, %one, %place) : (!llvm.ptr, i64, !llvm.ptr) -> ()
      %three = llvm.mlir.constant(3 : i64) : i64
      llvm.call @dlc_rt_set_extent(%context, %three, %extent) : (!llvm.ptr, i64, i64) -> ()
      %text = llvm.mlir.addressof @dlc.check.0 : !llvm.ptr
      llvm.call @dlc_rt_fail(%context, %text) : (!llvm.ptr, !llvm.ptr) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::dlc::codegen::CodegenDialect", "::mlir::LLVM::LLVMDialect"];
}

def EmitDispatch : Pass<"dlc-emit-dispatch", "::mlir::ModuleOp"> {
  let summary = "Define the functions that store captures and call the runtime";
  let description = [{
    Each `codegen.parallel_for` becomes a call of a function of its own. That function stores the
    loop's captures in a struct on its stack, each value once, and calls the runtime's
    `dlc_rt_parallel_for` with a thunk, which loads the captures and calls the task. Constants, and
    addresses at a constant offset from a captured one, are recomputed in the thunk: this saves the
    task registers and the call stores. Requires captures of LLVM dialect types, as
    `dlc-convert-codegen-to-llvm` makes them.

    ```mlir
    llvm.func @f.task(i64, i64, i64, !llvm.ptr, i64)
    llvm.func @f(%context: !llvm.ptr, %tasks: i64, %cost: i64, %x: !llvm.ptr) {
      %n = llvm.mlir.constant(7 : i64) : i64
      codegen.parallel_for %context, %tasks cost %cost @f.task(%x, %n) : i64, i64, !llvm.ptr, i64
      llvm.return
    }
    // becomes
    llvm.func @dlc_rt_parallel_for(!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr)
    llvm.func internal @f.task.thunk(%begin: i64, %end: i64, %worker: i64, %captures: !llvm.ptr) {
      %at = llvm.getelementptr %captures[0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(ptr)>
      %x = llvm.load %at : !llvm.ptr -> !llvm.ptr
      %n = llvm.mlir.constant(7 : i64) : i64
      llvm.call @f.task(%begin, %end, %worker, %x, %n) : (i64, i64, i64, !llvm.ptr, i64) -> ()
      llvm.return
    }
    llvm.func internal @f.task.dispatch(%context: !llvm.ptr, %tasks: i64, %cost: i64,
        %x: !llvm.ptr) {
      %one = llvm.mlir.constant(1 : i64) : i64
      %captures = llvm.alloca %one x !llvm.struct<(ptr)> : (i64) -> !llvm.ptr
      %at = llvm.getelementptr %captures[0, 0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(ptr)>
      llvm.store %x, %at : !llvm.ptr, !llvm.ptr
      %thunk = llvm.mlir.addressof @f.task.thunk : !llvm.ptr
      llvm.call @dlc_rt_parallel_for(%context, %tasks, %cost, %thunk, %captures)
          : (!llvm.ptr, i64, i64, !llvm.ptr, !llvm.ptr) -> ()
      llvm.return
    }
    llvm.func @f.task(i64, i64, i64, !llvm.ptr, i64)
    llvm.func @f(%context: !llvm.ptr, %tasks: i64, %cost: i64, %x: !llvm.ptr) {
      ...
      llvm.call @f.task.dispatch(%context, %tasks, %cost, %x)
          : (!llvm.ptr, i64, i64, !llvm.ptr) -> ()
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // DLC_CODEGEN_THREADSPASSES_TD
