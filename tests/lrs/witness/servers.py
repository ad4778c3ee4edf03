"""A witness in a process of its own, as its operator starts it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lrs.commands import ROOT


@contextmanager
def serving(folder: Path, *, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The URL of ``lrs witness serve`` and its process; killed at the end if it runs still."""
    arguments = ("-m", "lrs", "witness", "serve", "--dir", str(folder), "--port", str(port))
    with subprocess.Popen(
        (sys.executable, *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            url = re.search(r"http://\S+", first)
            assert url, first + process.stdout.read()
            yield url[0], process
        finally:
            process.kill()
