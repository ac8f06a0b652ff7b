# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Mutated data files: what dlc-train reads (dlc.data), .npy, .npz, CSV and idx.

A file is read, or refused with a DataError that names it. Anything else is a finding: another
exception, a crash, more than a few seconds, or more memory than a file of its size can need."""

import csv
import gzip
import io
import os
import re
import resource
import struct
import tempfile
import time
import zipfile
import zlib

import numpy as np

from . import compiler, files, isolated

TOGETHER = 50
SECONDS = 10  # for the files that are read together
MEMORY = 4 << 30


def seeds_npz():
    for compressed in (False, True):
        for arrays in ({"x": np.ones((2, 3), np.float32)},
                       {"x": np.zeros((0, 2)), "y": np.arange(5)}, {}):
            file = io.BytesIO()
            (np.savez_compressed if compressed else np.savez)(file, **arrays)
            yield file.getvalue()


def seeds_csv():
    rows = [["age", "height of it", "kind"], [1, 2.5, "a"], [3, "-1e9", "b"], [4, "nan", ""]]
    for delimiter in ",;":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC):
            for some in (rows, rows[1:], rows[:3], [r[:2] for r in rows[1:]], rows[:1]):
                file = io.StringIO(newline="")
                csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(some)
                yield file.getvalue().encode()
    yield "﻿größe, 'x'\r\n1, \"2\r\n3\"\r\n".encode()


def seeds_idx():
    for code, name in ((8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"),
                       (14, ">f8")):
        for shape in ((3,), (2, 3), (2, 2, 2), (0, 4), ()):
            yield (bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) +
                   np.zeros(shape, name).tobytes())


SEEDS = {"npy": files.seeds_npy, "npz": seeds_npz, "csv": seeds_csv, "idx": seeds_idx,
         "gz": lambda: (gzip.compress(s) for s in seeds_idx())}

NUMBERS = (0, 1, 2, 255, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 62, 2 ** 63, -1)


def mutate_bytes(data, rng):
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(data) + 1))
        kind = rng.integers(5)
        if kind == 0:
            data[at:at + 1] = bytes([int(rng.integers(256))])
        elif kind == 1:
            del data[at:at + int(rng.integers(1, 9))]
        elif kind == 2:
            data[at:at] = data[:int(rng.integers(len(data) + 1))][-20:]
        elif kind == 3:
            number = NUMBERS[int(rng.integers(len(NUMBERS)))]
            width, order = int(rng.choice([2, 4, 8])), str(rng.choice(["little", "big"]))
            data[at:at + width] = (number % 2 ** (8 * width)).to_bytes(width, order)
        else:
            del data[at:]
    return bytes(data)


def mutate_text(text, rng):
    """Replaces, drops or doubles words, numbers and signs."""
    tokens = re.findall(r"\w+|\s+|.", text, re.DOTALL)
    odd = ["\0", "\"", "'", ",", "\r", "\n", "1e999", "-1", "9" * 30, "\ud7ff", "(", ")", "[",
           "]", "x" * 200000, "True", "None", "<f8", "|O", "2147483648", "4611686018427387904"]
    for _ in range(int(rng.integers(1, 4))):
        if not tokens:
            break
        at, to = rng.integers(len(tokens), size=2)
        kind = rng.integers(4)
        if kind == 0:
            del tokens[at]
        elif kind == 1:
            tokens.insert(to, tokens[at])
        elif kind == 2:
            tokens[at], tokens[to] = tokens[to], tokens[at]
        else:
            tokens[at] = odd[int(rng.integers(len(odd)))]
    return "".join(tokens)


def mutate_npy(data, rng):
    """Mutates the text of the header and corrects its length; or mutates bytes."""
    if len(data) < 12 or data[:6] != b"\x93NUMPY" or rng.random() < 0.3:
        return mutate_bytes(data, rng)
    width = 2 if data[6] == 1 else 4
    first = 8 + width
    length = int.from_bytes(data[8:first], "little")
    header = mutate_text(data[first:first + length].decode("latin1"), rng)
    header = header.encode("utf-8", "replace")
    return (data[:8] + (len(header) % 2 ** (8 * width)).to_bytes(width, "little") + header +
            data[first + length:])


def mutate_npz(data, rng):
    """Mutates an array inside a valid archive; or mutates bytes of the archive."""
    if rng.random() < 0.4:
        return mutate_bytes(data, rng)
    file = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name if rng.random() < 0.9 else mutate_text(name, rng)[:60000],
                             mutate_npy(content, rng) if rng.random() < 0.7 else content)
    except Exception:  # pylint: disable=broad-except
        return mutate_bytes(data, rng)  # already mutated
    return file.getvalue()


def mutate_csv(data, rng):
    if rng.random() < 0.2:
        return mutate_bytes(data, rng)
    return mutate_text(data.decode("utf-8", "replace"), rng).encode("utf-8", "replace")


def mutate_gz(data, rng):
    if rng.random() < 0.3:
        return mutate_bytes(data, rng)
    try:
        return gzip.compress(mutate_bytes(gzip.decompress(data), rng))
    except (OSError, EOFError, zlib.error):  # already mutated
        return mutate_bytes(data, rng)


MUTATORS = {"npy": mutate_npy, "npz": mutate_npz, "csv": mutate_csv, "idx": mutate_bytes,
            "gz": mutate_gz}


def read(path):
    """(kind, message) for one file."""
    from dlc import data
    try:
        array = data.read_column(path)
        if not isinstance(array, np.ndarray):
            return "wrong result", f"{type(array)}"
        return "read", ""
    except data.DataError as problem:
        return ("refused" if os.path.basename(path) in str(problem) else "unnamed file",
                str(problem))
    except MemoryError as problem:
        return "raised", f"MemoryError: {problem}"
    except Exception as problem:  # pylint: disable=broad-except
        return "raised", f"{type(problem).__name__}: {problem}"


def read_all(tell, paths):
    """For isolated.run: the outcome of each file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = []
    for i, path in enumerate(paths):
        tell(f"file {i}")
        found.append(read(path))
    return found


