"""Statements from files."""

from collections.abc import Sequence
from typing import Any

from lrs.asked import CommandRefused
from lrs.asked.credentials import credential_called
from lrs.auth.credentials import Credential
from lrs.errors import Refusal
from lrs.imports import OWN, Line, import_lines
from lrs.store import Store
from lrs.xapi.endpoint import ALL_RULES, check_scopes
from lrs.xapi.statements import WRITE
from schemas.problems import render
from schemas.rules import Language, Version


class Statements:
    def __init__(self, store: Store) -> None:
        self._store = store

    def import_lines(
        self,
        lines: Sequence[Any],
        version: Version,
        language: Language,
        credential: str | None,
        strict: bool,
    ) -> dict[str, Any]:
        imported = import_lines(
            self._store,
            [Line(*line) for line in lines],
            version=version,
            language=language,
            credential=OWN if credential is None else self._sender(credential, language),
            strict=strict,
        )
        return {
            "stored": imported.stored,
            "present": imported.present,
            "refused": imported.refused,
        }

    def _sender(self, named: str, language: Language) -> Credential:
        """The credential of this name, if it could post statements now."""
        try:
            row = credential_called(self._store, named)
            sender = self._store.credentials.opened_without_secret(row)
            check_scopes(sender, WRITE)
        except Refusal as refusal:
            said = render(refusal.problems[0], language, "1.0", ALL_RULES)
            raise CommandRefused(f"{named}: {said['message']} {said['mend']}") from refusal
        return sender
