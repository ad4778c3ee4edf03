"""Figures, each with its bound and its target, printed as they come and kept as JSON."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: by the ratio to the bound where there is one, else by the value."""

    limit: float
    at_least: bool

    def is_met(self, measured: float) -> bool:
        return measured >= self.limit if self.at_least else measured <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {_number(self.limit)}"


def at_least(limit: float) -> Target:
    return Target(limit, True)


def at_most(limit: float) -> Target:
    return Target(limit, False)


@dataclass(frozen=True, slots=True)
class Figure:
    """``bound`` is what ``value`` is compared with, measured in the same run, in the same unit."""

    section: str
    database: str
    name: str
    value: float
    unit: str
    bound: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if not self.bound else self.value / self.bound

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        measured = self.value if self.ratio is None else self.ratio
        return "ok" if self.target.is_met(measured) else "MISSED"


@dataclass(slots=True)
class Report:
    """Everything one run found out."""

    machine: Mapping[str, Any]
    figures: list[Figure] = field(default_factory=list)
    _heading: tuple[str, str] = ("", "")

    def begin(self, section: str, database: str, title: str) -> None:
        """What follows belongs to a section, on a database."""
        if (section, database) != self._heading:
            print(f"\n{section}, {database}: {title}", flush=True)
        self._heading = (section, database)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        bound: float | None = None,
        target: Target | None = None,
        note: str = "",
    ) -> None:
        figure = Figure(*self._heading, name, value, unit, bound, target, note)
        self.figures.append(figure)
        print(_line(figure), flush=True)

    def finish(self) -> None:
        """Say what was missed."""
        judged = [figure for figure in self.figures if figure.target is not None]
        missed = [figure for figure in judged if figure.verdict == "MISSED"]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} targets reached")
        for figure in missed:
            print(f"MISSED {figure.section}, {figure.database}: {figure.name}: {_measured(figure)}")

    def write(self, directory: Path) -> Path:
        """Keep the run, so that a later one can be compared with it."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
        figures = [
            {**asdict(figure), "ratio": figure.ratio, "verdict": figure.verdict}
            for figure in self.figures
        ]
        run = {"machine": self.machine, "figures": figures}
        path.write_bytes(orjson.dumps(run, option=orjson.OPT_INDENT_2))
        return path


def say(text: str) -> None:
    """What goes on, while it takes long; no part of the report."""
    print(f"  ... {text}", file=sys.stderr, flush=True)


def _line(figure: Figure) -> str:
    value = f"{_number(figure.value)} {figure.unit}"
    bound = "" if figure.bound is None else f"bound {_number(figure.bound)}"
    ratio = "" if figure.ratio is None else f"ratio {figure.ratio:.2f}"
    target = "" if figure.target is None else f"{figure.target} {figure.verdict}"
    line = f"  {figure.name:<42} {value:>15} {bound:>14} {ratio:>11} {target:>16}  {figure.note}"
    return line.rstrip()


def _measured(figure: Figure) -> str:
    """What is held against the target, and the target."""
    if figure.ratio is None:
        return f"{_number(figure.value)} {figure.unit}, {figure.target}"
    return f"ratio {figure.ratio:.2f}, {figure.target}"


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
