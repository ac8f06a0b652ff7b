# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs each example as its README says: run.py EXAMPLES WORK.

Of a folder's README the first block of `sh` is run in a copy of the folder, and must print the
first block of `text`; `...` there is any text, and alone in a line any lines.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

examples, work = map(Path, sys.argv[1:3])
folders = sorted(path for path in examples.iterdir() if path.is_dir())
listed = re.findall(r"^\| \[(.*?)\]", (examples / "README.md").read_text(), re.MULTILINE)
assert sorted(listed) == [f.name for f in folders], f"the README's table has {sorted(listed)}"


def block(text, language):
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"no block of {language}"
    return found[1]


def pattern(text):
    lines = [r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
             for line in text.splitlines()]
    return "".join(lines)


for folder in folders:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40, f"{folder.name}: a README is short"
    copy = work / folder.name
    shutil.copytree(folder, copy)
    done = subprocess.run(["sh", "-e", "-c", block(text, "sh")], cwd=copy, text=True,
                          capture_output=True)
    if done.returncode or not re.fullmatch(pattern(block(text, "text")), done.stdout):
        sys.exit(f"{folder.name}: ended with {done.returncode}, printed\n{done.stdout}"
                 f"{done.stderr}but its README says\n{block(text, 'text')}")
print(len(folders), "examples, each as its README says")
