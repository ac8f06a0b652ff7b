# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What pyproject.toml cannot say: the version, and that a wheel with programs is for one machine.

The version is that of the project, as its CMakeLists.txt has it. Where `src/dlc/_bin` holds dlc's
programs (make_wheel.py puts them there) the wheel is for this platform and any Python 3: there
are no extension modules in it.
"""

import platform
import re
from pathlib import Path

from setuptools import Distribution, setup

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent / "CMakeLists.txt"

version = re.search(r"project\(dlc VERSION ([\d.]+)", PROJECT.read_text(encoding="utf-8"))
if version is None:
    raise SystemExit(f"{PROJECT}: project(dlc VERSION ...) is missing")
options = {"version": version[1]}

if (HERE / "src" / "dlc" / "_bin").is_dir():
    from setuptools.command.bdist_wheel import bdist_wheel

    class Carrying(Distribution):
        def has_ext_modules(self):
            return True

    class Wheel(bdist_wheel):
        def get_tag(self):
            return "py3", "none", f"linux_{platform.machine()}"

    options |= {"distclass": Carrying, "cmdclass": {"bdist_wheel": Wheel}}

setup(**options)
