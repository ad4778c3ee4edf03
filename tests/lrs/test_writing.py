"""Exports that are stopped, or cannot be written to their end, and go on."""

import gzip
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson
import pytest

from lrs.asked import CommandRefused
from lrs.commands.writing import stop_asked, writing
from lrs.exports import LINES
from lrs.reading import open_for_reading
from lrs.settings import Settings
from tests.examples import statement
from tests.lrs.commands import Commands

NUMBER = 2 * LINES + 100
SECONDS = 20
NAMES = pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    return Commands(sqlite_url, tmp_path)


@pytest.fixture
def filled(commands: Commands) -> Commands:
    """Commands on a store of more statements than three batches, each longer than a pipe."""
    file = commands.directory / "in.jsonl"
    many = (statement(result={"response": f"{number:0400}"}) for number in range(NUMBER))
    file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in many))
    assert commands.json("import", "statements", file)["stored"] == NUMBER
    return commands


@contextmanager
def exporting(
    commands: Commands, *arguments: object
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The process, and what it writes."""
    with subprocess.Popen(
        (sys.executable, "-m", "lrs", "export", "statements", *map(str, arguments)),
        env=commands.environment,
        cwd=commands.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def position_of(complaint: bytes) -> int:
    return int(complaint.rpartition(b"--after ")[2].rstrip(b".\n"))


def ended(process: subprocess.Popen[bytes], code: int = 1) -> bytes:
    """What it says at its end."""
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait(SECONDS) == code, said
    return said


def lines_of(path: Path) -> list[bytes]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()


def whole(commands: Commands) -> list[bytes]:
    return commands.run("export", "statements").encode().splitlines()


@SIGNALS
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_what_a_slow_reader_gets_ends_at_the_position_that_is_said(
    filled: Commands, tmp_path: Path, number: int, unbuffered: str
) -> None:
    filled.environment["PYTHONUNBUFFERED"] = unbuffered
    with exporting(filled) as (process, out):
        first = out.readline()
        process.send_signal(number)
        read = [first, *out.readlines()]
        position = position_of(ended(process))
    rest = tmp_path / "rest.jsonl"
    filled.run("export", "statements", rest, "--after", position)
    assert len(read) == LINES
    assert [line.rstrip(b"\n") for line in read] + lines_of(rest) == whole(filled)


@SIGNALS
def test_what_is_packed_ends_at_the_position_that_is_said(
    filled: Commands, tmp_path: Path, number: int
) -> None:
    packed = tmp_path / "out.jsonl.gz"
    with exporting(filled, packed) as (process, _):
        while not (packed.exists() and packed.stat().st_size):
            assert process.poll() is None
        process.send_signal(number)
        said = ended(process)
    assert len(lines_of(packed)) in (LINES, 2 * LINES), "it is read without an error"
    filled.run("export", "statements", packed, "--after", position_of(said))
    assert lines_of(packed) == whole(filled)


def test_a_second_signal_ends_the_command_at_once(filled: Commands) -> None:
    with exporting(filled) as (process, out):
        out.readline()
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)  # nobody reads the rest of the batch
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
        assert ended(process) == b"lrs: stopped.\n", "no batch is whole"


def test_a_closed_pipe_is_said_with_the_position(filled: Commands) -> None:
    with exporting(filled) as (process, out):
        for _ in range(LINES + 1):
            out.readline()
        out.close()
        said = ended(process)
    assert said.startswith(b"lrs: output: Broken pipe. Go on with --after ")
    assert said.count(b"\n") == 1
    with open_for_reading(Settings(database_url=filled.environment["LRS_DATABASE_URL"])) as log:
        assert LINES <= position_of(said) < log.head().position


def test_a_full_disk_is_said(filled: Commands) -> None:
    said = filled.run_apart("export", "statements", "/dev/full", code=1)
    assert said == "lrs: /dev/full: No space left on device.\n"


def test_a_full_disk_behind_standard_output_is_said(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(orjson.dumps(statement()))
    commands.run("import", "statements", file)
    commands.environment["PYTHONUNBUFFERED"] = ""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (sys.executable, "-m", "lrs", "export", "statements"),
            env=commands.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"lrs: output: No space left on device.\n")


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@NAMES
def test_a_batch_that_does_not_fit_leaves_the_file_as_before(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    batches = [os.urandom(2000).hex().encode() + b"\n" for _ in range(3)]
    with writing(file, going_on=False) as write:
        write(batches[0])
        with no_file_longer_than(file.stat().st_size + 100), pytest.raises(OSError, match="large"):
            write(batches[1])
        assert lines_of(file) == [batches[0].strip()]
    with writing(file, going_on=True) as write:
        write(batches[1])
        write(batches[2])
    assert lines_of(file) == [batch.strip() for batch in batches]


@NAMES
def test_nothing_is_written_behind_half_a_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with writing(file, going_on=False) as write:
        write(b"first\n")
        write(b"second\n")
    torn = file.read_bytes()[:-3]
    file.write_bytes(torn)
    with pytest.raises(CommandRefused, match="ends in half a line"), writing(file, going_on=True):
        pytest.fail("it may be written to")
    assert file.read_bytes() == torn


def test_nothing_is_written_behind_half_a_line_that_is_packed_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b"first\nsec"))
    with pytest.raises(CommandRefused, match="ends in half a line"), writing(file, going_on=True):
        pytest.fail("it may be written to")


@NAMES
def test_a_file_that_is_empty_or_not_there_is_gone_on_with(tmp_path: Path, name: str) -> None:
    for file in (tmp_path / name, tmp_path / f"empty-{name}"):
        if file.name.startswith("empty"):
            file.touch()
        with writing(file, going_on=True) as write:
            write(b"first\n")
        assert lines_of(file) == [b"first"]


@SIGNALS
def test_a_signal_is_only_noted_and_the_next_one_is_as_before(number: int) -> None:
    before = signal.getsignal(number)
    with stop_asked() as is_stop_asked:
        assert not is_stop_asked()
        signal.raise_signal(number)
        assert is_stop_asked()
        assert signal.getsignal(number) == before
    with stop_asked():
        pass
    assert signal.getsignal(number) == before


def test_past_the_end_of_the_log_its_end_is_said(filled: Commands, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    head = filled.json("export", "statements", out, "--after", 99_999)["position"]
    assert NUMBER < head < 99_999
    assert lines_of(out) == []
    said = filled.run_apart("export", "statements", out, "--after", 99_999)
    assert f"the log ends at {head}: go on later with --after {head}" in said
