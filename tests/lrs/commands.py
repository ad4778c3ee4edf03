"""The command ``lrs``, run as a person or a program runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import structlog

from lrs.cli import main

ROOT = Path(__file__).parents[2]


class Commands:
    """``lrs`` on one database."""

    def __init__(self, database_url: str, directory: Path, **settings: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("LRS_")}
        self.directory = directory
        self.environment = {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "LRS_DATABASE_URL": database_url,
            "LRS_PEPPER_FILE": str(directory / "pepper"),
            "LRS_SEALING_KEY_FILE": os.environ["LRS_SEALING_KEY_FILE"],
            "LANG": "C.UTF-8",
            **settings,
        }

    def run(self, *arguments: object, code: int = 0) -> str:
        """What a command prints; what it says of a failure too, where one is expected."""
        with self._streams() as (out, err), patch.dict(os.environ, self.environment, clear=True):
            try:
                main([str(argument) for argument in arguments])
                ended = 0
            except SystemExit as exit_:
                if isinstance(exit_.code, str):
                    print(exit_.code, file=sys.stderr)
                ended = 1 if isinstance(exit_.code, str) else exit_.code or 0
            finally:
                structlog.reset_defaults()
        said, complained = (stream.buffer.getvalue().decode() for stream in (out, err))
        assert ended == code, f"{ended}: {said}{complained}"
        return str(said if code == 0 else said + complained)

    def json(self, *arguments: object) -> Any:
        return orjson.loads(self.run(*arguments, "--json"))

    def run_apart(self, *arguments: object, code: int = 0) -> str:
        """The same in a process of its own."""
        done = subprocess.run(
            (sys.executable, "-m", "lrs", *map(str, arguments)),
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    @contextmanager
    def _streams(self) -> Iterator[tuple[Any, Any]]:
        out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            yield out, err
