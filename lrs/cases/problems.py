"""What is wrong with what was given, where, and what to change, in Vietnamese and in English."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from lrs.cases.rules import KINDS, RULES, WORDS
from schemas.problems import cut
from schemas.rules import Language, Wording

At = tuple["At", str | int] | str
"""A place within a file: a chain of keys, written out only when there is a problem to report."""

MOST_PROBLEMS: Final = 1_000
"""No more are reported of one file."""

LANGUAGES: Final[tuple[Language, Language]] = ("vi", "en")


class CaseProblem(NamedTuple):
    """One rule broken at one place; ``line`` is None where the file as a whole is meant.

    ``path`` is the place within the file, such as ``people[2].identifiers[0].mbox``, indices from
    0; in a workbook it is the sheet and the cell, and ``line`` is the row.
    """

    file: str
    line: int | None
    path: str
    rule: str
    vi: Wording
    en: Wording

    def reason(self, language: Language) -> str:
        return (self.vi if language == "vi" else self.en).message

    def mend(self, language: Language) -> str:
        return (self.vi if language == "vi" else self.en).mend

    def text(self, language: Language) -> str:
        """One line for a person: where, what is wrong, what to change."""
        where = ":".join(str(part) for part in (self.file, self.line, self.path) if part)
        return f"{where}: {self.reason(language)} {self.mend(language)}"


class CaseRefused(Exception):
    """What was given cannot be taken as it is; nothing of it was."""

    def __init__(self, problems: Iterable[CaseProblem]) -> None:
        self.problems = sorted(problems, key=_in_order)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.text("en") for problem in self.problems)


def _in_order(problem: CaseProblem) -> tuple[str, str, int]:
    """By file, by sheet if it has any, by line."""
    sheet, mark, _ = problem.path.partition("!")
    return problem.file, sheet if mark else "", problem.line or 0


class Place(NamedTuple):
    """Where something stands, for what is later found to be wrong with it."""

    file: str
    line: int | None
    at: At = ""


def problem(place: Place, rule: str, /, **facts: Any) -> CaseProblem:
    """``rule`` broken at ``place``; the facts are what its wording names."""
    vi, en = (_worded(rule, language, facts) for language in LANGUAGES)
    return CaseProblem(place.file, place.line, path(place.at), rule, vi, en)


def _worded(rule: str, language: Language, facts: Mapping[str, Any]) -> Wording:
    wording = RULES[rule].vi if language == "vi" else RULES[rule].en
    words = {name: _word(name, fact, language) for name, fact in facts.items()}
    return Wording(wording.message.format_map(words), wording.mend.format_map(words))


def _word(name: str, fact: Any, language: Language) -> Any:
    if name == "kind":
        return KINDS[language][fact]
    if name == "meaning":
        return WORDS[language][fact]
    if name == "other":
        return _elsewhere(fact, language)
    return cut(fact) if isinstance(fact, str) else fact


def _elsewhere(other: Place | None, language: Language) -> str:
    """Where the record is that one disagrees with; None: in the store already."""
    words = WORDS[language]
    if other is None:
        return words["store"]
    return words["line"].format(file=other.file, line=other.line or "?")


def path(at: At) -> str:
    """``people[2].name`` for the chain of keys people, 2, name."""
    tokens: list[str | int] = []
    while not isinstance(at, str):
        at, token = at
        tokens.append(token)
    written = at
    for token in reversed(tokens):
        if isinstance(token, int):
            written += f"[{token}]"
        else:
            written += f".{token}" if written else cut(token)
    return written
