# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a step does with gradients: clipping, decay, the optimiser, averages, constraints.

Gradients accumulated over several batches update the parameters at the last of them. A step has no
branches, so at the other batches it selects the old values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import dl, ir
from . import penalties
from .optimizers import OPTIMIZERS, clipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from .emitter import Config, Emitter, Weight

# States of parameters that belong to no particular optimiser.
GATHERED, AVERAGE = "gathered_gradient", "moving_average"


class Updates:
    """How parameters are updated.

    kind, config: the optimiser. facts: {w.name: its settings for the parameter}.
    """

    def __init__(self, module: ir.Module, parameters: Sequence[Weight], kind: str, config: Config,
                 facts: Callable[[Weight], Config]) -> None:
        self._module, self._parameters, self._config = module, parameters, config
        self._own = {w.name: OPTIMIZERS[kind]({**config, **facts(w)}, w.shape)
                     for w in parameters}
        self._shared = OPTIMIZERS[kind].shared
        self._every = int(config.get("gradient_accumulation_steps") or 0)
        self._averages = bool(config.get("use_ema"))

    def states(self) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
        """(name, initial value) of all states; `model/dense/kernel/m` is m of that parameter."""
        for w in self._parameters:
            own = self._own[w.name]
            for state in own.names():
                first = np.asarray(own.first(state, 0.0 if w.value is None else w.value))
                yield f"{w.name}/{state}", np.array(np.broadcast_to(first, own.extents(state)),
                                                    np.float32)
            for is_kept, state in ((self._every, GATHERED), (self._averages, AVERAGE)):
                if is_kept:
                    yield f"{w.name}/{state}", np.zeros(w.shape, np.float32)
        for state, number in self._shared.items():
            yield f"training/{state}", np.array(number, np.float32)

    def write(self, e: Emitter, gradients: list[ir.Value], rate: ir.Value,
              count: ir.Value) -> None:
        """Emits the ops that follow the gradients. count: the number of batches before this one."""
        config, due, step = self._config, None, count + 1.0
        scale = config.get("loss_scale_factor")
        if scale is not None:
            gradients = [g / float(scale) for g in gradients]
        if self._every:
            every = float(self._every)
            # Adding one half makes the rounding of the quotient irrelevant.
            step = dl.floor((count + 0.5) / every) + 1.0
            due = dl.equal(step * every, count + 1.0)
            gradients = self._gathered(gradients, due, every)
        shared = {s: self._module.load(f"training/{s}") for s in self._shared}
        for w, g in zip(self._parameters, clipped(e, config, gradients)):
            with self._module.place(w.name):
                self._update(e, w, g, rate, step, due, shared)

    def _gathered(self, gradients: Sequence[ir.Value], due: ir.Value,
                  every: float) -> list[ir.Value]:
        sums = []
        for w, g in zip(self._parameters, gradients):
            name = f"{w.name}/{GATHERED}"
            sums.append(g + self._module.load(name))
            self._module.store(name, dl.select(due, g * 0.0, sums[-1]))
        return [g / every for g in sums]

    def _update(self, e: Emitter, w: Weight, g: ir.Value, rate: ir.Value, step: ir.Value,
                due: ir.Value | None, shared: Mapping[str, ir.Value]) -> None:
        own, module = self._own[w.name], self._module
        before = p = module.load(w.name)
        decay = own.decay()
        if decay:
            p = p - p * (rate * decay)
        names = {s: f"{w.name}/{s}" for s in own.names()} | {s: f"training/{s}" for s in shared}
        states = {s: shared[s] if s in shared else module.load(n) for s, n in names.items()}
        after, now = own.update(e, p, g, rate, step, states)
        if due is not None:
            after = dl.select(due, after, before)
            now = {s: dl.select(due, v, states[s]) for s, v in now.items()}
        for state, value in now.items():
            module.store(names[state], value)
        if self._averages:
            after = self._averaged(w, after, step)
        if w.constraint:
            after = penalties.constrained(e, w.constraint, after)
        module.store(w.name, after)

    def _averaged(self, w: Weight, p: ir.Value, step: ir.Value) -> ir.Value:
        """Updates the moving average, and returns it in place of the parameter when it is due."""
        name, momentum = f"{w.name}/{AVERAGE}", float(self._config.get("ema_momentum", 0.99))
        # The value before the first step does not contribute.
        share = dl.select(dl.greater(step, 1.0), step * 0.0 + momentum, step * 0.0)
        mean = self._module.load(name) * share + p * (1.0 - share)
        self._module.store(name, mean)
        often = self._config.get("ema_overwrite_frequency")
        if not often:
            return p
        turn = dl.equal(dl.floor((step + 0.5) / float(often)) * float(often), step)
        return dl.select(turn, mean, p)
