"""The stored results of a running store follow what comes in."""

import time
from pathlib import Path

from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.renewer import Renewer
from lrs.settings import Settings
from lrs.store import Store
from projections import assessment
from projections.scoring import results_document

GOLDEN = Path(__file__).parents[1] / "golden" / "movement-2026"
SECONDS = 20


def test_what_is_stored_is_what_is_computed(database_url: str, tmp_path: Path):
    store = Store(Settings(database_url=database_url, pepper_file=tmp_path / "pepper"))
    other = Renewer(store.log, pause=0.05)  # as a second process has it
    try:
        import_case(store, read_case(GOLDEN))
        for result_set in ("frozen", "corrected"):
            assert _stored(store, result_set) == _computed(store, result_set)
        assert store.renewer is not None
        assert store.renewer.failure is other.failure is None
    finally:
        other.close()
        store.close()


def _computed(store: Store, result_set):
    with store.storage.read() as connection:
        position = store.log.head_of(connection).position
        found = assessment.results(connection, "KY-2026", result_set, position)
    return results_document(found, result_set)


def _stored(store: Store, result_set):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with store.storage.read() as connection:
            found = assessment.restored(connection, "KY-2026", result_set)
            if found is not None and found[0] == store.log.head_of(connection).position:
                return results_document(found[1], result_set)
        time.sleep(0.05)
    raise AssertionError(f"not stored within {SECONDS} s")
