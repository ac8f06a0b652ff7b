// RUN: dlc-opt %s -split-input-file -verify-diagnostics

// Every attribute of codegen is of one kind and on one kind of op; its numbers are in range.

// expected-error @below {{'codegen.targets' is [512], expected a list of #codegen.cpu, the least first, not empty}}
module attributes {codegen.targets = [512]} {
}

// -----

// expected-error @below {{'codegen.targets' on func.func, expected on a module}}
func.func private @f() attributes {codegen.targets = [#codegen.cpu<name = "v4">]}

// -----

// expected-error @below {{'codegen.regions' is [0], expected a list of #codegen.region}}
module attributes {codegen.regions = [0]} {
}

// -----

// expected-error @below {{'codegen.regions' on func.func, expected on a module}}
func.func private @f() attributes {codegen.regions = [#codegen.region<number = 0, name = "a", kind = product, flops = 1, bytes = 1, cost = 0>]}

// -----

// expected-error @below {{'codegen.weights' is [dense<0.000000e+00> : tensor<4xf32>], expected a list of #codegen.weight}}
module attributes {codegen.weights = [dense<0.0> : tensor<4xf32>]} {
}

// -----

// expected-error @below {{'codegen.weights' on func.func, expected on a module}}
func.func private @f() attributes {codegen.weights = []}

// -----

// expected-error @below {{'codegen.states' is {}, expected a list of #codegen.state}}
module attributes {codegen.states = {}} {
}

// -----

// expected-error @below {{'codegen.states' on func.func, expected on a module}}
func.func private @f() attributes {codegen.states = []}

// -----

// expected-error @below {{'codegen.targets' is [], expected a list of #codegen.cpu, the least first, not empty}}
module attributes {codegen.targets = []} {
}

// -----

// expected-error @below {{'codegen.target' is "x86-64-v4", expected #codegen.cpu}}
func.func private @f() attributes {codegen.target = "x86-64-v4"}

// -----

// expected-error @below {{'codegen.target' on builtin.module, expected on a function}}
module attributes {codegen.target = #codegen.cpu<name = "v4">} {
}

// -----

// expected-error @below {{'codegen.version_of' is "f", expected a symbol}}
func.func private @f() attributes {codegen.version_of = "f"}

// -----

// expected-error @below {{'codegen.version_of' on builtin.module, expected on a function}}
module attributes {codegen.version_of = @f} {
}

// -----

// expected-error @below {{'codegen.shapes' is "f.shapes", expected a symbol}}
func.func private @f() attributes {codegen.shapes = "f.shapes"}

// -----

// expected-error @below {{'codegen.shapes' on builtin.module, expected on a function}}
module attributes {codegen.shapes = @f.shapes} {
}

// -----

// expected-error @below {{'codegen.workspace' is @a::@b, expected a symbol}}
func.func private @f() attributes {codegen.workspace = @a::@b}

// -----

// expected-error @below {{'codegen.workspace' on builtin.module, expected on a function}}
module attributes {codegen.workspace = @f.workspace} {
}

// -----

// expected-error @below {{'codegen.messages' is [1], expected a list of strings}}
func.func private @f() attributes {codegen.messages = [1]}

// -----

// expected-error @below {{'codegen.messages' on builtin.module, expected on a function}}
module attributes {codegen.messages = ["extents differ"]} {
}

// -----

// expected-error @below {{'codegen.computed' is [1], expected array<i64>}}
func.func private @f() attributes {codegen.computed = [1]}

// -----

// expected-error @below {{'codegen.computed' on builtin.module, expected on a function}}
module attributes {codegen.computed = array<i64: 1>} {
}

// -----

func.func @f(%c: index) {
  // expected-error @below {{'codegen.steps' is 1 : i64, expected nothing more}}
  scf.for %i = %c to %c step %c {
  } {codegen.steps = 1}
  return
}

// -----

func.func @f() {
  // expected-error @below {{'codegen.steps' on scf.forall, expected on scf.for}}
  scf.forall (%i) in (8) {
  } {codegen.steps}
  return
}

// -----

func.func @f() {
  // expected-error @below {{'codegen.cost' is 1 : i32, expected an i64 of 0 or more}}
  scf.forall (%i) in (8) {
  } {codegen.cost = 1 : i32}
  return
}

// -----

func.func @f() {
  // expected-error @below {{'codegen.cost' is -1 : i64, expected an i64 of 0 or more}}
  scf.forall (%i) in (8) {
  } {codegen.cost = -1}
  return
}

// -----

func.func @f(%c: index) {
  // expected-error @below {{'codegen.cost' on scf.for, expected on scf.forall}}
  scf.for %i = %c to %c step %c {
  } {codegen.cost = 1}
  return
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'codegen.register_tile' is array<i64: 4, 2, 0>, expected #codegen.register_tile}}
  %0 = linalg.exp {codegen.register_tile = array<i64: 4, 2, 0>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%c: index) {
  // expected-error @below {{'codegen.register_tile' on scf.for, expected on a linalg op}}
  scf.for %i = %c to %c step %c {
  } {codegen.register_tile = #codegen.register_tile<rows = 4, vectors = 2>}
  return
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'codegen.nest' is 0 : i64, expected #codegen.nest}}
  %0 = linalg.exp {codegen.nest = 0} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%c: index) {
  // expected-error @below {{'codegen.nest' on scf.for, expected on a linalg op}}
  scf.for %i = %c to %c step %c {
  } {codegen.nest = #codegen.nest<0, elementwise>}
  return
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'codegen.schedule' is [8], expected #codegen.schedule}}
  %0 = linalg.exp {codegen.schedule = [8]} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%c: index) {
  // expected-error @below {{'codegen.schedule' on scf.for, expected on a linalg op}}
  scf.for %i = %c to %c step %c {
  } {codegen.schedule = #codegen.schedule<tile = [8]>}
  return
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'codegen.region' is {}, expected #codegen.region}}
  %0 = linalg.exp {codegen.region = {}} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// expected-error @below {{'codegen.region' on func.func, expected on a linalg op or a loop}}
func.func private @f() attributes {codegen.region = #codegen.region<number = 0, name = "a", kind = product, flops = 1, bytes = 1, cost = 0>}

// -----

// expected-error @below {{unknown attribute 'codegen.foo', expected one that the dialect codegen knows}}
module attributes {codegen.foo} {
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{unknown attribute 'codegen.foo', expected one that the dialect codegen knows}}
  %0 = linalg.exp {codegen.foo = #codegen.nest<0, product>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// expected-error @below {{vectors of 32 bits, expected a power of 2 from 64 on}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", vectorBits = 32>}

// -----

// expected-error @below {{vectors of 48 bits, expected a power of 2 from 64 on}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", vectorBits = 48>}

// -----

// expected-error @below {{vectors of 131072 bits, expected a power of 2 from 64 on}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", vectorBits = 131072>}

// -----

// expected-error @below {{7 vector registers, expected 8 to 1024}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", vectorRegisters = 7>}

// -----

// expected-error @below {{1025 vector registers, expected 8 to 1024}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", vectorRegisters = 1025>}

// -----

// expected-error @below {{a second level cache of 4095 bytes, expected 4096 to 2^40}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", cacheBytes = 4095>}

// -----

// expected-error @below {{a second level cache of 1099511627777 bytes, expected 4096 to 2^40}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", cacheBytes = 1099511627777>}

// -----

// expected-error @below {{a share of the last level cache of 4095 bytes, expected 4096 to 2^40}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", sharedCacheBytes = 4095>}

// -----

// expected-error @below {{a region with a size of -1, expected 0 (the loop is left whole) or more}}
func.func private @f() attributes {codegen.regions = [#codegen.region<number = 0, name = "a", kind = product, flops = 1, bytes = 1, cost = 0, tile = [-1]>]}

// -----

// expected-error @below {{region -1 of 0 nanoseconds, expected 0 or more}}
func.func private @f() attributes {codegen.regions = [#codegen.region<number = -1, name = "a", kind = product, flops = 1, bytes = 1, cost = 0>]}

// -----

// expected-error @below {{-2 operations on 1 bytes, expected 0 or more, or -1 if unknown}}
func.func private @f() attributes {codegen.regions = [#codegen.region<number = 0, name = "a", kind = product, flops = -2, bytes = 1, cost = 0>]}

// -----

// expected-error @below {{'rows' with the layout of a right operand, expected product or depthwise}}
func.func private @f() attributes {codegen.regions = [#codegen.region<number = 0, name = "a", kind = rows, flops = 1, bytes = 1, cost = 0, layout = packed>]}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{loop nest -1 with 0 shared loops, expected 0 or more}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<-1, product>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{loop nest 0 with -1 shared loops, expected 0 or more}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, row, -1>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'rows' has 2 entries where another list has 1, expected one for each loop in both}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8], rows = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'tile' has 2 entries where another list has 1, expected one for each loop in both}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8], tile = [1, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'order' has 2 entries where another list has 1, expected one for each loop in both}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8], order = [1, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'steps' has 2 entries where another list has 1, expected one for each loop in both}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8], steps = [1, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'assumed' has 2 entries where another list has 1, expected one for each loop in both}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8], assumed = [1, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'tasks' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'rows' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<rows = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'tile' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tile = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'steps' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<steps = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'assumed' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<assumed = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'panel' has -8, expected 0 or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<panel = [-8]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'order' is array<i64: -1>, expected each loop from 0 to 0 once}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<order = [-1]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'order' is array<i64: 1>, expected each loop from 0 to 0 once}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<order = [1]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'order' is array<i64: 0, 0>, expected each loop from 0 to 1 once}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<order = [0, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{a cost of -1 nanoseconds, expected 0 to 1000000000000000}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<cost = -1>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{panels of -1 columns, expected 0 (as it is) or more}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<packing = -1>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tasks = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<rows = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tile = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<steps = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<assumed = [8, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found a schedule for 2 loops, expected one for the op's 1}}
  %0 = linalg.exp {codegen.schedule = #codegen.schedule<tile = [1, 0], order = [1, 0]>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{a tile of 0 rows of 1 vectors, expected 1 to 64 of each}}
  %0 = linalg.exp {codegen.register_tile = #codegen.register_tile<rows = 0, vectors = 1>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{a tile of 1 rows of 0 vectors, expected 1 to 64 of each}}
  %0 = linalg.exp {codegen.register_tile = #codegen.register_tile<rows = 1, vectors = 0>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{a tile of 65 rows of 1 vectors, expected 1 to 64 of each}}
  %0 = linalg.exp {codegen.register_tile = #codegen.register_tile<rows = 65, vectors = 1>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{a tile of 1 rows of 65 vectors, expected 1 to 64 of each}}
  %0 = linalg.exp {codegen.register_tile = #codegen.register_tile<rows = 1, vectors = 65>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// expected-error @below {{a weight at -1, expected 0 or more}}
module attributes {codegen.weights = [#codegen.weight<offset = -1, values = dense<0.0> : tensor<4xf32>>]} {
}

// -----

// expected-error @below {{a state of type 'tensor<?xf32>', expected known extents}}
module attributes {codegen.states = [#codegen.state<name = "s", type = tensor<?xf32>, offset = 0>]} {
}

// -----

// expected-error @below {{a state at -64, its first value at -1, expected 0 or more and -1 or more}}
module attributes {codegen.states = [#codegen.state<name = "s", type = tensor<4xf32>, offset = -64>]} {
}

// -----

// expected-error @below {{a state at 0, its first value at -2, expected 0 or more and -1 or more}}
module attributes {codegen.states = [#codegen.state<name = "s", type = tensor<4xf32>, offset = 0, first = -2>]} {
}

// -----

// expected-error @below {{struct is missing required parameter: name}}
func.func private @f() attributes {codegen.target = #codegen.cpu<vectorBits = 256>}

// -----

// expected-error @below {{duplicate or unknown struct parameter name: registers}}
func.func private @f() attributes {codegen.target = #codegen.cpu<name = "v4", registers = 16>}

// -----

func.func @f(%x: tensor<16x8xf32>, %w: tensor<8x4xf32>, %y: tensor<16x4xf32>) -> tensor<16x4xf32> {
  // expected-error @below {{'tasks' is array<i64: 4, 0, 4>, expected 0 for a reduction loop, which 'steps' is for}}
  %0 = linalg.matmul {codegen.schedule = #codegen.schedule<tasks = [4, 0, 4]>} ins(%x, %w : tensor<16x8xf32>, tensor<8x4xf32>) outs(%y : tensor<16x4xf32>) -> tensor<16x4xf32>
  return %0 : tensor<16x4xf32>
}

// -----

func.func @f(%x: tensor<16x8xf32>, %w: tensor<8x4xf32>, %y: tensor<16x4xf32>) -> tensor<16x4xf32> {
  // expected-error @below {{'panel' is array<i64: 4>, expected an entry for each dimension of the right operand}}
  %0 = linalg.matmul {codegen.schedule = #codegen.schedule<panel = [4]>} ins(%x, %w : tensor<16x8xf32>, tensor<8x4xf32>) outs(%y : tensor<16x4xf32>) -> tensor<16x4xf32>
  return %0 : tensor<16x4xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found role 'product', expected the role of an op without a reduction}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, product>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found 7 shared loops, expected at most the op's 1}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, row, 7>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found 0 shared loops, expected 1 or more for role 'row'}}
  %0 = linalg.exp {codegen.nest = #codegen.nest<0, row>} ins(%x : tensor<16xf32>) outs(%x : tensor<16xf32>) -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// expected-error @below {{'codegen.steps' on an argument, expected on an op}}
func.func @f(%x: tensor<16xf32> {codegen.steps}) {
  return
}

// -----

// expected-error @below {{'codegen.cost' on a result, expected on an op}}
func.func private @f() -> (tensor<16xf32> {codegen.cost = 3 : i64})

// -----

func.func private @task(index, index, index, f32)
func.func @f(%context: !llvm.ptr, %n: index, %x: f32) {
  // expected-error @below {{runs @task of type '(index, index, index, f32) -> ()', expected '(index, index, index) -> ()'}}
  codegen.parallel_for %context, %n cost %n @task() : index, index
  return
}

// -----

func.func @f(%x: tensor<16x8xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{'tile' is array<i64: 4, 4>, expected 0 for a reduction loop}}
  %0 = linalg.reduce {arith.addf} ins(%x : tensor<16x8xf32>) outs(%y : tensor<16xf32>) dimensions = [1]
      {codegen.schedule = #codegen.schedule<tile = [4, 4]>}
  return %0 : tensor<16xf32>
}

// -----

func.func @f(%x: tensor<16x8xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error @below {{found panels of 8 columns, expected an op with a right operand}}
  %0 = linalg.reduce {arith.addf} ins(%x : tensor<16x8xf32>) outs(%y : tensor<16xf32>) dimensions = [1]
      {codegen.schedule = #codegen.schedule<packing = 8>}
  return %0 : tensor<16xf32>
}
