"""Registers in memory: what is recorded, and what it becomes by changes."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lrs.decisions import DecisionRefused, decide
from lrs.register import Change, Recorded
from schemas.register import (
    RECORDED,
    RECORDS,
    WITHDRAWN,
    Course,
    Identifier,
    Item,
    JobPosition,
    Membership,
    Person,
    Platform,
    Recognition,
    Record,
    Unit,
    Withdrawal,
)

HOME = "https://lms.example"


def register(*records: Record) -> Recorded:
    return after({type_: {} for type_ in RECORDS}, [recorded(one) for one in records])


def recorded(record: Record) -> Change:
    return record, RECORDS[type(record)].recorded


def after(before: Recorded, changes: Iterable[Change]) -> Recorded:
    """The register, as the tables would have it."""
    found = {type_: dict(records) for type_, records in before.items()}
    for said, kind in changes:
        if isinstance(said, Withdrawal):
            del found[WITHDRAWN[kind]][said.key]
        else:
            assert RECORDED[kind] is type(said)
            found[RECORDED[kind]][said.key] = said
    return found


def decided(before: Recorded, message: Any) -> Recorded:
    """The register after a decision, which would change nothing if it were taken again."""
    found = after(before, decide(message, before))
    assert decide(message, found) == []
    return found


def refusal(before: Recorded, message: Any) -> str:
    """Why a decision is refused, which must also say what to change."""
    with pytest.raises(DecisionRefused) as refused:
        decide(message, before)
    said = str(refused.value)
    assert any(mark in said for mark in (";", ". ", "name ", "say ")), f"no mend: {said}"
    return said


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(first: str | None = None, last: str | None = None) -> dict[str, Any]:
    return {"from_": first and day(first), "to": last and day(last)}


def mail(person: str, name: str, *span: str | None) -> Identifier:
    return Identifier(person=person, mbox=f"mailto:{name}@bo.example", **days(*span))


def post(person: str, unit: str, *span: str | None, **said: Any) -> Membership:
    said = {"position": "CV", "category": "cong_chuc", **said}
    return Membership(person=person, unit=unit, **days(*span), **said)


def ministry(*more: Record) -> Recorded:
    """Two units side by side with a head and somebody else each; a unit below the first."""
    return register(
        Unit(id="BO", vi="Bộ", type="bo", evaluated=False),
        Unit(id="X", vi="Cục X", type="cuc", parent="BO", from_=day("2020-01-01")),
        Unit(id="Y", vi="Nhà hát Y", type="nha_hat", parent="BO", from_=day("2020-01-01")),
        Unit(id="X1", vi="Phòng X1", type="phong", parent="X"),
        *(JobPosition(id=one, vi=one) for one in ("CV", "LD")),
        Person(id="P1", name="Nguyễn Văn An"),
        Person(id="P2", name="Trần Thị Bình"),
        Person(id="P3", name="Lê Minh Châu"),
        Person(id="P4", name="Đỗ Thị Ánh"),
        mail("P1", "an"),
        post("P1", "X", "2023-05-01", head=True, position="LD"),
        post("P2", "X", "2021-09-01"),
        post("P3", "Y", "2019-03-01", head=True, position="LD", category="vien_chuc"),
        post("P4", "Y", None),
        Platform(
            id="one",
            vi="OneTouch",
            credential="one-2026",
            recognitions=(Recognition(**days("2025-09-01", "2026-12-31")),),
        ),
        Platform(id="two", vi="Hai", credential="two-2026"),
        Course(
            id="R1", vi="Khóa 1", nominal_minutes=Decimal(240), activities={"one": (f"{HOME}/1",)}
        ),
        Course(id="R2", vi="Khóa 2", nominal_minutes=Decimal(120)),
        Item(id="K1", kind="news_article", person="P1", date=day("2026-03-12")),
        *more,
    )


def posts(found: Recorded, *, person: str | None = None, unit: str | None = None) -> list[str]:
    """Posts as texts, in the order of their first days."""
    asked = [
        one
        for one in found[Membership].values()
        if isinstance(one, Membership) and person in (None, one.person) and unit in (None, one.unit)
    ]
    asked.sort(key=lambda one: (one.from_ or date.min, one.person))
    return [
        f"{one.person} {one.unit} {one.position} {one.from_ or ''}..{one.to or ''}"
        + " head" * one.head
        + " second" * (not one.primary)
        for one in asked
    ]