def outcomes(paths):
    try:
        return isolated.run(read_all, paths, seconds=SECONDS)
    except isolated.Died as problem:
        if len(paths) == 1:
            return [("hang" if problem.signal is None else "crash", str(problem))]
        return [outcomes([p])[0] for p in paths]


def run(arguments):
    """Mutated files of data."""
    from .campaigns import Table
    table, end = Table(), time.monotonic() + arguments.seconds
    counts, number = {kind: 0 for kind in SEEDS}, arguments.first
    pools = {kind: list(seeds()) for kind, seeds in SEEDS.items()}
    seeds = {kind: len(pool) for kind, pool in pools.items()}
    print(f"data: seed {arguments.seed}, from case {arguments.first}")
    with tempfile.TemporaryDirectory() as folder:
        while number < arguments.first + arguments.count and time.monotonic() < end:
            kind = list(SEEDS)[number % len(SEEDS)]
            pool, paths = pools[kind], []
            rng = np.random.default_rng([arguments.seed, number])
            for i in range(TOGETHER):
                mutated = MUTATORS[kind](pool[int(rng.integers(len(pool)))], rng)
                paths.append(os.path.join(folder, f"f{i}.{kind}"))
                with open(paths[-1], "wb") as file:
                    file.write(mutated)
            for path, (outcome, said) in zip(paths, outcomes(paths)):
                counts[kind] += 1
                table.outcomes[f"{kind}: {outcome}"] += 1
                # A file with a new message is mutated further.
                key = kind, outcome, compiler.message_class(
                    re.sub(r"begins with \w*", "begins with other bytes", said))
                if outcome == "refused":
                    table.refusals[kind, key[2]] += 1
                if key not in table.known:
                    table.known.add(key)
                    with open(path, "rb") as file:
                        content = file.read()
                    if len(content) < 100000 and len(pool) < seeds[kind] + 300:
                        pool.append(content)
                    if outcome not in ("read", "refused"):
                        keep(arguments, table, kind, key, content, said)
            number += 1
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    table.show()
    return 1 if table.findings else 0


def keep(arguments, table, kind, key, content, said):
    table.findings[key] = said
    os.makedirs(arguments.keep, exist_ok=True)
    path = os.path.join(arguments.keep, f"data-{arguments.seed}-{len(table.findings)}.{kind}")
    with open(path, "wb") as file:
        file.write(content)
    print(f"{key[0]}: {key[1]}: {said.strip()[:300]}\n  {path}", flush=True)
