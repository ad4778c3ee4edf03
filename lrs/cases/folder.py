"""A case folder: all its files read, every problem of all of them told at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from lrs.cases.appeals import read_appeals
from lrs.cases.catalogue import read_catalogue
from lrs.cases.declarations import read_declarations
from lrs.cases.described import Described, described
from lrs.cases.organisation import read_organisation
from lrs.cases.period import FreezeAfter, PeriodRead, read_period
from lrs.cases.problems import CaseProblem, CaseRefused, Place, problem
from lrs.cases.reading import Names, Reading
from lrs.cases.repeats import joined
from lrs.cases.schemes import SUBJECTS, read_scheme
from lrs.cases.statements import FOLDER, SUFFIX, Batch, Statements, read_order
from lrs.cases.text_files import Unreadable
from lrs.cases.yaml_text import Node, read_yaml
from schemas.register import (
    Absence,
    Appeal,
    Competence,
    Identifier,
    Membership,
    PartyMembership,
    Period,
    Plan,
    Platform,
    Record,
    Scheme,
)

APPEALS: Final = "appeal.yaml"
DEFINED: Final[Mapping[str, Sequence[str]]] = {  # by file, the kinds whose ids it defines
    "organisation.yaml": ("unit", "person"),
    "catalogue.yaml": ("platform", "course", "position"),
    "declarations.yaml": ("item", "report"),
    **dict.fromkeys(SUBJECTS, ()),
    "period.yaml": (),
    "order.yaml": (),
    APPEALS: (),
}
COVERED: Final[frozenset[type[Record]]] = frozenset(
    {Identifier, Membership, Absence, PartyMembership, Competence, Plan}
)
_LIKELY: Final = 0.8


@dataclass(frozen=True)
class Case(Described):
    """A case without problems.

    ``batches`` are the requests in their order; ``freeze`` is the number of lines after which the
    log is frozen (0: before all of them), always the end of a batch; None: the period stays open.
    """

    period: Period
    batches: Sequence[Batch]
    freeze: int | None

    @property
    def platforms(self) -> Mapping[str, Platform]:
        return self.records.get(Platform, {})  # type: ignore[return-value]  # by type

    @property
    def appeals(self) -> Sequence[Appeal]:
        return tuple(self.records.get(Appeal, {}).values())  # type: ignore[arg-type]  # by type


def read_case(folder: Path) -> Case:
    """The case in a folder. Raises CaseRefused with everything that is wrong in all its files."""
    if not folder.is_dir():
        raise CaseRefused([problem(Place(str(folder), None), "file.folder")])
    return _Folder(folder).case()


class _Folder:
    """The files of a case while they are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = Names()
        self.problems: list[CaseProblem] = []
        self.records: list[Record] = []

    def case(self) -> Case:
        readers = (read_organisation, read_catalogue, read_declarations)
        for file, read in zip(DEFINED, readers, strict=False):
            reading, root = self._open(file)
            if root is not None:
                self.records += read(reading, root)
            self.problems += reading.problems
        found = self._period([self._scheme(file) for file in SUBJECTS])
        statements = self._statements()
        batches = self._batches(statements)
        if (self.path / APPEALS).exists():
            self._appeals(found.period.id if found else "")
        told, problems = described(self.records, self.names, COVERED, joined)
        self.problems += [*problems, *self.names.unknown(), *statements.misplaced_voids()]
        self.problems += self._misnamed()
        freeze = None
        if found is not None and found.freeze is not None and batches is not None:
            freeze = self._freeze(found.freeze, batches)
        if self.problems or found is None or batches is None:
            raise CaseRefused(self.problems)
        return Case(told.records, told.places, COVERED, found.period, tuple(batches), freeze)

    # ---- one file

    def _open(self, file: str) -> tuple[Reading, Node | None]:
        reading = Reading(file, self.names)
        content = self._content(reading, file)
        root = None
        if content is not None:
            try:
                root = read_yaml(content)
            except Unreadable as error:
                reading.refuse(error.rule, error.line, **error.facts)
        if root is None:
            self.names.cannot_know(*DEFINED[file])
        return reading, root

    def _content(self, reading: Reading, file: str) -> bytes | None:
        try:
            return (self.path / file).read_bytes()
        except FileNotFoundError:
            reading.refuse("file.missing", None)
        except OSError as error:
            reading.refuse("file.unreadable", None, said=error.strerror)
        return None

    def _scheme(self, file: str) -> Scheme | None:
        reading, root = self._open(file)
        scheme = None if root is None else read_scheme(reading, root, SUBJECTS[file])
        self.problems += reading.problems
        if scheme is not None:
            self.records.append(scheme)
        return scheme

    def _period(self, schemes: Sequence[Scheme | None]) -> PeriodRead | None:
        reading, root = self._open("period.yaml")
        keys = [scheme.key if scheme else "" for scheme in schemes]
        found = None if root is None else read_period(reading, root, *keys)
        self.problems += reading.problems
        if found is not None:
            self.records.append(found.period)
        return found

    def _appeals(self, period: str) -> None:
        reading, root = self._open(APPEALS)
        if root is not None:
            self.records += read_appeals(reading, root, period)
        self.problems += reading.problems

    # ---- statements

    def _statements(self) -> Statements:
        statements = Statements(self.names)
        for path in self._statement_files():
            reading = Reading(f"{FOLDER}/{path.name}", self.names)
            platform = path.name.removesuffix(SUFFIX)
            if not path.name.endswith(SUFFIX):
                reading.refuse("statements.file", None)
            elif not self.names.knows("platform", platform):
                reading.refuse("statements.platform", None, value=platform)
            content = self._content(reading, reading.file)
            if content is not None and path.name.endswith(SUFFIX):
                statements.read(reading, platform, content)
            self.problems += reading.problems
        return statements

    def _statement_files(self) -> list[Path]:
        try:
            files = sorted((self.path / FOLDER).iterdir())
        except OSError:  # a case may have no statements; what order.yaml asks for is then missing
            return []
        return [file for file in files if not file.name.startswith(".")]

    def _batches(self, statements: Statements) -> list[Batch] | None:
        reading, root = self._open("order.yaml")
        batches = None if root is None else read_order(reading, root, statements)
        self.problems += reading.problems
        return None if reading.problems else batches

    def _freeze(self, freeze: FreezeAfter, batches: Sequence[Batch]) -> int | None:
        ends = [0, *(batch.last for batch in batches)]
        if freeze.lines is None:
            return ends[-1]
        if freeze.lines in ends:
            return freeze.lines
        if freeze.lines > ends[-1]:
            facts = {"value": freeze.lines, "total": ends[-1]}
            self.problems.append(problem(freeze.place, "freeze.beyond", **facts))
        else:
            before = max(end for end in ends if end < freeze.lines)
            after = min(end for end in ends if end > freeze.lines)
            facts = {"value": freeze.lines, "before": before, "after": after}
            self.problems.append(problem(freeze.place, "freeze.inside", **facts))
        return None

    def _misnamed(self) -> Iterator[CaseProblem]:
        """Files that are passed over because of a misspelt name."""
        for file in sorted(self.path.iterdir()):
            near = get_close_matches(file.name, DEFINED, 1, _LIKELY)
            if near and file.name not in DEFINED and not (self.path / near[0]).exists():
                yield problem(Place(file.name, None), "file.name", near=near[0])
