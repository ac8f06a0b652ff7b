# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A cache of compiled libraries on disk.

An entry is a folder. Its name is derived from everything that determines the result: the model, the
options, the compiler and, for native code, the processor. An entry is built elsewhere and moved in
as a whole, so concurrent processes do no harm. The cache is the folder $DLC_CACHE (`off`: no
cache), by default dlc/libraries in the user's cache folder. If it exceeds $DLC_CACHE_BYTES, 1 GiB,
the least recently used entries are removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def folder() -> Path | None:
    """The folder of the entries, or None without a cache."""
    given = os.environ.get("DLC_CACHE")
    if given:
        return None if given == "off" else Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "dlc" / "libraries"


def limit() -> int:
    """The maximum size of all entries in bytes."""
    try:
        return int(os.environ.get("DLC_CACHE_BYTES", 1 << 30))
    except ValueError:
        return 1 << 30


def key(*parts: str | bytes) -> str:
    """The name of an entry, from texts and bytes, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:40]


class Entry:
    """A folder with the results of a compilation. A temporary one is removed with this object."""

    def __init__(self, path: str | os.PathLike[str], temporary: bool = False) -> None:
        self.path = Path(path)
        if temporary:
            weakref.finalize(self, shutil.rmtree, str(path), ignore_errors=True)


# Names of entries, of entries being built and of entries being removed. Nothing else in the folder
# is touched.
_OWN = re.compile(r"[0-9a-f]{40}|\.(new|gone)-[\w-]+")


def entry(name: str | None, make: Callable[[Path], object], holds: Iterable[str] = ()) -> Entry:
    """Returns the entry with this name; make(folder) fills a new one. name None: an entry for this
    process only.

    holds: files that an entry must have; an entry that lacks one is built again."""
    root = folder() if name else None
    if name and root:
        found = root / name
        try:
            os.utime(found)  # the last use
            if all((found / file).exists() for file in holds):
                return Entry(found)
            _remove(found)
        except OSError:
            pass
        try:
            root.mkdir(parents=True, exist_ok=True)
            made = tempfile.mkdtemp(prefix=".new-", dir=root)
        except OSError:  # the folder cannot be written
            root = None
    if not root:
        made = tempfile.mkdtemp(prefix="dlc-")
    try:
        make(Path(made))
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    if not root:
        return Entry(made, temporary=True)
    os.chmod(made, 0o755)
    try:
        os.rename(made, found)
    except OSError:  # another process was faster
        shutil.rmtree(made, ignore_errors=True)
    _shrink(root, found)
    return Entry(found)


def _size(path: Path) -> int:
    return sum(f.stat().st_size for f in path.iterdir())


def _remove(path: Path) -> bool:
    """Hides the folder at once, then removes it; a library that is loaded stays loaded."""
    gone = path.parent / f".gone-{path.name.lstrip('.')}-{os.getpid()}"
    try:
        os.rename(path, gone)
    except OSError:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _shrink(root: Path, keep: Path) -> None:
    """Removes the least recently used entries, and leftovers of killed processes."""
    entries = []
    for path in root.iterdir():
        if not _OWN.fullmatch(path.name):
            continue
        with contextlib.suppress(OSError):  # removed meanwhile
            entries.append((path.stat().st_mtime, _size(path), path))
    total = sum(size for _, size, _ in entries)
    newest = max((time for time, _, _ in entries), default=0)
    for time, size, path in sorted(entries):
        stale = path.name.startswith(".") and time < newest - 24 * 3600
        if not stale and (total <= limit() or path == keep or path.name.startswith(".")):
            continue
        if _remove(path):
            total -= size
