# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A net of 0s and 1s looks its answer up. The perfect roommate cooks yesterday's dish again when
it is sunny and the next one when it rains; fed back, the last dish gives a whole week."""

import numpy as np

import dlc
from dlc import dl, ir

module, one_hot = ir.Module(), np.eye(3, dtype=np.float32)
module.add_global("dish", np.c_[one_hot, np.roll(one_hot, 1, 1)])  # votes: again, the next one
module.add_global("weather", np.float32([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]))
module.add_global("merge", np.r_[one_hot, one_hot])


def cook(dish, weather):
    votes = dl.dense(dish, module.load("dish")) + dl.dense(weather, module.load("weather"))
    return dl.dense(dl.relu(votes - 1.0), module.load("merge"))  # two votes are a yes


with module.function("predict", dish="tensor<?x3xf32>", weather="tensor<?x2xf32>") as f:
    f.returns(dish=cook(f.dish, f.weather))
with module.function("week", dish="tensor<1x3xf32>", weather="tensor<?x1x2xf32>") as f:
    with module.region("tensor<1x3xf32>", "tensor<1x2xf32>") as (dish, weather):
        made = cook(dish, weather)
        module.op("dl.yield", [made], [made])
    last, dishes = module.op("dl.scan", [f.dish], [f.weather], regions=1, sizes=[1, 1, 0],
                             types=["tensor<1x3xf32>", "tensor<?x1x3xf32>"])
    f.returns(dishes=dishes)

TRAINS, MODEL = False, module

library, weather = dlc.compile(module), np.eye(2, dtype=np.float32)
rains = np.array([0, 1, 1, 0, 0, 1, 0])
dishes = library.week(one_hot[:1], weather[rains][:, None])[:, 0]
assert (dishes == one_hot[np.cumsum(rains) % 3]).all()
assert (library.predict(one_hot, weather[[1, 1, 1]]) == np.roll(one_hot, 1, 1)).all()
FIGURE = "a week: " + ", ".join(["pie", "burger", "chicken"][dish] for dish in dishes.argmax(1))
print(FIGURE)
