# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What an environment with nothing but the wheel can do; `make wheel` runs it there."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

begin = time.monotonic()
import dlc
from dlc import layers

imported = time.monotonic() - begin

import numpy as np

HERE = Path(sys.executable).parent


def main():
    x = np.random.default_rng(0).random((64, 2)).astype(np.float32)
    model = layers.Sequential([layers.Dense(8, activation="tanh", input_shape=[2]),
                               layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(x, x.sum(1), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0], losses
    with tempfile.TemporaryDirectory() as folder:
        library = model.export(Path(folder) / "sum.so")
        assert np.allclose(dlc.load(library).predict(x), model.predict(x), atol=1e-6)
        said = subprocess.run([HERE / "dlc-run", library], check=True, capture_output=True,
                              text=True).stdout
        assert "predict" in said, said
        source = Path(folder) / "exp.mlir"
        source.write_text("func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {\n"
                          "  %y = dl.exp %x : tensor<?xf32>\n  return %y : tensor<?xf32>\n}\n")
        for command in ([HERE / "dlc"], [sys.executable, "-m", "dlc"]):
            subprocess.run([*command, source, "-o", source.with_suffix(".so")], check=True)
        assert np.allclose(dlc.load(source.with_suffix(".so")).main(x[:, 0].copy()),
                           np.exp(x[:, 0]), rtol=1e-6)
    print(f"learnt, exported, compiled by {dlc._compile.find_compiler()}; imported in "
          f"{imported:.2f} s, numpy included")


if __name__ == "__main__":
    main()
