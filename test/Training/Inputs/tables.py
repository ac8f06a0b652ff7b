"""Tables as spreadsheets write them; with an argument: compares what is read of them."""

import pickle
import sys
from pathlib import Path

import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)).round(3)
t = (x.sum(1) < 0).astype(np.int64)
if len(sys.argv) > 1:
    from dlc import data

    said = []
    assert np.array_equal(data.read_column("named.csv:0-2"), x)
    assert np.array_equal(data.read_column("named.csv:the, second"), x[:, 1:2])
    assert np.array_equal(data.read_column("named.csv:kind", said.append)[:, 0], t)
    assert said == ["named.csv, column kind: 0 is above, the plane, 1 is below"], said
    sys.exit()
words = np.array(['"above, the plane"', "below"])[t]
Path("named.csv").write_text(
    'a,"the, second",c,kind\r\n' +
    "".join(f'{a},"{b}",{c},{w}\r\n' for (a, b, c), w in zip(x, words)), encoding="utf-8-sig")
Path("mixed.csv").write_text("a,b,c\n1,2,3\n4,many,6\n")
Path("ragged.csv").write_text("1,2,3\n4,5\n")
np.save("x.npy", x)
np.save("t.npy", t)
np.save("objects.npy", np.array([{}]), allow_pickle=True)
Path("x.pkl").write_bytes(pickle.dumps(x))
Path("x.parquet").write_bytes(b"PAR1" + bytes(64))
