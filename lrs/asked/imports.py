"""Whole files at a time: evaluation cases and the directory."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from lrs import directory_import
from lrs.asked import CommandRefused
from lrs.asked.caller import By
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.cases.problems import CaseRefused
from lrs.jobs import Job, Progress
from lrs.log.writer import LogUnavailable
from lrs.readings import Read, record_now
from lrs.register import RegisterBusy
from lrs.store import Store
from schemas.register import Person
from schemas.rules import Language


class Imports:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._importing: Job | None = None
        self._turn = Lock()

    def start_case_import(self, folder: str, freeze: bool, language: Language, *, by: By) -> None:
        """Begin; ``case_import_progress`` tells how far it is."""
        work = partial(self._import_case, Path(folder), freeze, language, by)
        self._start_import(folder, work)

    def _start_import(self, name: str, work: Callable[[Progress], Mapping[str, Any]]) -> None:
        with self._turn:
            if self._importing is not None and self._importing.is_alive():
                raise CommandRefused("an import is under way already")
            expected = (CommandRefused, RegisterBusy, LogUnavailable)
            self._importing = Job(f"import {name}", work, expected)
            self._store.begin(self._importing)

    def _import_case(
        self, folder: Path, freeze: bool, language: Language, by: By, progress: Progress
    ) -> dict[str, Any]:
        try:
            case = read_case(folder)
            done = import_case(self._store, case, freeze=freeze, by=by.id, progress=progress)
            return asdict(done)
        except CaseRefused as refused:
            raise CommandRefused(_worded(refused, language)) from refused

    def start_directory_import(
        self, path: str, options: Mapping[str, Any], language: Language, *, by: By
    ) -> None:
        """Begin; ``case_import_progress`` tells how far it is."""
        work = partial(self._import_directory, Path(path), options, language, by)
        self._start_import(path, work)

    def _import_directory(
        self, path: Path, options: Mapping[str, Any], language: Language, by: By, _: Progress
    ) -> dict[str, Any]:
        try:
            found = directory_import.read_directory(path, options)
            recorded = directory_import.import_directory(self._store, found, by=by.id)
            return {"recorded": recorded}
        except CaseRefused as refused:
            raise CommandRefused(_worded(refused, language)) from refused

    def listed_organisation(self, party: bool, *, by: By) -> directory_import.Listed:
        rows = directory_import.listed(self._store, party=party)
        people = directory_import.records_of(rows).get(Person, {})
        asked = {"party": "true"} if party else {}
        read = Read("lrs export directory-template", asked, "text")
        record_now(self._store, by.reader, read, people)
        return rows

    def case_import_progress(self) -> dict[str, Any]:
        if self._importing is None:
            raise CommandRefused("no import was started, or the server was restarted meanwhile")
        return self._importing.state()


def _worded(refused: CaseRefused, language: Language) -> str:
    return "\n".join(problem.text(language) for problem in refused.problems)
