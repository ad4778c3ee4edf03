"""Opening a period: when it is, and by which published score sheets it is scored.

A case opens its period itself; this is for a period whose organisation and score sheets are
recorded already, as the next year's.
"""

from typing import Final

from lrs.cases import scalars
from lrs.cases.period import not_whole_months, timezone
from lrs.cases.problems import problem
from lrs.decisions.judging import NOWHERE, DecisionRefused, checked, known, of, recording
from lrs.decisions.messages import OpenPeriod
from lrs.register import Change, Recorded
from schemas.register import Period, Scheme

SHEETS: Final = {"person_scheme": "person", "unit_scheme": "unit"}


def open_period(said: OpenPeriod, recorded: Recorded) -> list[Change]:
    period = said.period
    checked(scalars.name, period.id)
    checked(scalars.words, period.vi)
    checked(timezone, period.timezone)
    if found := [problem(NOWHERE, rule, **facts) for _, rule, facts in not_whole_months(period)]:
        raise DecisionRefused.by(found)
    held = of(recorded, Period).get(period.id)
    if held is not None and held != period:
        raise DecisionRefused(
            f"there is a period {held.id} already, from {held.start} to {held.end}; name this one"
            " differently, or import the case again that is to change it"
        )
    for field, subject in SHEETS.items():
        _check_sheet(known(recorded, Scheme, getattr(period, field)), subject)
    return [recording(period)]


def _check_sheet(scheme: Scheme, subject: str) -> None:
    """Raises DecisionRefused for a score sheet of the other kind."""
    if scheme.subject != subject:
        raise DecisionRefused(
            f"{scheme.key} is a score sheet for a {scheme.subject}; name one for a {subject}"
        )
