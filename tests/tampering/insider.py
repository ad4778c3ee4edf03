"""Somebody with all rights on the database, who knows how the store computes what it keeps."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from lrs.audit.checkpoints import Checkpoint
from lrs.audit.checks.registry import category_of
from lrs.audit.notes import Signer
from lrs.audit.sealer import Tree
from lrs.audit.tiles import RightEdge
from lrs.log import leaf
from lrs.log.rows import Row
from lrs.log.tables import EVENT_LOG, EVENT_REGISTRY, MERKLE_TILE
from projections.rows import insert_rows
from tests.tampering.logs import Log

SELECT: Final = f"SELECT {', '.join(EVENT_LOG.columns.keys())} FROM event_log"


class Insider:
    """One transaction past every guard. ``log`` tells where the keys are, for who steals them."""

    def __init__(self, log: Log, connection: Connection) -> None:
        self.log = log
        self._connection = connection

    def execute(self, sql: str, **values: Any) -> list[Any]:
        result = self._connection.execute(text(sql), values)
        return list(result) if result.returns_rows else []

    @property
    def rows(self) -> list[Row]:
        """Every event."""
        return [Row(*row) for row in self.execute(f"{SELECT} ORDER BY position")]

    @property
    def leaves(self) -> list[bytes]:
        """Of every event, as it is now."""
        return [leaf.leaf_hash(row.record) for row in self.rows]

    def row(self, position: int) -> Row:
        [row] = self.execute(f"{SELECT} WHERE position = :at", at=position)
        return Row(*row)

    def change(self, position: int, **columns: Any) -> None:
        """Change columns of one event, and nothing else."""
        said = ", ".join(f"{name} = :{name}" for name in columns)
        self.execute(f"UPDATE event_log SET {said} WHERE position = :at", at=position, **columns)

    def put(self, rows: Sequence[Row]) -> None:
        """Let the log be these events, in this order: their positions, times, commitments, the
        registry and the head are made to fit.
        """
        known = self.execute("SELECT stream_id, stream_version, content_hash FROM event_registry")
        hashes = {(stream, version): content_hash for stream, version, content_hash in known}
        placed: list[Row] = []
        for position, row in enumerate(rows, 1):
            stored = max(row.stored, placed[-1].stored + 1 if placed else 0)
            placed.append(anew(row._replace(position=position, stored=stored)))
        self.execute("DELETE FROM event_log")
        self.execute("DELETE FROM event_registry")
        insert_rows(self._connection, EVENT_LOG, placed)
        registry = [
            (category_of(row.kind), *key, row.position, hashes.get(key, b""))
            for row in placed
            for key in [(row.stream_id, row.stream_version)]
        ]
        insert_rows(self._connection, EVENT_REGISTRY, registry)
        self.execute(
            "UPDATE log_head SET position = :position, stored = :stored",
            position=len(placed),
            stored=placed[-1].stored,
        )

    def grow_tree(self) -> None:
        """Compute the tree anew: every tile, and the state of the sealer."""
        self.put_tree(self.leaves)

    def put_tree(self, leaves: Sequence[bytes]) -> None:
        """Let the tree be the one over these leaves."""
        edge = RightEdge()
        tiles = edge.grow(leaves)
        self.execute("DELETE FROM merkle_tile")
        insert_rows(self._connection, MERKLE_TILE, tiles)
        tree = Tree.of(1, edge)
        self.execute(
            "UPDATE merkle_tree SET size = :size, range = :range, edge = :edge",
            size=tree.size,
            range=tree.range,
            edge=tree.edge,
        )

    def sign(self, signer: Signer) -> None:
        """Write every checkpoint anew over the events there are, and the key into the epochs."""
        leaves = self.leaves
        self.execute("DELETE FROM signed_checkpoint WHERE size > :end", end=len(leaves))
        self.execute("DELETE FROM cosignature")
        self.execute("UPDATE log_epoch SET vkey = :vkey", vkey=signer.vkey)
        for (size,) in self.execute("SELECT size FROM signed_checkpoint"):
            edge = RightEdge()
            edge.grow(leaves[:size])
            checkpoint = Checkpoint(self.log.signer.name, size, edge.range().root())
            self.execute(
                "UPDATE signed_checkpoint SET note = :note WHERE size = :size",
                note=str(signer.note(checkpoint.text)),
                size=size,
            )


@contextmanager
def insider(log: Log) -> Iterator[Insider]:
    """The triggers are gone, or pass him by."""
    engine = create_engine(log.url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA synchronous = OFF"))  # who tampers does not wait
            triggers = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            for name in triggers.all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("SET synchronous_commit = off"))
        yield Insider(log, connection)
        connection.commit()


def anew(row: Row) -> Row:
    """The event with the commitment that fits it."""
    return row if row.sealed else row._replace(commitment=leaf.commit(row.salt, row.body))
