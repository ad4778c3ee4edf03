"""A platform keeps a receipt, an auditor takes a bundle home; the server is killed in between."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from lrs.audit.notes import Verifier
from lrs.audit.openings import Opening
from lrs.audit.proofs import Receipt
from lrs.transparency.receipts import HEADER
from tests.examples import statement
from tests.lrs.commands import Commands
from tests.lrs.transparency.tlog_reader import Reader
from tests.servers import ROOT, Server

TOOL = ROOT / "tools" / "verify_log.py"


class Office(NamedTuple):
    """A running server, its files, and commands beside it."""

    server: Server
    directory: Path
    commands: Commands

    def log(self, path: str, **asked: object) -> httpx.Response:
        answer = httpx.get(f"{self.server.url}/log/{path}", params=asked or None)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer

    def verify_log(self, *arguments: object) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(TOOL), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'hocba.db'}"
    with Server(url, tmp_path) as server:
        yield Office(server, tmp_path, Commands(url, tmp_path))


async def test_a_statement_is_proved_to_who_kept_a_receipt_and_to_who_took_a_bundle(
    office: Office,
) -> None:
    with office.server.client() as platform:
        posted = platform.post("/statements", json=[statement() for _ in range(3)])
        first, _, last = posted.headers[HEADER].partition("-")
        assert int(last) == int(first) + 2
        vkey = office.log("vkeys").text.splitlines()[0]
        receipt = Receipt.parse(office.log("proof/inclusion", statementId=posted.json()[1]).text)
        assert receipt.check(Verifier.parse(vkey)).position == int(first) + 1
        opening = platform.get(
            f"{office.server.url}/log/opening", params={"position": receipt.position}
        )
        receipt.check_opening(Opening.read(opening.json()))

    kept = office.directory / "kept"
    kept.write_text(office.log("checkpoint").text, "utf-8")
    office.server.kill()
    office.server.restart()
    with office.server.client() as platform:
        for _ in range(4):
            platform.post("/statements", json=[statement() for _ in range(100)])
        office.log("proof/inclusion", position=int(last) + 400)  # waits until it is signed for

    bundle = office.directory / "bundle"
    office.commands.run_apart("audit", "export", bundle)
    assert office.verify_log(bundle, "--vkey", vkey, "--since", kept)[0] == 0
    office.commands.run_apart("audit", "verify-bundle", bundle, "--vkey", vkey, "--since", kept)
    old = str(receipt)
    (office.directory / "old.tlog-proof").write_text(old, "utf-8")
    checked = ("audit", "prove", "--check", office.directory / "old.tlog-proof", "--vkey", vkey)
    assert "VALID" in office.commands.run_apart(*checked)

    async def fetch(path: str) -> bytes:
        return office.log(path).content

    reader = Reader(fetch)
    head = await reader.head()
    assert head.size >= int(last) + 400
    assert await reader.root(head.size) == head.root
    assert len(await reader.entries(head.size)) == head.size


async def test_a_bundle_is_a_mirror_of_the_log(office: Office) -> None:
    """Whoever puts the directory on a web server serves the log as the format has it."""
    with office.server.client() as platform:
        posted = platform.post("/statements", json=[statement() for _ in range(300)])
        office.log("proof/inclusion", position=posted.headers[HEADER].partition("-")[2])
    bundle = office.directory / "bundle"
    office.commands.run_apart("audit", "export", bundle, "--bodies", "none")

    async def fetch(path: str) -> bytes:
        return (bundle / path).read_bytes()

    reader = Reader(fetch)
    head = await reader.head()
    assert await reader.root(head.size) == head.root
    assert len(await reader.entries(head.size)) == head.size > 300


def test_a_bundle_that_somebody_touched_is_refused(office: Office) -> None:
    bundle = office.directory / "bundle"
    office.commands.run_apart("audit", "export", bundle)
    tile = (
        bundle
        / "tile"
        / "entries"
        / "000.p"
        / str(Receipt.parse(office.log("proof/inclusion", position=1).text).checkpoint.size)
    )
    content = bytearray(tile.read_bytes())
    content[-1] ^= 1
    tile.write_bytes(content)
    code, said = office.verify_log(bundle)
    assert (code, said.splitlines()[-1].startswith("INVALID: ")) == (1, True)
    assert "INVALID" in office.commands.run_apart("audit", "verify-bundle", bundle, code=1)
    again = office.commands.run_apart("audit", "export", bundle, code=1)
    assert "is not empty. Name a directory that does not exist yet." in again
