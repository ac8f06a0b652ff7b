// RUN: dlc-opt %s -dlc-legalize-element-types=instructions=x86vector | FileCheck %s

// Buffers, signatures, calls and globals hold bits.
// CHECK: memref.global "private" constant @numbers : memref<2xi16> = dense<[16256, -16384]>
memref.global "private" constant @numbers : memref<2xbf16> = dense<[1.0, -2.0]>

// CHECK-LABEL: func.func private @task(memref<?xi16>, vector<4xi16>)
func.func private @task(memref<?xbf16>, vector<4xbf16>)

// What moves elements moves bits, through regions as well.
// CHECK-LABEL: func.func @moves(%arg0: memref<?xi16>, %arg1: i1)
// CHECK-NOT: bf16
// CHECK: %[[C:.*]] = arith.constant dense<16384> : vector<4xi16>
// CHECK: %[[V:.*]] = vector.maskedload %arg0{{.*}}, %[[C]] : memref<?xi16>, vector<4xi1>, vector<4xi16> into vector<4xi16>
// CHECK: %[[S:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[V]]) -> (vector<4xi16>)
// CHECK: arith.select %arg1, %{{.*}}, %{{.*}} : vector<4xi16>
// CHECK: call @task(%arg0, %[[S]]) : (memref<?xi16>, vector<4xi16>) -> ()
func.func @moves(%x: memref<?xbf16>, %p: i1) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = memref.dim %x, %zero : memref<?xbf16>
  %mask = vector.constant_mask [3] : vector<4xi1>
  %two = arith.constant dense<2.0> : vector<4xbf16>
  %v = vector.maskedload %x[%zero], %mask, %two : memref<?xbf16>, vector<4xi1>, vector<4xbf16> into vector<4xbf16>
  %s = scf.for %i = %zero to %n step %one iter_args(%a = %v) -> (vector<4xbf16>) {
    %b = vector.load %x[%i] : memref<?xbf16>, vector<4xbf16>
    %c = arith.select %p, %a, %b : vector<4xbf16>
    scf.yield %c : vector<4xbf16>
  }
  %g = memref.get_global @numbers : memref<2xbf16>
  call @task(%x, %s) : (memref<?xbf16>, vector<4xbf16>) -> ()
  return
}

// Wider numbers by a shift, an f64 through f32.
// CHECK-LABEL: func.func @widens(%arg0: i16, %arg1: vector<4xi16>)
// CHECK: arith.extui %arg0 : i16 to i32
// CHECK: arith.shli
// CHECK: arith.bitcast %{{.*}} : i32 to f32
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.extui %arg1 : vector<4xi16> to vector<4xi32>
func.func @widens(%x: bf16, %v: vector<4xbf16>) -> (f64, vector<4xf32>) {
  %0 = arith.extf %x : bf16 to f64
  %1 = arith.extf %v : vector<4xbf16> to vector<4xf32>
  return %0, %1 : f64, vector<4xf32>
}

// Integers and bf16 meet in f32, as they did before canonicalisation joined two steps.
// CHECK-LABEL: func.func @integers(%arg0: i32, %arg1: i16) -> (i16, i32)
// CHECK: arith.sitofp %arg0 : i32 to f32
// CHECK: arith.fptosi %{{.*}} : f32 to i32
func.func @integers(%i: i32, %x: bf16) -> (bf16, i32) {
  %0 = arith.sitofp %i : i32 to bf16
  %1 = arith.fptosi %x : bf16 to i32
  return %0, %1 : bf16, i32
}

// Narrower ones to the nearest, ties to even; NaN stays one.
// CHECK-LABEL: func.func @narrows(%arg0: vector<4xf32>) -> vector<4xi16>
// CHECK-DAG: arith.cmpf une, %arg0, %arg0
// CHECK-DAG: arith.constant dense<32767> : vector<4xi32>
// CHECK-DAG: arith.constant dense<32704> : vector<4xi16>
// CHECK: arith.trunci %{{.*}} : vector<4xi32> to vector<4xi16>
func.func @narrows(%x: vector<4xf32>) -> vector<4xbf16> {
  %0 = arith.truncf %x : vector<4xf32> to vector<4xbf16>
  return %0 : vector<4xbf16>
}

// An instruction takes what it is made for.
// CHECK-LABEL: func.func @instruction(%arg0: vector<16xf32>, %arg1: vector<32xi16>)
// CHECK: %[[A:.*]] = arith.bitcast %arg1 : vector<32xi16> to vector<32xbf16>
// CHECK: x86vector.avx512.dot %arg0, %[[A]], %[[A]] : vector<32xbf16> -> vector<16xf32>
func.func @instruction(%sum: vector<16xf32>, %x: vector<32xbf16>) -> vector<16xf32> {
  %0 = x86vector.avx512.dot %sum, %x, %x : vector<32xbf16> -> vector<16xf32>
  return %0 : vector<16xf32>
}

