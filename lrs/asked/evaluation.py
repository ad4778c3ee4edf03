"""Results and what explains them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from lrs import evaluation
from lrs.asked.caller import By
from lrs.readings import Read, given, record_now
from lrs.store import Store


class Evaluation:
    def __init__(self, store: Store) -> None:
        self._store = store

    def result_sets(self, period: str) -> list[str]:
        return evaluation.result_sets(self._store, period)

    def results(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        facts: bool = False,
        *,
        by: By,
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        document = evaluation.results(self._store, asked, facts=facts)
        said = given(period=period, result_set=result_set, as_of=as_of)
        return self._recorded(by, "lrs results", said, document["people"], document)

    def explanations(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        criterion: str | None = None,
        *,
        by: By,
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        document = evaluation.explanations(self._store, asked, person=person, criterion=criterion)
        said = given(
            period=period, result_set=result_set, as_of=as_of, person=person, criterion=criterion
        )
        people = document["people"] if person is None else [person]
        return self._recorded(by, "lrs explain", said, people, document)

    def explained(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        unit: str | None = None,
        *,
        by: By,
    ) -> bytes:
        """One person's or one unit's scores in full, as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        said = given(period=period, result_set=result_set, as_of=as_of, person=person, unit=unit)
        if person is not None:
            found = evaluation.explained_person(self._store, asked, person)
            return self._recorded(by, "lrs explain", said, [person], found)
        assert unit is not None, "a person or a unit is asked for"
        found, people = evaluation.explained_unit(self._store, asked, unit)
        return self._recorded(by, "lrs explain", said, people, found)

    def _recorded(
        self,
        by: By,
        command: str,
        asked: Mapping[str, str],
        people: Iterable[str],
        document: Mapping[str, Any],
    ) -> bytes:
        """The document, once it is recorded whom it shows."""
        record_now(self._store, by.reader, Read(command, asked, "text"), people)
        return orjson.dumps(document)
