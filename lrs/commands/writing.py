"""Output that comes batch by batch: a file holds each batch whole, or nothing of it.

A packed file is a series of gzip members, one a batch, so that it too is whole after each.
"""

import gzip
import os
import signal
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import FileIO
from pathlib import Path
from typing import IO, Final

STANDARD_OUTPUT: Final = Path("-")
PIECE: Final = 1024 * 1024

Write = Callable[[bytes], None]
"""Returns when the batch is written. Where it raises, a file is as before; a pipe may have a part.
"""


@contextmanager
def writing(file: Path, *, going_on: bool) -> Iterator[Write]:
    """Write to a file, behind what it has if ``going_on``; ``.gz`` is packed, ``-`` is standard
    output.

    Raises CommandRefused rather than write behind half a line.
    """
    if file == STANDARD_OUTPUT:
        yield _write_standard_output
        return
    if going_on and file.is_file():
        _check_end(file)
    with file.open("ab" if going_on else "wb", buffering=0) as out:
        if file.suffix == ".gz":
            pack = partial(gzip.compress, compresslevel=6, mtime=0)
            yield lambda batch: _write(out, pack(batch))
        else:
            yield partial(_write, out)


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM came: the first only sets this, a second ends the command."""
    asked = False
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True
        put_back()

    for number in before:
        signal.signal(number, ask)
    try:
        yield lambda: asked
    finally:
        put_back()


def _write(out: FileIO, batch: bytes) -> None:
    whole = os.fstat(out.fileno()).st_size
    try:
        _write_all(out, batch)
    except BaseException:
        with suppress(OSError):  # a pipe cannot be cut
            out.truncate(whole)
        raise


def _write_standard_output(batch: bytes) -> None:
    out = sys.stdout.buffer
    try:
        _write_all(out, batch)
        out.flush()
    except BaseException:  # the rest is not to be tried again when the program ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        raise


def _write_all(out: IO[bytes], batch: bytes) -> None:
    """An unbuffered file, which standard output may be, writes less where a signal comes."""
    left = memoryview(batch)
    while left:
        left = left[out.write(left) :]


def _check_end(file: Path) -> None:
    from lrs.asked import CommandRefused

    try:
        is_whole = _ends_whole(file)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        is_whole = False
    if not is_whole:
        raise CommandRefused(
            f"{file} ends in half a line; nothing was written. Go on into another file, or begin"
            " again without --after."
        )


def _ends_whole(file: Path) -> bool:
    """Of a packed file all is read: nothing else tells whether its last member is whole."""
    last = b"\n"
    if file.suffix == ".gz":
        with gzip.open(file) as text:
            while piece := text.read(PIECE):
                last = piece
    elif size := file.stat().st_size:
        with file.open("rb") as text:
            text.seek(size - 1)
            last = text.read()
    return last.endswith(b"\n")
