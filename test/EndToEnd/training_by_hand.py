# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks whose training step is written in the IR: two that train in turn, and some that learn
without a gradient.

    training_by_hand.py FOLDER [NAME...]
"""

import numpy as np

from building import Net
from learning import batches, compile_text, learner, run

STATE = "tensor<2xi64>"


def tensor(shape):
    return "tensor<" + "x".join([*map(str, shape), "f32"]) + ">"


def declare(shapes, moments):
    """Declares mutable globals: parameters, the moments of the optimiser for each, the random
    state."""
    lines = [f"ml_program.global private mutable @random(dense<0> : {STATE}) : {STATE}"]
    for name, shape in shapes.items():
        for suffix in ("", ".m", ".v") if moments else ("",):
            lines.append(f"ml_program.global private mutable @{name}{suffix}"
                         f"(dense<0.0> : {tensor(shape)}) : {tensor(shape)}")
    return "\n".join(lines)


def load(*names, shapes):
    return "\n".join(f"  %{n} = ml_program.global_load @{n} : {tensor(shapes[n])}" for n in names)


def initialize(shapes):
    """A function that draws every matrix and sets the random state to its seed."""
    lines = ["func.func @initialize(%seed: tensor<i64>) {",
             "  %zero = arith.constant dense<0> : tensor<1xi64>",
             "  %one = dl.reshape %seed : tensor<i64> to tensor<1xi64>",
             "  %state = dl.concat %one, %zero axis 0 : tensor<1xi64>, tensor<1xi64>",
             f"  ml_program.global_store @random = %state : {STATE}"]
    for stream, (name, shape) in enumerate(shapes.items()):
        if len(shape) > 1:
            lines += [f"  %{name} = dl.initialize glorot_uniform %state stream {1000 + stream} : "
                      f"{STATE} to {tensor(shape)}",
                      f"  ml_program.global_store @{name} = %{name} : {tensor(shape)}"]
    return "\n".join([*lines, "  return", "}"])


ADVANCE = f"""  %state = ml_program.global_load @random : {STATE}
  %more = arith.constant dense<[0, 1]> : {STATE}
  %later = dl.add %state, %more : {STATE}, {STATE}
  ml_program.global_store @random = %later : {STATE}"""


def adam(names, shapes, rate):
    """One step of Adam for parameters whose gradients are %g#1, %g#2, ..."""
    lines = ["  %last = dl.slice %later [1] to [2] : tensor<2xi64>",
             "  %count = dl.reshape %last : tensor<1xi64> to tensor<i64>",
             f"  %rate = arith.constant dense<{rate}> : tensor<f32>"]
    for i, name in enumerate(names):
        t = tensor(shapes[name])
        lines += [f"  %{n} = ml_program.global_load @{n} : {t}"
                  for n in (name, f"{name}.m", f"{name}.v")]
        lines.append(f"  %n{i}:3 = dl.adam %{name}, %g#{i + 1}, %{name}.m, %{name}.v, %count, %rate "
                     f"{{beta1 = 0.5}} : {t}, {t}, {t}, {t}, tensor<i64>, tensor<f32>")
        lines += [f"  ml_program.global_store @{n} = %n{i}#{k} : {t}"
                  for k, n in enumerate((name, f"{name}.m", f"{name}.v"))]
    return "\n".join(lines)


def layers(prefix, x, rows, sizes, activation):
    """Dense layers; the last one without an activation."""
    lines = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        w, c = f"{prefix}{i}.w", f"{prefix}{i}.b"
        lines.append(f"  %{prefix}{i} = dl.dense {x}, %{w}, %{c} : {tensor((rows, a))}, "
                     f"{tensor((a, b))}, {tensor((b,))}")
        x = f"%{prefix}{i}"
        if i + 2 < len(sizes):
            lines.append(f"  {x}.a = dl.{activation} {x} : {tensor((rows, b))}")
            x += ".a"
    return "\n".join(lines), x


