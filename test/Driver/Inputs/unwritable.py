# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles onto a full tmpfs and onto a read-only one, and prints what happens."""

import subprocess
import sys
import tempfile

import numpy as np

SCRIPT = """
mount -t tmpfs -o size={size} none {folder} || exit 77
{fill}
dlc {model} -o {folder}/x.so 2>{errors}
code=$?
ls -A {folder} | grep -v filler > {left}
umount {folder}
exit $code
"""


def attempt(name, size, fill):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as notes:
        script = SCRIPT.format(size=size, folder=folder, model=sys.argv[1],
                               fill=fill.format(folder=folder),
                               errors=f"{notes}/errors", left=f"{notes}/left")
        code = subprocess.run(["sh", "-c", script], capture_output=True).returncode
        text = open(f"{notes}/errors").read()
        print(f"{name}: {code} {'cannot write' if 'cannot write' in text or 'linking failed' in text else text}")
        print("left behind:", open(f"{notes}/left").read().strip() or "none")


attempt("full disk", "8k", "dd if=/dev/zero of={folder}/filler bs=1k count=8 2>/dev/null")
attempt("read-only", "8k", "mount -o remount,ro {folder}")


# Every size between nothing and enough, for each kind of output, and limits of file sizes.
WEIGHTS = """
func.func @f(%x: tensor<8x100xf32>) -> tensor<8x100xf32> {
  %c = arith.constant dense<"0xHEX"> : tensor<100x100xf32>
  %y = dl.dense %x, %c : tensor<8x100xf32>, tensor<100x100xf32>
  return %y : tensor<8x100xf32>
}
"""

SWEEP = """
mount -t tmpfs -o size={size}k none {folder} || exit 77
{limit}
dlc {model} -o {folder}/x.{suffix} 2>{errors}
code=$?
ls -A {folder} > {left}
umount {folder}
exit $code
"""


def sweep():
    with tempfile.TemporaryDirectory() as notes:
        model = f"{notes}/m.mlir"
        with open(model, "w") as file:
            file.write(WEIGHTS.replace("HEX", np.random.default_rng(0).normal(
                size=(100, 100)).astype(np.float32).tobytes().hex()))
        for suffix in ("so", "o", "a"):
            whole, refused = 0, 0
            cases = [(size, "") for size in range(8, 220, 12)]
            cases += [(4096, f"ulimit -f {blocks}") for blocks in (1, 40, 90, 120)]
            for size, limit in cases:
                folder = tempfile.mkdtemp(dir=notes)
                script = SWEEP.format(size=size, limit=limit, folder=folder, model=model,
                                      suffix=suffix, errors=f"{notes}/errors",
                                      left=f"{notes}/left")
                code = subprocess.run(["sh", "-c", script], capture_output=True).returncode
                text = open(f"{notes}/errors").read()
                left = open(f"{notes}/left").read().split()
                case = (suffix, size, limit, code, text, left)
                assert code in (0, 1), case
                assert code == 0 or ("cannot write" in text and "LLVM" not in text), case
                assert left == ([] if code else sorted(["x.h", f"x.{suffix}"])), case
                whole += code == 0
                refused += code == 1
            assert whole and refused, (suffix, whole, refused)
            print(f"{suffix}: whole or refused at every size")


sweep()
