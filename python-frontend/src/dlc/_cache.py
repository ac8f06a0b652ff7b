"""Libraries that were compiled before, on disk.

An entry is a folder whose name follows from what went in: the model, the options, the
compiler, for native code the processor. It is made elsewhere and moved in whole, so
processes that want the same one at a time do no harm. The folder is $DLC_CACHE (`off`: none),
otherwise dlc/libraries in the user's cache folder; the entries that were used longest ago go
where it is larger than $DLC_CACHE_BYTES, 1 GiB.
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
    """Where entries are, None where nothing is kept."""
    given = os.environ.get("DLC_CACHE")
    if given:
        return None if given == "off" else Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "dlc" / "libraries"


def limit() -> int:
    """Bytes that the entries may take."""
    try:
        return int(os.environ.get("DLC_CACHE_BYTES", 1 << 30))
    except ValueError:
        return 1 << 30


def key(*parts: str | bytes) -> str:
    """The name of an entry: texts and bytes, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:40]


class Entry:
    """A folder with what a compilation made; a temporary one goes with this object."""

    def __init__(self, path: str | os.PathLike[str], temporary: bool = False) -> None:
        self.path = Path(path)
        if temporary:
            weakref.finalize(self, shutil.rmtree, str(path), ignore_errors=True)


# Names of entries, and of what is made or goes: nothing else in the folder is touched.
_OWN = re.compile(r"[0-9a-f]{40}|\.(new|gone)-[\w-]+")


def entry(name: str | None, make: Callable[[Path], object], holds: Iterable[str] = ()) -> Entry:
    """The entry of this name; make(folder) fills a new one. name None: one for this process.

    holds: files that an entry has; one that lacks them is made again."""
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
        except OSError:  # a folder that cannot be written to
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
    """At once out of sight; a library that is loaded lives on."""
    gone = path.parent / f".gone-{path.name.lstrip('.')}-{os.getpid()}"
    try:
        os.rename(path, gone)
    except OSError:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _shrink(root: Path, keep: Path) -> None:
    """Removes the entries that were used longest ago, and what a killed process left."""
    entries = []
    for path in root.iterdir():
        if not _OWN.fullmatch(path.name):
            continue
        with contextlib.suppress(OSError):  # gone meanwhile
            entries.append((path.stat().st_mtime, _size(path), path))
    total = sum(size for _, size, _ in entries)
    newest = max((time for time, _, _ in entries), default=0)
    for time, size, path in sorted(entries):
        stale = path.name.startswith(".") and time < newest - 24 * 3600
        if not stale and (total <= limit() or path == keep or path.name.startswith(".")):
            continue
        if _remove(path):
            total -= size