def adversaries():
    """A generative adversarial network: the generator learns a distribution in the plane, points on
    a ring of radius 2, which no linear map of the noise gives."""
    batch, noise = 128, 4
    sizes = {"g": [noise, 32, 32, 2], "d": [2, 32, 32, 1]}
    shapes = {}
    for prefix, widths in sizes.items():
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            shapes |= {f"{prefix}{i}.w": (a, b), f"{prefix}{i}.b": (b,)}
    generator, judge = ([n for n in shapes if n[0] == p] for p in "gd")
    z, x, y = tensor((batch, noise)), tensor((batch, 2)), tensor((batch, 1))
    make, made = layers("g", "%z", batch, sizes["g"], "relu")
    look, seen = layers("d", "%x", batch, sizes["d"], "leaky_relu")
    draw = f"  %z = dl.random_normal %state stream 0 : {STATE} to {z}"
    types = lambda names: ", ".join(tensor(shapes[n]) for n in names)
    text = f"""{declare(shapes, True)}
{initialize(shapes)}
func.func private @generator(%z: {z}) -> {x} {{
{load(*generator, shapes=shapes)}
{make}
  return {made} : {x}
}}
func.func private @judge(%x: {x}) -> {y} {{
{load(*judge, shapes=shapes)}
{look}
  return {seen} : {y}
}}
func.func private @judges(%z: {z}, %real: {x}) -> tensor<f32> {{
  %ones = arith.constant dense<1.0> : {y}
  %zeros = arith.constant dense<0.0> : {y}
  %made = call @generator(%z) : ({z}) -> {x}
  %a = call @judge(%real) : ({x}) -> {y}
  %b = call @judge(%made) : ({x}) -> {y}
  %p = dl.binary_cross_entropy %a, %ones : {y}, {y}
  %q = dl.binary_cross_entropy %b, %zeros : {y}, {y}
  %loss = dl.add %p, %q : tensor<f32>, tensor<f32>
  return %loss : tensor<f32>
}}
func.func private @deceives(%z: {z}) -> tensor<f32> {{
  %ones = arith.constant dense<1.0> : {y}
  %made = call @generator(%z) : ({z}) -> {x}
  %a = call @judge(%made) : ({x}) -> {y}
  %loss = dl.binary_cross_entropy %a, %ones : {y}, {y}
  return %loss : tensor<f32>
}}
func.func @step_judge(%real: {x}) -> tensor<f32> {{
{ADVANCE}
{draw}
  %g:{1 + len(judge)} = dl.grad @judges(%z, %real) wrt [] parameters [{', '.join('@' + n for n in judge)}] with_value : ({z}, {x}) -> (tensor<f32>, {types(judge)})
{adam(judge, shapes, 0.002)}
  return %g#0 : tensor<f32>
}}
func.func @step_generator() -> tensor<f32> {{
{ADVANCE}
{draw}
  %g:{1 + len(generator)} = dl.grad @deceives(%z) wrt [] parameters [{', '.join('@' + n for n in generator)}] with_value : ({z}) -> (tensor<f32>, {types(generator)})
{adam(generator, shapes, 0.001)}
  return %g#0 : tensor<f32>
}}
func.func @generate() -> {x} {{
{ADVANCE}
{draw}
  %x = call @generator(%z) : ({z}) -> {x}
  return %x : {x}
}}
"""
    library = compile_text("adversaries", text)
    library.initialize(1)
    rng = np.random.default_rng(0)

    def real():
        angle = rng.uniform(0, 2 * np.pi, batch)
        return (2 * np.stack([np.cos(angle), np.sin(angle)], 1)
                + 0.1 * rng.normal(size=(batch, 2))).astype(np.float32)
    before = np.linalg.norm(library.generate(), axis=1)
    for _ in range(4000):
        library.step_judge(real())
        library.step_generator()
    points = np.concatenate([library.generate() for _ in range(20)])
    radius = np.linalg.norm(points, axis=1)
    # The share of points in each of eight sectors.
    sectors = np.histogram(np.arctan2(*points.T), 8, (-np.pi, np.pi))[0] / len(points)
    assert abs(radius.mean() - 2) < 0.25 and radius.std() < 0.4, (radius.mean(), radius.std())
    assert sectors.min() > 0.03, sectors
    return (f"radius {before.mean():.2f} before, {radius.mean():.2f} +- {radius.std():.2f} after; "
            f"sectors {sectors.min():.2f} to {sectors.max():.2f}")


