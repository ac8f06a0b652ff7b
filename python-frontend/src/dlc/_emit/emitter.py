"""What the functions that emit layers have in common."""

from dataclasses import dataclass, field

import numpy as np

from .. import dl, ir

_LAYERS = {}


class UnknownLayers(Exception):
    """Layers that dlc does not know, each with its place in the model."""


@dataclass
class Weight:
    """A tensor of a layer.

    name: the global's, `model/dense/kernel`; initializer: a configuration as Keras's, or None
    for zeros; regularizer, constraint: likewise.
    """
    name: str
    shape: tuple
    trainable: bool
    initializer: object = None
    regularizer: object = None
    constraint: object = None
    value: np.ndarray = None


@dataclass
class Layer:
    """A layer as its configuration has it.

    path: names of the models around it and its own, with slashes between.
    trainable: whether its tensors learn.
    """
    class_name: str
    config: dict
    path: str
    trainable: bool = True
    inner: list = field(default_factory=list)  # layers that it wraps

    def __getitem__(self, key):
        return self.config[key]

    def get(self, key, default=None):
        return self.config.get(key, default)

    def child(self, name, config=None, class_name=None):
        """A layer that this one holds under a name."""
        return Layer(class_name or self.class_name, self.config if config is None else config,
                     f"{self.path}/{name}", self.trainable)

    def wrapped(self, key="layer", name=None):
        """The layer of a configuration within this one."""
        inside = self.config[key]
        config = inside["config"]
        return Layer(inside["class_name"], config, f"{self.path}/{name or config['name']}",
                     self.trainable and config.get("trainable", True))


def layer(*names):
    """Registers the function that emits the layers of these classes."""
    def register(function):
        for name in names:
            _LAYERS[name] = function
        return function
    return register


# What a configuration may not ask for, and when it does.
_UNSUPPORTED = {
    "stateful": bool, "sliding_window": bool, "use_gate": bool,
    "renorm": bool, "lora_rank": bool, "quantization_config": bool, "sparse": bool,
    "ragged": bool, "attention_axes": lambda v: v not in (None, [1], (1,), 1)}


def unsupported(config):
    """Words about what a configuration asks for that dlc does not have."""
    return [f"{key}={config[key]}" for key, asked in _UNSUPPORTED.items()
            if key in config and asked(config[key])]


def known_layers():
    return sorted(_LAYERS)


def emit(e, item, *inputs, **call):
    """The result of a layer for values; call: what its `call` takes besides."""
    if item.class_name not in _LAYERS:
        raise UnknownLayers(f"{item.path} ({item.class_name})")
    asked = unsupported(item.config)
    if asked:
        raise UnknownLayers(f"{item.path} ({item.class_name} with {', '.join(asked)})")
    with e.module.place(item.path):
        try:
            y = _LAYERS[item.class_name](e, item, *inputs, **call)
            if item.config.get("activity_regularizer"):
                from .core import add_activity_loss
                add_activity_loss(e, item["activity_regularizer"],
                                  y[0] if isinstance(y, tuple) else y)
            return y
        except KeyError as problem:
            raise ir.IRError(f"{item.path}: {item.class_name} has no {problem} in its "
                             "configuration") from problem


