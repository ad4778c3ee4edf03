"""What tests of sealing share: a log to fill, a process that fills one, and what must hold."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from lrs.audit.checkpoints import CheckpointFile, SignedCheckpoint, epochs, notes
from lrs.audit.merkle import root_at
from lrs.audit.notes import Note, Verifier
from lrs.audit.sealer import tree_of
from lrs.audit.tiles import RightEdge, Tile, Tiles
from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder
from lrs.log.storage import open_storage
from lrs.log.tables import MERKLE_TILE
from lrs.settings import Settings
from schemas.events import Kind, NewEvent

ROOT = Path(__file__).parents[3]


def settings_of(database_url: str, directory: Path) -> Settings:
    return Settings(
        database_url=database_url,
        base_url="https://lrs.example",
        pepper_file=directory / "pepper",
        signing_key_file=directory / "hocba.signing-key",
        checkpoints_file=directory / "hocba.checkpoints",
    )


def append(log: LogRecorder, count: int) -> None:
    """Events of a kind no projection asks for."""
    events = [NewEvent(Kind.LOG_OPENED, random.randbytes(16), b"{}") for _ in range(count)]
    log.append([Append(events)])


def tiles_in(log: LogRecorder) -> list[Tile]:
    with log.storage.read() as connection:
        query = MERKLE_TILE.select().order_by(MERKLE_TILE.c.level, MERKLE_TILE.c.number)
        return [Tile(*row) for row in connection.execute(query)]


def check(log: LogRecorder, settings: Settings, lost: int = 0) -> list[SignedCheckpoint]:
    """The tree is the one over the leaves, and every note that was signed is of it; returns the
    notes. The file holds the same, and ``lost`` notes more that the database has no longer.
    """
    with log.storage.read() as connection:
        tree, signed, begun = tree_of(connection), list(notes(connection)), epochs(connection)
        leaves = [leaf for _, leaf in log.leaves(connection, 0, 10_000_000)]
        assert tree is not None
        edge = RightEdge()
        tiles = sorted(edge.grow(leaves[: tree.size]))
        assert (edge.range().dump(), edge.dump()) == (tree.range, tree.edge)
        nodes = Tiles(log, connection).node
        verifiers = [Verifier.parse(epoch.vkey) for epoch in begun]
        for it in signed:
            assert it.size <= tree.size
            assert Note.parse(it.note).verified_by(verifiers), "a key of the log signed it"
            assert it.checkpoint.size == it.size
            assert it.checkpoint.root == root_at(it.size, nodes)
    assert tiles_in(log) == tiles
    filed = list(CheckpointFile(settings.checkpoints_path))
    kept = [it for it in filed if it in signed]
    assert kept == signed[: len(kept)], "the file holds what the database holds, in its order"
    assert len(filed) == len(kept) + lost
    assert [it[:2] for it in signed] == sorted({it[:2] for it in signed})
    assert [it.signed for it in signed] == sorted({it.signed for it in signed})
    return signed


class Appending:
    """A process of its own with a log that it appends to and seals, until it is told to stop."""

    def __init__(self, settings: Settings, interval: float) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.lrs.audit.sealed",
                settings.model_dump_json(),
                str(interval),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"appending\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL"""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0


def _append_until_told(settings: Settings, interval: float) -> None:
    from threading import Thread

    from lrs.audit.sealer import Sealer
    from lrs.audit.start import open_signing

    storage = open_storage(settings.database_url)
    log = open_log(storage)
    sealer = Sealer(log, open_signing(log, settings), interval=interval)
    told = Thread(target=sys.stdin.read, daemon=True)
    told.start()
    print("appending", flush=True)
    while told.is_alive():
        append(log, random.randrange(1, 400))
        time.sleep(0.001)
    sealer.close()
    storage.close()


if __name__ == "__main__":
    _append_until_told(Settings.model_validate_json(sys.argv[1]), float(sys.argv[2]))
