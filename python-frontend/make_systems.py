# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes docs/systems.md: the systems of examples/systems, what they reach, programs and dl.

    make_systems.py                 runs all and writes the page
    make_systems.py gan words       runs these; the figures of others stay as the page has them
    make_systems.py --check         runs none: fails where programs or dl are not those of the page
"""

import argparse
import ast
import difflib
import gc
import re
import runpy
import sys
import time
from pathlib import Path

from dlc.layers import _layer

FOLDER = Path(__file__).resolve().parent / "examples" / "systems"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "systems.md"
MOST_LINES, MOST_GLOBALS = 40, 4  # of dl that are shown, and of globals in a row
GPU = "-"  # no code for GPUs is made yet

SECTIONS = {
    "Neurons and activations": {
        "perceptron": "Perceptron",
        "perceptron_rule": "Perceptron learning rule",
        "adaline": "Adaline",
        "activations": "Activations",
        "lookup": "Lookup nets",
    },
    "Feed-forward networks": {
        "mlp_xor": "Multi-layer perceptron",
        "training_loop": "Training loop",
        "scanning_mlp": "Scanning MLP",
    },
    "Convolutional networks": {
        "convolution": "Convolution",
        "convolution_sizes": "Convolution in one, two and three dimensions",
        "pooling": "Pooling",
        "other_layers": "Flatten, dropout, normalisation, upsampling",
        "worked_cnn": "Worked CNN",
        "x_o": "X / O classifier",
        "digits": "Handwritten digits",
        "lenet": "LeNet",
        "alexnet": "AlexNet",
        "zfnet": "ZFNet",
        "vgg": "VGG",
        "googlenet": "GoogLeNet",
        "resnet": "ResNet",
        "densenet_transfer": "DenseNet-201, transfer learning",
        "object_detection": "Object detection",
    },
    "Recurrent networks": {
        "rnn": "Fully connected RNN",
        "lstm_gates": "LSTM, four gates without bias",
        "lstm_concatenated": "LSTM, concatenated form with bias",
        "gru": "GRU",
        "one_to_many": "One to many: image captions",
        "many_to_one": "Many to one: sentiment",
        "many_to_many": "Many to many: tags",
        "encoder_decoder": "Encoder and decoder",
        "recurrent_stack": "Stack of RNNs",
        "lstm_stack": "Stack of LSTMs",
        "conv_gru": "Convolution and GRU",
        "stock": "Stock predictor",
        "words": "Word predictor",
        "bptt": "Back-propagation through time",
    },
    "Other networks": {
        "autoencoder": "Autoencoder",
        "gan": "Generative adversarial network",
        "transformer": "Transformer, encoder block",
        "transformer_decoder": "Transformer, encoder and decoder blocks",
        "rbm": "Restricted Boltzmann machines, deep belief network",
        "recursive": "Recursive neural tensor network",
    },
}
TITLES = {name: title for section in SECTIONS.values() for name, title in section.items()}

BEGIN = """# Systems

Networks of the field's textbooks, each as a Python program of less than 40 lines. The programs are
in [`python-frontend/examples/systems`](../python-frontend/examples/systems). Each generates its
data or uses a data set of scikit-learn, runs what dlc compiles, and fails if it does not reach its
figure.

Where *trains* says yes, compiled steps change the weights. Seeds are fixed; figures may differ
slightly between processors.

The `dl` listing is the IR that dlc reads of a model, without the values of its weights. It is the
model for inference: dropout and batch statistics exist only in the training step.

`python-frontend/make_systems.py` runs the programs and writes this page.
"""


def path_of(name):
    return FOLDER / f"{name}.py"


def model_and_trains(name):
    """MODEL and TRAINS of a program that stops where it has them, so before it learns."""
    path = path_of(name)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    last = next(i for i, statement in enumerate(tree.body) if isinstance(statement, ast.Assign)
                and any(isinstance(n, ast.Name) and n.id == "MODEL"
                        for target in statement.targets for n in ast.walk(target)))
    tree.body = tree.body[:last + 1]
    _layer._names.clear()  # dense, dense_1, ... whatever was made before
    names = {"__name__": name}
    exec(compile(tree, str(path), "exec"), names)
    return names["MODEL"], names["TRAINS"]


def dl_of(model):
    """The lines of a model's dl that are shown."""
    text = model if isinstance(model, str) else str(
        model.to_module() if hasattr(model, "to_module") else model)
    shown, row = [], []
    text = text.partition("{-#")[0]  # what stands for the bytes of large constants
    for line in [*text.strip().splitlines(), ""]:
        if "ml_program.global private" in line:
            row.append(re.sub(r"\((?:dense|dense_resource)<.*?> : ", "(... : ", line))
            continue
        more = len(row) - MOST_GLOBALS
        shown += row[:MOST_GLOBALS] if more > 0 else row
        shown += [f"  // ... {more} more globals"] if more > 0 else []
        shown, row = [*shown, line], []
    shown.pop()
    more = len(shown) - MOST_LINES
    return shown if more <= 0 else [*shown[:MOST_LINES], f"// ... {more} more lines"]


def program_of(name):
    """(docstring as one line, the rest of the program)."""
    text = path_of(name).read_text(encoding="utf-8")
    first = ast.parse(text).body[0]
    rest = "\n".join(text.splitlines()[first.end_lineno:]).strip("\n")
    return " ".join(first.value.value.split()), rest


def figures_of(page):
    """{title: figure} of the table of a page."""
    rows = re.findall(r"^\| \[(.*?)\]\(#.*?\) \|(?:[^|]*\|){3} (.*) \|$", page, re.MULTILINE)
    return {title: figure.replace("\\|", "|") for title, figure in rows}


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def page_of(figures):
    """The page; figures: by title."""
    parts, table = [], ["| system | CPU | GPU | trains | figure |", "|---|---|---|---|---|"]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name, title in names.items():
            model, trains = model_and_trains(name)
            words, program = program_of(name)
            figure = figures.get(title, "")
            escaped = figure.replace("|", "\\|")
            table.append(f"| [{title}](#{anchor(title)}) | yes | {GPU} | "
                         f"{'yes' if trains else '-'} | {escaped} |")
            parts.append(
                f"### {title}\n\n{words}\n\n```python\n{program}\n```\n\n"
                f"[{name}.py](../python-frontend/examples/systems/{name}.py) reaches: {figure}\n\n"
                "<details><summary>dl</summary>\n\n```mlir\n" + "\n".join(dl_of(model)) +
                "\n```\n\n</details>\n")
            del model
            gc.collect()
    return "\n".join([BEGIN, *table, "", *parts])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TITLES)}")
    given = parser.parse_args()
    files = {p.stem for p in FOLDER.glob("*.py")}
    if files != set(TITLES):
        sys.exit(f"listed or there, but not both: {', '.join(sorted(files ^ set(TITLES)))}")
    unknown = sorted(set(given.names) - files)
    if unknown:
        parser.error(f"no system {', '.join(unknown)}")
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    figures = figures_of(old)
    if given.check:
        new = page_of(figures)
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), str(PAGE), "now",
                                         n=1, lineterm=""):
            print(line)
        if old != new:
            sys.exit(f"{PAGE} is old: run {Path(__file__).name}")
        return
    try:
        for name in given.names or TITLES:
            begin = time.monotonic()
            figures[TITLES[name]] = runpy.run_path(str(path_of(name)))["FIGURE"]
            print(f"  {name}: {time.monotonic() - begin:.1f} s", flush=True)
            gc.collect()
    finally:  # what was reached stays
        PAGE.write_text(page_of(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
