# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Removes from the structs of a header what was added after their first fields."""

import re
import sys

path = sys.argv[1]
text = open(path).read()
for first, end in [("  /* Memory for intermediate values", "} dlc_options;"),
                   ("  /* Only in libraries compiled with --profile: the regions",
                    "} dlc_library_info;")]:
    text, count = re.subn(re.escape(first) + ".*?" + re.escape(end), end, text,
                          flags=re.S)
    assert count == 1, first
open(path, "w").write(text)
