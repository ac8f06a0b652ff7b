# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a manual page has the options that a tool's help has, and no others.

    options.py HELP PAGE
"""

import re
import sys
from pathlib import Path

# Every tool of LLVM's has these.
GENERIC = {"--help", "--help-hidden", "--help-list", "--help-list-hidden", "--version"}


def main() -> None:
    shown, page = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:])
    in_help = set(re.findall(r"^  (--?[A-Za-z][\w-]*)", shown, re.M)) - GENERIC
    heads = re.findall(r"^\.TP\n(.*)", page, re.M)
    on_page = {re.search(r"--?[A-Za-z][a-z-]*", head.replace("\\-", "-"))[0] for head in heads}
    if in_help != on_page:
        sys.exit(f"only in the help: {sorted(in_help - on_page)}\n"
                 f"only on the page: {sorted(on_page - in_help)}")
    print(f"{len(in_help)} options, all in the help and on the page")


if __name__ == "__main__":
    main()
