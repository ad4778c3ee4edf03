"""A log of ten events, and a witness that watches it."""

from pathlib import Path

import pytest

from lrs.audit.cosignatures import Cosigner
from lrs.audit.sealer import Sealer
from lrs.witness.witness import Witness
from tests.lrs.witness.growing import GrowingLog

WITNESS = "witness.example/w1"


@pytest.fixture(autouse=True)
def sealed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second between two checkpoints is not waited for."""
    monkeypatch.setattr(Sealer, "_pause", lambda self, signed: 0.0)


@pytest.fixture
def log() -> GrowingLog:
    return GrowingLog(10)


@pytest.fixture
def witness(log: GrowingLog, tmp_path: Path) -> Witness:
    return Witness.create(tmp_path / "witness", [Cosigner.generate(WITNESS)], [log.signer.vkey])
