# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the functions that emit layers share."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from .. import dl, ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    import numpy.typing as npt

    Config = dict[str, Any]
    Named = str | Config  # a name, or a class name with its configuration
    Extent = int | ir.Value  # a number, or an index known at run time
    Function = TypeVar("Function", bound=Callable[..., Any])

_LAYERS: dict[str, Callable[..., Any]] = {}

# The prefix of the names of states, within their layer.
STATE = "rnn_state"


class UnknownLayers(Exception):
    """Layers that dlc does not know, each with its path in the model."""


@dataclass
class Weight:
    """A tensor of a layer.

    name: that of the global, `model/dense/kernel`; initializer: a configuration as in Keras, or
    None for zeros; regularizer, constraint: likewise. trainable: whether steps update it by its
    gradient; frozen: whether nothing updates it, not even as a running average. is_state: whether
    it is a state from call to call and not a weight.
    """
    name: str
    shape: tuple[int, ...]
    trainable: bool
    initializer: Named | None = None
    regularizer: Named | None = None
    constraint: Named | None = None
    value: npt.NDArray[Any] | None = None
    frozen: bool = False
    is_state: bool = False


@dataclass
class Choices:
    """The dropout masks of a cell for its input and its first state, scaled: one factor for all
    gates or one for each; none if nothing is dropped."""
    inputs: list[ir.Value] = field(default_factory=list)
    states: list[ir.Value] = field(default_factory=list)