def boltzmann(name, visible, hidden, batch):
    """A restricted Boltzmann machine, trained by contrastive divergence: correlations of the data
    minus those after one Gibbs step."""
    shapes = {"w": (visible, hidden), "a": (visible,), "b": (hidden,)}
    v, h, w = tensor((batch, visible)), tensor((batch, hidden)), tensor((visible, hidden))
    up = lambda x, y: f"""  %{y}.s = dl.dense {x}, %w, %b : {v}, {w}, {tensor((hidden,))}
  %{y} = dl.sigmoid %{y}.s : {h}"""
    update = lambda p, change, t: f"""  %{p}.c = dl.mul {change}, %rate : {t}, tensor<f32>
  %{p}.new = dl.add %{p}, %{p}.c : {t}, {t}
  ml_program.global_store @{p} = %{p}.new : {t}"""
    return compile_text(name, f"""{declare(shapes, False)}
{initialize(shapes)}
func.func @hidden(%v: {v}) -> {h} {{
{load("w", "b", shapes=shapes)}
{up("%v", "p")}
  return %p : {h}
}}
func.func @step(%v0: {v}) -> tensor<f32> {{
{ADVANCE}
{load("w", "a", "b", shapes=shapes)}
{up("%v0", "p0")}
  %u = dl.random_uniform %state stream 0 : {STATE} to {h}
  %on = dl.less %u, %p0 : {h}, {h}
  %h0 = dl.cast %on to f32 : tensor<{batch}x{hidden}xi1>
  %wt = dl.transpose %w [1, 0] : {w}
  %v1.s = dl.dense %h0, %wt, %a : {h}, {tensor((hidden, visible))}, {tensor((visible,))}
  %v1 = dl.sigmoid %v1.s : {v}
{up("%v1", "p1")}
  %v0t = dl.transpose %v0 [1, 0] : {v}
  %v1t = dl.transpose %v1 [1, 0] : {v}
  %data = dl.dense %v0t, %p0 : {tensor((visible, batch))}, {h}
  %model = dl.dense %v1t, %p1 : {tensor((visible, batch))}, {h}
  %dw = dl.sub %data, %model : {w}, {w}
  %rate = arith.constant dense<{0.1 / batch}> : tensor<f32>
{update("w", "%dw", w)}
  %dv = dl.sub %v0, %v1 : {v}, {v}
  %da = dl.reduce_sum %dv axes [0] : {v}
{update("a", "%da", tensor((visible,)))}
  %dh = dl.sub %p0, %p1 : {h}, {h}
  %db = dl.reduce_sum %dh axes [0] : {h}
{update("b", "%db", tensor((hidden,)))}
  %square = dl.square %dv : {v}
  %error = dl.reduce_mean %square : {v}
  return %error : tensor<f32>
}}
""")


def belief_network():
    """Two Boltzmann machines, the second on the hidden units of the first, for real digits. Their
    weights initialise a classifier that learns from only 200 labels."""
    from sklearn.datasets import load_digits
    digits, rng, batch = load_digits(), np.random.default_rng(0), 50
    x = (digits.data / 16).astype(np.float32)
    order = rng.permutation(len(x))[:1750]
    x, t = x[order], digits.target[order].astype(np.int64)
    machines, inputs, told = [], x, []
    for name, visible, hidden in (("first", 64, 96), ("second", 96, 64)):
        machine = boltzmann(name, visible, hidden, batch)
        machine.initialize(1)
        errors = []
        for _ in range(60):
            errors.append(np.mean([machine.step(inputs[p]) for p in batches(rng, 1500, batch)]))
        machines.append(machine)
        plain = np.square(inputs - inputs.mean(0)).mean()
        assert errors[-1] < 0.6 * min(plain, errors[0]), (name, errors[0], errors[-1], plain)
        told.append(f"{name} {errors[-1] / plain:.2f}")
        inputs = np.concatenate([machine.hidden(inputs[i:i + batch])
                                 for i in range(0, len(x), batch)])
    net = Net()
    h = net.dense(net.dense(net.input(None, 64), 96, "l1", "sigmoid"), 64, "l2", "sigmoid")
    library = learner("belief", net, net.dense(h, 10, "l3"), "loss=cross_entropy",
                      "optimizer=adam", "rate=0.003", "metrics=accuracy")
    accuracy = {}
    for start in ("drawn", "taken from the machines"):
        library.initialize(1)
        if start != "drawn":
            for layer, machine in zip(("l1", "l2"), machines):
                library.state[f"{layer}.w"] = machine.state["w"]
                library.state[f"{layer}.b"] = machine.state["b"]
        for _ in range(30):
            for places in batches(rng, 200, 50):
                library.step(x[places], t[places])
        accuracy[start] = float(library.evaluate(x[1500:], t[1500:])[1])
    assert accuracy["taken from the machines"] > max(0.85, accuracy["drawn"] - 0.01), accuracy
    return ("reconstruction error over the variance: " + ", ".join(told) + "; accuracy with weights "
            + ", ".join(f"{k} {v:.3f}" for k, v in accuracy.items()))


if __name__ == "__main__":
    run([adversaries, belief_network])
