# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a page holds each of the tables that a tool prints, word for word.

    tables.py PRINTED PAGE
"""

import sys
from pathlib import Path


def main() -> None:
    printed, page = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:])
    tables = printed.strip().split("\n\n")
    for table in tables:
        if f"\n\n{table}\n\n" not in page:
            missing = [row for row in table.split("\n") if f"{row}\n" not in page]
            sys.exit(f"{sys.argv[2]} lacks rows of a table:\n" + "\n".join(missing))
    print(f"{len(tables)} tables, all on the page")


if __name__ == "__main__":
    main()
