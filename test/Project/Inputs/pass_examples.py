# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds the examples on the pages of passes against what dlc-opt prints.

    pass_examples.py FOLDER LLVM_INCLUDE TBLGEN DLC_OPT

FOLDER is searched for files Passes.td, which may include others. The description of each pass has
one block of MLIR or more, each in two parts: the IR before, a line `// becomes`, and the IR after.
For IR that the pass refuses a line `// error: TEXT` stands in place of the second part, with a
part of the message.

The pass runs as `dlc-opt --PASS`; a first line `// dlc-opt FLAGS` gives it options, or other passes
that run before or after it.

The IR after is all that is printed, line by line, but for what follows:

- Names of values are free: each stands for one printed name of the same function, from its
  definition to the next one. `%c8` and `%true` are constants and keep their names, with or without
  a suffix.
- `...` in a line is anything within that line, `...` by itself any number of lines.
- A line that is indented by four or more against the line before continues that line.
- Spaces do not count after an opening bracket and before a closing one.
- Left out are comments, `module {` with its `}`, the data of resources, and where it seems fit
  lines that define what their names tell, as `%c8 = arith.constant 8 : index`.
- Numbers are equal if their values are: `1.0` is `1.000000e+00`.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NAME = r"%[\w$.-]+"
CONSTANT = r"%(?:c-?\d+|true|false)(?:_\w+)?"
TOLD = rf"{CONSTANT} = arith\.constant (?:-?\d+|true|false)(?: : \w+)?"  # by its name
NO_MORE = r"(?![\w$.-])"
ANY_LINES = "..."


def normalize(line: str) -> str:
    line = re.sub(r"\d\.\d+[eE][+-]\d+", lambda number: repr(float(number[0])), line)
    return re.sub(r"(?<=[(\[{]) | (?=[)\]}])", "", " ".join(line.split()))


def logical_lines(text: str) -> list[str]:
    """Lines of an example, each with those that go on with it."""
    lines: list[str] = []
    first = 0
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("//"):
            continue
        indent = len(line) - len(line.lstrip())
        if lines and indent >= first + 4:
            lines[-1] += " " + line
        else:
            lines.append(line)
            first = indent
    return [normalize(line) for line in lines]


def printed_lines(text: str) -> list[str]:
    lines = [normalize(line) for line in text.split("\n{-#")[0].splitlines() if line.strip()]
    if lines and lines[0] == "module {":
        lines = lines[1:-1]
    return lines


def defines(line: str, end: int) -> bool:
    """Whether the name that ends at `end` is defined by the line rather than read."""
    rest = line[end:]
    if re.match(r": | = ", rest):  # an argument, a loop's counter, one carried by a loop
        return True
    if re.match(rf"(:\d+)?(, {NAME}(:\d+)?)* = ", rest) and "(" not in line[:end]:
        return True  # one of several results
    return bool(re.match(rf"(, {NAME})*\) (in|=) ", rest))  # counters of scf.forall


def match_line(line: str, printed: str, names: dict[str, str]) -> dict[str, str] | None:
    """The names known after `printed`, or None where `line` does not describe it."""
    pattern, place = "", 0
    groups: dict[str, str] = {}
    defined: dict[str, str] = {}
    for piece in re.split(rf"({NAME}|\.\.\.)", line):
        place += len(piece)
        if piece == "...":
            pattern += ".*?"
        elif not piece.startswith("%"):
            pattern += re.escape(piece)
        elif re.fullmatch(CONSTANT, piece):
            pattern += re.escape(piece) + r"(?:_\w+)?" + NO_MORE
        elif defines(line, place):
            defined[piece] = f"d{len(defined)}"
            pattern += f"(?P<{defined[piece]}>{NAME})"
        elif piece in names:
            pattern += re.escape(names[piece]) + NO_MORE
        elif piece in groups:
            pattern += f"(?P={groups[piece]})" + NO_MORE
        else:  # defined where nothing is shown
            groups[piece] = f"g{len(groups)}"
            pattern += f"(?P<{groups[piece]}>{NAME})"
    found = re.fullmatch(pattern, printed)
    if not found:
        return None
    read = {name: found[group] for name, group in groups.items()}
    if any(other in names.values() or re.fullmatch(CONSTANT, other) for other in read.values()):
        return None  # known by another name
    new = {name: found[group] for name, group in defined.items()}
    old = {name: other for name, other in (names | read).items() if other not in new.values()}
    return old | new


