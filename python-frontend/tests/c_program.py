# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs an exported library from a C program that is written against its header."""

import shutil
import subprocess

import numpy as np

MAIN = """\
#include "{stem}.h"
#include <stdio.h>
#include <stdlib.h>

static void *read_file(const char *path, size_t bytes) {{
  void *data = malloc(bytes ? bytes : 1);
  FILE *file = fopen(path, "rb");
  if (!data || !file || fread(data, 1, bytes, file) != bytes)
    exit(2);
  fclose(file);
  return data;
}}

static void write_file(const char *path, const void *data, size_t bytes) {{
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file))
    exit(2);
}}

int main(void) {{
{reads}
  {stem}_context *context;
  if ({stem}_create(&context, NULL) ||
      {stem}_{function}({arguments})) {{
    fprintf(stderr, "%s\\n", {stem}_error(context));
    return 1;
  }}
{writes}
  {stem}_destroy(context);
  return 0;
}}
"""


def run(path, function, inputs, expected, folder):
    """The outputs of a function for inputs; expected tells their shapes and elements.

    path: the library, its header beside it. function: a Function of it.
    """
    expected = list(expected) if isinstance(expected, tuple) else [expected]
    arguments, reads, writes = ["context"], [], []
    for argument, array in zip(function.inputs, inputs):
        arguments += [str(e) for e, own in zip(array.shape, argument.shape) if own is None]
    for number, array in enumerate(inputs):
        array.tofile(folder / f"x{number}")
        reads.append(f'  void *x{number} = read_file("x{number}", {array.nbytes});')
        arguments.append(f"x{number}")
    for number, array in enumerate(expected):
        reads.append(f"  void *y{number} = malloc({array.nbytes} + 1);")
        writes.append(f'  write_file("y{number}", y{number}, {array.nbytes});')
        arguments.append(f"y{number}")
    stem = path.stem
    (folder / "main.c").write_text(MAIN.format(
        stem=stem, function=function.name, arguments=", ".join(arguments),
        reads="\n".join(reads), writes="\n".join(writes)))
    compiler = shutil.which("cc") or shutil.which("clang-22")
    subprocess.run([compiler, "-std=c99", "-Wall", "-Werror", "-I", path.parent, "main.c", path,
                    f"-Wl,-rpath,{path.parent}", "-o", "main"], cwd=folder, check=True)
    subprocess.run([folder / "main"], cwd=folder, check=True)
    return [np.fromfile(folder / f"y{n}", a.dtype).reshape(a.shape)
            for n, a in enumerate(expected)]
