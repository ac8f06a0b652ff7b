"""Compiles onto a full tmpfs and onto a read-only one, and says what happens."""

import subprocess
import sys
import tempfile

SCRIPT = """
mount -t tmpfs -o size={size} none {folder} || exit 77
{fill}
dlc {model} -o {folder}/x.so 2>{errors}
code=$?
ls -A {folder} | grep -v filler > {left}
umount {folder}
exit $code
"""


def attempt(name, size, fill):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as notes:
        script = SCRIPT.format(size=size, folder=folder, model=sys.argv[1],
                               fill=fill.format(folder=folder),
                               errors=f"{notes}/errors", left=f"{notes}/left")
        code = subprocess.run(["sh", "-c", script], capture_output=True).returncode
        text = open(f"{notes}/errors").read()
        print(f"{name}: {code} {'cannot write' if 'cannot write' in text or 'linking failed' in text else text}")
        print("left behind:", open(f"{notes}/left").read().strip() or "none")


attempt("full disk", "8k", "dd if=/dev/zero of={folder}/filler bs=1k count=8 2>/dev/null")
attempt("read-only", "8k", "mount -o remount,ro {folder}")