class Comparison:
    """Of the lines of an example with those that were printed."""

    def __init__(self, lines: list[str], printed: list[str]) -> None:
        self.lines, self.printed = lines, printed
        self.furthest = 0
        self.matches = self.match(0, 0, {})

    def match(self, line: int, place: int, names: dict[str, str]) -> bool:
        self.furthest = max(self.furthest, line)
        if line < len(self.lines) and self.lines[line] == ANY_LINES:
            return any(self.match(line + 1, later, names)
                       for later in range(place, len(self.printed) + 1))
        if place == len(self.printed):
            return line == len(self.lines)
        printed = self.printed[place]
        if line < len(self.lines):
            if re.match(r"\w+\.func ", self.lines[line]):
                names = {}
            known = match_line(self.lines[line], printed, names)
            if known is not None and self.match(line + 1, place + 1, known):
                return True
        return bool(re.fullmatch(TOLD, printed)) and self.match(line, place + 1, names)

    def reason(self) -> str:
        if self.furthest == len(self.lines):
            return "more is printed than shown"
        return f"not printed: {self.lines[self.furthest]}"


def check(name: str, block: str, dlc_opt: str) -> str:
    """What is wrong with an example, or nothing."""
    parts = re.split(r"^// (becomes|error: .+)\n", block, flags=re.M)
    if len(parts) != 3:
        return "expected the IR before, a line '// becomes' or '// error: TEXT', the IR after"
    before, marker, after = parts
    flags = re.match(r"// dlc-opt (.+)\n", before)
    command = [dlc_opt, "-", *(shlex.split(flags[1]) if flags else [f"--{name}"]),
               "--mlir-print-local-scope"]
    if not any(re.fullmatch(rf"-*{name}(=.*)?", flag) for flag in command):
        return f"its options do not run it: {flags[1] if flags else ''}"
    done = subprocess.run(command, input=before, capture_output=True, text=True, timeout=60)
    if marker != "becomes":
        text = marker.removeprefix("error: ")
        if done.returncode and text in done.stderr:
            return ""
        return f"expected an error: {text}\n{done.stdout}{done.stderr}"
    if done.returncode:
        return f"{shlex.join(command)} fails\n{done.stderr}"
    comparison = Comparison(logical_lines(after), printed_lines(done.stdout))
    return "" if comparison.matches else f"{comparison.reason()}\n{done.stdout}"


def examples(folder: str, include: str, tblgen: str) -> Iterator[tuple[str, list[str]]]:
    """Each pass with its blocks."""
    for path in sorted(Path(folder).rglob("Passes.td")):
        records = json.loads(subprocess.check_output(
            [tblgen, "--dump-json", f"-I{include}", f"-I{folder}", path], text=True))
        for record in records["!instanceof"]["PassBase"]:
            text = textwrap.dedent(records[record]["description"].lstrip("\n"))
            yield (records[record]["argument"],
                   re.findall(r"^```mlir\n(.*?)^```$", text, re.M | re.S))


def main() -> None:
    folder, include, tblgen, dlc_opt = sys.argv[1:]
    passes = list(examples(folder, include, tblgen))
    wrong = [f"{name}: no example" for name, blocks in passes if not blocks]
    every = [(name, block) for name, blocks in passes for block in blocks]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda one: check(one[0], one[1], dlc_opt), every)
        wrong += [f"{name}: {what}" for (name, _), what in zip(every, found) if what]
    if wrong or not every:
        sys.exit("\n".join(wrong) or f"no passes in {folder}")
    print(f"{len(passes)} passes, {len(every)} examples as printed")


if __name__ == "__main__":
    main()
