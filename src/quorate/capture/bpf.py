"""The few calls of bpf(2) that process redirect needs, and an assembler for its programs.

Maps and links are file descriptors: when the process ends, however it ends, the kernel takes all of it away.
Linux only; constants and layouts from linux/bpf.h.
"""

import ctypes
import os
import platform
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_NUMBERS: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280}
"""Of bpf(2), by machine."""
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_ATTR_SIZE: Final = 128
_LOG_SIZE: Final = 64 * 1024
_LICENSE: Final = ctypes.create_string_buffer(b"GPL")
"""Some helpers want it; it is said of the program that the kernel runs, not of the one that loads it."""


class _Command(IntEnum):
    MAP_CREATE = 0
    MAP_LOOKUP = 1
    MAP_UPDATE = 2
    MAP_DELETE = 3
    PROG_LOAD = 5
    RAW_TRACEPOINT_OPEN = 17
    LINK_CREATE = 28


class MapType(IntEnum):
    HASH = 1
    LRU_HASH = 9


class Hook(IntEnum):
    """Where in a control group a program is called: bpf_attach_type."""

    SOCK_OPS = 3
    CONNECT4 = 10
    CONNECT6 = 11


_PROGRAM_TYPES: Final = {Hook.SOCK_OPS: 13, Hook.CONNECT4: 18, Hook.CONNECT6: 18}
_RAW_TRACEPOINT: Final = 17


def supported() -> bool:
    """This machine's number of the call is known."""
    return platform.system() == "Linux" and platform.machine() in _NUMBERS


def _bpf(command: _Command, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes, _ATTR_SIZE)
    result: int = _LIBC.syscall(_NUMBERS[platform.machine()], command, buffer, _ATTR_SIZE)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


@dataclass(frozen=True)
class Map:
    """Keys and values are bytes of fixed sizes."""

    fd: int
    key_size: int
    value_size: int

    @classmethod
    def make(cls, kind: MapType, key_size: int, value_size: int, entries: int) -> "Map":
        """Raises OSError."""
        attributes = struct.pack("=5I", kind, key_size, value_size, entries, 0)
        return cls(_bpf(_Command.MAP_CREATE, attributes), key_size, value_size)

    def close(self) -> None:
        os.close(self.fd)

    def get(self, key: bytes) -> bytes | None:
        value = ctypes.create_string_buffer(self.value_size)
        try:
            self._call(_Command.MAP_LOOKUP, key, value)
        except FileNotFoundError:
            return None
        return value.raw

    def put(self, key: bytes, value: bytes) -> None:
        assert len(value) == self.value_size
        self._call(_Command.MAP_UPDATE, key, ctypes.create_string_buffer(value, len(value)))

    def drop(self, key: bytes) -> None:
        try:
            self._call(_Command.MAP_DELETE, key, None)
        except FileNotFoundError:
            return

    def _call(self, command: _Command, key: bytes, value: ctypes.Array[ctypes.c_char] | None) -> None:
        assert len(key) == self.key_size
        held = ctypes.create_string_buffer(key, len(key))
        address = 0 if value is None else ctypes.addressof(value)
        _bpf(command, struct.pack("=IxxxxQQQ", self.fd, ctypes.addressof(held), address, 0))


def attach(code: bytes, hook: Hook, group: int) -> int:
    """Let the kernel verify and call it for the control group (an open directory); the link. Raises OSError.

    With linked programs of others in the same place it is called as well.
    """
    program = _load(code, _PROGRAM_TYPES[hook], hook)
    try:
        return _bpf(_Command.LINK_CREATE, struct.pack("=4I", program, group, hook, 0))
    finally:
        os.close(program)


def watch(code: bytes, event: str) -> int:
    """Let the kernel call it at each tracepoint of this name; the link. Raises OSError.

    That takes CAP_PERFMON.
    """
    name = ctypes.create_string_buffer(event.encode())
    program = _load(code, _RAW_TRACEPOINT, 0)
    try:
        return _bpf(_Command.RAW_TRACEPOINT_OPEN, struct.pack("=QI", ctypes.addressof(name), program))
    finally:
        os.close(program)


def _load(code: bytes, kind: int, hook: int) -> int:
    held = ctypes.create_string_buffer(code, len(code))
    log = ctypes.create_string_buffer(_LOG_SIZE)
    attributes = struct.pack(
        "=IIQQIIQII16sII",
        kind,
        len(code) // 8,
        ctypes.addressof(held),
        ctypes.addressof(_LICENSE),
        1,
        _LOG_SIZE,
        ctypes.addressof(log),
        0,
        0,
        b"quorate",
        0,
        hook,
    )
    try:
        return _bpf(_Command.PROG_LOAD, attributes)
    except OSError as error:
        lines = log.value.decode(errors="replace").strip().splitlines()
        raise OSError(error.errno, f"{error.strerror}: {lines[-1] if lines else 'no word'}") from error


class Size(IntEnum):
    """Of what is read or written: the bits of BPF_SIZE."""

    WORD = 0x00
    LONG = 0x18


STACK: Final = 10
"""The register that holds its end; places on it have negative offsets."""


class Assembler:
    """Instructions in order, and labels to jump to; ``code()`` is what the kernel takes."""

    def __init__(self) -> None:
        self._code: list[tuple[int, int, int, int | str, int]] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> None:
        self._labels[name] = len(self._code)

    def move(self, to: int, source: int) -> None:
        self._code.append((0xBF, to, source, 0, 0))

    def put_place(self, to: int, offset: int) -> None:
        """The address of a place on the stack."""
        self.move(to, STACK)
        self._code.append((0x07, to, 0, 0, offset))

    def put(self, to: int, value: int) -> None:
        """A number of up to 64 bits."""
        self._wide(to, 0, value)

    def put_map(self, to: int, table: Map) -> None:
        self._wide(to, 1, table.fd)

    def shift_right(self, to: int, bits: int) -> None:
        self._code.append((0x77, to, 0, 0, bits))

    def load(self, to: int, source: int, offset: int) -> None:
        self._code.append((0x61, to, source, offset, 0))

    def store(self, to: int, offset: int, source: int, size: Size = Size.WORD) -> None:
        self._code.append((0x63 | size, to, source, offset, 0))

    def store_value(self, to: int, offset: int, value: int) -> None:
        self._code.append((0x62, to, 0, offset, value))

    def call(self, helper: int) -> None:
        self._code.append((0x85, 0, 0, 0, helper))

    def jump(self, label: str) -> None:
        self._code.append((0x05, 0, 0, label, 0))

    def jump_if(self, register: int, value: int, label: str) -> None:
        self._code.append((0x15, register, 0, label, value))

    def jump_unless(self, register: int, value: int, label: str) -> None:
        self._code.append((0x55, register, 0, label, value))

    def jump_unless_same(self, one: int, other: int, label: str) -> None:
        self._code.append((0x5D, one, other, label, 0))

    def leave(self, result: int) -> None:
        self.put(0, result)
        self._code.append((0x95, 0, 0, 0, 0))

    def code(self) -> bytes:
        packed = []
        for at, (operation, to, source, offset, value) in enumerate(self._code):
            step = self._labels[offset] - at - 1 if isinstance(offset, str) else offset
            packed.append(struct.pack("=BBhI", operation, to | source << 4, step, value & 0xFFFFFFFF))
        return b"".join(packed)

    def _wide(self, to: int, source: int, value: int) -> None:
        """BPF_LD_IMM64 fills two places."""
        self._code.append((0x18, to, source, 0, value))
        self._code.append((0, 0, 0, 0, value >> 32))
