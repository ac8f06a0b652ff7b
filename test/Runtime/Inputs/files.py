# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The reaction of libraries and tools to pipes, devices, folders and files that change."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np

import dlc

MODEL = """
func.func @f(%x: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %w = arith.constant dense<"0xHEX"> : tensor<256x256xf32>
  %y = dl.dense %x, %w : tensor<4x256xf32>, tensor<256x256xf32>
  return %y : tensor<4x256xf32>
}
"""
rng = np.random.default_rng(0)
with open("m.mlir", "w") as file:
    file.write(MODEL.replace("HEX", rng.normal(size=(256, 256)).astype(np.float32).tobytes().hex()))
subprocess.run(["dlc", "m.mlir", "-o", "m.so", "--weights=m.safetensors"], check=True)
subprocess.run(["dlc", sys.argv[1], "--train", "loss=cross_entropy", "-o", "t.so"], check=True)
os.mkfifo("pipe")
signal.alarm(120)  # ends a call that blocks


def attempt(name, action):
    try:
        action()
        print(f"{name}: nothing was said")
    except Exception as error:
        print(f"{name}: {error}")


def replaced(make):
    def action():
        os.rename("m.safetensors", "kept")
        try:
            make()
            dlc.load("m.so").f(np.zeros((4, 256), np.float32))
        finally:
            (os.rmdir if os.path.isdir("m.safetensors") else os.remove)("m.safetensors")
            os.rename("kept", "m.safetensors")
    return action


attempt("create from a pipe", replaced(lambda: os.mkfifo("m.safetensors")))
attempt("create from a folder", replaced(lambda: os.mkdir("m.safetensors")))
attempt("create from a device", replaced(lambda: os.symlink("/dev/zero", "m.safetensors")))
trained = dlc.load("t.so")
attempt("load from a pipe", lambda: trained.restore("pipe"))
attempt("load from a device", lambda: trained.restore("/dev/zero"))
attempt("load from a folder", lambda: trained.restore("."))
with open("large", "wb") as file:
    file.truncate(1 << 40)
attempt("load of too large a file", lambda: trained.restore("large"))
os.remove("large")


def last_line(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return result.stderr.strip().split("error: ")[-1]


print("parameters from a pipe:", last_line("dlc", sys.argv[1], "--parameters=pipe", "-o", "x.so"))
print("data from a pipe:",
      last_line("dlc-run", "m.so", "--input", "pipe").split("'pipe' ")[-1].split(": ")[-1])

x = rng.normal(size=(4, 256)).astype(np.float32)
script = """
import os, sys, numpy as np, dlc
net = dlc.load("m.so")
x = np.load("x.npy")
before = net.f(x)
os.truncate("m.safetensors", 0)
print(np.array_equal(before, net.f(x)))
"""
np.save("x.npy", x)
shutil.copy("m.safetensors", "whole")
environment = {**os.environ, "DLC_COPY_WEIGHTS": "1"}
result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True,
                        text=True)
print("a copy outlives its file:", result.stdout.strip() or result.returncode)
shutil.copy("whole", "m.safetensors")
with open("m.safetensors", "r+b") as file:
    file.seek(-4, os.SEEK_END)
    file.write(b"abcd")
os.environ["DLC_COPY_WEIGHTS"] = "1"
attempt("a changed copy is refused", lambda: dlc.load("m.so").f(x))
shutil.copy("whole", "m.safetensors")

trained.save("state.safetensors")
trained.restore("state.safetensors")
print("saved and loaded:", os.path.isfile("state.safetensors"))
os.mkdir("saves")
# On a file system without unnamed files, a name may be left.
nameless = True
try:
    os.close(os.open("saves", os.O_TMPFILE | os.O_WRONLY))
except OSError:
    nameless = False
saver = "import dlc\nnet = dlc.load('t.so')\nwhile True: net.save('saves/s')\n"
for i in range(5):
    process = subprocess.Popen([sys.executable, "-c", saver])
    while not os.path.exists("saves/s"):
        time.sleep(0.01)
    time.sleep(0.03 * i)
    process.kill()
    process.wait()
    left = set(os.listdir("saves")) - {"s"}
    assert left <= {"s.part"} or not nameless, left
trained.save("saves/s")
print("killed while saving, left behind:",
      sorted(set(os.listdir("saves")) - {"s"}) if nameless else [])
