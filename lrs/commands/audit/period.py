"""lrs audit verify --period: a period's results, or one number of them, held against the log."""

from typing import TYPE_CHECKING, Any, Final

import typer

from lrs.commands.audit.reading import CANNOT_TELL, progress, reading, show_json
from lrs.commands.output import console

if TYPE_CHECKING:
    from lrs.audit.closings import Subject
    from lrs.audit.period_findings import Checked, Row

SHOWN: Final = 50  # findings, and rows that nobody can tell of; `--json` has them all


def verify_period(
    period: str | None, person: str | None, unit: str | None, *, as_json: bool, alone: bool
) -> None:
    """Ends with 0 if the log gives what was closed and what is shown, 1 if it gives something else,
    2 if nobody can tell. ``alone``: nothing was asked that is about the log as a whole.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.period_checks import check_period

    with reading() as log:
        if period is None:
            raise CommandRefused("--person and --unit go with --period, whose results they have")
        if person is not None and unit is not None:
            raise CommandRefused("--person and --unit: one of them is meant")
        if not alone:
            raise CommandRefused("--period is about results: check the log by a command of its own")
        with progress(as_json) as moved:
            checked = check_period(log, period, moved)
    subject: Subject = "unit" if unit is not None else "person"
    asked = person if unit is None else unit
    if asked is None:
        _show(checked, as_json)
        code = 1 if checked.findings else 0
    else:
        code = _answer(checked, subject, asked, as_json)
    if code:
        raise typer.Exit(code)


def _show(checked: "Checked", as_json: bool) -> None:
    if as_json:
        show_json(_said(checked))
        return
    out = console()
    out.print(_heading(checked), highlight=False)
    same = sum(row.status == "same" for row in checked.rows)
    for title, found in (("not so", checked.findings), ("nobody can tell", checked.untold)):
        for one in found[:SHOWN]:
            out.print(f"{title}: {one.about} {one.id}: {one.said}".replace(" :", ":"))
        if len(found) > SHOWN:
            out.print(f"and {len(found) - SHOWN} more; --json lists them")
    if checked.closed_at is not None:
        out.print(f"{same} of {len(checked.rows)} rows are what the log gives", highlight=False)
    if checked.awards:
        out.print(f"{checked.awards} awards rest on results of the log", highlight=False)
    if checked.findings:
        out.print("Not verified: the log does not give all that was recorded or is shown.")
    elif checked.untold:
        out.print("Nothing is wrong; what rests on people who were forgotten cannot be recomputed.")
    elif checked.closed_at is None:
        out.print("The store shows what the log gives. Closing the period records it.")
    else:
        out.print("Verified: anybody who computes the period from the log gets these results.")


def _answer(checked: "Checked", subject: "Subject", asked: str, as_json: bool) -> int:
    """Would somebody else get this number? The exit code."""
    row = checked.row(subject, asked)
    if row is None:
        code, answer = CANNOT_TELL, _not_there(checked, subject, asked)
    else:
        code, answer = _told(checked, row)
    if as_json:
        said = _said(checked)
        said["rows"] = [
            one for one in said["rows"] if (one["subject"], one["id"]) == (subject, asked)
        ]
        show_json(said | {"answer": answer, "code": code})
        return code
    out = console()
    out.print(_heading(checked), highlight=False)
    if row is not None and row.log is not None:
        line = ", ".join(f"{name} {value}" for name, value in row.log.items())
        out.print(f"{subject} {asked}, computed from the log alone: {line}", highlight=False)
    out.print(answer, highlight=False)
    return code


def _not_there(checked: "Checked", subject: str, asked: str) -> str:
    gone = sum(not row.id for row in checked.rows)
    if gone:
        return (
            f"Nobody can tell: the log gives no {subject} {asked} there. {gone} rows of the closing"
            " are of people who were forgotten since, and may be this one."
        )
    return f"There is no such number: {asked} has no results in {checked.period}."


def _told(checked: "Checked", row: "Row") -> tuple[int, str]:
    named = f"{row.subject} {row.id}"
    if row.status == "differs":
        return 1, f"No. {named} {row.said}."
    tables = [one for one in checked.findings if one.about.startswith("tables")]
    shown = [one for one in tables if one.about.endswith(row.subject) and one.id == row.id]
    if shown:
        return 1, f"No: the store's tables {shown[0].said}. `lrs projections rebuild` mends them."
    if row.status in ("forgotten", "expired", "unrecorded"):
        return CANNOT_TELL, f"Nobody can tell any more: {named} {row.said}."
    closing = [one for one in checked.findings if one.about in ("event", "closing")]
    if closing:
        return 1, f"The row is the same, but the closing cannot be trusted: {closing[0].said}."
    if row.status == "open":
        return 0, "Yes, so far: it is what the store shows. The period is not closed."
    return 0, "Yes: whoever computes it from the log gets this row; it is the one that was closed."


def _heading(checked: "Checked") -> str:
    by = "no score sheets"
    if checked.schemes is not None:
        by = f"by {checked.schemes.person} and {checked.schemes.unit}"
    closed = "not closed"
    if checked.closed_at is not None:
        version = "an earlier version" if checked.closed_by is None else checked.closed_by
        closed = f"closed by event {checked.closed_at} (version {version})"
    results = f"{checked.result_set} results as of position {checked.position}, {by}"
    return f"{checked.period}: {results}; {closed}"


def _said(checked: "Checked") -> dict[str, Any]:
    schemes = checked.schemes
    return {
        "period": checked.period,
        "position": checked.position,
        "result_set": checked.result_set,
        "schemes": schemes and {"person": schemes.person, "unit": schemes.unit},
        "closed_at": checked.closed_at,
        "closed_by": checked.closed_by,
        "tables_compared": checked.tables,
        "awards": checked.awards,
        "rows": [row._asdict() for row in checked.rows],
        "findings": [one._asdict() for one in checked.findings],
        "untold": [one._asdict() for one in checked.untold],
    }
