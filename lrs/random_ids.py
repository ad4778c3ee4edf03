"""Random numbers from the kernel, many at a time: on a virtual machine one call can take 20 us."""

import os
import threading

AT_ONCE = 256  # times 16 bytes


class _Pool(threading.local):
    """Each thread has its own, so that no two take the same bytes."""

    def __init__(self) -> None:
        self.bytes = b""
        self.used = 0


_pool = _Pool()


def random_16() -> bytes:
    """16 random bytes, fit for secrets. A process that forks starts with a pool of its own."""
    if _pool.used == len(_pool.bytes):
        _pool.bytes, _pool.used = os.urandom(16 * AT_ONCE), 0
    _pool.used += 16
    return _pool.bytes[_pool.used - 16 : _pool.used]


def _forget() -> None:
    _pool.bytes, _pool.used = b"", 0


os.register_at_fork(after_in_child=_forget)


def random_uuid() -> bytes:
    """A random UUID (RFC 9562: version 4), as bytes."""
    number = bytearray(random_16())
    number[6] = number[6] & 0x0F | 0x40
    number[8] = number[8] & 0x3F | 0x80
    return bytes(number)
