"""A decision is read from the log, and what is read is what was recorded."""

from pathlib import Path

import pytest

from lrs.audit.decided import is_as_recorded
from lrs.audit.sealer import Sealer
from lrs.audit.start import open_signing
from lrs.log.opening import open_log
from lrs.log.storage import open_storage
from tests.lrs.audit.sealed import append, settings_of

CHANGES = (
    "stored = stored + 1",
    "kind = 3",
    "stream_id = commitment",
    "stream_version = 2",
    "stream_version = -1",
    "credential = commitment",
    "commitment = body",
    "salt = body",
    "body = salt",
)


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_in_a_full_tile_that_was_changed_is_not_as_recorded(
    database_url: str, tmp_path: Path, change: str
) -> None:
    storage = open_storage(database_url)
    log = open_log(storage)
    sealer = Sealer(log, open_signing(log, settings_of(database_url, tmp_path)), follow=False)
    append(log, 300)
    sealer.close()
    with storage.write() as connection:
        if storage.dialect == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER event_log_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE event_log DISABLE TRIGGER append_only")
        connection.exec_driver_sql(f"UPDATE event_log SET {change} WHERE position = 7")
    with storage.read() as connection:
        changed = [at for at in range(1, 301) if not is_as_recorded(log, connection, at)]
    storage.close()
    assert changed == [7]