@dataclass
class Layer:
    """A layer as its configuration describes it.

    path: the names of the models around it and its own, separated by slashes.
    trainable: whether its tensors are trained.
    """
    class_name: str
    config: Config
    path: str
    trainable: bool = True
    inner: list[Layer] = field(default_factory=list)  # wrapped layers
    choices: Choices = field(default_factory=Choices, init=False, repr=False)

    def __getitem__(self, key: str) -> Any:
        return self.config[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.config.get(key, default)

    def child(self, name: str, config: Config | None = None,
              class_name: str | None = None) -> Layer:
        """A layer that this one contains under a name."""
        return Layer(class_name or self.class_name, self.config if config is None else config,
                     f"{self.path}/{name}", self.trainable)

    def wrapped(self, key: str = "layer", name: str | None = None) -> Layer:
        """The layer in a configuration inside this one."""
        inside = self.config[key]
        config = inside["config"]
        return Layer(inside["class_name"], config, f"{self.path}/{name or config['name']}",
                     self.trainable and config.get("trainable", True))


def layer(*names: str) -> Callable[[Function], Function]:
    """Registers the function that emits layers of these classes."""
    def register(function: Function) -> Function:
        for name in names:
            _LAYERS[name] = function
        return function
    return register


# Options of configurations that are refused, and the values that matter.
_UNSUPPORTED: dict[str, Callable[[Any], bool]] = {
    "lora_rank": bool, "quantization_config": bool, "sparse": bool, "ragged": bool}


def unsupported(config: Config) -> list[str]:
    """Describes the options of a configuration that dlc does not support."""
    return [f"{key}={config[key]}" for key, asked in _UNSUPPORTED.items()
            if key in config and asked(config[key])]


def known_layers() -> list[str]:
    return sorted(_LAYERS)


def emit(e: Emitter, item: Layer, *inputs: Any, **call: Any) -> Any:
    """The result of a layer for values. call: further arguments of its `call`."""
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
    """A function of a module under construction, layer by layer.

    weights: {name: Weight}; missing weights are created and added. load: how a weight is read, by
    its name. training: whether layers are in training mode; then random is the state of random
    numbers, `tensor<2xi64>`. updates: the next values of globals that layers change themselves,
    running averages and states.
    """

    def __init__(self, module: ir.Module, weights: dict[str, Weight],
                 load: Callable[[Weight], ir.Value] | None, training: bool = False,
                 random: ir.Value | None = None) -> None:
        self.module, self.weights, self._load = module, weights, load
        self.training, self._random = training, random
        self.updates: dict[str, ir.Value] = {}
        self.losses: list[ir.Value] = []
        # Whether a dropout at inference stays as an op. The compiler, when it makes a training step
        # from the inference function, recognises dropout by it.
        self.marks_dropout = False
        self.drawn: list[str] = []  # where random numbers are drawn
        # By path, for each normalisation in training: its momentum of running averages, a
        # description of anything else that it does then, or None at inference.
        self.norms: dict[str, float | str | None] = {}
        self._homes: dict[Any, str] = {}

    #--- Weights -------------------------------------------------------------------

    def home(self, identity: Any, path: str) -> str:
        """The path under which a layer, a model or a variable has its weights: that of its first
        use. identity: None if there is only one use."""
        return path if identity is None else self._homes.setdefault(identity, path)

    def known(self, item: Layer, x: ir.Value, axis: int = -1) -> int:
        """An extent that determines the shape of weights, which must be known."""
        extent = x.shape[axis]
        if extent is None:
            place = "last" if axis in (-1, x.rank - 1) else f"{axis % x.rank}th"
            raise ir.IRError(f"{item.path}: the {place} extent of the input {list(x.shape)} must "
                             "be known")
        return extent

    def weight(self, item: Layer, name: str, shape: Sequence[int | None],
               initializer: Named | None = None, trainable: bool = True,
               regularizer: Named | None = None, constraint: Named | None = None,
               running: bool = False, is_state: bool = False) -> ir.Value:
        """A tensor of a layer. running: an average that the training step updates, although it is
        not trained. If the function has already changed the tensor, this is the new value."""
        full = f"{item.path}/{name}"
        if None in shape:
            raise ir.IRError(f"{item.path}: the shape {list(shape)} of {name} must be known, it "
                             "follows from the input")
        found = self.weights.get(full)
        if found is None:
            found = self.weights[full] = Weight(
                full, cast("tuple[int, ...]", tuple(shape)), trainable and item.trainable,
                initializer, regularizer, constraint,
                frozen=not is_state and (not item.trainable or not (trainable or running)),
                is_state=is_state)
        if found.shape != tuple(shape):
            raise ir.IRError(f"{item.path}: {name} has the shape {list(found.shape)}, the input "
                             f"wants {list(shape)}")
        assert self._load is not None  # JAX functions have no layers
        return self.updates[full] if full in self.updates else self._load(found)

    def state(self, item: Layer, number: int, shape: Sequence[int | None]) -> ir.Value:
        """A state of a layer from call to call; layers with several number them."""
        return self.weight(item, f"{STATE}_{number}", shape, trainable=False, is_state=True)

    def remember(self, item: Layer, number: int, value: ir.Value) -> None:
        """Sets the value of a state for the next call."""
        self.updates[f"{item.path}/{STATE}_{number}"] = value

    def store_updates(self) -> list[str]:
        """Ends a function that changes globals itself; returns their names. Constants of the module
        stay."""
        stored = [name for name in self.updates if self.module._globals[name][1]]
        for name in stored:
            self.module.store(name, self.updates[name])
        return stored

    @contextmanager
    def mode(self, training: bool | None) -> Iterator[None]:
        """Sets the mode of inner layers to training or inference, whatever that of the outer ones;
        None: that of the outer ones."""
        before = self.training, self.marks_dropout
        if training is not None:
            self.training, self.marks_dropout = training, False
        try:
            yield
        finally:
            self.training, self.marks_dropout = before

    @property
    def random(self) -> ir.Value:
        """The state of random numbers."""
        if self._random is None:
            raise UnknownLayers(f"{'/'.join(self.module._places)} with training=True, which is "
                                "random at inference too; there dlc has no random numbers")
        return self._random

    def stream(self) -> int:
        """A stream of random numbers that no other layer uses."""
        self.drawn.append("/".join(self.module._places))
        return len(self.drawn) - 1

    #--- Shapes ----------------------------------------------------------------------

    def index(self, number: int) -> ir.Value:
        """A known number as an index."""
        return self.module._op("arith.constant", [], f"{{value = {int(number)} : index}}",
                               ["index"])[0]

    def extent(self, x: ir.Value, d: int) -> Extent:
        """An extent of x: a number, or an index known at run time."""
        known = x.shape[d]
        if known is not None:
            return known
        return self.module._op("tensor.dim", [x, self.index(d % x.rank)], None, ["index"])[0]

    def extents(self, x: ir.Value) -> list[Extent]:
        return [self.extent(x, d) for d in range(x.rank)]

    def product(self, extents: Iterable[Extent]) -> Extent:
        number = 1
        values: list[ir.Value] = []
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

    def _shaped(self, name: str, x: ir.Value | None, extents: Sequence[Extent | None],
                **attributes: Any) -> ir.Value:
        unknown = [e for e in extents if isinstance(e, ir.Value)]
        shape = [None if isinstance(e, ir.Value) or e in (None, -1) else e for e in extents]
        operands = [] if x is None else [x]
        result: ir.Value = self.module.op(
            name, *operands, unknown, types=[ir.type_of(shape, attributes.pop("element", None)
                                                        or operands[0].element)], **attributes)
        return result

    def reshape(self, x: ir.Value, extents: Iterable[Extent | None]) -> ir.Value:
        """Reshapes x to numbers, indices, and at most one -1."""
        extents = list(extents)
        free = [i for i, e in enumerate(extents)
                if isinstance(e, ir.Value) or e in (None, -1)]
        if len(free) == 1:
            extents[free[0]] = -1
        elif any(not isinstance(extents[i], ir.Value) for i in free):
            rest = [e for e in extents if isinstance(e, ir.Value) or e is not None and e != -1]
            whole = self.product([self.extent(x, d) for d in range(x.rank)])
            divisor = self.product(rest)
            size = self.module._op("arith.divui", [
                v if isinstance(v, ir.Value) else self.index(v) for v in (whole, divisor)],
                None, ["index"])[0]
            extents = [size if e in (None, -1) and not isinstance(e, ir.Value) else e
                       for e in extents]
        return self._shaped("dl.reshape", x, extents)

    def broadcast(self, x: ir.Value, extents: Sequence[Extent | None]) -> ir.Value:
        return self._shaped("dl.broadcast", x, extents)

    def full(self, extents: Sequence[Extent | None], number: float,
             element: str = "f32") -> ir.Value:
        """A tensor filled with a number."""
        return self.broadcast(self.module.constant(number, element), extents)

    def transpose(self, x: ir.Value, permutation: Iterable[int]) -> ir.Value:
        return x if list(permutation) == list(range(x.rank)) else dl.transpose(
            x, permutation=permutation)

    def slice(self, x: ir.Value, axis: int, start: int, end: int | None,
              step: int = 1) -> ir.Value:
        """Positions `start` to before `end` of a dimension; end None: to its end."""
        last = (1 << 63) - 1 if step > 0 else -(1 << 63)
        starts, ends, steps = [0] * x.rank, [(1 << 63) - 1] * x.rank, [1] * x.rank
        starts[axis], ends[axis], steps[axis] = start, last if end is None else end, step
        return dl.slice(x, starts=starts, ends=ends, steps=steps)

    def squeeze(self, x: ir.Value, axis: int) -> ir.Value:
        axis %= x.rank
        return self.reshape(x, [self.extent(x, d) for d in range(x.rank) if d != axis])

    def unsqueeze(self, x: ir.Value, axis: int) -> ir.Value:
        axis %= x.rank + 1
        extents = [self.extent(x, d) for d in range(x.rank)]
        return self.reshape(x, [*extents[:axis], 1, *extents[axis:]])

    def without_gradient(self, x: ir.Value) -> ir.Value:
        """x as a constant for gradients: floor has no derivative, and is exact where x 2^40 is an
        integer, as for any f32 from 2^-16 on. For smaller ones the error is at most 2^-40."""
        return dl.floor(x * 2.0 ** 40) * 2.0 ** -40

    def cast(self, x: ir.Value, element: str) -> ir.Value:
        return x if x.element == element else dl.cast(x, to=element)

    #--- Activations -------------------------------------------------------------------

    def activation(self, which: Named | None, x: ir.Value) -> ir.Value:
        """Applies an activation of Keras, given by name, configuration, or None."""
        from .core import activate
        return activate(self, which, x)
