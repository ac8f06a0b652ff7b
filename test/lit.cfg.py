# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Configuration of lit for dlc's tests."""

import os
import subprocess

import lit.formats

config.name = "dlc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# Demo is what `make demo` runs; Driver/demo.test runs it too.
config.excludes = ["Inputs", "Unit", "Demo", "Corpus", "Readers"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.dlc_build, "test", "out")

dlc = os.path.join(config.dlc_bin, "dlc")
path = [config.dlc_bin, config.llvm_bin, os.path.dirname(config.python), os.environ["PATH"]]
# `make bounds` compiles every library of the tests with additional options.
config.environment["DLC_OPTIONS"] = f"--verify-each {lit_config.params.get('dlc_options', '')}"
config.environment["PATH"] = os.pathsep.join(path)
config.environment["DLC"] = dlc
config.environment["DLC_CACHE"] = "off"  # each test compiles
config.environment["PYTHONPATH"] = os.pathsep.join(
    [os.path.join(config.dlc_source, "python-frontend", "src"),
     os.path.join(config.dlc_source, "test", "EndToEnd")])
for name in ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

if config.sanitizers:
    # Also tells the fuzzers not to limit address space: the shadow memory takes terabytes.
    config.environment.setdefault("ASAN_OPTIONS", "detect_leaks=0")

# Some tests need a file system of their own.
if subprocess.run(["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs -o size=4k none $d "
                   "&& umount $d && rmdir $d"], capture_output=True).returncode == 0:
    config.available_features.add("mount")

# Python loads libdlc-ir.so; with sanitizers, that works only in instrumented programs.
if not config.sanitizers:
    config.available_features.add("loadable")

# The examples of executors are compiled if their libraries are installed.
def compiles(command, text, *libraries):
    return subprocess.run([*command, "-", "-o", "/dev/null", *libraries], input=text, text=True,
                          capture_output=True).returncode == 0


if compiles(["c++", "-x", "c++", "-std=c++17"],
            "#include <tbb/parallel_for.h>\nint main() {}", "-ltbb"):
    config.available_features.add("tbb")
openmp_cc = next((cc for cc in (config.cc, "gcc", "clang-22")
                  if compiles([cc, "-x", "c", "-fopenmp"],
                              "#include <omp.h>\nint main(void) { return 0; }")), None)
if openmp_cc:
    config.available_features.add("openmp")

config.substitutions += [
    ("%openmp_cc", str(openmp_cc)),
    ("%python", config.python),
    ("%cc", config.cc),
    ("%cmake", config.cmake),
    ("%source", config.dlc_source),
    ("%build", config.dlc_build),
    ("%llvm_include", config.llvm_include),
    ("%gradient", f"{config.python} {config.dlc_source}/test/EndToEnd/gradients.py"),
    ("%random", f"{config.python} {config.dlc_source}/test/EndToEnd/random_ops.py"),
]