class Emitter:
    """A function of a module that is being written, layer by layer.

    weights: {name: Weight}, which grows: a weight that is not there yet is made. load: how a
    weight is read, by its name. training: whether layers behave as they do while they learn;
    then random is the state of random numbers, `tensor<2xi64>`, and `updates` has the next
    values of weights that layers change themselves (running averages).
    """

    def __init__(self, module, weights, load, training=False, random=None):
        self.module, self.weights, self._load = module, weights, load
        self.training, self.random = training, random
        self.updates, self.losses = {}, []
        self._streams = 0

    #--- Weights -------------------------------------------------------------------

    def weight(self, item, name, shape, initializer=None, trainable=True, **more):
        full = f"{item.path}/{name}"
        found = self.weights.get(full)
        if found is None:
            found = self.weights[full] = Weight(full, tuple(shape),
                                                trainable and item.trainable, initializer, **more)
        if found.shape != tuple(shape):
            raise ir.IRError(f"{item.path}: {name} has the shape {list(found.shape)}, the input "
                             f"wants {list(shape)}")
        return self._load(found)

    def stream(self):
        """A number that no other layer's random numbers have."""
        self._streams += 1
        return self._streams - 1

    #--- Shapes ----------------------------------------------------------------------

    def index(self, number):
        """A number known now, as an index."""
        return self.module._op("arith.constant", [], f"{{value = {int(number)} : index}}",
                               ["index"])[0]

    def extent(self, x, d):
        """An extent of x: a number, or an index that is known at run time."""
        known = x.shape[d]
        if known is not None:
            return known
        return self.module._op("tensor.dim", [x, self.index(d % x.rank)], None, ["index"])[0]

    def product(self, extents):
        number, values = 1, []
        for extent in extents:
            if isinstance(extent, ir.Value):
                values.append(extent)
            else:
                number *= extent
        if not values:
            return number
        if number != 1:
            values.append(self.index(number))
        result = values[0]
        for value in values[1:]:
            result = self.module._op("arith.muli", [result, value], None, ["index"])[0]
        return result

    def _shaped(self, name, x, extents, **attributes):
        unknown = [e for e in extents if isinstance(e, ir.Value)]
        shape = [None if isinstance(e, ir.Value) or e in (None, -1) else e for e in extents]
        operands = [] if x is None else [x]
        return self.module.op(name, *operands, unknown,
                              types=[ir.type_of(shape, attributes.pop("element", None)
                                                or x.element)], **attributes)

    def reshape(self, x, extents):
        """x under another shape: numbers, indices, and one -1 at most."""
        extents = list(extents)
        free = [i for i, e in enumerate(extents)
                if isinstance(e, ir.Value) or e in (None, -1)]
        if len(free) == 1:
            extents[free[0]] = -1
        elif any(not isinstance(extents[i], ir.Value) for i in free):
            rest = [e for e in extents if isinstance(e, ir.Value) or e not in (None, -1)]
            whole = self.product([self.extent(x, d) for d in range(x.rank)])
            divisor = self.product(rest)
            size = self.module._op("arith.divui", [
                v if isinstance(v, ir.Value) else self.index(v) for v in (whole, divisor)],
                None, ["index"])[0]
            extents = [size if e in (None, -1) and not isinstance(e, ir.Value) else e
                       for e in extents]
        return self._shaped("dl.reshape", x, extents)

    def broadcast(self, x, extents):
        return self._shaped("dl.broadcast", x, extents)

    def full(self, extents, number, element="f32"):
        """A tensor of one number."""
        return self.broadcast(self.module.constant(number, element), extents)

    def transpose(self, x, permutation):
        return x if list(permutation) == list(range(x.rank)) else dl.transpose(
            x, permutation=permutation)

    def slice(self, x, axis, start, end, step=1):
        """Places `start` to before `end` of a dimension; end None: to its end."""
        last = (1 << 63) - 1 if step > 0 else -(1 << 63)
        starts, ends, steps = [0] * x.rank, [(1 << 63) - 1] * x.rank, [1] * x.rank
        starts[axis], ends[axis], steps[axis] = start, last if end is None else end, step
        return dl.slice(x, starts=starts, ends=ends, steps=steps)

    def squeeze(self, x, axis):
        axis %= x.rank
        return self.reshape(x, [self.extent(x, d) for d in range(x.rank) if d != axis])

    def unsqueeze(self, x, axis):
        axis %= x.rank + 1
        extents = [self.extent(x, d) for d in range(x.rank)]
        return self.reshape(x, [*extents[:axis], 1, *extents[axis:]])

    def cast(self, x, element):
        return x if x.element == element else dl.cast(x, to=element)

    #--- Activations -------------------------------------------------------------------

    def activation(self, which, x):
        """An activation of Keras by its name, its configuration, or None."""
        from .core import activate
        return activate(self, which, x)
