"""Statements from files."""

from collections.abc import Sequence
from typing import Any

from lrs.asked.credentials import credential_called
from lrs.auth.credentials import credential_of
from lrs.imports import OWN, Line, import_lines
from lrs.store import Store
from schemas.rules import Language, Version


class Statements:
    def __init__(self, store: Store) -> None:
        self._store = store

    def import_lines(
        self, lines: Sequence[Any], version: Version, language: Language, credential: str | None
    ) -> dict[str, Any]:
        sender = OWN
        if credential is not None:
            row = credential_called(self._store, credential)
            sender = credential_of(row)
        imported = import_lines(
            self._store,
            [Line(*line) for line in lines],
            version=version,
            language=language,
            credential=sender,
        )
        return {
            "stored": imported.stored,
            "present": imported.present,
            "refused": imported.refused,
        }
