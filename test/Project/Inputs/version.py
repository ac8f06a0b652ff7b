# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""All that tells a version tells that of CMakeLists.txt: version.py SOURCE BUILD."""

import re
import subprocess
import sys
from pathlib import Path

import dlc

source, build = map(Path, sys.argv[1:3])


def said(*command, **keys):
    return subprocess.run(command, check=True, capture_output=True, text=True, **keys).stdout


def found(pattern, text):
    match = re.search(pattern, text)
    return match[1] if match else f"nothing in {text!r}"


library = dlc.compile("func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
                      "  return %x : tensor<2xf32>\n}\n")
versions = {
    "dlc --version": found(r"^dlc (\S+) with LLVM", said("dlc", "--version")),
    "a library": found(r"^dlc (\S+)$", library.info.producer.decode()),
    "find_package": found(r'PACKAGE_VERSION "(.*)"',
                          (build / "DLCConfigVersion.cmake").read_text()),
    "dlc.__version__": dlc.__version__,
    "the wheel": said(sys.executable, "setup.py", "--version",
                      cwd=source / "python-frontend").split()[-1],
    "the newest release in CHANGELOG.md": found(r"\n## \[(\d\S*)\]",
                                                (source / "CHANGELOG.md").read_text()),
}
wanted = found(r"project\(dlc VERSION (\S+)", (source / "CMakeLists.txt").read_text())
for who, version in versions.items():
    if version != wanted:
        print(f"{who}: {version}, expected {wanted}")
print(sum(version == wanted for version in versions.values()), "of", len(versions), "agree")
