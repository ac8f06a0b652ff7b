# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What dlc.compile returns, and the cache behind it."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import dlc
from dlc import _cache
from dlc._feed import ArrayFeed

TEXT = """func.func @net(%x: tensor<?x4xf32> {dl.name = "x"}) -> (tensor<?x3xf32> {dl.name = "y"}) {
  %w = arith.constant dense<0.5> : tensor<4x3xf32>
  %0 = dl.dense %x, %w : tensor<?x4xf32>, tensor<4x3xf32>
  %1 = dl.tanh %0 : tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entries(cache):
    return sorted(p for p in cache.iterdir() if not p.name.startswith("."))


def test_functions_are_attributes(rng):
    net = dlc.compile(TEXT)
    x = rng.normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(net.net(x), np.tanh(x @ np.full((4, 3), 0.5)), atol=1e-6)
    assert "net" in dir(net) and "net" in dir(net.library)
    import inspect
    assert str(inspect.signature(net.net)) == "(x, /, *, out=None)"
    assert net.net.__doc__.startswith("net(x: float32[?, 4]) -> y: float32[?, 3]")
    assert "net(x: float32[?, 4]) -> y: float32[?, 3]" in repr(net)
    assert "<td>x: float32[?, 4]</td>" in net._repr_html_()
    with pytest.raises(AttributeError, match="there is no function 'nett', only net"):
        net.nett


def test_stages(rng):
    net = dlc.compile(TEXT)
    assert "dl.dense" in net.ir() and "linalg." in net.ir("linalg")
    assert "vector." in net.ir("vector") and "define" in net.ir("llvm")
    assert "net" in net.ir("asm")
    with pytest.raises(dlc.CompileError, match="emit"):
        net.ir("nonsense")


def test_report():
    report = dlc.compile(TEXT.replace("?", "8")).report()
    layers = {row["layer"]: row for row in report.layers["net"]}
    assert layers["dl.dense"] == {"layer": "dl.dense", "output": "8x3", "weights": 12,
                                  "connections": 96}
    product = next(r for r in report.nests["net"] if r["kind"] == "product")
    assert product["flop"] >= 2 * 8 * 4 * 3 and product["tile"]
    assert "dl.tanh" in str(report) and "<table>" in report._repr_html_()
    frame = pytest.importorskip("pandas") and report.layers["net"].dataframe()
    assert list(frame.columns) == ["layer", "output", "weights", "connections"]
    assert str(frame["weights"].dtype) == "Int64"


def test_profile(rng):
    net = dlc.compile(TEXT.replace("?", "64"))
    x = rng.normal(size=(64, 4)).astype(np.float32)
    profile = net.profile(x, calls=5)
    assert 0 < sum(r["us"] for r in profile) <= profile.whole_us * 1.5
    assert any(r["kind"] == "product" for r in profile)
    with pytest.raises(dlc.LibraryError, match="there is no function 'f', only net"):
        net.profile(x, function="f")


def test_save(tmp_path, rng):
    net = dlc.compile(TEXT)
    (tmp_path / "out").mkdir()
    x = rng.normal(size=(2, 4)).astype(np.float32)
    for name in ("out/model.so", "other.so"):
        assert np.array_equal(dlc.load(net.save(tmp_path / name)).net(x), net.net(x))
    assert "other_net(" in (tmp_path / "other.h").read_text()
    assert "model_net(" in (tmp_path / "out/model.h").read_text()
    assert net.save(tmp_path / "net.a").read_bytes().startswith(b"!<arch>")


def test_training_words(tmp_path, rng):
    text = TEXT.replace("arith.constant dense<0.5> : tensor<4x3xf32>",
                        "ml_program.global_load_const @w : tensor<4x3xf32>")
    text = "ml_program.global private @w(dense<0.5> : tensor<4x3xf32>) : tensor<4x3xf32>\n" + text
    net = dlc.compile(text, train={"loss": "mse", "metrics": ["mae", "mse"], "rate": 0.1})
    x, y = (rng.normal(size=(8, n)).astype(np.float32) for n in (4, 3))
    assert len(net.step(x, y)) == 3 and not np.array_equal(net.state["w"], np.full((4, 3), 0.5))
    net.save(tmp_path / "w.safetensors")
    again = dlc.compile(text, options=["--parameters", tmp_path / "w.safetensors"])
    assert np.array_equal(again.net(x), net.net(x))


def test_cache_is_used(cache, monkeypatch):
    first = dlc.compile(TEXT)
    assert len(entries(cache)) == 1
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("compiled again"))
    assert dlc.compile(TEXT).path == first.path
    monkeypatch.undo()


def test_cache_knows_options_model_and_compiler(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DLC_CACHE", str(cache))
    paths = {dlc.compile(TEXT).path, dlc.compile(TEXT, level=1).path,
             dlc.compile(TEXT.replace("0.5", "0.25")).path}
    assert len(paths) == 3
    wrapper = tmp_path / "dlc"
    wrapper.write_text(f'#!/bin/sh\nexec {dlc._compile.find_compiler()} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("DLC", str(wrapper))
    assert dlc.compile(TEXT).path not in paths


def test_cache_is_bounded(cache, monkeypatch):
    one = dlc.compile(TEXT)
    size = _cache._size(one.path.parent)
    monkeypatch.setenv("DLC_CACHE_BYTES", str(int(2.5 * size)))
    x = np.ones((1, 4), np.float32)
    y = one.net(x)
    for value in ("0.1", "0.2", "0.3"):
        dlc.compile(TEXT.replace("0.5", value))
        time.sleep(0.02)
    assert len(entries(cache)) == 2 and not one.path.exists()
    assert np.array_equal(one.net(x), y)  # what is loaded lives on
    assert "dl.dense" in one.ir()


def test_cache_off_and_unwritable(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DLC_CACHE", "off")
    net = dlc.compile(TEXT)
    path = net.path
    assert path.exists()
    del net
    assert not path.exists()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLC_CACHE", str(tmp_path / "file" / "cache"))
    assert dlc.compile(TEXT).net(np.ones((1, 4), np.float32)).shape == (1, 3)


def test_cache_of_several_processes(cache):
    code = "import sys, dlc; print(dlc.compile(sys.stdin.read()).path)"
    many = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) for _ in range(4)]
    found = {p.communicate(TEXT)[0] for p in many}
    assert len(found) == 1 and all(p.returncode == 0 for p in many)
    assert len(entries(cache)) == 1 and len(list(cache.iterdir())) == 1


def test_failure_leaves_nothing(cache):
    with pytest.raises(dlc.CompileError, match="model.mlir:3"):
        dlc.compile(TEXT.replace("tensor<4x3xf32>\n  %1", "tensor<5x3xf32>\n  %1"))
    assert not list(cache.iterdir())


def test_interrupted(cache, tmp_path):
    """Ctrl-C ends a compilation; what comes next compiles."""
    fake = tmp_path / "slow"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    code = ("import dlc, os, sys\n"
            "try:\n    dlc.compile(sys.argv[1])\n"
            "except KeyboardInterrupt:\n"
            "    os.environ['DLC'] = sys.argv[2]\n"
            "    print(len(dlc.compile(sys.argv[1]).functions))\n")
    child = subprocess.Popen(
        [sys.executable, "-c", code, TEXT, dlc._compile.find_compiler()], stdout=subprocess.PIPE,
        text=True, env={**os.environ, "DLC": str(fake)})
    while not (cache.exists() and list(cache.iterdir())):
        time.sleep(0.02)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=30)[0] == "1\n"
    assert len(list(cache.iterdir())) == 1


def test_other_threads_run_meanwhile(tmp_path, monkeypatch):
    fake = tmp_path / "slow"
    fake.write_text(f"#!/bin/sh\nsleep 0.5\nexec {dlc._compile.find_compiler()} \"$@\"\n")
    fake.chmod(0o755)
    monkeypatch.setenv("DLC", str(fake))
    worker = threading.Thread(target=dlc.compile, args=[TEXT])
    worker.start()
    count = 0
    while worker.is_alive():
        count += 1
        time.sleep(0.01)
    assert count > 10


def test_warnings_are_told():
    text = TEXT.replace("dl.tanh", "dl.softmax").replace(
        "arith.constant dense<0.5>", "ml_program.global_load_const @w").replace(
        "return %1", "%2 = dl.sqrt %1 : tensor<?x3xf32>\n  return %2")
    text = "ml_program.global private @w(dense<0.5> : tensor<4x3xf32>) : tensor<4x3xf32>\n" + text
    with pytest.warns(UserWarning, match="warning: "):
        dlc.compile(text, train="loss=cross_entropy")


@pytest.mark.parametrize("model, words", [
    (3, "the model is a int, expected the path of a .onnx or .mlir file"),
    ("none.mlir", "there is no file"),
])
def test_no_model(model, words):
    with pytest.raises(dlc.CompileError, match=words):
        dlc.compile(model)


def test_targets():
    with pytest.raises(dlc.CompileError, match="target 'gpu', expected cpu"):
        dlc.compile(TEXT, target="gpu")
    assert "net" in dir(dlc.compile(TEXT, target="cpu"))


def test_bound_calls_read_and_write_in_place(rng):
    net = dlc.compile(TEXT)
    x, y = np.zeros((2, 4), np.float32), np.zeros((2, 3), np.float32)
    call = net.net.bind(x, out=y)
    for _ in range(3):
        x[...] = rng.normal(size=x.shape)
        assert call() is y and np.array_equal(y, net.net(x))
    own = net.net.bind(x)
    assert own() is own.outputs[0] and own.inputs[0] is x
    del net
    assert np.array_equal(own(), y)
    with pytest.raises(dlc.LibraryError, match="expected float32"):
        own.function.bind(x.astype(np.float64))


def test_computed_shapes_are_not_bound():
    module = dlc.ir.Module()
    with module.function("places", x="tensor<?xf32>") as f:
        f.returns(y=dlc.dl.nonzero(dlc.dl.greater(f.x, 0.0)))
    with pytest.raises(dlc.LibraryError, match="'y' follows from values"):
        dlc.compile(module).places.bind(np.ones(3, np.float32))


@pytest.mark.parametrize("element", ["float32", "float64", "int32"])
def test_batches_are_those_of_the_arrays(element, rng):
    """All samples once, in the order given, the last batch smaller."""
    module = dlc.ir.Module()
    with module.function("scaled", x="tensor<?x2xf32>", by="tensor<f32>") as f:
        f.returns(y=f.x * f.by)
    function = dlc.compile(module).scaled
    x, by = (rng.normal(size=(7, 2)) * 9).astype(element), np.array(2, np.float32)
    for order in (None, rng.permutation(7)):
        feed = ArrayFeed(function, [x], 3)
        for _ in range(2):
            found = [(count, call().copy()) for count, call in feed.batches(order, [by])]
            assert [count for count, _ in found] == [3, 3, 1]
            wanted = x if order is None else x[order]
            assert np.array_equal(np.concatenate([y for _, y in found]),
                                  wanted.astype(np.float32) * 2)


def test_module_of_ir(rng):
    module = dlc.ir.Module()
    with module.function("twice", x="tensor<?xf32>") as f:
        f.returns(y=dlc.dl.add(f.x, f.x))
    assert np.array_equal(dlc.compile(module).twice(np.ones(3, np.float32)), [2, 2, 2])


def test_cache_touches_nothing_else(cache, monkeypatch):
    """A folder that holds other things loses none of them."""
    for name in ("docs", ".ssh", ".new", "a" * 39):
        (cache / name).mkdir(parents=True)
        (cache / name / "file").write_text("x" * 1000)
        os.utime(cache / name, (1e9, 1e9))
    monkeypatch.setenv("DLC_CACHE_BYTES", "50")
    dlc.compile(TEXT)
    assert all((cache / n / "file").exists() for n in ("docs", ".ssh", ".new", "a" * 39))


def test_damaged_entry_is_made_again(cache, tmp_path):
    dlc.compile(TEXT).path.unlink()
    net = dlc.compile(TEXT)
    assert net.path.exists()
    net.path.unlink()
    (tmp_path / "out").mkdir()
    assert dlc.load(net.save(tmp_path / "out" / "model.so")).functions  # compiled again
