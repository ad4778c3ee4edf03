"""What holds for every decision."""

import pytest
from msgspec.structs import replace

from lrs.decisions import DECIDED_BY, AnyMessage, DecisionRefused, decide, message_of, text_of
from lrs.decisions.judging import judged, recording
from lrs.decisions.messages import (
    DecideItem,
    DecideRecognition,
    Leave,
    LinkIdentifier,
    MapActivity,
    MergePeople,
    MergeUnits,
    OpenPeriod,
    PartPeople,
    RecordAbsence,
    RegisterPerson,
    RenameUnit,
    SplitUnit,
    Successor,
    Transfer,
    UnlinkIdentifier,
    UnmapActivity,
)
from schemas.register import Absence, Document, PeopleMerged
from tests.lrs.decisions.test_periods import NEXT, published
from tests.lrs.register import HOME, day, days, mail, ministry, post, refusal

ON = day("2026-07-01")
SENT: list[AnyMessage] = [
    RegisterPerson(id="P9", name="Vũ Hoàng Yến"),
    LinkIdentifier(identifier=mail("P2", "binh", "2026-01-01")),
    UnlinkIdentifier(identifier=mail("P1", "an"), reason="nhầm người"),
    MergePeople(person="P2", into="P1"),
    PartPeople(person="P2"),
    Transfer(person="P1", unit="Y", position="CV", on=ON),
    Leave(person="P1", last_day=ON),
    RecordAbsence(absence=Absence(person="P1", type="om", **days("2026-01-01"))),
    RenameUnit(unit="X", vi="Cục"),
    MergeUnits(units=("X", "Y"), into=Successor(id="Z", vi="Z"), on=ON, head="P1"),
    SplitUnit(unit="X", into=(Successor(id="X"), Successor(id="A", vi="A")), on=ON, rest="A"),
    DecideRecognition(platform="one", status="suspended", from_=ON, document=Document("9/QĐ", ON)),
    MapActivity(platform="two", activity=f"{HOME}/1", course="R2"),
    UnmapActivity(platform="one", activity=f"{HOME}/1"),
    DecideItem(item="K1", decision="accepted"),
    OpenPeriod(period=NEXT),
]


def test_every_decision_travels_as_text():
    assert [message_of(text_of(message)) for message in SENT] == SENT
    assert [type(message) for message in SENT] == [*DECIDED_BY]
    with pytest.raises(ValueError, match="Invalid value"):
        message_of(b'{"decide":"Nothing"}')


@pytest.mark.parametrize("message", SENT, ids=lambda message: type(message).__name__)
def test_a_decision_only_decides(message):
    before = ministry()
    if isinstance(message, PartPeople):
        before = ministry(PeopleMerged(person="P2", into="P1"))
    if isinstance(message, OpenPeriod):
        before = published()
    copy = {type_: dict(records) for type_, records in before.items()}
    changes = decide(message, before)
    assert changes
    assert changes == decide(message, before)
    assert before == copy


def test_nothing_refers_to_what_is_not_recorded():
    with pytest.raises(DecisionRefused, match="no unit “Q”") as refused:
        judged(ministry(), [recording(post("P9", "Q"))])
    assert "no person “P9”" in str(refused.value), "everything is told at once"


def test_only_what_a_decision_changes_is_judged():
    """What stood before, however it came in, is no reason to refuse something else."""
    before = ministry(post("P2", "Y", "2025-01-01"))
    move = Transfer(person="P4", unit="X", position="CV", on=ON)
    assert decide(move, before)
    moved = replace(move, person="P2", position="LD")
    assert "“P2” overlap" in refusal(before, moved)
