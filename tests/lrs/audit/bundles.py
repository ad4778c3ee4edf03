"""A bundle to be tampered with, and the two programs that judge one."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import orjson

from lrs.audit.bundle_checks import verify
from lrs.audit.bundle_files import BundleUnreadable
from lrs.audit.notes import Note
from tests.evaluation import MOVEMENT, PERIOD
from tests.examples import statement
from tests.lrs.commands import Commands
from tools import verify_log

STATEMENTS = 300

Judge = Callable[..., list[str]]


def make_bundle(directory: Path) -> Path:
    """Of a store with a closed period and several checkpoints, more than a tile of events long."""
    commands = Commands(f"sqlite:///{directory / 'hocba.db'}", directory)
    commands.run("import", "case", MOVEMENT)
    commands.run("period", "close", PERIOD)
    lines = directory / "statements.jsonl"
    said = [statement(id=str(UUID(int=number, version=4))) for number in range(STATEMENTS)]
    lines.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in said))
    commands.run("import", "statements", lines)
    commands.run("audit", "export", directory / "bundle")
    return directory / "bundle"


def judged_by_product(
    bundle: Path, vkey: str | None = None, since: Iterator[Path] | tuple[Path, ...] = ()
) -> list[str]:
    """What ``lrs audit verify-bundle`` finds."""
    remembered = {path.name: Note.parse(path.read_text("utf-8")) for path in since}
    return [str(fault) for fault in verify(bundle, vkey=vkey, since=remembered).faults]


def judged_by_tool(
    bundle: Path, vkey: str | None = None, since: Iterator[Path] | tuple[Path, ...] = ()
) -> list[str]:
    """What ``tools/verify_log.py`` finds."""
    arguments = [str(bundle), *(f"--since={path}" for path in since)]
    said, complained = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(complained):
        code = verify_log.main(arguments if vkey is None else [*arguments, f"--vkey={vkey}"])
    if code == 2:
        raise BundleUnreadable(complained.getvalue())
    wrong = [line for line in said.getvalue().splitlines() if line.startswith("WRONG")]
    assert code == bool(wrong), said.getvalue()
    assert said.getvalue().splitlines()[-1].startswith("INVALID" if wrong else "VALID")
    return wrong


JUDGES: dict[str, Judge] = {"product": judged_by_product, "tool": judged_by_tool}


def files_of(bundle: Path) -> list[str]:
    return sorted(
        path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()
    )


def seal_sums(bundle: Path) -> None:
    """Write SHA256SUMS anew, as a forger would."""
    names = [name for name in files_of(bundle) if name != "SHA256SUMS"]
    lines = [f"{sha256((bundle / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    (bundle / "SHA256SUMS").write_text("".join(lines), "utf-8")


def unpacked(bundle: Path) -> list[bytes]:
    return gzip.decompress((bundle / "events.jsonl.gz").read_bytes()).splitlines(keepends=True)


def pack(bundle: Path, lines: list[bytes]) -> None:
    (bundle / "events.jsonl.gz").write_bytes(gzip.compress(b"".join(lines)))
