# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that are small in bytes but demand large resources."""

from pathlib import Path

HEAD = "func.func @f(%x: tensor<1xf32>, %c: tensor<1xi1>) -> tensor<1xf32> {\n"
TAIL = "  return %x : tensor<1xf32>\n}\n"

Path("regions.mlir").write_text(HEAD + "scf.execute_region {" * 20000)
Path("types.mlir").write_text("func.func @f(%x: " + "tuple<" * 20000)
Path("map.mlir").write_text("#map = affine_map<(d0) -> (" + "-" * 20000 + "d0)>\n" + HEAD + TAIL)
# 120 nested conditions, and bracket-like characters in strings and comments.
depth = 120
body = "  %z = arith.constant 0 : index\n  %b = tensor.extract %c[%z] : tensor<1xi1>\n"
body += "  // " + "(" * 1000 + "\n"
for i in range(depth):
    body += f"  %y{i} = scf.if %b -> tensor<1xf32> {{\n"
body += "  %e = dl.exp %x : tensor<1xf32>\n  scf.yield %e : tensor<1xf32>\n"
for i in reversed(range(depth)):
    body += "  } else {\n  scf.yield %x : tensor<1xf32>\n  }\n"
    body += f"  scf.yield %y{i} : tensor<1xf32>\n" if i else ""
Path("nested.mlir").write_text(
    "#map = affine_map<(d0) -> (d0)>\n" + HEAD + body +
    '  codegen.require %b, "' + "<" * 1000 + '"\n' + f"  return %y0 : tensor<1xf32>\n}}\n")

calls = ""
for i in range(24):
    calls += f"""func.func private @f{i}(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %a = func.call @f{i + 1}(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = func.call @f{i + 1}(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}}
"""
calls += """func.func private @f24(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = func.call @f0(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %a : tensor<4xf32>
}
"""
Path("calls.mlir").write_text(calls)
