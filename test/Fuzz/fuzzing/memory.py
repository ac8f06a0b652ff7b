# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Memory whose neighbours cannot be touched.

A block lies between two address ranges that trap, and begins or ends exactly at one of them. The
first byte read or written outside ends the process.
"""

import ctypes
import mmap
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
                       ctypes.c_int, ctypes.c_long]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_GUARD = 256 * _PAGE
_READ, _WRITE = mmap.PROT_READ, mmap.PROT_WRITE


class Block:
    """`size` bytes. `at_end`: they end where a guard begins, otherwise they begin where a guard
    ends. `alignment` may leave a gap smaller than itself."""

    def __init__(self, size, at_end=True, alignment=1):
        self.size = size
        room = max(-(-size // _PAGE), 1) * _PAGE
        self._length = room + 2 * _GUARD
        start = _libc.mmap(None, self._length, 0,
                           mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        if start in (None, ctypes.c_void_p(-1).value):
            raise MemoryError(f"no room for {self._length} bytes of addresses")
        self._start, self._body, self._room = start, start + _GUARD, room
        self._protect(_READ | _WRITE)
        self.address = self._body
        if at_end:
            self.address += (room - size) // alignment * alignment

    def _protect(self, access):
        if _libc.mprotect(self._body, self._room, access):
            raise OSError(ctypes.get_errno(), "mprotect")

    def fill(self, byte):
        ctypes.memset(self._body, byte, self._room)

    def write(self, data):
        assert len(data) == self.size
        ctypes.memmove(self.address, data, len(data))

    def read(self):
        return ctypes.string_at(self.address, self.size)

    def read_only(self):
        self._protect(_READ)

    def close(self):
        """Nothing may access it until read_only."""
        self._protect(0)

    def free(self):
        _libc.munmap(self._start, self._length)
