#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What can be said of the sources without running them.

    lint.py BUILD [--since COMMIT] [--all] [--minutes N] [--jobs N] [--only CHECK,...]

BUILD is a configured build of dlc with the target dlc-headers. Formats, licences, Python's style
and types are looked at in all files: that takes seconds. clang-tidy, which takes as long as
compiling, looks at the .cpp files that differ from COMMIT (where the branch left origin/main;
on main itself the last commit), and with --all at all of them. It begins no file after
--minutes, and says then which it left out. A clone of depth 1 has nothing to differ from:
there clang-tidy looks at nothing.
"""

import argparse
import concurrent.futures
import json
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
SOURCES = {".cpp", ".h", ".c", ".td", ".py", ".cmake", ".sh"}


def run(*command, cwd=ROOT):
    """Exit status and all output."""
    done = subprocess.run(command, cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def git(*words):
    status, output = run("git", *words)
    return output.strip() if status == 0 else None


def listed(*words):
    return [ROOT / name for name in (git("ls-files", "-z", *words) or "").split("\0") if name]


def sources(suffixes):
    """Files of git, and new ones that git does not ignore."""
    files = [*listed(), *listed("--others", "--exclude-standard")]
    return [f for f in files if f.suffix in suffixes and f.is_file()]


def clang_format(_):
    files = sources({".cpp", ".h", ".c"})
    status, output = run("clang-format-22", "--dry-run", "-Werror", *map(str, files))
    wrong = sorted(set(re.findall(r"^(\S+):\d+:\d+: error", output, re.MULTILINE)))
    for file in wrong:
        print(f"{Path(file).relative_to(ROOT)}: not as clang-format-22 has it, run `make format`")
    if status and not wrong:
        print(output)
    return status == 0, f"{len(files)} files"


def licence(_):
    files = [f for f in listed() if f.is_file() and
             (f.suffix in SOURCES or f.name == "CMakeLists.txt" or
              f.suffix == "" and f.open("rb").read(2) == b"#!")]
    wrong = [f for f in files if LICENCE not in
             "".join(f.read_text(encoding="utf-8").splitlines(keepends=True)[:5])]
    for file in wrong[:20]:
        print(f"{file.relative_to(ROOT)}: no line '{LICENCE}' among the first five")
    if len(wrong) > 20:
        print(f"... and {len(wrong) - 20} more files")
    return not wrong, f"{len(files)} files"


def ruff(_):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet",
               "--output-format", "concise"]
    front_end = ROOT / "python-frontend"
    # The tests' own scripts have no such style yet.
    folders = [f for f in ("examples", "docs", ".ci") if (ROOT / f).is_dir()]
    results = [run(*command, ".", cwd=front_end),
               run(*command, "--config", str(front_end / "pyproject.toml"), *folders)]
    for _, output in results:
        print(output, end="")
    return not any(status for status, _ in results), ", ".join(["python-frontend", *folders])


def mypy(given):
    status, output = run(sys.executable, "-m", "mypy", "--cache-dir",
                         str(given.build / "mypy"), cwd=ROOT / "python-frontend")
    *rest, last = output.strip().splitlines() or [""]
    print("\n".join([*rest, last] if status else rest), end="\n" if status or rest else "")
    return status == 0, last


def base_of(given):
    """The commit to compare with, or None and why there is none."""
    if given.since:
        commit = git("rev-parse", "--verify", "--quiet", given.since + "^{commit}")
        if commit is None:
            sys.exit(f"lint: no commit {given.since}")
        return commit, ""
    if git("rev-parse", "--is-shallow-repository") != "false":
        return None, "a clone without history"
    head = git("rev-parse", "HEAD")
    left = git("merge-base", "HEAD", "origin/main") or git("merge-base", "HEAD", "main")
    if left and left != head:
        return left, ""
    before = git("rev-parse", "--verify", "--quiet", "HEAD~1")
    return before, "" if before else "a first commit"


def clang_tidy(given):
    """In the order of the compilation database: small libraries first."""
    database = given.build / "compile_commands.json"
    if not database.is_file():
        sys.exit(f"lint: {database} is missing: configure a build first")
    known = dict.fromkeys(Path(entry["file"]) for entry in json.loads(database.read_text()))
    mine = set(sources({".cpp"}))
    if given.all:
        wanted, what = mine, "all"
    else:
        base, why = base_of(given)
        if base is None:
            return True, f"no file: {why} (ALL=1: all)"
        names = (git("diff", "--name-only", "-z", "--diff-filter=d", base) or "").split("\0")
        wanted = {ROOT / name for name in names}
        wanted |= set(listed("--others", "--exclude-standard"))
        what = f"changed since {base[:9]}"
    files = [f for f in known if f in wanted & mine]
    end = time.monotonic() + 60 * given.minutes

    def look(file):
        if time.monotonic() > end:
            return file, None, ""
        return file, *run("clang-tidy-22", "--quiet", "-p", str(given.build), str(file))

    good, left_out, said = True, [], set()
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for file, status, output in pool.map(look, files):
            if status is None:
                left_out.append(file)
                continue
            # What a header has is told once, not by each file that includes it.
            for block in re.split(r"^(?=\S+:\d+:\d+: (?:warning|error))", output,
                                  flags=re.MULTILINE):
                if re.match(r"\S+:\d+:\d+:", block) and block not in said:
                    said.add(block)
                    print(block.replace(f"{ROOT}/", ""), end="")
            if status and not said:
                print(output, end="")
            good = good and status == 0
    if left_out:
        print(f"clang-tidy: {given.minutes:g} minutes are over, not looked at: " +
              ", ".join(str(f.relative_to(ROOT)) for f in left_out))
    return good, f"{len(files) - len(left_out)} files, {what}"


CHECKS = {"clang-format": clang_format, "licence": licence, "ruff": ruff, "mypy": mypy,
          "clang-tidy": clang_tidy}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=lambda text: Path(text).resolve())
    parser.add_argument("--since", help="commit that changes are counted from")
    parser.add_argument("--all", action="store_true", help="clang-tidy looks at all files")
    parser.add_argument("--minutes", type=float, default=1000, help="of clang-tidy")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default=",".join(CHECKS), help="these checks, with commas")
    given = parser.parse_args()
    chosen = given.only.split(",")
    if unknown := [name for name in chosen if name not in CHECKS]:
        parser.error(f"no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    failed = []
    for name in chosen:
        begin = time.monotonic()
        good, what = CHECKS[name](given)
        print(f"{'ok' if good else 'FAILED':<7}{name:<13}{time.monotonic() - begin:6.1f} s  {what}",
              flush=True)
        if not good:
            failed.append(name)
    sys.exit(f"lint: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
