"""Who decided: by the credential of the event, an account or the user of the store's machine."""

from collections.abc import Mapping

from sqlalchemy import select

from lrs.auth.machine import machine_user_of
from lrs.log.tables import EVENT_LOG
from lrs.store import Store
from projections import assessment
from projections.accounts import TABLES as ACCOUNTS
from projections.assessment.tables import FOREVER
from schemas.register import RECORDS, Record, record_of


def decided_by(store: Store, type_: type[Record]) -> Mapping[str, str | None]:
    """By key, who recorded what the register holds of a type; None of whom the log does not tell,
    as of what was recorded before it did.
    """
    records, accounts = assessment.TABLES.records, ACCOUNTS.accounts
    query = (
        select(records.c.kind, records.c.body, EVENT_LOG.c.credential, accounts.c.name)
        .join(EVENT_LOG, EVENT_LOG.c.position == records.c.position)
        .outerjoin(accounts, accounts.c.id == EVENT_LOG.c.credential)
        .where(records.c.kind == int(RECORDS[type_].recorded), records.c.until == FOREVER)
    )
    with store.storage.read() as connection:
        rows = connection.execute(query).all()
    return {
        record_of(kind, body).key: account or _user(credential)
        for kind, body, credential, account in rows
    }


def _user(credential: bytes) -> str | None:
    user = machine_user_of(credential)
    return None if user is None else f"{user} (machine)"
