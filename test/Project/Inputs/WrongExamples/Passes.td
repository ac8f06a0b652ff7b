//===- Passes.td - Examples that must be found wrong ------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

include "mlir/Pass/PassBase.td"

def NoExample : Pass<"no-example"> {
  let summary = "A description alone";
  let description = [{Nothing is shown.}];
}

def OneLineOff : Pass<"canonicalize"> {
  let summary = "Lines that are not printed, each in an example of its own";
  let description = [{
    Another op, a value in place of another one, a value of no name, a line too many, and one
    that is missing.

    ```mlir
    func.func @op(%a: i32, %b: i32) -> i32 {
      %c = arith.subi %a, %b : i32
      return %c : i32
    }
    // becomes
    func.func @op(%a: i32, %b: i32) -> i32 {
      %c = arith.addi %a, %b : i32
      return %c : i32
    }
    ```

    ```mlir
    func.func @value(%a: i32, %b: i32) -> i32 {
      %c = arith.subi %a, %b : i32
      return %c : i32
    }
    // becomes
    func.func @value(%a: i32, %b: i32) -> i32 {
      %c = arith.subi %a, %a : i32
      return %c : i32
    }
    ```

    ```mlir
    func.func @name(%a: i32) -> i32 {
      return %a : i32
    }
    // becomes
    func.func @name(%a: i32) -> i32 {
      return %other : i32
    }
    ```

    ```mlir
    func.func @many(%a: i32) -> i32 {
      return %a : i32
    }
    // becomes
    func.func @many(%a: i32) -> i32 {
      %c = arith.addi %a, %a : i32
      ...
      return %a : i32
    }
    ```

    ```mlir
    func.func @few(%a: i32) -> i32 {
      return %a : i32
    }
    // becomes
    func.func @few(%a: i32) -> i32 {
      return %a : i32
    ```
  }];
}

def OtherPass : Pass<"cse"> {
  let summary = "Flags that do not run the pass";
  let description = [{
    ```mlir
    // dlc-opt --canonicalize
    func.func @f() {
      return
    }
    // becomes
    func.func @f() {
      return
    }
    ```
  }];
}

def NotRefused : Pass<"symbol-dce"> {
  let summary = "IR that is taken";
  let description = [{
    ```mlir
    func.func @f() {
      return
    }
    // error: not allowed
    ```
  }];
}

def Sketch : Pass<"inline"> {
  let summary = "IR before that cannot be read";
  let description = [{
    ```mlir
    func.func @f(...)
    // becomes
    func.func @f(...)
    ```
  }];
}

def OnePart : Pass<"sccp"> {
  let summary = "No IR after";
  let description = [{
    ```mlir
    func.func @f() {
      return
    }
    ```
  }];
}
