# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What people look at: bars, pictures of networks, curves."""

import re
import xml.etree.ElementTree as tree

import numpy as np
import pytest

import dlc
from dlc import _graph, _progress
from dlc.layers import Add, Dense, Input, Model, Sequential

TEXT = """
func.func @predict(%x: tensor<?x4xf32> {dl.name = "picture"}) -> tensor<?x3xf32> {
  %w = arith.constant dense<0.5> : tensor<4x3xf32>
  %0 = dl.dense %x, %w : tensor<?x4xf32>, tensor<4x3xf32>
  %1 = dl.softmax %0 : tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}
"""


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(_progress, "is_watched", lambda: True)


def test_compile_tells_its_stages(monkeypatch):
    pytest.importorskip("tqdm")
    notes = []
    monkeypatch.setattr(_progress.Bar, "to", lambda self, done, note=None: notes.append(note))
    dlc.compile(TEXT, progress=True)
    assert notes[0] == "parse" and notes[-1] == "link"
    assert set(notes) <= set(dlc._compile._STAGES)
    assert [dlc._compile._STAGES[n] for n in notes] == sorted(dlc._compile._STAGES[n]
                                                              for n in notes)


def test_progress_is_no_message():
    with pytest.raises(dlc.CompileError) as problem:
        dlc.compile(TEXT.replace("dl.softmax", "dl.softmaxx"), progress=False)
    assert "stage:" not in str(problem.value)


def test_bar_is_drawn_where_somebody_looks(watched, capsys):
    pytest.importorskip("tqdm")
    with _progress.Bar(10, "work", "samples") as bar:
        bar.to(4, {"val_loss": 0.25})
        bar._bar.refresh()
    drawn = capsys.readouterr().err
    assert "work:  40%" in drawn and "val loss 0.2500" in drawn


def test_bar_is_silent_elsewhere(capsys):
    with _progress.Bar(10, "work", "samples") as bar:
        bar.to(4)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("verbose, lines, has_bar", [(0, 0, False), (1, 2, True), (2, 2, False)])
def test_fit_says_what_is_asked(watched, capsys, verbose, lines, has_bar):
    pytest.importorskip("tqdm")
    model = Sequential([Dense(1, input_shape=[2])])
    model.compile("sgd", "mse")
    x = np.zeros((8, 2))
    model.fit(x, x[:, :1], epochs=2, verbose=verbose)
    told = capsys.readouterr()
    assert told.out.count("Epoch") == lines and ("epoch 2/2" in told.err) == has_bar


def test_graph_of_a_library():
    graph = dlc.compile(TEXT).plot()
    assert [(n.title, n.note) for n in graph.nodes.values()] == [
        ("picture", "?x4xf32"), ("dl.dense", "?x3xf32"), ("dl.softmax", "?x3xf32")]
    assert tree.fromstring(graph.svg()).tag.endswith("svg")


def test_graph_of_layers(tmp_path):
    x = Input(shape=(4,), name="x")
    h = Dense(4, name="first")(x)
    model = Model(x, Add(name="sum")([h, Dense(4, name="second")(h)]))
    path = tmp_path / "model.svg"
    nodes = {n.title: n for n in model.plot(path).nodes.values()}
    assert list(nodes) == ["x", "first", "second", "sum"]
    assert nodes["sum"].sources == ("first:0", "second:0")
    text = path.read_text(encoding="utf-8")
    assert len(re.findall("<path", text)) == 4 and "second" in model._repr_html_()
    with pytest.raises(ValueError, match=r"graphs are written as \.svg"):
        model.plot(tmp_path / "model.png")


def test_regions_are_one_node():
    graph = _graph.of_text("""
func.func @f(%a: tensor<4xf32>, %c: tensor<i1>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.tanh %a : tensor<4xf32>
  %1 = scf.if %c -> (tensor<4xf32>) {
    %2 = dl.add %0, %b : tensor<4xf32>, tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  } else {
    scf.yield %a : tensor<4xf32>
  }
  return %1 : tensor<4xf32>
}
""")
    assert [n.title for n in graph.nodes.values()] == ["a", "c", "b", "dl.tanh", "scf.if"]
    assert set(graph.nodes["1"].sources) == {"0", "a", "b", "c"}


def test_a_function_ends_with_its_place():
    """What follows it, the values of large weights, is no node."""
    graph = _graph.of_text("""
module {
  func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {
    %0 = dl.tanh %a : tensor<4xf32> loc(#loc1)
    return %0 : tensor<4xf32> loc(#loc)
  } loc(#loc)
} loc(#loc)
{-#
  dialect_resources: {
    builtin: {
      w: "0x0400000000000000"
    }
  }
#-}
""")
    assert [n.title for n in graph.nodes.values()] == ["a", "dl.tanh"]


def test_long_graphs_are_cut():
    graph = _graph.Graph({k: _graph.Node(f"n{k}", "", [k - 1] if k else []) for k in range(50)})
    assert len(graph.first(40)) == 41 and "10 more" in graph.first(40).svg()


def test_curves():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    model = Sequential([Dense(1, input_shape=[2])])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(16, 2))
    history = model.fit(x, x[:, :1], epochs=3, validation_split=0.25, verbose=0)
    lines = history.plot().get_lines()
    assert {line.get_label() for line in lines} == {"loss", "mae", "val loss", "val mae"}
    assert all(len(line.get_ydata()) == 3 for line in lines)
    records = dlc._history.Epochs([{"epoch": 1, "loss": 2.0, "seconds": 1.0}])
    assert records.values() == {"loss": [2.0]} and records.plot().get_xlabel() == "epoch"
