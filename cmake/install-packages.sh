#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs the Debian packages that dlc is built with, where any is missing.
set -e
packages="cmake ninja-build ccache make git clang-22 lld-22 llvm-22-dev
llvm-22-tools libmlir-22-dev mlir-22-tools liblld-22-dev clang-format-22 clang-tidy-22
libclang-rt-22-dev gcc g++ g++-12 libgtest-dev libfmt-dev zlib1g-dev libzstd-dev
libxml2-dev libffi-dev libonnx-dev libprotobuf-dev protobuf-compiler libomp-22-dev libgomp1 libtbb-dev binutils valgrind python3 python3-venv"
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" ||
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "== Installing$missing"
run=""
[ "$(id -u)" = 0 ] || run="sudo"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$run apt-get update -qq >/dev/null
# shellcheck disable=SC2086
$run apt-get install -y -qq --no-install-recommends $missing >/tmp/dlc-apt.log 2>&1 || {
  cat /tmp/dlc-apt.log >&2
  exit 1
}
