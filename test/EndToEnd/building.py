# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds networks as text of dl, layer by layer, for tests that train them."""


class Value:
    """A name in the text, and its type."""

    def __init__(self, name, shape, element):
        self.name, self.shape, self.element = name, tuple(shape), element

    @property
    def type(self):
        return "tensor<" + "x".join([*("?" if e is None else str(e) for e in self.shape),
                                     self.element]) + ">"


class Net:
    """One function with the parameters that it reads. Weights are initially zero."""

    def __init__(self, element="f32"):
        self.element, self.globals, self.lines, self.inputs = element, [], [], []

    def input(self, *shape, element=None):
        value = Value(f"%in{len(self.inputs)}", shape, element or self.element)
        self.inputs.append(value)
        return value

    def fresh(self, shape, element=None):
        return Value(f"%v{len(self.lines)}", shape, element or self.element)

    def param(self, name, *shape):
        value = Value(f"%{name}", shape, self.element)
        self.globals.append(f"ml_program.global private @{name}(dense<0.0> : {value.type}) : "
                            f"{value.type}")
        self.lines.append(f"  %{name} = ml_program.global_load_const @{name} : {value.type}")
        return value

    def op(self, name, operands, shape, extra="", types=None, element=None):
        result = self.fresh(shape, element)
        self.lines.append(
            f"  {result.name} = dl.{name} {', '.join(o.name for o in operands)}{extra} : "
            f"{types or ', '.join(o.type for o in operands)}")
        return result

    def map(self, name, x, extra=""):
        return self.op(name, [x], x.shape, extra)

    def add(self, a, b):
        return self.op("add", [a, b], a.shape)

    def dense(self, x, n, name, activation=None):
        y = self.op("dense", [x, self.param(f"{name}.w", x.shape[-1], n),
                              self.param(f"{name}.b", n)], (*x.shape[:-1], n))
        return self.map(activation, y) if activation else y

    def conv(self, x, n, kernel, name, activation=None, padding="same", stride=1):
        places = [None if e is None else -(-e // stride) if padding == "same" else
                  (e - kernel) // stride + 1 for e in x.shape[1:-1]]
        rank = len(places)
        y = self.op("conv", [x, self.param(f"{name}.w", *[kernel] * rank, x.shape[-1], n),
                             self.param(f"{name}.b", n)], (x.shape[0], *places, n),
                    f" strides [{', '.join([str(stride)] * rank)}] padding {padding}")
        return self.map(activation, y) if activation else y

    def max_pool(self, x, k=2):
        places = [-(-e // k) for e in x.shape[1:-1]]
        window = f"[{', '.join([str(k)] * len(places))}]"
        return self.op("max_pool", [x], (x.shape[0], *places, x.shape[-1]),
                       f" window {window} strides {window} padding same")

    def reshape(self, x, *shape):
        result = self.fresh(shape, x.element)
        self.lines.append(f"  {result.name} = dl.reshape {x.name} : {x.type} to {result.type}")
        return result

    def recurrent(self, kind, x, hidden, name, whole=True, extra=""):
        """[B, T, K] to [B, T, H], or to the last state [B, H]."""
        gates = {"rnn": 1, "lstm": 4, "gru": 3}[kind]
        w, u, b = (self.param(f"{name}.w", x.shape[-1], gates * hidden),
                   self.param(f"{name}.u", hidden, gates * hidden),
                   self.param(f"{name}.b", gates * hidden))
        y, h = self.fresh((*x.shape[:2], hidden)), Value(f"%h{len(self.lines)}",
                                                         (x.shape[0], hidden), self.element)
        cell = f", %c{len(self.lines)}" if kind == "lstm" else ""
        self.lines.append(
            f"  {y.name}, {h.name}{cell} = dl.{kind} {x.name}, {w.name}, {u.name} "
            f"bias({b.name} : {b.type}) batch_first{extra} : {x.type}, {w.type}, {u.type}")
        return y if whole else h

    def text(self, result, name="predict"):
        arguments = ", ".join(f"{i.name}: {i.type}" for i in self.inputs)
        return "\n".join([*self.globals, f"func.func @{name}({arguments}) -> {result.type} {{",
                          *self.lines, f"  return {result.name} : {result.type}", "}", ""])
