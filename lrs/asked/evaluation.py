"""Results and what explains them."""

import orjson

from lrs import evaluation
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
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        return orjson.dumps(evaluation.results(self._store, asked, facts=facts))

    def explanations(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        criterion: str | None = None,
    ) -> bytes:
        """The document as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        document = evaluation.explanations(self._store, asked, person=person, criterion=criterion)
        return orjson.dumps(document)

    def explained(
        self,
        period: str,
        result_set: str | None = None,
        as_of: str | None = None,
        person: str | None = None,
        unit: str | None = None,
    ) -> bytes:
        """One person's or one unit's scores in full, as JSON text."""
        asked = evaluation.Asked(period, result_set, as_of)
        if person is not None:
            return orjson.dumps(evaluation.explained_person(self._store, asked, person))
        assert unit is not None, "a person or a unit is asked for"
        return orjson.dumps(evaluation.explained_unit(self._store, asked, unit))