// A truth value is a byte in memory, and itself elsewhere.
// CHECK-LABEL: func.func @truths(%arg0: memref<?xi8>, %arg1: memref<?xi8>, %arg2: vector<4xi1>, %arg3: index)
// CHECK: %[[B:.*]] = vector.load %arg0[%arg3] : memref<?xi8>, vector<4xi8>
// CHECK: %[[T:.*]] = arith.cmpi ne, %[[B]], %{{.*}} : vector<4xi8>
// CHECK: %[[A:.*]] = arith.andi %[[T]], %arg2 : vector<4xi1>
// CHECK: %[[N:.*]] = arith.extui %[[A]] : vector<4xi1> to vector<4xi8>
// CHECK: vector.maskedstore %arg1[%arg3], %arg2, %[[N]] : memref<?xi8>, vector<4xi1>, vector<4xi8>
// CHECK: %[[E:.*]] = memref.load %arg0[%arg3] : memref<?xi8>
// CHECK: arith.cmpi ne, %[[E]], %{{.*}} : i8
// CHECK: arith.extui %{{.*}} : vector<4xi1> to vector<4xi8>
// CHECK: vector.maskedload {{.*}} : memref<?xi8>, vector<4xi1>, vector<4xi8> into vector<4xi8>
func.func @truths(%x: memref<?xi1>, %y: memref<?xi1>, %m: vector<4xi1>, %i: index) -> (i1, vector<4xi1>) {
  %0 = vector.load %x[%i] : memref<?xi1>, vector<4xi1>
  %1 = arith.andi %0, %m : vector<4xi1>
  vector.maskedstore %y[%i], %m, %1 : memref<?xi1>, vector<4xi1>, vector<4xi1>
  %2 = memref.load %x[%i] : memref<?xi1>
  %3 = vector.maskedload %x[%i], %m, %1 : memref<?xi1>, vector<4xi1>, vector<4xi1> into vector<4xi1>
  return %2, %3 : i1, vector<4xi1>
}

// Numbers of 8 bits stay.
// CHECK-LABEL: func.func @bytes(%arg0: memref<4xi8>
// CHECK-NEXT: vector.load
// CHECK-NEXT: return
func.func @bytes(%x: memref<4xi8>, %i: index) -> vector<4xi8> {
  %0 = vector.load %x[%i] : memref<4xi8>, vector<4xi8>
  return %0 : vector<4xi8>
}

// A model's own arithmetic is done in f32, never with bits; an f64 goes through f32.
// CHECK-LABEL: func.func @computes
// CHECK-NOT: arith.addi %arg
// CHECK: arith.addf %{{.*}} : vector<4xf32>
// CHECK: vector.reduction <add>, %{{.*}} : vector<4xf32> into f32
// CHECK: arith.cmpf olt, %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK: return
func.func @computes(%x: vector<4xbf16>, %d: f64) -> (bf16, i1, bf16) {
  %0 = arith.addf %x, %x : vector<4xbf16>
  %1 = vector.reduction <add>, %0 : vector<4xbf16> into bf16
  %2 = arith.cmpf olt, %1, %1 : bf16
  %3 = arith.truncf %d : f64 to bf16
  return %1, %2, %3 : bf16, i1, bf16
}

// Small floats by their bits: of eight, ...
// CHECK-LABEL: func.func @small(%arg0: memref<?xi8>, %arg1: index) -> vector<4xf32>
// CHECK: %[[V:.*]] = vector.load %arg0[%arg1] : memref<?xi8>, vector<4xi8>
// CHECK: arith.extui %[[V]] : vector<4xi8> to vector<4xi32>
// CHECK: arith.bitcast %{{.*}} : vector<4xi32> to vector<4xf32>
func.func @small(%x: memref<?xf8E4M3FN>, %i: index) -> vector<4xf32> {
  %v = vector.load %x[%i] : memref<?xf8E4M3FN>, vector<4xf8E4M3FN>
  %w = arith.extf %v : vector<4xf8E4M3FN> to vector<4xf32>
  return %w : vector<4xf32>
}

// ... and of four, between the bytes that hold them.
// CHECK-LABEL: func.func @nibble(%arg0: i8, %arg1: f32) -> (f32, i8)
// CHECK: arith.trunci %arg0 : i8 to i4
// CHECK: arith.trunci %{{.*}} : i32 to i4
// CHECK-NOT: f4E2M1FN
func.func @nibble(%byte: i8, %x: f32) -> (f32, i8) {
  %bits = arith.trunci %byte : i8 to i4
  %small = arith.bitcast %bits : i4 to f4E2M1FN
  %wide = arith.extf %small : f4E2M1FN to f32
  %narrow = arith.truncf %x : f32 to f4E2M1FN
  %stored = arith.bitcast %narrow : f4E2M1FN to i4
  %result = arith.extui %stored : i4 to i8
  return %wide, %result : f32, i8
}

// Between two floats that are only stored there is an f32.
// CHECK-LABEL: func.func @both(%arg0: i8) -> i16
// CHECK: arith.bitcast %{{.*}} : i32 to f32
func.func @both(%x: f8E5M2) -> bf16 {
  %0 = arith.extf %x : f8E5M2 to bf16
  return %0 : bf16
}

// A fold would join the extension of an f16 with a truncation that is not expanded at once.
// CHECK-LABEL: func.func @half(%arg0: f16, %arg1: i16) -> (i8, i8)
// CHECK: arith.extf %arg0 : f16 to f32
// CHECK: arith.extui %arg1 : i16 to i32
func.func @half(%x: f16, %y: bf16) -> (f8E4M3FN, f8E5M2) {
  %0 = arith.truncf %x : f16 to f8E4M3FN
  %1 = arith.truncf %y : bf16 to f8E5M2
  return %0, %1 : f8E4M3FN, f8E5M2
}
