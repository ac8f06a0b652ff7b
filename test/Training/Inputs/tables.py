# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables as spreadsheets write them. With an argument: compares what was read of them."""

import io
import pickle
import sys
import zipfile
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
    for name in ("cut.npy", "long.csv", "newer.npz", "text.npz", "vast.npy"):
        try:
            data.read_column(name)
            sys.exit(f"{name} was read")
        except data.DataError as problem:
            assert str(problem).startswith(name), problem
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
# Damaged files: a header that does not end, a huge field, an archive of a future version, one
# without an array, and one whose array exceeds any memory.
Path("cut.npy").write_bytes(b"\x93NUMPY\x01\x00\x14\x00{'descr': ('<f4',   \n")
Path("long.csv").write_text("a" * 200000 + ",b\n1,2\n")
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as file:
    file.writestr("x.npy", "words")
Path("text.npz").write_bytes(archive.getvalue())
Path("newer.npz").write_bytes(archive.getvalue().replace(b"PK\x01\x02\x14\x03\x14",
                                                         b"PK\x01\x02\x14\x03\xff"))
header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999,), }\n"
Path("vast.npy").write_bytes(b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header)
