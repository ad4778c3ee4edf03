"""The product's answers on an evaluation case, to be held against expected ones."""

import tempfile
from pathlib import Path
from typing import Any

import orjson

from lrs.asked.control import Control
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.settings import Settings
from lrs.store import Store


def product_documents(folder: Path, database_url: str | None = None) -> list[dict[str, Any]]:
    """Results with facts and explanations of every result set the case has."""
    with tempfile.TemporaryDirectory() as directory:
        url = database_url or f"sqlite:///{directory}/case.db"
        store = Store(Settings(database_url=url), follow=False)
        try:
            case = read_case(folder)
            import_case(store, case)
            return documents(store, case.period.id)
        finally:
            store.close()


def documents(store: Store, period: str) -> list[dict[str, Any]]:
    control = Control(store)
    found = []
    for result_set in control("result_sets", period=period):
        found.append(
            orjson.loads(control("results", period=period, result_set=result_set, facts=True))
        )
        found.append(orjson.loads(control("explanations", period=period, result_set=result_set)))
    return found
